#include "runlog/text.hpp"

#include <algorithm>
#include <array>
#include <cctype>

#include "base/error.hpp"

namespace scheduled::runlog {
namespace {

constexpr std::size_t most_listed = 12;
constexpr int number_overflow = 406;  // nlohmann-json's out_of_range.406

bool is_word(char byte) {
  return std::isalnum(static_cast<unsigned char>(byte)) != 0 || byte == '+' || byte == '-' || byte == '.';
}

/// The run of number and letter bytes around `position`.
std::string_view word_at(std::string_view content, std::size_t position) {
  std::size_t first = position;
  while (first > 0 && position - first < longest_value && is_word(content[first - 1])) --first;
  std::size_t last = position;
  while (last < content.size() && last - position < longest_value && is_word(content[last])) ++last;
  return content.substr(first, last - first);
}

bool names_not_finite(std::string_view word) {
  constexpr std::array<std::string_view, 3> spellings = {"nan", "inf", "infinity"};
  if (!word.empty() && (word.front() == '-' || word.front() == '+')) word.remove_prefix(1);
  std::string lower(word);
  for (char& byte : lower) byte = static_cast<char>(std::tolower(static_cast<unsigned char>(byte)));
  return std::find(spellings.begin(), spellings.end(), lower) != spellings.end();
}

}  // namespace

std::string printable(std::string_view text, std::size_t most) {
  constexpr std::string_view digits = "0123456789abcdef";
  std::string shown;
  for (const char byte : text.substr(0, most)) {
    const auto code = static_cast<unsigned char>(byte);
    if (code >= 0x20 && code < 0x7f) {
      shown += byte;
    } else {
      shown += "\\x";
      shown += digits[code >> 4U];
      shown += digits[code & 15U];
    }
  }
  if (text.size() > most) shown += "...";
  return shown;
}

std::string quote(std::string_view text) { return concat({"\"", printable(text), "\""}); }

std::string listed(std::span<const std::string> names) {
  if (names.empty()) return "none";
  std::string text;
  for (std::size_t i = 0; i < std::min(names.size(), most_listed); ++i) {
    if (i > 0) text += ", ";
    text += printable(names[i], longest_name);
  }
  if (names.size() > most_listed) text += concat({" and ", std::to_string(names.size() - most_listed), " more"});
  return text;
}

std::size_t line_of(std::string_view content, std::size_t position) {
  const std::string_view before = content.substr(0, position);
  return 1 + static_cast<std::size_t>(std::count(before.begin(), before.end(), '\n'));
}

JsonFault judge(std::string_view content, const JsonStop& stop) {
  if (stop.id == number_overflow) return {JsonFault::Kind::not_finite, printable(stop.token)};
  if (stop.position > content.size()) return {JsonFault::Kind::truncated, {}};  // it has read the end of the file
  const std::size_t at = stop.position == 0 ? 0 : stop.position - 1;
  const std::string_view word = word_at(content, at);
  if (names_not_finite(word)) return {JsonFault::Kind::not_finite, printable(word)};
  return {JsonFault::Kind::syntax, quote(word.empty() ? content.substr(at, 1) : word)};
}

}  // namespace scheduled::runlog
