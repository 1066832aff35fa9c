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

/// Splits text into records of cells.
class Records {
 public:
  /// Text that begins on line `first_line`, with its header.
  Records(std::string_view name, std::string_view content, std::size_t first_line)
      : name_(name), content_(content), delimiter_(find_delimiter(content)), next_line_(first_line) {}

  /// Goes on with `content`, of which more may follow unless it is the `last`.
  void go_on(std::string_view content, bool last) {
    content_ = content;
    last_ = last;
    at_ = 0;
  }
  /// Leaves out what stands behind `content`, a beginning of the text.
  void shorten(std::string_view content) { content_ = content; }

  /// Reads the next record that is not blank; false at the end, and before one that may go on in text to come.
  bool next() {
    while (at_ < content_.size()) {
      cells.clear();
      line = next_line_;
      const std::size_t begin = at_;
      while (!read_cell()) {
      }
      if (is_cut_) {
        is_cut_ = false;
        at_ = begin;
        next_line_ = line;
        return false;
      }
      if (cells.size() > 1 || !cells.front().empty()) return true;
    }
    return false;
  }

  std::vector<std::string_view> cells;  ///< of the current record, without their quotes
  std::size_t line = 0;                 ///< where it begins
  std::size_t before = 0;               ///< bytes of the file before the text

  char delimiter() const { return delimiter_; }
  std::size_t read() const { return at_; }  ///< so many bytes of the text

