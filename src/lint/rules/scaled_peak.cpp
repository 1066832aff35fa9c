// The logged rates are a multiple of the configured one.
#include <cmath>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_a_scaled_peak(const Subject& subject, Findings& findings) {
  if (subject.log() == nullptr) return;
  const auto asked = configured_rate(*subject.log());
  if (!asked) return;
  const double times = subject.peak() / *asked;
  constexpr double near = 1e-3;
  if (times <= 1.0 + near) return;  // below: peak-not-reached
  const double whole = std::round(times);
  const bool times_whole = whole >= 2.0 && std::fabs(times / whole - 1.0) < near;
  const std::int64_t at = subject.step(subject.first_top());
  LintFinding& found = findings.add(at, at,
                                    concat({"the largest rate is ", rate_text(subject.peak()), ", ", factor_text(times),
                                            " times the ", rate_text(*asked), " of the configuration in the log"}));
  if (!times_whole) found.severity = Severity::warning;
}

}  // namespace

Rule scaled_peak_rule() {
  return {
      {.name = "scaled-peak",
       .severity = Severity::error,
       .meaning = "the largest logged rate is above the one that the log's configuration names, mostly as many times "
                  "as there are processes; a warning where it is no whole number of times",
       .remedy = "see whether the program multiplies the rate by the number of processes or the batch",
       .of_schedules = false},
      look_for_a_scaled_peak};
}

}  // namespace scheduled::linting
