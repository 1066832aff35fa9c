#include "bound/kernels/curve.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/kernels/curve.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include "bound/kernels/lanes.hpp"

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

/// A fraction in each lane.
template <class V>
struct Fraction {
  V numerator;
  V denominator;
};

template <class V>
HWY_INLINE Fraction<V> Sum(const Fraction<V>& a, const Fraction<V>& b) {
  return {hn::Add(hn::Mul(a.numerator, b.denominator), hn::Mul(b.numerator, a.denominator)),
          hn::Mul(a.denominator, b.denominator)};
}

/// The sum of `count` = 1, 2, 4, ... of the fractions weight/(base + offset).
template <std::size_t count, class D>
HWY_INLINE Fraction<hn::Vec<D>> SumOf(D d, hn::Vec<D> base, const double* HWY_RESTRICT offset,
                                      const double* HWY_RESTRICT weight) {
  if constexpr (count == 1) {
    return {hn::Set(d, weight[0]), hn::Add(base, hn::Set(d, offset[0]))};
  } else {
    constexpr std::size_t half = count / 2;
    return Sum(SumOf<half>(d, base, offset, weight), SumOf<half>(d, base, offset + half, weight + half));
  }
}

/// Adds the sources from `s` on to `total`, `together` at a time, and moves `s` behind them.
template <std::size_t together, class D>
HWY_INLINE void AddSources(D d, hn::Vec<D> base, const double* HWY_RESTRICT offset, const double* HWY_RESTRICT weight,
                           std::size_t sources, std::size_t& s, hn::Vec<D>& total) {
  for (; s + together <= sources; s += together) {
    const auto part = SumOf<together>(d, base, offset + s, weight + s);
    total = hn::Add(total, hn::Div(part.numerator, part.denominator));
  }
}

template <std::size_t together, class D>
HWY_INLINE void AddToTargets(D d, const double* HWY_RESTRICT base, const double* HWY_RESTRICT offset,
                             const double* HWY_RESTRICT weight, std::size_t sources, double* HWY_RESTRICT sum) {
  const auto from = hn::LoadU(d, base);
  auto total = hn::LoadU(d, sum);
  std::size_t s = 0;
  AddSources<together>(d, from, offset, weight, sources, s, total);
  AddSources<4>(d, from, offset, weight, sources, s, total);
  AddSources<2>(d, from, offset, weight, sources, s, total);
  AddSources<1>(d, from, offset, weight, sources, s, total);
  hn::StoreU(total, d, sum);
}

template <std::size_t together>
void AddAll(const double* HWY_RESTRICT base, std::size_t targets, const double* HWY_RESTRICT offset,
            const double* HWY_RESTRICT weight, std::size_t sources, double* HWY_RESTRICT sum) {
  const hn::CappedTag<double, 8> full;
  const std::size_t width = hn::Lanes(full);
  std::size_t i = 0;
  for (; i + width <= targets; i += width) AddToTargets<together>(full, base + i, offset, weight, sources, sum + i);
  const hn::CappedTag<double, 4> four;
  for (; i + hn::Lanes(four) <= targets; i += hn::Lanes(four)) {
    AddToTargets<together>(four, base + i, offset, weight, sources, sum + i);
  }
  const hn::CappedTag<double, 2> two;
  for (; i + hn::Lanes(two) <= targets; i += hn::Lanes(two)) {
    AddToTargets<together>(two, base + i, offset, weight, sources, sum + i);
  }
  const hn::CappedTag<double, 1> one;
  for (; i < targets; ++i) AddToTargets<together>(one, base + i, offset, weight, sources, sum + i);
}

void AddReciprocals(const double* HWY_RESTRICT base, std::size_t targets, const double* HWY_RESTRICT offset,
                    const double* HWY_RESTRICT weight, std::size_t sources, double closest, double* HWY_RESTRICT sum) {
  constexpr double far_enough_for_eight = 1e-15;
  if (closest >= far_enough_for_eight) {
    AddAll<8>(base, targets, offset, weight, sources, sum);
  } else {
    AddAll<4>(base, targets, offset, weight, sources, sum);
  }
}

template <class D>
HWY_INLINE void AddTo(D d, double* at, hn::Vec<D> term) {
  hn::StoreU(hn::Add(hn::LoadU(d, at), term), d, at);
}

