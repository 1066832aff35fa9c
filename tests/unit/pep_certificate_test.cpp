// Certificates from data made by hand: no solver.
#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "pep/weights.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/pep.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr double rounding = 1e-11;  // what the certificates add for their own rounding, relative

/// T = 2, D = G = 1, eta_1 = 1 (a step that is too long): the worst case is eta + 1/(8 eta) = 9/8. The Gram matrix has
/// <g_t, x_1 - x*> = 1/(4 eta) and <g_1, g_2> = 1/(8 eta^2) - 1; the weights are w = (2, 2).
struct TwoSteps {
  PepProblem problem{std::vector<double>{1.0, 1.0}};
  double worst = 1.125;
  PepPrimal primal{{1.0, 0.25, 0.25, 0.25, 1.0, -0.875, 0.25, -0.875, 1.0}, {0.25, 1.125}};
  PepDual dual{{0.0, 0.5, 0.5, 0.0, 0.0, 0.5, 0.0, 0.0, 0.0}, {0.5, 0.5}, 0.125};
};

TEST(PepCertificate, OneStep) {
  // f_1 <= <g_1, x_1 - x*> <= D G; the step does not matter.
  const PepProblem problem(std::vector<double>{7.0}, 3.0, 2.0);
  const PepLower lower = certify_lower(problem, {{4.0, 6.0, 6.0, 9.0}, {6.0}});
  EXPECT_LE(lower.bound, 6.0);
  EXPECT_NEAR(lower.bound, 6.0, 6.0 * rounding);
  EXPECT_LE(lower.psd_distance, 1e-15);
  EXPECT_EQ(lower.violation, 0.0);
  const PepUpper upper = certify_upper(problem, {{0.0, 1.0, 0.0, 0.0}, {1.0 / 3.0}, 0.75});
  EXPECT_GE(upper.bound, 6.0);
  EXPECT_NEAR(upper.bound, 6.0, 6.0 * rounding);
}

TEST(PepCertificate, TwoStepsByHand) {
  const TwoSteps two;
  const PepLower lower = certify_lower(two.problem, two.primal);
  EXPECT_LE(lower.bound, two.worst);
  EXPECT_NEAR(lower.bound, two.worst, rounding);
  EXPECT_LE(lower.violation, 1e-15);
  EXPECT_LE(lower.mixed, 1e-12);
  const PepUpper upper = certify_upper(two.problem, two.dual);
  EXPECT_GE(upper.bound, two.worst);
  EXPECT_NEAR(upper.bound, two.worst, rounding);
  EXPECT_EQ(upper.clipped, 0.0);
  EXPECT_LE(upper.imbalance, 1e-15);
}

TEST(PepCertificate, SmallStepsBelongToTheAbsoluteValue) {
  // f = G |x|: all gradients point along x_1 - x*, f_T = D G - G^2 (eta_1 + ... + eta_{T-1}).
  const PepProblem problem(std::vector<double>{0.02, 0.03, 0.05}, 2.0, 1.0);
  const double worst = 2.0 - 4.0 * 0.05;
  PepPrimal primal{{}, {2.0, 1.92, 1.8}};
  for (int i = 0; i < 4; ++i) {
    for (int j = 0; j < 4; ++j) primal.gram.push_back((i > 0 ? 2.0 : 1.0) * (j > 0 ? 2.0 : 1.0));
  }
  const PepLower lower = certify_lower(problem, primal);
  EXPECT_LE(lower.bound, worst);
  EXPECT_NEAR(lower.bound, worst, rounding);
  const PepUpper upper = certify_upper(problem, pep::weights_dual(problem));
  EXPECT_GE(upper.bound, worst);
  EXPECT_NEAR(upper.bound, worst, rounding);
}

TEST(PepCertificate, MeasuresAreThoseOfTheRawData) {
  const TwoSteps two;
  PepPrimal primal = two.primal;
  primal.value[1] += 0.25;  // violates f_2 <= <g_2, x_2 - x*> by as much
  EXPECT_NEAR(certify_lower(two.problem, primal).violation, 0.25, 1e-15);
  primal.gram[0] = 1.5;
  EXPECT_NEAR(certify_lower(two.problem, primal).violation, 0.5, 1e-15);
  primal.gram = {0.0, 0.0, 0.0, 0.0, 0.0, 0.5, 0.0, 0.5, 0.0};
  EXPECT_NEAR(certify_lower(two.problem, primal).psd_distance, 0.5, 1e-15);
  PepDual dual = two.dual;
  dual.pair[1] = -0.5;
  const PepUpper upper = certify_upper(two.problem, dual);
  EXPECT_EQ(upper.clipped, 0.5);
  EXPECT_NEAR(upper.imbalance, 0.5, 1e-15);
  EXPECT_GE(upper.bound, two.worst);
}

// The multipliers that repair a slack matrix that is not positive semidefinite cost what the matrix lacks.
TEST(PepCertificate, ScalesTheDiagonalOfTheSlackMatrix) {
  const TwoSteps two;
  for (const double factor : {0.5, 1.0, 3.0}) {
    PepDual dual = two.dual;
    dual.distance *= factor;
    for (double& mu : dual.grad_norm) mu *= factor;
    EXPECT_NEAR(certify_upper(two.problem, dual).bound, two.worst, rounding);
  }
}

