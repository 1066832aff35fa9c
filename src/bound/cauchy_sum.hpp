// sum_{k<t} weight_k/(S_t - S_k) for every t, at near-linear cost (cauchy_sum.cpp).
#pragma once

#include <cstddef>
#include <span>

#include "scheduled/bound.hpp"

namespace scheduled {

/// Positive rates and grad norms, read with scales that are powers of two and bring both to at most 1.
struct CurveProblem {
  std::span<const double> lr;
  GradNorm grad_norm;
  double rate_scale = 1.0;
  double norm_scale = 1.0;

  double rate(std::size_t i) const noexcept { return lr[i] * rate_scale; }
  double weight(std::size_t i) const noexcept {
    const double move = rate(i) * (grad_norm[i] * norm_scale);
    return move * move;
  }
};

/// sums[t] += sum over k < t of weight_k/(S_t - S_k); relative error about 12 5.83^-order, order <= max_order of
/// kernels/curve.hpp. Rates >= 1e-75 after scaling, at least one step. `threads` > 1 share the work; the result does
/// not depend on them.
void add_cauchy_sums(const CurveProblem& problem, std::size_t order, int threads, std::span<double> sums);

}  // namespace scheduled