/// past[k][t] is 1 where step k comes before step t, absent[k][t] = 1 - past[k][t].
struct Order {
  double past[8][8];
  double absent[8][8];
};
constexpr Order MakeOrder() {
  Order order{};
  for (int k = 0; k < 8; ++k) {
    for (int t = 0; t < 8; ++t) {
      order.past[k][t] = k < t ? 1.0 : 0.0;
      order.absent[k][t] = k < t ? 0.0 : 1.0;
    }
  }
  return order;
}
constexpr Order order_of_eight = MakeOrder();

/// Source k for the targets l, l + 1, ...; moves `distance` on to it. Targets that are not behind it see weight 0 at
/// distance 1.
template <class D>
HWY_INLINE Fraction<hn::Vec<D>> SourceOfEight(D d, std::size_t k, std::size_t l, const double* HWY_RESTRICT rate,
                                              const double* HWY_RESTRICT weight, hn::Vec<D>& distance) {
  const auto past = hn::LoadU(d, order_of_eight.past[k] + l);
  distance = hn::Add(distance, hn::Mul(past, hn::Set(d, rate[k + 1])));
  return {hn::Mul(past, hn::Set(d, weight[k])), hn::Add(distance, hn::LoadU(d, order_of_eight.absent[k] + l))};
}

/// Lane t is target t.
void AddEightReciprocals(const double* HWY_RESTRICT rate, const double* HWY_RESTRICT weight, double* HWY_RESTRICT sum) {
  const hn::CappedTag<double, 8> d;
  for (std::size_t l = 0; l < 8; l += hn::Lanes(d)) {
    auto distance = hn::Zero(d);
    const auto k6 = SourceOfEight(d, 6, l, rate, weight, distance);
    const auto k5 = SourceOfEight(d, 5, l, rate, weight, distance);
    const auto k4 = SourceOfEight(d, 4, l, rate, weight, distance);
    const auto near = Sum(k6, Sum(k5, k4));
    const auto k3 = SourceOfEight(d, 3, l, rate, weight, distance);
    const auto k2 = SourceOfEight(d, 2, l, rate, weight, distance);
    const auto k1 = SourceOfEight(d, 1, l, rate, weight, distance);
    const auto k0 = SourceOfEight(d, 0, l, rate, weight, distance);
    const auto far = Sum(Sum(k3, k2), Sum(k1, k0));
    AddTo(d, sum + l, hn::Add(hn::Div(near.numerator, near.denominator), hn::Div(far.numerator, far.denominator)));
  }
}

/// Points are taken `group` at a time, in vectors that stay in registers while the recurrence
/// T_{j+1} = 2 x T_j - T_{j-1} runs; lane l of eight holds points l, l + 8, l + 16, l + 24. Each recurrence is a chain
/// of a product and a difference; `chains` of them at once hide how long these take. Written as arrays, since the
/// compiler unrolls loops over so few and keeps them in registers (measured the same as four copies by hand).
constexpr std::size_t chains = 4;
constexpr std::size_t group = 8 * chains;

void MomentsOfGroup(const double* HWY_RESTRICT x, const double* HWY_RESTRICT weight, std::size_t order,
                    double (*HWY_RESTRICT lane)[8]) {
  const hn::CappedTag<double, 8> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t l = 0; l < 8; l += hn::Lanes(d)) {
    V lower[chains];
    V higher[chains];
    V twice[chains];
    for (std::size_t c = 0; c < chains; ++c) {
      const V point = hn::LoadU(d, x + l + 8 * c);
      lower[c] = hn::LoadU(d, weight + l + 8 * c);
      higher[c] = hn::Mul(lower[c], point);
      twice[c] = hn::Add(point, point);
    }
    for (std::size_t j = 0; j < order; ++j) {
      AddTo(d, lane[j] + l, hn::Add(hn::Add(lower[0], lower[1]), hn::Add(lower[2], lower[3])));
      for (std::size_t c = 0; c < chains; ++c) {
        const V next = hn::Sub(hn::Mul(twice[c], higher[c]), lower[c]);
        lower[c] = higher[c];
        higher[c] = next;
      }
    }
  }
}

