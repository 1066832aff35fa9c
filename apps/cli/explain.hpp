// --explain: what the closed forms say about a schedule, in words.
#pragma once

#include <optional>
#include <string>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"

namespace scheduled::cli {

/// A peak that somebody has chosen, and its bound over the smallest one.
struct ChosenPeak {
  double peak = 0.0;
  double best_peak = 0.0;
  double cost = 1.0;
};

/// The closed forms of `facts` and what they mean; starts with a blank line. `chosen`: also what that peak costs.
std::string explanation(const BoundFacts& facts, const std::optional<ChosenPeak>& chosen = {});

/// What a worst case means, beside its bound and the minimax rate.
std::string explanation(const ScheduleWorstCase& found);

}  // namespace scheduled::cli
