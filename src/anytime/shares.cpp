#include "anytime/shares.hpp"

#include <algorithm>
#include <limits>
#include <optional>

#include "anytime/text.hpp"
#include "base/error.hpp"

namespace scheduled::anytime {
namespace {

struct Change {
  std::size_t result = 0;
  std::size_t to = 0;
  double rate = 0.0;  ///< gain in ratio per step; infinite where it costs nothing
  double gain = 0.0;
};

bool better(const Change& a, const Change& b) { return a.rate != b.rate ? a.rate > b.rate : a.gain > b.gain; }

}  // namespace

std::int64_t total_steps(std::span<const std::int64_t> results, std::span<const std::int64_t> cooldowns) {
  std::int64_t trunk = 0;
  std::int64_t branches = 0;
  for (std::size_t k = 0; k < results.size(); ++k) {
    trunk = std::max(trunk, results[k] - cooldowns[k]);
    branches += cooldowns[k];
  }
  return trunk + branches;
}

std::vector<std::int64_t> choose_cooldowns(std::span<const Choices> choices, std::int64_t most) {
  std::vector<std::int64_t> results;
  std::vector<std::int64_t> cooldowns;
  for (const Choices& choice : choices) {
    results.push_back(choice.result);
    cooldowns.push_back(choice.cooldown.front());
  }
  std::vector<std::size_t> at(choices.size(), 0);
  std::int64_t total = total_steps(results, cooldowns);
  if (total > most) {
    const auto percent = [&](std::int64_t steps) {
      return four_digits(100.0 * static_cast<double>(steps - results.back()) / static_cast<double>(results.back()));
    };
    fail_value("overhead", percent(most) + "%",
               concat({"must be at least ", percent(total), "%, what the shortest cooldowns cost"}));
  }
  for (;;) {
    std::optional<Change> best;
    for (std::size_t k = 0; k < choices.size(); ++k) {
      const std::int64_t now = cooldowns[k];
      for (std::size_t to = at[k] + 1; to < choices[k].cooldown.size(); ++to) {
        Change change{k, to, std::numeric_limits<double>::infinity(), choices[k].ratio[at[k]] - choices[k].ratio[to]};
        cooldowns[k] = choices[k].cooldown[to];
        const std::int64_t then = total_steps(results, cooldowns);
        if (!(change.gain > 0.0) || then > most) continue;
        if (then > total) change.rate = change.gain / static_cast<double>(then - total);
        if (!best || better(change, *best)) best = change;
      }
      cooldowns[k] = now;
    }
    if (!best) return cooldowns;
    at[best->result] = best->to;
    cooldowns[best->result] = choices[best->result].cooldown[best->to];
    total = total_steps(results, cooldowns);
  }
}

}  // namespace scheduled::anytime
