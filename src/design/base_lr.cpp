#include <algorithm>
#include <cmath>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/search.hpp"
#include "design/arguments.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

/// For the criteria whose value is inverse/gamma + gamma linear.
BoundTerms terms(std::span<const double> rates, const BoundSettings& settings) {
  return settings.criterion == Criterion::omega ? omega_terms(rates, settings.grad_norm, settings.distance)
                                                : standard_terms(rates, settings.grad_norm, settings.distance);
}

/// (2.1) for rates at peak 1.
double optimal_factor(const BoundTerms& terms) {
  if (terms.linear == 0.0) {
    fail_argument("grad_norm",
                  "all are 0 where the LR is not (or too small to square); the best base LR is then infinite");
  }
  const double factor = std::sqrt(terms.inverse) / std::sqrt(terms.linear);
  if (!(std::isfinite(factor) && factor > 0.0)) {
    fail_argument("distance, grad_norm", "too large or too small; the best base LR is out of the range of numbers");
  }
  return factor;
}

/// Minimum of f on [low, infinity), low > 0, starting from `guess`, in x = log2(peak): doubling steps until the value
/// rises on both sides (or the lower end is reached), then golden section down to the width at which rounding hides the
/// difference.
template <class Function>
double minimise(const Function& f, double low, double guess) {
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
  // At this width rounding hides the difference.
  const auto [lowest, value] = golden_section(f, left, right, 1e-9);
  return f(floor) <= value ? floor : lowest;
}

/// The best factor of given rates, and the value there.
struct BestFactor {
  double factor = 0.0;
  double value = 0.0;
  bool closed_form = true;
};

BestFactor best_factor(std::span<const double> rates, const BoundSettings& settings) {
  if (settings.criterion == Criterion::worst_case) {
    const WorstCaseScale best = worst_case_best_scale(rates, settings.grad_norm, settings.distance);
    require_scale(best);
    return {best.scale, best.worst_case.value, best.worst_case.passes == 1};  // more passes are a search
  }
  const BoundTerms at_one = terms(rates, settings);
  return {optimal_factor(at_one), 2.0 * std::sqrt(at_one.inverse) * std::sqrt(at_one.linear), true};
}

double value_at(const Schedule& schedule, double peak, const BoundSettings& settings) {
  return bound(schedule.with_peak(peak), settings);
}

/// The peak on one side of the best, `factor` > 1 above or < 1 below, where the bound reaches `level`; low where the
/// peaks end before that, 0 where no peak is too small.
double edge(const Schedule& schedule, const BoundSettings& settings, double best, double level, double factor,
            double low) {
  const auto above = [&](double peak) { return value_at(schedule, peak, settings) > level; };
  double inside = best;
  double outside = std::max(best * factor, low);
  while (!above(outside)) {
    if (outside == low) return low;
    if (outside < 1e-100 * best) return 0.0;  // the worst case stays below D G however small the steps
    inside = outside;
    outside = std::max(outside * factor, low);
  }
  return geometric_bisection(above, inside, outside);
}

ComparisonRow at_best(const AveragedSchedule& one, const BoundSettings& settings) {
  const Schedule& schedule = one.schedule;
  if (!one.average) {
    const BestBaseLr best = best_base_lr(schedule, settings);
    return {schedule.with_peak(best.peak), best, 1.0, {}, {}};
  }
  const std::string average = print(*one.average);
  if (settings.criterion != Criterion::worst_case) {
    fail_value("criterion", name_of(settings.criterion), concat({"must be worst-case for ", average}));
  }
  if (!schedule.proportional_to_peak()) {
    fail_value("average", average, "needs a schedule without absolute rates, such as a final one in numbers");
  }
  const AveragedSchedule at_one{schedule.with_peak(1.0), one.average};
  const AverageBound found = average_bound(at_one, settings);
  BestBaseLr best;
  best.T = static_cast<std::int64_t>(bound_rates(at_one.schedule, settings.T).size());
  best.peak = found.best_scale;
  best.bound = found.best_value;
  best.closed_form = settings.grad_norm.data() == nullptr;
  return {schedule.with_peak(best.peak), best, 1.0, average, std::string(name_of(found.best_rule))};
}

}  // namespace

