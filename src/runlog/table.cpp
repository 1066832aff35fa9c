#include "runlog/table.hpp"

#include <algorithm>
#include <array>
#include <cctype>
#include <charconv>
#include <cmath>
#include <limits>
#include <utility>

#include "base/advice.hpp"
#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "runlog/not_finite.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr double not_logged = std::numeric_limits<double>::quiet_NaN();

/// Throws for a needed column that has a fault, leaves out any other; notes what was taken as not logged.
void check_columns(std::string_view file, NamedTable& table, std::vector<std::string>& notes) {
  const RawTable& raw = *table.raw;
  const std::size_t rows = table.step.size();
  const auto unusable = [&](const Named& named) {
    const RawColumn& column = *named.column;
    if (named.needed && column.fault) {
      fail_entry(file, raw, column, column.fault->row, column.fault->text, column.fault->requirement);
    }
    if (named.target == "lr" && column.not_finite) {
      fail_entry(file, raw, column, column.not_finite->row, column.not_finite->text, finite_text);
    }
    const bool never_negative = named.needed && (named.target == "lr" || named.target == "grad_norm");
    for (std::size_t i = 0; never_negative && i < column.value.size(); ++i) {
      if (column.value[i] < 0.0) {
        fail_entry(file, raw, column, column.row[i], format_number(column.value[i]), "must be >= 0");
      }
    }
    if (column.length != rows && named.needed) {
      fail_at(file, 0,
              concat({label(raw, column), " has ", std::to_string(column.length), " entries, ",
                      label(raw, *table.step_column), " has ", std::to_string(rows)}));
    }
    if (column.fault || column.length != rows) return true;
    if (const std::size_t count = column.not_finite_row.size(); named.needed && count > 0) {
      const std::size_t first = column.not_finite->row;
      notes.push_back(
          concat({named.target, " is ", column.not_finite->text, " or the like in ", std::to_string(count),
                  count == 1 ? " row" : " rows",
                  table.step[first] == no_step ? "" : concat({", first at step ", std::to_string(table.step[first])}),
                  ": taken as not logged"}));
    }
    return false;
  };
  std::erase_if(table.columns, unusable);
}

/// Whether the entries of a column belong to the update after the step of their row.
bool is_next(const Named& named, const Parsed& parsed, const ReadOptions& options) {
  const bool automatic = options.lr_of == RateOf::automatic;
  const bool next = automatic ? parsed.rates_of_next : options.lr_of == RateOf::next;
  const bool norm = named.target == "grad_norm" && !(automatic && parsed.norms_of_same);
  return next && (named.target == "lr" || norm);
}

/// The step that the entry of a row counts for; `no_step` where the row does not count.
std::int64_t step_of(const NamedTable& table, std::size_t row, bool next) {
  if (table.step[row] == no_step || (!table.dropped.empty() && table.dropped[row] != 0)) return no_step;
  return table.step[row] + (next ? 1 : 0);
}

std::vector<std::int64_t> all_steps(std::span<const NamedTable> tables, const Parsed& parsed,
                                    const ReadOptions& options) {
  std::vector<std::int64_t> step;
  for (const NamedTable& table : tables) {
    std::vector<const Named*> moved;
    for (const Named& named : table.columns) {
      if (is_next(named, parsed, options)) moved.push_back(&named);
    }
    for (const Named* const named : moved) {
      const RowNumbers& rows = named->column->row;
      for (std::size_t k = 0; k < rows.size(); ++k) step.push_back(step_of(table, rows[k], true));
    }
    for (std::size_t row = 0; row < table.step.size(); ++row) step.push_back(step_of(table, row, false));
  }
  if (!std::is_sorted(step.begin(), step.end())) std::sort(step.begin(), step.end());
  step.erase(std::unique(step.begin(), step.end()), step.end());
  if (!step.empty() && step.front() == no_step) step.erase(step.begin());
  return step;
}

/// Fills columns of a log from a table's.
class Joiner {
 public:
  Joiner(std::string_view file, const Parsed& parsed, const ReadOptions& options, RunLog& log)
      : file_(file), parsed_(parsed), options_(options), log_(log) {
    mode_ = options.restarts;
    if (mode_ == Restarts::automatic) mode_ = parsed.averages ? Restarts::average : Restarts::keep_last;
  }

