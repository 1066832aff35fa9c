// The inner loop of Omega_T, compiled once per instruction set; plain operations in a fixed order, lane by lane, so
// that every instruction set gives the same bits.
#pragma once

#include <cstddef>

namespace scheduled::kernels {

inline constexpr std::size_t omega_block = 256;

struct BlockSums {
  double rates = 0.0;     ///< sum of lr
  double terms = 0.0;     ///< sum of (lr norm)^2/u, u the sum of all rates after the step
  double smallest = 0.0;  ///< smallest of lr and norm, or 0 where that is positive
};

/// The sums over one block of `count` <= omega_block steps; `after` > 0 is the sum of all rates after the block. norm
/// is an array as long as lr, or null for the common value `constant_norm`. Plain additions, at most
/// omega_block/4 + 6 in a chain.
BlockSums omega_block_sums(const double* lr, const double* norm, double constant_norm, std::size_t count, double after);

/// What one block adds to the last term of (1.1).
struct BlockSplit {
  double rates = 0.0;    ///< sum of lr
  double squares = 0.0;  ///< sum of (lr norm)^2
  double terms = 0.0;    ///< sum of lr/u_k (sum of (lr norm)^2 from the step on)/u_{k-1}
};

/// As omega_block_sums; `squares_after` is the sum of (lr norm)^2 after the block.
BlockSplit omega_block_split(const double* lr, const double* norm, double constant_norm, std::size_t count,
                             double after, double squares_after);

/// tail[j] = u of step j of the block, for j < count; returns the sum of lr over the block.
double omega_block_tails(const double* lr, std::size_t count, double after, double* tail);

/// One block of (1.3) in forward order: turns out[j] = u_j into (2 lr norm^2/u - shift - before_j)/2, where before_j is
/// `before` plus the sum of (lr norm/u)^2 over the steps of the block ahead of j; returns that sum over the block.
double omega_block_gradient(const double* lr, const double* norm, double constant_norm, std::size_t count, double shift,
                            double before, double* out);

}  // namespace scheduled::kernels
