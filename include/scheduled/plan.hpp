// The plan of a run without a horizon: one trunk, and a branch for each result.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/duration.hpp"
#include "scheduled/law.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

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
  std::int64_t result = 0;         ///< N: its total budget in steps
  std::int64_t start = 0;          ///< s: where it leaves the trunk
  std::int64_t cooldown = 0;       ///< C = N - s >= 1
  Schedule schedule;               ///< trunk and cooldown as one schedule of N steps; equals the trunk before s
  double bound_at_own_peak = 0.0;  ///< Omega at the trunk's own peak [loss]
  double bound = 0.0;              ///< Omega at AnytimePlan::peak
  BestBaseLr cosine;               ///< a cosine run of N steps with the same warmup, at its best peak
  double ratio = 0.0;              ///< bound / cosine.bound; does not depend on the scale of D and of a constant G
  /// The exact worst case of the branch's end at AnytimePlan::peak [loss]; only for one grad norm > 0.
  std::optional<double> worst_case = {};
  /// That of the uniform average of the trunk's iterates N - C + 1 ... N at the same peak, which costs no branch; only
  /// where the trunk's rates never rise between them, besides (docs/theory.md, 8.12).
  std::optional<double> averaged = {};
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
/// Time O(sum of budgets), times up to 50 with max_overhead. Throws ArgumentError naming the argument and its
/// value: a trunk with a horizon, a cooldown or a wsd-s shape; no results, not increasing, shorter than warmup and
/// cooldown; tokens without tokens_per_step; an overhead that even the shortest cooldowns exceed (it names the
/// smallest possible); as best_base_lr, predict_losses and check_identified.
AnytimePlan plan_anytime(const PlanRequest& request);

// ---- Other ways to the same results.

/// A result by way of the trunk.
enum class ResultWay {
  cooldown,       ///< the plan's branch
  merge,          ///< the mean of a few checkpoints of the trunk, evenly in a window
  ema,            ///< an exponential average of all iterates of the trunk, kept as it trains
  schedule_free,  ///< Schedule-Free (2405.15682) at the trunk's rates: the mean of all iterates, each by its rate
};

struct CompareRequest {
  std::vector<ResultWay> ways;          ///< at least one, each once
  std::optional<Duration> window = {};  ///< of each merge, a share being of its result; nothing: as its cooldown
  std::int64_t count = 8;               ///< checkpoints of each merge, >= 2 and at most the steps of its window
  Duration half_life = percent(10);     ///< of the ema; a share is of the updates made so far (2602.03702)
  std::int64_t checkpoint_bytes = 0;    ///< of one, >= 0; 0: not known
  GradNorm grad_norm = 1.0;             ///< as in PlanRequest
  double distance = 1.0;                ///< D > 0
  std::optional<FittedLaw> law = {};    ///< as in PlanRequest
};

/// One result, made one way. Bounds are none where some grad norm is 0.
struct WayResult {
  std::int64_t result = 0;            ///< its total budget in steps
  std::int64_t extra_steps = 0;       ///< that nothing but this result needs
  std::optional<double> bound = {};   ///< what f(x) - f* is at most, rates as in the plan (its peak) [loss]
  std::optional<double> best = {};    ///< the same at the common factor of these rates where it is smallest
  std::optional<double> factor = {};  ///< that factor
  std::optional<double> ratio = {};   ///< best / that of a cosine run of the same budget, at its own best
  /// By the law, at the trunk's own peak: of the branch; of an average, of the run that lowers its rates as the average
  /// imitates. Averages of models reach a part of that.
  std::optional<Predicted> loss = {};
};

struct ComparedWay {
  ResultWay way = ResultWay::cooldown;
  std::int64_t total_steps = 0;  ///< of everything that is trained
  std::int64_t extra_steps = 0;  ///< beyond the longest budget
  std::int64_t checkpoints = 0;  ///< that are there at once, at most: results and the trunk's last two, too
  std::int64_t bytes = 0;        ///< of so many; 0 where the size of one is not known
  std::int64_t copies = 0;  ///< of the weights, beside the trained ones, in memory and in checkpoints to resume from
  std::vector<WayResult> results = {};
};

/// The results of a plan by these ways: what each costs, and what it guarantees. A cooldown has its exact worst case,
/// an average what average_bound says: x_T of result T is its T-th iterate, as in all bounds. Bounds of schedule_free
/// hold for each of its betas. Time as average_bound's for each result. Throws ArgumentError naming ways, window,
/// count, half_life or bytes, and as plan_anytime.
std::vector<ComparedWay> compare_ways(const AnytimePlan& plan, const CompareRequest& request);

}  // namespace scheduled
