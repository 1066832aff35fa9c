// scheduled predict: the losses that a fitted law expects of schedules.
#include "cli/predict.hpp"
#include "base/error.hpp"
#include "cli/fit_arguments.hpp"
#include "cli/law_records.hpp"
#include "cli/verbs.hpp"
#include "plot/series.hpp"
#include "shell/output.hpp"
#include "shell/progress.hpp"
#include "shell/schema.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <cmath>

namespace scheduled::cli {
namespace {

std::int64_t first_described(const FittedLaw& fitted) {
  return static_cast<std::int64_t>(undescribed_share * fitted.time);
}

/// Steps to print: every N-th and the last, else about 200 from `first` on.
std::vector<std::int64_t> steps_of(const std::vector<double>& lr, std::optional<std::int64_t> every,
                                   std::int64_t first) {
  const auto last = static_cast<std::int64_t>(lr.size());
  std::vector<std::int64_t> steps;
  if (every) {
    if (*every < 1) fail_value("every", std::to_string(*every), "must be at least 1");
    for (std::int64_t t = *every; t < last; t += *every) steps.push_back(t);
    steps.push_back(last);
  } else {
    steps = spread_steps(last, 200);
    std::erase_if(steps, [&](std::int64_t t) { return t < first && t < last; });
  }
  const auto zeros = std::find_if(lr.begin(), lr.end(), [](double rate) { return rate > 0.0; }) - lr.begin();
  std::erase_if(steps, [&](std::int64_t t) { return t <= zeros; });  // where laws are infinite
  return steps;
}

/// At its steps.
void add_losses(Prediction& row, const FittedLaw& fitted) {
  for (const Predicted& at : predict_losses(fitted, row.rates, row.step)) {
    row.loss.push_back(at.loss);
    row.lower.push_back(at.lower);
    row.upper.push_back(at.upper);
  }
  for (const std::int64_t t : row.step) row.lr.push_back(row.rates[static_cast<std::size_t>(t) - 1]);
}

std::vector<Prediction> predict(const PredictOptions& options, const FittedLaw& fitted) {
  const std::vector<NamedSchedule>& schedules = options.specs.schedules;
  const std::vector<std::string> names = short_names(schedules, true);
  std::vector<Prediction> rows;
  for (std::size_t k = 0; k < schedules.size(); ++k) {
    if (!schedules[k].schedule.steps()) {
      fail_argument(schedules[k].name, "has no horizon; give steps=N, or --steps N for all");
    }
    if (!schedules[k].says_peak) {
      fail_argument(schedules[k].name, "has no peak; a law needs the learning rate, peak=LR");
    }
    check_summable(*schedules[k].schedule.steps());
    Prediction row{.schedule = {schedules[k].schedule},
                   .law = fitted.law.kind,
                   .name = names[k],
                   .rates = schedules[k].schedule.values()};
    row.step = steps_of(row.rates, options.every, first_described(fitted));
    if (row.step.empty()) fail_argument(schedules[k].name, "all rates are 0");
    if (const std::string why = not_identified(fitted, row.rates); !why.empty()) {
      fail_argument(schedules[k].name, why);
    }
    add_losses(row, fitted);
    row.warnings = extrapolations(fitted, row.rates);
    rows.push_back(std::move(row));
  }
  return rows;
}

std::vector<std::string> warnings_of(const std::vector<Prediction>& rows) {
  std::vector<std::string> all;
  for (const Prediction& row : rows) {
    for (const std::string& found : row.warnings) all.push_back(row.name + ": " + found);
  }
  return all;
}

std::string text_of(const std::vector<Prediction>& rows, const FittedLaw& fitted, const std::string& file) {
  const bool several = rows.size() > 1;
  TextTable ends({"schedule", "steps", "final loss", "90 % interval", several ? "above the best" : ""});
  const auto best = std::min_element(
      rows.begin(), rows.end(), [](const Prediction& a, const Prediction& b) { return a.end().loss < b.end().loss; });
  for (const Prediction& row : rows) {
    ends.add({row.name, std::to_string(row.rates.size()), loss_text(row.end().loss), interval_text(row.end()),
              &row == &*best ? "" : difference_text(predict_difference(fitted, row.rates, best->rates))});
  }
  std::string text = fmt::format("{} law of {}\n\n{}", law_name(fitted.law.kind), file, ends.text());
  if (several) text += "above the best: the interval of the difference, without the noise of a measurement\n";
  std::int64_t longest = 1;
  for (const Prediction& row : rows) longest = std::max(longest, row.step.back());
  std::vector<std::string> titles{"step"};
  for (const Prediction& row : rows) titles.push_back(rows.size() == 1 ? "loss" : row.name);
  if (rows.size() == 1) titles.insert(titles.end(), {"90 % interval", "learning rate"});
  TextTable table(titles);
  for (const std::int64_t t : spread_steps(longest, 11)) {
    if (t < first_described(fitted) && t < longest) continue;
    std::vector<std::string> cells{std::to_string(t)};
    for (const Prediction& row : rows) {
      const bool known = t >= row.step.front() && t <= row.step.back();
      const Predicted at = known ? predict_losses(fitted, row.rates, std::vector{t})[0] : Predicted{};
      cells.push_back(known ? loss_text(at.loss) : "");
      if (rows.size() > 1) continue;
      cells.push_back(known ? interval_text(at) : "");
      cells.push_back(rounded(row.rates[static_cast<std::size_t>(t) - 1]));
    }
    table.add(std::move(cells));
  }
  return text + "\n" + table.text() + warnings_text(warnings_of(rows));
}

/// Losses with the ends of their intervals, and rates.
plot::Figure draw(const std::vector<Prediction>& rows) {
  std::int64_t end = 1;
  std::vector<plot::Line> losses, intervals, rates;
  for (std::size_t k = 0; k < rows.size(); ++k) {
    const Prediction& row = rows[k];
    end = std::max(end, row.step.back());
    plot::Line loss{row.name, {row.step.begin(), row.step.end()}, row.loss, k};
    plot::Line lower{k == 0 ? "90 % interval" : "", loss.x, row.lower, 0};
    lower.shade = 1.0;  // pale
    plot::Line upper = lower;
    upper.label.clear();
    upper.y = row.upper;
    losses.push_back(std::move(loss));
    intervals.push_back(std::move(lower));
    intervals.push_back(std::move(upper));
    rates.push_back(rate_line(Schedule::table(row.rates), static_cast<std::int64_t>(row.rates.size()), row.name, k));
  }
  constexpr double skipped = 0.1;  // losses of the first steps lie far above all others
  const plot::Axis y{.label = "predicted loss", .range = plot::settled_range(losses, skipped, plot::Scale::linear)};
  intervals.insert(intervals.end(), losses.begin(), losses.end());  // above them
  plot::Figure figure{{{step_axis(end), y, std::move(intervals)}}, plot::Arrangement::stacked, 4.8, 4.0};
  figure.panels.push_back(rate_panel(std::move(rates), end));
  figure.panels.back().weight = 0.5;
  return figure;
}

void run(const PredictOptions& options) {
  const FittedLaw fitted = read_law(options.law);
  if (options.optimize) return predict_optimum(options, fitted);
  if (options.cap || options.warmup || !options.out.file.empty()) {
    fail_argument("--cap, --warmup, --out", "only with --optimize");
  }
  if (!options.functional.empty()) fail_argument("--functional", "only with --optimize");
  if (options.specs.specs.empty()) {
    fail_argument("SPEC", "at least one schedule, or --optimize; see scheduled predict --help");
  }
  const std::vector<Prediction> rows = [&] {
    const Busy busy;
    return predict(options, fitted);
  }();
  if (!options.output.figure.empty()) plot::write_figure(draw(rows), options.output.figure);
  if (options.output.csv) {
    return print_series(rows, [&](std::size_t k) { return OfSchedule{rows[k].schedule}; });
  }
  if (options.output.json) {
    for (const Prediction& row : rows) print_line(to_json(row));
    return;
  }
  print_text(text_of(rows, fitted, options.law));
}

}  // namespace

std::string loss_text(double loss) { return fmt::format("{:.4f}", loss); }

std::string interval_text(const Predicted& predicted) {
  return fmt::format("{:.4f} to {:.4f}", predicted.lower, predicted.upper);
}

std::string difference_text(const Predicted& difference) {
  const auto shown = [](double value) { return std::fabs(value) < 5e-5 ? 0.0 : value; };  // no "-0.0000"
  return fmt::format("{:.4f} ({:.4f} to {:.4f})", shown(difference.loss), shown(difference.lower),
                     shown(difference.upper));
}

std::string warnings_text(const std::vector<std::string>& warnings) {
  std::string text;
  for (const std::string& warning : warnings) text += "  - " + warning + "\n";
  return text.empty() ? text : "\nextrapolated, so less sure than the intervals say\n" + text;
}

void add_predict(Verb& command) {
  Verb& verb = command.verb("predict", "Predict the loss of schedules that were not run");
  auto& options = verb.keep<PredictOptions>();
  verb.add("LAW", options.law, "Fitted law: what scheduled fit --save wrote, or --json printed").required();
  options.specs.add_to(verb);
  verb.add("--every", options.every, "Rows of --csv and --json; default about 200 in all").type("N");
  verb.add("--optimize", options.optimize, "Find the schedule of --steps N with the smallest predicted loss");
  verb.add("--cap", options.cap, "With --optimize: no rate is above it; default: the highest that was fitted")
      .type("LR");
  verb.add("--warmup", options.warmup, "With --optimize: linear warmup of N steps").type("N");
  verb.add("--functional", options.functional,
           "With --optimize: a fitted functional law; what its theory calls best, and the smallest bound, beside it")
      .type("LAW.json");
  options.out.add_to(verb);
  options.output.add_to(verb);
  verb.help(
      "Schedules are taken at their own peaks. Intervals hold what the fit leaves open of the parameters, the\n"
      "noise of one measurement and, for laws with an exponent of progress, how far runs depart whose peak or\n"
      "shape of decay no fitted run had; what else no run had is named beneath. (fit --next has this interval,\n"
      "too, and a wider \"give or take\", by which it weighs runs.) --optimize finds the rates that never rise\n"
      "after the warmup and win the smallest final loss by the law, beside named schedules at the peaks that the\n"
      "law likes best.\n\n"
      "Examples:\n"
      "  scheduled predict law.json \"wsd(warmup=100, peak=1e-3)\" \"cosine(warmup=100, peak=1e-3)\" --steps 2k\n"
      "  scheduled predict law.json \"linear(steps=3k, warmup=100, peak=1e-3)\" --every 500 --csv\n"
      "  scheduled predict law.json --optimize --steps 2k --warmup 100 --out best.txt\n"
      "  scheduled show @best.txt --at 0,100,1999\n"
      "  scheduled predict law.json --optimize --steps 2k --functional theory.json");
  prints<Prediction, LawBest>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