  void add(const NamedTable& table) {
    for (const Named& named : table.columns) {
      std::vector<std::int64_t> lost = named.needed ? not_finite_steps(table, named) : std::vector<std::int64_t>{};
      std::vector<double> values = filled(table, named);
      std::string target = named.target;
      if (log_.column.contains(target)) {
        target = concat({table.raw->path.substr(table.raw->path.rfind('.') + 1), ".", target});
      }
      if (named.needed) log_.source.emplace(target, named.column->source);
      if (!lost.empty()) log_.not_finite_steps.emplace(target, std::move(lost));
      if (!log_.column.emplace(std::move(target), std::move(values)).second) {
        log_.notes.push_back(concat({label(*table.raw, *named.column), " is left out: another column has its name"}));
      }
    }
    if (table.step_column != nullptr) log_.source.emplace("step", table.step_column->source);
  }

  /// What only all columns together tell.
  void finish() { log_.not_finite = not_finite_since(log_); }

 private:
  bool next_of(const Named& named) const { return is_next(named, parsed_, options_); }

  std::vector<std::int64_t> not_finite_steps(const NamedTable& table, const Named& named) const {
    std::vector<std::int64_t> steps;
    const RowNumbers& rows = named.column->not_finite_row;
    for (std::size_t k = 0; k < rows.size(); ++k) {
      const std::int64_t step = step_of(table, rows[k], next_of(named));
      if (step != no_step) steps.push_back(step);
    }
    return steps;
  }

  /// The column's entries at the rows of the log; they are gone from the column.
  std::vector<double> filled(const NamedTable& table, const Named& named) {
    const bool next = next_of(named);
    RawColumn entries = std::exchange(*named.column, RawColumn{.source = named.column->source});
    if (is_log_itself(table, entries, next)) return std::move(entries.value);
    std::vector<double> values(log_.rows(), not_logged);
    std::vector<double> count;  // of values averaged, only where that is asked for
    if (mode_ == Restarts::average) count.assign(log_.rows(), 0.0);
    std::size_t replaced = 0;
    std::int64_t first = 0;
    std::size_t at = 0;  // rows mostly come in order
    SeldomPoll poll(4096);
    for (std::size_t i = 0; i < entries.row.size(); ++i, poll()) {
      const std::size_t row = entries.row[i];
      const std::int64_t step = step_of(table, row, next);
      if (step == no_step) continue;
      at = place(step, at);
      const double value = entries.value[i];
      if (std::isnan(values[at])) {
        values[at] = value;
        if (!count.empty()) count[at] = 1.0;
      } else if (!count.empty()) {
        count[at] += 1.0;
        values[at] += value / count[at] - values[at] / count[at];  // running mean; no sum that could overflow
      } else if (values[at] != value) {
        if (mode_ == Restarts::error && named.needed) {
          fail_entry(file_, *table.raw, *named.column, row, format_number(value),
                     concat({"step ", std::to_string(step), " has a value already"}));
        }
        if (replaced++ == 0) first = step;
        if (mode_ != Restarts::keep_first) values[at] = value;
      }
    }
    if (options_.restarts == Restarts::average && named.needed) note_averages(named.target, count);
    if (replaced > 0 && named.needed) {
      log_.notes.push_back(concat({named.target, " is logged twice at ", std::to_string(replaced),
                                   replaced == 1 ? " step, " : " steps, first ", std::to_string(first), ": the ",
                                   mode_ == Restarts::keep_first ? "first" : "last", " value counts"}));
    }
    return values;
  }

  void note_averages(const std::string& target, const std::vector<double>& count) {
    const auto several = [](double values) { return values > 1.0; };
    const auto steps = std::count_if(count.begin(), count.end(), several);
    if (steps == 0) return;
    const auto first = std::find_if(count.begin(), count.end(), several) - count.begin();
    log_.notes.push_back(concat({target, " is logged several times at ", std::to_string(steps),
                                 steps == 1 ? " step, " : " steps, first ",
                                 std::to_string(log_.step[static_cast<std::size_t>(first)]), ": the average counts"}));
  }

  /// Every row of the table is a row of the log, with an entry: the usual case.
  bool is_log_itself(const NamedTable& table, const RawColumn& entries, bool next) const {
    return !next && table.dropped.empty() && entries.row.size() == log_.rows() && table.step == log_.step;
  }

  std::size_t place(std::int64_t step, std::size_t guess) const {
    for (std::size_t k = guess; k < std::min(guess + 3, log_.rows()); ++k) {
      if (log_.step[k] == step) return k;
    }
    return static_cast<std::size_t>(std::lower_bound(log_.step.begin(), log_.step.end(), step) - log_.step.begin());
  }

  std::string_view file_;
  const Parsed& parsed_;
  const ReadOptions& options_;
  RunLog& log_;
  Restarts mode_;
};

void add_not_finite(RawColumn& column, std::size_t row, std::string text) {
  if (!column.not_finite) column.not_finite = Fault{row, std::move(text), finite_text};
  column.not_finite_row.push_back(row);
}

}  // namespace

