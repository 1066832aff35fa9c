// Steps of rows, and what it means that they go back.
#include <algorithm>
#include <array>
#include <cctype>
#include <cmath>
#include <set>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/names.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

/// A learning rate, a loss, a norm; or what the data's tokens and samples count.
bool counts_something_else(std::string_view name) {
  if (const std::optional<UsualName> usual = usual_name(name)) return usual->standard != "step";
  std::string lower(name);
  for (char& byte : lower) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  constexpr std::array<std::string_view, 5> words = {"lr", "loss", "token", "sample", "example"};
  return std::any_of(words.begin(), words.end(),
                     [&](std::string_view word) { return lower.find(word) != std::string::npos; });
}

[[noreturn]] void fail_no_step(std::string_view file, const RawTable& table) {
  if (!table.path.empty()) fail_at(file, 0, concat({table.path, ".iter is missing (or step, or iteration)"}));
  if (table.columns.empty() && table.line.empty()) fail_at(file, 0, "not a training log yet: it has no rows");
  std::vector<std::string> there;
  for (const RawColumn& column : table.columns) there.push_back(column.source.empty() ? "\"\"" : column.source);
  const auto counts = std::find_if(table.columns.begin(), table.columns.end(), [](const RawColumn& column) {
    return column.value.size() > 1 && counts_up(column) && !counts_something_else(column.name());
  });
  const std::string advice =
      counts == table.columns.end()
          ? columns_text("NAME", "step") + " names it"
          : concat({counts->source.empty() ? "the column without a name" : printable(counts->source),
                    " counts up: ", columns_text(printable(counts->source), "step"), " says that it is the step"});
  fail_at(file, 0,
          concat({"not a training log: no column step, iter or iteration; there are ", listed(there), "; ", advice}));
}

/// Of each row its step, moved by the offset.
void take_steps(std::string_view file, const Parsed& parsed, const ReadOptions& options, NamedTable& table,
                std::vector<std::string>& notes) {
  const RawTable& raw = *table.raw;
  const RawColumn& column = *table.step_column;
  for (const auto* fault : {&column.fault, &column.not_finite}) {
    if (*fault) fail_entry(file, raw, column, (*fault)->row, (*fault)->text, step_text);
  }
  table.step.assign(column.length, no_step);
  for (std::size_t k = 0; k < column.row.size(); ++k) {
    const double value = column.value[k];
    const double step = value + static_cast<double>(options.step_offset);
    if (!(value >= 0.0 && value <= static_cast<double>(largest_step) && value == std::floor(value))) {
      fail_entry(file, raw, column, column.row[k], format_number(value), step_text);
    }
    if (!(step >= 0.0 && step <= static_cast<double>(largest_step))) {
      fail_entry(file, raw, column, column.row[k], format_number(value),
                 concat({step_text, " with the offset ", std::to_string(options.step_offset)}));
    }
    table.step[column.row[k]] = static_cast<std::int64_t>(step);
  }
  const std::size_t missing = column.length - column.row.size();
  if (missing == 0) return;
  table.left_out += missing;
  const auto first =
      static_cast<std::size_t>(std::find(table.step.begin(), table.step.end(), no_step) - table.step.begin());
  if (parsed.needs_steps) fail_at(file, 0, concat({label(raw, column), "[", std::to_string(first), "]: missing"}));
  const std::string where =
      raw.line.empty() ? concat({"entry ", std::to_string(first)}) : concat({"line ", std::to_string(raw.line[first])});
  notes.push_back(
      concat({std::to_string(missing), missing == 1 ? " row has no step, and is" : " rows have no step, and are",
              " left out (first: ", where, ")"}));
}

/// Which rows hold a number besides the step.
std::vector<char> rows_with_values(const NamedTable& table) {
  std::vector<char> any(table.step.size(), 0);
  for (const Named& named : table.columns) {
    const RowNumbers& rows = named.column->row;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (rows[k] < any.size()) any[rows[k]] = 1;
    }
  }
  return any;
}

/// The rows in which a needed column was logged, for each row the columns; by place in table.columns. NaN and the like
/// count where nothing else stands in the row: beside values they may mean "not logged".
std::vector<std::vector<std::uint32_t>> logged_columns(const NamedTable& table) {
  std::vector<std::vector<std::uint32_t>> logged(table.step.size());
  const std::vector<char> any = rows_with_values(table);
  for (std::size_t c = 0; c < table.columns.size(); ++c) {
    if (!table.columns[c].needed) continue;
    const RowNumbers& rows = table.columns[c].column->row;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      if (rows[k] < logged.size()) logged[rows[k]].push_back(static_cast<std::uint32_t>(c));
    }
    const RowNumbers& lost = table.columns[c].column->not_finite_row;
    for (std::size_t k = 0; k < lost.size(); ++k) {
      if (lost[k] < logged.size() && any[lost[k]] == 0) logged[lost[k]].push_back(static_cast<std::uint32_t>(c));
    }
  }
  return logged;
}

/// Drops the rows that a restart repeats: where steps go back to `s` in a row that logs what was logged at or after `s`
/// before, the run went on from a checkpoint there, and one of its two versions counts. Rows that go back but log
/// another column, such as late results of a validation, are no restart.
class Restarted {
 public:
  Restarted(NamedTable& table, bool keep_first) : table_(table), keep_first_(keep_first) {
    table.dropped.assign(table.step.size(), 0);
    latest_.assign(table.columns.size(), no_step);
  }

  std::size_t dropped() const { return dropped_; }
  std::size_t restarts() const { return restarts_; }

