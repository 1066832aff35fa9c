#include "cli/log_source.hpp"

#include <algorithm>
#include <cstdint>
#include <filesystem>
#include <map>
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

/// A run's folder and the name of a line; nothing where `file` names none.
std::optional<std::pair<std::string, std::string>> line_of(const std::string& file) {
  if (is_run_folder(file)) return std::pair{file, std::string("trunk")};
  const std::size_t colon = file.rfind(':');
  if (colon == std::string::npos || !is_run_folder(file.substr(0, colon))) return std::nullopt;
  return std::pair{file.substr(0, colon), file.substr(colon + 1)};
}

RunLog log_of_line(const std::string& folder, const std::string& line) {
  return RunStore::open(folder, RunStore::Access::read).log_of(line);
}

}  // namespace

std::vector<RunFiles> lines_of(const std::string& file) {
  if (!is_run_folder(file)) return {};
  const RunStore store = RunStore::open(file, RunStore::Access::read);
  const RunRecord record = store.record();
  std::vector<RunFiles> lines;
  for (const std::string& name : store.logged_lines()) {
    const std::string& parent = record.line(name).parent;
    lines.push_back({concat({file, ":", name}), {}, name});
    if (!parent.empty()) lines.back().bases.push_back(concat({file, ":", parent}));
  }
  if (lines.empty()) shell::fail_file(file, "has logged nothing");
  return lines;
}
#else
namespace {

std::optional<std::pair<std::string, std::string>> line_of(const std::string&) { return std::nullopt; }

RunLog log_of_line(const std::string&, const std::string&) { return {}; }

}  // namespace

std::vector<RunFiles> lines_of(const std::string&) { return {}; }
#endif

namespace {

/// Gives columns their standard names. All are taken out before one is put in: names may change places.
void give_names(RunLog& log, const std::map<std::string, std::string>& source_of) {
  std::map<std::string, std::vector<double>> columns;
  std::map<std::string, std::vector<std::int64_t>> not_finite;
  for (const auto& [standard, source] : source_of) {
    columns.emplace(standard, std::move(log.column.extract(source).mapped()));
    if (auto lost = log.not_finite_steps.extract(source)) not_finite.emplace(standard, std::move(lost.mapped()));
    log.source.erase(source);
  }
  for (auto& [standard, values] : columns) {
    if (log.column.contains(standard)) {
      log.notes.push_back(concat({"column ", standard, " is left out: another column has its name"}));
      log.not_finite_steps.erase(standard);
    }
    log.column.insert_or_assign(standard, std::move(values));
    log.source.insert_or_assign(standard, source_of.at(standard));
  }
  log.not_finite_steps.merge(not_finite);
}

/// What `options` say of a line's log. Its record knows steps and rates; names of metrics can be given.
RunLog with_names(const std::string& file, RunLog log, const ReadOptions& options) {
  const bool for_others = options.is_part;  // the settings may be for the other files
  if (!for_others && (!options.format.empty() || !options.patterns.empty() || options.step_offset != 0 ||
                      options.lr_of != RateOf::automatic)) {
    shell::fail_file(file,
                     "is a run of ours, whose record knows steps and rates: --format, --pattern, --step-offset and "
                     "--lr-of are for other logs");
  }
  const auto of_record = [](const std::string& column) { return column == "step" || column == "lr"; };
  std::map<std::string, std::string> source_of;
  for (const auto& [source, standard] : options.columns) {
    if (of_record(source) || of_record(standard)) {
      fail_value("columns", concat({source, "=", standard}),
                 concat({file, " has its steps and rates from the record"}));
    }
    if (options.is_part && !log.has(source)) {
      log.lacking.push_back(source);
      continue;
    }
    log.at(source);  // names the metrics there are
    if (!source_of.emplace(standard, source).second) {
      shell::fail_file(file, concat({"the options give two columns \"", standard, "\""}));
    }
  }
  give_names(log, source_of);
  return join_logs({&log, 1});  // tells anew which losses are not finite any more
}

/// The sources that "+" joins in `name`, each a file or a line of a run; `name` alone where it is none of that.
std::vector<std::string> parts_of(const std::string& name) {
  std::error_code error;
  if (std::filesystem::exists(name, error)) return {name};  // a line's name has no "+"
  std::vector<std::string> parts = log_parts(name);
  const auto there = [&](const std::string& part) { return std::filesystem::exists(part, error) || line_of(part); };
  // One that is there tells that they are parts, of which another is missing.
  return std::any_of(parts.begin(), parts.end(), there) ? parts : std::vector<std::string>{name};
}

}  // namespace

RunLog read_source(const std::string& file, const ReadOptions& options) {
  if (file == "-") return parse_log(shell::source_name(file), shell::read_text(file), options);
  const std::vector<std::string> parts = parts_of(file);
  if (parts.size() > 1) return read_joined(parts, options, read_source);
  const auto line = line_of(file);
  if (!line) return read_log(file, options);
  RunLog log = log_of_line(line->first, line->second);
  if (log.step.empty()) shell::fail_file(file, "has logged nothing");
  return with_names(file, std::move(log), options);
}

std::vector<std::filesystem::path> source_files(const std::string& file) {
  if (file == "-") return {};
  std::vector<std::filesystem::path> files;
  for (const std::string& part : parts_of(file)) {
    const auto line = line_of(part);
    if (line || std::filesystem::exists(part)) files.emplace_back(line ? line->first : part);
  }
  return files;
}

}  // namespace scheduled::cli
