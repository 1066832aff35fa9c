#include "lint/asked.hpp"

#include <algorithm>
#include <array>
#include <span>
#include <string_view>

#include "foreign/values.hpp"

namespace scheduled::linting {
namespace {

std::optional<double> first_of(const RunLog& log, std::span<const std::string_view> keys) {
  for (const std::string_view key : keys) {
    // A summary has the last value of each column by its name.
    const auto of_column = [key](const auto& source) { return source.second == key; };
    if (std::any_of(log.source.begin(), log.source.end(), of_column)) continue;
    if (const auto value = log.number(key); value && *value > 0.0) return value;
  }
  return std::nullopt;
}

}  // namespace

std::optional<double> configured_rate(const RunLog& log) {
  constexpr std::array<std::string_view, 6> keys{"lr",      "learning_rate", "max_lr",
                                                 "peak_lr", "base_lr",       "learning-rate"};
  return first_of(log, keys);
}

std::optional<double> configured_minimum(const RunLog& log) {
  constexpr std::array<std::string_view, 4> keys{"min_lr", "min_learning_rate", "final_lr", "end_lr"};
  return first_of(log, keys);
}

bool leaves_no_room(const ArgumentError& error) {
  const auto& names = foreign::no_room_names;
  return std::find(names.begin(), names.end(), error.fields().limit) != names.end();
}

std::optional<double> ramped_batch(const Schedule& schedule, std::int64_t update) {
  if (schedule.spec().step_size.ramp.empty()) return std::nullopt;
  return schedule.batch(update - 1);
}

}  // namespace scheduled::linting
