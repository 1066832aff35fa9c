#include <algorithm>
#include <span>
#include <vector>

#include "base/error.hpp"
#include "scheduled/design.hpp"

namespace scheduled {
namespace {

bool moves_before_the_last(std::span<const double> rates) {
  return std::any_of(rates.begin(), rates.end() - 1, [](double lr) { return lr > 0.0; });
}

}  // namespace

ScheduleWorstCase schedule_worst_case(const Schedule& schedule, const BoundSettings& settings) {
  if (settings.criterion != Criterion::omega) fail_argument("criterion", "the worst case is that of the last iterate");
  const std::vector<double> rates = bound_rates(schedule, settings.T);
  const GradNorm G = settings.grad_norm;
  const double D = settings.distance;
  ScheduleWorstCase result;
  result.T = static_cast<std::int64_t>(rates.size());
  result.own = {schedule.peak(), worst_case(rates, G, D), omega(rates, G, D)};
  result.exact = result.own.worst_case.exact;
  if (G.data() == nullptr) result.minimax = minimax_rate(result.T, G[0], D);
  if (!schedule.proportional_to_peak()) {
    result.why_no_best = ScheduleWorstCase::NoBest::absolute_rates;
  } else if (!moves_before_the_last(rates)) {
    result.why_no_best = ScheduleWorstCase::NoBest::no_step_before_the_last;
  } else if (result.own.worst_case.end == WorstCaseEnd::limit) {
    using enum ScheduleWorstCase::NoBest;
    result.why_no_best = result.own.worst_case.value == 0.0 ? zero_at_every_peak : smallest_at_zero;
  } else {
    const WorstCaseScale scale = worst_case_best_scale(rates, G, D);
    if (scale.scale == 0.0) {
      result.why_no_best = ScheduleWorstCase::NoBest::smallest_at_zero;
      return result;
    }
    const double peak = scale.scale * schedule.peak();
    const std::vector<double> best = bound_rates(schedule.with_peak(peak), settings.T);
    result.best = WorstCaseAtPeak{peak, scale.worst_case, omega(best, G, D)};
  }
  return result;
}

}  // namespace scheduled