BestBaseLr best_base_lr(const Schedule& schedule, const BoundSettings& settings) {
  // Any peak serves where the rates are proportional to it; 1 (or the smallest possible) keeps the numbers tame.
  const double reference = std::max(1.0, schedule.smallest_peak());
  const std::vector<double> rates = bound_rates(schedule.with_peak(reference), settings.T);
  const BestFactor at_reference = best_factor(rates, settings);
  const double guess = reference * at_reference.factor;
  BestBaseLr best;
  best.T = static_cast<std::int64_t>(rates.size());
  if (schedule.proportional_to_peak()) {
    best.peak = guess;
    best.bound = at_reference.value;
    best.closed_form = at_reference.closed_form;
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

LrSensitivity lr_sensitivity(const Schedule& schedule, const BoundSettings& settings, double share) {
  if (!(share > 0.0 && share <= 1e6)) fail_value("share", share, "must be > 0 and at most 1e6");
  LrSensitivity result;
  result.best = best_base_lr(schedule, settings);
  result.share = share;
  const BestBaseLr& best = result.best;
  if (schedule.proportional_to_peak() && settings.criterion != Criterion::worst_case) {
    // t1/(k gamma*) + k gamma* t2 = (k + 1/k)/2 Omega*, which is (1 + share) Omega* at k and 1/k:
    const double k = 1.0 + share + std::sqrt(share * (2.0 + share));
    result.at_half = result.at_double = 1.25;
    result.low = best.peak / k;
    result.high = best.peak * k;
    return result;
  }
  result.closed_form = false;
  const double smallest = schedule.smallest_peak();
  if (0.5 * best.peak >= smallest) result.at_half = value_at(schedule, 0.5 * best.peak, settings) / best.bound;
  result.at_double = value_at(schedule, 2.0 * best.peak, settings) / best.bound;
  const double level = (1.0 + share) * best.bound;
  result.low = best.at_limit ? best.peak : edge(schedule, settings, best.peak, level, 0.5, smallest);
  result.low_at_limit = smallest > 0.0 && result.low == smallest;
  result.high = edge(schedule, settings, best.peak, level, 2.0, smallest);
  return result;
}

double matching_distance(std::span<const double> lr, GradNorm grad_norm) {
  const BoundTerms at_one = omega_terms(lr, grad_norm, 1.0);
  return 1.0 / optimal_factor(at_one);
}

std::vector<ComparisonRow> compare(std::span<const Schedule> schedules, const BoundSettings& settings) {
  std::vector<AveragedSchedule> all;
  all.reserve(schedules.size());
  for (const Schedule& schedule : schedules) all.push_back({schedule});
  return compare(all, settings);
}

std::vector<ComparisonRow> compare(std::span<const AveragedSchedule> schedules, const BoundSettings& settings) {
  if (schedules.empty()) fail_argument("schedules", "none to compare");
  std::vector<ComparisonRow> rows;
  rows.reserve(schedules.size());
  for (const AveragedSchedule& one : schedules) {
    try {
      rows.push_back(at_best(one, settings));
    } catch (const ArgumentError& error) {
      if (schedules.size() == 1) throw;
      throw error.at(Place{.source = print(one.schedule)});
    }
  }
  const auto smallest = std::min_element(rows.begin(), rows.end(),
                                         [](const auto& a, const auto& b) { return a.best.bound < b.best.bound; });
  const double reference = smallest->best.bound;
  for (ComparisonRow& row : rows) row.ratio = row.best.bound / reference;
  return rows;
}

}  // namespace scheduled
