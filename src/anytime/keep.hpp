// Which checkpoints of a trunk a merge needs, and how many are there at once.
#pragma once

#include <cstdint>
#include <vector>

#include "scheduled/merge.hpp"

namespace scheduled::anytime {

/// `count` steps, evenly in the last `window` before `end`, the last one there. 1 <= count <= window <= end.
std::vector<std::int64_t> even_steps(std::int64_t end, std::int64_t window, std::int64_t count);

/// Sets most and at: what is there when the trunk is at each step where something changes. `results`: steps of the
/// trunk from which on one is there.
void count_kept(const std::vector<std::int64_t>& results, KeepPlan& plan);

/// most times `bytes` of a checkpoint >= 0. Throws ArgumentError naming bytes.
std::int64_t bytes_of_most(std::int64_t most, std::int64_t bytes);

}  // namespace scheduled::anytime
