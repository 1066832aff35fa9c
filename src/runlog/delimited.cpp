// Delimited text with a header line (RFC 4180, with comma, semicolon or tab).
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/text.hpp"
#include "runlog/table.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr std::string_view blanks = " \t\r";

/// The separator that the header line has most of.
char find_delimiter(std::string_view content) {
  constexpr std::array<char, 3> candidates = {',', ';', '\t'};
  std::array<std::size_t, 3> count{};
  bool in_quotes = false;
  content.remove_prefix(std::min(content.find_first_not_of("\r\n"), content.size()));
  for (const char byte : content.substr(0, content.find('\n'))) {
    if (byte == '"') in_quotes = !in_quotes;
    for (std::size_t i = 0; i < candidates.size(); ++i) {
      if (byte == candidates[i] && !in_quotes) ++count[i];
    }
  }
  return candidates[static_cast<std::size_t>(std::max_element(count.begin(), count.end()) - count.begin())];
}

/// Splits the text into records of cells.
class Records {
 public:
  /// The content begins on line `first_line`.
  Records(std::string_view name, std::string_view content, std::size_t first_line)
      : name_(name), content_(content), delimiter_(find_delimiter(content)), next_line_(first_line) {}

  /// Reads the next record that is not blank; false at the end.
  bool next() {
    while (at_ < content_.size()) {
      cells.clear();
      line = next_line_;
      while (!read_cell()) {
      }
      if (cells.size() > 1 || !cells.front().empty()) return true;
    }
    return false;
  }

  std::vector<std::string_view> cells;  ///< of the current record, without their quotes
  std::size_t line = 0;                 ///< where it begins

 private:
  /// Reads one cell and its separator; true where it ends the record.
  bool read_cell() {
    const std::size_t begin = content_.find_first_not_of(delimiter_ == '\t' ? " \r" : blanks, at_);
    const bool is_quoted = begin < content_.size() && content_[begin] == '"';
    if (is_quoted) {
      read_quotes(begin + 1);
    } else {
      const std::array<char, 2> ends = {delimiter_, '\n'};
      const std::size_t end = std::min(content_.find_first_of({ends.data(), ends.size()}, at_), content_.size());
      cells.push_back(trimmed(content_.substr(at_, end - at_)));
      at_ = end;
    }
    if (at_ == content_.size()) return true;
    const bool ends_record = content_[at_] == '\n';
    if (ends_record) ++next_line_;
    ++at_;
    return ends_record;
  }

  void read_quotes(std::size_t begin) {
    std::size_t end = content_.find('"', begin);
    while (end != std::string_view::npos && end + 1 < content_.size() && content_[end + 1] == '"') {
      end = content_.find('"', end + 2);  // "" is a quote within
    }
    if (end == std::string_view::npos) {
      fail({name_, ": truncated at byte ", std::to_string(content_.size()), " (line ", std::to_string(line),
            " opens quotes that nothing closes)"});
    }
    cells.push_back(content_.substr(begin, end - begin));
    next_line_ += static_cast<std::size_t>(std::count(cells.back().begin(), cells.back().end(), '\n'));
    at_ = std::min(content_.find_first_not_of(delimiter_ == '\t' ? " \r" : blanks, end + 1), content_.size());
    if (at_ < content_.size() && content_[at_] != delimiter_ && content_[at_] != '\n') {
      fail({name_, ": line ", std::to_string(next_line_), ": ", quote(content_.substr(at_, 1)),
            " after closing quotes"});
    }
  }

  std::string_view name_;
  std::string_view content_;
  char delimiter_;
  std::size_t at_ = 0;
  std::size_t next_line_;
};

/// The text of a cell that stood in quotes.
std::string unescaped(std::string_view cell) {
  std::string text;
  for (std::size_t i = 0; i < cell.size(); ++i) {
    text += cell[i];
    if (cell[i] == '"' && i + 1 < cell.size() && cell[i + 1] == '"') ++i;
  }
  return text;
}

void add_cell(RawColumn& column, std::size_t row, std::string_view cell) {
  if (cell.empty()) {
    add_number(column, row, std::nullopt);
  } else if (const std::optional<double> value = parse_number(cell)) {
    add_number(column, row, value);
  } else {
    add_fault(column, row, quote(cell), finite_text);
  }
}

}  // namespace

RunLog parse_delimited(std::string_view name, std::string_view content, const ReadOptions& options,
                       std::size_t first_row) {
  Records records(name, content, first_row - 1);
  RawTable table;
  records.next();
  for (const std::string_view cell : records.cells) table.columns.emplace_back().source = unescaped(cell);
  while (records.next()) {
    const std::size_t row = table.line.size();
    table.line.push_back(records.line);
    if (records.cells.size() != table.columns.size()) {
      fail({name, ": line ", std::to_string(records.line), ": has ", std::to_string(records.cells.size()),
            " cells, the header line has ", std::to_string(table.columns.size())});
    }
    for (std::size_t i = 0; i < records.cells.size(); ++i) add_cell(table.columns[i], row, trimmed(records.cells[i]));
  }
  const File file{name, content.size(), options.repeated_steps == RepeatedSteps::average};
  return assemble(file, {&table, 1}, options);
}

}  // namespace scheduled::runlog
