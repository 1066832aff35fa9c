// The options of every verb that reads training logs.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <set>
#include <string>
#include <vector>

#include "scheduled/runlog.hpp"
#include "shell/options.hpp"

namespace scheduled::cli {
using namespace shell;

/// One --log with what was said after it.
struct LogSource {
  std::string file;                ///< "-": standard input
  std::vector<std::string> bases;  ///< the run that `file` continues, the run that this one continues, ...
  std::string label;
};

/// --columns: names in the log and the standard names they mean.
struct ColumnNames {
  std::map<std::string, std::string> names;
};

struct LogOptions {
  std::vector<LogSource> logs;
  ColumnNames columns;
  std::optional<std::int64_t> warmup, max_gap;

  /// --log, --base and --label; these belong to the --log before them.
  void add_to(Verb& verb, const std::string& meaning);
  void add_to(CLI::App& verb, const std::string& meaning);
  /// --log and --base, for verbs that take a single log.
  void add_one_to(CLI::App& verb);

  bool given() const { return !logs.empty() && !logs.front().file.empty(); }
  /// Whether --columns, --log-warmup or --max-gap is.
  bool settings_given() const { return !columns.names.empty() || warmup || max_gap; }
  ReadOptions read_options(const std::set<std::string>& may_be_skipped = {}) const;
  DenseOptions dense() const { return {warmup.value_or(0), max_gap.value_or(0)}; }
};

/// Names of runs: their labels, else the file names without the parts ("_" between them) on which all agree.
std::vector<std::string> run_names(const std::vector<LogSource>& sources);

/// The log of `source`, joined to the runs that it continues. Throws std::invalid_argument as read_log.
RunLog read_run(const LogSource& source, const ReadOptions& options);

/// A log by itself; "-" is standard input.
RunLog read_one(const std::string& file, const ReadOptions& options);

}  // namespace scheduled::cli

namespace scheduled::shell {

template <>
struct Argument<cli::ColumnNames> {
  static cli::ColumnNames read(std::string_view name, std::string_view text);
  static std::string show(const cli::ColumnNames&) { return {}; }
};

}  // namespace scheduled::shell