std::string label(const RawTable& table, const RawColumn& column) {
  if (table.path.empty()) return concat({"column ", printable(column.source, longest_name)});
  return concat({table.path, ".", printable(column.source, longest_name)});
}

void fail_at(std::string_view file, std::size_t line, std::string_view name, std::string_view value,
             std::string_view requirement) {
  throw ArgumentError({.name = std::string(name),
                       .value = std::string(value),
                       .requirement = std::string(requirement),
                       .place = Place{std::string(file), static_cast<std::int64_t>(line)}});
}

void fail_at(std::string_view file, std::size_t line, std::string_view requirement) {
  fail_at(file, line, {}, {}, requirement);
}

void fail_entry(std::string_view file, const RawTable& table, const RawColumn& column, std::size_t row,
                std::string_view text, std::string_view requirement) {
  ArgumentError::Fields fields{.name = printable(column.source, longest_name),
                               .value = std::string(text),
                               .requirement = std::string(requirement),
                               .place = Place{std::string(file)}};
  if (!table.path.empty()) fields.name = label(table, column);
  if (row != Fault::whole_column && table.line.empty()) fields.index = static_cast<std::int64_t>(row);
  if (row != Fault::whole_column && !table.line.empty()) {
    fields.place->line = static_cast<std::int64_t>(table.line[row]);
  }
  throw ArgumentError(std::move(fields));
}

void add_number(RawColumn& column, std::size_t row, std::optional<double> value) {
  column.length = row + 1;
  if (!value) return;
  if (!std::isfinite(*value)) return add_not_finite(column, row, format_number(*value));
  column.row.push_back(row);
  column.value.push_back(*value);
}

void add_fault(RawColumn& column, std::size_t row, std::string text, std::string_view requirement) {
  if (row != Fault::whole_column) column.length = row + 1;
  if (!column.fault) column.fault = Fault{row, std::move(text), requirement};
}

void add_text(RawColumn& column, std::size_t row, std::string_view text) {
  if (column.source == "global_step/max_steps") {  // "120/438"
    std::int64_t step = 0;
    const auto result = std::from_chars(text.data(), text.data() + text.size(), step);
    if (result.ec == std::errc{} && result.ptr != text.data() + text.size() && *result.ptr == '/') {
      return add_number(column, row, static_cast<double>(step));
    }
  }
  constexpr std::array<std::string_view, 12> absent = {"nan",  "na",  "n/a",  "none", "null",     "-nan",
                                                       "+nan", "inf", "+inf", "-inf", "infinity", "-infinity"};
  std::string lower(text);
  for (char& byte : lower) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  if (std::find(absent.begin(), absent.end(), lower) == absent.end()) {
    return add_fault(column, row, quote(text), finite_text);
  }
  column.length = row + 1;
  add_not_finite(column, row, printable(text));
}

RunLog assemble(std::string_view file, std::size_t bytes, Parsed parsed, const ReadOptions& options) {
  RunLog log;
  log.name = file;
  log.notes = parsed.notes;
  if (parsed.norms_of_same && options.lr_of == RateOf::automatic) {
    log.notes.push_back(
        concat({"the rate of the last update is 0: rows have the rate of the update after theirs, as of "
                "an older Trainer; ",
                option_text("lr-of", "same"), " says otherwise"}));
  }
  log.meta = parsed.meta;
  std::vector<NamedTable> tables = name_columns(file, parsed, options, log);
  for (NamedTable& table : tables) {
    read_steps(file, parsed, options, table, log.notes);
    check_columns(file, table, log.notes);
    log.restarts += static_cast<std::int64_t>(table.restarts);
    log.left_out += static_cast<std::int64_t>(table.left_out);
  }
  log.step = all_steps(tables, parsed, options);
  std::size_t columns = 0;
  for (const NamedTable& table : tables) columns += table.columns.size();
  if (log.step.empty()) fail_at(file, 0, "has no rows");
  if (columns == 0) fail_at(file, 0, "no column of numbers besides the step");
  // A few rows with many columns and many rows with a few would multiply to a table far larger than the file.
  if (columns > std::max<std::size_t>(std::size_t{1} << 20, 8 * bytes) / log.rows()) {
    fail_at(file, 0,
            concat({std::to_string(columns), " columns and ", std::to_string(log.rows()),
                    " steps are too sparse for one table"}));
  }
  Joiner joiner(file, parsed, options, log);
  for (const NamedTable& table : tables) joiner.add(table);
  joiner.finish();
  return log;
}

}  // namespace scheduled::runlog
