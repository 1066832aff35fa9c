// An upper bound from any candidate multipliers.
//
// With lambda_ij >= 0 that satisfy, for every f_k,
//   [k = T] + sum_j lambda_kj - sum_i lambda_ik - lambda_*k + lambda_k* = 0,
// and S = diag(nu, mu_1 ... mu_T) + M(lambda) >= 0, where <M, P> is the sum of lambda_ij <g_j, x_i - x_j> over all
// pairs (x* among the i), every feasible P and f have f_T <= nu D^2 + sum mu_t G_t^2 - <S, P> <= nu D^2 + sum mu_t
// G_t^2. Negative multipliers are set to 0, lambda_*k or lambda_k* restores the balance, and the diagonal d is
// multiplied by the smallest factor m that makes m diag(d) + M positive semidefinite, -(smallest eigenvalue of d^-1/2 M
// d^-1/2).
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "base/error.hpp"
#include "pep/psd.hpp"
#include "pep/scaled.hpp"

namespace scheduled::pep {
namespace {

using Eigen::Index;
using Eigen::MatrixXd;
using Eigen::VectorXd;

/// Multipliers that are >= 0 and in balance: lambda(i, j) for i = 0 (x*) ... T, j = 1 ... T; the balance of lambda_k*
/// needs no place, as it does not enter M.
struct Multipliers {
  MatrixXd lambda;
  double clipped = 0.0;
  double imbalance = 0.0;
  double rounding = 0.0;  ///< what the rounding of the balance can add to f_T
};

Multipliers balanced(const Scaled& p, const PepDual& dual) {
  const std::size_t T = p.T;
  Multipliers result{MatrixXd::Zero(at(T + 1), at(T + 1)), 0.0, 0.0, 0.0};
  MatrixXd& lambda = result.lambda;
  for (std::size_t i = 0; i <= T; ++i) {
    for (std::size_t j = 1; j <= T; ++j) {
      if (i == j) continue;
      const double value = dual.pair[pair_index(T, i, j)];
      result.clipped = std::max(result.clipped, -value);
      lambda(at(i), at(j)) = std::max(value, 0.0);
    }
  }
  for (std::size_t k = 1; k <= T; ++k) {
    const Index here = at(k);
    const double out = lambda.row(here).sum();
    const double in = lambda.col(here).sum() - lambda(0, here);
    const double need = (k == T ? 1.0 : 0.0) + out - in;  // lambda_*k - lambda_k*
    const double from_star = std::max(dual.pair[pair_index(T, k, 0)], 0.0);
    result.imbalance = std::max(result.imbalance, std::fabs(need - lambda(0, here) + from_star));
    lambda(0, here) = std::max(need, 0.0);
    // f_k <= G_k ||x_k - x*||.
    result.rounding += 2.0 * static_cast<double>(T + 2) * unit_roundoff * (1.0 + out + in) * p.norm[k] * p.reach;
  }
  return result;
}

/// M in units of D and G_t, lower triangle and diagonal; `size` receives the sums of absolute values of the terms.
MatrixXd slack_matrix(const Scaled& p, const MatrixXd& lambda, MatrixXd& size) {
  const std::size_t T = p.T;
  MatrixXd before = MatrixXd::Zero(at(T + 1), at(T + 1));  // (k, j): sum over 0 <= i <= k of lambda_ij, k < j
  MatrixXd after = MatrixXd::Zero(at(T + 1), at(T + 1));   // (k, j): sum over i > j of lambda_ik, k <= j
  for (std::size_t j = 1; j <= T; ++j) {
    double sum = 0.0;
    for (std::size_t k = 0; k < j; ++k) before(at(k), at(j)) = sum += lambda(at(k), at(j));
    sum = 0.0;
    for (std::size_t i = T; i-- > j;) after(at(j), at(i)) = sum += lambda(at(i + 1), at(j));
  }
  MatrixXd M = MatrixXd::Zero(at(T + 1), at(T + 1));
  size = M;
  for (std::size_t j = 1; j <= T; ++j) {
    const Index row = at(j);
    size(row, 0) = 0.5 * p.norm[j] * lambda(0, row);
    M(row, 0) = -size(row, 0);
    for (std::size_t k = 1; k < j; ++k) {
      const Index column = at(k);
      const double plus = 0.5 * p.move[k] * p.norm[j] * before(column, row);
      const double minus = 0.5 * p.move[j] * p.norm[k] * after(column, row);
      M(row, column) = plus - minus;
      size(row, column) = plus + minus;
    }
    size(row, row) = p.move[j] * p.norm[j] * after(row, row);
    M(row, row) = -size(row, row);
  }
  return M;
}

/// The candidate's diagonal in scaled units, so that its sum is its bound, with a floor that costs 1e-10 of the sum.
VectorXd scaled_diagonal(const PepProblem& problem, const PepDual& dual, double value_unit) {
  const std::size_t T = problem.steps();
  VectorXd d(at(T + 1));
  d(0) = dual.distance * problem.distance() * problem.distance() / value_unit;
  for (std::size_t t = 1; t <= T; ++t) {
    const double G = problem.grad_norm()[t - 1];
    d(at(t)) = dual.grad_norm[t - 1] * G * G / value_unit;
  }
  d = d.cwiseMax(0.0);
  const double sum = d.sum();
  if (!std::isfinite(sum) || sum <= 0.0) return VectorXd::Ones(at(T + 1));
  return d.cwiseMax(1e-10 * sum / static_cast<double>(T + 1));
}

/// The smallest factor of the diagonal found that is verified.
double diagonal_factor(const MatrixXd& K, double entry_error) {
  double factor = std::max(-smallest_eigenvalue(K), 0.0) + entry_error;
  for (int attempt = 0; attempt < 60 && std::isfinite(factor); ++attempt) {
    MatrixXd sum = K;
    sum.diagonal().array() += factor;
    if (verified_psd(sum, entry_error)) return factor;
    factor = factor * (1.0 + 1e-15 * std::pow(2.0, attempt)) + 2.0 * cholesky_margin(sum);
  }
  return std::numeric_limits<double>::infinity();
}

}  // namespace
}  // namespace scheduled::pep

