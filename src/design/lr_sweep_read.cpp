#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <initializer_list>
#include <span>
#include <utility>

#include "base/advice.hpp"
#include "base/csv.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/text.hpp"
#include "base/words.hpp"
#include "scheduled/lr_sweep.hpp"

namespace scheduled {
namespace {

using SweepNames = std::span<const std::string_view>;

constexpr std::array<std::string_view, 6> standard_columns{"peak", "steps", "loss", "batch", "size", "schedule"};
enum SweepColumn : std::size_t { in_peak, in_steps, in_loss, in_batch, in_size, in_schedule };

constexpr std::array<std::string_view, 7> peak_names{"peak",    "peak_lr",           "lr", "learning_rate", "max_lr",
                                                     "base_lr", "peak_learning_rate"};
constexpr std::array<std::string_view, 12> steps_names{"steps",     "horizon",     "iterations",  "num_steps",
                                                       "max_steps", "total_steps", "train_steps", "num_train_steps",
                                                       "max_iters", "tokens",      "num_tokens",  "train_tokens"};
constexpr std::array<std::string_view, 9> loss_names{"final_loss", "final_val_loss",   "final_eval_loss",
                                                     "val_loss",   "eval_loss",        "validation_loss",
                                                     "loss",       "final_train_loss", "train_loss"};
constexpr std::array<std::string_view, 4> batch_names{"batch", "batch_size", "global_batch_size", "bs"};
constexpr std::array<std::string_view, 6> size_names{"size",     "params",     "parameters",
                                                     "n_params", "num_params", "model_size"};
constexpr std::array<std::string_view, 6> schedule_names{"schedule",          "spec",       "scheduler", "lr_scheduler",
                                                         "lr_scheduler_type", "lr_schedule"};
constexpr std::array<SweepNames, 6> usual_names{peak_names,  steps_names, loss_names,
                                                batch_names, size_names,  schedule_names};

/// Small letters, _ for - and blanks.
std::string whole_name(std::string_view name) {
  std::string plain(trimmed(name));
  for (char& c : plain) {
    if (c == '-' || c == ' ') c = '_';
    if (c >= 'A' && c <= 'Z') c = static_cast<char>(c - 'A' + 'a');
  }
  return plain;
}

/// The same without what stands before the last dot or slash: "config.max-lr" -> "max_lr".
std::string plain_name(std::string_view name) {
  const std::string whole = whole_name(name);
  const std::size_t at = whole.find_last_of("./");
  return at == std::string::npos ? whole : whole.substr(at + 1);
}

char separator_of(std::string_view header) {
  const auto count = [&](char c) { return std::count(header.begin(), header.end(), c); };
  if (count('\t') > count(',')) return '\t';
  return count(';') > count(',') ? ';' : ',';
}

/// The lines that count, with their numbers.
std::vector<std::pair<std::int64_t, std::string_view>> lines_that_count(std::string_view text) {
  constexpr std::string_view mark = "\xEF\xBB\xBF";
  if (text.starts_with(mark)) text.remove_prefix(mark.size());
  std::vector<std::pair<std::int64_t, std::string_view>> lines;
  for (std::int64_t number = 1; !text.empty(); ++number) {
    const std::size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    text.remove_prefix(std::min(end + 1, text.size()));
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!trimmed(line).empty() && !line.starts_with('#')) lines.emplace_back(number, line);
  }
  return lines;
}

/// Which column of the file is which of ours.
struct SweepHeader {
  char separator = ',';
  std::vector<std::string> cells;
  std::array<std::optional<std::size_t>, standard_columns.size()> place{};
};

SweepHeader header_of(std::string_view line, const std::map<std::string, std::string>& columns) {
  SweepHeader header;
  header.separator = separator_of(line);
  header.cells = cells_of_line(line, header.separator);
  for (std::string& cell : header.cells) cell = std::string(trimmed(cell));
  for (const auto& [source, standard] : columns) {
    const auto found = std::find(header.cells.begin(), header.cells.end(), source);
    if (found == header.cells.end()) continue;
    const std::size_t column = find_word("columns", standard, standard_columns);
    header.place[column] = static_cast<std::size_t>(found - header.cells.begin());
  }
  const auto taken = [&](std::size_t cell) {
    return std::find(header.place.begin(), header.place.end(), std::optional(cell)) != header.place.end();
  };
  for (std::size_t column = 0; column < standard_columns.size(); ++column) {
    for (const std::string_view name : usual_names[column]) {
      for (const auto& name_of : {whole_name, plain_name}) {
        for (std::size_t cell = 0; cell < header.cells.size() && !header.place[column]; ++cell) {
          if (name_of(header.cells[cell]) == name && !taken(cell)) header.place[column] = cell;
        }
      }
    }
  }
  return header;
}

std::string list_of(const std::vector<std::string>& cells) {
  std::string text;
  for (const std::string& cell : cells) text += (text.empty() ? "" : ", ") + cell;
  return text;
}

/// Throws where a column could be another one as well: train/loss beside val/loss.
void check_only_one(const SweepHeader& header, const std::map<std::string, std::string>& columns, const Place& place) {
  for (std::size_t column = 0; column < standard_columns.size(); ++column) {
    if (!header.place[column]) continue;
    const std::string& found = header.cells[*header.place[column]];
    const std::string name = plain_name(found);
    if (name == whole_name(found) || columns.contains(found)) continue;
    std::vector<std::string> alike;
    for (const std::string& cell : header.cells) {
      if (plain_name(cell) == name && !columns.contains(cell)) alike.push_back(cell);
    }
    if (alike.size() < 2) continue;
    throw ArgumentError(
        {.name = std::string(standard_columns[column]),
         .requirement = concat({"may be any of ", list_of(alike), ". ", columns_text("NAME", standard_columns[column]),
                                " says which one it is"}),
         .place = place});
  }
}

void check_header(const SweepHeader& header, const std::map<std::string, std::string>& columns, const Place& place) {
  for (const auto& [source, standard] : columns) {
    if (std::find(header.cells.begin(), header.cells.end(), source) == header.cells.end()) {
      const std::vector<std::string_view> words(header.cells.begin(), header.cells.end());
      throw ArgumentError({.name = "columns",
                           .value = source,
                           .requirement = concat({"is no column: ", must_be_one_of(source, words)}),
                           .place = place});
    }
  }
  for (const SweepColumn column : {in_peak, in_steps, in_loss}) {
    if (header.place[column]) continue;
    throw ArgumentError(
        {.name = std::string(standard_columns[column]),
         .requirement = concat({"no column is called so, or ", word_list(usual_names[column]),
                                "; there are: ", list_of(header.cells), ". ",
                                columns_text("NAME", standard_columns[column]), " says which one it is"}),
         .place = place});
  }
  check_only_one(header, columns, place);
}

bool is_missing(std::string_view cell) {
  const std::string plain = whole_name(cell);
  return plain.empty() || plain == "na" || plain == "n/a" || plain == "null" || plain == "none";
}

/// Nothing: the run has no loss.
std::optional<LrSweepRun> run_of(const SweepHeader& header, const std::vector<std::string>& cells, const Place& place) {
  const auto text = [&](SweepColumn column) { return trimmed(cells[*header.place[column]]); };
  const auto number = [&](SweepColumn column) {
    const std::optional<double> value = parse_number(text(column));
    const bool positive = value && std::isfinite(*value) && *value > 0.0;
    if (column != in_loss && !positive) {
      throw ArgumentError({.name = header.cells[*header.place[column]],
                           .value = std::string(text(column)),
                           .requirement = "must be a finite number > 0",
                           .place = place});
    }
    return value;
  };
  LrSweepRun run;
  if (is_missing(text(in_loss))) return std::nullopt;
  const std::optional<double> loss = number(in_loss);
  if (!loss && whole_name(text(in_loss)) != "diverged") {
    throw ArgumentError({.name = header.cells[*header.place[in_loss]],
                         .value = std::string(text(in_loss)),
                         .requirement = "must be a number; nan, inf or diverged for a run that diverged",
                         .place = place});
  }
  run.loss = loss.value_or(std::nan(""));
  run.peak = *number(in_peak);
  const double steps = *number(in_steps);
  if (steps != std::floor(steps) || steps > static_cast<double>(largest_count)) {
    throw ArgumentError({.name = header.cells[*header.place[in_steps]],
                         .value = std::string(text(in_steps)),
                         .requirement = "must be a whole number, at most 2^53",
                         .place = place});
  }
  run.steps = static_cast<std::int64_t>(steps);
  if (header.place[in_batch]) run.batch = number(in_batch);
  if (header.place[in_size]) run.size = number(in_size);
  if (header.place[in_schedule]) run.schedule = std::string(text(in_schedule));
  return run;
}

void note_other_columns(const SweepHeader& header, const std::vector<std::vector<std::string>>& rows,
                        std::vector<std::string>& notes) {
  std::vector<std::string> varying;
  for (std::size_t cell = 0; cell < header.cells.size(); ++cell) {
    if (std::find(header.place.begin(), header.place.end(), std::optional(cell)) != header.place.end()) continue;
    const bool varies =
        std::any_of(rows.begin(), rows.end(), [&](const auto& row) { return row[cell] != rows[0][cell]; });
    if (varies) varying.push_back(header.cells[cell]);
  }
  if (!varying.empty()) {
    notes.push_back(concat({"not used, although runs differ in it: ", list_of(varying)}));
  }
}

}  // namespace

