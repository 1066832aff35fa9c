#include <cmath>

#include "base/error.hpp"
#include "design/lr_sweep_groups.hpp"

namespace scheduled::lr_sweep {
namespace {

std::string three_digits(double value) {
  if (value == 0.0 || !std::isfinite(value)) return format_number(value);
  const double unit = std::pow(10.0, std::floor(std::log10(std::abs(value))) - 2.0);
  const double inverse = std::pow(10.0, 2.0 - std::floor(std::log10(std::abs(value))));
  return format_number(unit < 1.0 ? std::round(value * inverse) / inverse : std::round(value / unit) * unit);
}

std::string name_of(const LrSweepBudget& budget) {
  std::string text = concat({std::to_string(budget.steps), " steps"});
  if (budget.batch) text += concat({", batch ", format_number(*budget.batch)});
  if (budget.size) text += concat({", size ", format_number(*budget.size)});
  if (!budget.schedule.empty()) text += concat({", ", budget.schedule});
  return text;
}

void say_edges(const LrSweepFit& fit, std::vector<std::string>& verdicts) {
  const auto say = [&](LrEdge edge, std::string_view best, std::string_view way) {
    std::string first;
    int count = 0;
    for (const LrSweepBudget& budget : fit.budgets) {
      if (budget.edge != edge || !budget.best_run) continue;
      if (count++ == 0) first = concat({name_of(budget), ": ", three_digits(*budget.best_run)});
    }
    if (count == 0) return;
    verdicts.push_back(concat({"the best run has the ", best, " peak of its budget in ", std::to_string(count), " of ",
                               std::to_string(fit.budgets.size()), " (", first, "): the optimum may lie ", way}));
  };
  say(LrEdge::lowest, "lowest", "below; extend the sweep downwards");
  say(LrEdge::highest, "highest", "above; extend the sweep upwards");
  for (const LrSweepBudget& budget : fit.budgets) {
    if (budget.best_run) continue;
    verdicts.push_back(concat({"all runs of ", name_of(budget), " diverged; extend the sweep downwards from ",
                               format_number(budget.lowest)}));
  }
}

void say_curvature(const LrSweepFit& fit, bool three_peaks, std::vector<std::string>& verdicts) {
  if (fit.curved) {
    if (!std::isfinite(fit.curvature.upper)) {
      verdicts.emplace_back(
          "there are as many parameters as runs, so nothing says how sure they are: no intervals; give the noise of "
          "reruns, or more runs");
    }
    return;
  }
  const std::string why = !three_peaks ? "no budget has three peaks that count"
                          : !(fit.curvature.value > 0.0)
                              ? "losses do not rise on both sides of a best peak"
                              : concat({"its interval, ", three_digits(fit.curvature.lower), " to ",
                                        three_digits(fit.curvature.upper), ", holds 0"});
  verdicts.push_back(concat({"curvature not identified (", why,
                             "): there is no best peak to transfer; add peaks on both sides, a factor of 2 apart"}));
}

void say_exponents(const LrSweepFit& fit, const std::vector<std::string>& unknown, int horizons,
                   std::vector<std::string>& verdicts) {
  for (const std::string& axis : unknown) {
    verdicts.push_back(concat({"the exponent of ", axis,
                               " is not identified: no two budgets differ in it alone and have peaks that tell their "
                               "optima"}));
  }
  if (!fit.curved) return;
  const bool given = !fit.exponents.empty() && fit.exponents.front().axis == "steps" && !fit.exponents.front().fitted;
  if (horizons == 1 && !given) {
    verdicts.emplace_back(
        "one horizon: how the best peak goes with the steps is not known; sweep another one, at least three times as "
        "long or short, or give an exponent");
  }
  for (const LrExponent& found : fit.exponents) {
    if (found.axis != "steps" || !found.fitted || !std::isfinite(found.exponent.upper)) continue;
    const double half = 0.5 * (found.exponent.upper - found.exponent.lower);
    if (half > 0.25) {
      verdicts.push_back(concat({"the exponent of steps is known to ", three_digits(half),
                                 " only: too little to choose between theory's -1/2 and the published -0.3"}));
    } else if (!fit.rules.empty() && !fit.rules.front().within) {
      verdicts.push_back(
          concat({"theory's -1/2 lies outside the interval of the exponent: from one horizon to one ten "
                  "times as long it is off by a factor of ",
                  three_digits(std::pow(10.0, std::abs(found.exponent.value + 0.5)))}));
    }
  }
}

}  // namespace

std::vector<std::string> verdicts_of(const LrSweepFit& fit, const std::vector<std::string>& unknown, int horizons,
                                     bool three_peaks) {
  std::vector<std::string> verdicts;
  say_edges(fit, verdicts);
  say_curvature(fit, three_peaks, verdicts);
  say_exponents(fit, unknown, horizons, verdicts);
  for (const LrSweepAnswer& answer : fit.answers) {
    if (answer.beyond < 4.0) continue;
    verdicts.push_back(concat({std::to_string(answer.question.steps), " steps are ", three_digits(answer.beyond),
                               " times the longest horizon of the sweep: published exponents bend at scale "
                               "(2606.29158)"}));
  }
  return verdicts;
}

}  // namespace scheduled::lr_sweep
