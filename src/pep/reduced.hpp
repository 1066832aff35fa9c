// The problem after elimination of what binds: T unknowns instead of T^2/2 constraints.
#pragma once

#include <cstddef>
#include <utility>
#include <vector>

#include "pep/scaled.hpp"
#include "pep/sdpa.hpp"

namespace scheduled::pep {

/// (i, j) is the constraint f_i >= f_j + <g_j, x_i - x_j>; 0 is x*.
using Pair = std::pair<std::size_t, std::size_t>;

/// Take every constraint with i < j as an equality but for a slack s_ij, and every ||g_t||^2 and ||x_1 - x*||^2 at its
/// limit (raising them breaks nothing, see certify_lower.cpp). Then the Gram matrix P is a linear function of f and s:
///   <g_j, x_i - x*> = f_i + s_0j - s_ij  (s_jj = 0),  so with c_0 = f_1, c_k = (f_k - f_{k+1})/eta_k
///   P_0j = c_0 + s_0j - s_1j,   P_kj = c_k + (s_{k+1,j} - s_kj)/eta_k,   1 <= k < j,
///   f_T = c_0 - sum of eta_k c_k over k < T.
/// Every entry of the strict upper triangle is one such function, and the map (c, s) <-> P is one to one (f given). A
/// "column" is a slack that is not fixed at 0; a "row" is a constraint with i > j (or j = 0: f_i >= 0) that is kept.
/// With all columns and all rows this is the whole problem. Fixing slacks at 0 gives a lower bound, leaving rows out an
/// upper bound; their multipliers say which are missing.
class Reduced {
 public:
  explicit Reduced(const PepProblem& problem);

  /// In SDPA's dual form: unknowns y (T of c, then the columns' slacks, each times a scale), block 1 the Gram matrix in
  /// units of D and G_t (T+1), block 2 the columns' slacks and the rows (diagonal).
  SdpaProblem sdpa() const;

  PepPrimal primal(const SdpaSolution& solution) const;

  /// Multipliers that solve the equations exactly for the slack matrix found; negative where a column is missing.
  PepDual dual(const SdpaSolution& solution) const;

  /// Adds columns whose multiplier is below -tolerance and rows violated by more than tolerance (scaled units); false
  /// where there is none.
  bool extend(const PepPrimal& primal, const PepDual& dual, double tolerance);

  std::size_t columns() const noexcept { return columns_.size(); }
  std::size_t rows() const noexcept { return rows_.size(); }

 private:
  struct Term {
    std::size_t unknown;  ///< 1-based
    double factor;
  };
  using Terms = std::vector<Term>;

  double slack_scale(std::size_t i, std::size_t j) const;
  std::size_t column_of(std::size_t i, std::size_t j) const { return column_[pair_index(p_.T, i, j)]; }
  Terms gram_terms(std::size_t k, std::size_t j) const;
  void add_row(SdpaProblem& sdp, std::size_t place, Pair row) const;

  const PepProblem& problem_;
  Scaled p_;
  double objective_unit_ = 1.0;      ///< Omega_T: the solver sees values of about 1
  std::vector<double> c_scale_;      ///< T: c_k = c_scale[k] * unknown k+1
  std::vector<Pair> columns_;        ///< (i, j) with i < j
  std::vector<Pair> rows_;           ///< (i, j) with i > j
  std::vector<std::size_t> column_;  ///< (T+1)^2: 1-based number of the column, 0: fixed at 0
  std::vector<bool> has_row_;        ///< (T+1)^2
};

}  // namespace scheduled::pep
