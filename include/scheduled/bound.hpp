// Layer 2: convergence bounds of a schedule (THEORY section 1).
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <vector>

#include "scheduled/base.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// G_t of THEORY section 0: one value for all steps, or a view of one value per step (which must outlive the call).
/// Finite, >= 0 [loss/distance]. A series may be longer than the run; the surplus is not read.
class GradNorm {
 public:
  GradNorm(double value) noexcept : value_(value) {}  // NOLINT: a number is a grad norm
  GradNorm(std::span<const double> series) noexcept : series_(series), is_series_(true) {}     // NOLINT
  GradNorm(const std::vector<double>& series) noexcept : series_(series), is_series_(true) {}  // NOLINT
  double operator[](std::size_t i) const noexcept { return is_series_ ? series_[i] : value_; }

  /// Calls visit(f), where f(i) is G_{i+1} without the test of operator[]: for loops.
  template <class Visit>
  auto visit(Visit visit) const {
    if (is_series_) return visit([series = series_](std::size_t i) noexcept { return series[i]; });
    return visit([value = value_](std::size_t) noexcept { return value; });
  }

  /// The series, or null where there is one value.
  const double* data() const noexcept { return is_series_ ? series_.data() : nullptr; }

  /// Whether there is a value for each of `steps` steps.
  bool covers(std::size_t steps) const noexcept { return !is_series_ || series_.size() >= steps; }

  /// Throws std::invalid_argument where fewer than `steps` values are given or one is not finite and >= 0.
  void check(std::size_t steps) const;

 private:
  double value_ = 1.0;
  std::span<const double> series_;
  bool is_series_ = false;
};

/// G_t = t^alpha for t = 1 ... steps, the gradient-norm shapes of the paper's section on them. alpha finite.
std::vector<double> power_grad_norm(double alpha, std::int64_t steps);

// All functions below: `lr` holds eta_1 ... eta_T, T >= 1, finite, >= 0 [distance^2/loss], the last one > 0 (a step of
// 0 changes nothing: drop trailing zeros, see last_positive_step); zeros elsewhere, as in a warmup from 0, are allowed.
// distance: D > 0. Results are in loss units. They throw std::invalid_argument that names the first bad index and its
// value. O(T) time, O(1) extra memory, unless said otherwise.

/// Ω_T as an inverse and a linear part in the base LR: with step sizes gamma * lr it is inverse/gamma + gamma * linear.
struct BoundTerms {
  double inverse = 0.0;  ///< t1 = D^2/(2 u_0)
  double linear = 0.0;   ///< t2, all the rest
  double value() const noexcept { return inverse + linear; }
};

/// Last-iterate bound Omega_T (1.2), all terms of which are >= 0. Relative error <= 1e-15 (1 + log2 T) against the long
/// double sum (tests/accuracy/omega).
double omega(std::span<const double> lr, GradNorm grad_norm, double distance);
BoundTerms omega_terms(std::span<const double> lr, GradNorm grad_norm, double distance);

/// The three terms of (1.1), as the paper's code reports them; their sum is Omega_T. Relative error of each
/// <= 1e-15 (1 + log2 T) (tests/accuracy/omega).
struct OmegaSplit {
  double distance = 0.0;  ///< D^2/(2 S_T)
  double noise = 0.0;     ///< sum q_t/(2 S_T)
  double last = 0.0;      ///< the double sum: what the last iterate costs over the average
  double value() const noexcept { return distance + noise + last; }
};
OmegaSplit omega_split(std::span<const double> lr, GradNorm grad_norm, double distance);

/// Gradient (1.3) of Omega_T in the step sizes, out[j] = dOmega/d lr[j]; out.size() == lr.size(). [loss^2/distance^2]
/// Error <= 1e-15 (1 + log2 T) of the sum of the sizes of its terms, which have both signs (tests/accuracy/omega).
void omega_gradient(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out);

/// Average-iterate bound (1.4): zeros are allowed everywhere, the sum must be > 0.
double standard_bound(std::span<const double> lr, GradNorm grad_norm, double distance);
BoundTerms standard_terms(std::span<const double> lr, GradNorm grad_norm, double distance);

/// How the curve is computed.
struct CurveOptions {
  double tolerance = 1e-12;  ///< relative error at every t; within [1e-14, 0.1]
  int threads = 1;           ///< >= 1; the result has the same bits for every number
};

/// out[t-1] = Omega_t for t = 1 ... T, out.size() == lr.size(). O(T log(1/tolerance)) time by a fast multipole method
/// (src/bound/curve.cpp), at most 2.5 bytes of memory for each byte of lr. Where eta_t = 0 the value of
/// the last positive step stands; before the first positive step the bound is infinite. Positive rates that span more
/// than 1e75 are summed directly, O(T^2).
void omega_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out,
                 const CurveOptions& options = {});

/// Omega_t for the given 1-based t (1 <= t <= T, any order), with the same rule for eta_t = 0. O(sum of t).
std::vector<double> omega_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                             std::span<const std::int64_t> t);

/// The 1-based index of the last positive rate; 0 where there is none.
std::int64_t last_positive_step(std::span<const double> lr) noexcept;

/// Which bound is meant.
enum class Criterion {
  omega,       ///< (1.2), of the last iterate ("refined" in the paper's package)
  standard,    ///< (1.4), of the average iterate
  worst_case,  ///< (6.2), the exact worst case of the last iterate (bound_worst_case.hpp)
};

/// How a schedule is judged.
struct BoundSettings {
  GradNorm grad_norm = 1.0;
  double distance = 1.0;
  std::optional<std::int64_t> T = std::nullopt;  ///< evaluate after this many steps; nothing: at the horizon
  Criterion criterion = Criterion::omega;
};

/// The rates that the bound at T reads: lr(0) ... lr(T-1) without trailing zeros (the 0 at the end of a schedule is the
/// step that THEORY section 0 spends after T). Throws std::invalid_argument: T < 1, T beyond the horizon, no T for a
/// schedule without one, no positive rate.
std::vector<double> bound_rates(const Schedule& schedule, std::optional<std::int64_t> T = {});

/// The bound of the criterion after the first t[i] steps of `lr` (1-based, any order), infinite before the first
/// positive step, for distance and grad norm of `settings` (whose T is not read). The fewer operations of two ways: one
/// sum per t, O(sum of t), or omega_curve, then within 1e-12 relative; the exact worst case always costs O(sum of t).
std::vector<double> bound_at(std::span<const double> lr, const BoundSettings& settings,
                             std::span<const std::int64_t> t);

/// The bound of a schedule at its own peak.
double bound(const Schedule& schedule, const BoundSettings& settings = {});

}  // namespace scheduled