 private:
  /// Reads one cell and its separator; true where it ends the record, or the text does.
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
    if (at_ == content_.size()) {
      is_cut_ = !last_;
      return true;
    }
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
      at_ = content_.size();
      if (!last_) return;
      fail_at(name_, line,
              concat({"truncated at byte ", std::to_string(before + content_.size()),
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
  bool last_ = true;
  bool is_cut_ = false;  ///< the record goes on in text to come
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

/// The names in a header line, which may begin with "# ", as NumPy writes it.
std::vector<std::string> names_in(const std::vector<std::string_view>& cells) {
  std::vector<std::string> names;
  for (const std::string_view cell : cells) names.push_back(unescaped(cell));
  if (names.size() > 1 && names.front().starts_with("# "))
    names.front() = trimmed(std::string_view(names.front()).substr(1));
  return names;
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

constexpr int lines_to_compare = 100;

/// The last cell of a line without quotes.
std::string_view last_cell(std::string_view line, char delimiter) {
  return trimmed(line.substr(line.find_last_of(delimiter) + 1));
}

/// Whether a number has digits that tell a cut: those of whole numbers differ in length.
bool has_fraction(std::string_view cell) { return cell.find_first_of(".eE") != std::string_view::npos; }

/// Whether a last line without a line break may have been cut off: it has too few cells, or its last one is shorter
/// than the fractions in the lines before it; but 0, at which a decay ends, is written short.
bool may_be_cut(std::string_view before, std::string_view line, char delimiter, std::size_t columns) {
  const auto separators = static_cast<std::size_t>(std::count(line.begin(), line.end(), delimiter));
  if (separators + 1 < columns) return true;
  std::size_t shortest = std::string_view::npos;
  for (int k = 0; k < lines_to_compare && !before.empty(); ++k) {
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

/// A table as its text comes.
class TableReader {
 public:
  TableReader(std::string_view name, std::string_view content, std::size_t first_line)
      : name_(name), records_(name, content, first_line) {}

  /// Reads the records of `content`; how many bytes they are. Before `last` the last lines are left for the next call:
  /// `without_cut_line` compares them.
  std::size_t take(std::string_view content, bool last) {
    records_.go_on(last ? content : content.substr(0, end_of_rows(content)), last);
    if (table.columns.empty() && records_.next()) {
      for (std::string& name : names_in(records_.cells)) table.columns.emplace_back().source = std::move(name);
    }
    if (last && may_be_cut_) records_.shorten(without_cut_line(content));
    for (; records_.next(); poll_()) add_row();
    records_.before += records_.read();
    return last ? content.size() : records_.read();
  }
  /// A last line that has no line break may have been cut off.
  void look_for_cut_line() { may_be_cut_ = true; }

  RawTable table;
  std::vector<std::string> notes;

 private:
  void add_row() {
    const std::size_t row = table.line.size();
    table.line.push_back(records_.line);
    if (records_.cells.size() != table.columns.size()) {
      fail_at(name_, records_.line,
              concat({"has ", std::to_string(records_.cells.size()), " cells, the header line has ",
                      std::to_string(table.columns.size())}));
    }
    for (std::size_t i = 0; i < records_.cells.size(); ++i) {
      add_cell(table.columns[i], row, trimmed(records_.cells[i]));
    }
  }

  static std::size_t end_of_rows(std::string_view content) {
    std::size_t end = content.size();
    for (int k = 0; k <= lines_to_compare + 1 && end > 0; ++k) {
      const std::size_t at = content.find_last_of('\n', end - 1);
      end = at == std::string_view::npos ? 0 : at;
    }
    return end == 0 ? 0 : end + 1;
  }

  /// Takes a last line without a line break off where it may have been cut off; `notes` say that there is one.
  std::string_view without_cut_line(std::string_view content) {
    const std::size_t begin = content.find_last_of('\n') + 1;
    const std::string_view line = content.substr(begin);
    if (trimmed(line).empty() || begin < records_.read() || line.find('"') != std::string_view::npos) return content;
    const bool cut = may_be_cut(content.substr(0, begin), line, records_.delimiter(), table.columns.size());
    notes.push_back(concat({"the last line has no line break: ", cut ? "it may have been cut off, and is left out"
                                                                     : "the file may have been cut off there"}));
    return cut ? content.substr(0, begin) : content;
  }

  std::string_view name_;
  Records records_;
  bool may_be_cut_ = false;
  SeldomPoll poll_{64};
};

class DelimitedParser final : public BlockParser {
 public:
  DelimitedParser(std::string_view name, std::string_view head) : reader_(name, head, 1) {
    reader_.look_for_cut_line();
  }

  std::size_t take(std::string_view bytes, bool last) override { return reader_.take(bytes, last); }
  Parsed finish() override {
    Parsed parsed{.notes = std::move(reader_.notes)};
    parsed.tables.push_back(std::move(reader_.table));
    return parsed;
  }

 private:
  TableReader reader_;
};

}  // namespace

RawTable read_delimited(const Source& source) {
  TableReader reader(source.name, source.content, source.first_line);
  reader.take(source.content, true);
  return std::move(reader.table);
}

bool begins_with_date(std::string_view text) {
  text.remove_prefix(std::min(text.find_first_not_of(" \t\r\n[\""), text.size()));
  constexpr std::string_view date = "0000-00-00";
  const auto matches = [](char wanted, char found) {
    return wanted == '0' ? found >= '0' && found <= '9' : found == wanted;
  };
  return text.size() > date.size() && std::equal(date.begin(), date.end(), text.begin(), matches);
}

std::vector<std::string> header_of(std::string_view content) {
  if (begins_with_date(content)) return {};
  const std::string_view line = content.substr(0, content.find('\n'));
  if (std::count(line.begin(), line.end(), '"') % 2 != 0) return {};  // a cell goes on: nothing to recognise
  Records records({}, line, 1);
  try {
    records.next();
  } catch (const ArgumentError&) {
    return {};
  }
  return names_in(records.cells);
}

bool has_step_header(std::string_view content) {
  const std::vector<std::string> header = header_of(content.substr(content.find_first_not_of(" \t\r\n")));
  return header.size() > 1 &&
         std::any_of(header.begin(), header.end(), [](const std::string& name) { return is_usual("step", name); });
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

Format delimited() {
  return {.about = {"csv", "text with a header line, separated by comma, semicolon or tab",
                    "Lightning's CSVLogger, Keras' CSVLogger, Weights & Biases' exports, data frames"},
          .recognises = [](std::string_view) { return true; },
          .parse =
              [](const Source& source) {
                return parse_whole(DelimitedParser(source.name, source.content), source.content);
              },
          .line_parser = delimited_lines,
          .blocks = [](std::string_view name,
                       std::string_view head) { return std::make_unique<DelimitedParser>(name, head); }};
}

}  // namespace scheduled::runlog
