#include "shell/text.hpp"

#include <algorithm>
#include <vector>

namespace scheduled::shell {
namespace {

/// Length in bytes of the well-formed UTF-8 character at the start of `text`; 0: not well-formed (or cut off).
std::size_t character_length(std::string_view text) {
  const auto byte = [&](std::size_t k) { return static_cast<unsigned char>(text[k]); };
  const unsigned lead = byte(0);
  if (lead < 0x80) return 1;
  const std::size_t length = lead >= 0xc2 && lead < 0xe0 ? 2 : lead >= 0xe0 && lead < 0xf0 ? 3 : lead < 0xf5 ? 4 : 0;
  if (lead < 0xc2 || length == 0 || text.size() < length) return 0;
  for (std::size_t k = 1; k < length; ++k) {
    if ((byte(k) & 0xc0U) != 0x80U) return 0;
  }
  // Overlong forms, surrogates and what lies beyond U+10FFFF.
  if ((lead == 0xe0 && byte(1) < 0xa0) || (lead == 0xed && byte(1) >= 0xa0)) return 0;
  if ((lead == 0xf0 && byte(1) < 0x90) || (lead == 0xf4 && byte(1) >= 0x90)) return 0;
  return length;
}

std::vector<std::string> characters(std::string_view text) {
  std::vector<std::string> out;
  while (!text.empty()) {
    const std::size_t length = character_length(text);
    const auto first = static_cast<unsigned char>(text.front());
    // C0, DEL, and C1, whose U+009B begins commands of terminals as ESC [ does.
    const bool c1 = length == 2 && first == 0xc2 && static_cast<unsigned char>(text[1]) < 0xa0;
    const bool control = first < 0x20 || first == 0x7f || c1;
    out.emplace_back(length == 0 || control ? "?" : text.substr(0, length));
    text.remove_prefix(length == 0 ? 1 : length);
  }
  return out;
}

}  // namespace

std::size_t text_width(std::string_view text) { return characters(text).size(); }

std::string clean(std::string_view text) { return shortened(text, static_cast<std::size_t>(-1)); }

std::string clean_lines(std::string_view text) {
  const auto harmless = [](char c) { return (c >= ' ' && c < 0x7f) || c == '\n' || c == '\t'; };
  if (std::all_of(text.begin(), text.end(), harmless)) return std::string(text);
  std::string out;
  while (!text.empty()) {
    const std::size_t end = std::min(text.find_first_of("\n\t"), text.size());
    out += clean(text.substr(0, end));
    if (end < text.size()) out += text[end];
    text.remove_prefix(std::min(text.size(), end + 1));
  }
  return out;
}

std::string shortened(std::string_view text, std::size_t width) {
  const std::vector<std::string> all = characters(text);
  const bool fits = all.size() <= width;
  const std::size_t head = fits ? all.size() : width / 2;
  const std::size_t tail = fits ? all.size() : all.size() - (width - head - 1);
  std::string out;
  for (std::size_t k = 0; k < head; ++k) out += all[k];
  if (!fits) out += "…";
  for (std::size_t k = tail; k < all.size(); ++k) out += all[k];
  return out;
}

std::vector<std::string> wrapped(std::string_view text, std::size_t width, std::size_t most) {
  std::vector<std::string> lines;
  std::string rest = clean(text);
  while (text_width(rest) > width && lines.size() + 1 < most) {
    std::size_t end = std::string::npos;
    for (std::size_t at = rest.find(' '); at != std::string::npos; at = rest.find(' ', at + 1)) {
      if (at > 0 && text_width(std::string_view(rest).substr(0, at)) <= width) end = at;
    }
    if (end == std::string::npos) break;
    lines.push_back(rest.substr(0, end));
    rest.erase(0, end + 1);
  }
  lines.push_back(shortened(rest, width));
  return lines;
}

}  // namespace scheduled::shell
