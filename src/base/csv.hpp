// Lines of CSV (RFC 4180).
#pragma once

#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled {

/// The cell in quotes.
inline std::string csv_quoted(std::string_view cell) {
  std::string quoted = "\"";
  for (const char c : cell) quoted.append(c == '"' ? 2 : 1, c);
  return quoted + '"';
}

/// The cells joined by commas, and a newline; in quotes where a comma, a quote or a line break needs them.
inline std::string csv_line(const std::vector<std::string>& cells) {
  std::string line;
  for (std::size_t k = 0; k < cells.size(); ++k) {
    if (k > 0) line += ',';
    const bool plain = cells[k].find_first_of(",\"\r\n") == std::string::npos;
    line += plain ? cells[k] : csv_quoted(cells[k]);
  }
  return line + '\n';
}

/// The cells of a line without its line break, what stood in quotes as it is.
inline std::vector<std::string> cells_of_line(std::string_view line, char separator = ',') {
  std::vector<std::string> cells(1);
  bool quoted = false;
  for (std::size_t k = 0; k < line.size(); ++k) {
    const char c = line[k];
    if (c == '"' && quoted && k + 1 < line.size() && line[k + 1] == '"') {
      cells.back() += line[++k];
    } else if (c == '"') {
      quoted = !quoted;
    } else if (c == separator && !quoted) {
      cells.emplace_back();
    } else {
      cells.back() += c;
    }
  }
  return cells;
}

}  // namespace scheduled
