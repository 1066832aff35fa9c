// Fuzz target of configurations of other programs; see targets.hpp.
#pragma once

#include <cmath>
#include <optional>
#include <stdexcept>
#include <string_view>

#include "fuzz/targets.hpp"
#include "scheduled/foreign.hpp"

namespace scheduled::fuzz {

/// Any bytes, by their content and as each program's: a schedule with finite rates >= 0, whose exports read back, or an
/// error.
inline void foreign(std::string_view text) {
  const auto tools = foreign_tools();
  for (std::size_t k = 0; k <= tools.size(); ++k) {
    if (k > 0 && (text.size() + k) % 4 != 0) continue;
    std::optional<ImportedSchedule> found;
    try {
      found = import_schedule(text, {k == 0 ? std::string() : std::string(tools[k - 1].name), 50, "x"});
    } catch (const std::invalid_argument&) {
      continue;
    }
    require(Schedule::parse(print(found->schedule)) == found->schedule, "the spec reads back equal");
    for (std::int64_t i = 0; i < 60; ++i) {
      require(std::isfinite(found->schedule.lr(i)) && found->schedule.lr(i) >= 0.0, "rates are finite and >= 0");
    }
    if (k == 0) continue;
    try {
      require(!export_schedule(found->schedule, tools[k - 1].name).text.empty(), "an export is a text");
    } catch (const std::invalid_argument&) {
      continue;
    }
  }
}

}  // namespace scheduled::fuzz
