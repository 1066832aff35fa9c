// What programs print: text in blocks, JSON lines, tables for people.
#pragma once

#include <string>
#include <string_view>
#include <vector>

#include "base/json.hpp"

namespace scheduled::shell {

/// The reader of standard output went away, as in `scheduled ... | head`: nothing is left to do, and nothing is wrong.
struct ClosedPipe {};

/// Standard output, written in blocks, so that a million rows need no million-row text. Throws ClosedPipe, or
/// std::runtime_error where writing fails (disk full).
class Output {
 public:
  Output() = default;
  Output(const Output&) = delete;
  Output& operator=(const Output&) = delete;
  void write(std::string_view text);
  void flush();  ///< must be the last call: what was not flushed is lost

 private:
  std::string pending_;
};

void print_text(std::string_view text);

/// One line of JSON; what is not finite is null. Numbers read back exactly.
void print_line(const Json& json);

/// Six significant digits, for tables.
std::string rounded(double value);

/// "7.4 %" for 0.074.
std::string percent_text(double share);

/// What a ratio is in words: "7.4 % lower", "76 % higher", "46 times as large".
std::string against(double ratio);

/// Columns of text under their headers. Those with an empty header and the first are flush left, the others flush
/// right.
class TextTable {
 public:
  explicit TextTable(std::vector<std::string> headers) : rows_{std::move(headers)} {}
  void add(std::vector<std::string> row) { rows_.push_back(std::move(row)); }
  std::string text() const;

 private:
  std::vector<std::vector<std::string>> rows_;
};

}  // namespace scheduled::shell
