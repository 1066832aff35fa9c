// The last-iterate bound of a series of rates: value, split, gradient, curve, stream; closed forms; the exact worst
// case.
#pragma once

#include <array>
#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// G_t of docs/theory.md, section 0: one value for all steps, or a view of one value per step (which must outlive the
/// call). Finite, >= 0 [loss/distance]. A series may be longer than the run; the surplus is not read.
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

  /// Throws ArgumentError where fewer than `steps` values are given or one is not finite and >= 0.
  void check(std::size_t steps) const;

 private:
  double value_ = 1.0;
  std::span<const double> series_;
  bool is_series_ = false;
};

/// G_t = t^alpha for t = 1 ... steps, the gradient-norm shapes of the paper's section on them. alpha finite.
std::vector<double> power_grad_norm(double alpha, std::int64_t steps);

/// G_t for t = 1 ... steps of a schedule whose batch changes, without `steps` of its whole run: the square of the norm
/// of a mini-batch's gradient is that of the full gradient plus noise, which falls as 1/batch,
///   G_t^2 = grad_norm^2 (1 - noise_share + noise_share B_1/B_t).
/// `grad_norm` >= 0 is that of the first step and `noise_share`, within [0, 1], the share of the noise in its square;
/// both are taken to stay what they are but for the batch. Throws ArgumentError: no batch=..., no horizon.
std::vector<double> batch_grad_norm(const Schedule& schedule, double noise_share, double grad_norm = 1.0,
                                    std::optional<std::int64_t> steps = {});

// All functions below: `lr` holds eta_1 ... eta_T, T >= 1, finite, >= 0 [distance^2/loss], the last one > 0 (a step of
// 0 changes nothing: drop trailing zeros, see last_positive_step); zeros elsewhere, as in a warmup from 0, are allowed.
// distance: D > 0. Results are in loss units. They throw ArgumentError that names the first bad index and its
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
/// than 1e75 are summed directly, O(T^2), and refused where T > 20000.
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
  worst_case,  ///< (6.2), the exact worst case of the last iterate
};

/// "omega", "standard", "worst-case".
std::string_view name_of(Criterion criterion) noexcept;

/// How a schedule is judged.
struct BoundSettings {
  GradNorm grad_norm = 1.0;
  double distance = 1.0;
  std::optional<std::int64_t> T = std::nullopt;  ///< evaluate after this many steps; nothing: at the horizon
  Criterion criterion = Criterion::omega;
};

/// The rates that the bound at T reads: lr(0) ... lr(T-1) without trailing zeros (the 0 at the end of a schedule is the
/// step T + 1 of docs/theory.md, section 0). Throws ArgumentError: T < 1, T beyond the horizon, no T for a
/// schedule without one, no positive rate.
std::vector<double> bound_rates(const Schedule& schedule, std::optional<std::int64_t> T = {});

/// The bound of the criterion after the first t[i] steps of `lr` (1-based, any order), infinite before the first
/// positive step, for distance and grad norm of `settings` (whose T is not read). The fewer operations of two ways: one
/// sum per t, O(sum of t), or omega_curve, then within 1e-12 relative; the exact worst case always costs O(sum of t).
std::vector<double> bound_at(std::span<const double> lr, const BoundSettings& settings,
                             std::span<const std::int64_t> t);

/// The bound of a schedule at its own peak.
double bound(const Schedule& schedule, const BoundSettings& settings = {});

// ---- Closed forms and limits of Omega_T at the best base LR, one common G (docs/theory.md, section 3).

/// H_n = 1 + 1/2 + ... + 1/n, H_0 = 0, for 0 <= n (n > 2^53 is rounded to a double first). Within 1 ulp up to 1e18
/// (tests/unit/closed_forms). O(1). Throws ArgumentError for n < 0.
double harmonic(std::int64_t n);

/// A base LR and the bound there.
struct ClosedForm {
  double peak = 0.0;   ///< gamma* [distance^2/loss]
  double bound = 0.0;  ///< Omega* [loss]
  bool operator==(const ClosedForm&) const = default;
};

// The best peak and its bound, in O(1), for the rates of docs/theory.md, section 0 (a schedule of T + 1
// steps whose last rate is 0). T >= 1; grad_norm G > 0 [loss/distance]; distance D > 0; finite. Relative error <=
// 2e-15. They throw ArgumentError naming the argument, its value and what it must be.

/// eta = 1: gamma* = D/(G sqrt(T (1 + H_{T-1}))), Omega* = D G sqrt((1 + H_{T-1})/T).
ClosedForm constant_closed_form(std::int64_t T, double grad_norm = 1.0, double distance = 1.0);

