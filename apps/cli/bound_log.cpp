#include "cli/bound_log.hpp"
#include "scheduled/error.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <filesystem>
#include <numeric>
#include <stdexcept>

#include "base/csv.hpp"
#include "cli/draw.hpp"
#include "cli/output.hpp"
#include "cli/results.hpp"
#include "plot/figure.hpp"
#include "plot/series.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"

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
  std::string grad_norm;       ///< "logged", a number, ...
  std::string grad_norm_note;  ///< why it is not the logged ones, where nobody asked for 1
};

bool logged(const RunLog& log, std::string_view column) { return log.has(column) && !series(log, column).step.empty(); }

/// Grad norms of updates 1 ... T and where they come from.
struct RunGradNorm {
  std::vector<double> series;
  double value = 1.0;
  std::string name, note;

  GradNorm view() const { return series.empty() ? GradNorm(value) : GradNorm(series); }
};

RunGradNorm grad_norm_of(const RunLog& log, const std::string& asked, std::int64_t T, const DenseOptions& dense) {
  RunGradNorm norm;
  const DenseOptions level{dense.warmup, dense.max_gap, false};  // norms do not rise with the LR
  if (asked == "logged") {
    norm.series = densify(log, "grad_norm", T, level);
  } else if (!asked.empty()) {
    const GradNormArgument given(asked, T);
    given.view().check(static_cast<std::size_t>(T));
    for (std::size_t k = 0; k < static_cast<std::size_t>(T); ++k) norm.series.push_back(given.view()[k]);
    norm.name = asked;
    return norm;
  } else if (!logged(log, "grad_norm")) {
    norm.name = "1";
    norm.note = "the log has none";
    return norm;
  } else {
    try {
      norm.series = densify(log, "grad_norm", T, level);
    } catch (const LogGap& gap) {
      norm.name = "1";
      norm.note = std::string("not the logged ones: ") + gap.what();
      return norm;
    }
  }
  norm.name = "logged";
  return norm;
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
    fail(fmt::format("{}: {} between the steps 1 and {}", log.name,
                     loss.empty() ? "no column val_loss or train_loss, and no row of lr" : "no row of " + loss, T));
  }
  return rows;
}

LoggedBound evaluate(const LogSource& source, const LogOptions& logs, const BoundOptions& bound) {
  const RunLog log = read_run(source, logs.read_options());
  const std::int64_t last = log.step.back();
  LoggedBound run;
  run.file = source.file;
  run.T = read_steps("T", bound.T).value_or(last);
  if (run.T < 1 || run.T > last) fail(fmt::format("T = {}: {} ends at step {}", run.T, source.file, last));
  check_summable(run.T);
  const DenseOptions dense = logs.dense();
  const std::vector<double> rates = densify(log, "lr", run.T, dense);
  const RunGradNorm norm = grad_norm_of(log, bound.grad_norm, run.T, dense);
  run.grad_norm = norm.name;
  run.grad_norm_note = norm.note;
  if (bound.distance.empty() || bound.distance == "auto") {
    const auto positive = static_cast<std::size_t>(last_positive_step(rates));
    if (positive == 0) fail(source.file + ": the learning rate is 0 throughout");
    run.distance = matching_distance(std::span(rates).first(positive), norm.view());
  } else {
    run.distance = read_number("distance", bound.distance);
  }
  Series rows = rows_of(log, run.loss, run.T);
  run.bound = bound_at(rates, {norm.view(), run.distance, run.T, bound.which()}, rows.step);
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
                                 rounded(run.distance), run.grad_norm, note);
  std::vector<std::string> header{"step", "learning rate"};
  if (!run.loss.empty()) header.push_back(run.loss);
  header.emplace_back("bound");
  Table table(header);
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
  json["criterion"] = bound.criterion;
  json["distance"] = run.distance;
  json["grad_norm"] = grad_norm_json(run.grad_norm);
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

std::vector<std::string> run_names(const std::vector<LogSource>& sources) {
  const auto parts = [](const std::string& file) {
    std::vector<std::string> out(1);
    for (const char c : std::filesystem::path(file).stem().string()) {
      if (c == '_') {
        out.emplace_back();
      } else {
        out.back() += c;
      }
    }
    return out;
  };
  std::vector<std::string> names;
  for (const LogSource& source : sources) {
    std::string name;
    for (const std::string& part : parts(source.file)) {
      const bool shared =
          sources.size() > 1 && std::all_of(sources.begin(), sources.end(), [&](const LogSource& other) {
            const auto theirs = parts(other.file);
            return std::find(theirs.begin(), theirs.end(), part) != theirs.end();
          });
      if (!shared) name += (name.empty() ? "" : "_") + part;
    }
    if (!source.label.empty()) name = source.label;
    names.push_back(name.empty() ? fmt::format("run {}", names.size() + 1) : name);
  }
  return names;
}

