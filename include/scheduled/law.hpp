// Layer 3: loss-curve laws as values, and their curves on any learning-rate series (THEORY section 8).
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <vector>

namespace scheduled {

namespace law {
struct Evaluator;  // src/law/curves.hpp
}

/// Losses in nats. t counts finished updates, eta_k is the rate of update k (lr[k-1]), eta_0 = 0, so that a warmup is a
/// rise from 0. eta' = eta/reference_rate, S'(t) = (eta_1 + ... + eta_t)/reference_sum; with both references 1 these
/// are the formulas of THEORY section 8. References make parameters comparable between models and schedules: A is the
/// loss that progress can still win at the reference sum, B what a decay from the reference rate to 0 wins at most.
enum class LawKind {
  /// C + M Omega_t with D = 1, rates eta/reference_sum, G_t = G_1 exp(A_1 t) + G_2 t^A_2 + B.
  omega,
  /// C + M (exact worst case of THEORY section 6 after t steps) with D = 1, rates eta/reference_sum and one G.
  worst_case,
  /// L0 + A S'^-alpha - B S_2, S_2 = sum of m_i (1 - lambda), m_i = lambda m_{i-1} + eta'_{i-1} - eta'_i,
  /// lambda = 1 - 1/memory. THEORY's C is B (1 - lambda)/reference_rate.
  momentum,
  /// L0 + A S'^-alpha - B sum_k (eta'_{k-1} - eta'_k) [1 - (1 + C eta'_k^-gamma S'_k(t))^-beta], S'_k over k ... t.
  multi_power,
  /// L0 + A R^-alpha - B sum_k (h_{k-1}^kappa - h_k^kappa) [1 - (1 + C R_k(t))^-beta] with h_k = eta'_k / sqrt(v_k), R
  /// and R_k sums of h as S' and S'_k are of eta', and
  /// v_{k+1} = (1 - 2 lambda eta_k) v_k + 2 lambda eta_k^2/reference_rate, v_1 = v0 (2 lambda eta_k at most 1): the
  /// squared norm of scale-invariant weights under weight decay lambda, in units of its equilibrium at the reference
  /// rate. h_k is the angle by which update k turns the weights: a high rate that stays high grows the weights and
  /// stops being faster. B h^kappa is what the rate costs as long as it lasts, forgotten with progress R.
  /// kappa = 1, lambda = 0, v0 = 1 is multi_power with gamma = 0. (Derived for this project; docs/laws.md has the
  /// evidence.)
  angular,
  /// L_inf + a/(t eta'_max reference_rate/reference_sum) + b eta'_max, eta_max the highest rate up to t: a law for the
  /// end of a run. q1^2 = a reference_sum, q2^2 = b/reference_rate.
  bu,
};
inline constexpr int law_kinds = 6;

/// What a parameter is and where a fit may put it.
struct LawParameter {
  std::string_view name;
  std::string_view meaning;
  double lower = 0.0;
  double upper = 0.0;
  bool log_scale = false;  ///< fits move its logarithm; > 0
  bool linear = false;     ///< the loss is linear in it, the other parameters given
  double start = 0.0;      ///< typical value: the centre of starts and prior
  double spread = 1.0;     ///< standard deviation of the prior (of the logarithm with log_scale); 0: no prior
};

/// "omega", "worst-case", "momentum", "multi-power", "angular", "bu".
std::string_view law_name(LawKind kind) noexcept;
/// Throws std::invalid_argument that names the text and the laws there are.
LawKind parse_law_kind(std::string_view name);
std::span<const LawParameter> law_parameters(LawKind kind) noexcept;

struct Law {
  LawKind kind = LawKind::angular;
  double reference_rate = 1.0;     ///< > 0
  double reference_sum = 1.0;      ///< > 0
  std::vector<double> parameters;  ///< in the order of law_parameters(kind)

  /// Throws std::invalid_argument that names the parameter and those there are.
  double at(std::string_view parameter) const;
  bool operator==(const Law&) const = default;
};

/// Throws std::invalid_argument naming the parameter, its value and its bounds, a reference that is not > 0, or a wrong
/// number of parameters.
void check_law(const Law& law);

/// One learning-rate series and the steps at which losses are wanted, prepared once for many parameters.
class LawCurve {
 public:
  /// lr: rates of updates 1 ... T, finite, >= 0, lr[0] or a later one > 0; step: values t within [1, T], increasing,
  /// each after the first positive rate. References as in Law. O(T log T + n log T) for smooth pieces of lr; where lr
  /// has noise in every step, O(sum of t). worst_case: O(sum of t). Throws std::invalid_argument naming argument,
  /// index, value and requirement.
  LawCurve(LawKind kind, std::span<const double> lr, std::span<const std::int64_t> step, double reference_rate = 1.0,
           double reference_sum = 1.0);
  ~LawCurve();
  LawCurve(LawCurve&&) noexcept;
  LawCurve& operator=(LawCurve&&) noexcept;

  /// loss[i] at step[i]; jacobian[i P + j], if not empty, its derivative in parameter j of P. Within 1e-8 of the direct
  /// sums (tests/accuracy/law). parameters within their bounds; not checked. omega, worst_case, bu: O(n); multi_power:
  /// O(n log T), constant stretches are free; momentum and angular: a pass over T as well. Thread-safe; the same bits
  /// on every x86-64 machine.
  void evaluate(std::span<const double> parameters, std::span<double> loss, std::span<double> jacobian = {}) const;

  std::size_t size() const noexcept { return size_; }

 private:
  std::unique_ptr<const law::Evaluator> evaluator_;
  std::size_t size_ = 0;
};

/// Losses after the given updates: check_law, LawCurve and evaluate in one.
std::vector<double> law_curve(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step);

/// The same by plain sums, O(T n): the readable truth that tests compare with.
std::vector<double> law_curve_direct(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step);

/// Exact text of a law as JSON and back: {"law":"angular","reference_rate":...,"parameters":{"L0":...}}. parse_law
/// throws std::invalid_argument: not JSON, an unknown, missing or repeated key, a value out of bounds.
std::string print_law(const Law& law);
Law parse_law(std::string_view json);

}  // namespace scheduled
