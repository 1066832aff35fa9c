// Delimited text with a header line (RFC 4180, with comma, semicolon or tab).
#include <algorithm>
#include <array>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/text.hpp"
#include "runlog/formats/delimited.hpp"
#include "runlog/names.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

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
    std::size_t begin = at_;
    while (begin < content_.size() && is_blank(content_[begin])) ++begin;
    if (begin < content_.size() && content_[begin] == '"') {
      read_quotes(begin + 1);
    } else {
      std::size_t end = begin;
      while (end < content_.size() && content_[end] != delimiter_ && content_[end] != '\n') ++end;
      at_ = end;
      while (end > begin && is_blank(content_[end - 1])) --end;
      cells.push_back(content_.substr(begin, end - begin));
    }
    if (at_ == content_.size()) return true;
    const bool ends_record = content_[at_] == '\n';
    if (ends_record) ++next_line_;
    ++at_;
    return ends_record;
  }

  bool is_blank(char byte) const { return byte == ' ' || byte == '\r' || (byte == '\t' && delimiter_ != '\t'); }

  void read_quotes(std::size_t begin) {
    std::size_t end = content_.find('"', begin);
    while (end != std::string_view::npos && end + 1 < content_.size() && content_[end + 1] == '"') {
      end = content_.find('"', end + 2);  // "" is a quote within
    }
    if (end == std::string_view::npos) {
      fail_at(name_, line,
              concat({"truncated at byte ", std::to_string(content_.size()),
                      " (the line opens quotes that nothing closes)"}));
    }
    cells.push_back(content_.substr(begin, end - begin));
    next_line_ += static_cast<std::size_t>(std::count(cells.back().begin(), cells.back().end(), '\n'));
    at_ = end + 1;
    while (at_ < content_.size() && is_blank(content_[at_])) ++at_;
    if (at_ < content_.size() && content_[at_] != delimiter_ && content_[at_] != '\n') {
      fail_at(name_, next_line_, concat({quote(content_.substr(at_, 1)), " after closing quotes"}));
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
    add_text(column, row, cell);
  }
}

}  // namespace

namespace {

/// The last cell of a line without quotes.
std::string_view last_cell(std::string_view line, char delimiter) {
  return trimmed(line.substr(line.find_last_of(delimiter) + 1));
}

/// Whether a number has digits that tell a cut: those of whole numbers differ in length.
bool has_fraction(std::string_view cell) { return cell.find_first_of(".eE") != std::string_view::npos; }

/// Whether a last line without a line break may have been cut off: it has too few cells, or its last one is shorter
/// than the fractions in the lines before it; but 0, at which a decay ends, is written short.
bool may_be_cut(std::string_view before, std::string_view line) {
  before.remove_prefix(before.find_first_not_of("\r\n"));
  const char delimiter = find_delimiter(before);
  const std::vector<std::string> header = header_of(before);
  const auto separators = static_cast<std::size_t>(std::count(line.begin(), line.end(), delimiter));
  if (separators + 1 < header.size()) return true;
  constexpr int most_lines = 100;
  std::size_t shortest = std::string_view::npos;
  for (int k = 0; k < most_lines && !before.empty(); ++k) {
    before.remove_suffix(1);  // its line break
    const std::size_t begin = before.find_last_of('\n') + 1;
    const std::string_view earlier = trimmed(before.substr(begin));
    if (begin == 0) break;  // the header
    const std::string_view cell = last_cell(earlier, delimiter);
    if (earlier.find('"') == std::string_view::npos && has_fraction(cell)) shortest = std::min(shortest, cell.size());
    before = before.substr(0, begin);
  }
  const std::string_view last = last_cell(line, delimiter);
  return shortest != std::string_view::npos && last.size() < shortest && last != "0";
}

/// Takes a last line without a line break off where it may have been cut off; `notes` say that there is one.
std::string_view without_cut_line(std::string_view content, std::vector<std::string>& notes) {
  const std::size_t begin = content.find_last_of('\n') + 1;
  const std::string_view last = content.substr(begin);
  const std::size_t first_row = content.find('\n', std::min(content.find_first_not_of("\r\n"), content.size()));
  if (trimmed(last).empty() || begin <= first_row || last.find('"') != std::string_view::npos) return content;
  const bool cut = may_be_cut(content.substr(0, begin), last);
  notes.push_back(concat({"the last line has no line break: ",
                          cut ? "it may have been cut off, and is left out" : "the file may have been cut off there"}));
  return cut ? content.substr(0, begin) : content;
}

}  // namespace

RawTable read_delimited(const Source& source) {
  Records records(source.name, source.content, source.first_line);
  RawTable table;
  records.next();
  for (const std::string_view cell : records.cells) table.columns.emplace_back().source = unescaped(cell);
  SeldomPoll poll(64);
  for (; records.next(); poll()) {
    const std::size_t row = table.line.size();
    table.line.push_back(records.line);
    if (records.cells.size() != table.columns.size()) {
      fail_at(source.name, records.line,
              concat({"has ", std::to_string(records.cells.size()), " cells, the header line has ",
                      std::to_string(table.columns.size())}));
    }
    for (std::size_t i = 0; i < records.cells.size(); ++i) add_cell(table.columns[i], row, trimmed(records.cells[i]));
  }
  return table;
}

std::vector<std::string> header_of(std::string_view content) {
  const std::string_view line = content.substr(0, content.find('\n'));
  std::vector<std::string> names;
  if (std::count(line.begin(), line.end(), '"') % 2 != 0) return names;  // a cell goes on: nothing to recognise
  Records records({}, line, 1);
  try {
    records.next();
  } catch (const ArgumentError&) {
    return names;
  }
  for (const std::string_view cell : records.cells) names.push_back(unescaped(cell));
  return names;
}

bool has_step_header(std::string_view content) {
  const std::vector<std::string> header = header_of(content.substr(content.find_first_not_of(" \t\r\n")));
  return header.size() > 1 && std::any_of(header.begin(), header.end(),
                                          [](const std::string& name) { return is_usual("step", name); });
}

LineParser delimited_lines() {
  return [header = std::string()](const Source& source) mutable -> std::optional<Parsed> {
    if (header.empty()) {
      header = source.content;
      return std::nullopt;
    }
    const std::string both = concat({header, "\n", source.content});
    return Parsed{.tables = {read_delimited({source.name, both, source.first_line - 1})}};
  };
}

namespace {

Parsed parse_file(const Source& source) {
  Parsed parsed;
  const std::string_view content = without_cut_line(source.content, parsed.notes);
  parsed.tables.push_back(read_delimited({source.name, content, source.first_line}));
  return parsed;
}

}  // namespace

Format delimited() {
  return {.about = {"csv", "text with a header line, separated by comma, semicolon or tab",
                    "Lightning's CSVLogger, Keras' CSVLogger, Weights & Biases' and MLflow's exports, data frames"},
          .recognises = [](std::string_view) { return true; },
          .parse = parse_file,
          .line_parser = delimited_lines};
}

}  // namespace scheduled::runlog
