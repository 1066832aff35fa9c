// Loss-curve laws: fitting them to logs, predictions with intervals, virtual cooldowns. scheduled/law_design.hpp has
// what they say to do.
#pragma once

#include <cstdint>
#include <limits>
#include <map>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/error.hpp"
#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

namespace law {
struct Evaluator;
}

/// Losses in nats. t counts finished updates, eta_k is the rate of update k (lr[k-1]), eta_0 = 0, so that a warmup is a
/// rise from 0. eta' = eta/reference_rate, S'(t) = (eta_1 + ... + eta_t)/reference_sum; with both references 1 these
/// are the formulas of docs/theory.md, section 8. References make parameters comparable between models and schedules: A
/// is the loss that progress can still win at the reference sum, B what a decay from the reference rate to 0 wins at
/// most.
enum class LawKind {
  /// C + M Omega_t with D = 1, rates eta/reference_sum, G_t = G_1 exp(A_1 t) + G_2 t^A_2 + B.
  omega,
  /// C + M (exact worst case of docs/theory.md, section 6 after t steps) with D = 1, rates eta/reference_sum and one G.
  worst_case,
  /// L0 + A S'^-alpha - B S_2, S_2 = sum of m_i (1 - lambda), m_i = lambda m_{i-1} + eta'_{i-1} - eta'_i,
  /// lambda = 1 - 1/memory. The C of docs/theory.md is B (1 - lambda)/reference_rate.
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
  /// L0 + A (R m^delta)^-alpha + B N^kappa, with R as in angular and m the highest eta' so far. N = sum of w_m N_m over
  /// m = 0 ... 26 is the noise that is left: N_m follows h and forgets with progress, N_m <- h + (N_m - h)
  /// exp(-C e^s_m dR) in an update of progress dR, from 0, with s_m = m log 2 - 14.5 and w_m = exp(beta s_m - e^s_m)
  /// over their sum, so that a constant rate's noise is h [1 - (1 + C R)^-beta]. h = eta'/sqrt(v), v the mean over the
  /// update of the solution of v' = 2 lambda eta (eta/reference_rate - v), at first eta0/reference_rate. With kappa = 1
  /// and delta = 0 this is angular with kappa = 1. (Derived for this project; docs/laws.md has the evidence.)
  noise,
  /// L0 + A S'^-s - B sum_k (eta'_{k-1} - eta'_k) [1 - (1 + C S'_k(t))^-(1 - 1/beta)]: the functional scaling law
  /// (2509.19189) with one noise, by parts. Its noise is an integral of the squared rates, forgotten with progress as
  /// (1 + C S'_k)^-(2 - 1/beta). s is the source exponent, beta the capacity exponent; multi_power with gamma = 0 and
  /// an exponent below 1. functional_optimum has its best schedule.
  functional,
};

/// How a parameter grows with the number of steps of a run: the unit in which fits move it.
enum class LawUnit { none, steps, root_steps, per_step };

/// What a parameter is and where a fit may put it.
struct LawParameter {
  std::string_view name;
  std::string_view meaning;
  double lower = -std::numeric_limits<double>::max();
  double upper = std::numeric_limits<double>::max();
  bool log_scale = false;  ///< fits move its logarithm; > 0
  bool linear = false;     ///< the loss is linear in it, the other parameters given
  /// Typical value, in `unit` of the longest run: the centre of starts and prior. Of the noise law's B, where no run
  /// lowers its rate: 22/300 (reference rate/.001)^.4 times the lowest loss, with the spread .3.
  double start = 0.0;
  double spread = 0.0;  ///< standard deviation of the prior (of the logarithm with log_scale); 0: no prior
  LawUnit unit = LawUnit::none;
};

/// The law that is fitted where none is named: best on real runs (docs/laws.md), and fast.
inline constexpr LawKind default_law = LawKind::noise;

/// All laws.
std::span<const LawKind> law_kinds() noexcept;
/// "omega", "worst-case", "momentum", "multi-power", "angular", "bu", "noise", "functional".
std::string_view law_name(LawKind kind) noexcept;
/// Throws ArgumentError with the laws there are, and the one that may be meant.
LawKind parse_law_kind(std::string_view name);
std::span<const LawParameter> law_parameters(LawKind kind) noexcept;

struct Law {
  LawKind kind = default_law;
  double reference_rate = 1.0;     ///< > 0
  double reference_sum = 1.0;      ///< > 0
  std::vector<double> parameters;  ///< in the order of law_parameters(kind)

