// The peak of a named schedule that a law likes best.
#include <algorithm>

#include "base/error.hpp"
#include "law/curves.hpp"
#include "scheduled/error.hpp"
#include "scheduled/law.hpp"

namespace scheduled {
namespace {

struct Point {
  double x;
  double loss;
};

/// The minimum of `loss` between two points to 1e-4, if it has only one there.
template <class Loss>
Point golden_section(double left, double right, const Loss& loss) {
  constexpr double golden = 0.6180339887498949;
  const auto at = [&](double x) { return Point{x, loss(x)}; };
  Point a = at(right - golden * (right - left));
  Point b = at(left + golden * (right - left));
  while (right - left > 1e-4) {
    if (a.loss <= b.loss) {
      right = b.x;
      b = a;
      a = at(right - golden * (right - left));
    } else {
      left = a.x;
      a = b;
      b = at(left + golden * (right - left));
    }
  }
  return a.loss <= b.loss ? a : b;
}

}  // namespace

LawPeak best_law_peak(const Law& law, const Schedule& schedule, double cap) {
  check_law(law);
  require_positive("cap", cap);
  if (!schedule.steps()) fail({"schedule: must have a horizon"});
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
  Point best{high, loss(high)};
  for (int i = 1; high - step * i >= low; ++i) {
    const Point here{high - step * i, loss(high - step * i)};
    if (here.loss < best.loss) best = here;
  }
  const Point found = golden_section(std::max(best.x - step, low), std::min(best.x + step, high), loss);
  if (found.loss < best.loss) best = found;
  return {std::min(law::exponential(best.x), cap), best.loss, best.x >= high};
}

}  // namespace scheduled
