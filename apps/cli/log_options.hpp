// The options of every verb that reads training logs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "scheduled/runlog.hpp"
#include "shell/options.hpp"

namespace scheduled::cli {
using namespace shell;

/// --columns: names in the log and the standard names they mean.
struct ColumnNames {
  std::map<std::string, std::string> names;
};

struct LogOptions {
  std::vector<RunFiles> logs;  ///< the file "-": standard input
  ColumnNames columns;
  std::optional<std::int64_t> warmup, max_gap;
  std::string format;
  std::vector<std::string> patterns;
  Restarts restarts = Restarts::automatic;
  RateOf lr_of = RateOf::automatic;
  std::optional<std::int64_t> step_offset;
  std::string lr;  ///< a schedule for logs without rates; empty: the logged ones
  bool continue_lr = false;

  /// --log, --base and --label; these belong to the --log before them.
  void add_to(Verb& verb, const std::string& meaning);
  /// --log and --base, for verbs that take a single log.
  void add_one_to(Verb& verb);

  bool given() const { return !logs.empty() && !logs.front().file.empty(); }
  /// Those of how to read logs that are given, by their names, with their values.
  std::vector<std::pair<std::string, std::string>> given_settings() const;
  ReadOptions read_options() const;
  DenseOptions dense() const { return {warmup, max_gap.value_or(0)}; }

  /// The log of `run`, joined to the runs that it continues, with the rates of --lr. What is to be noted of it goes to
  /// standard error. Throws as read_run and with_rates.
  RunLog read(const RunFiles& run) const;
  /// The log with the rates of --lr, if that was given.
  RunLog with_lr(RunLog log) const;
  /// The same as `read` without a word: its notes are the caller's to say.
  RunLog read_quietly(const RunFiles& run) const;
  /// The runs, where the folder of a run of ours stands for all its lines.
  static std::vector<RunFiles> with_lines(const std::vector<RunFiles>& runs);
  /// As read_runs of with_lines, in the same way.
  std::vector<OwnRun> read_all(const std::vector<RunFiles>& runs) const;
  /// How logs are read, for verbs that are given them otherwise.
  void add_settings_to(Verb& verb, const std::string& of_columns);
};

/// Says the log's notes on standard error.
void warn_of(const RunLog& log);
/// Prints the log as a table in CSV, and returns when all is written.
void print_csv(const RunLog& log);

}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::ColumnNames> {
  static cli::ColumnNames read(std::string_view name, std::string_view text);
  static std::string show(const cli::ColumnNames&) { return {}; }
};

}  // namespace scheduled::shell
