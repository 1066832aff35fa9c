// Merging checkpoints instead of cooling down: the weights, what they are worth (docs/exact.md), and the merge itself.
#pragma once

#include <cstdint>
#include <filesystem>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "scheduled/anytime.hpp"
#include "scheduled/duration.hpp"
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
  std::optional<Decay> decay = {};       ///< of rule decay alone; nothing: linear
  std::optional<Rate> final = {};        ///< of that decay, a share of the rate before; exponential needs one
  std::optional<double> half_life = {};  ///< of ema, in updates, >= 1
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

/// The rates of the first `count` updates of a line, as recorded. 0 <= count <= 1e9, and not beyond the line's end.
std::vector<double> recorded_rates(const RunRecord& record, const std::string& line, std::int64_t count);

// ---- Which checkpoints of a trunk to keep for what is wanted of it.

struct KeepRequest {
  std::vector<std::int64_t> branches = {};  ///< steps where branches leave, >= 1
  std::vector<std::int64_t> ends = {};      ///< of these branches, in their order, each beyond its start
  std::vector<std::int64_t> merges = {};    ///< steps of the trunk up to which merges are made, >= 2
  Duration window = percent(20);            ///< of each merge: steps, or a share of its own
  std::int64_t count = 8;                   ///< checkpoints of each merge, >= 2 and at most the steps of its window
  std::int64_t bytes = 0;                   ///< of a checkpoint, >= 0; 0: not known
};

/// A checkpoint of the trunk.
struct KeptCheckpoint {
  std::int64_t step = 0;
  std::vector<std::int64_t> branches = {};  ///< ends of the branches that leave here
  std::vector<std::int64_t> merges = {};    ///< steps of the merges that it is part of
  std::int64_t until = 0;                   ///< when the trunk is here, nothing needs it any more
  bool operator==(const KeptCheckpoint&) const = default;
};

struct KeepPlan {
  std::vector<KeptCheckpoint> checkpoints;  ///< by step
  std::int64_t most = 0;                    ///< checkpoints that are there at once, results of branches and merges too
  std::int64_t at = 0;                      ///< the trunk's step where that is first so
  std::int64_t bytes = 0;                   ///< of so many
};

/// The checkpoints of each merge lie evenly in its window, the last one at its end: so weights of a linear decay are
/// all alike. Branches train beside the trunk, as fast as that. The trunk's last two are counted besides, from which it
/// resumes. Throws ArgumentError naming branches, ends, merges, window, count or bytes.
KeepPlan plan_checkpoints(const KeepRequest& request);

// ---- The merge itself: tensors in files of the safetensors format.

/// Tensors and their weight. `path`: a file; the index of a model in several, *.index.json; or a folder, which has
/// model.safetensors, its index, or a single *.safetensors.
struct MergeSource {
  std::filesystem::path path;
  double weight = 0.0;
};

struct MergedFiles {
  std::vector<std::string> files;  ///< that were written, by name
  std::int64_t merged = 0;         ///< tensors
  std::int64_t taken = 0;          ///< tensors of whole numbers or flags, which are those of the last source
  std::int64_t bytes_read = 0, bytes_written = 0;
};

/// Writes sum_k weight_k x_k of every tensor of BF16, F16, F32 or F64, in that type, into the folder `out`, which must
/// be missing or empty, in files named and laid out as those of the last source. Each sum is made in double precision,
/// in the order of the sources, and rounded once to the nearest, ties to even: the same bits on every machine, whatever
/// `threads` >= 1 is. Reads the files once, in blocks of 2^20 values: never a whole tensor of those is in memory. The
/// folder is there when all of it is written and synced, and before that not.
///
/// Throws ArgumentError naming what is wrong: fewer than 2 sources; weights that are not finite or do not sum to 1
/// (1e-6); a tensor that is missing in one, has another shape or dtype there, is of another type (F8_...), or has a
/// nan; files that are no safetensors. StoreError where reading or writing fails.
MergedFiles merge_safetensors(std::span<const MergeSource> sources, const std::filesystem::path& out, int threads = 1);

/// A merge as a line of a run. Its checkpoint has what `merge_safetensors` makes, and of the last checkpoint what
/// `take` names.
struct RunMerge {
  std::string name;
  std::string line = "trunk";          ///< whose checkpoints, and those of what it left, are merged
  std::vector<MergeWeight> weights;    ///< of these steps, increasing, at least 2; their sum is 1
  std::string file = {};               ///< of each checkpoint's folder; nothing: as MergeSource::path
  std::vector<std::string> take = {};  ///< files to copy unchanged, as optimizer states and configurations
  std::string note = {};
  std::string code_version = {};
  int threads = 1;
};

}  // namespace scheduled
