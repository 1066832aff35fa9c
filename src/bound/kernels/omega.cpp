#include "bound/kernels/omega.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/kernels/omega.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "bound/kernels/lanes.hpp"

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

/// Steps 4 f ... 4 f + 3 of a block for as many f as a vector has lanes: one step of each four in each vector.
template <class D>
struct Fours {
  using V = hn::Vec<D>;
  V a, b, c, e;
  static HWY_INLINE Fours Load(D d, const double* HWY_RESTRICT from) {
    Fours fours;
    hn::LoadInterleaved4(d, from, fours.a, fours.b, fours.c, fours.e);
    return fours;
  }
  HWY_INLINE V Least() const { return hn::Min(hn::Min(a, b), hn::Min(c, e)); }
  HWY_INLINE V Most() const { return hn::Max(hn::Max(a, b), hn::Max(c, e)); }
  HWY_INLINE Fours TimesSquared(const Fours& by) const {
    const V ma = hn::Mul(a, by.a);
    const V mb = hn::Mul(b, by.b);
    const V mc = hn::Mul(c, by.c);
    const V me = hn::Mul(e, by.e);
    return {hn::Mul(ma, ma), hn::Mul(mb, mb), hn::Mul(mc, mc), hn::Mul(me, me)};
  }
};

/// sum of square/tail over each four in one division: a/b + c/d = (a d + c b)/(b d).
template <class V, class F>
HWY_INLINE V SumOfQuotients(const F& square, const F& tail) {
  const V ab = hn::Mul(tail.a, tail.b);
  const V ce = hn::Mul(tail.c, tail.e);
  const V first = hn::Mul(hn::Add(hn::Mul(square.a, tail.b), hn::Mul(square.b, tail.a)), ce);
  const V second = hn::Mul(hn::Add(hn::Mul(square.c, tail.e), hn::Mul(square.e, tail.c)), ab);
  return hn::Div(hn::Add(first, second), hn::Mul(ab, ce));
}

/// Sum over each four of a full block; returns the sum of all, and in behind[f] what comes after four f.
double RatesBehindFours(const double* HWY_RESTRICT lr, double after, double* HWY_RESTRICT behind) {
  const hn::CappedTag<double, 8> d;
  double total[omega_block / 4];
  for (std::size_t f = 0; f < omega_block / 4; f += hn::Lanes(d)) {
    const auto rates = Fours<decltype(d)>::Load(d, lr + 4 * f);
    hn::StoreU(hn::Add(rates.a, hn::Add(rates.b, hn::Add(rates.c, rates.e))), d, total + f);
  }
  return OmegaBlockTails(total, omega_block / 4, after, behind);
}

/// Four neighbouring steps in one division where a block is full and its values are in range. All is lane by lane, so
/// that the length of the vectors does not change the result.
BlockSums OmegaBlockSums(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                         std::size_t count, double after) {
  if (count < omega_block) return SumsByDivision(lr, norm, constant_norm, count, after);
  const hn::CappedTag<double, 8> d;
  using F = Fours<decltype(d)>;
  double behind[omega_block / 4];
  BlockSums sums;
  sums.rates = RatesBehindFours(lr, after, behind);
  const auto same = hn::Set(d, constant_norm);
  double smallest[8];
  double largest[8];
  double lane[8];
  for (std::size_t l = 0; l < 8; l += hn::Lanes(d)) {
    auto least = hn::Zero(d);
    auto most = hn::Zero(d);
    auto sum = hn::Zero(d);
    for (std::size_t f = l; f < omega_block / 4; f += 8) {
      const F rates = F::Load(d, lr + 4 * f);
      F norms = {same, same, same, same};
      if (norm != nullptr) norms = F::Load(d, norm + 4 * f);
      const F square = rates.TimesSquared(norms);
      const auto last = hn::LoadU(d, behind + f);
      const auto ce = hn::Add(rates.c, rates.e);
      const F tail = {hn::Add(last, hn::Add(rates.b, ce)), hn::Add(last, ce), hn::Add(last, rates.e), last};
      least = hn::Min(least, hn::Min(rates.Least(), norms.Least()));
      most = hn::Max(most, square.Most());
      sum = hn::Add(sum, SumOfQuotients<hn::Vec<decltype(d)>>(square, tail));
    }
    hn::StoreU(least, d, smallest + l);
    hn::StoreU(most, d, largest + l);
    hn::StoreU(sum, d, lane + l);
  }
  double most = 0.0;
  for (std::size_t l = 0; l < 8; ++l) {
    sums.smallest = smallest[l] < sums.smallest ? smallest[l] : sums.smallest;
    most = largest[l] > most ? largest[l] : most;
  }
  // The products of four stay far from overflow, and what underflows is below 1e-30 of the sum, where all tails are
  // within 1e-50 ... 1e50 and 1e30 of each other and the largest square within 1e-30 ... 1e100.
  const double high = after + sums.rates;
  const bool in_range = after >= 1e-50 && high <= 1e50 && high <= 1e30 * after && most >= 1e-30 && most <= 1e100;
  if (!in_range) return SumsByDivision(lr, norm, constant_norm, count, after);
  sums.terms = SumOf8(lane);
  return sums;
}

BlockSplit OmegaBlockSplit(const double* HWY_RESTRICT lr, const double* HWY_RESTRICT norm, double constant_norm,
                           std::size_t count, double after, double squares_after) {
  double tail[omega_block];
  double square[omega_block];
  double behind[omega_block];  // squares after each step
  BlockSplit sums;
  sums.rates = OmegaBlockTails(lr, count, after, tail);
  for (std::size_t j = 0; j < count; ++j) {
    const double move = lr[j] * (norm != nullptr ? norm[j] : constant_norm);
    square[j] = move * move;
  }
  sums.squares = OmegaBlockTails(square, count, squares_after, behind);
  double lane[8] = {};
  for (std::size_t j = 0; j < count; ++j) {
    lane[j % 8] += lr[j] / tail[j] * ((behind[j] + square[j]) / (tail[j] + lr[j]));
  }
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
HWY_EXPORT(OmegaBlockSplit);

BlockSums omega_block_sums(const double* lr, const double* norm, double constant_norm, std::size_t count,
                           double after) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockSums)(lr, norm, constant_norm, count, after);
}

double omega_block_tails(const double* lr, std::size_t count, double after, double* tail) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockTails)(lr, count, after, tail);
}

BlockSplit omega_block_split(const double* lr, const double* norm, double constant_norm, std::size_t count,
                             double after, double squares_after) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockSplit)(lr, norm, constant_norm, count, after, squares_after);
}

double omega_block_gradient(const double* lr, const double* norm, double constant_norm, std::size_t count, double shift,
                            double before, double* out) {
  return HWY_DYNAMIC_DISPATCH(OmegaBlockGradient)(lr, norm, constant_norm, count, shift, before, out);
}

}  // namespace scheduled::kernels
#endif
