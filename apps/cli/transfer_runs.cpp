// The runs of transfer --from-sweep: tables, or a log for each run.
#include <filesystem>

#include "base/error.hpp"
#include "cli/log_source.hpp"
#include "cli/transfer_sweep.hpp"
#include "shell/file.hpp"
#include "shell/process.hpp"
#include "shell/progress.hpp"
#ifdef SCHEDULED_WITH_LAW
#include "scheduled/forecast.hpp"
#endif

namespace scheduled::cli {
namespace {

bool is_table(const std::string& file) {
  std::error_code error;
  if (!std::filesystem::is_regular_file(file, error)) return false;
  return is_lr_sweep(read_text(file));
}

#ifdef SCHEDULED_WITH_LAW
std::vector<LrSweepRun> runs_of_logs(const std::vector<std::string>& files, const SweepTransfer& options) {
  std::vector<RunFiles> logs;
  for (const std::string& file : files) logs.push_back({file, {}, {}});
  ReadOptions how;
  if (!options.columns.empty()) how.columns = parse_columns(options.columns);
  const std::vector<OwnRun> runs = read_runs(logs, how, read_source);
  LrSweepLogOptions sweep;
  sweep.column = options.column;
  if (options.plan) sweep.plan = options.plan->schedule;
  const Busy busy;
  const LrSweepLogs found = lr_sweep_of_logs(runs, sweep);
  for (const std::string& note : found.notes) warn(note);
  return found.runs;
}
#else
std::vector<LrSweepRun> runs_of_logs(const std::vector<std::string>& files, const SweepTransfer&) {
  fail_value("SPEC", files.front(), "is no table of runs; logs need the loss laws, which this build lacks");
}
#endif

}  // namespace

std::vector<LrSweepRun> read_sweep_runs(const std::vector<std::string>& files, const SweepTransfer& options) {
  std::vector<LrSweepRun> runs;
  std::vector<std::string> logs;
  for (const std::string& file : files) {
    if (file != "-" && !is_table(file)) {
      logs.push_back(file);
      continue;
    }
    const LrSweepTable table =
        parse_lr_sweep(source_name(file), read_text(file), parse_lr_sweep_columns(options.columns));
    for (const std::string& note : table.notes) warn(concat({source_name(file), ": ", note}));
    runs.insert(runs.end(), table.runs.begin(), table.runs.end());
  }
  if (options.plan && logs.empty()) fail_argument("plan", "is for logs; tables say the horizon of each run");
  if (!options.column.empty() && logs.empty()) {
    fail_argument("column", "is for logs; of tables --columns NAME=loss says it");
  }
  if (!logs.empty()) {
    const std::vector<LrSweepRun> more = runs_of_logs(logs, options);
    runs.insert(runs.end(), more.begin(), more.end());
  }
  return runs;
}

}  // namespace scheduled::cli
