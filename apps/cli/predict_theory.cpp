// scheduled predict --optimize --functional: what theory calls best beside the law's optimum and the smallest bound.
#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "cli/law_records.hpp"
#include "cli/predict.hpp"
#include "scheduled/design.hpp"
#include "scheduled/law_design.hpp"

namespace scheduled::cli {
namespace {

/// The rates of the smallest bound that rise through the warmup, at the peak that the law likes best.
std::vector<double> smallest_bound(const LawBest& found, const FittedLaw& fitted) {
  std::vector<double> shape = optimal_schedule(found.steps).lr;
  if (found.warmup > 0) {
    const ScheduleConstraints constraints{.warmup = linear_warmup(found.warmup)};
    shape = constrained_schedule(found.steps, 1.0, 1.0, constraints).lr;
  }
  const double highest = *std::max_element(shape.begin(), shape.end());
  for (double& rate : shape) rate /= highest;
  const Schedule schedule = Schedule::table(shape);
  const double peak = best_law_peak(fitted.law, schedule, found.cap).peak;
  return schedule.with_peak(peak).values();
}

double bound_of(const std::vector<double>& rates) { return best_base_lr(Schedule::table(rates)).bound; }

std::string interval(const Estimate& e) {
  return fmt::format("{:.3g} ({:.3g} to {:.3g}{})", e.value, e.lower, e.upper, e.identified ? "" : ", not identified");
}

std::string shape_text(const LawBest& found) {
  const FunctionalOptimum& best = found.theory->optimum;
  const std::int64_t plateau = found.steps - found.warmup - best.decay;
  const std::string fall = fmt::format("(1 - z)^{:.3g}", best.exponent);
  if (plateau == 0) return fmt::format("{} over the whole run{}", fall, best.at_cap ? ", at the cap" : "");
  const double share = static_cast<double>(best.decay) / static_cast<double>(found.steps);
  return fmt::format("a plateau, then about {} over the last {:.0f} % ({} updates)", fall, 100.0 * share, best.decay);
}

std::string task_text(const FunctionalExponents& exponents) {
  switch (exponents.task) {
    case TaskKind::easy:
      return "an easy task: in theory a decay over the whole run is best";
    case TaskKind::hard:
      return "a hard task: in theory the highest rate is best for all but a share that vanishes with the length";
    case TaskKind::unsure:
      break;
  }
  return "whether the task is easy or hard these runs do not tell";
}

}  // namespace

LawTheory judge_by_theory(const LawBest& found, const FittedLaw& fitted, const FittedLaw& functional) {
  LawTheory theory;
  theory.exponents = renamed({{"law", "functional"}}, [&] { return functional_exponents(functional); });
  theory.optimum = functional_optimum(functional.law, found.steps, {found.warmup, found.cap});
  const auto judged = [&](const char* name, std::vector<double> rates) {
    theory.judged.emplace_back();
    theory.judged.back().name = name;
    theory.judged.back().rates = std::move(rates);
  };
  judged("law", found.optimum.lr);
  judged("functional", theory.optimum.lr);
  judged("bound", smallest_bound(found, fitted));
  const double smallest = bound_of(theory.judged[2].rates);
  const std::int64_t end[] = {found.steps};
  for (JudgedSchedule& one : theory.judged) {
    one.bound_ratio = bound_of(one.rates) / smallest;
    one.loss = predict_losses(fitted, one.rates, end)[0];
    one.worse = predict_difference(fitted, one.rates, found.optimum.lr);
    one.functional = law_curve(functional.law, one.rates, end)[0];
  }
  return theory;
}

std::string theory_text(const LawBest& found, const std::string& file) {
  const LawTheory& theory = *found.theory;
  std::string text = fmt::format("\ntheory: functional law of {}\n", file);
  text += fmt::format("  - source exponent s {}, capacity exponent beta {}\n", interval(theory.exponents.s),
                      interval(theory.exponents.beta));
  text += fmt::format("  - s - (1 - 1/beta) is {:.2g} ({:.2g} to {:.2g}): {}\n", theory.exponents.margin.value,
                      theory.exponents.margin.lower, theory.exponents.margin.upper, task_text(theory.exponents));
  text += fmt::format("  - its best schedule under the cap: {}\n\n", shape_text(found));
  TextTable table({"best by", "peak LR", "last LR", "bound", concat({"by the ", law_name(found.law), " law"}),
                   "above its optimum", "by the functional law"});
  for (const JudgedSchedule& one : theory.judged) {
    const double above = 100.0 * (one.bound_ratio - 1.0);
    table.add({one.name, rounded(*std::max_element(one.rates.begin(), one.rates.end())), rounded(one.rates.back()),
               one.name == "bound" ? "smallest" : fmt::format("{:.3g} % above", above),
               fmt::format("{} ({})", loss_text(one.loss.loss), interval_text(one.loss)),
               one.name == "law" ? "" : difference_text(one.worse), loss_text(one.functional)});
  }
  return text + table.text() +
         "bound: at the best scale of each; the smallest bound's rates at the best peak by the law\n";
}

}  // namespace scheduled::cli
