// Files that belong to one run, and what its columns serve for.
#include <algorithm>
#include <array>
#include <cmath>
#include <filesystem>
#include <map>
#include <memory>
#include <utility>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "runlog/head.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

constexpr std::array<std::string_view, 2> losses = {"val_loss", "train_loss"};

/// The file's name without its suffix, cut at "_".
std::vector<std::string> joined_parts(const std::string& file) {
  std::vector<std::string> parts(1);
  for (const char c : std::filesystem::path(file).stem().string()) {
    if (c == '_') {
      parts.emplace_back();
    } else {
      parts.back() += c;
    }
  }
  return parts;
}

/// Of a log that has neither of the usual losses: its columns, and how to say which of them is one.
std::string unnamed_loss(const RunLog& log) {
  std::string columns;
  for (const auto& [name, values] : log.column) columns += (columns.empty() ? "" : ", ") + name;
  return concat(
      {"; ", log.name, " has ", columns, ": ", columns_text("SOURCE", "val_loss"), " says which is its loss"});
}

/// Of logs each of which has one of the losses, but none that all have: the first that lacks each.
template <class List, class LogOf>
std::string apart_losses(const List& list, LogOf log_of) {
  std::string text;
  for (const std::string_view column : losses) {
    const auto lacks =
        std::find_if(list.begin(), list.end(), [&](const auto& entry) { return !has_values(log_of(entry), column); });
    if (lacks != list.end()) text += concat({"; ", log_of(*lacks).name, " has no ", column});
  }
  return text;
}

/// The losses that all logs of `list` have; `log_of` makes a log of its entries.
template <class List, class LogOf>
std::string_view common_loss(const List& list, LogOf log_of) {
  for (const std::string_view column : losses) {
    const auto has = [&](const auto& entry) { return has_values(log_of(entry), column); };
    if (std::all_of(list.begin(), list.end(), has)) return column;
  }
  const auto none = std::find_if(list.begin(), list.end(), [&](const auto& entry) {
    return std::none_of(losses.begin(), losses.end(), [&](std::string_view loss) { return log_of(entry).has(loss); });
  });
  fail_argument("column", concat({"neither val_loss nor train_loss is in ", list.size() == 1 ? "the log" : "all logs",
                                  "; name one that is with ", option_text("column", "NAME"),
                                  none == list.end() ? apart_losses(list, log_of) : unnamed_loss(log_of(*none))}));
}

}  // namespace

RunLog read_run(const RunFiles& run, const ReadOptions& options, const LogReader& read) {
  // From the oldest run on, so that each branch is put on what it continues.
  std::vector<std::string> files{run.file};
  files.insert(files.end(), run.bases.begin(), run.bases.end());
  RunLog log = read(files.back(), options);
  for (std::size_t k = files.size() - 1; k-- > 0;) log = merge_branch(log, read(files[k], options));
  return log;
}

RunLog read_joined(std::span<const std::string> files, const ReadOptions& options, const LogReader& read) {
  if (files.size() == 1) return read(files.front(), options);
  ReadOptions of_part = options;
  of_part.continue_lr = false;  // the rows may go on in another part
  of_part.is_part = true;
  std::vector<RunLog> logs;
  for (const std::string& file : files) logs.push_back(read(file, of_part));
  RunLog joined = join_logs(logs);
  if (!joined.lacking.empty() && !options.is_part) {
    runlog::fail_at(joined.name, 0,
                    concat({"no column ", runlog::quote(joined.lacking.front()), ", which the options name"}));
  }
  return options.continue_lr ? continue_rates(std::move(joined)) : joined;
}

std::vector<OwnRun> read_runs(std::span<const RunFiles> runs, const ReadOptions& options, const LogReader& read) {
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const auto before = runs.first(k);
    const bool twice = std::any_of(before.begin(), before.end(), [&](const RunFiles& other) {
      return other.file == runs[k].file && other.bases == runs[k].bases;
    });
    if (twice) {
      throw ArgumentError(
          {.requirement = "is given twice; its losses would count double", .place = Place{runs[k].file}});
    }
  }
  const std::vector<std::string> names = run_names(runs);
  std::map<std::vector<std::string>, std::shared_ptr<const RunLog>> bases;  // each is read once
  std::vector<OwnRun> own;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    const RunFiles& run = runs[k];
    const bool base_counts = !run.bases.empty() && std::any_of(runs.begin(), runs.end(), [&](const RunFiles& other) {
      return other.file == run.bases.front();
    });
    if (!base_counts) {
      own.push_back({names[k], read_run(run, options, read)});
      continue;
    }
    std::shared_ptr<const RunLog>& base = bases[run.bases];
    if (!base) {
      const RunFiles files{run.bases.front(), {run.bases.begin() + 1, run.bases.end()}, {}};
      base = std::make_shared<const RunLog>(read_run(files, options, read));
    }
    RunLog branch = read(run.file, options);
    runlog::drop_head_note(branch);
    own.push_back({names[k], std::move(branch), base});
  }
  return own;
}

std::vector<std::string> run_names(std::span<const RunFiles> runs) {
  std::vector<std::vector<std::string>> parts;
  for (const RunFiles& run : runs) parts.push_back(joined_parts(run.file));
  std::vector<std::string> names;
  for (std::size_t k = 0; k < runs.size(); ++k) {
    std::string name;
    for (const std::string& part : parts[k]) {
      const bool shared = runs.size() > 1 && std::all_of(parts.begin(), parts.end(), [&](const auto& theirs) {
                            return std::find(theirs.begin(), theirs.end(), part) != theirs.end();
                          });
      if (!shared) name += (name.empty() ? "" : "_") + part;
    }
    if (!runs[k].label.empty()) name = runs[k].label;
    names.push_back(name.empty() ? concat({"run ", std::to_string(k + 1)}) : name);
  }
  return names;
}

bool has_values(const RunLog& log, std::string_view column_name) {
  if (!log.has(column_name)) return false;
  const std::vector<double>& values = log.at(column_name);
  return std::any_of(values.begin(), values.end(), [](double value) { return !std::isnan(value); });
}

std::string_view loss_column(const RunLog& log) {
  const auto found =
      std::find_if(losses.begin(), losses.end(), [&](std::string_view column) { return has_values(log, column); });
  return found == losses.end() ? std::string_view{} : *found;
}

std::string_view common_loss_column(std::span<const RunLog> logs) {
  return common_loss(logs, [](const RunLog& log) -> const RunLog& { return log; });
}

std::string_view common_loss_column(std::span<const OwnRun> runs) {
  return common_loss(runs, [](const OwnRun& run) -> const RunLog& { return run.log; });
}

}  // namespace scheduled
