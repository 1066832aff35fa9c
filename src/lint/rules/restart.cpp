// Rates that rise again.
#include <algorithm>

#include "base/error.hpp"
#include "lint/rule.hpp"
#include "schedule/nature.hpp"

namespace scheduled::linting {
namespace {

/// Each rate as large as the largest after it: the peak is held until the last way down.
std::vector<double> held(const Subject& subject) {
  std::vector<double> rates = subject.dense();
  double largest = 0.0;
  const auto warmup = static_cast<std::size_t>(subject.step(subject.first_top())) - 1;
  for (std::size_t t = rates.size(); t-- > warmup;) rates[t] = largest = std::max(largest, rates[t]);
  return rates;
}

/// All rates from each rise on such that they go on from its trough.
std::vector<double> joined(const Subject& subject) {
  std::vector<double> rates = subject.dense();
  if (rates.empty()) return rates;
  for (const Rise& rise : subject.rises()) {
    if (subject.rate(rise.from) == 0.0) return {};
    const double factor = subject.rate(rise.from) / subject.rate(rise.to);
    const auto from = static_cast<std::size_t>(subject.step(rise.from));
    const auto to = static_cast<std::size_t>(subject.step(rise.to)) - 1;
    const double level = rates[from - 1];
    for (std::size_t t = from; t < rates.size(); ++t) rates[t] = t < to ? level : rates[t] * factor;
  }
  return rates;
}

void look_for_restarts(const Subject& subject, Findings& findings) {
  const auto& rises = subject.rises();
  if (rises.empty()) return;
  constexpr std::size_t shown = 3;
  std::string places;
  for (std::size_t k = 0; k < std::min(shown, rises.size()); ++k) {
    const double from = subject.rate(rises[k].from), to = subject.rate(rises[k].to);
    places += concat({k == 0 ? "" : "; ", "from ", rate_text(from), " to ", rate_text(to), " at update ",
                      std::to_string(subject.step(rises[k].to))});
  }
  if (rises.size() > shown) places += "; ...";
  LintFinding& found =
      findings.add(subject.step(rises.front().from), subject.step(rises.back().to),
                   concat({"the rate rises again",
                           rises.size() > 1 ? concat({" ", std::to_string(rises.size()), " times: "}) : " ", places}));
  if (subject.schedule() != nullptr && rises_again(subject.schedule()->spec())) found.severity = Severity::note;
  const auto of_held = subject.cost(held(subject));
  const auto of_joined = subject.cost(joined(subject));
  const bool hold = !of_joined || (of_held && *of_held >= *of_joined);
  found.cost = hold ? of_held : of_joined;
  found.mended = hold ? "holding the rate until the last way down" : "going on from the lowest rate";
}

}  // namespace

Rule restart_rule() {
  return {{.name = "restart",
           .severity = Severity::warning,
           .meaning = "the rate rises again after a way down; a note where the schedule's name says so (restarts, "
                      "wsd-s, a piece rewarm)",
           .remedy = "hold the rate and decay once, or branch the cooldowns off a trunk; in a log, see whether the "
                     "schedule began anew at a resume"},
          look_for_restarts};
}

}  // namespace scheduled::linting