std::map<std::string, std::string> parse_lr_sweep_columns(std::string_view text) {
  std::map<std::string, std::string> columns;
  if (text.empty()) return columns;
  for (const std::string& entry : cells_of_line(text)) {
    const std::size_t at = entry.rfind('=');
    if (at == std::string::npos || at == 0 || at + 1 == entry.size()) {
      fail_value("columns", entry, "must be SOURCE=STANDARD, e.g. max_lr=peak");
    }
    const std::string standard(trimmed(std::string_view(entry).substr(at + 1)));
    static_cast<void>(find_word("columns", standard, standard_columns));
    columns[std::string(trimmed(std::string_view(entry).substr(0, at)))] = standard;
  }
  return columns;
}

bool is_lr_sweep(std::string_view content) {
  const auto lines = lines_that_count(content.substr(0, content.find('\0')));
  if (lines.empty()) return false;
  const SweepHeader header = header_of(lines.front().second, {});
  const auto has = [&](std::initializer_list<std::string_view> names) {
    return std::any_of(header.cells.begin(), header.cells.end(), [&](const std::string& cell) {
      return std::find(names.begin(), names.end(), plain_name(cell)) != names.end();
    });
  };
  if (has({"step", "iter", "iteration"})) return false;
  // Whatever stands beside these: the index of pandas has no name or "Unnamed: 0", W&B adds _step.
  if (header.place[in_peak] && header.place[in_steps] && header.place[in_loss]) return true;
  const auto is_name = [](const std::string& cell) {
    const bool good = cell.empty() || std::isalpha(static_cast<unsigned char>(cell.front())) != 0;
    return good && cell.find_first_of("{}[]:=") == std::string::npos;
  };
  return header.cells.size() > 1 && std::all_of(header.cells.begin(), header.cells.end(), is_name) &&
         !has({"global_step"});
}

