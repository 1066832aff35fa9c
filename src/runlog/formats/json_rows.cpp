#include "runlog/formats/json_rows.hpp"

#include <algorithm>
#include <charconv>
#include <system_error>

#include "base/error.hpp"
#include "runlog/names.hpp"
#include "runlog/text.hpp"

namespace scheduled::runlog {
namespace {

constexpr std::string_view object_text = "{...}";

}  // namespace

bool RowReader::string(std::string& value) {
  if (in_row()) add_text(table.columns[column_], rows_ - 1, value);
  if (where_ == RowsAre::log_history && depth_ == 1) meta.insert_or_assign(top_key_, value);
  return true;
}

bool RowReader::number(std::optional<double> value) {
  if (in_row()) add_number(table.columns[column_], rows_ - 1, value);
  if (where_ == RowsAre::log_history && depth_ == 1 && value) meta.insert_or_assign(top_key_, *value);
  return true;
}

bool RowReader::other(std::string text) {
  if (in_row()) add_fault(table.columns[column_], rows_ - 1, std::move(text), finite_text);
  return true;
}

bool RowReader::start_object(std::size_t) {
  if (in_row()) other(std::string(object_text));
  ++depth_;
  if (in_rows_ && depth_ == row_depth_) {
    row_is_open_ = true;
    is_row = true;
    if (where_ != RowsAre::lines) {
      ++rows_;
      has_key_ = false;
    }
  }
  return true;
}

bool RowReader::start_array(std::size_t) {
  if (depth_ == 0 && where_ == RowsAre::lines) return false;  // the line is no object
  if (in_row()) other("[...]");
  ++depth_;
  if (where_ == RowsAre::array && depth_ == 1) in_rows_ = true;
  if (where_ == RowsAre::log_history && depth_ == 2 && top_key_ == "log_history") in_rows_ = true;
  return true;
}

bool RowReader::close() {
  --depth_;
  if (depth_ < row_depth_) row_is_open_ = false;
  if (where_ != RowsAre::lines && depth_ + 2 == row_depth_) in_rows_ = false;
  return true;
}

bool RowReader::key(std::string& name) {
  if (where_ == RowsAre::log_history && depth_ == 1) top_key_ = name;
  if (in_row()) go_to(name);
  return true;
}

void RowReader::go_to(std::string_view name) {
  const std::size_t next = has_key_ ? column_ + 1 : 0;  // rows mostly have the same keys in the same order
  has_key_ = true;
  if (next < table.columns.size() && table.columns[next].source == name) {
    column_ = next;
  } else {
    const auto [it, is_new] = index_.try_emplace(std::string(name), table.columns.size());
    column_ = it->second;
    if (is_new) {
      table.columns.emplace_back().source = name;
      last_row_.push_back(SIZE_MAX);
    }
  }
  if (last_row_[column_] == rows_) repeated_key = name;
  last_row_[column_] = rows_;
}

void RowReader::begin_line(std::size_t line) {
  ++rows_;
  table.line.push_back(line);
  depth_ = 0;
  row_is_open_ = false;
  has_key_ = false;
  is_row = false;
  in_rows_ = true;
}

namespace {

/// A line's bytes, one after the other.
class Scanner {
 public:
  explicit Scanner(std::string_view text) : text_(text) {}

  bool at_end() const { return at_ == text_.size(); }
  char peek() const { return at_ < text_.size() ? text_[at_] : '\0'; }
  void blanks() {
    while (peek() == ' ' || peek() == '\t' || peek() == '\r') ++at_;
  }
  /// Takes `byte` and the blanks around it.
  bool take(char byte) {
    blanks();
    if (peek() != byte) return false;
    ++at_;
    blanks();
    return true;
  }
  bool word(std::string_view word) {
    if (text_.substr(at_, word.size()) != word) return false;
    at_ += word.size();
    return true;
  }
  /// A string of printable ASCII without escapes.
  bool string(std::string_view& found) {
    if (peek() != '"') return false;
    const std::size_t begin = ++at_;
    while (peek() >= ' ' && peek() <= '~' && peek() != '"' && peek() != '\\') ++at_;
    if (peek() != '"') return false;
    found = text_.substr(begin, at_ - begin);
    ++at_;
    return true;
  }
  /// A number as JSON writes it, in the range of doubles; takes nothing where there is none.
  bool number(double& value) {
    const std::size_t begin = at_;
    if (read_number(begin, value)) return true;
    at_ = begin;
    return false;
  }

