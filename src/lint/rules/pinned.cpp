// A rate that stands still where it was falling.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_a_pinned_rate(const Subject& subject, Findings& findings) {
  if (!subject.plain_rates()) return;
  constexpr std::size_t before = 4;  // points on the way down
  constexpr std::size_t after = 3;   // points that stand still
  const std::size_t n = subject.size();
  if (n < before + after + 1 || subject.peak() == 0.0) return;
  std::size_t k = n - 1;
  while (k > 0 && subject.rate(k - 1) == subject.rate(k)) --k;
  const double level = subject.rate(k);
  constexpr double low = 0.15;  // a floor
  constexpr double high = 0.98;
  if (n - k < after || k < before || level < low * subject.peak() || level > high * subject.peak()) return;
  double steepest = 0.0;
  for (std::size_t j = subject.last_top() + 1; j < k; ++j) steepest = std::max(steepest, -subject.slope(j));
  // At point k it may stand still already, or come from another schedule.
  double last = -subject.slope(k - 1);
  for (std::size_t j = k - before + 1; j < k; ++j) {
    if (subject.slope(j) >= 0.0) return;
  }
  last = std::max(last, -subject.slope(k));
  constexpr double level_off = 0.3;  // a curve that comes to a plateau is flatter at its end
  const std::int64_t T = subject.updates();
  const auto held = static_cast<double>(T - subject.step(k));
  if (last < level_off * steepest || last * held < 0.05 * subject.peak()) return;
  LintFinding& found = findings.add(
      subject.step(k), T,
      concat({"the rate was falling and stands at ", rate_text(level), ", ", share_text(level / subject.peak()),
              " of the peak, for the last ", count_text(T - subject.step(k), "update")}));
  std::vector<double> mended = subject.dense();
  for (auto t = static_cast<std::size_t>(subject.step(k)); t < mended.size(); ++t) {
    mended[t] = level * static_cast<double>(T - static_cast<std::int64_t>(t) - 1) / held;
  }
  found.cost = subject.cost(mended);
  found.mended = "going on linearly to 0";
}

}  // namespace

Rule pinned_rule() {
  return {{.name = "pinned",
           .severity = Severity::error,
           .meaning = "the rate stands still, well above any floor, from a point on at which it was falling: mostly a "
                      "schedule that was not restored at a resume",
           .remedy = "restore the schedule with the optimizer, or set the rate from the number of updates made"},
          look_for_a_pinned_rate};
}

}  // namespace scheduled::linting
