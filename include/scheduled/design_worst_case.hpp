// Layer 3: the exact worst case of a schedule, beside its bound and the best possible (THEORY section 6).
#pragma once

#include <cstdint>
#include <optional>

#include "scheduled/bound.hpp"
#include "scheduled/bound_worst_case.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// A peak, the worst case there, and the last-iterate bound for the same rates.
struct WorstCaseAtPeak {
  double peak = 0.0;
  WorstCase worst_case;
  double omega = 0.0;  ///< >= worst_case.value
};

struct ScheduleWorstCase {
  std::int64_t T = 0;                   ///< the last positive step at or before the T asked for
  bool exact = false;                   ///< one common grad norm: verified against the SDP; else an upper bound
  WorstCaseAtPeak own;                  ///< at the schedule's own peak
  std::optional<WorstCaseAtPeak> best;  ///< at the best peak; nothing where `why_no_best` says so
  /// Why there is no best peak: some rates are absolute; or only the last step, which x_T does not feel, is > 0; or the
  /// worst case is 0 at every peak (WorstCaseEnd::limit).
  enum class NoBest { has_one, absolute_rates, no_step_before_the_last, zero_at_every_peak };
  NoBest why_no_best = NoBest::has_one;
  std::optional<double> minimax;  ///< D G/sqrt(T), of the best method there is; only for one common grad norm
};

/// Throws as `bound` and worst_case; also for the standard criterion. O(T).
ScheduleWorstCase schedule_worst_case(const Schedule& schedule, const BoundSettings& settings = {});

}  // namespace scheduled
