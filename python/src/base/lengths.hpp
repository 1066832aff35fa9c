// Lengths as arguments.
#pragma once

#include <nanobind/nanobind.h>
#include <nanobind/stl/variant.h>

#include <cstdint>
#include <string>
#include <variant>
#include "base/text.hpp"

namespace scheduled::python {

/// A number of steps, or text such as "50k", "1Btok" or "20%".
using LengthArgument = std::variant<std::int64_t, std::string>;

inline std::string length_text(const LengthArgument& length) {
  const auto* const count = std::get_if<std::int64_t>(&length);
  return count ? std::to_string(*count) : std::get<std::string>(length);
}

}  // namespace scheduled::python
