// A low rate that is named and never comes.
#include <algorithm>
#include <string>
#include <string_view>
#include <vector>

#include "base/error.hpp"
#include "lint/rule.hpp"
#include "schedule/nature.hpp"

namespace scheduled::linting {
namespace {

struct Target {
  std::string name;
  double rate;
};

double in_units(Rate rate, double peak) {
  return rate.unit == Rate::Unit::percent ? 0.01 * rate.value * peak : rate.value;
}

std::vector<Target> targets_of(const Schedule& schedule) {
  const ScheduleSpec& spec = schedule.spec();
  std::vector<Target> targets;
  const auto add = [&](std::string_view name, Rate rate) {
    targets.push_back({std::string(name), in_units(rate, spec.peak)});
  };
  if (schedule.layout().cooldown_steps > 0 && has_final(spec.cooldown->decay)) add("final", spec.cooldown->final);
  if (spec.floor.value > 0.0) add("floor", spec.floor);
  for (const NamedRate& reached : rates_to_reach(spec)) add(reached.name, reached.rate);
  return targets;
}

/// By how much the rates of a program would fall in two more updates: DeepSpeed's are one late, and end that far off.
double fall_of_two_updates(const Subject& subject) {
  const std::vector<double>& rates = subject.rates();
  if (!subject.input().updates || rates.size() < 2) return 0.0;
  return std::max(2.0 * (rates[rates.size() - 2] - rates.back()), 0.0);
}

void look_for_floors(const Subject& subject, Findings& findings) {
  const Schedule* const schedule = subject.schedule();
  if (schedule == nullptr || !subject.ends()) return;
  const auto after_warmup =
      std::min<std::size_t>(static_cast<std::size_t>(schedule->layout().warmup_steps), subject.size() - 1);
  double lowest =
      *std::min_element(subject.rates().begin() + static_cast<std::ptrdiff_t>(after_warmup), subject.rates().end());
  // Most programs are at their final rate right after the last update.
  if (subject.input().updates) lowest = std::min(lowest, schedule->lr(subject.updates()));
  const double soon = lowest - fall_of_two_updates(subject);
  constexpr double rounding = 1e-9;
  for (const Target& target : targets_of(*schedule)) {
    if (soon <= target.rate + rounding * subject.peak()) continue;
    findings.add(subject.updates(), subject.updates(),
                 concat({target.name, " = ", rate_text(target.rate), " never comes: the lowest rate is ",
                         rate_text(lowest), ", ", share_text(lowest / subject.peak()), " of the peak"}));
  }
}

}  // namespace

Rule floor_not_reached_rule() {
  return {{.name = "floor-not-reached",
           .severity = Severity::warning,
           .meaning = "a final rate, floor or plateau is named, and the run ends above it: the way down is longer than "
                      "the run, or a floor is in its way",
           .remedy = "let the decay end with the run",
           .of_logs = false},
          look_for_floors};
}

}  // namespace scheduled::linting