  void run(std::vector<std::string>& notes) {
    const auto logged = logged_columns(table_);
    std::int64_t top = no_step;
    SeldomPoll poll(256);
    for (std::size_t row = 0; row < table_.step.size(); ++row, poll()) {
      const std::int64_t step = table_.step[row];
      if (step == no_step) continue;
      const bool again = step < top && std::any_of(logged[row].begin(), logged[row].end(),
                                                   [&](std::uint32_t c) { return latest_[c] >= step; });
      if (again && keep_first_) {
        drop(row);
        continue;
      }
      if (again) restart(row, step);
      top = again ? step : std::max(top, step);
      alive_.insert({step, row});
      for (const std::uint32_t c : logged[row]) latest_[c] = std::max(latest_[c], step);
    }
    table_.restarts = restarts_;
    table_.left_out += dropped_;
    if (dropped_ > 0) notes.push_back(note());
  }

 private:
  std::string note() const {
    const std::string where = line_ > 0 ? concat({" in line ", std::to_string(line_)}) : "";
    const std::string times =
        restarts_ > 1 ? concat({" and ", std::to_string(restarts_ - 1), restarts_ == 2 ? " time more" : " times more"})
                      : "";
    return concat({"steps go back", where, times, ", as after a restart: of the steps logged twice the ",
                   keep_first_ ? "first" : "last", " rows count, ", std::to_string(dropped_), " are left out",
                   to_first_ ? "; they go back to the first step: another run in one file is better split off" : ""});
  }
  void drop(std::size_t row) {
    if (dropped_ == 0) note_restart(row);
    table_.dropped[row] = 1;
    ++dropped_;
  }
  void note_restart(std::size_t row) {
    ++restarts_;
    if (line_ == 0 && row < table_.raw->line.size()) line_ = table_.raw->line[row];
  }
  void restart(std::size_t row, std::int64_t step) {
    note_restart(row);
    const auto from = alive_.lower_bound({step, 0});
    if (from == alive_.begin() && alive_.size() > few_rows) to_first_ = true;
    for (auto it = from; it != alive_.end(); ++it) {
      table_.dropped[it->second] = 1;
      ++dropped_;
    }
    alive_.erase(from, alive_.end());
    for (std::int64_t& latest : latest_) latest = std::min(latest, step - 1);
  }

  static constexpr std::size_t few_rows = 2;

  NamedTable& table_;
  bool keep_first_;
  std::vector<std::int64_t> latest_;                      // step at which each column was logged last
  std::set<std::pair<std::int64_t, std::size_t>> alive_;  // (step, row)
  std::size_t dropped_ = 0, restarts_ = 0, line_ = 0;
  bool to_first_ = false;
};

/// Steps that never rise are a table sorted newest first; rows of one step may log different columns.
bool falls(const std::vector<std::int64_t>& step) {
  std::int64_t before = largest_step;
  for (const std::int64_t now : step) {
    if (now == no_step) continue;
    if (now > before) return false;
    before = now;
  }
  return true;
}

/// What a restart repeats does not count; but where few rows would be left, and steps go back time and again, it is
/// another order of rows.
void drop_repeated(std::string_view file, Restarts restarts, NamedTable& table, std::vector<std::string>& notes) {
  const auto rows = static_cast<std::size_t>(
      std::count_if(table.step.begin(), table.step.end(), [](std::int64_t step) { return step != no_step; }));
  const std::size_t left_out = table.left_out;
  std::vector<std::string> said;
  Restarted restarted(table, restarts == Restarts::keep_first);
  restarted.run(said);
  const bool asked = restarts != Restarts::automatic;
  const bool often = restarted.restarts() > 1 && 4 * restarted.restarts() > rows;
  if (asked || !often || 2 * restarted.dropped() <= rows) {
    notes.insert(notes.end(), said.begin(), said.end());
    return;
  }
  if (!falls(table.step)) {
    fail_at(file, 0,
            concat({label(*table.raw, *table.step_column), " goes back in ", std::to_string(restarted.restarts()),
                    " of ", std::to_string(rows), " rows; as after restarts, ", std::to_string(restarted.dropped()),
                    " would be left out: sort the rows, or say with ", option_text("restarts", "HOW"),
                    " which of them count"}));
  }
  table.dropped.clear();
  table.restarts = 0;
  table.left_out = left_out;
  notes.emplace_back("steps fall from row to row: taken in the order of steps");
}

}  // namespace

bool counts_up(const RawColumn& column) {
  if (column.fault || column.value.empty() || column.value.front() < 0.0) return false;
  for (std::size_t k = 0; k < column.value.size(); ++k) {
    if (column.value[k] != std::floor(column.value[k])) return false;
    if (k > 0 && column.value[k] <= column.value[k - 1]) return false;
  }
  return true;
}

void read_steps(std::string_view file, const Parsed& parsed, const ReadOptions& options, NamedTable& table,
                std::vector<std::string>& notes) {
  if (table.step_column == nullptr) fail_no_step(file, *table.raw);
  take_steps(file, parsed, options, table, notes);
  table.step_column->row = {};
  table.step_column->value = {};
  const bool averages =
      options.restarts == Restarts::average || (options.restarts == Restarts::automatic && parsed.averages);
  std::int64_t before = no_step;
  for (std::size_t row = 0; row < table.step.size(); ++row) {
    const std::int64_t step = table.step[row];
    if (step == no_step) continue;
    if (step >= before || averages) {
      before = step;
      continue;
    }
    if (options.restarts == Restarts::error) {
      fail_entry(file, *table.raw, *table.step_column, row, std::to_string(step),
                 concat({"steps must not go backwards (after ", std::to_string(before), ")"}));
    }
    return drop_repeated(file, options.restarts, table, notes);
  }
}

}  // namespace scheduled::runlog
