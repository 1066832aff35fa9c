// The SDP's certified interval against the exact worst case (6.1)-(6.2) and Omega: agreement where G is common, order
// where it is not. With SCHEDULED_PEP_TABLE=1 in the environment the test PepTable.Markdown prints the table of
// docs/math (T up to 120, six schedules at their best base LR, 50 random ones; minutes).
#include <gtest/gtest.h>

#include <algorithm>
#include <chrono>
#include <cmath>
#include <cstdio>
#include <cstdlib>
#include <random>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/pep.hpp"

namespace {

using scheduled::PepProblem;
using scheduled::PepResult;

/// (6.2) at its minimum for D = 1 and one common G = 1, from (6.1) as it stands. sum w_t^2 = W^2 - 2 W S_{T-1}, so that
/// the bound is (1/W + W)/2 - S_{T-1}: the best W is 1 where that is allowed, else the smallest allowed.
double exact(const std::vector<double>& lr) {
  const auto real = [&](long double W) {
    long double R = 1;
    for (std::size_t t = 0; t + 1 < lr.size(); ++t) {
      const long double square = R * R - 4 * lr[t] / W;
      if (square < 0) return false;
      R = (R + std::sqrt(square)) / 2;
    }
    return true;
  };
  long double S = 0;
  for (std::size_t t = 0; t + 1 < lr.size(); ++t) S += lr[t];
  long double W = 1;
  if (!real(W)) {
    long double low = W;
    while (!real(W)) W *= 2;
    for (int i = 0; i < 200; ++i) (real((low + W) / 2) ? W : low) = (low + W) / 2;
  }
  return static_cast<double>((1 / W + W) / 2 - S);
}

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

const std::vector<std::string>& names() {
  static const std::vector<std::string> all{"constant", "wsd", "linear", "cosine", "1-sqrt", "rsqrt"};
  return all;
}

/// The rates of a named schedule at its best base LR for Omega_T.
std::vector<double> tuned(const std::string& name, int T) {
  const auto schedule = scheduled::Schedule::parse(name + "(steps=" + std::to_string(T + 1) +
                                                   (name == "rsqrt" ? ", timescale=10)" : ")"));
  return scheduled::bound_rates(schedule.with_peak(scheduled::best_base_lr(schedule, {.T = T}).peak), T);
}

/// Independent steps around 1/sqrt(T), over one to four magnitudes.
std::vector<double> random_rates(std::mt19937_64& random, int T) {
  std::normal_distribution<double> normal;
  const double spread = std::uniform_real_distribution<double>(0.1, 1.5)(random);
  const double base = std::exp(0.7 * normal(random)) / std::sqrt(T);
  std::vector<double> lr(static_cast<std::size_t>(T));
  for (double& eta : lr) eta = base * std::exp(spread * normal(random));
  return lr;
}

class PepTable : public testing::Test {
 protected:
  void SetUp() override {
    if (!scheduled::pep_solver_available()) GTEST_SKIP() << "csdp is not on PATH (Debian: coinor-csdp)";
  }
};

/// Relative distance of `value` from the interval's ends, the larger one.
double disagreement(const PepResult& result, double value) {
  return std::max(std::fabs(value / result.lower.bound - 1.0), std::fabs(result.upper.bound / value - 1.0));
}

TEST_F(PepTable, SchedulesAgreeWithTheExactWorstCase) {
  double worst = 0.0;
  for (const std::string& name : names()) {
    for (const int T : {2, 3, 5, 10, 20, 40, 60}) {
      const auto lr = tuned(name, T);
      const PepResult result = scheduled::solve_pep(PepProblem(lr));
      EXPECT_TRUE(result.converged) << name << ' ' << T;
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
  for (int repeat = 0; repeat < 50; ++repeat) {
    const auto lr = random_rates(random, 2 + repeat / 2);
    const PepResult result = scheduled::solve_pep(PepProblem(lr));
    EXPECT_TRUE(result.converged);
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
    const PepResult result = scheduled::solve_pep(PepProblem(lr, G));
    EXPECT_TRUE(result.converged);
    EXPECT_LE(disagreement(result, chain(lr, G)), 1e-5) << repeat;
    EXPECT_LE(result.upper.bound, scheduled::omega(lr, G, 1.0) * (1 + 1e-6));
  }
}

TEST_F(PepTable, SixtyStepsInSeconds) {
  const PepResult result = scheduled::solve_pep(PepProblem(tuned("wsd", 60)));
  EXPECT_EQ(result.rounds, 1);
  EXPECT_LT(result.solver_seconds, 5.0);
}

void print_row(const std::string& name, const std::vector<double>& lr, double& worst) {
  const auto begin = std::chrono::steady_clock::now();
  const PepResult result = scheduled::solve_pep(PepProblem(lr));
  const std::chrono::duration<double> seconds = std::chrono::steady_clock::now() - begin;
  const double apart = disagreement(result, exact(lr));
  worst = std::max(worst, apart);
  std::printf("| %s | %zu | %.9f | %.9f | %.9f | %.1e | %.6f | %.2f |\n", name.c_str(), lr.size(), exact(lr),
              result.lower.bound, result.upper.bound, apart, scheduled::omega(lr, 1.0, 1.0), seconds.count());
  std::fflush(stdout);
}

TEST_F(PepTable, Markdown) {
  const char* const wanted = std::getenv("SCHEDULED_PEP_TABLE");  // NOLINT(concurrency-mt-unsafe)
  if (wanted == nullptr || *wanted != '1') GTEST_SKIP() << "SCHEDULED_PEP_TABLE=1 prints the table";
  double worst = 0.0;
  std::printf("| schedule | T | exact (6.2) | SDP lower | SDP upper | disagreement | Omega | seconds |\n");
  std::printf("|---|---:|---:|---:|---:|---:|---:|---:|\n");
  for (const std::string& name : names()) {
    for (const int T : {2, 3, 5, 10, 20, 40, 60, 80, 120}) print_row(name, tuned(name, T), worst);
  }
  std::mt19937_64 random(1);
  for (int repeat = 0; repeat < 50; ++repeat) {
    print_row("random " + std::to_string(repeat + 1), random_rates(random, 2 + repeat * 2), worst);
  }
  std::printf("\nLargest disagreement: %.1e\n", worst);
  EXPECT_LE(worst, 1e-6);
}

}  // namespace
