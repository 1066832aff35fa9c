#include "cli/bound_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/error.hpp"
#include "cli/bound_records.hpp"
#include "cli/results.hpp"
#include "plot/figure.hpp"
#include "plot/series.hpp"
#include "scheduled/along.hpp"
#include "scheduled/describe.hpp"
#include "scheduled/runlog.hpp"
#include "shell/file.hpp"
#include "shell/process.hpp"

namespace scheduled::cli {
namespace {

LoggedBound evaluate(const RunFiles& files, const LogOptions& logs, const BoundOptions& bound) {
  const RunLog log = logs.read(files);
  const std::int64_t T = bound.T.value_or(log.step.back());
  check_summable(T);
  AlongOptions options{.T = bound.T, .criterion = bound.criterion, .rates = logs.dense()};
  if (bound.distance && !bound.distance->automatic) options.distance = bound.distance->value;
  GradNorms norms;
  options.must_be_logged = bound.grad_norm && bound.grad_norm->kind == AskedGradNorm::Kind::logged;
  if (bound.grad_norm && !options.must_be_logged) {
    norms = GradNorms(*bound.grad_norm, T);
    options.grad_norm = norms.view();
  }
  LoggedBound run{files.file, {}, bound_along(log, options), {}};
  if (const auto effect = tail_effect(log, options); effect && !bound.T) {
    warn(fmt::format(
        "{}: held at {} to the end the rate gives the bound {}, going on {} {}", log.name, rounded(effect->tail.held),
        rounded(effect->held),
        effect->tail.shape.empty() ? "on the line of its last rows" : "along its " + effect->tail.shape + " decay",
        rounded(effect->continued)));
  }
  if (run.along.loss_column == "val_loss") run.val_loss = run.along.loss;
  if (run.along.loss_column == "train_loss") run.train_loss = run.along.loss;
  if (run.along.norm_source == NormSource::logged) run.grad_norm = {"logged", AskedGradNorm::Kind::logged};
  if (run.along.norm_source == NormSource::given) run.grad_norm = *bound.grad_norm;
  return run;
}

plot::Figure draw(const std::vector<LoggedBound>& runs, Criterion criterion) {
  std::int64_t end = 1;
  std::vector<plot::Line> losses, bounds, rates;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const std::vector<double> steps(runs[k].along.step.begin(), runs[k].along.step.end());
    const auto line = [&](std::vector<double> values) {
      return plot::thinned({runs[k].name, steps, std::move(values), k});
    };
    // In units of the distance, runs of different distances compare: a tuned bound is proportional to it.
    std::vector<double> relative = runs[k].along.bound;
    for (double& value : relative) value /= runs[k].along.distance;
    end = std::max(end, runs[k].along.T);
    if (!runs[k].along.loss.empty()) losses.push_back(line(runs[k].along.loss));
    bounds.push_back(line(std::move(relative)));
    std::vector<double> updates(runs[k].along.rates.size());
    std::iota(updates.begin(), updates.end(), 1.0);
    rates.push_back(plot::thinned({runs[k].name, std::move(updates), runs[k].along.rates, k}));
  }
  constexpr double skipped = 0.1;  // the first tenth of a run has losses far above all others
  const auto settled = [&](std::string label, std::vector<plot::Line>& lines) {
    const plot::Range range = plot::settled_range(lines, skipped, plot::Scale::linear);
    return plot::Panel{step_axis(end), {.label = std::move(label), .range = range}, std::move(lines)};
  };
  plot::Figure figure{{}, plot::Arrangement::stacked, 4.6, 2.0};
  if (!losses.empty()) {
    const auto all = [&](std::string_view column) {
      return std::all_of(runs.begin(), runs.end(),
                         [&](const LoggedBound& run) { return run.along.loss_column == column; });
    };
    const std::string kind = all("val_loss") ? "validation " : all("train_loss") ? "training " : "";
    figure.panels.push_back(settled(kind + "loss (nats)", losses));
  }
  figure.panels.push_back(settled(bound_name(criterion) + " / D (loss/distance)", bounds));
  figure.panels.push_back(rate_panel(std::move(rates), end));
  figure.panels.back().weight = 0.75;
  figure.height = losses.empty() ? 3.8 : 5.5;
  return figure;
}

std::string text_of(const LoggedBound& run) {
  const std::string note = run.along.norm_note.empty() ? "" : " (" + run.along.norm_note + ")";
  std::string text = fmt::format("{}\n  T = {}, distance {}, grad norm {}{}\n\n", run.name, run.along.T,
                                 rounded(run.along.distance), run.grad_norm.text, note);
  std::vector<std::string> titles{"step", "learning rate"};
  if (!run.along.loss.empty()) titles.push_back(run.along.loss_column);
  titles.emplace_back("bound");
  TextTable table(titles);
  for (const std::int64_t k : spread_steps(static_cast<std::int64_t>(run.along.step.size()), 15)) {
    const auto row = static_cast<std::size_t>(k) - 1;
    std::vector<std::string> cells{std::to_string(run.along.step[row]), rounded(run.along.lr[row])};
    if (!run.along.loss.empty()) cells.push_back(rounded(run.along.loss[row]));
    cells.push_back(rounded(run.along.bound[row]));
    table.add(std::move(cells));
  }
  return text + table.text();
}

}  // namespace

void bound_along_logs(const LogOptions& logs, const BoundOptions& bound, const OutputOptions& output) {
  std::vector<LoggedBound> runs;
  const std::vector<RunFiles> all = LogOptions::with_lines(logs.logs);
  for (const RunFiles& files : all) runs.push_back(evaluate(files, logs, bound));
  const std::vector<std::string> names = run_names(all);
  for (std::size_t k = 0; k < runs.size(); ++k) runs[k].name = source_name(names[k]);
  if (!output.figure.empty()) plot::write_figure(draw(runs, bound.criterion), output.figure);
  if (output.csv) return print_series(runs, [&](std::size_t k) { return OfRun{runs[k].name}; });
  std::string text;
  for (const LoggedBound& run : runs) {
    if (output.json) {
      print_line(to_json(run));
    } else {
      text += (text.empty() ? "" : "\n") + text_of(run);
    }
  }
  print_text(text);
}

}  // namespace scheduled::cli
