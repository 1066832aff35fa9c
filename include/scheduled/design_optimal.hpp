// Layer 3: the schedules that minimise Omega_T and the exact worst case (THEORY sections 4 and 6).
#pragma once

#include <cstdint>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

// For all functions below: T >= 1 steps. grad_norm: one value or at least T values, finite and > 0 (a step with grad
// norm 0 could be as large as one likes: the infimum would be 0 and not attained), none below 1e-60 of the largest
// [loss/distance]. distance D > 0. They throw std::invalid_argument naming the first bad index, its value and what it
// must be, also where the result is beyond the range of numbers.

/// A schedule and its bound.
struct OptimalSchedule {
  std::vector<double> lr;  ///< eta_1 ... eta_T, all > 0 [distance^2/loss]
  double bound = 0.0;      ///< Omega_T there [loss]
};

/// The rates with the smallest Omega_T, (4.1)-(4.3): for constant G linear decay but for an uptick in the last step.
/// O(T). `bound` is that of omega(lr) within 1e-12 (tests/unit/design_optimal); at T = 1e6 about 20 ms.
OptimalSchedule optimal_schedule(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

/// The rates with the smallest worst case that the weights of 2310.07831 Thm 1 prove: w_t = c/G_t^2, c = D/sqrt(sum
/// 1/G_t^2), eta_t = w_t w_{t+1:T}/w_{1:T} for t < T, with `bound` D/sqrt(sum 1/G_t^2). For one G these are the steps
/// (D/(G sqrt(T)))(1 - t/T) of Zamani and Glineur (2307.11134), with DG/sqrt(T), below which no method can get.
/// x_T does not depend on the last rate; it is set to what makes Omega_T smallest given the others. O(T).
OptimalSchedule worst_case_optimal_schedule(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

/// Both criteria for one schedule.
struct BothBounds {
  double omega = 0.0;
  double worst_case = 0.0;
  bool operator==(const BothBounds&) const = default;
};

/// The two optima, each judged by both criteria: what either gives away by the measure of the other.
struct OptimaCompared {
  BothBounds omega_optimal;
  BothBounds worst_case_optimal;
};
OptimaCompared compare_optima(std::int64_t T, GradNorm grad_norm = 1.0, double distance = 1.0);

}  // namespace scheduled
