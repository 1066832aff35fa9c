// One function per part of scheduled._anytime.
#pragma once

#include <nanobind/nanobind.h>

#include <cstdint>
#include <string>
#include <string_view>
#include <variant>

#include "scheduled/error.hpp"

namespace scheduled::python {

void bind_plan(nanobind::module_& m);
void bind_record(nanobind::module_& m);
void bind_store(nanobind::module_& m);

/// A number of steps, or text such as "50k", "1Btok" or "20%".
using LengthArgument = std::variant<std::int64_t, std::string>;

inline std::string length_text(const LengthArgument& length) {
  const auto* const count = std::get_if<std::int64_t>(&length);
  return count ? std::to_string(*count) : std::get<std::string>(length);
}

/// Text of a record. It may come from another program, hence bytes that are no UTF-8: as os.fsdecode has them.
inline nanobind::str recorded_text(std::string_view text) {
  return nanobind::steal<nanobind::str>(
      PyUnicode_DecodeUTF8(text.data(), static_cast<Py_ssize_t>(text.size()), "surrogateescape"));
}

}  // namespace scheduled::python
