// scheduled predict --optimize: the schedule of the smallest predicted loss.
#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/law_records.hpp"
#include "cli/predict.hpp"
#include "cli/verbs.hpp"
#include "scheduled/design.hpp"
#include "scheduled/law.hpp"
#include "scheduled/law_design.hpp"
#include "shell/progress.hpp"

namespace scheduled::cli {
namespace {

constexpr std::string_view rivals[] = {
    "linear", "cosine", "wsd(cooldown=20%)", "wsd(cooldown=20%, decay=1-sqrt)", "wsd(cooldown=50%)", "constant"};

Schedule with_warmup(std::string_view spec, std::int64_t length, std::int64_t warmup) {
  ScheduleSpec named = Schedule::parse(spec, steps(length)).spec();
  named.warmup.length = steps(warmup);
  return Schedule(named);
}

/// A functional law is its own theory.
const std::string& theory_file(const PredictOptions& options, const FittedLaw& fitted) {
  const bool is_one = options.functional.empty() && fitted.law.kind == LawKind::functional;
  return is_one ? options.law : options.functional;
}

LawBest find(const PredictOptions& options, const FittedLaw& fitted) {
  LawBest found;
  found.law = fitted.law.kind;
  if (!options.specs.steps) fail_argument("--steps", "is missing: the number of updates of the schedule");
  found.steps = resolve_steps("steps", *options.specs.steps, std::nullopt, {});
  if (found.steps < 1) fail_value("steps", std::to_string(found.steps), "must be at least 1");
  check_summable(found.steps);
  LawOptimizeOptions how;
  how.warmup = found.warmup = options.warmup.value_or(0);
  how.cap = options.cap;
  found.cap = how.cap.value_or(fitted.law.reference_rate);
  check_identified(fitted, std::vector{1.0, 0.0});  // what decays gain decides which schedule is best
  const Busy busy;
  found.optimum = optimize_law(fitted.law, found.steps, how);
  const std::vector<double>& lr = found.optimum.lr;
  const std::int64_t end[] = {found.steps};
  found.loss = predict_losses(fitted, lr, end)[0];
  for (const std::string_view spec : rivals) {
    if (found.steps - found.warmup < 2) break;
    const Schedule schedule = with_warmup(spec, found.steps, found.warmup);
    const LawPeak best = best_law_peak(fitted.law, schedule, found.cap);
    const std::vector<double> rates = schedule.with_peak(best.peak).values();
    found.beside.push_back({std::string(spec),
                            {schedule.with_peak(best.peak)},
                            best,
                            predict_losses(fitted, rates, end)[0],
                            predict_difference(fitted, rates, lr),
                            extrapolations(fitted, rates)});
  }
  if (std::optional<SeenOptimum> seen = optimize_seen(fitted, found.steps, how)) {
    const std::vector<double> rates = seen->lr;
    found.seen =
        LawSeen{std::move(*seen), predict_losses(fitted, rates, end)[0], predict_difference(fitted, rates, lr)};
  }
  if (found.steps > 1) {
    const NearestSpec nearest = nearest_spec(lr);
    found.nearest = {nearest, predict_difference(fitted, nearest.schedule.values(), lr)};
  }
  if (const std::string& theory = theory_file(options, fitted); !theory.empty()) {
    found.theory = judge_by_theory(found, fitted, read_law(theory));
  }
  found.warnings = extrapolations(fitted, lr);
  return found;
}

const LawRival* best_beside(const LawBest& found) {
  const auto best = std::min_element(found.beside.begin(), found.beside.end(),
                                     [](const LawRival& a, const LawRival& b) { return a.loss.loss < b.loss.loss; });
  return best == found.beside.end() ? nullptr : &*best;
}

/// How far from the best of all schedules the optimum can be.
std::string certificate_text(const LawBest& found) {
  const LawOptimum& best = found.optimum;
  const bool convex = found.law == LawKind::momentum || found.law == LawKind::bu;
  if (best.bound && (convex || found.law == LawKind::functional)) {
    return fmt::format("No schedule within these limits is more than {:.2g} better by the law: none is below {:.4f}.",
                       std::max(best.loss - *best.bound, 0.0), *best.bound);
  }
  std::string text =
      fmt::format("A local optimum from several starts: to the first order {:.1g} could be won near it", best.gap);
  if (best.bound) {
    text += fmt::format(
        "; what is proved is that none of this warmup and cap that never rises afterwards is below {:.4f} by the law, "
        "{:.4f} lower",
        *best.bound, best.loss - *best.bound);
  }
  return text + ".";
}

std::string words_of(const LawBest& found) {
  std::string text;
  const auto say = [&](const std::string& line) { text += "  - " + line + "\n"; };
  if (const LawRival* best = best_beside(found)) {
    constexpr double visible = 5e-5;
    const std::string named = fmt::format("{} at peak {}", best->name, rounded(best->best.peak));
    if (best->worse.loss < visible) {
      say(fmt::format("By the law nothing is better than {}.", named));
    } else {
      say(fmt::format("The best of the named ones is {}; the optimum is {} lower by the law.", named,
                      difference_text(best->worse)));
    }
    if (best->worse.loss >= visible && best->worse.lower <= 0.0) {
      say("The interval of that gain includes 0: the law does not know which of the two is better.");
    }
  }
  if (found.nearest) {
    say(fmt::format("The nearest named schedule differs by at most {} of the peak and is {:.4f} above:",
                    percent_text(found.nearest->nearest.distance), std::max(found.nearest->worse.loss, 0.0)));
    text += "    " + print(found.nearest->nearest.schedule) + "\n";
  }
  if (found.seen) {
    say(fmt::format(
        "The best that fitted runs vouch for, the decay of '{}' over {} of the run at peak {}, is {} above it.",
        found.seen->optimum.run, percent_text(found.seen->optimum.decay), rounded(found.seen->optimum.peak),
        difference_text(found.seen->worse)));
  }
  if (!found.warnings.empty()) {
    say(found.seen ? "No fitted run is like the optimum: what it wins beyond that one is the law's word alone."
                   : "No fitted run is like the optimum: what it wins is the law's word alone.");
  }
  if (const std::string line = certificate_text(found); !line.empty()) say(line);
  if (!found.optimum.converged) {
    say(fmt::format("Not converged: to the first order {:.1g} could still be won.", found.optimum.gap));
  }
  return text.empty() ? text : "\nIn words\n" + text;
}

std::string unlike_text(const std::vector<std::string>& unlike) {
  std::string text;
  for (const std::string& one : unlike) text += "  - " + one + "\n";
  return text.empty() ? text : "\nwhat of the optimum no fitted run has\n" + text;
}

std::string text_of(const LawBest& found, const PredictOptions& options, const FittedLaw& fitted) {
  const std::vector<double>& lr = found.optimum.lr;
  std::string text = fmt::format(
      "{} step{}, warmup {}, no rate above {}; {} law of {}\n"
      "smallest predicted loss of schedules that do not rise after the warmup: {}\n\n",
      found.steps, found.steps == 1 ? "" : "s", found.warmup, rounded(found.cap), law_name(fitted.law.kind),
      options.law, found.optimum.converged ? "found" : "not quite found");
  TextTable table({"schedule", "peak LR", "last LR", "final loss", "90 % interval", "above the optimum", "as fitted"});
  const auto vouched = [&](const std::vector<std::string>& unlike) {
    return fitted.seen.empty() ? "" : unlike.empty() ? "yes" : "no";  // files of before do not say
  };
  table.add({"optimal", rounded(*std::max_element(lr.begin(), lr.end())), rounded(lr.back()),
             loss_text(found.loss.loss), interval_text(found.loss), "", vouched(found.warnings)});
  if (found.seen) {
    const SeenOptimum& seen = found.seen->optimum;
    table.add({"best decay that was fitted", rounded(seen.peak), rounded(seen.lr.back()),
               loss_text(found.seen->loss.loss), interval_text(found.seen->loss), difference_text(found.seen->worse),
               vouched(extrapolations(fitted, seen.lr))});
  }
  for (const LawRival& row : found.beside) {
    table.add({row.name, rounded(row.best.peak) + (row.best.at_cap ? " (cap)" : ""),
               rounded(row.schedule.schedule.lr(found.steps - 1)), loss_text(row.loss.loss), interval_text(row.loss),
               difference_text(row.worse), vouched(row.warnings)});
  }
  text += table.text() + words_of(found);
  if (found.theory) text += theory_text(found, theory_file(options, fitted));
  return text + unlike_text(found.warnings) + "\n";
}

void print_csv(const std::vector<double>& lr) {
  Rates rates{{}, lr};
  rates.step.resize(lr.size());
  std::iota(rates.step.begin(), rates.step.end(), 0);
  print_series(rates);
}

plot::Panel rates_of(const LawBest& found) {
  std::vector<plot::Line> lines{rate_line(Schedule::table(found.optimum.lr), found.steps, "optimal", 0)};
  if (const LawRival* best = best_beside(found)) {
    lines.push_back(rate_line(best->schedule.schedule, found.steps, best->name, 1));
  }
  if (found.theory) {
    lines.push_back(rate_line(Schedule::table(found.theory->optimum.lr), found.steps, "functional law's", 2));
  }
  return rate_panel(std::move(lines), found.steps);
}

}  // namespace

void predict_optimum(const PredictOptions& options, const FittedLaw& fitted) {
  if (!options.specs.specs.empty()) {
    fail_argument("SPEC", "not with --optimize, which compares with named schedules by itself");
  }
  if (options.every) fail_argument("--every", "not with --optimize");
  const LawBest found = find(options, fitted);
  options.out.write(found.optimum.lr, fmt::format("smallest loss of {} steps by the {} law of {}", found.steps,
                                                  law_name(fitted.law.kind), options.law));
  if (!options.output.figure.empty()) {
    plot::write_figure({{rates_of(found)}, plot::Arrangement::stacked, 4.4, 2.4}, options.output.figure);
  }
  if (options.output.json) return print_line(to_json(found));
  if (options.output.csv) return print_csv(found.optimum.lr);
  print_text(text_of(found, options, fitted) + drawing(rates_of(found), 14));
}

}  // namespace scheduled::cli