  /// Throws ArgumentError that names the parameter and those there are.
  double at(std::string_view parameter) const;
  bool operator==(const Law&) const = default;
};

/// Throws ArgumentError naming the parameter, its value and its bounds, a reference that is not > 0, or a wrong
/// number of parameters.
void check_law(const Law& law);

/// One learning-rate series and the steps at which losses are wanted, prepared once for many parameters.
class LawCurve {
 public:
  /// lr: rates of updates 1 ... T, finite, >= 0, lr[0] or a later one > 0; step: values t within [1, T], increasing,
  /// each after the first positive rate; rates after the last one do not count. References as in Law.
  /// O(T log T + n log T), T then the last step, for smooth pieces of lr; where lr
  /// has noise in every step, O(sum of t). worst_case: O(sum of t). Throws ArgumentError naming argument,
  /// index, value and requirement.
  LawCurve(LawKind kind, std::span<const double> lr, std::span<const std::int64_t> step, double reference_rate = 1.0,
           double reference_sum = 1.0);
  ~LawCurve();
  LawCurve(LawCurve&&) noexcept;
  LawCurve& operator=(LawCurve&&) noexcept;

  /// loss[i] at step[i]; jacobian[i P + j], if not empty, its derivative in parameter j of P. Within 1e-8 of the direct
  /// sums (tests/accuracy/law; noise: 1e-4, 5e-4 for rates that jump up and down every few dozen steps). parameters
  /// within their bounds; not checked. omega, worst_case, bu: O(n); multi_power: O(n log T), constant stretches are
  /// free; noise: O(pieces), some hundred to which the rates are cut once; momentum and angular: a pass over T as well.
  /// Thread-safe; the same bits on every x86-64 machine.
  void evaluate(std::span<const double> parameters, std::span<double> loss, std::span<double> jacobian = {}) const;

  std::size_t size() const noexcept { return size_; }

 private:
  std::unique_ptr<const law::Evaluator> evaluator_;
  std::size_t size_ = 0;
};

/// Losses after the given updates: check_law, LawCurve and evaluate in one.
std::vector<double> law_curve(const Law& law, std::span<const double> lr, std::span<const std::int64_t> step);

/// Exact text of a law as JSON and back: {"kind":"angular","reference_rate":...,"parameters":{"L0":...}}. parse_law
/// throws ArgumentError: not JSON, an unknown, missing or repeated key, a value out of bounds.
std::string print_law(const Law& law);
Law parse_law(std::string_view json);

// ---- Fitting loss laws to runs with different schedules at once.

/// One run to fit: its rates from update 1 on and its losses.
struct FitRun {
  std::string name;
  std::vector<double> lr;          ///< rates of updates 1 ... T, as for LawCurve
  std::vector<std::int64_t> step;  ///< increasing, within 1 ... T
  std::vector<double> loss;        ///< one per step, in the same unit in all runs
};

/// Laws do not describe the first steps of a run, and losses from there spoil a fit: the share of the longest run that
/// fit_run, fit_branch and fit_runs leave out unless told otherwise. fit_law warns of losses from before it.
inline constexpr double undescribed_share = 0.05;
/// The first step whose loss counts then, >= 1, where the longest run has so many.
std::int64_t first_described(std::int64_t steps) noexcept;

struct FitRunOptions {
  std::string column = "val_loss";
  /// Earlier losses are left out; nothing: undescribed_share of the run, of the longer one of a branch and its base.
  std::optional<std::int64_t> first_step = std::nullopt;
  DenseOptions rates = {};  ///< how the logged rates become one per update, sudden changes as jumps
};
/// The logged losses of a log, its rates by densify up to its last row (up to the last loss where a gap follows that).
/// Throws as series and densify, and where no loss is left.
FitRun fit_run(const RunLog& log, const FitRunOptions& options = {});
/// A branch of a run that is fitted, too: rates from the beginning on, but only the branch's own losses, so that those
/// of `base` count once: after its first step and, where its log holds the base's rows, too, after the steps up to
/// which both logged the same losses. Throws as merge_branch and fit_run.
FitRun fit_branch(const RunLog& base, const RunLog& branch, const FitRunOptions& options = {});

