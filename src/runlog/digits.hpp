// How exactly a logged number was written. Private.
#pragma once

#include <algorithm>
#include <string>

#include "base/error.hpp"
#include "scheduled/runlog.hpp"

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

/// Whether rates of at most `digits` significant digits move as rounded ones of a smooth schedule do: they go on in one
/// direction by steps that differ from row to row, now up and now down, by a unit of the last digit at most. Rates that
/// are round by nature do not: a warmup in round steps, stairs that are longer than the unit, a constant. (digits.cpp)
bool shows_rounding(const Series& rates, int digits);

}  // namespace scheduled::runlog
