// Layer 3: the schedule with the smallest final loss that a law predicts.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// How a fall of the rate within one update counts. multi_power credits all of it with the speed of the lower rate, so
/// that by the law's letter a few stairs beat the slope that they follow (by 0.007 for typical parameters) - something
/// that no run has confirmed. `slope` gives it the speed of the mean of both rates, as a steep slope would have; for
/// smooth schedules the two agree as steps grow. No difference for the other laws.
enum class Falls { as_the_law, slope };

/// The loss after all updates of `lr`, and its derivative in each rate.
struct LawGradient {
  double loss = 0.0;
  std::vector<double> rate;  ///< one per update
};

/// Loss within 1e-12 of law_curve_direct, relative. Rates of 0 have the derivative of a rate of 0 that stays 0 (omega:
/// after the last positive rate; multi_power: below 1e-9 of the reference; angular: the derivative at 1e-9 of it). bu:
/// a rate counts only where it is the first highest. O(T). Throws std::invalid_argument as LawCurve with step T, and
/// for worst_case, which has kinks.
LawGradient law_end_gradient(const Law& law, std::span<const double> lr, Falls falls = Falls::as_the_law);

struct LawOptimizeOptions {
  std::int64_t warmup = 0;  ///< linear, step i (from 0) at (i+1)/warmup of the first rate after it; < steps
  /// No rate is above it, > 0. Default: the law's reference_rate, for a fitted law the highest rate that it has seen.
  std::optional<double> cap = std::nullopt;
  Falls falls = Falls::slope;
  double tolerance = 1e-5;   ///< of the gap, in units of the loss, > 0
  int max_iterations = 200;  ///< on each grid, >= 1
};

struct LawOptimum {
  std::vector<double> lr;  ///< one rate per update, not increasing after the warmup
  double loss = 0.0;       ///< by the law itself
  /// How much the loss (as `falls` counts it) could still fall, to the first order, on the way to any other schedule
  /// that obeys the same limits. Where the loss is convex in the rates (momentum, bu) no schedule is better by more;
  /// the other laws may have several minima, of which this is the best that was found from the starts.
  double gap = 0.0;
  bool converged = false;  ///< gap <= tolerance
  int evaluations = 0;     ///< of loss and gradient
};

/// Minimises the law's loss after `steps` updates over all rates that rise through the warmup, then never rise, and
/// stay at or below the cap. Spectral projected gradients on piecewise linear rates, from several starts, on a grid
/// that is refined where that gains. bu: constant, in closed form (all schedules with that highest rate are equal).
/// Deterministic, the same bits on every x86-64 machine. O(steps) for each of some hundred evaluations. Throws
/// std::invalid_argument: options out of range, worst_case (worst_case_optimal_schedule has its optimum), bu with a =
/// 0, where no rate is best.
LawOptimum optimize_law(const Law& law, std::int64_t steps, const LawOptimizeOptions& options = {});

/// A schedule at the peak with the smallest final loss.
struct LawPeak {
  double peak = 0.0;
  double loss = 0.0;
  bool at_cap = false;
};

/// The best peak of `schedule`, which needs a horizon, within [cap/1000, cap] (and what its absolute rates allow): a
/// scan in steps of a fifth, then golden section to 1e-4 relative. Throws std::invalid_argument.
LawPeak best_law_peak(const Law& law, const Schedule& schedule, double cap);

}  // namespace scheduled