/// The runs as read_runs has them, branches of a base that is one of them by fit_branch. `column` empty: the losses
/// that all have; `first_step` nothing: undescribed_share of the longest run. Throws as common_loss_column and these.
std::vector<FitRun> fit_runs(std::span<const OwnRun> runs, const std::string& column = {},
                             std::optional<std::int64_t> first_step = {}, const DenseOptions& rates = {});

/// What `fit_law` minimises. Neighbouring losses err together: those of a run count as forty at most, each in units of
/// u, and that of step t with the weight 1/(1 + (.05 T/t)^2) where T is the longest run's, as no law describes a
/// beginning well. u is .0015 over the number of runs, three at most, that differ in their rates where both have any: a
/// law fits its own errors to a single run, where several tell them from its parameters. Residuals and priors count by
/// Huber's loss, priors squared up to two spreads. The numbers come from real runs: docs/laws.md says by which each was
/// chosen.
struct FitOptions {
  bool log_residuals = true;  ///< residual log(predicted/loss), else predicted - loss
  double huber = 1e-3;  ///< quadratic up to this residual, or twice u if that is more, then linear; 0: least squares
  /// Weight of the priors of law_parameters: with 1, a spread off the centre counts as a residual of u. They matter
  /// where the runs say little. 0: none.
  double prior = 1.0;
  int candidates = 32;  ///< deterministic points of the nonlinear parameters that are tried, >= 1
  int starts = 4;       ///< the best of them that are minimised from, within 1 ... candidates
  int max_iterations = 200;
  int threads = 1;                           ///< >= 1; the result has the same bits for every number
  std::optional<Law> start = std::nullopt;   ///< minimise from here only, with its references
  std::vector<double> weight = {};           ///< one per run, >= 0, not all 0; empty: all 1
  std::map<std::string, double> fixed = {};  ///< parameters that are not fitted, e.g. {"lambda", 0.1}
};

struct Estimate {
  std::string name;
  double value = 0.0;
  double lower = 0.0;  ///< ends of the 90 % interval: covariance, or refits where they are wider
  double upper = 0.0;
  bool identified = true;  ///< false: the runs say no more of it than the prior did, or nothing
  bool at_bound = false;
};

struct RunResiduals {
  std::string name;
  std::size_t points = 0;
  double mean = 0.0;  ///< of predicted - loss
  double rms = 0.0;
  double largest = 0.0;           ///< max |predicted - loss|
  double largest_relative = 0.0;  ///< max |predicted - loss|/loss
};

/// What of a fitted run says whether another is like it: from its first update to that of its last loss.
struct SeenRun {
  std::string name;
  std::int64_t steps = 0;  ///< updates up to its last loss
  double peak = 0.0;       ///< its highest rate, without a spike
  double decay = 0.0;      ///< share of the updates that come after the last one at the peak; 0: its rate never falls
  double drop = 0.0;       ///< largest fall from one update to the next, as a share of the peak
  std::vector<double> shape;  ///< rates over the peak at nine even places of the decay, ends included; empty: none
  double warmup = 0.0;        ///< share of the updates before the first one at the peak; files of before: 1
  double rise = 0.0;          ///< largest rise after a fall, as a share of the peak; files of before: 1
  double spike = 0.0;         ///< by how much a few updates are above the peak, as a share of it
  double final = 0.0;         ///< its last rate, as a share of the peak
  bool to_zero = false;       ///< its rate fell to 0, or so fast that it was 0 before a next loss
  std::int64_t first = 0;     ///< step of its first fitted loss; 0: none, or files of before
  bool operator==(const SeenRun&) const = default;
};

/// The same of any rates: `name` empty, no losses. A spike is up to a 500th of 100 and more updates, more than 5 %
/// above the rates around it, which are like one another: it is no peak.
SeenRun describe_run(std::span<const double> lr);

/// A law with what is needed to say how sure its predictions are. The covariance is that of a jackknife over blocks of
/// neighbouring losses (24 or more in all, the same number for each run that has as many losses), so that errors that
/// last for less than a block do not count as many independent ones.
struct FittedLaw {
  Law law;
  bool log_residuals = true;
  double noise = 0.0;              ///< standard deviation of residuals (robust)
  double time = 1.0;               ///< length of the longest run, the unit of parameters that are times
  std::vector<double> covariance;  ///< P x P, of the fit's coordinates: p/unit or log(p/unit)
  std::vector<Law> bootstrap;      ///< refits, see bootstrap_law
  double inflation = 1.0;          ///< of all intervals, see calibrate_law
  int decays = 1;                  ///< fitted runs that lower their rate: what a decay gains is known from them alone
  std::vector<SeenRun> seen = {};  ///< the fitted runs; empty in files of before, which say nothing of shapes
  /// How it was fitted, by the names and values of the command's options (and the C++ ones that it has not): with the
  /// runs all that is needed to fit it again. Empty in files of before.
  std::map<std::string, std::string> how = {};
  bool operator==(const FittedLaw&) const = default;
};

