// One JSON object per line.
#include <algorithm>
#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <unordered_map>
#include <utility>
#include <vector>

#include "base/error.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

/// Reads line after line into one table; a key that a line lacks is not logged there.
class LineReader {
 public:
  bool null() { return scalar(std::nullopt); }
  bool boolean(bool value) { return other(value ? "true" : "false"); }
  bool number_integer(std::int64_t value) { return scalar(static_cast<double>(value)); }
  bool number_unsigned(std::uint64_t value) { return scalar(static_cast<double>(value)); }
  bool number_float(double value, const std::string&) { return scalar(value); }
  bool string(std::string& value) { return other(quote(value)); }
  bool binary(std::vector<std::uint8_t>&) { return true; }

  bool start_object(std::size_t) {
    if (depth_ == 1) other("{...}");
    ++depth_;
    is_object = true;
    return true;
  }
  bool start_array(std::size_t) {
    if (depth_ == 0) return false;  // the line is no object
    if (depth_ == 1) other("[...]");
    ++depth_;
    return true;
  }
  bool end_object() { return close(); }
  bool end_array() { return close(); }
  bool key(std::string& name) {
    if (depth_ != 1) return true;
    const auto [it, is_new] = index_.try_emplace(name, table.columns.size());
    column_ = it->second;
    has_key_ = true;
    if (is_new) {
      table.columns.emplace_back().source = name;
      last_row_.push_back(SIZE_MAX);
    }
    if (last_row_[column_] == row_) repeated_key = name;
    last_row_[column_] = row_;
    return true;
  }
  bool parse_error(std::size_t position, const std::string& token, const nlohmann::detail::exception& error) {
    stop = {position, token, error.id};
    return false;
  }

  void begin_line(std::size_t line) {
    row_ = table.line.size();
    table.line.push_back(line);
    depth_ = 0;
    has_key_ = false;
    is_object = false;
  }
  /// The key whose value the parser was reading; null before the first of a line.
  const std::string* key_here() const { return has_key_ ? &table.columns[column_].source : nullptr; }

  RawTable table;
  bool is_object = false;
  std::optional<std::string> repeated_key;
  std::optional<JsonStop> stop;

 private:
  bool scalar(std::optional<double> value) {
    if (depth_ == 1) add_number(table.columns[column_], row_, value);
    return true;
  }
  bool other(std::string text) {
    if (depth_ == 1) add_fault(table.columns[column_], row_, std::move(text), finite_text);
    return true;
  }
  bool close() {
    --depth_;
    return true;
  }

  std::unordered_map<std::string, std::size_t> index_;  // key -> column
  std::vector<std::size_t> last_row_;                   // of each column
  std::size_t column_ = 0;
  bool has_key_ = false;
  std::size_t row_ = 0;
  std::size_t depth_ = 0;
};

[[noreturn]] void fail_line(std::string_view name, std::string_view text, const LineReader& reader, bool last_line,
                            std::size_t end) {
  const std::string line = concat({"line ", std::to_string(reader.table.line.back())});
  const std::string* key = reader.key_here();
  const std::string place = key == nullptr ? line : concat({line, ", column ", printable(*key)});
  const JsonFault fault = judge(text, *reader.stop);
  switch (fault.kind) {
    case JsonFault::Kind::truncated:
      if (last_line) fail({name, ": truncated at byte ", std::to_string(end), " (", place, ")"});
      fail({name, ": ", place, ": the object does not end on its line"});
    case JsonFault::Kind::not_finite:
      fail({name, ": ", place, " = ", fault.text, ": ", finite_text});
    case JsonFault::Kind::syntax:
      break;
  }
  fail({name, ": ", place, ": not JSON near ", fault.text});
}

/// `may_be_cut`: where the last line is no whole object, the file was cut off there.
void read_line(std::string_view name, std::string_view content, std::size_t begin, std::size_t end, std::size_t line,
               bool may_be_cut, LineReader& reader) {
  const std::string_view text = content.substr(begin, end - begin);
  if (text.find_first_not_of(" \t\r") == std::string_view::npos) return;
  reader.begin_line(line);
  nlohmann::json::sax_parse(text.data(), text.data() + text.size(), &reader);
  const bool last = content.find_first_not_of(" \t\r\n", end) == std::string_view::npos;
  if (reader.stop) fail_line(name, text, reader, last && may_be_cut, end);
  if (!reader.is_object) fail({name, ": line ", std::to_string(line), ": must be a JSON object"});
  if (reader.repeated_key) {
    fail({name, ": line ", std::to_string(line), ": has ", quote(*reader.repeated_key), " twice"});
  }
}

RunLog finish(const File& file, LineReader& reader, const ReadOptions& options) {
  for (RawColumn& column : reader.table.columns) column.length = reader.table.line.size();
  return assemble(file, {&reader.table, 1}, options);
}

}  // namespace

RunLog parse_json_lines(std::string_view name, std::string_view content, const ReadOptions& options) {
  LineReader reader;
  std::size_t line = 0;
  for (std::size_t begin = 0; begin < content.size();) {
    const std::size_t end = std::min(content.find('\n', begin), content.size());
    read_line(name, content, begin, end, ++line, true, reader);
    begin = end + 1;
  }
  return finish({name, content.size(), options.repeated_steps == RepeatedSteps::average}, reader, options);
}

RunLog parse_json_line(std::string_view name, std::string_view line, const ReadOptions& options, std::size_t number) {
  LineReader reader;
  read_line(name, line, 0, line.size(), number, false, reader);
  return finish({name, line.size(), false, true}, reader, options);
}

}  // namespace scheduled::runlog