void ChebyshevMoments(const double* HWY_RESTRICT x, const double* HWY_RESTRICT weight, std::size_t count,
                      std::size_t order, double* HWY_RESTRICT moment) {
  double lane[max_order][8] = {};
  std::size_t k = 0;
  for (; k + group <= count; k += group) MomentsOfGroup(x + k, weight + k, order, lane);
  if (k < count) {
    double last_x[group] = {};
    double last_weight[group] = {};
    for (std::size_t i = 0; i < count - k; ++i) {
      last_x[i] = x[k + i];
      last_weight[i] = weight[k + i];
    }
    MomentsOfGroup(last_x, last_weight, order, lane);
  }
  for (std::size_t j = 0; j < order; ++j) moment[j] = SumOf8(lane[j]);
}

void AddSeriesToGroup(const double* HWY_RESTRICT coefficient, std::size_t order, const double* HWY_RESTRICT x,
                      double* HWY_RESTRICT sum) {
  const hn::CappedTag<double, 8> d;
  using V = hn::Vec<decltype(d)>;
  for (std::size_t l = 0; l < 8; l += hn::Lanes(d)) {
    V point[chains];
    V twice[chains];
    V above[chains];
    V here[chains];
    for (std::size_t c = 0; c < chains; ++c) {
      point[c] = hn::LoadU(d, x + l + 8 * c);
      twice[c] = hn::Add(point[c], point[c]);
      above[c] = here[c] = hn::Zero(d);
    }
    for (std::size_t j = order - 1; j > 0; --j) {
      const V with = hn::Set(d, coefficient[j]);
      for (std::size_t c = 0; c < chains; ++c) {
        const V next = hn::Add(hn::Sub(hn::Mul(twice[c], here[c]), above[c]), with);
        above[c] = here[c];
        here[c] = next;
      }
    }
    const V with = hn::Set(d, coefficient[0]);
    for (std::size_t c = 0; c < chains; ++c) {
      AddTo(d, sum + l + 8 * c, hn::Add(hn::Sub(hn::Mul(point[c], here[c]), above[c]), with));
    }
  }
}

void AddChebyshevSeries(const double* HWY_RESTRICT coefficient, std::size_t order, const double* HWY_RESTRICT x,
                        std::size_t count, double* HWY_RESTRICT sum) {
  std::size_t k = 0;
  for (; k + group <= count; k += group) AddSeriesToGroup(coefficient, order, x + k, sum + k);
  if (k < count) {
    double last_x[group] = {};
    double last_sum[group] = {};
    for (std::size_t i = 0; i < count - k; ++i) {
      last_x[i] = x[k + i];
      last_sum[i] = sum[k + i];
    }
    AddSeriesToGroup(coefficient, order, last_x, last_sum);
    for (std::size_t i = 0; i < count - k; ++i) sum[k + i] = last_sum[i];
  }
}

void Transform(const double* HWY_RESTRICT matrix, const double* HWY_RESTRICT in, std::size_t size,
               double* HWY_RESTRICT out) {
  double sum[max_order] = {};
  for (std::size_t j = 0; j < size; ++j) {
    for (std::size_t i = 0; i < size; ++i) sum[i] += matrix[j * size + i] * in[j];
  }
  for (std::size_t i = 0; i < size; ++i) out[i] = sum[i];
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(AddReciprocals);
HWY_EXPORT(AddEightReciprocals);
HWY_EXPORT(ChebyshevMoments);
HWY_EXPORT(AddChebyshevSeries);
HWY_EXPORT(Transform);

void add_reciprocals(const double* base, std::size_t targets, const double* offset, const double* weight,
                     std::size_t sources, double closest, double* sum) {
  HWY_DYNAMIC_DISPATCH(AddReciprocals)(base, targets, offset, weight, sources, closest, sum);
}

void add_eight_reciprocals(const double* rate, const double* weight, double* sum) {
  HWY_DYNAMIC_DISPATCH(AddEightReciprocals)(rate, weight, sum);
}

void chebyshev_moments(const double* x, const double* weight, std::size_t count, std::size_t order, double* moment) {
  HWY_DYNAMIC_DISPATCH(ChebyshevMoments)(x, weight, count, order, moment);
}

void add_chebyshev_series(const double* coefficient, std::size_t order, const double* x, std::size_t count,
                          double* sum) {
  HWY_DYNAMIC_DISPATCH(AddChebyshevSeries)(coefficient, order, x, count, sum);
}

void transform(const double* matrix, const double* in, std::size_t size, double* out) {
  HWY_DYNAMIC_DISPATCH(Transform)(matrix, in, size, out);
}

}  // namespace scheduled::kernels
#endif