/// eta_t = (T+1-t)/T: with L = 2T - 1 + 2 H_{T-1}, gamma* = (D/G) sqrt(2T/((T+1) L)), Omega* = D G sqrt(2L/(T (T+1))).
ClosedForm linear_closed_form(std::int64_t T, double grad_norm = 1.0, double distance = 1.0);

/// eta_t = 1 for t <= T0, then 1 - (t-T0)/n, n = T+1-T0: with A = 1/n + sum_{k=1}^{T0} 1/((T+T0)/2 - k)
/// + (2/n)(n - 2 + H_{n-2}), gamma* = (D/G) sqrt(2/(A (T+T0))), Omega* = D G sqrt(2A/(T+T0)). 1 <= T0 <= T;
/// T0 = T is the constant rate, T0 = 1 linear decay.
ClosedForm wsd_closed_form(std::int64_t T, std::int64_t T0, double grad_norm = 1.0, double distance = 1.0);

/// The upper bound on that Omega* of 2501.18965, 2 <= T0 < T (at T0 = 1 the formula is up to 1.2 % below Omega*):
/// D G sqrt{4/(T+T0) [2/3 + (T+2T0)/(3(T+T0)) + H_{T+T0-2} - H_{T-T0+1} - (T-T0)(T0-1)/(3(T-T0+2)(T+T0))
/// + 1/(T-T0)^2 + H_{T-T0-1}/(T-T0+1)]}.
double wsd_theorem_bound(std::int64_t T, std::int64_t T0, double grad_norm = 1.0, double distance = 1.0);

/// The six terms in the bracket of wsd_theorem_bound, in this order; the third and the last grow like logarithms of the
/// lengths. 2 <= T0 < T.
std::array<double, 6> wsd_theorem_terms(std::int64_t T, std::int64_t T0);

// Limits as T -> infinity for D = G = 1: `peak` is that of gamma* sqrt(T) and `bound` that of Omega* sqrt(T); in
// general gamma* -> peak D/(G sqrt(T)) and Omega* -> bound D G/sqrt(T). The constant rate has none: its H_T grows.

/// WSD with linear cooldown of share c = 1 - beta, 0 < c <= 1, with l = ln((1+beta)/(1-beta)) = ln((2-c)/c):
/// sqrt(2/((1+beta)(2+l))) and sqrt(2(2+l)/(1+beta)).
ClosedForm wsd_limit(double cooldown);

/// 1 and 2.
ClosedForm linear_limit() noexcept;

/// eta = (1 + cos(pi x))/2: 1/sqrt(Q/2) and sqrt(2Q), Q = 1/2 int_0^pi (1 - cos v)^2/(v - sin v) dv (no closed form;
/// tabulated): .97078... and 2.06019...
ClosedForm cosine_limit() noexcept;

/// eta = 1 - sqrt(x) over the whole run: 1/sqrt(1 - ln(3)/2) and sqrt(9 - (9/2) ln 3).
ClosedForm one_minus_sqrt_limit() noexcept;

/// eta = (1-x)^p, p > 0 and finite: sqrt(p) and (p+1)/sqrt(p). Smallest at p = 1.
ClosedForm polynomial_limit(double power);

/// The limit of a family: of `wsd` with the cooldown share c, of `polynomial` with `power`; nothing for those without.
std::optional<ClosedForm> family_limit(KnownFamily family, double cooldown, double power);

/// Limit of ln gamma*(linear decay) - ln gamma*(WSD with cooldown share c), which is what moves a tuned base LR from
/// one to the other: 1/2 ln[(1+beta)(2+l)/2], beta and l as for wsd_limit. 0 < c <= 1.
double lr_transfer_limit(double cooldown);

/// The same at finite T, from the closed forms above. 1 <= T0 <= T.
double lr_transfer(std::int64_t T, std::int64_t T0);

// ---- What the closed forms say about a given schedule.

/// "none", "constant", "linear", "wsd", "cosine", "1-sqrt", "polynomial".
std::string_view name_of(KnownFamily family) noexcept;

/// The closed forms of a schedule that decays to 0 and is evaluated at its last positive step, or is constant so far.
struct BoundFacts {
  KnownFamily family = KnownFamily::none;
  std::string why_none;     ///< where there is no family: the reason, in a few words
  std::int64_t T = 0;       ///< the last positive step at or before the T asked for
  std::int64_t T0 = 0;      ///< steps before the cooldown (with the warmup); T: there is none, 1: it fills the run
  double cooldown = 0.0;    ///< (T - T0)/T
  std::int64_t warmup = 0;  ///< steps of a warmup, which all forms leave out
  std::optional<ClosedForm> exact;            ///< best peak and its bound; only without a warmup
  std::optional<ClosedForm> limit;            ///< their limits for long runs, at this T, D and G
  std::optional<ClosedForm> constants;        ///< the limits in units of D/(G sqrt(T)) and D G/sqrt(T)
  std::optional<double> theorem;              ///< wsd: the upper bound of 2501.18965
  std::optional<double> linear_peak_factor;   ///< best peak of linear decay over that of this schedule
  std::optional<double> linear_bound_factor;  ///< the bound of linear decay over that of this schedule, at best peaks
};

