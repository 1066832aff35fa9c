#include "cli/log_options.hpp"

#include <cmath>
#include <map>
#include <memory>
#include <utility>

#include "base/csv.hpp"
#include "base/error.hpp"
#include "cli/log_source.hpp"
#include "runlog/records.hpp"
#include "scheduled/describe.hpp"
#include "shell/arguments.hpp"
#include "shell/output.hpp"
#include "shell/process.hpp"

namespace scheduled::cli {

namespace {

constexpr const char* lr_meaning = "The schedule of a log without learning rates, or with rounded ones";
constexpr const char* pattern_meaning =
    "Read lines of text by this, such as 'step {step}: loss {train_loss} lr {lr}'; may be repeated";
constexpr const char* restarts_meaning =
    "Where steps go back, which of two rows of a step counts: keep-last, keep-first, their average, or none (error); "
    "automatic: the average in the format history, else keep-last";
constexpr const char* lr_of_meaning = "A row has the rate of its own update (same) or of the next one (next)";
constexpr const char* continue_meaning =
    "After the last logged rate go on along its rows' linear, cosine or 1-sqrt decay to 0";
constexpr const char* offset_meaning = "Added to every step: 1 where the first update is logged as step 0";

std::vector<std::string_view> format_names() {
  std::vector<std::string_view> names;
  for (const LogFormat& format : log_formats()) names.push_back(format.name);
  return names;
}

std::string format_meaning() {
  std::string names;
  for (const std::string_view name : format_names()) names += concat({names.empty() ? "" : ", ", name});
  return "Insist on this format: " + names;
}

constexpr const char* log_meaning =
    "Training log: a file, a folder of TensorBoard or MLflow, A+B for files of one run, or RUNFOLDER:LINE";

RunLog with_schedule(RunLog log, const std::string& spec) {
  if (spec.empty()) return log;
  const std::vector<NamedSchedule> schedules = read_spec(spec, horizon_of(log));
  if (schedules.size() != 1) fail_value("lr", spec, "must be one schedule");
  return with_rates(std::move(log), schedules.front().schedule);
}

}  // namespace

void warn_of(const RunLog& log) {
  for (const std::string& note : log.notes) warn(concat({log.name, ": ", note}));
}

void print_csv(const RunLog& log) {
  Output output;
  std::vector<std::string> row{"step"};
  for (const auto& [name, values] : log.column) row.push_back(name);
  output.write(csv_line(row));
  for (std::size_t k = 0; k < log.rows(); ++k) {
    row.assign(1, std::to_string(log.step[k]));
    for (const auto& [name, values] : log.column) row.push_back(std::isnan(values[k]) ? "" : format_number(values[k]));
    output.write(csv_line(row));
  }
  output.flush();
}

std::vector<std::pair<std::string, std::string>> LogOptions::given_settings() const {
  std::vector<std::pair<std::string, std::string>> given;
  const auto add = [&](const char* name, bool is_given, std::string value) {
    if (is_given) given.emplace_back(name, std::move(value));
  };
  std::string names;
  for (const auto& [source, standard] : columns.names) {
    names += (names.empty() ? "" : ",") + source + "=" + standard;
  }
  std::string templates;
  for (const std::string& pattern : patterns) templates += (templates.empty() ? "" : "\n") + pattern;
  add("columns", !names.empty(), names);
  add("log-warmup", warmup.has_value(), std::to_string(warmup.value_or(0)));
  add("max-gap", max_gap.has_value(), std::to_string(max_gap.value_or(0)));
  add("lr", !lr.empty(), lr);
  add("format", !format.empty(), format);
  add("pattern", !patterns.empty(), templates);
  add("restarts", restarts != Restarts::automatic, std::string(word_of(restarts)));
  add("lr-of", lr_of != RateOf::automatic, std::string(word_of(lr_of)));
  add("step-offset", step_offset.has_value(), std::to_string(step_offset.value_or(0)));
  add("continue-lr", continue_lr, "yes");
  return given;
}

ReadOptions LogOptions::read_options() const {
  return {.columns = columns.names,
          .restarts = restarts,
          .format = format,
          .patterns = patterns,
          .step_offset = step_offset.value_or(0),
          .lr_of = lr_of,
          .continue_lr = continue_lr,
          .says_warmup = warmup.has_value(),
          .gives_rates = !lr.empty()};
}

std::vector<RunFiles> LogOptions::with_lines(const std::vector<RunFiles>& runs) {
  std::vector<RunFiles> all;
  for (const RunFiles& run : runs) {
    const std::vector<RunFiles> lines = run.bases.empty() ? lines_of(run.file) : std::vector<RunFiles>{};
    if (lines.empty()) all.push_back(run);
    all.insert(all.end(), lines.begin(), lines.end());
  }
  return all;
}

RunLog LogOptions::with_lr(RunLog log) const { return with_schedule(std::move(log), lr); }

RunLog LogOptions::read_quietly(const RunFiles& run) const {
  return with_lr(read_run(run, read_options(), read_source));
}

RunLog LogOptions::read(const RunFiles& run) const {
  RunLog log = read_quietly(run);
  warn_of(log);
  return log;
}

std::vector<OwnRun> LogOptions::read_all(const std::vector<RunFiles>& all) const {
  std::vector<OwnRun> runs = read_runs(with_lines(all), read_options(), read_source);
  std::map<std::shared_ptr<const RunLog>, std::shared_ptr<const RunLog>> bases;  // as read -> with the rates
  for (OwnRun& run : runs) {
    // The rates of a branch begin with those of its base.
    run.log = with_lr(std::move(run.log));
    warn_of(run.log);
    if (!run.base || lr.empty()) continue;
    std::shared_ptr<const RunLog>& base = bases[run.base];
    if (!base) base = std::make_shared<const RunLog>(with_lr(*run.base));
    run.base = base;
  }
  return runs;
}

void LogOptions::add_to(Verb& verb, const std::string& meaning) {
  const auto preceding = [this](std::string_view name) -> RunFiles& {
    if (logs.empty()) fail_argument(concat({"--", name}), "must come after the --log it belongs to");
    return logs.back();
  };
  verb.add_calls(
          "--log", [this](std::string_view, std::string_view file) { logs.push_back({std::string(file)}); },
          meaning + "; may be repeated")
      .type("RUN");
  verb.add_calls(
          "--base",
          [preceding](std::string_view name, std::string_view file) { preceding(name).bases.emplace_back(file); },
          "The run that the preceding --log (or --base) continues")
      .type("RUN");
  verb.add_calls(
          "--label", [preceding](std::string_view name, std::string_view text) { preceding(name).label = text; },
          "Name of the preceding --log in the table and the figure")
      .type("TEXT");
  add_settings_to(verb, "Columns of the logs by their standard names (step, lr, val_loss, train_loss, grad_norm)");
}

void LogOptions::add_settings_to(Verb& verb, const std::string& of_columns) {
  verb.add("--columns", columns, of_columns).type("SOURCE=STANDARD,...");
  verb.add("--log-warmup", warmup,
           "Length of a linear warmup from 0 that the log lacks; default: what a rise of its first rows tells")
      .type("N");
  verb.add("--max-gap", max_gap, "Longest stretch of steps to bridge; default ten times the usual one").type("N");
  verb.add("--lr", lr, lr_meaning).type("SPEC").suggest(suggest_schedules);
  verb.add("--format", format, format_meaning()).type("NAME").suggest(suggest_words(format_names()));
  verb.add_each("--pattern", patterns, pattern_meaning).type("TEMPLATE");
  verb.add("--restarts", restarts, restarts_meaning).type("HOW");
  verb.add("--lr-of", lr_of, lr_of_meaning).type("WHICH");
  verb.add("--step-offset", step_offset, offset_meaning).type("N");
  verb.add("--continue-lr", continue_lr, continue_meaning);
}

void LogOptions::add_one_to(Verb& verb) {
  const auto only = [this]() -> RunFiles& { return logs.empty() ? logs.emplace_back() : logs.back(); };
  verb.add_calls(
          "--log",
          [only](std::string_view, std::string_view file) {
            if (!only().file.empty()) fail_argument("--log", "can be given once");
            only().file = file;
          },
          log_meaning)
      .type("RUN");
  verb.add_calls(
          "--base", [only](std::string_view, std::string_view file) { only().bases.emplace_back(file); },
          "The run that the log continues; may be repeated")
      .type("RUN");
  add_settings_to(verb, "Columns of the log by their standard names (step, lr, grad_norm)");
}

}  // namespace scheduled::cli

namespace scheduled::shell {

cli::ColumnNames Argument<cli::ColumnNames>::read(std::string_view, std::string_view text) {
  return {parse_columns(text)};
}

}  // namespace scheduled::shell
