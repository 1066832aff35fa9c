// A lower bound from any candidate Gram matrix.
//
// Let R be the Gram matrix in units of D and G_t. Its diagonal may be set to 1: the constraints i < j do not contain
// it, and i > j, f_i - f_j + sum of eta_k <g_j, g_k> over j <= k < i >= 0, only becomes looser. R is then made positive
// semidefinite by dividing all entries beside the diagonal by 1 + delta, delta >= -(smallest eigenvalue). Given R, the
// largest f are shortest distances in the graph of the difference constraints
//   f_j <= <g_j, x_j - x*>,   f_j <= f_i - <g_j, x_i - x_j>,
// from x*. Where that graph has a negative cycle, or some f_t < 0, as much as needed of a strictly feasible point is
// mixed in. The candidate's own f only enter the reported violation.
#include <Eigen/Core>
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "pep/psd.hpp"
#include "pep/scaled.hpp"

namespace scheduled::pep {
namespace {

using Eigen::MatrixXd;

/// The differences f_j - f_i allows: f_j <= f_i + bound(i, j), with x* as i = 0 and f_0 = 0; scaled units. `size` is
/// the sum of the absolute values of the terms. Each is summed by itself: where steps are tiny, the bounds of (i, j)
/// and (j, i) cancel to what the steps between them leave.
struct Differences {
  Differences(const Scaled& p, const MatrixXd& R);
  long double bound(std::size_t i, std::size_t j) const { return bound_[pair_index(T, i, j)]; }
  long double size(std::size_t i, std::size_t j) const { return size_[pair_index(T, i, j)]; }

  std::size_t T;
  std::vector<long double> bound_;
  std::vector<long double> size_;
};

Differences::Differences(const Scaled& p, const MatrixXd& R)
    : T(p.T), bound_((p.T + 1) * (p.T + 1), 0.0L), size_((p.T + 1) * (p.T + 1), 0.0L) {
  const auto set = [&](std::size_t i, std::size_t j, long double sum, long double absolute) {
    bound_[pair_index(T, i, j)] = sum;
    size_[pair_index(T, i, j)] = absolute;
  };
  for (std::size_t j = 1; j <= T; ++j) {
    // <g_j, x_j - x_i>: minus the steps i ... j-1, or plus the steps j ... i-1.
    long double sum = 0.0L;
    long double absolute = 0.0L;
    const auto add = [&](std::size_t k, double sign) {
      const long double term =
          sign * static_cast<long double>(p.move[k]) * p.norm[j] * R(at(std::max(j, k)), at(std::min(j, k)));
      sum += term;
      absolute += std::fabs(term);
    };
    for (std::size_t i = j; i-- > 1;) {
      add(i, -1.0);
      set(i, j, sum, absolute);
    }
    add(0, 1.0);  // move[0] = 1 stands for x_1 - x*
    set(0, j, sum, absolute);
    sum = absolute = 0.0L;
    for (std::size_t i = j + 1; i <= T; ++i) {
      add(i - 1, 1.0);
      set(i, j, sum, absolute);
    }
  }
}

/// The largest f_1 ... f_T for R (f_0 = 0); nothing where R admits none. Every bound is lowered by what rounding can
/// have added to it, so that the constraints hold exactly.
std::optional<std::vector<long double>> largest_values(const Scaled& p, const MatrixXd& R) {
  const Differences differences(p, R);
  constexpr long double unit = std::numeric_limits<long double>::epsilon();
  std::vector<long double> f(p.T + 1, static_cast<long double>(2.0 * p.reach));  // f_t <= norm[t] reach
  f[0] = 0.0L;
  bool changed = true;
  for (std::size_t sweep = 0; changed; ++sweep) {
    if (sweep > p.T + 1) return std::nullopt;  // a path longer than T edges: a negative cycle
    changed = false;
    for (std::size_t j = 1; j <= p.T; ++j) {
      for (std::size_t i = 0; i <= p.T; ++i) {
        if (i == j) continue;
        const long double size = static_cast<long double>(p.T + 4) * differences.size(i, j) + 4.0L * f[i];
        const long double most = f[i] + differences.bound(i, j) - unit * size;
        if (most >= f[j]) continue;
        f[j] = most;
        changed = true;
      }
      if (f[j] < 0.0L) return std::nullopt;
    }
  }
  return f;
}

/// R with unit diagonal, made positive semidefinite.
void repair_psd(MatrixXd& R) {
  double delta = std::max(0.0, -smallest_eigenvalue(R));
  const MatrixXd original = R;
  for (int attempt = 0; attempt < 60 && std::isfinite(delta); ++attempt) {
    R = original / (1.0 + delta);
    R.diagonal().setOnes();
    if (verified_psd(R)) return;
    delta = 1.5 * delta + 2.0 * cholesky_margin(R);
  }
  R.setIdentity();
}

/// All constraints hold with room: g_t orthogonal to each other, <g_t, x_1 - x*> and f_t falling slowly and evenly.
MatrixXd interior_point(const Scaled& p) {
  const auto T = static_cast<double>(p.T);
  double slope = 1.0;
  for (std::size_t t = 1; t <= p.T; ++t) {
    slope = std::min(slope, p.norm[t] / (2.0 * (T + 2.0) * std::sqrt(T)));
    if (t < p.T) slope = std::min(slope, p.move[t] * p.norm[t] / (T + 1.0));
  }
  MatrixXd R = MatrixXd::Identity(at(p.T + 1), at(p.T + 1));
  for (std::size_t t = 1; t <= p.T; ++t) {
    const double product = slope * static_cast<double>(p.T + 3 - t) / p.norm[t];
    R(at(t), 0) = R(0, at(t)) = product;
  }
  return R;
}

/// The candidate in scaled units, symmetrised.
MatrixXd scaled_gram(const PepProblem& problem, const PepPrimal& primal) {
  const std::size_t size = problem.steps() + 1;
  const auto unit = [&](std::size_t i) { return i == 0 ? problem.distance() : problem.grad_norm()[i - 1]; };
  MatrixXd R(at(size), at(size));
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      R(at(i), at(j)) = 0.5 * (primal.gram[i * size + j] + primal.gram[j * size + i]) / unit(i) / unit(j);
    }
  }
  return R;
}

