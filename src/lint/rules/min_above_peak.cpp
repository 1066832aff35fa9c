// A smallest rate that is not below the largest.
#include <algorithm>
#include <array>
#include <string_view>

#include "base/error.hpp"
#include "lint/asked.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_a_high_minimum(const Subject& subject, Findings& findings) {
  if (const auto& refused = subject.input().refused) {
    constexpr std::array<std::string_view, 6> low{"final", "floor", "plateau", "low", "limit", "warmup_start"};
    const ArgumentError::Fields& said = refused->fields();
    const bool of_config = subject.input().kind == InputKind::config;  // by the program's own name
    if (said.limit == "peak" && (of_config || std::find(low.begin(), low.end(), said.name) != low.end())) {
      findings.add(0, 0, refused->what());
    }
    return;
  }
  if (const RunLog* const log = subject.log()) {
    const auto peak = configured_rate(*log);
    const auto lowest = configured_minimum(*log);
    if (!peak || !lowest || *lowest < *peak) return;
    findings.add(0, 0,
                 concat({"the configuration in the log has a smallest rate of ", rate_text(*lowest), " and a peak of ",
                         rate_text(*peak)}));
    return;
  }
  const Schedule* const schedule = subject.schedule();
  if (schedule == nullptr || subject.size() == 0) return;
  const auto at_peak = [&](Rate rate) {
    return rate.value > 0.0 &&
           (rate.unit == Rate::Unit::percent ? rate.value >= 100.0 : rate.value >= schedule->peak());
  };
  const ScheduleSpec& spec = schedule->spec();
  const bool final = spec.cooldown && at_peak(spec.cooldown->final);
  if (!final && !at_peak(spec.floor)) return;
  findings.add(schedule->layout().warmup_steps + 1, subject.updates(),
               concat({final ? "final" : "floor", " is the peak: the rate never falls"}));
}

}  // namespace

Rule min_above_peak_rule() {
  return {{.name = "min-above-peak",
           .severity = Severity::error,
           .meaning = "the final rate or floor is not below the peak, so that the decay does nothing or rises",
           .remedy = "a final rate of 0, or of at most a tenth of the peak; see whether it was meant as a share"},
          look_for_a_high_minimum};
}

}  // namespace scheduled::linting
