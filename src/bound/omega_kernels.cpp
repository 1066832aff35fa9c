#include "bound/omega_kernels.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/omega_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

/// tail[j] = after + sum of lr over the steps of the block behind j; returns the sum over the block. Four steps at a
/// time: the chain of additions through `local` is what takes time.
double OmegaBlockTails(const double* HWY_RESTRICT lr, std::size_t count, double after, double* HWY_RESTRICT tail) {
  double local = 0.0;
  std::size_t k = count;
  for (; k >= 4; k -= 4) {
    const double one = lr[k - 1];
    const double two = one + lr[k - 2];
    const double three = two + lr[k - 3];
    tail[k - 1] = local;
    tail[k - 2] = local + one;
    tail[k - 3] = local + two;
    tail[k - 4] = local + three;
    local += three + lr[k - 4];
  }
  for (; k > 0; --k) {
    tail[k - 1] = local;
    local += lr[k - 1];
  }
  for (std::size_t j = 0; j < count; ++j) tail[j] += after;
  return local;
}

double SumOf32(const double* lane) {
  double eight[8];
  for (std::size_t l = 0; l < 8; ++l) eight[l] = (lane[l] + lane[l + 16]) + (lane[l + 8] + lane[l + 24]);
  return ((eight[0] + eight[4]) + (eight[2] + eight[6])) + ((eight[1] + eight[5]) + (eight[3] + eight[7]));
}

/// sum of square[j]/tail[j] over a full block, one division for four terms: a/b + c/d = (a d + c b)/(b d).
double FourInOne(const double* HWY_RESTRICT square, const double* HWY_RESTRICT tail) {
  constexpr std::size_t n = omega_block / 4;
  double lane[n];
  for (std::size_t i = 0; i < n; ++i) {
    const double d0 = tail[i];
    const double d1 = tail[i + n];
    const double d2 = tail[i + 2 * n];
    const double d3 = tail[i + 3 * n];
    const double d01 = d0 * d1;
    const double d23 = d2 * d3;
    lane[i] = ((square[i] * d1 + square[i + n] * d0) * d23 + (square[i + 2 * n] * d3 + square[i + 3 * n] * d2) * d01) /
              (d01 * d23);
  }
  return SumOf32(lane);
}

BlockSums OmegaBlockSums(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                         std::size_t count, double after) {
  double tail[omega_block];
  double square[omega_block];
  const double rates = OmegaBlockTails(lr, count, after, tail);
  if (norm != nullptr) {
    for (std::size_t j = 0; j < count; ++j) square[j] = (lr[j] * norm[j]) * (lr[j] * norm[j]);
  } else {
    for (std::size_t j = 0; j < count; ++j) square[j] = (lr[j] * constant_norm) * (lr[j] * constant_norm);
  }
  if (count == omega_block) {
    // The products of four stay far from overflow, and what underflows is below 1e-30 of the sum, where all tails are
    // within 1e-50 ... 1e50 and 1e30 of each other and the largest square within 1e-30 ... 1e100.
    double largest[8] = {};
    for (std::size_t j = 0; j < omega_block; j += 8) {
      for (std::size_t l = 0; l < 8; ++l) largest[l] = largest[l] < square[j + l] ? square[j + l] : largest[l];
    }
    double most = 0.0;
    for (const double value : largest) most = most < value ? value : most;
    const double high = tail[0];
    const double low = tail[omega_block - 1];
    if (low >= 1e-50 && high <= 1e50 && high <= 1e30 * low && most >= 1e-30 && most <= 1e100) {
      return {rates, FourInOne(square, tail)};
    }
  }
  double lane[32] = {};
  for (std::size_t j = 0; j < count; ++j) lane[j % 32] += square[j] / tail[j];
  return {rates, SumOf32(lane)};
}

double OmegaBlockGradient(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                          std::size_t count, double shift, double before, double* HWY_RESTRICT out) {
  double slope[omega_block];   // lr norm^2/u
  double square[omega_block];  // (lr norm/u)^2
  for (std::size_t j = 0; j < count; ++j) {
    const double g = norm != nullptr ? norm[j] : constant_norm;
    const double move = lr[j] / out[j] * g;
    slope[j] = move * g;
    square[j] = move * move;
  }
  double local = 0.0;
  std::size_t k = 0;
  for (; k + 4 <= count; k += 4) {
    const double one = square[k];
    const double two = one + square[k + 1];
    const double three = two + square[k + 2];
    out[k] = local;
    out[k + 1] = local + one;
    out[k + 2] = local + two;
    out[k + 3] = local + three;
    local += three + square[k + 3];
  }
  for (; k < count; ++k) {
    out[k] = local;
    local += square[k];
  }
  for (std::size_t j = 0; j < count; ++j) out[j] = 0.5 * (2.0 * slope[j] - shift - (before + out[j]));
  return local;
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(OmegaBlockSums);
HWY_EXPORT(OmegaBlockTails);
HWY_EXPORT(OmegaBlockGradient);

BlockSums omega_block_sums(const double* lr, const double* norm, double constant_norm, std::size_t count,
                           double after) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockSums)(lr, norm, constant_norm, count, after);
}

double omega_block_tails(const double* lr, std::size_t count, double after, double* tail) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockTails)(lr, count, after, tail);
}

double omega_block_gradient(const double* lr, const double* norm, double constant_norm, std::size_t count, double shift,
                            double before, double* out) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockGradient)(lr, norm, constant_norm, count, shift, before, out);
}

}  // namespace scheduled::kernels
#endif
