// Layer 4: planning a run without a horizon: one trunk, and a cooldown branch for each result (THEORY section 9).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/law_predict.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// Steps count finished updates: a checkpoint of step s was written after update s, and the next rate is lr(s).
struct PlanRequest {
  Schedule trunk;                 ///< without horizon and cooldown: rsqrt, constant, infinite, ...
  std::vector<Duration> results;  ///< total budgets, strictly increasing: steps, tokens or examples
  Cooldown cooldown = {};         ///< of each branch; a percentage is of its result's budget, `rest` is not allowed
  /// Chooses the shares instead of cooldown.length: see plan_anytime. A share of the longest budget, finite, >= 0.
  std::optional<double> max_overhead = {};
  GradNorm grad_norm = 1.0;  ///< a series must be as long as the longest budget
  double distance = 1.0;     ///< D > 0
  /// Predicts the loss of each result. Laws have learning rates in real units: the prediction is for the trunk's own
  /// peak as given, not for AnytimePlan::peak.
  std::optional<FittedLaw> law = {};
};

/// One result: the branch that leaves the trunk for it.
struct PlannedBranch {
  std::int64_t result = 0;             ///< N: its total budget in steps
  std::int64_t start = 0;              ///< s: where it leaves the trunk
  std::int64_t cooldown = 0;           ///< C = N - s >= 1
  Schedule schedule;                   ///< trunk and cooldown as one schedule of N steps; equals the trunk before s
  double bound_at_own_peak = 0.0;      ///< Omega at the trunk's own peak [loss]
  double bound = 0.0;                  ///< Omega at AnytimePlan::peak
  BestBaseLr cosine;                   ///< a cosine run of N steps with the same warmup, at its best peak
  double ratio = 0.0;                  ///< bound / cosine.bound; does not depend on the scale of D and of a constant G
  std::optional<Predicted> loss = {};  ///< by the request's law, at the trunk's own peak [nats]
  double share() const noexcept { return static_cast<double>(cooldown) / static_cast<double>(result); }
};

/// A checkpoint to keep, and until when.
struct PlannedCheckpoint {
  std::int64_t step = 0;
  bool is_result = false;  ///< the end of a branch (keep it: it is the result); else a point where branches leave
  /// Branch points: may be deleted when the branches to these results (indices into AnytimePlan::branches) are finished
  /// and, where `after_trunk_step` is given, the trunk has committed that later checkpoint, from which it resumes.
  std::vector<std::size_t> needed_by = {};
  std::optional<std::int64_t> after_trunk_step = {};
  bool operator==(const PlannedCheckpoint&) const = default;
};

struct AnytimePlan {
  Schedule trunk;
  std::vector<PlannedBranch> branches;         ///< in the order of the results
  std::vector<PlannedCheckpoint> checkpoints;  ///< by step
  std::int64_t trunk_steps = 0;                ///< the last branch point
  std::int64_t total_steps = 0;                ///< trunk and branches
  std::int64_t separate_steps = 0;             ///< one run for each result instead: the sum of the budgets
  double overhead = 0.0;  ///< total_steps / longest budget - 1: what the earlier results cost beside the last one
  /// The trunk's peak at which the largest ratio is smallest; the trunk's own where its rates are not proportional to
  /// the peak (then tuned is false).
  double peak = 0.0;
  bool tuned = true;
};

/// The smallest and largest cooldown share that `max_overhead` chooses from, in steps of `finest_share`.
constexpr double finest_share = 0.01;
constexpr double largest_share = 0.5;

/// Plans the run. With max_overhead each result gets a share of 1 %, 2 %, ..., 50 % of its budget (at least a step, and
/// less than what the warmup leaves), such that the overhead is at most max_overhead: from the shortest cooldowns on,
/// always the change that lowers the ratio of its bound to the cosine's most per step of training (each at its own best
/// peak; at the trunk's where rates are not proportional to it). Cooldowns of the longest result cost nothing while its
/// branch leaves the trunk last.
///
/// Time O(sum of budgets), times up to 50 with max_overhead. Throws std::invalid_argument naming the argument and its
/// value: a trunk with a horizon, a cooldown or a wsd-s shape; no results, not increasing, shorter than warmup and
/// cooldown; tokens without tokens_per_step; an overhead that even the shortest cooldowns exceed (it names the
/// smallest possible); as best_base_lr, and as predict_losses.
AnytimePlan plan_anytime(const PlanRequest& request);

/// The schedule of a branch that leaves `trunk` after `start` steps and cools down over `cooldown_steps`: a schedule of
/// start + cooldown_steps steps with the trunk's bits before `start`. `cooldown.length` is not read. Throws
/// std::invalid_argument: a trunk with a horizon or a cooldown, start not above the warmup, cooldown_steps < 1, and as
/// Schedule's constructor (an exponential cooldown to 0, ...).
Schedule branch_schedule(const Schedule& trunk, std::int64_t start, std::int64_t cooldown_steps,
                         const Cooldown& cooldown);

/// Steps of a cooldown that starts after `start` steps: a length in steps, tokens or examples as it is; p % so that it
/// is p % of the total, start p/(100 - p) rounded to the nearest step. Throws std::invalid_argument: p >= 100, less
/// than one step.
std::int64_t cooldown_steps_from(const Schedule& trunk, std::int64_t start, Duration length);

}  // namespace scheduled
