// Averages of iterates against the SDP (docs/theory.md, section 8a).
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <iostream>
#include <random>
#include <vector>

#include "pep/csdp.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/pep.hpp"

namespace scheduled {
namespace {

#define NEEDS_CSDP() \
  if (!pep_solver_available()) GTEST_SKIP() << "csdp is not installed"

PepAverage solve(const std::vector<double>& lr, const std::vector<double>& weights) {
  const PepAverage values = solve_pep_average(PepProblem(lr), weights);
  EXPECT_NEAR(values.primal / values.dual, 1.0, 3e-6);
  return values;
}

std::vector<double> rates(std::mt19937_64& random, std::size_t T, double deviation) {
  std::normal_distribution<double> normal;
  std::vector<double> lr(T);
  for (double& rate : lr) rate = std::exp(deviation * normal(random)) / std::sqrt(static_cast<double>(T));
  return lr;
}

TEST(PepAverage, OfTheLastIterateAloneIsTheWorstCase) {
  NEEDS_CSDP();
  std::mt19937_64 random(1);
  for (const std::size_t T : {2U, 5U, 12U}) {
    const std::vector<double> lr = rates(random, T, 0.5);
    const auto values = solve(lr, uniform_weights(static_cast<std::int64_t>(T), 1));
    EXPECT_NEAR(values.dual / worst_case(lr, 1.0, 1.0).value, 1.0, 1e-5) << T;
  }
}

TEST(PepAverage, TheDecayIsTightWhereItsConditionHolds) {
  NEEDS_CSDP();
  for (const std::int64_t T : {3, 8, 20, 40}) {
    const std::vector<double> lr(static_cast<std::size_t>(T), 0.7 / std::sqrt(static_cast<double>(T)));
    std::vector<std::vector<double>> all{uniform_weights(T, (T + 2) / 3)};
    if (T <= 20) all.push_back(ema_weights(T, 0.8));
    if (T <= 8) all.push_back(uniform_weights(T, T));
    for (const std::vector<double>& weights : all) {
      const AverageBound found = average_bound(lr, weights, 1.0, 1.0);
      EXPECT_EQ(found.rule, AverageRule::decay);
      EXPECT_NEAR(solve(lr, weights).dual / found.value, 1.0, 1e-5) << T;
    }
  }
}

TEST(PepAverage, BoundsHoldAndNoAverageIsBetterThanItsDecay) {
  NEEDS_CSDP();
  std::mt19937_64 random(2);
  std::uniform_real_distribution<double> uniform;
  int decay = 0;
  for (int i = 0; i < 40; ++i) {
    const std::size_t T = 3 + static_cast<std::size_t>(i) % 8;
    const std::vector<double> lr = rates(random, T, 0.3 * (i % 3));
    std::vector<double> weights(T);
    for (double& one : weights) one = uniform(random);
    if (i % 2 == 0) std::sort(weights.begin(), weights.end());
    double sum = 0.0;
    for (const double one : weights) sum += one;
    for (double& one : weights) one /= sum;
    const AverageBound found = average_bound(lr, weights, 1.0, 1.0);
    const double exact = solve(lr, weights).dual;
    EXPECT_LE(exact, found.value * (1 + 1e-5)) << i;
    EXPECT_GE(exact, found.imitated * (1 - 1e-5)) << i;
    if (found.rule == AverageRule::decay) {
      ++decay;
      EXPECT_NEAR(exact / found.value, 1.0, 1e-5) << i;
    }
  }
  EXPECT_GT(decay, 5);
}

struct Few {
  std::vector<double> lr, weights, norms;
};

/// 2 to 5 steps, weights in any order, some of them 0, norms over an order of magnitude.
Few few_steps(std::mt19937_64& random, int i) {
  std::uniform_real_distribution<double> uniform;
  std::normal_distribution<double> normal;
  const std::size_t T = 2 + static_cast<std::size_t>(i) % 4;
  Few few{rates(random, T, i % 3 == 0 ? 1.0 : 0.3), std::vector<double>(T), std::vector<double>(T, 1.0)};
  const double scale = std::exp(3.5 * uniform(random) - 2.0);
  for (double& rate : few.lr) rate *= scale;
  for (double& weight : few.weights) weight = i % 5 == 0 && uniform(random) < 0.4 ? 0.0 : uniform(random);
  few.weights.back() = 0.05 + 0.95 * few.weights.back();
  if (i % 2 == 0) {
    for (double& G : few.norms) G = std::exp((i % 4 == 0 ? 1.0 : 0.3) * normal(random));
  }
  return few;
}

TEST(PepAverage, NoAverageOfFewStepsIsBetterThanItsDecay) {
  NEEDS_CSDP();
  std::mt19937_64 random(20261127);
  int others = 0;
  double closest = 10.0;
  for (int i = 0; i < 1000; ++i) {
    const Few few = few_steps(random, i);
    const AverageBound found = average_bound(few.lr, few.weights, few.norms, 1.0);
    if (found.fails_at == 0) continue;
    ++others;
    const double exact = solve_pep_average(PepProblem(few.lr, few.norms), few.weights).dual;
    closest = std::min(closest, exact / found.imitated);
    EXPECT_GE(exact, found.imitated * (1 - 1e-5)) << i;
    EXPECT_LE(exact, found.value * (1 + 1e-5)) << i;
  }
  std::cout << others << " averages that violate (8.11), the closest at " << closest << " times its decay\n";
  EXPECT_GE(others, 500);
}

TEST(PepAverage, MayBeAsGoodAsItsDecayWithoutTheCondition) {  // docs/theory.md, after Theorem 3
  NEEDS_CSDP();
  const std::vector<double> lr{.3767, .3038, 1.0}, weights{.7022, 0, .2978}, norms{.767, .911, 1.382};
  const AverageBound found = average_bound(lr, weights, norms, 1.0);
  EXPECT_GT(found.fails_at, 0);
  EXPECT_NEAR(found.imitated, .698908, 1e-6);
  EXPECT_NEAR(solve_pep_average(PepProblem(lr, norms), weights).dual, .698908, 2e-6);
  EXPECT_NEAR(found.value, .724525, 1e-6);
}

/// The most by which f at the last of k iterates exceeds their mean, equal rates, in units of eta G^2 (8.10): over the
/// Gram matrix of the gradients and values f_i, of which only differences count.
double last_over_mean(std::size_t k) {
  pep::SdpaProblem sdp;
  sdp.matrix_size = k;
  const std::size_t constraints = k * (k - 1) + k + 1;
  sdp.diagonal_size = k + constraints;
  for (std::size_t i = 1; i <= k; ++i) sdp.add(0, 2, i, i, (i == k ? 1.0 : 0.0) - 1.0 / static_cast<double>(k));
  const auto close = [&](double bound) {
    sdp.objective.push_back(bound);
    const std::size_t c = sdp.objective.size();
    sdp.add(c, 2, k + c, k + c, 1.0);
  };
  for (std::size_t j = 1; j <= k; ++j) {
    for (std::size_t i = 1; i <= k; ++i) {
      if (i == j) continue;
      const std::size_t c = sdp.objective.size() + 1;  // f_j - f_i + <g_j, x_i - x_j> <= 0
      for (std::size_t s = std::min(i, j); s < std::max(i, j); ++s) {
        const double part = i > j ? -1.0 : 1.0;
        sdp.add(c, 1, std::min(s, j), std::max(s, j), s == j ? part : 0.5 * part);
      }
      sdp.add(c, 2, std::min(i, j), std::min(i, j), i < j ? -1.0 : 1.0);
      sdp.add(c, 2, std::max(i, j), std::max(i, j), i < j ? 1.0 : -1.0);
      close(0.0);
    }
  }
  for (std::size_t i = 1; i <= k; ++i) {
    sdp.add(sdp.objective.size() + 1, 1, i, i, 1.0);
    close(1.0);
  }
  sdp.add(sdp.objective.size() + 1, 2, 1, 1, 1.0);  // where values begin
  close(static_cast<double>(k));
  const pep::SolverRun run = pep::run_csdp(sdp, "csdp");
  double value = 0.0;
  for (std::size_t c = 0; c < sdp.objective.size(); ++c) value += sdp.objective[c] * run.solution.y[c];
  return value;
}

TEST(PepAverage, TheLastOfKIteratesOverTheirMean) {
  NEEDS_CSDP();
  EXPECT_NEAR(last_over_mean(2), 0.5, 1e-6);
  EXPECT_NEAR(last_over_mean(3), 11.0 / 16, 1e-6);
  EXPECT_NEAR(last_over_mean(4), 0.7993, 1e-4);
  EXPECT_NEAR(last_over_mean(5), 0.8777, 1e-4);
  for (const std::size_t k : {8U, 12U, 18U}) {
    EXPECT_NEAR(last_over_mean(k), 0.25 * std::log(static_cast<double>(k)) + 0.536, 0.25 / static_cast<double>(k)) << k;
  }
}

TEST(PepAverage, DropAndAverageIsTight) {  // (8.9)
  NEEDS_CSDP();
  constexpr std::int64_t T = 15, last = 4;
  const double lr = 0.51 / std::sqrt(15.0);
  const DropAndAverage drop = drop_and_average(T, last, lr, 1.0, 1.0);
  std::vector<double> held(T, lr);
  std::fill(held.end() - last, held.end(), drop.phi * lr);
  EXPECT_NEAR(solve(held, uniform_weights(T, last)).dual / drop.value, 1.0, 1e-5);
  EXPECT_LT(drop.value, drop.at_full);
}

TEST(PepAverage, WeightsThatFallAndSparseOnes) {
  NEEDS_CSDP();
  for (const std::int64_t T : {6, 12}) {
    const std::vector<double> lr(static_cast<std::size_t>(T), 0.7 / std::sqrt(static_cast<double>(T)));
    for (const auto& weights :
         {one_minus_sqrt_weights(T, T / 2), uniform_weights(T, T - T % 2, 2), uniform_weights(T, 6, 3)}) {
      const AverageBound found = average_bound(lr, weights, 1.0, 1.0);
      const double exact = solve(lr, weights).dual;
      EXPECT_NE(found.rule, AverageRule::decay);
      EXPECT_LE(exact, found.value * (1 + 1e-5)) << T;
      EXPECT_GT(exact, found.imitated * (1 + 1e-4)) << T;
    }
  }
}

}  // namespace
}  // namespace scheduled
