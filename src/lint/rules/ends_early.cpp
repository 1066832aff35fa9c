// A schedule that is over before the run.
#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

/// The first of the points at the end that all have the last rate.
std::size_t tail_of(const Subject& subject) {
  constexpr double rounding = 1e-9;
  std::size_t k = subject.size() - 1;
  while (k > 0 && std::fabs(subject.rate(k - 1) - subject.rate(k)) <= rounding * subject.peak()) --k;
  return k;
}

/// The rates up to update `last` over all of the run.
std::vector<double> stretched(const std::vector<double>& rates, std::int64_t last) {
  std::vector<double> longer = rates;
  const double per_update = static_cast<double>(last) / static_cast<double>(rates.size());
  for (std::size_t t = 0; t < longer.size(); ++t) {
    const double at = std::max(0.0, static_cast<double>(t + 1) * per_update - 1.0);
    const auto k = std::min(static_cast<std::size_t>(at), rates.size() - 1);
    const double next = rates[std::min(k + 1, rates.size() - 1)];
    longer[t] = rates[k] + (at - static_cast<double>(k)) * (next - rates[k]);
  }
  return longer;
}

/// How long a run may be at 0, as a share of it. Rates that are logged with few digits are 0 before their decay is: of
/// a cosine those below half of the smallest one that is logged.
double allowed_zeros(const Subject& subject) {
  constexpr double always = 0.01;
  if (subject.log() == nullptr) return always;
  double smallest = subject.peak();
  for (const double rate : subject.rates()) {
    if (rate > 0.0) smallest = std::min(smallest, rate);
  }
  constexpr double room = 1.1;
  return std::max(always, room * std::sqrt(2.0 * smallest / subject.peak()) / std::numbers::pi);
}

void look_for_an_early_end(const Subject& subject, Findings& findings) {
  if (subject.size() < 3 || !subject.ends() || subject.peak() == 0.0) return;
  const std::size_t tail = tail_of(subject);
  const double end = subject.rates().back();
  const std::int64_t T = subject.updates();
  const std::int64_t at = subject.step(tail);
  if (tail == 0 || tail + 1 == subject.size() || tail < subject.last_top()) return;
  // A single step down to a plateau is no decay that is over.
  constexpr std::size_t points = 4;
  if (end > 0.0 && tail < subject.last_top() + points) return;
  const double times = static_cast<double>(T) / static_cast<double>(at);
  const double whole = std::round(times);
  const bool times_whole = whole >= 2.0 && std::fabs(times / whole - 1.0) < 0.02;
  constexpr double low = 0.15;
  const auto zeros = static_cast<double>(T - at);
  const bool at_zero = end == 0.0 && zeros >= std::max(2.0, allowed_zeros(subject) * static_cast<double>(T));
  // A low rate may be meant to be held; not for a time that is just a multiple of what came before.
  const bool too_fast = times_whole && subject.log() != nullptr && end <= low * subject.peak();
  if (!at_zero && !too_fast) return;
  LintFinding& found = findings.add(
      at, T,
      concat({"the schedule is over at update ", std::to_string(at), " of ", std::to_string(T), ": ",
              share_text(static_cast<double>(T - at) / static_cast<double>(T)), " of the run at ", rate_text(end),
              times_whole ? concat({", as if it advanced ", format_number(whole), " times an update"}) : ""}));
  if (end > 0.0) found.severity = Severity::warning;
  if (!subject.dense().empty()) found.cost = subject.cost(stretched(subject.dense(), at));
  found.mended = "the same schedule over all of the run";
}

}  // namespace

Rule ends_early_rule() {
  return {
      {.name = "ends-early",
       .severity = Severity::error,
       .meaning = "the rate is 0, or has its lowest value, long before the run ends; where the run is 2, 3, ... times "
                  "as long, the schedule advanced so often for each update (once a process, or a batch that is "
                  "accumulated); a warning where the rate is above 0",
       .remedy = "advance the schedule once an update, on one process; plan it for the number of updates, not of "
                 "batches"},
      look_for_an_early_end};
}

}  // namespace scheduled::linting