/// f: index 0 is x*, with the value 0.
double largest_violation(const Scaled& p, const MatrixXd& R, const std::vector<double>& f) {
  const Differences differences(p, R);
  double worst = std::max(0.0, R.diagonal().maxCoeff() - 1.0);
  for (std::size_t j = 1; j <= p.T; ++j) {
    worst = std::max(worst, -f[j]);
    for (std::size_t i = 0; i <= p.T; ++i) {
      if (i != j) worst = std::max(worst, static_cast<double>(f[j] - f[i] - differences.bound(i, j)));
    }
  }
  return worst;
}

/// The bound from R with unit diagonal, with the least share of the interior point that makes it feasible.
PepLower repaired_bound(const Scaled& p, MatrixXd R) {
  const MatrixXd inside = interior_point(p);
  const auto bound_of = [&](const std::vector<long double>& f) {
    return static_cast<double>(f[p.T]) * p.value_unit * (1.0 - 4.0 * unit_roundoff);
  };
  PepLower lower;
  repair_psd(R);
  double share = 0.0;
  for (int attempt = 0; attempt < 27; ++attempt) {
    MatrixXd mixed = (1.0 - share) * R + share * inside;
    mixed.diagonal().setOnes();
    if (share > 0.0) repair_psd(mixed);  // a sum of two such matrices: changes little but the rounding
    const auto f = largest_values(p, mixed);
    if (!f) {
      share = attempt == 0 ? 1e-16 : 4.0 * share;  // 4^26 1e-16 < 1
      continue;
    }
    lower.mixed = share;
    lower.bound = bound_of(*f);
    return lower;
  }
  lower.mixed = 1.0;
  if (const auto f = largest_values(p, inside)) lower.bound = bound_of(*f);
  return lower;
}

}  // namespace
}  // namespace scheduled::pep

namespace scheduled {

PepLower certify_lower(const PepProblem& problem, const PepPrimal& primal) {
  using namespace pep;
  const std::size_t T = problem.steps();
  require_finite("gram", primal.gram, (T + 1) * (T + 1));
  require_finite("value", primal.value, T);
  const Scaled p(problem);
  MatrixXd R = scaled_gram(problem, primal);
  if (!R.allFinite()) fail_argument("gram", "too large for the problem's units");
  std::vector<double> f{0.0};
  for (const double value : primal.value) f.push_back(value / p.value_unit);
  const double psd_distance = std::max(0.0, -smallest_eigenvalue(R));
  const double violation = largest_violation(p, R, f);
  R.diagonal().setOnes();
  PepLower lower = repaired_bound(p, std::move(R));
  lower.psd_distance = psd_distance;
  lower.violation = violation;
  return lower;
}

}  // namespace scheduled
