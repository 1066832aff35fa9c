// The SDP's certified interval against the exact worst case (6.1)-(6.2) and Omega: agreement where G is common, order
// where it is not. scheduled-paper pep prints the same comparison up to T = 120 for docs/pep.md.
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>

#include "support/certified.hpp"
#include "support/pep_cases.hpp"

namespace {

using scheduled::PepProblem;
using scheduled::PepResult;
using namespace pep_cases;

/// The SDP after elimination, solved without a solver. If all constraints of later steps on earlier ones bind, the Gram
/// matrix has one number c_k right of each diagonal entry, and is positive semidefinite when the sums h_k of its
/// elimination, h_1 = c_0^2/D^2, h_{k+1} = h_k + (c_k - h_k)^2/(G_k^2 - h_k), do not exceed G_k^2. Then
///   f_T = D sqrt(h_1) + sum over k < T of eta_k (sqrt((h_{k+1} - h_k)(G_k^2 - h_k)) - h_k),
/// concave in h_1 <= ... <= h_T, h_k <= G_k^2. Maximised one h at a time.
double chain(const std::vector<double>& lr, const std::vector<double>& G) {
  const std::size_t T = lr.size();
  std::vector<double> top(T + 1);
  double least = HUGE_VAL;
  for (std::size_t k = T; k >= 1; --k) top[k] = least = std::min(least, G[k - 1] * G[k - 1]);
  std::vector<double> h(T + 1);
  for (std::size_t k = 1; k <= T; ++k)
    h[k] = top[1] + (top[k] - top[1]) * static_cast<double>(k) / static_cast<double>(T);
  for (std::size_t k = 1; k < T; ++k) h[k] = std::min(h[k], top[k]) * static_cast<double>(k) / static_cast<double>(T);
  h[T] = top[T];
  const auto term = [&](std::size_t k, double here, double next) {
    const double d = G[k - 1] * G[k - 1];
    return lr[k - 1] * (std::sqrt(std::max(next - here, 0.0) * std::max(d - here, 0.0)) - here);
  };
  const auto part = [&](std::size_t k, double value) {
    const double before = k == 1 ? std::sqrt(value) : term(k - 1, h[k - 1], value);
    return before + (k < T ? term(k, value, h[k + 1]) : 0.0);
  };
  for (int sweep = 0; sweep < 20000; ++sweep) {
    for (std::size_t k = 1; k <= T; ++k) {
      double left = k == 1 ? 0.0 : h[k - 1];
      double right = k < T ? std::min(h[k + 1], top[k]) : top[k];
      for (int i = 0; i < 50; ++i) {
        const double a = left + 0.382 * (right - left);
        const double b = right - 0.382 * (right - left);
        (part(k, a) >= part(k, b) ? right : left) = part(k, a) >= part(k, b) ? b : a;
      }
      h[k] = 0.5 * (left + right);
    }
  }
  double f = std::sqrt(h[1]);
  for (std::size_t k = 1; k < T; ++k) f += term(k, h[k], h[k + 1]);
  return f;
}

PepResult certified(const PepProblem& problem) {
  PepResult result = scheduled::solve_pep(problem);
  EXPECT_TRUE(result.converged);
  scheduled::expect_certified(result, problem);
  return result;
}

class PepTable : public testing::Test {
 protected:
  void SetUp() override {
    if (!scheduled::pep_solver_available()) GTEST_SKIP() << "csdp is not on PATH (Debian: coinor-csdp)";
  }
};

TEST_F(PepTable, SchedulesAgreeWithTheExactWorstCase) {
  double worst = 0.0;
  for (const std::string& name : names()) {
    for (const int T : {2, 3, 5, 10, 20, 40, 60}) {
      const auto lr = tuned(name, T);
      SCOPED_TRACE(name + ", T = " + std::to_string(T));
      const PepResult result = certified(PepProblem(lr));
      EXPECT_LE(result.lower.bound, exact(lr) * (1 + 1e-12)) << name << ' ' << T;  // (6.2) is a bound
      EXPECT_LE(result.upper.bound, scheduled::omega(lr, 1.0, 1.0) * (1 + 1e-6)) << name << ' ' << T;
      EXPECT_GE(result.upper.bound, 1.0 / std::sqrt(T)) << name << ' ' << T;  // the minimax rate
      worst = std::max(worst, disagreement(result, exact(lr)));
    }
  }
  EXPECT_LE(worst, 1e-7);
  RecordProperty("largest disagreement", std::to_string(worst));
}

TEST_F(PepTable, RandomSchedulesAgreeWithTheExactWorstCase) {
  std::mt19937_64 random(1);
  for (int repeat = 0; repeat < 150; ++repeat) {
    const auto lr = random_rates(random, 2 + repeat / 6);
    const PepResult result = certified(PepProblem(lr));
    EXPECT_LE(disagreement(result, exact(lr)), 1e-6);
  }
}

TEST_F(PepTable, VaryingGradNormsAgreeWithTheEliminatedProblem) {
  std::mt19937_64 random(2);
  std::normal_distribution<double> normal;
  for (int repeat = 0; repeat < 20; ++repeat) {
    const auto lr = random_rates(random, 2 + repeat % 5);
    std::vector<double> G(lr.size());
    for (double& g : G) g = std::exp(0.4 * normal(random));
    const PepResult result = certified(PepProblem(lr, G));
    EXPECT_LE(disagreement(result, chain(lr, G)), 1e-5) << repeat;
    EXPECT_LE(result.upper.bound, scheduled::omega(lr, G, 1.0) * (1 + 1e-6));
  }
}

TEST_F(PepTable, VaryingGradNormsAgreeWithTheExactWorstCase) {
  std::mt19937_64 random(3);
  std::normal_distribution<double> normal;
  for (int repeat = 0; repeat < 200; ++repeat) {
    const auto lr = random_rates(random, 2 + repeat % 7);
    std::vector<double> G(lr.size());
    for (double& g : G) g = std::exp((repeat % 2 == 0 ? 0.4 : 1.0) * normal(random));
    const scheduled::WorstCase worst = scheduled::worst_case(lr, G, 1.0);
    const PepResult result = scheduled::solve_pep(PepProblem(lr, G));
    scheduled::expect_certified(result, PepProblem(lr, G));
    EXPECT_TRUE(worst.exact) << repeat;
    EXPECT_LE(result.lower.bound, worst.value * (1 + 1e-9)) << repeat;
    EXPECT_GE(result.upper.bound, worst.lower * (1 - 1e-9)) << repeat;
    EXPECT_LE(result.gap(), 1e-5 * result.upper.bound) << repeat;
  }
}

TEST_F(PepTable, SixtyStepsInOneRound) { EXPECT_EQ(certified(PepProblem(tuned("wsd", 60))).rounds, 1); }

}  // namespace
