// What the parsers have in common: columns as the file holds them, and how they become one RunLog. Private.
#pragma once

#include <algorithm>
#include <cstdint>
#include <map>
#include <numeric>
#include <optional>
#include <span>
#include <stdexcept>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {

/// The first entry of a column that is not a finite number.
struct Fault {
  static constexpr std::size_t whole_column = SIZE_MAX;
  std::size_t row = 0;  ///< or `whole_column`
  std::string text;     ///< as it stands in the file
  std::string_view requirement;
};

/// Numbers of rows, increasing. Takes no memory while they are 0, 1, 2, ..., as those of a full column.
class RowNumbers {
 public:
  void push_back(std::size_t row) {
    if (list_.empty() && row == count_) {
      ++count_;
      return;
    }
    if (row > UINT32_MAX) throw std::length_error("more rows than a log can have");
    if (list_.empty()) {
      list_.resize(count_);
      std::iota(list_.begin(), list_.end(), 0U);
    }
    list_.push_back(static_cast<std::uint32_t>(row));
    ++count_;
  }
  std::size_t operator[](std::size_t k) const { return list_.empty() ? k : list_[k]; }
  std::size_t size() const { return count_; }
  bool has(std::size_t row) const {
    return list_.empty() ? row < count_ : std::binary_search(list_.begin(), list_.end(), row);
  }

 private:
  std::vector<std::uint32_t> list_;
  std::size_t count_ = 0;
};

/// The logged entries of one column. Sparse, so that memory stays in proportion to the file.
struct RawColumn {
  std::string source;              ///< its name in the file
  std::string also = {};           ///< what its format knows it as, where that is another name
  RowNumbers row = {};             ///< each < `length`
  std::vector<double> value = {};  ///< finite, one per `row`
  std::size_t length = 0;          ///< with the entries that are not logged
  std::optional<Fault> fault = {};
  std::optional<Fault> not_finite = {};  ///< the first entry that is nan, inf or NA; no value stands for it
  RowNumbers not_finite_row = {};        ///< all of them

  const std::string& name() const { return also.empty() ? source : also; }
};

/// Notes the next entry of a column; `nullopt` is "not logged".
void add_number(RawColumn& column, std::size_t row, std::optional<double> value);
void add_fault(RawColumn& column, std::size_t row, std::string text, std::string_view requirement);
/// A text in place of a number: "nan", "inf", "NA" and the like are not logged, all others are faults.
void add_text(RawColumn& column, std::size_t row, std::string_view text);

/// Columns that share one step column.
struct RawTable {
  std::string path;               ///< "history.train" where the format has sections, else empty
  std::vector<std::size_t> line;  ///< of each row in the file; empty: rows are array entries, named by index
  std::vector<RawColumn> columns;
};

/// What a parser made of a file.
struct Parsed {
  std::vector<RawTable> tables = {};
  std::map<std::string, MetaValue> meta = {};
  std::vector<std::string> notes = {};
  bool averages = false;          ///< `automatic` averages repeated steps, and the rows of a table are all in order
  bool needs_steps = false;       ///< a row without a step is an error; else it is skipped
  bool rates_of_next = false;     ///< `automatic`: lr and grad_norm are those of the update after the step
  bool norms_of_same = false;     ///< then grad_norm is that of the step's own update all the same
  bool may_lack_columns = false;  ///< that the options name: one line of a longer file
  bool is_line = false;           ///< of a longer file: a column that is empty here may hold something there
};

/// A file as its parser sees it.
struct Source {
  std::string_view name;     ///< for messages
  std::string_view content;  ///< without byte-order mark, not blank
  std::size_t first_line = 1;
};

/// A raw column and the name that it gets.
struct Named {
  RawColumn* column = nullptr;
  std::string target;
  bool needed = false;  ///< a fault in it is an error; else the column is left out
};

/// A table with names and steps.
struct NamedTable {
  const RawTable* raw = nullptr;
  RawColumn* step_column = nullptr;
  std::vector<Named> columns;
  std::vector<std::int64_t> step;  ///< of each row; `no_step` where it has none
  std::vector<char> dropped;       ///< rows that a restart repeats; empty: none
  std::size_t restarts = 0;
  std::size_t left_out = 0;  ///< rows that do not count
};
inline constexpr std::int64_t no_step = -1;

/// Names the columns of all tables: by `options`, else by their usual names; `log` gets the notes, and what the file
/// lacks. (columns.cpp)
std::vector<NamedTable> name_columns(std::string_view file, Parsed& parsed, const ReadOptions& options, RunLog& log);

/// Whole numbers >= 0 that increase from row to row, as steps do. (rows.cpp)
bool counts_up(const RawColumn& column);

/// Reads the steps, and finds out which rows a restart repeats; the step column is then empty. (rows.cpp)
void read_steps(std::string_view file, const Parsed& parsed, const ReadOptions& options, NamedTable& table,
                std::vector<std::string>& notes);

/// Names the columns, checks every entry that matters and joins the tables by step. `bytes`: the size of the file, to
/// which the memory of the result is bound. Each column's entries are given back as it is joined.
RunLog assemble(std::string_view file, std::size_t bytes, Parsed parsed, const ReadOptions& options);

/// Six digits, as people read them. (notes.cpp)
std::string rounded(double value);
/// What in a log looks as if it were not what it seems. (notes.cpp)
void add_warnings(RunLog& log, const ReadOptions& options);
/// Takes out what add_warnings said of the logged rates, which count no longer. (notes.cpp)
void drop_rate_notes(RunLog& log);

/// "column lr" or "history.train.lr", for messages and as the name of an argument.
std::string label(const RawTable& table, const RawColumn& column);
/// Throws ArgumentError for the entry `row` of a column, or for the column as a whole.
[[noreturn]] void fail_entry(std::string_view file, const RawTable& table, const RawColumn& column, std::size_t row,
                             std::string_view text, std::string_view requirement);
/// Throws ArgumentError at a file, and where `line` > 0 at its line.
[[noreturn]] void fail_at(std::string_view file, std::size_t line, std::string_view name, std::string_view value,
                          std::string_view requirement);
[[noreturn]] void fail_at(std::string_view file, std::size_t line, std::string_view requirement);

/// Throws std::invalid_argument where a caller's `log` breaks the promises of RunLog.
void require_valid(const RunLog& log);

inline constexpr std::int64_t largest_step = std::int64_t{1} << 53;  // up to it every step is a double

}  // namespace scheduled::runlog
