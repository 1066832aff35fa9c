// Layer 3: choosing a schedule (THEORY section 2).
#pragma once

#include <cstdint>
#include <span>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// The base LR with the smallest bound.
struct BestBaseLr {
  double peak = 0.0;        ///< gamma*
  double bound = 0.0;       ///< the bound there
  std::int64_t T = 0;       ///< where the bound was evaluated: the last positive step at or before the T asked for
  bool closed_form = true;  ///< (2.1); false: minimised numerically, because a start, plateau or final LR is absolute
  bool at_limit = false;    ///< the minimum lies at the smallest peak that the absolute LRs allow
};

/// Minimises the bound over the peak of `schedule` (its own peak does not matter). Closed form (2.1) where the rates
/// are proportional to the peak: O(T). Otherwise golden-section search in log2(peak) over peaks >= smallest_peak(),
/// about 60 evaluations of O(T): the bound is then right to about 1e-15 relative, the peak to 1e-7; the minimum is
/// unique in every case seen, which is not proven. Throws std::invalid_argument as `bound`, and where all grad norms
/// are 0.
BestBaseLr best_base_lr(const Schedule& schedule, const BoundSettings& settings = {});

/// The distance D at which the rates `lr` already have the best scale, that is (2.1) gives a factor of 1. For runs
/// whose D is unknown: the shape of Omega_t then is that of a tuned run. lr and grad_norm as for `omega`. O(T).
double matching_distance(std::span<const double> lr, GradNorm grad_norm = 1.0);

/// One line of a comparison: the schedule at its best peak.
struct ComparisonRow {
  Schedule schedule;
  BestBaseLr best;
  double ratio = 1.0;  ///< bound / smallest bound of all rows
};

/// The schedules at their best peaks, in the order given. Throws as best_base_lr; at least one schedule.
std::vector<ComparisonRow> compare(std::span<const Schedule> schedules, const BoundSettings& settings = {});

}  // namespace scheduled
