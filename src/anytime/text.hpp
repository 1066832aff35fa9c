// Numbers in error texts that people compare, not read back.
#pragma once

#include <array>
#include <cstdio>
#include <string>

namespace scheduled::anytime {

/// Four significant digits.
inline std::string four_digits(double value) {
  std::array<char, 32> text{};
  static_cast<void>(std::snprintf(text.data(), text.size(), "%.4g", value));
  return text.data();
}

}  // namespace scheduled::anytime
