// Passes over the steps for the worst case: p_t = p_{t+1} + eta_t / p_{t+1} from p_T to p_1 (scheduled/bound.hpp).
//
// A relative error of p_{t+1} reaches p_t multiplied by (1 - a)/(1 + a), a = eta_t / p_{t+1}^2 >= 0, whose size is at
// most 1; the carried low part keeps the rounding of the sum itself out. What is left is the rounding of eta_t/p_{t+1},
// a share a of p: in all about (1 + sum a) 2^-53, and a ~ 1/(2k) at the k-th step from the end of a smooth schedule.
#pragma once

#include <algorithm>
#include <array>
#include <cmath>
#include <cstddef>
#include <span>

#include "base/elementary.hpp"
#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "base/sum.hpp"
#include "scheduled/error.hpp"

namespace scheduled::weights {

/// A sum of non-negative terms: plain within blocks of 128, compensated between them.
class BlockSum {
 public:
  void add(double term) noexcept {
    local_ += term;
    if (++count_ == 128) flush();
  }
  double value() const noexcept {
    CompensatedSum all = total_;
    all.add(local_);
    return all.value();
  }

 private:
  void flush() noexcept {
    total_.add(local_);
    local_ = 0.0;
    count_ = 0;
  }
  CompensatedSum total_;
  double local_ = 0.0;
  int count_ = 0;
};

/// The smallest W and what belongs to it for G = 1.
struct Boundary {
  double W_min = 0.0;  ///< p_1^2; 0 where all steps are 0
  double noise = 0.0;  ///< B = sum eta_t^2/p_{t+1}^2 + p_T^2 there, = W_min - 2 S
  double total = 0.0;  ///< S, the sum of the steps
};

/// W_min = min p_1^2 over p_T > 0, without a search.
///
/// With both roots allowed in (6.1), W is feasible iff it is with the larger root in every step: R_{t+1} grows with R_t
/// and with W, so by induction the larger roots and the larger W have the larger R_t and more room under the next root.
/// Hence feasibility is monotone in W and [W_min, infinity) is reached on the branch where p_{t+1}^2 >= eta_t for all
/// t, where every p_t grows with p_T. W_min is where the last of these conditions becomes an equality. Going backwards
/// with the smallest p that meets the conditions so far: where p^2 < eta_t, the condition of step t is the tightest yet
/// and the smallest p is sqrt(eta_t) there (a larger p_T reaches it, by continuity). The p after the last such restart
/// is p_1; the noise of the steps behind it telescopes to p^2 - 2 (sum of their eta). No cancellation to speak of: that
/// is at least 0, its rounding error is of the order of eta_t, and so is the term of step t itself.
inline Boundary boundary(std::span<const double> steps) {
  double p = 0.0;
  double low = 0.0;
  double behind = 0.0;
  BlockSum total;
  BlockSum noise;
  SeldomPoll poll(4096);
  for (std::size_t k = steps.size(); k-- > 0; poll()) {
    const double eta = steps[k];
    if (p * p < eta) {
      p = std::sqrt(eta);
      low = 0.0;
      noise = {};
      behind = std::fmax(eta - 2.0 * total.value(), 0.0);
    }
    if (p == 0.0) continue;
    const double move = eta / p;
    const elementary::DoubleDouble sum = elementary::fast_two_sum(p, move + low);  // move <= p
    p = sum.hi;
    low = sum.lo;
    noise.add(square(move));
    total.add(eta);
  }
  return {square(p + low), noise.value() + behind, total.value()};
}

/// What one p_T leads to.
struct Tails {
  double first = 0.0;  ///< p_1
  double noise = 0.0;  ///< B = sum_{t<T} eta_t^2 G_t^2/p_{t+1}^2 + p_T^2 G_T^2
};

/// Several p_T side by side: the divisions of one chain wait for each other, those of several do not, so that eight
/// cost little more than one.
struct Lanes {
  static constexpr std::size_t count = 8;
  static constexpr std::size_t block = 128;

  std::array<double, count> p{};
  std::array<double, count> low{};
  std::array<double, count> noise{};  // of the last block
};

/// Takes the lanes backwards over at most `block` steps. Where a move exceeds p (lower branch, few steps) the rounding
/// of that one sum is not carried. Two loops in a function of its own: one loop has more values than SSE2 registers,
/// and where it is inlined, g++ 12 does not vectorise it.
void advance(std::span<const double> steps, std::span<const double> grad_norm, Lanes& state) noexcept;

template <class Norm>
std::array<Tails, Lanes::count> tails(std::span<const double> steps, const Norm& grad_norm,
                                      const std::array<double, Lanes::count>& p) {
  Lanes lanes{p};
  std::array<double, Lanes::block> norms;
  std::array<CompensatedSum, Lanes::count> noise;
  for (std::size_t i = 0; i < Lanes::count; ++i) noise[i].add(square(p[i] * grad_norm(steps.size())));
  SeldomPoll poll(32);
  for (std::size_t end = steps.size(); end > 0; poll()) {
    const std::size_t size = std::min(end, Lanes::block);
    const std::size_t begin = end - size;
    for (std::size_t k = 0; k < size; ++k) norms[k] = grad_norm(begin + k);
    advance(steps.subspan(begin, size), std::span(norms).first(size), lanes);
    for (std::size_t i = 0; i < Lanes::count; ++i) noise[i].add(lanes.noise[i]);
    end = begin;
  }
  std::array<Tails, Lanes::count> result;
  for (std::size_t i = 0; i < Lanes::count; ++i) result[i] = {lanes.p[i] + lanes.low[i], noise[i].value()};
  return result;
}

/// Whether p_{t+1}^2 >= eta_t for all t: the larger root everywhere.
inline bool upper_branch(std::span<const double> steps, double p) noexcept {
  for (std::size_t k = steps.size(); k-- > 0;) {
    if (p * p < steps[k]) return false;
    p += steps[k] / p;
  }
  return true;
}

/// A value with its first and second derivative in y = ln p_T.
struct Jet {
  double value = 0.0;
  double slope = 0.0;
  double curvature = 0.0;
};

struct TailJets {
  Jet first;
  Jet noise;
};

/// With s = p'/p and c = p''/p at t+1 and a = eta/p^2: p' becomes p'(1 - a), p'' becomes p''(1 - a) + 2 a s p', and the
/// term eta^2 G^2/p^2 has the derivatives -2 s and 2 (3 s^2 - c) times itself. These need no compensation: they only
/// steer.
template <class Norm>
TailJets tail_jets(std::span<const double> steps, const Norm& grad_norm, double p_last) {
  const double last = square(p_last * grad_norm(steps.size()));
  Jet p{p_last, p_last, p_last};
  Jet noise{last, 2.0 * last, 4.0 * last};
  SeldomPoll poll(4096);
  for (std::size_t k = steps.size(); k-- > 0; poll()) {
    const double inverse = 1.0 / p.value;
    const double move = steps[k] * inverse;
    const double a = move * inverse;
    const double s = p.slope * inverse;
    const double c = p.curvature * inverse;
    const double term = square(move * grad_norm(k));
    noise.value += term;
    noise.slope -= 2.0 * s * term;
    noise.curvature += 2.0 * (3.0 * s * s - c) * term;
    p.curvature += a * (2.0 * s * p.slope - p.curvature);
    p.slope -= a * p.slope;
    p.value += move;
  }
  return {p, noise};
}

}  // namespace scheduled::weights
