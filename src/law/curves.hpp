// One class per law: what does not depend on the parameters is prepared once.
#pragma once

#include <cstddef>
#include <cstdint>
#include <span>
#include <variant>
#include <vector>

#include "law/tree.hpp"

namespace scheduled::law {

inline constexpr double ln2 = 0.693147180559945309;
inline constexpr double lowest_rate = 1e-9;  ///< of the reference: powers of rates stay finite, and smooth, below it

/// Checked arguments of a curve.
struct Series {
  std::span<const double> lr;
  std::span<const std::int64_t> step;
  double reference_rate;
  double reference_sum;
};

/// Values in, losses and (unless null) rows of the Jacobian out.
struct Output {
  std::span<double> loss;
  double* jacobian;
};

double natural_log(double x) noexcept;
double exponential(double x) noexcept;
/// sum[k] = lr[0] + ... + lr[k], in units of `unit`, compensated.
std::vector<double> prefix_sums(std::span<const double> lr, double unit);

/// G_t^2 enters Omega_t linearly and is smooth in t: on [2^i, 2^(i+1)) it is given by its values at 16 Chebyshev points
/// (t^A_2: error 5.83^-16; exp(A_1 t) <= 5e-11 for every A_1 <= 0), so that Omega at the targets is one matrix, made
/// once, times those values.
class OmegaCurve {
 public:
  explicit OmegaCurve(const Series& series);
  void evaluate(std::span<const double> parameters, const Output& out) const;

 private:
  void add_row(const Tree& tree, std::size_t target, std::size_t t, std::span<const double> rates,
               std::span<const double> sums, std::span<const double> weights);

  std::vector<double> time_;         ///< per column: t of the point
  std::vector<double> inverse_sum_;  ///< per target
  std::vector<double> rows_;         ///< concatenated rows
  std::vector<std::size_t> begin_;   ///< per target and one more
};

/// For one G the exact worst case depends on the rates through two numbers (bound_worst_case.hpp).
class WorstCaseCurve {
 public:
  explicit WorstCaseCurve(const Series& series);
  void evaluate(std::span<const double> parameters, const Output& out) const;

 private:
  std::vector<double> least_weight_;  ///< W_min of the first t rates
  std::vector<double> sum_before_;    ///< S_{t-1}
};

class MomentumCurve {
 public:
  explicit MomentumCurve(const Series& series);
  void evaluate(std::span<const double> parameters, const Output& out) const;

 private:
  std::vector<double> change_;  ///< eta'_{i-1} - eta'_i
  std::vector<std::size_t> step_;
  std::vector<double> sum_;  ///< S' at the targets
};

/// What rate h costs under the angular law, h^power (straight below lowest_rate), and its derivatives.
struct Cost {
  double value;
  double by_rate;
  double by_power;
};
Cost cost_of(double h, double power) noexcept;

/// multi_power and angular.
class PowerCurve {
 public:
  PowerCurve(const Series& series, bool angular);
  void evaluate(std::span<const double> parameters, const Output& out) const;

 private:
  struct Slots;
  struct Effective;
  Effective effective_rates(double decay, double start, bool derivatives) const;
  Slots make_slots(const Effective& effective, std::span<const double> parameters, bool derivatives) const;
  void add_row(const Slots& slots, const Effective& effective, std::span<const double> parameters, std::size_t target,
               std::span<double> scratch, const Output& out) const;

  bool angular_;
  double reference_rate_;
  double sum_unit_;           ///< reference_rate/reference_sum
  std::vector<double> rate_;  ///< eta'
  std::vector<std::size_t> step_;
  Tree tree_;
};

class BuCurve {
 public:
  explicit BuCurve(const Series& series);
  void evaluate(std::span<const double> parameters, const Output& out) const;

 private:
  std::vector<double> highest_;  ///< eta'_max up to the target
  std::vector<double> progress_;
};

struct Evaluator {
  std::variant<OmegaCurve, WorstCaseCurve, MomentumCurve, PowerCurve, BuCurve> curve;
};

}  // namespace scheduled::law
