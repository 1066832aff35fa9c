// scheduled transfer: the base LR of one schedule from the tuned base LR of another.
#include <fmt/format.h>

#include "base/error.hpp"
#include "cli/design_records.hpp"
#include "cli/draw.hpp"
#include "cli/results.hpp"
#include "cli/transfer_sweep.hpp"
#include "cli/verbs.hpp"
#include "scheduled/lr_sweep.hpp"
#include "shell/schema.hpp"

namespace scheduled::cli {
namespace {

struct TransferOptions {
  std::vector<std::string> given;  ///< SPECs, or the files of a sweep
  std::optional<Duration> steps;
  std::optional<double> best_lr;
  bool from_sweep = false;
  SweepTransfer sweep;
  std::vector<double> batch;  ///< from, to
  BoundOptions bound;
  OutputOptions output;
};

std::string text_of(const NamedSchedule& from, const std::vector<NamedSchedule>& all,
                    const std::vector<Transferred>& moved, const BoundOptions& bound) {
  std::string text = fmt::format("from {}\n{}\n\n", from.name, settings_text(bound));
  const std::vector<std::string> names = short_names(all, false);
  TextTable table({"to", "factor", "limit", "peak LR to try", "bound"});
  for (std::size_t k = 0; k < moved.size(); ++k) {
    const LrTransfer& found = moved[k].transfer;
    table.add({names[k + 1], rounded(found.factor), found.limit ? rounded(*found.limit) : "none known",
               rounded(found.peak), against(found.bound_ratio())});
  }
  text += table.text() +
          "\nfactor: from the rates of every step; limit: closed form for long runs; bound: at the best peaks\n";
  for (std::size_t k = 0; k < moved.size(); ++k) {
    const bool short_enough = print(all[k + 1].schedule) == all[k + 1].name;
    text +=
        (k == 0 ? "to try\n  " : "  ") + (short_enough ? print(moved[k].schedule.schedule) : all[k + 1].name) + "\n";
  }
  return text + "\n";
}

plot::Panel panel_of(const std::vector<NamedSchedule>& schedules, const std::vector<Transferred>& moved) {
  const std::vector<std::string> names = short_names(schedules, false);
  std::int64_t end = 1;
  std::vector<plot::Line> lines;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    const Schedule& schedule = k == 0 ? schedules[0].schedule : moved[k - 1].schedule.schedule;
    const std::int64_t steps = schedule.steps().value_or(1);
    end = std::max(end, steps);
    lines.push_back(rate_line(schedule, steps, names[k], k));
  }
  return rate_panel(std::move(lines), end);
}

/// The first SPEC with the LR that was tuned for it: its own peak, or --best-lr.
NamedSchedule tuned(const NamedSchedule& entry, std::optional<double> best_lr) {
  if (!best_lr && entry.says_peak) return entry;
  if (!best_lr) {
    fail_argument("SPEC", "the first one has no peak, the tuned LR; give peak=LR in it, or --best-lr LR");
  }
  if (entry.says_peak) fail_value("best-lr", *best_lr, entry.name + " says its own LR; give one of them");
  Schedule schedule = renamed({{"peak", "best-lr"}}, [&] { return entry.schedule.with_peak(*best_lr); });
  std::string name = print(schedule);
  return {std::move(schedule), std::move(name)};
}

TransferRules rules_of(const TransferOptions& options) {
  TransferRules rules{options.sweep.fit.exponent, options.sweep.fit.batch_rule, 1.0, 1.0,
                      options.sweep.fit.critical_batch};
  if (!options.batch.empty() && options.batch.size() != 2) {
    fail_value("batch", Argument<std::vector<double>>::show(options.batch), "must be FROM,TO, e.g. 256,1024");
  }
  if (rules.critical_batch && !rules.batch_rule) {
    fail_value("critical-batch", *rules.critical_batch,
               "goes with a rule that has one, e.g. --batch-rule critical --batch 256,1024");
  }
  if (options.batch.empty() == rules.batch_rule.has_value()) {
    fail_argument("batch-rule", "goes with --batch FROM,TO, e.g. --batch-rule square-root --batch 256,1024");
  }
  if (!options.batch.empty()) {
    rules.batch_from = options.batch[0];
    rules.batch_to = options.batch[1];
  }
  return rules;
}

void move(const TransferOptions& options) {
  if (const std::string_view only = options.sweep.given(); !only.empty()) {
    fail_argument(only, "needs --from-sweep");
  }
  std::vector<NamedSchedule> schedules;
  for (const std::string& spec : options.given) {
    for (NamedSchedule& schedule : read_spec(spec, options.steps)) schedules.push_back(std::move(schedule));
  }
  if (schedules.size() < 2) {
    fail_argument("TO", "a schedule to move the LR to is missing; see scheduled transfer --help");
  }
  schedules[0] = tuned(schedules[0], options.best_lr);
  const BoundArguments arguments(options.bound, schedules);
  const TransferRules rules = rules_of(options);
  std::vector<Transferred> moved;
  for (std::size_t k = 1; k < schedules.size(); ++k) {
    const LrTransfer found = renamed(sweep_names(), [&] {
      return transfer_base_lr(schedules[0].schedule, schedules[k].schedule, arguments.settings(), rules);
    });
    moved.push_back({{schedules[k].schedule.with_peak(found.peak)}, schedules[0].schedule, found});
  }
  const plot::Panel panel = panel_of(schedules, moved);
  if (!options.output.figure.empty()) {
    plot::write_figure({{panel}, plot::Arrangement::stacked, 4.4, 2.4}, options.output.figure);
  }
  if (options.output.csv) return print_text(csv_of(moved));
  if (options.output.json) return print_lines(moved, options.bound);
  print_text(text_of(schedules[0], schedules, moved, options.bound) + drawing(panel, 14));
}

void run(const TransferOptions& options) {
  if (!options.from_sweep) return move(options);
  const auto without = [](bool given, std::string_view name) {
    if (given) fail_argument(name, "not with --from-sweep");
  };
  without(options.best_lr.has_value(), "--best-lr");
  if (options.steps) {
    fail_argument("--steps", "not with --from-sweep: its runs have their own; --to STEPS,... names those asked about");
  }
  without(!options.batch.empty(), "--batch");
  without(options.bound.distance.has_value(), "--distance");
  without(options.bound.grad_norm.has_value(), "--grad-norm");
  without(options.bound.criterion != Criterion::omega, "--criterion");
  transfer_from_sweep(options.given, options.sweep, options.output);
}

}  // namespace

