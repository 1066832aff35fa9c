// What stands behind the exact worst case: the function that attains it, and the guarantees of averages of iterates.
#pragma once

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

/// (6.2), the minimum over the one parameter p_T: never below the exact worst case, and equal to it where its test
/// holds (docs/theory.md, section 6, corollary ii). Arguments as for `worst_case`; some step before the last > 0, G_t >
/// 0 there and at T. Some 20 passes over the steps.
double one_parameter_bound(std::span<const double> lr, GradNorm grad_norm, double distance);

// ---- The function that attains the worst case (docs/theory.md, 6.7).

/// f(x) = max(0, max_t [<g_t, x> - epsilon min(t, k+1)]), t = 1 ... n, on a space of k + 1 dimensions with orthonormal
/// e_0 ... e_k, where u_1 = slope e_0, g_t = u_t + b_t e_t, u_{t+1} = u_t - a_t b_t e_t (b_t = 0 for t > k). It is
/// convex, its minimum is 0, at 0, and ||g_t|| <= G_t. Subgradient steps with the rates from `start` reach `attained`
/// after n - 1 steps. n <= T: steps of 0 have no piece. Members are for reading.
struct WorstCaseFunction {
  double value = 0.0;              ///< V; its certified upper end where it is not exact
  bool exact = false;              ///< as in WorstCase
  double attained = 0.0;           ///< f(x_T) - f* of the run: the lower end, less epsilon min(n, k+1)
  double distance = 1.0;           ///< D: the run starts at D e_0
  double slope = 0.0;              ///< ||u_1|| = D/q_1
  double epsilon = 0.0;            ///< 0: later pieces tie at each iterate, and the run takes the first
  std::int64_t k = 0;              ///< the last t with b_t > 0: from k + 1 on all g_t are the same
  std::vector<std::int64_t> step;  ///< the 1-based step of each piece
  std::vector<double> lr;          ///< eta_t of each piece
  std::vector<double> a;           ///< eta_t/q_{t+1}, t < n
  std::vector<double> b;           ///< >= 0, t < n
  std::vector<double> q;           ///< q_1 ... q_n of (6.3)

  std::int64_t dimension() const noexcept { return k + 1; }

  /// D e_0.
  std::vector<double> start() const;

  /// f(x). x: `dimension` finite values. O(n) time, O(1) memory. Throws ArgumentError, as those below.
  double operator()(std::span<const double> x) const;

  /// A subgradient at x into `out`: g_t of the first piece t >= `from_piece` that ties with the largest, within 2^-40
  /// (where epsilon > 0: of the largest); of the first at all where none does; 0 where the largest is <= 0. O(n). A
  /// run's x_t needs from_piece = t only where some b_t = 0, t < k: norms vary and (6.3) has slack; then a piece may
  /// tie with later ones after its step, too.
  void subgradient(std::span<const double> x, std::span<double> out, std::int64_t from_piece = 1) const;

  /// x_t of the run, t = 1 ... n, in closed form: no oracle is asked. O(t).
  std::vector<double> iterate(std::int64_t t) const;

  /// The same function with one active piece at every iterate, so that ties are no artefact. epsilon > 0 must be at
  /// most `largest_epsilon`; nothing: half of that. Throws where k = 0, when there are no ties.
  WorstCaseFunction without_ties(std::optional<double> epsilon = {}) const;

  /// epsilon (t - j) stays below (6.9) for all j < t, and epsilon (k + 1) below f(x_T). 0 where some b_t = 0, t <= k.
  double largest_epsilon() const noexcept;
};

/// The function for these rates. lr, grad_norm, distance: as for `worst_case`, but G_t > 0 wherever it counts (else the
/// worst case is attained only by runs that start at a minimiser). O(T) memory; the cost of worst_case.
WorstCaseFunction worst_case_function(std::span<const double> lr, GradNorm grad_norm, double distance);