/// Throws as `bound`. O(1) but for the zeros at the end.
BoundFacts bound_facts(const Schedule& schedule, const BoundSettings& settings = {});

// ---- Omega_t step by step, inside a training loop (docs/theory.md, section 1, streaming form).

/// Takes (lr, grad_norm) of one update after the other and gives Omega_t (1.2) after each. A value: a copy is a branch,
/// both go on independently. O(log(range of distances)) memory, some tens of nodes of 40 bytes; a step costs
/// 100 to 300 ns, less while the LR stays the same. Relative error <= 1e-10 over 2e6 steps of any positive LR series
/// (tests/accuracy/stream) and over 1e8 of the usual ones (scheduled-paper long-runs); the range of the LR need not be
/// known beforehand. The same input gives the same bits on every x86-64 machine.
///
/// 1/x = integral of exp(u - x e^u) du is replaced by its trapezoid sum over s = 2^(i/2): each node carries
/// A_i = sum over past steps of q_k exp(-s_i (S_t - S_k)), multiplied by exp(-s_i eta) per step.
class OmegaStream {
 public:
  /// distance: D within [1e-40, 1e40]; else ArgumentError.
  explicit OmegaStream(double distance = 1.0);

  /// One update with learning rate `lr`, 0 or within [1e-60, 1e60], and gradient norm `grad_norm`, 0 or within
  /// [1e-40, 1e40]; returns Omega_t. An update that was skipped, as after an overflow in half precision, has the rate
  /// 0: it repeats the value before it (infinity while there was no positive one), and its norm may be inf or NaN.
  /// Throws ArgumentError naming the 0-based step, the value and what is allowed; the stream is then unchanged.
  double push(double lr, double grad_norm = 1.0);

  /// push of each step in turn; grad_norm is one value or at least as many as lr. The values after each. Where a step
  /// is refused, those before it have been taken.
  std::vector<double> push_all(std::span<const double> lr, GradNorm grad_norm = 1.0);

  double value() const noexcept { return value_; }        ///< Omega_t after the last push; infinity before the first
  std::int64_t steps() const noexcept { return steps_; }  ///< number of pushes
  double distance() const noexcept { return distance_; }  ///< D
  std::size_t nodes() const noexcept { return rate_.size(); }  ///< nodes in use

  /// The whole state as one line of JSON; a stream restored from it goes on with the same bits.
  std::string save() const;
  /// Throws ArgumentError where `text` is not what save() writes.
  static OmegaStream restore(std::string_view text);

 private:
  static constexpr std::size_t moments = 5;

  void reach(double lr);
  void add_nodes_above(std::size_t count);
  void add_nodes_below();
  double far_tail(double lr);

  double distance_ = 1.0;
  double value_ = 0.0;
  std::int64_t steps_ = 0;
  double total_ = 0.0;  // S_t, with its rounding errors
  double total_low_ = 0.0;
  double last_source_ = 0.0;   // q of the last positive step, not yet in the nodes
  double last_rate_ = 0.0;     // LR for which decay_ holds; 0: none
  std::int64_t first_ = 0;     // s of node j is 2^((first + j)/2)
  std::vector<double> rate_;   // s
  std::vector<double> state_;  // A, high and low part
  std::vector<double> state_low_;
  std::vector<double> decay_;  // exp(-s last_rate) - 1
  // Nodes below the first one, all together: sum of q_k (s_first (S_t - S_k))^j.
  std::array<double, moments> moment_{};
  std::array<double, moments> moment_low_{};
};

// ---- The exact worst case of the last iterate (docs/theory.md, section 6).

// The largest f(x_T) - f* over all convex f in any dimension and all runs x_{t+1} = x_t - eta_t g_t with subgradients
// ||g_t|| <= G_t, ||x_1 - x*|| <= D, is the value of a convex program (6.3),
//
//   min over q_t >= (q_{t+1} + eta_t)^2/q_{t+1}, q_{T+1} = 0, of 1/2 [D^2/q_1 + sum (q_t - q_{t+1}) G_t^2] - sum eta_t
//   G_t^2,
//
// and is attained. For one G it is (D^2/W + G^2 W)/2 - G^2 (eta_1 + ... + eta_{T-1}), W = q_1 = max(W_min, D/G) (6.4):
// one pass. Where G_t vary the program is solved, and a point of its dual (6.5) bounds the value from below. It is also
// a bound for projected steps, and in expectation for stochastic gradients.
//
// Where all constraints are equalities, q_t = p_t^2 with p_t = p_{t+1} + eta_t/p_{t+1}, the value is the minimum of
// (6.2) over all weights w_t = p_1 (p_t - p_{t+1}) that give these steps; W is their sum. The value is <= Omega_T
// (choose p_T^2 = eta_T: then p_{t+1}^2 >= u_t, term by term of (1.2)) and, for one common G, >= DG/sqrt(T) (Cauchy's
// inequality).

