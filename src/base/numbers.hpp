// Small arithmetic that several modules share.
#pragma once

#include <cstdint>

namespace scheduled {

/// Counts of steps are at most 2^53: up to there every whole number is a double.
inline constexpr std::int64_t largest_count = std::int64_t{1} << 53;

constexpr double square(double x) noexcept { return x * x; }

}  // namespace scheduled