namespace scheduled {

PepUpper certify_upper(const PepProblem& problem, const PepDual& dual) {
  using namespace pep;
  const std::size_t T = problem.steps();
  require_finite("pair", dual.pair, (T + 1) * (T + 1));
  require_finite("grad_norm", dual.grad_norm, T);
  require_finite("distance", std::span(&dual.distance, 1), 1);
  const Scaled p(problem);
  const Multipliers multipliers = balanced(p, dual);
  MatrixXd size;
  MatrixXd M = slack_matrix(p, multipliers.lambda, size);
  const VectorXd d = scaled_diagonal(problem, dual, p.value_unit);
  const VectorXd root = d.cwiseSqrt().cwiseInverse();
  const MatrixXd K = root.asDiagonal() * M * root.asDiagonal();
  size = root.asDiagonal() * size * root.asDiagonal();
  PepUpper upper;
  upper.clipped = multipliers.clipped;
  upper.imbalance = multipliers.imbalance;
  if (!K.allFinite()) {
    upper.bound = upper.psd_distance = std::numeric_limits<double>::infinity();
    return upper;
  }
  M.diagonal() += d;
  upper.psd_distance = std::max(0.0, -smallest_eigenvalue(M)) / d.sum();
  // Twice the lower triangle in the Frobenius norm covers both.
  const double entry_error = 2.0 * static_cast<double>(T + 8) * unit_roundoff * 2.0 * size.norm();
  const double sum = d.sum() * (1.0 + static_cast<double>(T + 8) * unit_roundoff);
  upper.bound = (diagonal_factor(K, entry_error) * sum + multipliers.rounding) * p.value_unit;
  upper.bound *= 1.0 + 8.0 * unit_roundoff;
  return upper;
}

}  // namespace scheduled
