#include "scheduled/design.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "scheduled/bound.hpp"
#include "support/reference.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

std::vector<double> random_norms(std::size_t T, std::uint64_t seed, double spread = 1.0) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> norms(T);
  for (double& g : norms) g = std::exp(spread * normal(random));
  return norms;
}

TEST(OptimalSchedule, HasThePublishedValues) {  // docs/theory.md, section 4
  EXPECT_NEAR(optimal_schedule(2).bound, .910180, 5e-7);
  EXPECT_NEAR(optimal_schedule(3).bound, .839278, 5e-7);
  EXPECT_NEAR(optimal_schedule(10).bound, .578013, 5e-7);
  EXPECT_NEAR(optimal_schedule(100).bound, .200114, 5e-7);
  EXPECT_NEAR(optimal_schedule(400).bound, .100187, 5e-7);
}

TEST(OptimalSchedule, IsLinearDecayButForTheLastStep) {
  const OptimalSchedule best = optimal_schedule(1000);
  for (std::size_t t = 0; t + 2 < best.lr.size(); ++t) EXPECT_GT(best.lr[t], best.lr[t + 1]);
  EXPECT_GT(best.lr[999], best.lr[998]);
  for (std::size_t t = 0; t < 1000; ++t) {
    EXPECT_NEAR(best.lr[t] / best.lr[0], 1.0 - static_cast<double>(t) / 1000.0, 0.01);
  }
}

TEST(OptimalSchedule, OfOneStep) {
  const OptimalSchedule best = optimal_schedule(1, 4.0, 3.0);
  EXPECT_EQ(best.lr, std::vector<double>{0.75});
  EXPECT_EQ(best.bound, 12.0);
}

TEST(OptimalSchedule, BoundIsOmegaOfTheRates) {
  for (const std::size_t T : {1U, 2U, 3U, 50U, 1000U, 100000U, 1000000U}) {
    for (const double spread : {0.0, 1.0, 3.0}) {
      const auto norms = random_norms(T, T, spread);
      const OptimalSchedule best = optimal_schedule(static_cast<std::int64_t>(T), norms, 1.7);
      EXPECT_NEAR(omega(best.lr, norms, 1.7) / best.bound, 1.0, 1e-12) << T << " " << spread;
    }
  }
}

/// (1.3) at the optimum, each component by its own long double sum, against the size of its terms.
TEST(OptimalSchedule, GradientVanishes) {
  for (const std::size_t T : {2U, 3U, 20U, 300U}) {
    const auto norms = random_norms(T, T);
    const OptimalSchedule best = optimal_schedule(static_cast<std::int64_t>(T), norms, 0.6);
    const auto gradient = reference::omega_gradient(best.lr, norms, 0.6);
    const auto u = reference::tail_sums<long double>(best.lr);
    for (std::size_t t = 0; t < T; ++t) {
      const long double own = t + 1 < T ? 2 * best.lr[t] / u[t + 1] : 1;
      EXPECT_NEAR(static_cast<double>(gradient[t] / (own * norms[t] * norms[t])), 0.0, 1e-13) << T << " " << t;
    }
  }
}

TEST(OptimalSchedule, BeatsARandomSearch) {
  std::mt19937_64 random(4);
  std::normal_distribution<double> normal;
  for (const std::size_t T : {2U, 5U, 12U, 40U}) {
    const auto norms = random_norms(T, 100 + T);
    const OptimalSchedule best = optimal_schedule(static_cast<std::int64_t>(T), norms);
    double closest = 1e300;
    for (int i = 0; i < 25000; ++i) {
      std::vector<double> lr = best.lr;
      const double spread = std::pow(10.0, -(i % 5));
      for (double& rate : lr) rate *= std::exp(spread * normal(random));
      closest = std::min(closest, omega(lr, norms, 1.0));
    }
    EXPECT_GE(closest, best.bound * (1 - 1e-14));
    EXPECT_LE(closest, best.bound * (1 + 1e-6));  // the search did look around it
  }
}

TEST(OptimalSchedule, StaysInRangeForExtremeNorms) {
  std::vector<double> norms(100, 1.0);
  for (std::size_t t = 0; t < 100; ++t) norms[t] = t % 2 == 0 ? 1e-50 : 1.0;
  EXPECT_NEAR(omega(optimal_schedule(100, norms).lr, norms, 1.0) / optimal_schedule(100, norms).bound, 1.0, 1e-12);
  for (std::size_t t = 0; t < 100; ++t) norms[t] = 1e200;
  EXPECT_NEAR(optimal_schedule(100, norms).bound, .200114e200, 1e195);
  EXPECT_EQ(error_of([] { optimal_schedule(10, 1e300, 1e-300); }),
            "distance, grad_norm: too large or too small; the best rates are out of the range of numbers");
}

