// Small work on texts that several modules share.
#pragma once

#include <cstddef>
#include <string_view>

namespace scheduled {

/// Without the blanks (spaces, tabs, line ends) around it.
constexpr std::string_view trimmed(std::string_view text) noexcept {
  constexpr std::string_view blanks = " \t\r\n";
  const std::size_t first = text.find_first_not_of(blanks);
  if (first == std::string_view::npos) return {};
  return text.substr(first, text.find_last_not_of(blanks) - first + 1);
}

/// Its first bytes, `most` or as many fewer as make whole characters of UTF-8.
constexpr std::string_view beginning_of(std::string_view text, std::size_t most) noexcept {
  if (text.size() <= most) return text;
  while (most > 0 && (static_cast<unsigned char>(text[most]) & 0xC0U) == 0x80U) --most;
  return text.substr(0, most);
}

}  // namespace scheduled
