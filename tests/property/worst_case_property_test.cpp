// Identities of the exact worst case (STYLE habit 9) on random step sizes and grad norms.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>
#include <optional>

#include "scheduled/bound.hpp"
#include "support/generators.hpp"

namespace scheduled {
namespace {

struct Problem {
  std::vector<double> lr;
  std::vector<double> grad_norm;
  double distance = 1.0;
};

/// Steps over four magnitudes, some of them 0; one grad norm or one per step.
Problem problem(bool one_grad_norm = false) {
  Problem p;
  const auto T = static_cast<std::size_t>(*rc::gen::inRange(2, 120));
  for (std::size_t t = 0; t < T; ++t) {
    const bool zero = t > 0 && t + 1 < T && *rc::gen::inRange(0, 10) == 0;
    p.lr.push_back(zero ? 0.0 : std::exp(*generate::real(-9.0, 1.0)));
    p.grad_norm.push_back(one_grad_norm && t > 0 ? p.grad_norm[0] : std::exp(*generate::real(-2.0, 1.0)));
  }
  p.distance = *generate::real(0.1, 10.0);
  return p;
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

void expect_near(double a, double b, double relative) { RC_ASSERT(std::fabs(a - b) <= relative * std::fabs(b)); }

/// (6.2) at W with the roots of (6.1); nothing where one is not real.
std::optional<double> at_weight(const Problem& p, double W) {
  double R = 1.0;
  double sum = p.distance * p.distance;
  for (std::size_t t = 0; t + 1 < p.lr.size(); ++t) {
    const double argument = R * R - 4.0 * p.lr[t] / W;
    if (argument < 0.0) return std::nullopt;
    const double next = 0.5 * (R + std::sqrt(argument));
    sum += std::pow(W * (R - next) * p.grad_norm[t], 2);
    R = next;
  }
  return (sum + std::pow(W * R * p.grad_norm.back(), 2)) / (2.0 * W);
}

RC_GTEST_PROP(WorstCase, IsAtMostOmega, ()) {
  const Problem p = problem();
  RC_ASSERT(worst_case(p.lr, p.grad_norm, p.distance).value <= omega(p.lr, p.grad_norm, p.distance) * (1 + 1e-14));
}

RC_GTEST_PROP(WorstCase, IsAtLeastTheMinimaxRate, ()) {
  const Problem p = problem(true);
  const auto T = static_cast<std::int64_t>(p.lr.size());
  const double rate = minimax_rate(T, p.grad_norm[0], p.distance);
  RC_ASSERT(worst_case(p.lr, p.grad_norm[0], p.distance).value >= rate * (1 - 1e-14));
  RC_ASSERT(worst_case_best_scale(p.lr, p.grad_norm[0], p.distance).worst_case.value >= rate * (1 - 1e-14));
}

// With varying G_t, D sqrt(B)/p_1 >= D/sqrt(sum 1/G_t^2) by Cauchy's inequality.
RC_GTEST_PROP(WorstCase, IsAtLeastTheRateOfTheHarmonicMean, ()) {
  const Problem p = problem();
  double sum = 0.0;
  for (const double g : p.grad_norm) sum += 1.0 / (g * g);
  RC_ASSERT(worst_case(p.lr, p.grad_norm, p.distance).value >= p.distance / std::sqrt(sum) * (1 - 1e-14));
}

RC_GTEST_PROP(WorstCase, IsAtMostEveryValueOf6_2, ()) {
  const Problem p = problem();
  const WorstCase worst = worst_case(p.lr, p.grad_norm, p.distance);
  const double W = worst.W_min * (1.0 + std::exp(*generate::real(-30.0, 5.0)));
  const std::optional<double> value = at_weight(p, W);
  if (W > worst.W_min * (1 + 1e-12)) RC_ASSERT(value.has_value());
  if (value) RC_ASSERT(worst.value <= *value * (1 + 1e-12));
  RC_ASSERT(!at_weight(p, worst.W_min * (1 - 1e-12)));
}

// The proof in src/bound/weights.hpp carries over to rounded arithmetic, because every operation rounds monotonically.
RC_GTEST_PROP(WorstCase, FeasibilityIsMonotoneInW, ()) {
  const Problem p = problem();
  const double W = worst_case(p.lr, p.grad_norm, p.distance).W_min * (1.0 + *generate::real(-1e-14, 1e-14));
  if (at_weight(p, W)) RC_ASSERT(at_weight(p, W * (1.0 + *generate::real(0.0, 1e-13))).has_value());
}

RC_GTEST_PROP(WorstCase, ScalesWithDistanceGradNormAndRate, ()) {
  const Problem p = problem(*rc::gen::arbitrary<bool>());
  const double c = *generate::real(0.1, 10.0);
  const double value = worst_case(p.lr, p.grad_norm, p.distance).value;
  // f -> c f: G and the value times c, rates over c. x -> c x: D times c, G over c, rates times c^2.
  expect_near(worst_case(times(p.lr, 1 / c), times(p.grad_norm, c), p.distance).value, c * value, 1e-12);
  expect_near(worst_case(times(p.lr, c * c), times(p.grad_norm, 1 / c), c * p.distance).value, value, 1e-12);
}

RC_GTEST_PROP(WorstCase, GrowsWithGradNormAndDistance, ()) {
  const Problem p = problem();
  const double value = worst_case(p.lr, p.grad_norm, p.distance).value;
  std::vector<double> more = p.grad_norm;
  more[*rc::gen::inRange<std::size_t>(0, more.size())] *= *generate::real(1.0, 3.0);
  RC_ASSERT(worst_case(p.lr, more, p.distance).value >= value * (1 - 1e-12));
  RC_ASSERT(worst_case(p.lr, p.grad_norm, p.distance * 1.1).value >= value * (1 - 1e-12));
}

RC_GTEST_PROP(WorstCase, IsTheSameForEqualGradNormsThroughTheSearch, ()) {
  // One grad norm that differs by one part in 1e14 takes the search; without it, the closed form of W is used.
  const Problem p = problem(true);
  std::vector<double> nearly = p.grad_norm;
  nearly[0] *= 1 + 1e-14;
  expect_near(worst_case(p.lr, nearly, p.distance).value, worst_case(p.lr, p.grad_norm[0], p.distance).value, 1e-12);
  expect_near(worst_case_best_scale(p.lr, nearly, p.distance).worst_case.value,
              worst_case_best_scale(p.lr, p.grad_norm[0], p.distance).worst_case.value, 1e-12);
}

RC_GTEST_PROP(WorstCase, SaysWhereItEnded, ()) {
  const Problem p = problem(*rc::gen::arbitrary<bool>());
  const WorstCase worst = worst_case(p.lr, p.grad_norm, p.distance);
  RC_ASSERT(worst.W >= worst.W_min * (1 - 1e-14));
  RC_ASSERT(worst.at_boundary() == (worst.W <= worst.W_min * (1 + 1e-12)));
  if (worst.end == WorstCaseEnd::interior) expect_near(*at_weight(p, worst.W), worst.value, 1e-9);
}

RC_GTEST_PROP(WorstCaseScale, BeatsEveryOtherScale, ()) {
  const Problem p = problem(*rc::gen::arbitrary<bool>());
  const WorstCaseScale best = worst_case_best_scale(p.lr, p.grad_norm, p.distance);
  if (best.scale > 0.0) {
    const WorstCase there = worst_case(times(p.lr, best.scale), p.grad_norm, p.distance);
    expect_near(there.value, best.worst_case.value, 1e-12);
    expect_near(there.W_min, best.worst_case.W_min, 1e-12);
  }
  // Values for varying norms are certified to 1e-10.
  const double other = (best.scale > 0.0 ? best.scale : 1.0) * std::exp(*generate::real(-3.0, 3.0));
  RC_ASSERT(worst_case(times(p.lr, other), p.grad_norm, p.distance).value >= best.worst_case.value * (1 - 1e-10));
  RC_ASSERT(best.worst_case.value <= p.distance * p.grad_norm.back() * (1 + 1e-12));
}

RC_GTEST_PROP(WorstCaseScale, DoesNotDependOnTheScaleOfTheShape, ()) {
  const Problem p = problem(*rc::gen::arbitrary<bool>());
  const double c = std::exp(*generate::real(-5.0, 5.0));
  const WorstCaseScale a = worst_case_best_scale(p.lr, p.grad_norm, p.distance);
  const WorstCaseScale b = worst_case_best_scale(times(p.lr, c), p.grad_norm, p.distance);
  expect_near(b.worst_case.value, a.worst_case.value, 1e-10);
  RC_ASSERT((a.scale > 0.0) == (b.scale > 0.0));
}

RC_GTEST_PROP(WorstCaseScale, IsConvexInTheScale, ()) {
  const Problem p = problem(*rc::gen::arbitrary<bool>());
  const auto at = [&](double scale) { return worst_case(times(p.lr, scale), p.grad_norm, p.distance).value; };
  const double a = std::exp(*generate::real(-5.0, 2.0));
  const double b = std::exp(*generate::real(-5.0, 2.0));
  RC_ASSERT(at(0.5 * (a + b)) <= 0.5 * (at(a) + at(b)) * (1 + 1e-10));
}

RC_GTEST_PROP(WorstCase, OfScheduleIsBetweenTheMinimaxRateAndOmega, ()) {
  const std::vector<double> lr = bound_rates(*generate::schedule());
  const double value = worst_case(lr, 1.0, 1.0).value;
  RC_ASSERT(value <= omega(lr, 1.0, 1.0) * (1 + 1e-14));
  RC_ASSERT(value >= minimax_rate(static_cast<std::int64_t>(lr.size()), 1.0, 1.0) * (1 - 1e-14));
}

}  // namespace
}  // namespace scheduled