TEST(OptimalSchedule, SaysWhatIsWrong) {
  const std::vector<double> zero = {1.0, 0.0, 1.0};
  const std::vector<double> nan = {1.0, 1.0, std::nan("")};
  const std::vector<double> tiny = {1.0, 1e-70, 1.0};
  const std::vector<double> one = {1.0};
  EXPECT_EQ(error_of([&] { optimal_schedule(3, zero); }),
            "grad_norm[1] = 0: must be > 0; where the gradient vanishes, no LR is too large and there is no optimum");
  EXPECT_EQ(error_of([&] { optimal_schedule(3, nan); }), "grad_norm[2] = nan: must be finite and >= 0");
  EXPECT_EQ(error_of([&] { optimal_schedule(3, tiny); }),
            "grad_norm[1] = 1e-70: must be at least 1e-60 of the largest, 1");
  EXPECT_EQ(error_of([&] { optimal_schedule(3, one); }),
            "grad_norm: there are 1 values for 3 steps; must be at least one per step");
  EXPECT_EQ(error_of([] { optimal_schedule(3, 0.0); }), "grad_norm = 0: must be finite and > 0");
  EXPECT_EQ(error_of([] { optimal_schedule(0); }), "T = 0: must be at least 1");
  EXPECT_EQ(error_of([] { optimal_schedule(3, 1.0, -1.0); }), "distance = -1: must be finite and > 0");
}

TEST(WorstCaseOptimalSchedule, IsTheMinimaxOneForOneNorm) {
  for (const std::int64_t T : {2, 3, 10, 1000}) {
    const OptimalSchedule best = worst_case_optimal_schedule(T, 2.0, 3.0);
    const auto length = static_cast<double>(T);
    for (std::int64_t t = 1; t < T; ++t) {
      const double exact = 1.5 / std::sqrt(length) * (1.0 - static_cast<double>(t) / length);
      EXPECT_NEAR(best.lr[static_cast<std::size_t>(t - 1)] / exact, 1.0, 1e-13);
    }
    EXPECT_NEAR(best.bound, minimax_rate(T, 2.0, 3.0), 1e-15 * best.bound);
    EXPECT_NEAR(worst_case(best.lr, 2.0, 3.0).value / best.bound, 1.0, 1e-13);
  }
}

TEST(WorstCaseOptimalSchedule, ReachesItsBoundForAnyNorms) {
  for (const std::size_t T : {2U, 7U, 200U}) {
    const auto norms = random_norms(T, T);
    const OptimalSchedule best = worst_case_optimal_schedule(static_cast<std::int64_t>(T), norms, 0.7);
    double sum = 0.0;
    for (const double g : norms) sum += 1.0 / (g * g);
    EXPECT_NEAR(best.bound, 0.7 / std::sqrt(sum), 1e-14);
    EXPECT_NEAR(worst_case(best.lr, norms, 0.7).value / best.bound, 1.0, 1e-12);
  }
}

TEST(WorstCaseOptimalSchedule, ItsLastRateMinimisesOmega) {
  const auto norms = random_norms(30, 5);
  OptimalSchedule best = worst_case_optimal_schedule(30, norms);
  const double at_best = omega(best.lr, norms, 1.0);
  for (const double factor : {0.5, 0.99, 1.01, 2.0}) {
    auto lr = best.lr;
    lr.back() *= factor;
    EXPECT_GT(omega(lr, norms, 1.0), at_best);
  }
  EXPECT_EQ(worst_case_optimal_schedule(1, 2.0, 3.0).lr, std::vector<double>{1.5});
  EXPECT_EQ(worst_case_optimal_schedule(1, 2.0, 3.0).bound, 6.0);
}

TEST(CompareOptima, EachWinsByItsOwnMeasure) {
  for (const std::int64_t T : {2, 10, 400}) {
    const OptimaCompared both = compare_optima(T);
    EXPECT_LT(both.omega_optimal.omega, both.worst_case_optimal.omega);
    EXPECT_GT(both.omega_optimal.worst_case, both.worst_case_optimal.worst_case);
    EXPECT_NEAR(both.worst_case_optimal.worst_case, 1.0 / std::sqrt(static_cast<double>(T)), 1e-14);
  }
}

}  // namespace
}  // namespace scheduled
