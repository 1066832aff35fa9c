// How long each cooldown is when only the overhead is given.
#pragma once

#include <cstdint>
#include <span>
#include <vector>

namespace scheduled::anytime {

/// What one result may choose from, by increasing cooldown.
struct Choices {
  std::int64_t result = 0;             ///< N
  std::vector<std::int64_t> cooldown;  ///< strictly increasing, < N
  std::vector<double> ratio;           ///< bound / cosine bound of each
};

/// Steps of the trunk, which ends where the last branch leaves it, and of all branches.
std::int64_t total_steps(std::span<const std::int64_t> results, std::span<const std::int64_t> cooldowns);

/// One cooldown for each result: from the shortest ones, the change with the largest gain in ratio per step of training
/// again and again, while the total stays within `most`. Throws std::invalid_argument where the shortest exceed it.
std::vector<std::int64_t> choose_cooldowns(std::span<const Choices> choices, std::int64_t most);

}  // namespace scheduled::anytime
