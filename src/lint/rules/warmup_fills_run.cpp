// A warmup as long as the run, or longer.
#include <algorithm>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_a_long_warmup(const Subject& subject, Findings& findings) {
  if (const auto& refused = subject.input().refused) {
    if (refused->fields().name == "warmup + cooldown" || leaves_no_room(*refused)) findings.add(0, 0, refused->what());
    return;
  }
  const std::vector<double>& rates = subject.rates();
  if (rates.size() < 3 || !subject.ends()) return;
  const bool rises = subject.first_top() + 1 == rates.size() && std::is_sorted(rates.begin(), rates.end()) &&
                     rates[rates.size() - 2] < rates.back() && rates.front() < 0.9 * rates.back();
  const Schedule* const schedule = subject.schedule();
  const bool said = schedule != nullptr && schedule->layout().warmup_steps + 1 >= subject.updates();
  if (!rises && !said) return;
  const std::int64_t T = subject.updates();
  LintFinding& found = findings.add(1, T,
                                    subject.log() != nullptr ? "the rates rise up to the last one that is logged"
                                                             : "the rates rise up to the last update");
  if (subject.log() != nullptr) found.severity = Severity::warning;  // it may go on
  std::vector<double> mended = subject.dense();
  const double length = std::max(1.0, 0.1 * static_cast<double>(T));
  for (std::size_t t = 0; t < mended.size(); ++t) {
    mended[t] = subject.peak() * std::min(1.0, static_cast<double>(t + 1) / length);
  }
  found.cost = subject.cost(mended);
  found.mended = "a warmup of a tenth of the run, then the peak";
}

}  // namespace

Rule warmup_fills_run_rule() {
  return {{.name = "warmup-fills-run",
           .severity = Severity::error,
           .meaning = "the warmup is as long as the run or longer, or leaves its cooldown no room; a warning in a log, "
                      "which may go on",
           .remedy = "shorten the warmup; of a run that is shorter than it was planned, all lengths"},
          look_for_a_long_warmup};
}

}  // namespace scheduled::linting
