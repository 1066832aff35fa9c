// Texts as words of a shell's command line. Private; shells use it, too.
#pragma once

#include <algorithm>
#include <string>
#include <string_view>

namespace scheduled {

/// Whether it means itself in a shell's command line, wherever it stands.
constexpr bool is_plain_in_shell(char c) noexcept {
  return (c >= 'A' && c <= 'Z') || (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') ||
         std::string_view("_./:=@%+,-").find(c) != std::string_view::npos;
}

/// As one word of a shell's command line, whatever is in it.
inline std::string shell_word(std::string_view text) {
  if (!text.empty() && std::all_of(text.begin(), text.end(), is_plain_in_shell)) return std::string(text);
  std::string out = "'";
  for (const char c : text) {
    if (c == '\'') {
      out += "'\\''";
    } else {
      out += c;
    }
  }
  return out + "'";
}

}  // namespace scheduled
