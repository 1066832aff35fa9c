// Steps in the rates.
#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

/// The usual change per update around point k: the upper median of three on each side.
double usual_slope(const Subject& subject, std::size_t k) {
  constexpr std::size_t reach = 3;
  std::array<double, 2 * reach> around{};
  std::size_t count = 0;
  for (std::size_t j = k - std::min(k - 1, reach); j <= std::min(k + reach, subject.size() - 1); ++j) {
    if (j != k) around[count++] = std::fabs(subject.slope(j));
  }
  if (count == 0) return 0.0;
  const auto middle = around.begin() + static_cast<std::ptrdiff_t>(count / 2);
  std::nth_element(around.begin(), middle, around.begin() + static_cast<std::ptrdiff_t>(count));
  return *middle;
}

bool jumps_at(const Subject& subject, std::size_t k) {
  constexpr double share = 0.05;  // of the peak
  constexpr double outstanding = 6.0;
  const double change = std::fabs(subject.rate(k) - subject.rate(k - 1));
  if (change <= share * subject.peak()) return false;
  const auto gap = static_cast<double>(subject.step(k) - subject.step(k - 1));
  return change > outstanding * usual_slope(subject, k) * gap;
}

bool within_a_rise(const Subject& subject, std::size_t k) {
  const auto& rises = subject.rises();
  return std::any_of(rises.begin(), rises.end(), [k](const Rise& rise) { return rise.from < k && k <= rise.to; });
}

/// Whether the rates around the jump stand still, as where a schedule goes down in steps.
bool between_plateaus(const Subject& subject, std::size_t k) {
  const bool before = k < 2 || subject.rate(k - 1) == subject.rate(k - 2);
  const bool after = k + 1 >= subject.size() || subject.rate(k + 1) == subject.rate(k);
  return before && after;
}

LintFinding& add_jump(const Subject& subject, std::size_t k, Findings& findings) {
  const double from = subject.rate(k - 1);
  const double to = subject.rate(k);
  const bool up = to > from;
  LintFinding& found =
      findings.add(subject.step(k - 1), subject.step(k),
                   concat({"the rate ", up ? "rises " : "falls ", up ? factor_text(to / from) : factor_text(from / to),
                           " times at once, from ", rate_text(from), " to ", rate_text(to)}));
  if (from == 0.0 || to == 0.0)
    found.what = concat({"the rate goes from ", rate_text(from), " to ", rate_text(to), " at once"});
  const bool written = !subject.plain_rates();
  if (const Schedule* const schedule = subject.schedule()) {
    const auto before = ramped_batch(*schedule, subject.step(k - 1)), after = ramped_batch(*schedule, subject.step(k));
    if (up && before && *after > *before) {
      found.what += concat({", with the batch, from ", rate_text(*before), " to ", rate_text(*after)});
      found.severity = Severity::note;
      found.remedy = "nothing, where it is meant";
    }
  }
  if (!up && (written || between_plateaus(subject, k))) {
    found.severity = Severity::note;
    found.remedy = "nothing, where it is meant";
  }
  return found;
}

/// All rates after the jump such that they go on from the one before it.
void add_cost_of_rising(const Subject& subject, std::size_t k, LintFinding& found) {
  if (!(subject.rate(k) > subject.rate(k - 1) && subject.rate(k - 1) > 0.0)) return;
  std::vector<double> mended = subject.dense();
  const double factor = subject.rate(k - 1) / subject.rate(k);
  for (std::size_t t = static_cast<std::size_t>(subject.step(k)) - 1; t < mended.size(); ++t) mended[t] *= factor;
  found.cost = subject.cost(mended);
  found.mended = "the rates after it going on from the one before";
}

void look_for_jumps(const Subject& subject, Findings& findings) {
  constexpr std::size_t shown = 5;
  std::size_t count = 0;
  // The warmup begins, and a cooldown may end, with a large step.
  constexpr std::size_t end = 5;
  std::size_t begin = 1;
  while (begin < subject.size() && subject.rate(begin) >= subject.rate(begin - 1) &&
         (subject.rate(begin - 1) == 0.0 || begin < end)) {
    ++begin;
  }
  for (std::size_t k = begin; k < subject.size(); ++k) {
    if (!jumps_at(subject, k) || within_a_rise(subject, k)) continue;
    if (k + end >= subject.size() && subject.rate(k) < subject.rate(k - 1)) continue;
    if (++count > shown) continue;
    add_cost_of_rising(subject, k, add_jump(subject, k, findings));
  }
  if (count > shown) {
    findings.add(0, 0, concat({"and ", std::to_string(count - shown), " jumps more"})).severity = Severity::note;
  }
}

}  // namespace

Rule jump_rule() {
  return {
      {.name = "jump",
       .severity = Severity::warning,
       .meaning = "the rate changes by more than 5 % of the peak at once, six times as fast as around; a note where "
                  "a schedule says so or goes down between plateaus, or the batch grows there",
       .remedy = "go on from the rate before; after a resume, see that the schedule's state and the number of "
                 "processes are those of before"},
      look_for_jumps};
}

}  // namespace scheduled::linting