// All functions below: `lr` holds eta_1 ... eta_T, T >= 1, finite, >= 0 [distance^2/loss]. x_T depends on the first T-1
// of them: lr[T-1] is checked but not used. A step of 0 leaves the iterate where it is and has weight 0: the value is
// that of the run without this step and its G_t. grad_norm, distance: as for `omega`. Values are in loss units. They
// throw ArgumentError naming the first bad index and its value.

/// Where the minimum lies.
enum class WorstCaseEnd {
  boundary,      ///< W = W_min (to 1e-12): some root of (6.1) is 0. Usual for tuned steps and one common G
  interior,      ///< W > W_min, all roots of (6.1) positive. For one common G: W = D/G, value DG - G^2 S_{T-1}, which
                 ///< f = G |x| attains; the steps are then too small to reach the minimiser
  lower_branch,  ///< some step takes the smaller root; only with varying G_t
  limit,         ///< approached as W -> infinity, because some G_t = 0: 0 where that is G_T or belongs to the last
                 ///< positive step t < T; else the worst case of the steps after it with D = 0
  slack,         ///< a constraint of (6.3) is slack at some t, where G_t <= all later G: (6.2) is larger than the value
};

/// "boundary", "interior", "lower branch", "limit", "slack".
std::string_view name_of(WorstCaseEnd end) noexcept;

struct WorstCase {
  double value = 0.0;  ///< a bound that holds: the objective of (6.3) at a feasible point
  double lower = 0.0;  ///< no bound below this one holds: (6.5) at a feasible point of the dual
  bool exact = false;  ///< the two agree within 1e-10 relative: `value` is the worst case
  double W = 0.0;      ///< q_1, the sum of the weights at the minimum [distance^2/loss]; infinite for `limit`
  double W_min = 0.0;  ///< smallest sum of weights that gives these steps; 0 where all of them are 0
  WorstCaseEnd end = WorstCaseEnd::boundary;
  int passes = 0;  ///< passes over the steps that were needed
  bool at_boundary() const noexcept { return end == WorstCaseEnd::boundary; }
};

/// The exact worst case. One common G: one pass, relative error <= 2e-14, O(1) extra memory. Varying G_t: usually 15 to
/// 40 passes over all steps where (6.2) is exact; where constraints are slack, some passes more for each of the few
/// that are; and an interior point method (T <= 20000 only) where neither ends in a certificate. `exact` tells whether
/// one was found; 10,000 random cases with norms over six decades have it (tests/accuracy/worst_case). O(T) memory.
/// Squares of D, G and eta must neither overflow nor underflow.
WorstCase worst_case(std::span<const double> lr, GradNorm grad_norm, double distance);

/// The best scale of a shape.
struct WorstCaseScale {
  double scale = 0.0;    ///< gamma*: the best rates are scale * lr; 0: the smaller the rates the better
  WorstCase worst_case;  ///< for those rates, or its limit for rates of 0
};

/// Minimises the value over a common factor gamma of all rates. With steps gamma s and q = gamma r the value is
/// D^2/(2 gamma r_1) + gamma B(r), so that the two parts are equal at the best gamma: a search for their balance, which
/// starts at the best scale of (6.2) and ends there where that is exact. One common G: one pass. Else some evaluations
/// of worst_case; the scale is right to 1e-7. Where some G_t are much smaller than the others the value may be smallest
/// for rates of 0 (or of a millionth of the best of (6.2)), where it is D min G_t: the scale is then 0. Throws also
/// where no step before the last is > 0, and where some G_t that counts is 0: the value is then 0 at every scale or
/// proportional to it.
WorstCaseScale worst_case_best_scale(std::span<const double> lr, GradNorm grad_norm, double distance);

/// The value after t steps, for the given 1-based t (1 <= t <= T, any order): worst_case of the first t rates.
/// The cost of worst_case each.
std::vector<double> worst_case_at(std::span<const double> lr, GradNorm grad_norm, double distance,
                                  std::span<const std::int64_t> t);

/// D G / sqrt(T): no method that uses T subgradients has a smaller worst case in high dimension, and the steps
/// eta_t = D/(G sqrt(T)) (1 - t/T) reach it (2307.11134). T >= 1, G >= 0, D > 0.
double minimax_rate(std::int64_t T, double grad_norm, double distance);

}  // namespace scheduled
