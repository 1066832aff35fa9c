// Merging checkpoints instead of cooling down: the weights, and what they are worth (docs/exact.md).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduled/anytime.hpp"
#include "scheduled/exact.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// How checkpoints of a run are merged.
enum class MergeRule {
  decay,    ///< imitates a cooldown by this decay over the window
  uniform,  ///< all alike
  ema,      ///< exponential, with a half-life
};

struct MergeRequest {
  std::vector<double> lr;           ///< of the updates so far, at least up to the last checkpoint: finite, >= 0
  std::vector<std::int64_t> steps;  ///< of the checkpoints at hand, finished updates, >= 1 and strictly increasing
  MergeRule rule = MergeRule::decay;
  Decay decay = LinearDecay{};
  Rate final = {};                       ///< of that decay, a share of the rate before; exponential needs one
  std::optional<double> half_life = {};  ///< of ema, in updates, > 0
  /// Where the window begins; nothing: as far before the first checkpoint as that lies before the second.
  std::optional<std::int64_t> begin = {};
  double grad_norm = 1.0;  ///< G
  double distance = 1.0;   ///< D
};

struct MergeWeight {
  std::int64_t step = 0;
  double weight = 0.0;
};

/// What a merge is worth, all at the best common factor of the rates of each way, so that the ratios do not depend on D
/// and G where those are not known.
struct MergePlan {
  std::vector<MergeWeight> weights;  ///< by step; their sum is 1
  std::int64_t begin = 0;            ///< of the window: rates after this step are imitated as lowered
  AverageBound merged = {};          ///< of the merge. rule `filled`: the checkpoints lie too far apart (8.10)
  AverageBound every = {};           ///< the same weights spread over all iterates between: what a running average has
  double cooldown = 0.0;             ///< the worst case of a run that really lowers its rates so
  double last = 0.0;                 ///< of the last iterate, without merging
  bool falling = false;              ///< weights fall along the window, where a merge is worth less than the decay
};

/// Weights for the checkpoints at hand: c_k = d(p_{k-1}) - d(p_k), p_k the place of the k-th in the window, d(p_0) = 1
/// and the last without subtraction, so that the rates between two checkpoints are imitated as lowered by d at the
/// first of them; in proportion to 2^(step/half_life) for ema. Up to 1e8 terms where (8.11) fails, as average_bound.
/// Throws ArgumentError naming lr, steps, half_life, begin, decay or final.
MergePlan plan_merge(const MergeRequest& request);

/// The steps of the checkpoints of a line and of what it left, beyond `begin` and up to `end` (nothing: its last), that
/// are neither deleted nor damaged, strictly increasing.
std::vector<std::int64_t> merge_points(const RunRecord& record, const std::string& line, std::int64_t begin,
                                       std::optional<std::int64_t> end = {});

/// The rates of the first `count` updates of a line, as recorded. 0 <= count <= 1e9.
std::vector<double> recorded_rates(const RunRecord& record, const std::string& line, std::int64_t count);

}  // namespace scheduled
