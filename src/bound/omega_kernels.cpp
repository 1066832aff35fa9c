#include "bound/omega_kernels.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/omega_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

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

double SumOf8(const double* lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

/// Any block, any range: one division a term.
BlockSums SumsByDivision(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                         std::size_t count, double after) {
  double tail[omega_block];
  BlockSums sums;
  sums.rates = OmegaBlockTails(lr, count, after, tail);
  double lane[8] = {};
  for (std::size_t j = 0; j < count; ++j) {
    const double g = norm != nullptr ? norm[j] : constant_norm;
    const double move = lr[j] * g;
    lane[j % 8] += move * move / tail[j];
    const double lower = lr[j] < g ? lr[j] : g;
    sums.smallest = lower < sums.smallest ? lower : sums.smallest;
  }
  sums.terms = SumOf8(lane);
  return sums;
}

/// A full block, four neighbouring steps in one division: a/b + c/d = (a d + c b)/(b d). Vectors hold one step of each
/// four; all is lane by lane, so that their length does not change the result.
BlockSums OmegaBlockSums(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                         std::size_t count, double after) {
  if (count < omega_block) return SumsByDivision(lr, norm, constant_norm, count, after);
  constexpr std::size_t fours = omega_block / 4;
  const hn::CappedTag<double, 8> d;
  const std::size_t width = hn::Lanes(d);
  double total[fours];  // rates of each four
  for (std::size_t f = 0; f < fours; f += width) {
    hn::Vec<decltype(d)> one, two, three, four;
    hn::LoadInterleaved4(d, lr + 4 * f, one, two, three, four);
    hn::StoreU(hn::Add(one, hn::Add(two, hn::Add(three, four))), d, total + f);
  }
  double behind[fours];  // rates after each four
  BlockSums sums;
  sums.rates = OmegaBlockTails(total, fours, after, behind);

  double smallest[8];
  double largest[8];
  double lane[8];
  for (std::size_t l = 0; l < 8; l += width) {
    auto least = hn::Zero(d);
    auto most = hn::Zero(d);
    auto sum = hn::Zero(d);
    for (std::size_t f = l; f < fours; f += 8) {
      hn::Vec<decltype(d)> a, b, c, e;
      hn::LoadInterleaved4(d, lr + 4 * f, a, b, c, e);
      least = hn::Min(least, hn::Min(hn::Min(a, b), hn::Min(c, e)));
      const auto tail_e = hn::LoadU(d, behind + f);
      const auto ce = hn::Add(c, e);
      const auto tail_c = hn::Add(tail_e, e);
      const auto tail_b = hn::Add(tail_e, ce);
      const auto tail_a = hn::Add(tail_e, hn::Add(b, ce));
      if (norm != nullptr) {
        hn::Vec<decltype(d)> na, nb, nc, ne;
        hn::LoadInterleaved4(d, norm + 4 * f, na, nb, nc, ne);
        least = hn::Min(least, hn::Min(hn::Min(na, nb), hn::Min(nc, ne)));
        a = hn::Mul(a, na);
        b = hn::Mul(b, nb);
        c = hn::Mul(c, nc);
        e = hn::Mul(e, ne);
      } else {
        const auto same = hn::Set(d, constant_norm);
        a = hn::Mul(a, same);
        b = hn::Mul(b, same);
        c = hn::Mul(c, same);
        e = hn::Mul(e, same);
      }
      a = hn::Mul(a, a);
      b = hn::Mul(b, b);
      c = hn::Mul(c, c);
      e = hn::Mul(e, e);
      most = hn::Max(most, hn::Max(hn::Max(a, b), hn::Max(c, e)));
      const auto ab = hn::Mul(tail_a, tail_b);
      const auto cd = hn::Mul(tail_c, tail_e);
      const auto first = hn::Mul(hn::Add(hn::Mul(a, tail_b), hn::Mul(b, tail_a)), cd);
      const auto second = hn::Mul(hn::Add(hn::Mul(c, tail_e), hn::Mul(e, tail_c)), ab);
      sum = hn::Add(sum, hn::Div(hn::Add(first, second), hn::Mul(ab, cd)));
    }
    hn::StoreU(least, d, smallest + l);
    hn::StoreU(most, d, largest + l);
    hn::StoreU(sum, d, lane + l);
  }
  for (const double value : smallest) sums.smallest = value < sums.smallest ? value : sums.smallest;
  double most = 0.0;
  for (const double value : largest) most = value > most ? value : most;
  // The products of four stay far from overflow, and what underflows is below 1e-30 of the sum, where all tails are
  // within 1e-50 ... 1e50 and 1e30 of each other and the largest square within 1e-30 ... 1e100.
  const double high = after + sums.rates;
  const bool in_range = after >= 1e-50 && high <= 1e50 && high <= 1e30 * after && most >= 1e-30 && most <= 1e100;
  if (!in_range) return SumsByDivision(lr, norm, constant_norm, count, after);
  sums.terms = SumOf8(lane);
  return sums;
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
