// The largest rate is below the one that was asked for.
#include <optional>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"
#include "schedule/nature.hpp"

namespace scheduled::linting {
namespace {

/// Of schedules whose `peak` is the largest rate, not a factor.
std::optional<double> asked_peak(const Subject& subject) {
  if (const Schedule* const schedule = subject.schedule()) {
    if (!peak_is_factor(schedule->spec())) return schedule->peak();
  }
  if (subject.log() != nullptr) return configured_rate(*subject.log());
  return std::nullopt;
}

void look_for_a_low_top(const Subject& subject, Findings& findings) {
  constexpr double near = 0.999;
  const std::optional<double> asked = asked_peak(subject);
  if (!asked || subject.size() == 0 || subject.peak() >= near * *asked || subject.peak() == 0.0) return;
  const std::int64_t at = subject.step(subject.first_top());
  findings.add(at, at,
               concat({"the largest rate is ", rate_text(subject.peak()), ", ", share_text(subject.peak() / *asked),
                       " of the peak ", rate_text(*asked)}));
}

}  // namespace

Rule peak_not_reached_rule() {
  return {{.name = "peak-not-reached",
           .severity = Severity::warning,
           .meaning = "the largest rate is below the peak that the schedule, or the configuration in the log, names",
           .remedy = "say the rate that is meant as the peak; in a log, see whether the rate was divided by a number "
                     "of processes or of accumulated batches"},
          look_for_a_low_top};
}

}  // namespace scheduled::linting
