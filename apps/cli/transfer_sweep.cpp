#include "cli/transfer_sweep.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "shell/output.hpp"
#include "shell/print.hpp"
#include "shell/progress.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

std::string brief_number(double value) { return fmt::format("{:.3g}", value); }

std::string with_interval(const LrEstimate& found) {
  if (!std::isfinite(found.upper)) return brief_number(found.value) + " (no interval)";
  return fmt::format("{:.3g} ({:.3g} to {:.3g})", found.value, found.lower, found.upper);
}

std::string or_nothing(const std::optional<double>& value) { return value ? format_number(*value) : std::string(); }

std::string budgets_text(const LrSweepFit& fit) {
  constexpr std::size_t widest = 40;
  const auto any = [&](auto has) { return std::any_of(fit.budgets.begin(), fit.budgets.end(), has); };
  const bool schedules = any([](const auto& b) { return !b.schedule.empty(); });
  const bool batches = any([](const auto& b) { return b.batch.has_value(); });
  const bool sizes = any([](const auto& b) { return b.size.has_value(); });
  std::vector<std::string> captions;
  if (schedules) captions.emplace_back("schedule");
  captions.emplace_back("steps");
  if (batches) captions.emplace_back("batch");
  if (sizes) captions.emplace_back("size");
  for (const char* const name : {"runs", "peaks", "best run", "best peak", "loss there"}) captions.emplace_back(name);
  TextTable table(captions);
  for (const LrSweepBudget& budget : fit.budgets) {
    std::vector<std::string> row;
    if (schedules) row.push_back(shortened(budget.schedule, widest));
    row.push_back(std::to_string(budget.steps));
    if (batches) row.push_back(or_nothing(budget.batch));
    if (sizes) row.push_back(or_nothing(budget.size));
    row.push_back(std::to_string(budget.runs) +
                  (budget.diverged > 0 ? fmt::format(" + {} lost", budget.diverged) : ""));
    row.push_back(budget.lowest == budget.highest ? fmt::format("{:.3g}", budget.lowest)
                                                  : fmt::format("{:.3g} to {:.3g}", budget.lowest, budget.highest));
    row.push_back(!budget.best_run
                      ? "none"
                      : brief_number(*budget.best_run) +
                            (budget.edge == LrEdge::inside ? "" : fmt::format(" ({})", word_of(budget.edge))));
    row.push_back(budget.peak ? with_interval(*budget.peak) : "not known");
    row.push_back(budget.loss ? fmt::format("{:.4f}", *budget.loss) : "");
    table.add(row);
  }
  return table.text();
}

std::string exponents_text(const LrSweepFit& fit) {
  std::string text;
  for (const LrExponent& found : fit.exponents) {
    text += fmt::format("best peak ~ {}^{}\n", found.axis,
                        found.fitted ? with_interval(found.exponent) : brief_number(found.exponent.value) + " (given)");
  }
  const bool bounded = !fit.exponents.empty() && std::isfinite(fit.exponents.front().exponent.upper);
  for (const LrRuleCheck& check : fit.rules) {
    const char* const place = !bounded ? "" : check.within ? "within the interval; " : "outside the interval; ";
    text += fmt::format("  {:<7} steps^{:<6} {}{}\n", check.rule.rule, check.rule.exponent, place, check.rule.source);
  }
  if (fit.curved) {
    text += fmt::format("a peak twice the best one costs {:.4f} at {} steps",
                        fit.curvature.value * std::pow(std::log(2.0), 2), fit.reference);
    text += fit.curvature_exponent == 0.0 ? "\n" : fmt::format(", ~ steps^{:.2f}\n", fit.curvature_exponent);
  }
  return text;
}

std::string answer_text(const LrSweepAnswer& answer) {
  const LrSweepQuestion& q = answer.question;
  std::string text = fmt::format("\n{} steps", q.steps);
  if (q.batch) text += fmt::format(", batch {}", format_number(*q.batch));
  if (q.size) text += fmt::format(", size {}", format_number(*q.size));
  if (!q.schedule.empty()) text += ", " + clean(q.schedule);
  text += fmt::format(": peak {}\n", answer.peak ? with_interval(*answer.peak) : "not known");
  if (answer.rules.empty()) return text;
  TextTable table({"  from the longest horizon by", "peak", "costs"});
  for (const LrRulePeak& said : answer.rules) {
    table.add({"  " + said.rule, brief_number(said.peak), said.cost ? fmt::format("{:.4f}", *said.cost) : "not known"});
  }
  return text + table.text();
}

std::string text_of(const LrSweepFit& fit) {
  std::string text = fmt::format("{} run{} of {} budget{}", fit.runs, fit.runs == 1 ? "" : "s", fit.budgets.size(),
                                 fit.budgets.size() == 1 ? "" : "s");
  if (fit.diverged > 0) text += fmt::format("; {} diverged", fit.diverged);
  if (fit.far > 0) text += fmt::format("; {} too far from the best peak to count", fit.far);
  if (fit.repeated > 0) text += fmt::format("; {} given twice", fit.repeated);
  text += std::isfinite(fit.noise) ? fmt::format("; a run's noise {:.2g}\n\n", fit.noise) : "\n\n";
  text += budgets_text(fit);
  if (const std::string exponents = exponents_text(fit); !exponents.empty()) text += "\n" + exponents;
  for (const LrSweepAnswer& answer : fit.answers) text += answer_text(answer);
  if (!fit.verdicts.empty()) text += "\nverdicts\n";
  for (const std::string& verdict : fit.verdicts) text += "  - " + clean(verdict) + "\n";
  return text;
}

