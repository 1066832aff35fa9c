#include "shell/output.hpp"

#include <fmt/format.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <stdexcept>
#include <system_error>

#include "shell/text.hpp"

namespace scheduled::shell {

void Output::write(std::string_view text) {
  constexpr std::size_t block = 1 << 16;
  pending_ += text;
  if (pending_.size() >= block) flush();
}

void Output::flush() {
  // CSV has no escapes: files and pipes get the bytes, a terminal does not.
  if (::isatty(STDOUT_FILENO) != 0) pending_ = clean_lines(pending_);
  std::string_view rest = pending_;
  while (!rest.empty()) {
    const ssize_t count = ::write(STDOUT_FILENO, rest.data(), rest.size());
    if (count < 0 && errno == EPIPE) throw ClosedPipe();
    if (count < 0 && errno != EINTR) {
      throw std::runtime_error("standard output: cannot be written: " + std::generic_category().message(errno));
    }
    if (count > 0) rest.remove_prefix(static_cast<std::size_t>(count));
  }
  pending_.clear();
}

void print_text(std::string_view text) {
  Output output;
  output.write(clean_lines(text));
  output.flush();
}

void print_line(const Json& json) { print_text(json.dump() + "\n"); }

std::string rounded(double value) { return fmt::format("{:.6g}", value); }

std::string percent_text(double share) { return fmt::format("{:.3g} %", 100.0 * share); }

std::string against(double ratio) {
  if (ratio >= 3.0) return fmt::format("{:.3g} times as large", ratio);
  if (ratio > 0.9995 && ratio < 1.0005) return "the same";
  return percent_text(ratio < 1.0 ? 1.0 - ratio : ratio - 1.0) + (ratio < 1.0 ? " lower" : " higher");
}

std::string TextTable::text() const {
  std::vector<std::size_t> widths(rows_.front().size(), 0);
  for (const auto& row : rows_) {
    for (std::size_t k = 0; k < row.size(); ++k) widths[k] = std::max(widths[k], text_width(row[k]));
  }
  std::string out;
  for (const auto& row : rows_) {
    std::string line;
    for (std::size_t k = 0; k < row.size(); ++k) {
      const std::string room(widths[k] - text_width(row[k]), ' ');
      const bool left = k == 0 || rows_.front()[k].empty();
      line += (k == 0 ? "" : "  ") + (left ? row[k] + room : room + row[k]);
    }
    line.erase(line.find_last_not_of(' ') + 1);
    out += line + "\n";
  }
  return out;
}

}  // namespace scheduled::shell