/// What subgradient steps on a function found.
struct WorstCaseRun {
  double first = 0.0;  ///< f(x_1)
  double best = 0.0;   ///< the smallest f(x_t)
  double last = 0.0;   ///< f(x_T)
};

/// The subgradient method with the function's own rates, by its oracle, which gets from_piece = t at x_t. O(n^2), some
/// 20 s for n = 1e5, the most there may be: else ArgumentError. One G: `last` is `attained` within 1e-12 relative
/// (tests/unit/worst_case_function, tests/accuracy/worst_case_exact).
WorstCaseRun run_worst_case(const WorstCaseFunction& function);

// ---- Averages of iterates (docs/theory.md, section 8a).

// A run x_{t+1} = x_t - eta_t g_t is averaged, xbar = sum c_t x_t. It imitates the run with the rates h_t = eta_t
// C_{t+1}, C_t = c_t + ... + c_T.

/// Which proof gives a bound of f(xbar) - f*.
enum class AverageRule {
  decay,    ///< (8.3) with (8.11): the exact worst case of the run that is imitated, and of the average (Theorem 3)
  chain,    ///< (8.3) with slack where (8.11) fails
  mixture,  ///< a mixture of averages over segments (8.6)
  filled,   ///< the average over the steps between, and what its iterates can lie above them (8.10)
};

/// "decay", "chain", "mixture", "filled".
std::string_view name_of(AverageRule rule) noexcept;

struct AverageBound {
  double value = 0.0;           ///< f(xbar) - f* is at most this
  AverageRule rule = {};        ///< the proof that gave it: the best of those that apply
  double imitated = 0.0;        ///< the worst case of the run with the rates h; no average was found below it
  bool exact_imitated = false;  ///< as in WorstCase
  std::int64_t fails_at = 0;    ///< the last step t where (8.11) fails; 0: nowhere
  double best_scale = 0.0;      ///< the common factor of all rates for which the bound is smallest
  double best_value = 0.0;      ///< the bound there
  AverageRule best_rule = {};   ///< the proof that gave it
};

/// lr: eta_1 ... eta_T as for `omega`, some step before the last > 0, and the largest between 1e-120 and 1e120 times
/// D/G; x_T does not depend on the last one, which only the mixture reads. weights: c_1 ... c_T, finite, >= 0, the last
/// one > 0; they are divided by their sum. A step of 0 gives its weight to the next. One G: the best chain in one pass
/// (8.4); varying G_t: a search over its end. best_scale: (8.7), in closed form for one G; for varying ones the best of
/// those tried, and no worse than 1. The mixture is tried where (8.11) fails and costs O(T times the number of
/// segments), at most 1e8 terms. O(T) memory.
AverageBound average_bound(std::span<const double> lr, std::span<const double> weights, GradNorm grad_norm,
                           double distance);

// Weights c_1 ... c_T, with the sum 1 (1e-15 T). T >= 1; last: the number of iterates in the window, 1 <= last <= T.

/// 1/last on the last `last` iterates. With `every` = k > 1 on every k-th of them only, counted from the end (8.10).
std::vector<double> uniform_weights(std::int64_t T, std::int64_t last, std::int64_t every = 1);

/// c_t proportional to beta^(T-t), 0 < beta < 1: an exponential moving average that starts at x_1. Half-life n steps:
/// beta = 2^(-1/n).
std::vector<double> ema_weights(std::int64_t T, double beta);

/// c_t proportional to lr_t on the last `last` iterates; the last rate must be > 0.
std::vector<double> step_weights(std::span<const double> lr, std::int64_t last);

/// c_t = w_t - w_{t+1} for the decay 1 - sqrt(x) over the last `last` iterates: what imitates it on constant rates.
std::vector<double> one_minus_sqrt_weights(std::int64_t T, std::int64_t last);

// ---- The same as text.