/// Losses over the peak with the fitted parabolas.
plot::Figure draw(const LrSweepFit& fit, const std::vector<LrSweepRun>& runs) {
  constexpr int points = 60;
  std::vector<plot::Line> lines;
  std::vector<plot::Line> curves;
  for (std::size_t k = 0; k < fit.budgets.size(); ++k) {
    const LrSweepBudget& budget = fit.budgets[k];
    plot::Line found{budget.schedule.empty() ? fmt::format("{} steps", budget.steps)
                                             : fmt::format("{} steps, {}", budget.steps, budget.schedule),
                     {},
                     {},
                     k,
                     plot::Line::Kind::points};
    for (const LrSweepRun& run : runs) {
      const bool same = run.schedule == budget.schedule && run.steps == budget.steps && run.batch == budget.batch &&
                        run.size == budget.size;
      if (!same || !(run.loss <= 1.2 * budget.best_loss.value_or(run.loss))) continue;
      found.x.push_back(run.peak);
      found.y.push_back(run.loss);
    }
    plot::Line curve{"", {}, {}, k};
    for (int n = 0; n <= points && budget.peak; ++n) {
      const double peak = budget.lowest * std::pow(budget.highest / budget.lowest, static_cast<double>(n) / points);
      curve.x.push_back(peak);
      curve.y.push_back(fit.loss_at(budget, peak).value_or(std::nan("")));
    }
    lines.push_back(std::move(found));
    curves.push_back(std::move(curve));
  }
  lines.insert(lines.end(), curves.begin(), curves.end());
  const plot::Axis x{.label = "peak learning rate", .scale = plot::Scale::log};
  const plot::Axis y{.label = "final loss"};
  return {{{x, y, std::move(lines)}}, plot::Arrangement::stacked, 4.4, 3.0};
}

}  // namespace

const UserNames& sweep_names() {
  static const UserNames names{{"batch_rule", "batch-rule"},
                               {"critical_batch", "critical-batch"},
                               {"from", "batch"},
                               {"to", "batch"},
                               {"questions[0].batch", "to-batch"},
                               {"questions[0].size", "to-size"},
                               {"questions[0].schedule", "schedule"},
                               {"questions[0].steps", "to"}};
  return names;
}

void SweepTransfer::add_rules_to(Verb& verb) {
  verb.add("--exponent", fit.exponent,
           "The best peak goes with steps^X; in theory -0.5, -0.3 and -0.32 were measured (docs/guide/transfer.md)")
      .type("X");
  verb.add("--batch-rule", fit.batch_rule,
           "How the best peak goes with the batch: square-root (Adam, 2205.10287), linear (SGD, 1706.02677), critical "
           "(1812.06162), surge (2405.14578)")
      .type("RULE");
  verb.add("--critical-batch", fit.critical_batch,
           "The batch from which larger ones gain little, for critical and surge")
      .type("B");
}

void SweepTransfer::add_to(Verb& verb) {
  verb.add("--to", to, "Horizons for which the best peak is wanted, e.g. 50k,100k").type("STEPS,...");
  verb.add("--to-batch", to_batch, "The batch size there; default that of the largest runs").type("B");
  verb.add("--to-size", to_size, "The model's size there; default the largest").type("N");
  verb.add("--schedule", schedule, "The schedule there, as the column schedule has it, where that has several")
      .type("TEXT");
  verb.add("--within", fit.within, "Runs count whose peak is within this factor of the best run's").type("X");
  verb.add("--noise", fit.noise, "Standard deviation of reruns; default by what the fit leaves").type("X");
  verb.add("--columns", columns,
           "Columns of the tables by their standard names (peak, steps, loss, batch, size, schedule), or of the logs")
      .type("SOURCE=STANDARD,...");
  verb.add("--column", column, "The losses of logs; default val_loss, where a log has none train_loss").type("NAME");
  verb.add("--plan", plan, "What the runs of logs that are shorter were to become; their peaks count")
      .type("SPEC")
      .suggest(suggest_schedules);
}

std::string_view SweepTransfer::given() const {
  const std::pair<bool, std::string_view> all[] = {{!to.empty(), "--to"},
                                                   {to_batch.has_value(), "--to-batch"},
                                                   {to_size.has_value(), "--to-size"},
                                                   {!schedule.empty(), "--schedule"},
                                                   {fit.within != LrSweepOptions().within, "--within"},
                                                   {fit.noise.has_value(), "--noise"},
                                                   {!columns.empty(), "--columns"},
                                                   {!column.empty(), "--column"},
                                                   {plan.has_value(), "--plan"}};
  for (const auto& [is_given, name] : all) {
    if (is_given) return name;
  }
  return {};
}

void transfer_from_sweep(const std::vector<std::string>& files, const SweepTransfer& options,
                         const OutputOptions& output) {
  const std::vector<LrSweepRun> runs = read_sweep_runs(files, options);
  LrSweepOptions how = options.fit;
  for (const std::int64_t steps : options.to) {
    how.questions.push_back({options.schedule, steps, options.to_batch, options.to_size});
  }
  if (options.to.empty() && (options.to_batch || options.to_size || !options.schedule.empty())) {
    fail_argument("to", "must say the horizon for which the best peak is wanted");
  }
  const LrSweepFit fit = renamed(sweep_names(), [&] {
    const Busy busy;
    return fit_lr_sweep(runs, how);
  });
  if (!output.figure.empty()) plot::write_figure(draw(fit, runs), output.figure);
  if (output.json) return print_line(to_json(fit));
  if (output.csv) return print_text(csv_of(fit.budgets));
  print_text(text_of(fit));
}

}  // namespace scheduled::cli