RunLog read_run(const LogSource& source, const ReadOptions& options) {
  // From the oldest run on, so that each branch is put on what it continues.
  std::vector<std::string> files{source.file};
  files.insert(files.end(), source.bases.begin(), source.bases.end());
  RunLog log = read_log(files.back(), options);
  for (std::size_t k = files.size() - 1; k-- > 0;) log = merge_branch(log, read_log(files[k], options));
  return log;
}

void LoggedRunOptions::add_to(CLI::App& verb) {
  verb.add_option("--log", source.file, "Training log (JSON, JSON lines or CSV)")->type_name("RUN");
  verb.add_option("--base", source.bases, "The run that the log continues; may be repeated")
      ->type_name("RUN")
      ->expected(1)
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeAll);
  verb.add_option("--columns", columns, "Columns of the log by their standard names (step, lr, grad_norm)")
      ->type_name("SOURCE=STANDARD,...");
  verb.add_option("--log-warmup", warmup, "Length of a linear warmup from 0 that the log lacks")->type_name("N");
  verb.add_option("--max-gap", max_gap, "Longest stretch of steps to bridge; default ten times the usual one")
      ->type_name("N");
}

RunLog LoggedRunOptions::read(const std::set<std::string>& may_be_skipped) const {
  ReadOptions options = read_options(columns);
  options.may_be_skipped = may_be_skipped;
  return read_run(source, options);
}

DenseOptions LoggedRunOptions::dense() const {
  return {read_steps("log-warmup", warmup).value_or(0), read_steps("max-gap", max_gap).value_or(0)};
}

ReadOptions read_options(const std::string& columns) {
  ReadOptions options;
  for (std::size_t begin = 0; begin < columns.size();) {
    const std::size_t end = std::min(columns.find(',', begin), columns.size());
    const std::string entry = columns.substr(begin, end - begin);
    const std::size_t equals = entry.find('=');
    if (equals == 0 || equals == std::string::npos || equals + 1 == entry.size()) {
      fail("columns = " + entry + ": must be SOURCE=STANDARD, e.g. loss=train_loss");
    }
    options.columns[entry.substr(0, equals)] = entry.substr(equals + 1);
    begin = end + 1;
  }
  return options;
}

ReadOptions LogOptions::read_options() const { return cli::read_options(columns); }

DenseOptions LogOptions::dense() const {
  return {read_steps("log-warmup", warmup).value_or(0), read_steps("max-gap", max_gap).value_or(0)};
}

void LogOptions::add_to(CLI::App& verb, const std::string& meaning) {
  // Called where they stand on the command line, so that --base and --label belong to the --log before them.
  const auto preceding = [this](std::string_view option) -> LogSource& {
    if (logs.empty()) fail(fmt::format("{}: must come after the --log it belongs to", option));
    return logs.back();
  };
  verb.add_option_function<std::string>(
          "--log",
          [this](const std::string& file) {
            logs.push_back({file, {}, {}});
          },
          meaning + "; may be repeated")
      ->type_name("RUN")
      ->trigger_on_parse();
  verb.add_option_function<std::string>(
          "--base", [preceding](const std::string& file) { preceding("--base").bases.push_back(file); },
          "The run that the preceding --log (or --base) continues")
      ->type_name("RUN")
      ->trigger_on_parse();
  verb.add_option_function<std::string>(
          "--label", [preceding](const std::string& text) { preceding("--label").label = text; },
          "Name of the preceding --log in the table and the figure")
      ->type_name("TEXT")
      ->trigger_on_parse();
  verb.add_option("--columns", columns,
                  "Columns of the logs by their standard names (step, lr, val_loss, train_loss, grad_norm)")
      ->type_name("SOURCE=STANDARD,...");
  verb.add_option("--log-warmup", warmup, "Length of a linear warmup from 0 that the log lacks")->type_name("N");
  verb.add_option("--max-gap", max_gap, "Longest stretch of steps to bridge; default ten times the usual one")
      ->type_name("N");
}

void bound_along_logs(const LogOptions& logs, const BoundOptions& bound, const OutputOptions& output) {
  std::vector<LoggedBound> runs;
  for (const LogSource& source : logs.logs) runs.push_back(evaluate(source, logs, bound));
  const std::vector<std::string> names = run_names(logs.logs);
  for (std::size_t k = 0; k < runs.size(); ++k) runs[k].name = names[k];
  if (!output.figure.empty()) plot::write_figure(draw(runs, bound.which()), output.figure);
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
