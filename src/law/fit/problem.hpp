// The least-squares problem of a fit.
#pragma once

#include <Eigen/Core>
#include <cmath>
#include <span>
#include <vector>

#include "law/fit/coordinates.hpp"
#include "scheduled/law.hpp"

namespace scheduled::law {

using Vector = Eigen::VectorXd;
using Matrix = Eigen::MatrixXd;

inline Eigen::Index at(std::size_t i) { return static_cast<Eigen::Index>(i); }

/// Rates up to the last loss: what LawCurve takes of a run.
std::span<const double> fitted_rates(const FitRun& run) noexcept;

struct Normal {
  Vector gradient;
  Matrix hessian;  ///< Gauss-Newton, of the data and the prior
};

/// Residuals of one run, and their derivatives in x.
struct Linear {
  std::vector<double> residual;
  std::vector<double> rows;    ///< n x P
  std::vector<double> counts;  ///< of each loss, the weight of its run aside
  double weight = 1.0;         ///< of the run
};

/// Sum over losses of count Huber(residual) and over priors of prior unit^2 Huber(distance in spreads); FitOptions says
/// what counts and units are. Priors are squares up to two spreads, then lines: a parameter that is clearly elsewhere
/// is not held back.
class Problem {
 public:
  Problem(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options, double reference_rate,
          double reference_sum);

  const Coordinates& coordinates() const noexcept { return coordinates_; }
  bool is_free(std::size_t j) const noexcept { return free_[j] != 0; }
  std::size_t points() const noexcept { return points_; }

  /// weight: one per run.
  double objective(std::span<const double> x, std::span<const double> weight) const;
  Normal normal(std::span<const double> x, std::span<const double> weight) const;
  /// Square of a residual that counts as much as one spread of the prior of weight 1.
  double residual_unit() const noexcept { return unit_ * unit_; }
  bool has_curved_prior(std::size_t j, double x) const noexcept {
    return has_prior(j) && std::fabs(prior_distance(j, x)) <= prior_corner;
  }
  /// In units of squared residuals: what the prior counts beside them.
  double prior() const noexcept { return prior_; }
  bool has_prior(std::size_t j) const noexcept;
  /// Distance from the centre of the prior, in spreads.
  double prior_distance(std::size_t j, double x) const noexcept;
  std::span<const double> weight() const noexcept { return weight_; }
  /// x with the fixed parameters in place.
  std::vector<double> with_fixed(std::vector<double> x) const;
  /// Residuals of one run.
  std::vector<double> residuals(std::size_t run, std::span<const double> x) const;
  Linear linear(std::size_t run, std::span<const double> x) const;
  /// Puts the linear parameters where plain least squares has them, inside their bounds.
  void solve_linear(std::vector<double>& x) const;
  /// Whether a residual counts squared.
  bool is_small(double residual) const noexcept { return huber_ == 0.0 || std::fabs(residual) <= huber_; }
  /// Weight of a residual in the normal equations.
  double robust_weight(double residual) const noexcept;

 private:
  static constexpr double prior_corner = 2.0;

  /// How much loss i of a run counts, the weight of the run aside.
  double count(std::size_t run, std::size_t i) const noexcept;
  double residual(double predicted, double loss) const noexcept;
  double rho(double residual) const noexcept;

  Coordinates coordinates_;
  const std::vector<FitRun>& runs_;
  bool log_residuals_;
  double longest_;
  double unit_;
  double huber_;
  double prior_;
  std::vector<double> weight_;
  std::vector<LawCurve> curves_;
  std::vector<std::uint8_t> free_;
  std::vector<double> fixed_;
  std::size_t points_ = 0;
};

}  // namespace scheduled::law