// Whatever is done to a candidate, the interval holds the true value; and small errors cost little.
TEST(PepCertificate, PerturbationsWidenTheIntervalOnly) {
  const TwoSteps two;
  std::mt19937_64 random(5);
  std::normal_distribution<double> normal;
  for (double size = 1e-12; size < 1e7; size *= 10.0) {
    for (int repeat = 0; repeat < 50; ++repeat) {
      PepPrimal primal = two.primal;
      PepDual dual = two.dual;
      for (double& x : primal.gram) x += size * normal(random);
      for (double& x : primal.value) x += size * normal(random);
      for (double& x : dual.pair) x += size * normal(random);
      for (double& x : dual.grad_norm) x += size * normal(random);
      dual.distance += size * normal(random);
      const double lower = certify_lower(two.problem, primal).bound;
      const double upper = certify_upper(two.problem, dual).bound;
      ASSERT_LE(lower, two.worst) << size;
      ASSERT_GE(lower, 0.0);
      ASSERT_GE(upper, two.worst) << size;
      if (size < 1e-3) {
        ASSERT_GE(lower, two.worst - 30.0 * size - rounding) << size;
        ASSERT_LE(upper, two.worst + 300.0 * size + rounding) << size;
      }
    }
  }
}

TEST(PepCertificate, HoldsForNonsense) {
  std::mt19937_64 random(9);
  std::normal_distribution<double> normal;
  std::lognormal_distribution<double> rate(0.0, 1.0);
  for (int repeat = 0; repeat < 200; ++repeat) {
    const std::size_t T = 1 + random() % 6;
    std::vector<double> lr(T);
    for (double& eta : lr) eta = rate(random);
    const PepProblem problem(lr, rate(random), rate(random));
    const double above = certify_upper(problem, pep::weights_dual(problem)).bound;
    PepPrimal primal{std::vector<double>((T + 1) * (T + 1)), std::vector<double>(T)};
    PepDual dual{std::vector<double>((T + 1) * (T + 1)), std::vector<double>(T), normal(random)};
    for (double& x : primal.gram) x = 10.0 * normal(random);
    for (double& x : dual.pair) x = 10.0 * normal(random);
    for (double& x : dual.grad_norm) x = 10.0 * normal(random);
    const PepLower lower = certify_lower(problem, primal);
    EXPECT_GT(lower.bound, 0.0);
    EXPECT_LE(lower.bound, above);
    const double upper = certify_upper(problem, dual).bound;
    // One common G: the weights are exact, so that no upper bound is below theirs by more than their rounding.
    EXPECT_GE(upper, above * (1.0 - rounding));
    EXPECT_GE(certify_upper(problem, {dual.pair, std::vector<double>(T), 0.0}).bound, above * (1.0 - rounding));
  }
}

TEST(PepCertificate, ScalesWithItsUnits) {
  const TwoSteps two;
  const double D = 1e3;
  const double G = 1e-4;
  const PepProblem problem(std::vector<double>{D / G, D / G}, G, D);
  PepPrimal primal = two.primal;
  for (std::size_t i = 0; i < 3; ++i) {
    for (std::size_t j = 0; j < 3; ++j) primal.gram[i * 3 + j] *= (i > 0 ? G : D) * (j > 0 ? G : D);
  }
  for (double& f : primal.value) f *= D * G;
  EXPECT_NEAR(certify_lower(problem, primal).bound, two.worst * D * G, rounding);
  const PepDual dual{two.dual.pair, {0.5 * D / G, 0.5 * D / G}, 0.125 * G / D};
  EXPECT_NEAR(certify_upper(problem, dual).bound, two.worst * D * G, rounding);
}

TEST(PepCertificate, NamesWhatIsWrong) {
  const TwoSteps two;
  const auto lower_error = [&](const PepPrimal& primal) {
    return error_of([&] { certify_lower(two.problem, primal); });
  };
  const auto upper_error = [&](const PepDual& dual) { return error_of([&] { certify_upper(two.problem, dual); }); };
  EXPECT_EQ(lower_error({{1.0}, {1.0, 1.0}}), "gram: has 1 values; must have 9");
  PepPrimal primal = two.primal;
  primal.value.pop_back();
  EXPECT_EQ(lower_error(primal), "value: has 1 values; must have 2");
  primal = two.primal;
  primal.gram[4] = std::nan("");
  EXPECT_EQ(lower_error(primal), "gram[4] = nan: must be finite");
  EXPECT_EQ(upper_error({{}, {1.0, 1.0}, 1.0}), "pair: has 0 values; must have 9");
  PepDual dual = two.dual;
  dual.grad_norm[1] = -std::numeric_limits<double>::infinity();
  EXPECT_EQ(upper_error(dual), "grad_norm[1] = -inf: must be finite");
  dual = two.dual;
  dual.distance = std::nan("");
  EXPECT_EQ(upper_error(dual), "distance[0] = nan: must be finite");
}

TEST(PepCertificate, HugeNumbersDoNotBreakIt) {
  const TwoSteps two;
  PepPrimal primal = two.primal;
  PepDual dual = two.dual;
  for (double& x : primal.gram) x *= 1e300;
  for (double& x : dual.pair) x *= 1e300;
  EXPECT_LE(certify_lower(two.problem, primal).bound, two.worst);
  EXPECT_GE(certify_upper(two.problem, dual).bound, two.worst);
  for (double& x : dual.pair) x *= 1e7;
  EXPECT_GE(certify_upper(two.problem, dual).bound, two.worst);
}

}  // namespace
}  // namespace scheduled
