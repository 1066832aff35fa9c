// Rows as JSON objects: one per line, or in an array. Private.
#pragma once

#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "runlog/formats/format.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {

/// Where the objects that are rows stand.
enum class RowsAre { lines, array, log_history };

/// A SAX reader that puts objects into one table; a key that an object lacks is not logged there.
class RowReader {
 public:
  explicit RowReader(RowsAre where) : where_(where) {
    row_depth_ = where == RowsAre::lines ? 1 : where == RowsAre::array ? 2 : 3;
    if (where == RowsAre::log_history) table.path = "log_history";
  }

  bool null() { return number(std::nullopt); }
  bool boolean(bool value) { return other(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return number(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return number(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) { return number(value); }
  bool string(std::string& value);
  bool binary(std::vector<std::uint8_t>&) { return true; }
  bool start_object(std::size_t);
  bool start_array(std::size_t);
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name);
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    stop = {position, token, error.id};
    return false;
  }

  /// Of lines: the next one begins.
  void begin_line(std::size_t line);
  /// Reads a line that is a plain object of numbers, null, truth values and simple texts, as most are, in a third of
  /// the time that SAX takes; false, with nothing taken, where it is anything else.
  bool plain_line(std::string_view text, std::size_t line);
  /// The key whose value the parser was reading; null before the first of a row.
  const std::string* key_here() const { return has_key_ ? &table.columns[column_].source : nullptr; }
  /// The table, complete. Hugging Face's last row is a summary of the run, whose train_loss is the mean of all: its
  /// values are no points of curves.
  Parsed finish();

  RawTable table;
  std::map<std::string, MetaValue> meta;  ///< scalars beside log_history
  bool is_row = false;                    ///< of lines: the line is an object
  std::optional<std::string> repeated_key;
  std::optional<JsonStop> stop;

 private:
  struct Entry {
    std::string_view key;
    enum class Kind { number, absent, other, text } kind;
    double number;
    std::string_view text;
  };

  void go_to(std::string_view key);
  bool number(std::optional<double> value);
  bool other(std::string text);
  bool close();
  bool in_row() const { return row_is_open_ && depth_ == row_depth_; }
  void take_summaries(std::vector<std::string>& notes);

  RowsAre where_;
  std::size_t row_depth_;                               // depth of a row's members
  std::size_t depth_ = 0;                               // open objects and arrays
  bool in_rows_ = false;                                // within the array of rows, or on a line
  bool row_is_open_ = false;                            // an object there, and no array in its place
  std::string top_key_;                                 // beside log_history
  std::unordered_map<std::string, std::size_t> index_;  // key -> column
  std::vector<std::size_t> last_row_;                   // of each column
  std::size_t column_ = 0;
  bool has_key_ = false;
  std::size_t rows_ = 0;
  std::vector<Entry> entries_;  // of the plain line
};

}  // namespace scheduled::runlog
