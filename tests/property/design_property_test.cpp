// Identities of the design functions (STYLE habit 9) on random grad norms, distances and constraints.
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <cmath>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "support/certified.hpp"
#include "support/generators.hpp"

namespace scheduled {
namespace {

void expect_near(double a, double b, double relative) { RC_ASSERT(std::fabs(a - b) <= relative * std::fabs(b)); }

std::vector<double> norms(std::size_t T, double decades = 1.0) {
  std::vector<double> g(T);
  for (double& value : g) value = std::exp(*generate::real(-decades, decades) * 2.302585);
  return g;
}

std::vector<double> times(std::vector<double> values, double factor) {
  for (double& value : values) value *= factor;
  return values;
}

std::size_t length(int low, int high) { return static_cast<std::size_t>(*rc::gen::inRange(low, high)); }

RC_GTEST_PROP(OptimalSchedule, IsAtMostEveryOther, ()) {
  const std::size_t T = length(1, 60);
  const auto g = norms(T, 2.0);
  const double D = *generate::real(0.1, 10.0);
  const OptimalSchedule best = optimal_schedule(static_cast<std::int64_t>(T), g, D);
  std::vector<double> other = best.lr;
  const double spread = std::exp(*generate::real(-12.0, 2.0));
  for (double& rate : other) rate *= std::exp(spread * *generate::real(-1.0, 1.0));
  RC_ASSERT(omega(other, g, D) >= best.bound * (1 - 1e-13));
}

RC_GTEST_PROP(OptimalSchedule, ScalesWithDistanceAndGradNorm, ()) {
  const std::size_t T = length(1, 60);
  const auto count = static_cast<std::int64_t>(T);
  const auto g = norms(T);
  const double c = *generate::real(0.1, 10.0);
  const OptimalSchedule best = optimal_schedule(count, g);
  const OptimalSchedule norm = optimal_schedule(count, times(g, c));
  const OptimalSchedule far = optimal_schedule(count, g, c);
  expect_near(norm.bound, c * best.bound, 1e-13);
  expect_near(far.bound, c * best.bound, 1e-13);
  for (std::size_t t = 0; t < T; ++t) {
    expect_near(norm.lr[t], best.lr[t] / c, 1e-12);
    expect_near(far.lr[t], c * best.lr[t], 1e-12);
  }
}

RC_GTEST_PROP(OptimalSchedule, TheTailOfAnOptimumIsOptimal, ()) {
  // (5.1): extending the first m rates of an optimum gives the optimum.
  const std::size_t T = length(4, 60);
  const auto g = norms(T + 1);
  const OptimalSchedule best = optimal_schedule(static_cast<std::int64_t>(T), g);
  const std::size_t m = length(1, static_cast<int>(T) - 1);
  const std::vector<std::int64_t> to = {static_cast<std::int64_t>(T + 1)};
  const ExtendRow row = extend(std::span(best.lr).first(m), to, {.grad_norm = g, .distance = 1.0})[3];
  for (std::size_t t = 0; t < T; ++t) expect_near(row.lr[t], best.lr[t], 1e-8);
}

RC_GTEST_PROP(OptimalSchedule, WorstCaseOptimumIsAtMostTheWorstCaseOfOthers, ()) {
  const std::size_t T = length(2, 40);
  const auto g = norms(T);
  const OptimalSchedule best = worst_case_optimal_schedule(static_cast<std::int64_t>(T), g);
  std::vector<double> other = best.lr;
  for (double& rate : other) rate *= std::exp(*generate::real(-1.0, 1.0));
  RC_ASSERT(worst_case(other, g, 1.0).value >= best.bound * (1 - 1e-12));
}

struct Constrained {
  std::size_t T = 0;
  std::vector<double> grad_norm;
  ScheduleConstraints constraints;
};

Constrained constrained() {
  Constrained p;
  p.T = length(4, 80);
  p.grad_norm = norms(p.T, *generate::real(0.0, 1.0));
  const double peak = optimal_schedule(static_cast<std::int64_t>(p.T), p.grad_norm).lr[0];
  const auto some = [] { return *rc::gen::arbitrary<bool>(); };
  std::size_t room = p.T - 2;
  if (some()) p.constraints.prefix.resize(length(0, static_cast<int>(room)));
  for (double& rate : p.constraints.prefix) rate = peak * *generate::real(0.01, 0.5);
  room -= p.constraints.prefix.size();
  if (some()) p.constraints.warmup = linear_warmup(static_cast<std::int64_t>(length(0, static_cast<int>(room))));
  if (some()) p.constraints.max_lr = peak * *generate::real(0.5, 3.0);
  p.constraints.non_increasing = some();
  if (some()) p.constraints.final_lr = peak * *generate::real(1e-4, 0.01);
  return p;
}

RC_GTEST_PROP(ConstrainedSchedule, IsCertified, ()) {
  const Constrained p = constrained();
  const auto count = static_cast<std::int64_t>(p.T);
  const auto result = constrained_schedule(count, p.grad_norm, 1.0, p.constraints);
  expect_certified(result, count, p.grad_norm, 1.0, p.constraints);
  RC_ASSERT(!testing::Test::HasFailure());
  RC_ASSERT(result.bound >= optimal_schedule(count, p.grad_norm).bound * (1 - 1e-12));
  const double c = *generate::real(0.1, 10.0);
  ScheduleConstraints scaled = p.constraints;
  scaled.prefix = times(scaled.prefix, c);
  if (scaled.max_lr) *scaled.max_lr *= c;
  if (scaled.final_lr) *scaled.final_lr *= c;
  expect_near(constrained_schedule(count, p.grad_norm, c, scaled).bound, c * result.bound, 1e-8);
}

/// Fewer constraints never cost; rates that obey them are never below the lower bound.
RC_GTEST_PROP(ConstrainedSchedule, LowerBoundHoldsForRatesThatObey, ()) {
  Constrained p = constrained();
  const auto count = static_cast<std::int64_t>(p.T);
  const auto result = constrained_schedule(count, p.grad_norm, 1.0, p.constraints);
  const std::size_t first = p.constraints.prefix.size() + p.constraints.warmup.size();
  std::vector<double> lr = result.lr;
  const double spread = std::exp(*generate::real(-12.0, 1.0));
  const std::size_t end = p.constraints.final_lr ? p.T - 1 : p.T;
  double cap = p.constraints.max_lr.value_or(1e300);
  const bool after_prefix = p.constraints.warmup.empty() && !p.constraints.prefix.empty();
  if (p.constraints.non_increasing && after_prefix) cap = std::min(cap, p.constraints.prefix.back());
  for (std::size_t t = first; t < end; ++t) {
    lr[t] = std::min(cap, lr[t] * std::exp(spread * *generate::real(-1.0, 1.0)));
    if (p.constraints.non_increasing) lr[t] = std::max(lr[t], p.constraints.final_lr.value_or(0.0));
    if (p.constraints.non_increasing && t > first) lr[t] = std::min(lr[t], lr[t - 1]);
  }
  for (std::size_t j = p.constraints.prefix.size(); j < first; ++j) {
    lr[j] = p.constraints.warmup[j - p.constraints.prefix.size()] * lr[first];
  }
  RC_ASSERT(omega(lr, p.grad_norm, 1.0) >= result.lower_bound * (1 - 1e-12));
  p.constraints.non_increasing = false;
  p.constraints.max_lr.reset();
  const auto relaxed = constrained_schedule(count, p.grad_norm, 1.0, p.constraints);
  RC_ASSERT(relaxed.lower_bound <= result.bound * (1 + 1e-12));
}

RC_GTEST_PROP(LrSensitivity, ContainsTheBestAndIsNearlyItsBound, ()) {
  const Schedule s = *generate::schedule();
  const auto criterion = *rc::gen::element(Criterion::omega, Criterion::standard, Criterion::worst_case);
  const BoundSettings settings{.criterion = criterion};
  const LrSensitivity loss = lr_sensitivity(s, settings);
  RC_ASSERT(loss.low <= loss.best.peak && loss.best.peak <= loss.high);
  RC_ASSERT(loss.at_double >= 1.0);
  const double inside = loss.low + *generate::real(0.0, 1.0) * (loss.high - loss.low);
  RC_ASSERT(bound(s.with_peak(inside), settings) <= loss.best.bound * 1.01 * (1 + 1e-9));
}

RC_GTEST_PROP(TransferBaseLr, IsTransitiveAndInverse, ()) {
  const Schedule a = *generate::schedule();
  const Schedule b = *generate::schedule();
  const double there = transfer_base_lr(a, b).factor;
  expect_near(transfer_base_lr(b, a).factor, 1.0 / there, 1e-12);
}

RC_GTEST_PROP(Refine, DoesNotDependOnTheScaleOfNorms, ()) {
  const auto g = norms(length(2, 200));
  const double c = std::exp2(static_cast<double>(*rc::gen::inRange(-20, 20)));  // exact
  const auto kind = *rc::gen::element(NormKind::l1, NormKind::l2);
  const RefineSettings settings{.norm = kind, .width = *generate::real(0.0, 1.0)};
  const auto a = refine(g, settings).schedule.values();
  RC_ASSERT(a == refine(times(g, c), settings).schedule.values());
  RC_ASSERT(*std::max_element(a.begin(), a.end()) == 1.0);
  RC_ASSERT(a.back() == 0.0);
}

RC_GTEST_PROP(Extend, OptimalIsAtMostTheOthers, ()) {
  const auto T = *rc::gen::inRange<std::int64_t>(20, 300);
  const Schedule shape = Schedule::parse("wsd(steps=" + std::to_string(T) + ", warmup=3)");
  const Schedule trunk = shape.with_peak(best_base_lr(shape).peak * *generate::real(0.3, 3.0));
  const std::vector<std::int64_t> to = {*rc::gen::inRange<std::int64_t>(T, 5 * T), T + 1};
  const auto rule = *rc::gen::element(ExtendRule::match_base_lr, ExtendRule::smallest_bound);
  const auto rows = extend(trunk, *rc::gen::inRange<std::int64_t>(3, T / 2), to, {.distance = 1.0, .rule = rule});
  for (const std::size_t h : {0U, 4U}) {
    for (std::size_t method = 0; method < 4; ++method) {
      RC_ASSERT(rows[h + 3].omega <= rows[h + method].omega * (1 + 1e-12));
      RC_ASSERT(rows[h + method].worst_case <= rows[h + method].omega * (1 + 1e-12));
    }
  }
}

}  // namespace
}  // namespace scheduled