struct LawFit {
  FittedLaw fitted;
  bool converged = false;
  int iterations = 0;
  double objective = 0.0;
  std::vector<Estimate> estimates;
  std::vector<RunResiduals> residuals;
  std::vector<std::string> warnings;  ///< e.g. "lr: no run changes its rate after the warmup: B, ... not identified"
};

/// Fits all parameters of the law to all runs by a bounded Levenberg-Marquardt iteration, the linear
/// parameters starting at their least-squares values for each candidate. References: the highest rate and the largest
/// sum of rates of the runs. Deterministic.
/// Throws ArgumentError naming run, index, value and requirement: no runs, fewer points than parameters + 1, a
/// loss that is not finite (or not > 0 with log residuals), constant losses, all errors of LawCurve, options out of
/// range, an unknown fixed parameter.
LawFit fit_law(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options = {});

/// `replicates` refits from the fitted law with random weights for the runs (Bayesian bootstrap: exponential weights
/// from a fixed seed, mean 1): fitted.bootstrap is set, and the intervals of the estimates are widened to it. Needs 2
/// runs.
void bootstrap_law(LawFit& fit, const std::vector<FitRun>& runs, int replicates, const FitOptions& options = {});

/// Widens the intervals to what leaving runs out shows: the runs are left out in turn (in at most 8 groups), predicted
/// by a refit from the fitted law, and fitted.inflation becomes the factor, >= 1, with which 90 % of their losses fall
/// into the 90 % intervals of those refits. Residuals know only how well the law describes the runs it has seen. 2
/// runs.
void calibrate_law(LawFit& fit, const std::vector<FitRun>& runs, const FitOptions& options = {});

/// Throws ArgumentError naming what does not belong to the law or cannot be: sizes, signs, a covariance that is
/// not symmetric or has entries beyond what its diagonal allows.
void check_fitted(const FittedLaw& fitted);

/// Residuals of a law on runs, fitted or new.
std::vector<RunResiduals> law_residuals(const Law& law, const std::vector<FitRun>& runs);

/// JSON text of a fitted law with its uncertainty, and back: parse_fitted_law(print_fitted_law(f)) == f.
std::string print_fitted_law(const FittedLaw& fitted);
/// Throws ArgumentError as parse_law and check_fitted.
FittedLaw parse_fitted_law(std::string_view json);

// ---- What a fitted law says of schedules that were not run.

/// A loss and its 90 % interval for one evaluation on the validation set of the fit: parameters and noise together.
struct Predicted {
  double loss = 0.0;
  double lower = 0.0;
  double upper = 0.0;
  bool operator==(const Predicted&) const = default;
};

/// Losses after the given updates of a run with rates `lr`. Variance: noise^2 + the larger of the covariance's and the
/// bootstrap's, times inflation^2; and of the logarithm of progress, for laws that have an exponent of it: the square
/// of .03 at the end of a decay in a shape, to an end, or at once, as no fitted run has (see extrapolations), growing
/// to that from its beginning, .08 where it is 1.5 times as long a share of the run as any that was fitted, too; and of
/// .17 times the logarithm of the peak over the nearest fitted one, where the law has no parameter for that
/// (docs/laws.md). Where no fitted run lowers its rate, what the noise law's falls of the rate gain counts in the
/// covariance by .65 of its deviation: how far 18 trunks alone were off (docs/laws.md). Errors as LawCurve, and of a
/// covariance that does not belong to the law.
std::vector<Predicted> predict_losses(const FittedLaw& fitted, std::span<const double> lr,
                                      std::span<const std::int64_t> step);
/// The same for a schedule, at its own peak.
std::vector<Predicted> predict_losses(const FittedLaw& fitted, const Schedule& schedule,
                                      std::span<const std::int64_t> step);

