// The problem in units of D and max(G), as the SDP and the certificates see it.
#pragma once

#include <cstddef>
#include <span>
#include <string_view>
#include <vector>

#include "scheduled/pep.hpp"

namespace scheduled::pep {

/// Index 0 stands for x_1 - x*, index t for step t; entries beyond T are absent.
struct Scaled {
  explicit Scaled(const PepProblem& problem);

  std::size_t T = 0;
  std::vector<double> norm;  ///< T+1: norm[0] = D = 1, norm[t] = G_t <= 1
  std::vector<double> move;  ///< T+1: move[t] = eta_t G_t, the length of step t; move[0] = 1
  double rate_unit = 1.0;    ///< eta_t = rate_unit * (its scaled value): D/max(G)
  double value_unit = 1.0;   ///< D max(G)
  double reach = 1.0;        ///< 1 + sum of move[t] over t < T >= any ||x_t - x*||, so f_t <= norm[t] reach

  double rate(std::size_t t) const { return move[t] / norm[t]; }  ///< eta_t, t >= 1
};

/// Multiplier (i, j) of a PepDual for `T` steps.
inline std::size_t pair_index(std::size_t T, std::size_t i, std::size_t j) { return i * (T + 1) + j; }

/// Throws std::invalid_argument unless `values` holds `size` finite values.
void require_finite(std::string_view name, std::span<const double> values, std::size_t size);

}  // namespace scheduled::pep
