// The peak of a named schedule that a law likes best.
#include <algorithm>

#include "base/error.hpp"
#include "base/search.hpp"
#include "law/arithmetic.hpp"
#include "scheduled/error.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled {

LawPeak best_law_peak(const Law& law, const Schedule& schedule, double cap) {
  check_law(law);
  require_positive("cap", cap);
  if (!schedule.steps()) fail_argument("schedule", "must have a horizon");
  const double least = std::max(cap * 1e-3, schedule.smallest_peak() * (1.0 + 1e-9));
  if (least > cap) {
    fail_value("cap", cap, concat({"the schedule's absolute rates need a peak of ", format_number(least)}));
  }
  const std::int64_t end[] = {*schedule.steps()};
  const auto loss = [&](double log_peak) {
    return law_curve(law, schedule.with_peak(std::min(law::exponential(log_peak), cap)).values(), end)[0];
  };
  const double high = law::natural_log(cap);
  const double low = law::natural_log(least);
  constexpr double step = 0.2;
  double best = high;
  double lowest = loss(high);
  for (int i = 1; high - step * i >= low; ++i) {
    const double here = loss(high - step * i);
    if (!(here < lowest)) continue;
    best = high - step * i;
    lowest = here;
  }
  const Minimum1D found = golden_section(loss, std::max(best - step, low), std::min(best + step, high),
                                         [](double left, double right) { return right - left <= 1e-4; });
  if (found.value < lowest) {
    best = found.x;
    lowest = found.value;
  }
  return {std::min(law::exponential(best), cap), lowest, best >= high};
}

}  // namespace scheduled
