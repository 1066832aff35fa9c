#include "cli/explain.hpp"

#include <fmt/format.h>

#include "cli/verbs.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {
namespace {

std::string family_text(const BoundFacts& facts) {
  switch (facts.family) {
    case KnownFamily::constant:
      return "constant rate";
    case KnownFamily::linear:
      return "linear decay over the whole run";
    case KnownFamily::wsd:
      return "constant, then a linear cooldown over the last " + percent_text(facts.cooldown);
    case KnownFamily::cosine:
    case KnownFamily::one_minus_sqrt:
    case KnownFamily::polynomial:
      return std::string(name_of(facts.family)) + " decay over the whole run";
    case KnownFamily::none:
      break;
  }
  return "";
}

std::string forms_text(const BoundFacts& facts) {
  TextTable table({"", "best peak", "bound there", ""});
  if (facts.exact) table.add({"  closed form", rounded(facts.exact->peak), rounded(facts.exact->bound), "exact"});
  if (facts.limit) {
    table.add(
        {"  long runs", rounded(facts.limit->peak), rounded(facts.limit->bound),
         fmt::format("{} D/(G √T) and {} D G/√T", rounded(facts.constants->peak), rounded(facts.constants->bound))});
  }
  if (facts.theorem) table.add({"  theorem", "", rounded(*facts.theorem), "upper bound of arXiv 2501.18965"});
  return table.text();
}

std::string words_text(const BoundFacts& facts, const std::optional<ChosenPeak>& chosen) {
  std::string text = "\nIn words\n";
  const auto say = [&](const std::string& line) { text += "  - " + line + "\n"; };
  if (chosen) {
    say(fmt::format("The peak {} is {:.3g} times the best one; that makes the bound {}.", rounded(chosen->peak),
                    chosen->peak / chosen->best_peak, against(chosen->cost)));
  }
  say("A peak twice or half the best one makes the bound 25 % higher; ten times off, five times as high.");
  if (facts.family == KnownFamily::constant) {
    say("Without a cooldown the last iterate pays a logarithm: the bound falls as √(ln T / T), not as 1/√T.");
  } else {
    say("Four times as many steps halve the bound, and halve the best peak.");
  }
  if (facts.linear_peak_factor) {
    say(fmt::format("Linear decay over the whole run would have a bound {}, at {:.3g} times this best peak:",
                    against(*facts.linear_bound_factor), *facts.linear_peak_factor));
    text += fmt::format("    a peak tuned for this schedule times {:.3g} is a start for linear decay.\n",
                        *facts.linear_peak_factor);
  }
  if (facts.warmup > 0) {
    say(fmt::format("The formulas leave out the warmup of {} steps; the numbers above them include it.", facts.warmup));
  }
  return text;
}

}  // namespace

std::string explanation(const BoundFacts& facts, const std::optional<ChosenPeak>& chosen) {
  if (facts.family == KnownFamily::none) {
    return fmt::format("\nNo closed form applies: {}.\nThe numbers above are computed from the rates of every step.\n",
                       facts.why_none);
  }
  const bool has_forms = facts.exact || facts.limit;
  return fmt::format("\n{}, T = {}\n{}{}", family_text(facts), facts.T, has_forms ? forms_text(facts) : "",
                     words_text(facts, chosen));
}

std::string explanation(const ScheduleWorstCase& found) {
  std::string text = "\nIn words\n";
  const auto say = [&](const std::string& line) { text += "  - " + line + "\n"; };
  const WorstCaseAtPeak& shown = found.best ? *found.best : found.own;
  const std::string where = found.best ? "At the best peak" : "At this peak";
  if (found.exact) {
    say("No convex function makes the last iterate worse than this: that is proven.");
    say("One makes it exactly this bad: that is proven, too; --certify has a semidefinite program check both.");
  } else {
    say("No convex function with these grad norms makes the last iterate worse than this: that is proven.");
    say("The true worst case may be lower, but not below " + rounded(found.own.worst_case.lower) + ".");
  }
  if (!(shown.worst_case.value > 0.0)) {
    say("It is 0: the last gradients vanish, and the weights of the proof can rest on them.");
    return text;
  }
  say(fmt::format("{} the bound Ω is {:.3g} times the worst case: Ω is quick and safe, but not tight.", where,
                  shown.omega / shown.worst_case.value));
  if (found.minimax) {
    say(fmt::format("No method that sees {} subgradients can promise less than D G/√T = {};", found.T,
                    rounded(*found.minimax)));
    text += fmt::format("    {} this schedule promises {:.4g} times that.\n", found.best ? "at the best peak" : "here",
                        shown.worst_case.value / *found.minimax);
  }
  return text;
}

}  // namespace scheduled::cli
