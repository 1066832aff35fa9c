// How much of a run is held in memory. Private.
#pragma once

#include <cstdint>

namespace scheduled::runlog {

/// Updates of the longest run whose values are held one by one, which takes 8 GB: more is a mistake, not a run.
inline constexpr std::int64_t longest_run = 1'000'000'000;

}  // namespace scheduled::runlog
