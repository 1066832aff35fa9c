#include "cli/bound_log.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <numeric>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "bound/records.hpp"
#include "cli/results.hpp"
#include "plot/figure.hpp"
#include "plot/series.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"
#include "shell/file.hpp"
#include "shell/output.hpp"

namespace scheduled::cli {
namespace {

struct LoggedBound {
  std::string name;  ///< in tables and legends
  std::string file;
  std::string loss;  ///< the column; empty: the log has none
  std::vector<std::int64_t> step;
  std::vector<double> lr, loss_value, bound;
  std::vector<double> rates;  ///< of all updates 1 ... T
  std::int64_t T = 0;
  double distance = 0.0;
  AskedGradNorm grad_norm;     ///< as used
  std::string grad_norm_note;  ///< why it is not the logged ones, where nobody asked for 1
};

bool logged(const RunLog& log, std::string_view column) { return log.has(column) && !series(log, column).step.empty(); }

/// Grad norms of updates 1 ... T and where they come from.
struct RunGradNorm {
  GradNorms norms;
  AskedGradNorm used;
  std::string note;
};

RunGradNorm grad_norm_of(const RunLog& log, const std::optional<AskedGradNorm>& asked, std::int64_t T,
                         const DenseOptions& dense) {
  using Kind = AskedGradNorm::Kind;
  const DenseOptions level{dense.warmup, dense.max_gap, false};  // norms do not rise with the LR
  const auto as_logged = [&] {
    return RunGradNorm{GradNorms(densify(log, "grad_norm", T, level)), {"logged", Kind::logged}, {}};
  };
  if (asked && asked->kind != Kind::logged) {
    RunGradNorm given{GradNorms(*asked, T), *asked, {}};
    given.norms.view().check(static_cast<std::size_t>(T));
    return given;
  }
  if (asked) return as_logged();
  if (!logged(log, "grad_norm")) return {{}, {}, "the log has none"};
  try {
    return as_logged();
  } catch (const LogGap& gap) {
    return {{}, {}, std::string("not the logged ones: ") + gap.what()};
  }
}

/// The rows to evaluate: where the loss was logged, without one where the LR was.
Series rows_of(const RunLog& log, std::string& loss, std::int64_t T) {
  loss = logged(log, "val_loss") ? "val_loss" : logged(log, "train_loss") ? "train_loss" : "";
  const Series all = series(log, loss.empty() ? "lr" : loss);
  Series rows;
  for (std::size_t k = 0; k < all.step.size(); ++k) {
    if (all.step[k] < 1 || all.step[k] > T) continue;
    rows.step.push_back(all.step[k]);
    rows.value.push_back(all.value[k]);
  }
  if (rows.step.empty()) {
    fail_file(
        log.name,
        fmt::format("{} between the steps 1 and {}",
                    loss.empty() ? "no column val_loss or train_loss, and no row of lr" : "no row of " + loss, T));
  }
  return rows;
}

LoggedBound evaluate(const LogSource& source, const LogOptions& logs, const BoundOptions& bound) {
  const RunLog log = read_run(source, logs.read_options());
  const std::int64_t last = log.step.back();
  LoggedBound run;
  run.file = source.file;
  run.T = bound.T.value_or(last);
  if (run.T < 1 || run.T > last) {
    fail_value("T", std::to_string(run.T), fmt::format("{} ends at step {}", log.name, last));
  }
  check_summable(run.T);
  const DenseOptions dense = logs.dense();
  const std::vector<double> rates = densify(log, "lr", run.T, dense);
  const RunGradNorm norm = grad_norm_of(log, bound.grad_norm, run.T, dense);
  run.grad_norm = norm.used;
  run.grad_norm_note = norm.note;
  if (!bound.distance || bound.distance->automatic) {
    const auto positive = static_cast<std::size_t>(last_positive_step(rates));
    if (positive == 0) fail_file(log.name, "the learning rate is 0 throughout");
    run.distance = matching_distance(std::span(rates).first(positive), norm.norms.view());
  } else {
    run.distance = bound.distance->value;
  }
  Series rows = rows_of(log, run.loss, run.T);
  run.bound = bound_at(rates, {norm.norms.view(), run.distance, run.T, bound.criterion}, rows.step);
  for (const std::int64_t step : rows.step) run.lr.push_back(rates[static_cast<std::size_t>(step) - 1]);
  if (!run.loss.empty()) run.loss_value = std::move(rows.value);
  run.step = std::move(rows.step);
  run.rates = rates;
  return run;
}

plot::Figure draw(const std::vector<LoggedBound>& runs, Criterion criterion) {
  std::int64_t end = 1;
  std::vector<plot::Line> losses, bounds, rates;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const std::vector<double> steps(runs[k].step.begin(), runs[k].step.end());
    const auto line = [&](std::vector<double> values) {
      return plot::thinned({runs[k].name, steps, std::move(values), k});
    };
    // In units of the distance, runs of different distances compare: a tuned bound is proportional to it.
    std::vector<double> relative = runs[k].bound;
    for (double& value : relative) value /= runs[k].distance;
    end = std::max(end, runs[k].T);
    if (!runs[k].loss.empty()) losses.push_back(line(runs[k].loss_value));
    bounds.push_back(line(std::move(relative)));
    std::vector<double> updates(runs[k].rates.size());
    std::iota(updates.begin(), updates.end(), 1.0);
    rates.push_back(plot::thinned({runs[k].name, std::move(updates), runs[k].rates, k}));
  }
  constexpr double skipped = 0.1;  // the first tenth of a run has losses far above all others
  const auto settled = [&](std::string label, std::vector<plot::Line>& lines) {
    const plot::Range range = plot::settled_range(lines, skipped, plot::Scale::linear);
    return plot::Panel{step_axis(end), {.label = std::move(label), .range = range}, std::move(lines)};
  };
  plot::Figure figure{{}, plot::Arrangement::stacked, 4.6, 2.0};
  if (!losses.empty()) {
    const auto all = [&](std::string_view column) {
      return std::all_of(runs.begin(), runs.end(), [&](const LoggedBound& run) { return run.loss == column; });
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
  const std::string note = run.grad_norm_note.empty() ? "" : " (" + run.grad_norm_note + ")";
  std::string text = fmt::format("{}\n  T = {}, distance {}, grad norm {}{}\n\n", run.name, run.T,
                                 rounded(run.distance), run.grad_norm.text, note);
  std::vector<std::string> header{"step", "learning rate"};
  if (!run.loss.empty()) header.push_back(run.loss);
  header.emplace_back("bound");
  TextTable table(header);
  for (const std::int64_t k : spread_steps(static_cast<std::int64_t>(run.step.size()), 15)) {
    const auto row = static_cast<std::size_t>(k) - 1;
    std::vector<std::string> cells{std::to_string(run.step[row]), rounded(run.lr[row])};
    if (!run.loss.empty()) cells.push_back(rounded(run.loss_value[row]));
    cells.push_back(rounded(run.bound[row]));
    table.add(std::move(cells));
  }
  return text + table.text();
}

Json json_of(const LoggedBound& run, const BoundOptions& bound) {
  Json json;
  json["log"] = run.file;
  json["name"] = run.name;
  json["T"] = run.T;
  json["criterion"] = word_of(bound.criterion);
  json["distance"] = run.distance;
  json["grad_norm"] = run.grad_norm.json();
  if (!run.grad_norm_note.empty()) json["grad_norm_note"] = run.grad_norm_note;
  json["step"] = run.step;
  json["lr"] = run.lr;
  if (!run.loss.empty()) json[run.loss] = run.loss_value;
  json["bound"] = run.bound;
  return json;
}

void print_csv(const std::vector<LoggedBound>& runs) {
  Output output;
  output.write("run,step,lr,val_loss,train_loss,bound\n");
  for (const LoggedBound& run : runs) {
    for (std::size_t k = 0; k < run.step.size(); ++k) {
      const std::string loss = run.loss.empty() ? "" : format_number(run.loss_value[k]);
      output.write(
          csv_line({run.name, std::to_string(run.step[k]), format_number(run.lr[k]), run.loss == "val_loss" ? loss : "",
                    run.loss == "train_loss" ? loss : "", format_number(run.bound[k])}));
    }
  }
  output.flush();
}

}  // namespace

void bound_along_logs(const LogOptions& logs, const BoundOptions& bound, const OutputOptions& output) {
  std::vector<LoggedBound> runs;
  for (const LogSource& source : logs.logs) runs.push_back(evaluate(source, logs, bound));
  const std::vector<std::string> names = run_names(logs.logs);
  for (std::size_t k = 0; k < runs.size(); ++k) runs[k].name = names[k];
  if (!output.figure.empty()) plot::write_figure(draw(runs, bound.criterion), output.figure);
  if (output.csv) return print_csv(runs);
  std::string text;
  for (const LoggedBound& run : runs) {
    if (output.json) {
      print_line(json_of(run, bound));
    } else {
      text += (text.empty() ? "" : "\n") + text_of(run);
    }
  }
  print_text(text);
}

}  // namespace scheduled::cli
