// Layer 3: the base LR of one schedule from the tuned base LR of another (THEORY section 3).
#pragma once

#include <optional>

#include "scheduled/design.hpp"

namespace scheduled {

struct LrTransfer {
  BestBaseLr from;      ///< of the tuned schedule in theory
  BestBaseLr to;        ///< of the other
  double factor = 1.0;  ///< to.peak/from.peak
  double peak = 0.0;    ///< the tuned schedule's own peak times the factor: what to try
  /// The factor in the limit of long runs, for one grad norm and Omega: the ratio of the constants of THEORY section 3
  /// times sqrt(T_from/T_to); a warmup is left out. Nothing where one of the two shapes has no limit of that kind:
  /// it has them for WSD with a linear cooldown to 0, and for cosine, 1-sqrt and polynomial over the whole run.
  std::optional<double> limit;
};

/// Moves the base LR tuned for `tuned` (its peak) to `target` (whose peak does not matter): other cooldown, shape or
/// horizon. D and G cancel where G is one number; `settings.T` must not be given (each schedule is judged at its own
/// horizon; a grad norm series must cover both). Throws std::invalid_argument as best_base_lr.
LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings = {});

}  // namespace scheduled
