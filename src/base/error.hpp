// How the library throws its errors. Private; shells use it, too.
#pragma once

#include <cstdint>
#include <initializer_list>
#include <optional>
#include <string>
#include <string_view>

#include "scheduled/error.hpp"

namespace scheduled {

inline std::string concat(std::initializer_list<std::string_view> parts) {
  std::string text;
  for (const std::string_view part : parts) text += part;
  return text;
}

/// Throws ArgumentError{name, index, value, requirement}.
[[noreturn]] void fail_value(std::string_view name, std::string_view value, std::string_view requirement);
[[noreturn]] void fail_value(std::string_view name, double value, std::string_view requirement);
[[noreturn]] void fail_entry(std::string_view name, std::size_t index, double value, std::string_view requirement);
[[noreturn]] void fail_entry(std::string_view name, std::size_t index, std::string_view value,
                             std::string_view requirement);

/// Throws ArgumentError{name, requirement}: no single value is at fault.
[[noreturn]] void fail_argument(std::string_view name, std::string_view requirement);

/// Throws ArgumentError with a text for people only. Where an argument can be named, fail_value or fail_argument.
[[noreturn]] void fail(std::initializer_list<std::string_view> parts);

}  // namespace scheduled
