#include "cli/fit_next.hpp"

#include <fmt/format.h>

#include "base/error.hpp"
#include "shell/output.hpp"
#include "shell/progress.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

std::vector<double> asked_rates(std::string_view option, const std::string& text, const Schedule& schedule,
                                bool says_peak) {
  if (!schedule.steps()) fail_value(option, text, "has no horizon; give steps=N in it");
  if (!says_peak) fail_value(option, text, "has no peak; a law needs the learning rate, peak=LR");
  check_summable(*schedule.steps());
  return schedule.values();
}

}  // namespace

void NextArguments::add_to(Verb& verb) {
  verb.add("--next", asked, "Which run to make next, so that the final loss of this schedule is known better")
      .type("SPEC")
      .suggest(suggest_schedules);
  verb.add_each("--try", tries, "With --next: a run that could be made, besides the usual ones")
      .type("SPEC")
      .suggest(suggest_schedules);
}

void NextArguments::check() const {
  if (!asked && !tries.empty()) fail_argument("--try", "goes with --next SPEC");
  if (asked) asked_rates("next", asked->text, asked->schedule, asked->says_peak);
}

NextRun NextArguments::find(const FittedLaw& fitted, const std::vector<FitRun>& runs) const {
  const std::vector<double> rates = asked_rates("next", asked->text, asked->schedule, asked->says_peak);
  std::vector<Experiment> experiments = usual_experiments(runs, rates);
  for (const std::string& spec : tries) {
    for (const NamedSchedule& one : read_spec(spec, {})) {
      experiments.push_back({one.name, asked_rates("try", one.name, one.schedule, one.says_peak), 0});
    }
  }
  const Busy busy;
  return next_run(fitted, runs, rates, experiments);
}

std::string NextArguments::refused_by(const FittedLaw& fitted) const {
  return not_identified(fitted, asked_rates("next", asked->text, asked->schedule, asked->says_peak));
}

std::string NextArguments::text_of(const NextRun& found, const FittedLaw& fitted) const {
  constexpr std::size_t widest = 60;
  std::string text = fmt::format("\nwhich run next, for {}\n", shortened(print(asked->schedule), widest));
  text += found.predicted ? fmt::format("  predicted: {:.4f}, 90 % interval {:.4f} to {:.4f}, as predict says\n",
                                        found.loss, found.predicted->lower, found.predicted->upper)
                          : "  not predicted: " + refused_by(fitted) + "\n";
  text += fmt::format(
      "  to weigh runs, by what they would tell of the law: give or take {:.4f} now, of which no run narrows "
      "{:.4f}\n\n",
      found.half_width, found.least);
  TextTable table({"run", "updates", "afterwards", "narrowed"});
  for (const ExperimentValue& one : found.experiments) {
    table.add({shortened(one.name, widest), std::to_string(one.cost), fmt::format("{:.4f}", one.half_width),
               fmt::format("{:.0f} %", 100.0 * one.narrowed)});
  }
  text += table.text();
  if (!found.best) return text + "  - None of these would narrow it visibly.\n";
  const ExperimentValue& best = found.experiments[*found.best];
  return text + fmt::format(
                    "  - Make this one: {}: the cheapest of those that narrow it nearly as much as any, runs at the "
                    "asked peak first.\n",
                    shortened(best.name, widest));
}

}  // namespace scheduled::cli
