// How the library words its errors. Private: the texts reach users through exceptions.
#pragma once

#include <initializer_list>
#include <stdexcept>
#include <string>
#include <string_view>

#include "scheduled/base.hpp"

namespace scheduled {

inline std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

[[noreturn]] inline void fail(std::initializer_list<std::string_view> parts) {
  throw std::invalid_argument(concat(parts));
}

/// "<name> = <value>: <requirement>".
[[noreturn]] inline void fail_value(std::string_view name, double value, std::string_view requirement) {
  fail({name, " = ", format_number(value), ": ", requirement});
}

}  // namespace scheduled
