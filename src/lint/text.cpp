#include "lint/text.hpp"

#include <array>
#include <charconv>
#include <string_view>

#include "base/error.hpp"

namespace scheduled::linting {
namespace {

std::string digits(double value, int count) {
  std::array<char, 40> text{};
  const auto end = std::to_chars(text.data(), text.data() + text.size(), value, std::chars_format::general, count).ptr;
  // As all numbers are written: 1e-5, not 1e-05.
  return format_number(
      parse_number(std::string_view(text.data(), static_cast<std::size_t>(end - text.data()))).value_or(value));
}

}  // namespace

std::string share_text(double share) { return digits(100.0 * share, 3) + " %"; }
std::string rate_text(double rate) { return digits(rate, 4); }
std::string factor_text(double factor) { return digits(factor, 3); }
std::string count_text(std::int64_t count, const char* what) {
  return concat({std::to_string(count), " ", what, count == 1 ? "" : "s"});
}

}  // namespace scheduled::linting