void add_transfer(Verb& command) {
  Verb& verb = command.verb("transfer", "Move a tuned peak learning rate to another schedule, horizon or batch");
  auto& options = verb.keep<TransferOptions>();
  verb.add_each(
          "SPEC", options.given,
          "Schedule, e.g. \"wsd(steps=50k, cooldown=20%)\"; - reads one per line from standard input; @FILE reads "
          "a spec, the JSON that show prints, or one rate per line. With --from-sweep: tables of runs, or logs")
      .required()
      .suggest(suggest_schedules);
  verb.add("--steps", options.steps, "Horizon of every SPEC that has none, e.g. 50k").type("N");
  verb.add("--best-lr", options.best_lr, "The LR that was tuned for the first SPEC, where it has no peak").type("LR");
  options.sweep.add_rules_to(verb);
  verb.add("--batch", options.batch, "Batch sizes of the first SPEC and of the others, for --batch-rule")
      .type("FROM,TO");
  options.bound.add_settings_to(verb, {Criterion::omega, Criterion::standard, Criterion::worst_case});
  verb.add("--from-sweep", options.from_sweep, "Fit the best peak to the final losses of runs instead");
  options.sweep.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "The first SPEC is the one that was tuned, with its peak (or --best-lr); the others are where the LR goes:\n"
      "another cooldown, shape or horizon, whose own peaks do not matter. The factor is the ratio of the best peaks "
      "in\n"
      "theory, in which distance and (one) grad norm cancel; the limit is its closed form for long runs, where one is\n"
      "known. Real runs mostly want less of a change with the horizon than theory's -1/2: --exponent, or "
      "--from-sweep,\n"
      "which fits runs at several peaks and horizons: a table with the columns peak, steps and loss (and schedule,\n"
      "batch, size), or one log for each run.\n\n"
      "Examples:\n"
      "  scheduled transfer \"wsd(steps=10k, peak=1e-3)\" \"wsd(steps=100k)\" \"linear(steps=100k)\"\n"
      "  scheduled transfer \"wsd(peak=1e-3)\" \"wsd(cooldown=40%)\" linear --steps 20k --csv\n"
      "  scheduled transfer wsd cosine --steps 20k --best-lr 6e-4\n"
      "  scheduled transfer \"wsd(steps=10k, peak=1e-3)\" \"wsd(steps=100k)\" --exponent -0.3\n"
      "  scheduled transfer --from-sweep sweep.csv --to 100k");
  prints<With<Transferred, BoundOptions>, LrSweepFit>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
