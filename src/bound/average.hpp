// The proofs for averages of iterates, each a bound inverse/gamma + gamma linear (docs/theory.md, section 8a).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scheduled/exact.hpp"

namespace scheduled::average {

/// A run without its steps of 0.
struct Run {
  std::vector<std::int64_t> step;  ///< 1-based, of the original run
  std::vector<double> lr;          ///< > 0
  std::vector<double> weight;      ///< c_t, of the sum 1
  std::vector<double> norm;        ///< G_t
  double distance = 1.0;
  bool common = false;  ///< one G
};

/// For checked arguments.
Run reduce(std::span<const double> lr, std::span<const double> weights, GradNorm grad_norm, double distance);

/// (8.3) with Y_T = `last` and every Y_t as small as its two conditions allow. Without `last`, for one G only: with the
/// smallest Y_1, in one pass. For going backwards, Y_t = max((Y + h)^2/Y, (C_t/C_{t+1})(Y + h)) falls with Y = Y_{t+1}
/// up to min(h, h C_{t+1}/c_t) and rises beyond. O(T).
BoundTerms chain(const Run& run, std::span<const double> weight, std::optional<double> last);

/// c_t/eta_t as a sum of multiples of indicators of segments, each bounded by (8.6). Nothing where that is more than
/// 1e8 terms.
std::optional<BoundTerms> mixture(const Run& run, std::span<const double> weight);

/// Each weight shared out over the steps since the one before it, in proportion to the rates; `excess` is by how much
/// the average can lie above that of the new weights (8.10).
struct Filled {
  std::vector<double> weight;
  double excess = 0.0;
};
/// Nothing where there are no gaps.
std::optional<Filled> fill(const Run& run);

}  // namespace scheduled::average
