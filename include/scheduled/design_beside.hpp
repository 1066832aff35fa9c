// Layer 3: an optimum beside plain linear decay: what it gains, and how the two differ.
#pragma once

#include <cstdint>
#include <span>

#include "scheduled/bound.hpp"
#include "scheduled/design_constrained.hpp"
#include "scheduled/design_optimal.hpp"

namespace scheduled {

/// Linear decay under the same constraints: the prefix, the warmup's ramp, then from the height with the smallest
/// Omega_T (Criterion::worst_case: the smallest exact worst case; only without constraints) straight down to final_lr,
/// or so that it would reach 0 one step after T. `bound` is by the criterion. T, grad_norm, distance as for
/// constrained_schedule, and constraints that rates can obey: std::invalid_argument. O(T) for each of about 60
/// evaluations; closed form without constraints.
OptimalSchedule linear_decay_beside(std::int64_t T, GradNorm grad_norm, double distance,
                                    const ScheduleConstraints& constraints = {},
                                    Criterion criterion = Criterion::omega);

/// How rates differ from others for the same steps.
struct RateDifference {
  double gain = 0.0;         ///< 1 - bound/other's bound: positive where these rates are better
  double steps_saved = 0.0;  ///< share of the other's steps that the better bound is worth, as bounds fall as 1/sqrt(T)
  double peak = 1.0;         ///< largest rate before the last step over the other's
  double largest = 0.0;      ///< largest difference before the last step, as a share of the other's largest rate
  std::int64_t largest_at = 0;   ///< the (1-based) step where it is
  double last_step = 1.0;        ///< last rate over the one before it; 1 where that is 0 or there is none
  double other_last_step = 1.0;  ///< the same of the other
  double last = 1.0;             ///< last rate over the other's last
  std::int64_t level_until = 0;  ///< last step whose rate is within 0.1 % of the largest before the last step
};

/// Both of the same length >= 1, finite, >= 0, `other` with a rate > 0; bounds > 0. Throws std::invalid_argument. O(T).
RateDifference compare_rates(const OptimalSchedule& rates, const OptimalSchedule& other);

}  // namespace scheduled
