// How exactly a logged number was written. Private.
#pragma once

#include <algorithm>
#include <string>

#include "base/error.hpp"

namespace scheduled::runlog {

/// Significant digits of the shortest text.
inline int digits_of(double value) {
  std::string text = format_number(value);
  text = text.substr(0, text.find('e'));
  std::erase(text, '.');
  const std::size_t first = text.find_first_not_of("-0");
  if (first == std::string::npos) return 0;
  return static_cast<int>(text.find_last_not_of('0') - first + 1);
}

}  // namespace scheduled::runlog
