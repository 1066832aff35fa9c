#include "cli/log_options.hpp"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <filesystem>

#include "base/error.hpp"
#include "shell/file.hpp"

namespace scheduled::cli {

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
    names.push_back(name.empty() ? "run " + std::to_string(names.size() + 1) : name);
  }
  return names;
}

RunLog read_one(const std::string& file, const ReadOptions& options) {
  return file == "-" ? parse_log(source_name(file), read_text(file), options) : read_log(file, options);
}

RunLog read_run(const LogSource& source, const ReadOptions& options) {
  // From the oldest run on, so that each branch is put on what it continues.
  std::vector<std::string> files{source.file};
  files.insert(files.end(), source.bases.begin(), source.bases.end());
  RunLog log = read_one(files.back(), options);
  for (std::size_t k = files.size() - 1; k-- > 0;) log = merge_branch(log, read_one(files[k], options));
  return log;
}

ReadOptions LogOptions::read_options(const std::set<std::string>& may_be_skipped) const {
  ReadOptions options;
  options.columns = {columns.names.begin(), columns.names.end()};
  options.may_be_skipped = may_be_skipped;
  return options;
}

void LogOptions::add_to(Verb& verb, const std::string& meaning) {
  const auto preceding = [this](std::string_view name) -> LogSource& {
    if (logs.empty()) fail_argument(concat({"--", name}), "must come after the --log it belongs to");
    return logs.back();
  };
  verb.add_calls(
          "--log",
          [this](std::string_view, std::string_view file) {
            logs.push_back({std::string(file), {}, {}});
          },
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
  verb.add("--columns", columns,
           "Columns of the logs by their standard names (step, lr, val_loss, train_loss, grad_norm)")
      .type("SOURCE=STANDARD,...");
  verb.add("--log-warmup", warmup, "Length of a linear warmup from 0 that the log lacks").type("N");
  verb.add("--max-gap", max_gap, "Longest stretch of steps to bridge; default ten times the usual one").type("N");
}

namespace {

void add_settings_to(CLI::App& verb, LogOptions& options, const std::string& columns) {
  verb.add_option_function<std::string>(
          "--columns",
          [&options](const std::string& text) { options.columns = Argument<ColumnNames>::read("columns", text); },
          "Columns of the log by their standard names (" + columns + ")")
      ->type_name("SOURCE=STANDARD,...");
  verb.add_option_function<std::string>(
          "--log-warmup",
          [&options](const std::string& text) { options.warmup = Argument<std::int64_t>::read("log-warmup", text); },
          "Length of a linear warmup from 0 that the log lacks")
      ->type_name("N");
  verb.add_option_function<std::string>(
          "--max-gap",
          [&options](const std::string& text) { options.max_gap = Argument<std::int64_t>::read("max-gap", text); },
          "Longest stretch of steps to bridge; default ten times the usual one")
      ->type_name("N");
}

}  // namespace

void LogOptions::add_one_to(CLI::App& verb) {
  const auto only = [this]() -> LogSource& { return logs.empty() ? logs.emplace_back() : logs.back(); };
  verb.add_option_function<std::string>(
          "--log", [only](const std::string& file) { only().file = file; }, "Training log (JSON, JSON lines or CSV)")
      ->type_name("RUN");
  verb.add_option_function<std::string>(
          "--base", [only](const std::string& file) { only().bases.push_back(file); },
          "The run that the log continues; may be repeated")
      ->type_name("RUN")
      ->trigger_on_parse();
  add_settings_to(verb, *this, "step, lr, grad_norm");
}

void LogOptions::add_to(CLI::App& verb, const std::string& meaning) {
  const auto preceding = [this](std::string_view option) -> LogSource& {
    if (logs.empty()) fail_argument(option, "must come after the --log it belongs to");
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
  add_settings_to(verb, *this, "step, lr, val_loss, train_loss, grad_norm");
}

}  // namespace scheduled::cli

namespace scheduled::shell {

cli::ColumnNames Argument<cli::ColumnNames>::read(std::string_view name, std::string_view text) {
  cli::ColumnNames columns;
  for (const std::string& entry : read_list(name, text)) {
    columns.names.insert(read_pair(name, entry, "SOURCE=STANDARD, e.g. loss=train_loss"));
  }
  return columns;
}

}  // namespace scheduled::shell
