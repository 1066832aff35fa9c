#include "cli/log_source.hpp"

#include <optional>
#include <utility>

#include "base/error.hpp"
#include "shell/file.hpp"
#ifdef SCHEDULED_WITH_ANYTIME
#include "scheduled/anytime.hpp"
#endif

namespace scheduled::cli {
#ifdef SCHEDULED_WITH_ANYTIME
namespace {

/// The log of one line; nothing where `file` names none.
std::optional<RunLog> log_of_line(const std::string& file) {
  std::pair<std::string, std::string> run{file, "trunk"};
  if (!is_run_folder(file)) {
    const std::size_t colon = file.rfind(':');
    if (colon == std::string::npos || !is_run_folder(file.substr(0, colon))) return std::nullopt;
    run = {file.substr(0, colon), file.substr(colon + 1)};
  }
  RunLog log = RunStore::open(run.first, RunStore::Access::read).log_of(run.second);
  if (log.step.empty()) shell::fail_file(file, "has logged nothing");
  return log;
}

}  // namespace

std::vector<RunFiles> lines_of(const std::string& file) {
  if (!is_run_folder(file)) return {};
  const RunStore store = RunStore::open(file, RunStore::Access::read);
  const RunRecord record = store.record();
  std::vector<RunFiles> lines;
  for (const OwnRun& run : own_runs(store)) {
    const std::string& parent = record.line(run.name).parent;
    lines.push_back({concat({file, ":", run.name}), {}, run.name});
    if (!parent.empty()) lines.back().bases.push_back(concat({file, ":", parent}));
  }
  if (lines.empty()) shell::fail_file(file, "has logged nothing");
  return lines;
}
#else
namespace {

std::optional<RunLog> log_of_line(const std::string&) { return std::nullopt; }

}  // namespace

std::vector<RunFiles> lines_of(const std::string&) { return {}; }
#endif

RunLog read_source(const std::string& file, const ReadOptions& options) {
  if (file == "-") return parse_log(shell::source_name(file), shell::read_text(file), options);
  if (std::optional<RunLog> line = log_of_line(file)) return *std::move(line);
  return read_log(file, options);
}

}  // namespace scheduled::cli
