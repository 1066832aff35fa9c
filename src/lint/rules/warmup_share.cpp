// Shares taken for steps, and steps for shares.
#include "base/error.hpp"
#include "lint/rule.hpp"

namespace scheduled::linting {
namespace {

void look_for_mistaken_shares(const Subject& subject, Findings& findings) {
  if (const auto& refused = subject.input().refused) {
    const ArgumentError::Fields& said = refused->fields();
    if (said.name != "warmup") return;
    const std::optional<double> value = parse_number(said.value);
    if (!value || !(*value > 0.0 && *value < 1.0)) return;
    findings
        .add(
            0, 0,
            concat({"warmup = ", said.value, " is less than a step; as a share of the run it is ", share_text(*value)}))
        .remedy = concat({"write warmup=", format_number(100.0 * *value), "%"});
    return;
  }
  const Schedule* const schedule = subject.schedule();
  if (schedule == nullptr || !subject.ends()) return;
  const Duration length = schedule->spec().warmup.length;
  constexpr std::int64_t long_run = 1000;
  if (length.unit == Duration::Unit::percent && length.value > 0.0 && schedule->layout().warmup_steps == 0) {
    findings
        .add(1, 1,
             concat({"warmup = ", print_duration(length), " of ", std::to_string(subject.updates()),
                     " updates is less than a step: there is none"}))
        .severity = Severity::warning;
  } else if (length == steps(1) && subject.updates() >= long_run) {
    LintFinding& found = findings.add(1, 1, concat({"warmup = 1 is one step of ", std::to_string(subject.updates())}));
    found.severity = Severity::note;
    found.remedy = "where all of the run was meant, or a share of it, write it with %";
  }
}

}  // namespace

Rule warmup_share_rule() {
  return {{.name = "warmup-share",
           .severity = Severity::error,
           .meaning = "a warmup between 0 and 1, which one program reads as a share and another as less than a step; a "
                      "share that is less than a step (a warning); a warmup of a single step in a long run (a note)",
           .remedy = "say the warmup in steps",
           .of_logs = false},
          look_for_mistaken_shares};
}

}  // namespace scheduled::linting
