#include "runlog/json_outline.hpp"

#include <algorithm>
#include <array>
#include <cctype>

namespace scheduled::runlog {
namespace {

/// The place after the string that begins at `at` (a quote).
std::size_t after_string(std::string_view text, std::size_t at) {
  for (++at; at < text.size() && text[at] != '"'; ++at) {
    if (text[at] == '\\') ++at;
  }
  return std::min(at + 1, text.size());
}

/// The length of the word at `at` that is nan or an infinity; 0 where it is none.
std::size_t not_finite_at(std::string_view text, std::size_t at) {
  const std::size_t sign = text[at] == '-' || text[at] == '+' ? 1 : 0;
  for (const std::string_view word : {"infinity", "inf", "nan"}) {
    const std::string_view there = text.substr(at + sign, word.size());
    const bool same = there.size() == word.size() &&
                      std::equal(there.begin(), there.end(), word.begin(),
                                 [](char a, char b) { return std::tolower(static_cast<unsigned char>(a)) == b; });
    const std::size_t end = at + sign + word.size();
    if (same && (end == text.size() || std::isalnum(static_cast<unsigned char>(text[end])) == 0)) return end - at;
  }
  return 0;
}

}  // namespace

bool JsonOutline::has(std::string_view name, char value) const {
  return std::any_of(keys.begin(), keys.end(), [&](const Key& key) { return key.name == name && key.value == value; });
}

JsonOutline outline(std::string_view content) {
  JsonOutline found;
  found.first_line = std::min(content.find('\n'), content.size());
  found.end = std::string_view::npos;
  std::size_t depth = 0;
  std::string_view text;  // the last string at depth 1
  for (std::size_t at = 0; at < content.size();) {
    const char byte = content[at];
    if (byte == '"') {
      const std::size_t end = after_string(content, at);
      if (depth == 1 && end > at + 1) text = content.substr(at + 1, end - at - 2);
      at = end;
      continue;
    }
    if (byte == ':' && depth == 1) {
      const std::size_t value = content.find_first_not_of(" \t\r\n", at + 1);
      found.keys.push_back({text, value < content.size() ? content[value] : '\0'});
    }
    if (byte == '{' || byte == '[') ++depth;
    if (byte == '}' || byte == ']') {
      if (--depth == 0) {
        found.end = at + 1;
        return found;
      }
    }
    ++at;
  }
  return found;
}

std::string_view without_nan(std::string_view content, std::string& storage) {
  constexpr std::string_view starts = "nNiI";
  storage.clear();
  std::size_t copied = 0;
  for (std::size_t at = 0; at < content.size();) {
    const char byte = content[at];
    if (byte == '"') {
      at = after_string(content, at);
      continue;
    }
    const bool sign = (byte == '-' || byte == '+') && at + 1 < content.size();
    const std::size_t length =
        starts.find(sign ? content[at + 1] : byte) == std::string_view::npos ? 0 : not_finite_at(content, at);
    if (length == 0) {
      ++at;
      continue;
    }
    storage.append(content, copied, at - copied);
    storage += '"';
    storage.append(content, at, length);
    storage += '"';
    copied = at += length;
  }
  if (copied == 0) return content;
  storage.append(content, copied);
  return storage;
}

}  // namespace scheduled::runlog
