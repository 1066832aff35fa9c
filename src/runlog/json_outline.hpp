// What a JSON text is at its outermost level, without parsing it. Private.
#pragma once

#include <string>
#include <string_view>
#include <vector>

namespace scheduled::runlog {

/// The first object of a text.
struct JsonOutline {
  struct Key {
    std::string_view name;  ///< as written, escapes included
    char value = '\0';      ///< first byte of its value
  };
  std::vector<Key> keys;       ///< of the object itself, as far as the text goes
  std::size_t end = 0;         ///< after its last byte; npos: it does not end
  std::size_t first_line = 0;  ///< length of the first line

  bool has(std::string_view name, char value) const;
  bool spans_lines() const { return end > first_line; }
};

/// Of a text that begins with '{'. O(n); any bytes.
JsonOutline outline(std::string_view content);

/// The text with the NaN, Infinity, -Infinity (in any case, inf, too) that JSON does not have as strings, which readers
/// take for entries that are not logged; the text itself where there are none. `storage` holds what is new.
std::string_view without_nan(std::string_view content, std::string& storage);

}  // namespace scheduled::runlog
