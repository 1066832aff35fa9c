// Identities of the bound (STYLE habit 9) on random step sizes and grad norms.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "support/generators.hpp"

namespace scheduled {
namespace {

struct Problem {
  std::vector<double> lr;
  std::vector<double> grad_norm;
  double distance = 1.0;
};

Problem problem() {
  Problem p;
  const auto T = static_cast<std::size_t>(*rc::gen::inRange(1, 300));
  p.lr = *rc::gen::container<std::vector<double>>(T, generate::real(1e-4, 2.0));
  p.grad_norm = *rc::gen::container<std::vector<double>>(T, generate::real(0.01, 3.0));
  p.distance = *generate::real(0.1, 10.0);
  return p;
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

void expect_near(double a, double b, double relative) { RC_ASSERT(std::fabs(a - b) <= relative * std::fabs(b)); }

RC_GTEST_PROP(Omega, ScalesWithDistanceGradNormAndRate, ()) {
  const Problem p = problem();
  const double c = *generate::real(0.1, 10.0);
  const double value = omega(p.lr, p.grad_norm, p.distance);
  // f -> c f: G and Omega times c, rates over c. x -> c x: D times c, G over c, rates times c^2.
  expect_near(omega(times(p.lr, 1 / c), times(p.grad_norm, c), p.distance), c * value, 1e-13);
  expect_near(omega(times(p.lr, c * c), times(p.grad_norm, 1 / c), c * p.distance), value, 1e-13);
}

RC_GTEST_PROP(Omega, TermsGiveEveryScale, ()) {
  const Problem p = problem();
  const double c = *generate::real(0.1, 10.0);
  const BoundTerms terms = omega_terms(p.lr, p.grad_norm, p.distance);
  expect_near(omega(times(p.lr, c), p.grad_norm, p.distance), terms.inverse / c + c * terms.linear, 1e-13);
}

RC_GTEST_PROP(OmegaCurve, IsOmegaOfEveryPrefix, ()) {
  const Problem p = problem();
  std::vector<double> curve(p.lr.size());
  omega_curve(p.lr, p.grad_norm, p.distance, curve);
  for (std::size_t t = 1; t <= p.lr.size(); ++t) {
    expect_near(curve[t - 1], omega(std::span(p.lr).first(t), p.grad_norm, p.distance), 1e-12);
  }
}

RC_GTEST_PROP(OmegaGradient, IsTheFiniteDifference, ()) {
  const Problem p = problem();
  std::vector<double> gradient(p.lr.size());
  omega_gradient(p.lr, p.grad_norm, p.distance, gradient);
  const auto j = static_cast<std::size_t>(*rc::gen::inRange<std::size_t>(0, p.lr.size()));
  // Central difference with a step that balances rounding and curvature; the last step can make Omega steep.
  const double h = 1e-5 * p.lr[j];
  std::vector<double> moved = p.lr;
  moved[j] = p.lr[j] + h;
  const double above = omega(moved, p.grad_norm, p.distance);
  moved[j] = p.lr[j] - h;
  const double below = omega(moved, p.grad_norm, p.distance);
  const double value = omega(p.lr, p.grad_norm, p.distance);
  const double difference = (above - below) / (2 * h);
  RC_ASSERT(std::fabs(difference - gradient[j]) <= 1e-8 * (value / p.lr[j] + std::fabs(gradient[j])));
}

RC_GTEST_PROP(OmegaGradient, ObeysEulersIdentity, ()) {
  // Omega = t1 + t2 with t1 of degree -1 and t2 of degree 1 in the rates: sum lr_j dOmega/dlr_j = t2 - t1.
  const Problem p = problem();
  std::vector<double> gradient(p.lr.size());
  omega_gradient(p.lr, p.grad_norm, p.distance, gradient);
  const BoundTerms terms = omega_terms(p.lr, p.grad_norm, p.distance);
  double sum = 0.0;
  double size = 0.0;
  for (std::size_t j = 0; j < p.lr.size(); ++j) {
    sum += p.lr[j] * gradient[j];
    size += std::fabs(p.lr[j] * gradient[j]);
  }
  RC_ASSERT(std::fabs(sum - (terms.linear - terms.inverse)) <= 1e-12 * (size + terms.value()));
}

RC_GTEST_PROP(OmegaSplit, SumsToOmegaAndKeepsTheStandardBound, ()) {
  const Problem p = problem();
  const OmegaSplit split = omega_split(p.lr, p.grad_norm, p.distance);
  expect_near(split.value(), omega(p.lr, p.grad_norm, p.distance), 1e-13);
  expect_near(split.distance + split.noise, standard_bound(p.lr, p.grad_norm, p.distance), 1e-13);
}

RC_GTEST_PROP(Omega, IsNotBelowTheMinimaxRate, ()) {
  const auto T = static_cast<std::size_t>(*rc::gen::inRange(1, 300));
  const auto lr = *rc::gen::container<std::vector<double>>(T, generate::real(1e-4, 2.0));
  RC_ASSERT(omega(lr, 1.0, 1.0) >= 1.0 / std::sqrt(static_cast<double>(T)));
}

RC_GTEST_PROP(BestBaseLr, BeatsEveryOtherPeak, ()) {
  const Schedule s = *generate::schedule();
  const double grad_norm = *generate::real(0.1, 10.0);
  const BestBaseLr best = best_base_lr(s, {.grad_norm = grad_norm});
  const double factor = std::exp(*generate::real(-2.0, 2.0));
  RC_ASSERT(bound(s.with_peak(best.peak * factor), {.grad_norm = grad_norm}) >= best.bound * (1 - 1e-13));
  expect_near(bound(s.with_peak(best.peak), {.grad_norm = grad_norm}), best.bound, 1e-12);
}

}  // namespace
}  // namespace scheduled
