// scheduled log: what training logs hold, and what they serve for.
#include <fmt/format.h>

#include <algorithm>

#include "base/error.hpp"
#include "cli/draw.hpp"
#include "cli/log_options.hpp"
#include "cli/verbs.hpp"
#include "describe/records.hpp"
#include "plot/series.hpp"
#include "scheduled/describe.hpp"
#include "shell/output.hpp"
#include "shell/schema.hpp"
#include "shell/text.hpp"

namespace scheduled::cli {
namespace {

struct LogVerb {
  std::vector<std::string> files;
  LogOptions logs;
  OutputOptions output;
};

struct Described {
  RunLog log;
  LogDescription about;
};

constexpr std::size_t widest = 60;

std::string columns_text(const LogDescription& about) {
  TextTable table({"column", "from", "rows", "steps", "values"});
  for (const DescribedColumn& column : about.columns) {
    const bool any = column.values > 0;
    table.add({shortened(column.name, widest), column.source.empty() ? "not used" : shortened(column.source, widest),
               std::to_string(column.values), any ? fmt::format("{} to {}", column.first, column.last) : "",
               any ? fmt::format("{} to {}", rounded(column.low), rounded(column.high)) : ""});
  }
  return table.text();
}

std::string gaps_text(const LogDescription& about) {
  if (about.gaps.empty()) return "none";
  constexpr std::size_t few = 3;
  std::string text;
  for (std::size_t k = 0; k < std::min(few, about.gaps.size()); ++k) {
    text += fmt::format("{}{} to {}", k == 0 ? "" : ", ", about.gaps[k].from, about.gaps[k].to);
  }
  return about.gaps.size() > few ? fmt::format("{} and {} more", text, about.gaps.size() - few) : text;
}

std::string shape_text(const LogDescription& about) {
  if (!about.shape) return "not known: " + about.no_shape;
  const Schedule& schedule = about.shape->schedule;
  if (about.recorded) return fmt::format("{} ({})", print(schedule), about.format == "run" ? "the record" : "given");
  const double peak = std::stod(rounded(schedule.peak()));  // the fit knows no more digits
  constexpr double rounding = 1e-6;
  return fmt::format("{} ({})", print(schedule.with_peak(peak)),
                     about.shape->distance < rounding
                         ? "to six digits"
                         : fmt::format("at most {} of the peak away", percent_text(about.shape->distance)));
}

std::string text_of(const LogDescription& about) {
  std::string text = about.name + "\n";
  const auto say = [&](std::string_view name, const std::string& value) {
    text += fmt::format("  {:<12}{}\n", name, value);
  };
  say("format", about.format);
  say("rows", about.rows == 1 ? fmt::format("1, step {}", about.first_step)
                              : fmt::format("{}, steps {} to {}, mostly every {}", about.rows, about.first_step,
                                            about.last_step, about.spacing));
  say("gaps", gaps_text(about));
  say("restarts", std::to_string(about.restarts));
  say("left out", fmt::format("{} row{}", about.left_out, about.left_out == 1 ? "" : "s"));
  say("rates", shape_text(about));
  if (about.head && about.head->rows > 1) {
    say("begins", fmt::format("at step {}, on the line of its first {} rows from {}", about.head->from,
                              about.head->rows, rounded(about.head->start)));
  }
  text += "\n" + columns_text(about) + "\n";
  for (const LogUse& use : about.uses) {
    const bool said = !about.no_shape.empty() && use.needs.ends_with(about.no_shape);
    const std::string needs = said ? "learning rates of every step: see rates" : use.needs;
    text += fmt::format("  {:<12}{}\n", use.verb, use.works ? "works" : "needs " + needs);
  }
  if (!about.notes.empty()) text += "\nnotes\n";
  for (const std::string& note : about.notes) text += "  - " + note + "\n";
  return text;
}

/// One panel for each kind of column that any of the logs has.
plot::Figure draw(const std::vector<Described>& logs, const std::vector<std::string>& names) {
  struct Kind {
    std::string label;
    std::vector<std::string> columns;
    double weight;
  };
  const std::vector<Kind> kinds{{"loss (nats)", {"train_loss", "val_loss"}, 1.0},
                                {"gradient norm", {"grad_norm"}, 0.75},
                                {"learning rate", {"lr"}, 0.75}};
  std::int64_t end = 1;
  for (const Described& one : logs) end = std::max(end, one.about.last_step);
  plot::Figure figure{{}, plot::Arrangement::stacked, 4.6, 0.0};
  for (const Kind& kind : kinds) {
    std::vector<plot::Line> lines;
    std::size_t style = 0;
    for (std::size_t k = 0; k < logs.size(); ++k) {
      for (const std::string& column : kind.columns) {
        if (!has_values(logs[k].log, column)) continue;
        const Series values = series(logs[k].log, column);
        const std::string label = kind.columns.size() > 1 ? fmt::format("{} {}", names[k], column) : names[k];
        lines.push_back(plot::thinned({label, {values.step.begin(), values.step.end()}, values.value, style++}));
      }
    }
    if (lines.empty()) continue;
    constexpr double skipped = 0.1;  // the first tenth of a run has losses far above all others
    plot::Axis y{.label = kind.label};
    if (kind.label != "learning rate") y.range = plot::settled_range(lines, skipped, plot::Scale::linear);
    figure.panels.push_back({step_axis(end), std::move(y), std::move(lines), kind.weight});
    figure.height += 1.9 * kind.weight;
  }
  if (figure.panels.empty()) fail_argument("--output", "the log has no rates, losses or gradient norms to draw");
  return figure;
}

void run(const LogVerb& verb) {
  if (verb.files.empty()) fail_argument("FILE", "at least one log is needed; see scheduled log --help");
  if (verb.output.csv && verb.files.size() > 1) fail_argument("--csv", "prints the table of one log");
  std::vector<Described> logs;
  std::vector<RunFiles> all;
  for (const std::string& file : verb.files) {
    all.push_back({file});
    RunLog log = verb.output.csv ? verb.logs.read({file}) : verb.logs.read_quietly({file});  // a table has no notes
    LogDescription about = describe_log(log, verb.logs.dense());
    logs.push_back({std::move(log), std::move(about)});
  }
  if (!verb.output.figure.empty()) plot::write_figure(draw(logs, run_names(all)), verb.output.figure);
  if (verb.output.csv) return print_csv(logs.front().log);
  std::string text;
  for (const Described& one : logs) {
    if (verb.output.json) {
      print_line(to_json(one.about));
    } else {
      text += (text.empty() ? "" : "\n") + text_of(one.about);
    }
  }
  print_text(text);
}

}  // namespace

void add_log(Verb& command) {
  Verb& verb = command.verb("log", "What a training log holds, and what the other verbs can do with it");
  auto& options = verb.keep<LogVerb>();
  verb.add_each("FILE", options.files,
                "Training logs: files, folders of TensorBoard or MLflow, or A+B for files of one run");
  options.logs.add_settings_to(
      verb, "Columns of the logs by their standard names (step, lr, val_loss, train_loss, grad_norm)");
  options.output.add_to(verb);
  verb.help(
      "Format, columns found and what the log calls them, rows, gaps, restarts, rows left out, and the schedule that "
      "its\n"
      "rates are like. --csv prints the table as it was read, with the standard names; the figure shows it.\n\n"
      "Examples:\n"
      "  scheduled log trunk.csv\n"
      "  scheduled log trunk.csv --json\n"
      "  scheduled log losses.csv --columns Step=step --csv");
  prints<LogDescription>(verb);
  verb.run([&options] { run(options); });
}

}  // namespace scheduled::cli