/// How the iterates of a run are averaged, the same in the command, JSON and Python:
///   average(last=20%)                     uniform over the last fifth of the iterates
///   average(last=2000, every=100)         of every 100th only
///   average(last=20%, weights=step)       in proportion to the rates; or weights=1-sqrt, to imitate that cooldown
///   average(half_life=5%)                 exponential
struct Average {
  enum class Weights { uniform, step, one_minus_sqrt };
  Duration last = percent(100);  ///< of the iterates; their number, or tokens or examples of the run's end
  Weights weights = Weights::uniform;
  std::int64_t every = 1;
  std::optional<RealDuration> half_life = std::nullopt;  ///< alone
  bool operator==(const Average&) const = default;
};

/// Throws ArgumentError: an unknown key or word (the one that was probably meant), a value out of its range.
Average parse_average(std::string_view text);
std::string print(const Average& average);  ///< parse_average reads it back

/// c_1 ... c_T for the run with these rates, the last one > 0. step_size: where `last` is in tokens or examples, those
/// before the end of the run.
std::vector<double> weights_of(const Average& average, std::span<const double> lr, const StepSize& step_size = {});

/// A schedule and which of its iterates is meant: "constant(steps=50k, peak=1e-3) | average(last=20%)".
struct AveragedSchedule {
  Schedule schedule;
  std::optional<Average> average = std::nullopt;  ///< nothing: the last iterate
};

/// The text before the bar, and that from the bar on; the latter is empty where there is none (outside JSON).
std::pair<std::string_view, std::string_view> split_average(std::string_view text) noexcept;

/// horizon: as for Schedule::parse. Throws as it does and as parse_average.
AveragedSchedule parse_averaged(std::string_view text, std::optional<Duration> horizon = {});
std::string print(const AveragedSchedule& averaged);

/// average_bound of the rates that the bound at T reads (bound_rates). Needs an average.
AverageBound average_bound(const AveragedSchedule& averaged, const BoundSettings& settings = {});

// ---- Designs.

/// The window b for which the uniform average of constant rates eta has the smallest bound, for long runs (8.8):
/// T 2 g^2/(1 + g^2) with g = eta G sqrt(T)/D, T from g = 1 on. At least 1.
std::int64_t best_window(std::int64_t T, double lr, double grad_norm, double distance);

/// Drop to phi eta and average (8.9): constant rates of which the last b are multiplied by phi and averaged uniformly
/// have the bound of a linear cooldown from phi eta over them.
struct DropAndAverage {
  double phi = 1.0;      ///< the best factor, above 1 where lr is small
  double value = 0.0;    ///< the bound there
  double at_full = 0.0;  ///< the bound for phi = 1
};

/// T >= 2, 1 <= last < T, lr > 0, between 1e-100 and 1e100 times D/G. O(T) for each of some 60 factors that it tries.
DropAndAverage drop_and_average(std::int64_t T, std::int64_t last, double lr, double grad_norm, double distance);

/// A way to end a run of constant rates.
struct ConstantEnding {
  std::string way;        ///< "cooldown", "drop and cooldown", "average", "drop and average"
  std::int64_t last = 0;  ///< so many steps, or iterates, at the end
  double phi = 1.0;       ///< the rate to which it drops there, over that before
  std::string spec;       ///< its rates and what is averaged, as text
  double bound = 0.0;     ///< of x_T or of the average: the exact worst case or that of the decay that is imitated
};

/// What x_T, or an average of x_1 ... x_T, can guarantee after constant rates lr of which the last `last` may change: a
/// linear cooldown to 0 over them, the best one that begins with a drop, the best uniform window with no change of the
/// rates (8.8), and the best drop that is held and averaged (8.9). Arguments as for drop_and_average. O(T) for each of
/// some 100 factors that it tries.
std::vector<ConstantEnding> constant_endings(std::int64_t T, double lr, std::int64_t last, double grad_norm = 1.0,
                                             double distance = 1.0);

}  // namespace scheduled