 private:
  bool read_number(std::size_t begin, double& value) {
    if (peek() == '-') ++at_;
    const bool zero = peek() == '0';
    const std::size_t whole = digits();
    if (whole == 0 || (zero && whole > 1)) return false;
    if (peek() == '.') {
      ++at_;
      if (digits() == 0) return false;
    }
    if (peek() == 'e' || peek() == 'E') {
      ++at_;
      if (peek() == '+' || peek() == '-') ++at_;
      if (digits() == 0) return false;
    }
    const auto result = std::from_chars(text_.data() + begin, text_.data() + at_, value);
    return result.ec == std::errc{};
  }
  std::size_t digits() {
    const std::size_t begin = at_;
    while (peek() >= '0' && peek() <= '9') ++at_;
    return at_ - begin;
  }

  std::string_view text_;
  std::size_t at_ = 0;
};

}  // namespace

bool RowReader::plain_line(std::string_view text, std::size_t line) {
  using Kind = Entry::Kind;
  entries_.clear();
  Scanner scan(text);
  if (!scan.take('{')) return false;
  while (!scan.take('}')) {
    if (!entries_.empty() && !scan.take(',')) return false;
    Entry entry{};
    if (!scan.string(entry.key) || !scan.take(':')) return false;
    if (scan.number(entry.number)) {
      entry.kind = Kind::number;
    } else if (scan.word("null")) {
      entry.kind = Kind::absent;
    } else if (const bool yes = scan.word("true"); yes || scan.word("false")) {
      entry.kind = Kind::other;
      entry.number = yes ? 1.0 : 0.0;
    } else if (scan.string(entry.text)) {
      entry.kind = Kind::text;
    } else {
      return false;
    }
    entries_.push_back(entry);
  }
  if (!scan.at_end()) return false;
  begin_line(line);
  is_row = true;
  for (const Entry& entry : entries_) {
    go_to(entry.key);
    RawColumn& column = table.columns[column_];
    switch (entry.kind) {
      case Kind::number:
        add_number(column, rows_ - 1, entry.number);
        break;
      case Kind::absent:
        add_number(column, rows_ - 1, std::nullopt);
        break;
      case Kind::other:
        add_fault(column, rows_ - 1, entry.number != 0.0 ? "true" : "false", finite_text);
        break;
      case Kind::text:
        add_text(column, rows_ - 1, entry.text);
    }
  }
  return true;
}

namespace {

/// The rows do not count among those that are not finite.
void leave_out(const RowNumbers& rows, RawColumn& column) {
  RowNumbers kept;
  for (std::size_t k = 0; k < column.not_finite_row.size(); ++k) {
    if (!rows.has(column.not_finite_row[k])) kept.push_back(column.not_finite_row[k]);
  }
  if (kept.size() == 0) {
    column.not_finite.reset();
  } else {
    column.not_finite->row = kept[0];
  }
  column.not_finite_row = kept;
}

}  // namespace

void RowReader::take_summaries(std::vector<std::string>& notes) {
  const auto summary = std::find_if(table.columns.begin(), table.columns.end(),
                                    [](const RawColumn& column) { return column.source == "train_runtime"; });
  if (summary == table.columns.end()) return;
  const RowNumbers rows = summary->row;
  for (RawColumn& column : table.columns) {
    if (is_usual("step", column.source)) continue;
    RowNumbers kept;
    for (std::size_t k = 0; k < column.row.size(); ++k) {
      if (rows.has(column.row[k])) {
        meta.insert_or_assign(column.source, column.value[k]);
        continue;
      }
      column.value[kept.size()] = column.value[k];
      kept.push_back(column.row[k]);
    }
    column.row = kept;
    column.value.resize(kept.size());
    leave_out(rows, column);
  }
  std::erase_if(table.columns, [](const RawColumn& column) { return column.source == "train_runtime"; });
  notes.emplace_back("the row with train_runtime is the summary of the run, no point of its curves");
}

Parsed RowReader::finish() {
  Parsed parsed;
  std::vector<std::string> nested;
  for (RawColumn& column : table.columns) {
    column.length = rows_;
    if (column.fault && column.fault->text == object_text) nested.push_back(column.source);
  }
  if (!nested.empty()) parsed.notes.push_back(concat({"objects within the rows are not read: ", listed(nested)}));
  take_summaries(parsed.notes);
  parsed.tables.push_back(std::move(table));
  parsed.meta = std::move(meta);
  return parsed;
}

}  // namespace scheduled::runlog
