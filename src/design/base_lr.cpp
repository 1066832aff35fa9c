#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

BoundTerms terms(std::span<const double> rates, const BoundSettings& settings) {
  return settings.criterion == Criterion::omega ? omega_terms(rates, settings.grad_norm, settings.distance)
                                                : standard_terms(rates, settings.grad_norm, settings.distance);
}

/// (2.1) for rates at peak 1.
double optimal_factor(const BoundTerms& terms) {
  if (terms.linear == 0.0) {
    fail({"grad_norm: all are 0 where the LR is not (or too small to square); the best base LR is then infinite"});
  }
  const double factor = std::sqrt(terms.inverse) / std::sqrt(terms.linear);
  if (!(std::isfinite(factor) && factor > 0.0)) {
    fail({"distance, grad_norm: too large or too small; the best base LR is out of the range of numbers"});
  }
  return factor;
}

/// Minimum of f on [low, infinity), low > 0, starting from `guess`, in x = log2(peak): doubling steps until the value
/// rises on both sides (or the lower end is reached), then golden section down to the width at which rounding hides the
/// difference.
template <class Function>
double minimise(const Function& f, double low, double guess) {
  constexpr double golden = 0.6180339887498949;
  const double floor = elementary::log2(low).hi;
  double middle = std::max(elementary::log2(guess).hi, floor);
  double at_middle = f(middle);
  double width = 1.0;
  double left = std::max(middle - width, floor);
  while (left > floor && f(left) < at_middle) {
    middle = left;
    at_middle = f(middle);
    left = std::max(middle - (width *= 2.0), floor);
  }
  width = 1.0;
  double right = middle + width;
  while (f(right) < at_middle && right < 1000.0) {
    left = middle;
    middle = right;
    at_middle = f(middle);
    right = middle + (width *= 2.0);
  }
  double a = right - golden * (right - left);
  double b = left + golden * (right - left);
  double at_a = f(a);
  double at_b = f(b);
  while (right - left > 1e-9 * (1.0 + std::fabs(left))) {
    if (at_a <= at_b) {
      right = b;
      b = a;
      at_b = at_a;
      at_a = f(a = right - golden * (right - left));
    } else {
      left = a;
      a = b;
      at_a = at_b;
      at_b = f(b = left + golden * (right - left));
    }
  }
  return f(floor) <= std::min(at_a, at_b) ? floor : 0.5 * (left + right);
}

}  // namespace

BestBaseLr best_base_lr(const Schedule& schedule, const BoundSettings& settings) {
  // Any peak serves where the rates are proportional to it; 1 (or the smallest possible) keeps the numbers tame.
  const double reference = std::max(1.0, schedule.smallest_peak());
  const std::vector<double> rates = bound_rates(schedule.with_peak(reference), settings.T);
  const BoundTerms at_reference = terms(rates, settings);
  const double guess = reference * optimal_factor(at_reference);
  BestBaseLr best;
  best.T = static_cast<std::int64_t>(rates.size());
  if (schedule.proportional_to_peak()) {
    best.peak = guess;
    best.bound = 2.0 * std::sqrt(at_reference.inverse) * std::sqrt(at_reference.linear);
    return best;
  }
  best.closed_form = false;
  const double low = schedule.smallest_peak();
  const double floor = elementary::log2(low).hi;
  const auto peak_at = [=](double x) { return x <= floor ? low : elementary::exp2({x, 0.0}); };
  best.peak = peak_at(minimise([&](double x) { return bound(schedule.with_peak(peak_at(x)), settings); }, low, guess));
  best.bound = bound(schedule.with_peak(best.peak), settings);
  best.at_limit = best.peak == low;
  return best;
}

double matching_distance(std::span<const double> lr, GradNorm grad_norm) {
  const BoundTerms at_one = omega_terms(lr, grad_norm, 1.0);
  return 1.0 / optimal_factor(at_one);
}

std::vector<ComparisonRow> compare(std::span<const Schedule> schedules, const BoundSettings& settings) {
  if (schedules.empty()) fail({"schedules: none to compare"});
  std::vector<ComparisonRow> rows;
  rows.reserve(schedules.size());
  for (const Schedule& schedule : schedules) {
    const BestBaseLr best = best_base_lr(schedule, settings);
    rows.push_back({schedule.with_peak(best.peak), best, 1.0});
  }
  const auto smallest = std::min_element(rows.begin(), rows.end(),
                                         [](const auto& a, const auto& b) { return a.best.bound < b.best.bound; });
  const double reference = smallest->best.bound;
  for (ComparisonRow& row : rows) row.ratio = row.best.bound / reference;
  return rows;
}

}  // namespace scheduled