/// Loss of the first run less loss of the second, each after all its rates, and the 90 % interval of this difference:
/// what the parameters leave open and what no fitted run shows, without noise.
Predicted predict_difference(const FittedLaw& fitted, std::span<const double> lr_a, std::span<const double> lr_b);

/// What of a run with rates `lr` lies outside what the law was fitted to, in words:
/// - another peak than any fitted run has, or a spike above it;
/// - more steps than the longest one had, or fewer than 1.5 times those up to the first fitted loss;
/// - a peak that comes after over 5 % of the run and 1.5 times as late, as a share, as in any fitted run;
/// - a rate that rises again after a fall, by over 5 % of the peak and 1.5 times as much as in any of them;
/// - a rate that falls where none did, or over a share of the run that is 1.5 times as long or short as any fitted;
/// - another shape of the fall (at one of the nine places of SeenRun::shape it is more than .08 of the peak from every
///   fitted run's; a cosine is .10 from a line), or an end more than .08 of the peak above or below theirs;
/// - stairs, which fall at once by more than .05 of the peak and 1.5 times as much as any fitted run.
/// Intervals are wider for other peaks, shapes, ends and stairs (predict_losses); the others are only said, as no runs
/// were made that tell by how much. Throws ArgumentError: no rates, or one that is negative or not finite.
std::vector<std::string> extrapolations(const FittedLaw& fitted, std::span<const double> lr);

/// Why no interval holds what a run with rates `lr` comes to, and what would mend it; empty where intervals may hold.
/// That is so for one thing so far: rates that fall, by a law of runs at several peaks none of which lowers its rate.
/// Of 60 such cooldowns 24 lay in their intervals (docs/laws.md): the peaks overrule what other models say of a decay
/// without telling it. Of a trunk alone 95 % of 136 did, of the first half of one 81 %. predict_losses gives its
/// numbers in any case; virtual_cooldown, make_forecast, watch_run, plan_anytime, compare_ways, lr_sweep_of_logs and
/// the command's predict refuse, next_run says none. Errors as extrapolations.
std::string not_identified(const FittedLaw& fitted, std::span<const double> lr);
/// Throws ArgumentError with that text, where there is one.
void check_identified(const FittedLaw& fitted, std::span<const double> lr);

// ---- Virtual cooldown - what a cooldown started now would give, without running it (docs/theory.md, section 9).

struct CooldownQuestion {
  std::vector<std::int64_t> lengths = {};  ///< cooldown steps, each >= 1
  Decay decay = LinearDecay{};             ///< from the trunk's last rate to `final`
  double final = 0.0;  ///< last rate, as a share of the trunk's, within [0, 1); > 0 for decays that never reach 0
  std::int64_t further = 1000;  ///< "and if the trunk first went on for this many steps?", >= 1
};

struct CooldownAnswer {
  std::int64_t length = 0;
  Predicted loss;  ///< at the end of the cooldown
  /// Loss that `further` steps on the trunk at its last rate, before the same cooldown, would win, and its interval.
  Predicted gain;
  /// What a cooldown longer by `further` steps would win instead.
  Predicted longer;
};

/// Whether more steps on the trunk before the cooldown pay: the 90 % interval of `gain` decides.
enum class WorthGoingOn { yes, no, unsure };
WorthGoingOn worth_going_on(const CooldownAnswer& answer) noexcept;
/// Where the next steps win more; `alike` where the intervals of `gain` and `longer` overlap.
enum class BetterSpent { trunk, cooldown, alike };
BetterSpent better_spent(const CooldownAnswer& answer) noexcept;
/// "yes", "no", "unsure"; "trunk", "cooldown", "alike".
std::string_view name_of(WorthGoingOn worth) noexcept;
std::string_view name_of(BetterSpent spent) noexcept;

struct VirtualCooldown {
  std::int64_t now = 0;  ///< updates of the trunk
  Predicted trunk;       ///< its loss now, by the law
  std::vector<CooldownAnswer> answers;
};

/// `trunk` holds the rates of all updates so far, the last one > 0. Throws ArgumentError naming argument, index
/// and value, and as check_identified.
VirtualCooldown virtual_cooldown(const FittedLaw& fitted, std::span<const double> trunk,
                                 const CooldownQuestion& question);

/// The trunk's rates followed by a cooldown of `length` steps.
std::vector<double> with_cooldown(std::span<const double> trunk, std::int64_t length, const Decay& decay,
                                  double final = 0.0);

}  // namespace scheduled
