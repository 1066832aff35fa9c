// What changes of the rate have gained by a later step: sum of weight_k [1 - (1 + x_k)^-beta], x_k = factor_k (S -
// S_k).
#pragma once

#include <array>
#include <cstddef>
#include <span>
#include <vector>

#include "law/definition.hpp"
#include "law/sums/tree.hpp"

namespace scheduled::law {

/// Per slot of one segment of a Tree.
struct Gains {
  static constexpr std::size_t longest = 32;  ///< slots in a segment
  std::array<double, longest> x;
  std::array<double, longest> gain;       ///< 1 - (1+x)^-beta
  std::array<double, longest> slope;      ///< its derivative in x
  std::array<double, longest> log_power;  ///< its derivative in beta, over ln 2

  /// factor, before: the segment's.
  void evaluate(std::size_t count, double beta, double sum, const double* factor, const double* before) noexcept;
};

/// What both power laws have in common: L0 + A S^-alpha + B sum of (c_k - c_{k-1}) [1 - (1 + C h_k^-gamma S_k)^-beta],
/// where S_k is the sum of the rates h from k on, in units of the reference sum, and c_k what the rate h_k costs.
struct PowerTerms {
  double L0, A, alpha, B, C, beta;
  double gamma = 0.0;
};

/// What a rate costs, and its derivative in the rate.
struct RateCost {
  double value;
  double by_rate;
};

/// At the end, with its derivative in every rate: one pass forwards, one backwards. With Falls::slope the speed of a
/// fall is that of the mean of both rates.
LawGradient power_law_end(const PowerTerms& p, std::span<const double> rate, std::span<const RateCost> cost,
                          double sum_unit, Falls falls);

}  // namespace scheduled::law