LrSweepTable parse_lr_sweep(std::string_view name, std::string_view content,
                            const std::map<std::string, std::string>& columns) {
  const auto lines = lines_that_count(content);
  const auto at_line = [&](std::int64_t line) { return Place{std::string(name), line}; };
  if (lines.empty()) throw ArgumentError({.requirement = "is empty", .place = at_line(0)});
  const SweepHeader header = header_of(lines.front().second, columns);
  check_header(header, columns, at_line(lines.front().first));
  LrSweepTable table;
  std::vector<std::vector<std::string>> rows;
  std::int64_t without = 0;
  for (std::size_t k = 1; k < lines.size(); ++k) {
    const Place place = at_line(lines[k].first);
    std::vector<std::string> cells = cells_of_line(lines[k].second, header.separator);
    if (cells.size() != header.cells.size()) {
      throw ArgumentError({.requirement = concat({"has ", std::to_string(cells.size()), " cells, the header has ",
                                                  std::to_string(header.cells.size())}),
                           .place = place});
    }
    std::optional<LrSweepRun> run = run_of(header, cells, place);
    if (!run) {
      ++without;
      continue;
    }
    table.runs.push_back(std::move(*run));
    rows.push_back(std::move(cells));
  }
  if (table.runs.empty()) throw ArgumentError({.requirement = "has no run with a loss", .place = at_line(0)});
  if (without > 0) table.notes.push_back(concat({std::to_string(without), " without a loss do not count"}));
  note_other_columns(header, rows, table.notes);
  return table;
}

}  // namespace scheduled
