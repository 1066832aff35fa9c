// What fitted laws say to do: the schedules that they call best, and which run to make next.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled {

// ---- The schedule with the smallest final loss that a law predicts.

/// How a fall of the rate within one update counts. multi_power credits all of it with the speed of the lower rate, so
/// that by the law's letter a few stairs beat the slope that they follow (by 0.007 for typical parameters) - something
/// that no run has confirmed. `slope` gives it the speed of the mean of both rates, as a steep slope would have; for
/// smooth schedules the two agree as steps grow. No difference for the other laws.
enum class Falls { as_the_law, slope };

/// The loss after all updates of `lr`, and its derivative in each rate.
struct LawGradient {
  double loss = 0.0;
  std::vector<double> rate;  ///< one per update
};

/// Loss within 1e-12 of plain sums, relative. Rates of 0 have the derivative of a rate of 0 that stays 0 (omega:
/// after the last positive rate; multi_power: below 1e-9 of the reference; angular: the derivative at 1e-9 of it). bu:
/// a rate counts only where it is the first highest. O(T). Throws ArgumentError as LawCurve with step T, and
/// for worst_case, which has kinks.
LawGradient law_end_gradient(const Law& law, std::span<const double> lr, Falls falls = Falls::as_the_law);

struct LawOptimizeOptions {
  std::int64_t warmup = 0;  ///< linear, step i (from 0) at (i+1)/warmup of the first rate after it; < steps
  /// No rate is above it, > 0. Default: the law's reference_rate, for a fitted law the highest rate that it has seen.
  std::optional<double> cap = std::nullopt;
  Falls falls = Falls::slope;
  double tolerance = 1e-5;   ///< of the gap, in units of the loss, > 0
  int max_iterations = 200;  ///< on each grid, >= 1
};

struct LawOptimum {
  std::vector<double> lr;  ///< one rate per update, not increasing after the warmup
  double loss = 0.0;       ///< by the law itself
  /// How much the loss (as `falls` counts it) could still fall, to the first order, on the way to any other schedule
  /// that obeys the same limits. Where the loss is convex in the rates (momentum, bu) no schedule is better by more;
  /// the other laws may have several minima, of which this is the best that was found from the starts.
  double gap = 0.0;
  bool converged = false;  ///< gap <= tolerance
  int evaluations = 0;     ///< of loss and gradient
  /// No schedule of as many updates, the same warmup and cap that never rises afterwards has a smaller loss by the law
  /// (one that rises and falls again may, by multi_power). momentum, bu: loss less gap. functional: near, as its noise
  /// is bounded, too (where the cap does not bind). multi_power, angular, noise: far below, the most progress that the
  /// cap allows without any noise. Sums taken as integrals. Nothing for omega.
  std::optional<double> bound = std::nullopt;
};

/// Minimises the law's loss after `steps` updates over all rates that rise through the warmup, then never rise, and
/// stay at or below the cap. Spectral projected gradients on piecewise linear rates, from several starts, on a grid
/// that is refined where that gains. bu: constant, in closed form (all schedules with that highest rate are equal).
/// Deterministic, the same bits on every x86-64 machine. O(steps) for each of some hundred evaluations. Throws
/// ArgumentError: options out of range, worst_case (worst_case_optimal_schedule has its optimum), bu with a =
/// 0, where no rate is best.
LawOptimum optimize_law(const Law& law, std::int64_t steps, const LawOptimizeOptions& options = {});

/// The best schedule by a law of those whose decay some fitted run has.
struct SeenOptimum {
  std::vector<double> lr;  ///< one rate per update
  double loss = 0.0;       ///< by the law
  std::string run;         ///< whose decay it has
  double peak = 0.0;
  double decay = 0.0;  ///< share of the run
};

/// The smallest final loss of schedules that fitted runs vouch for: linear warmup, a constant rate of at most the cap,
/// then the decay of a fitted run (straight lines through SeenRun::shape; an end below 15 % of the peak is 0, as logs
/// end before their runs) over a share of the run at most 1.5 times as long or short as those that were fitted. What a
/// law calls better than that, stairs for instance, no fitted run has shown. Nothing where no fitted run lowers its
/// rate, and for laws from files of before. Scans of peak and share, to a percent of each. Throws as optimize_law.
std::optional<SeenOptimum> optimize_seen(const FittedLaw& fitted, std::int64_t steps,
                                         const LawOptimizeOptions& options = {});

/// A schedule at the peak with the smallest final loss.
struct LawPeak {
  double peak = 0.0;
  double loss = 0.0;
  bool at_cap = false;
};

/// The best peak of `schedule`, which needs a horizon, within [cap/1000, cap] (and what its absolute rates allow): a
/// scan in steps of a fifth, then golden section to 1e-4 relative. Throws ArgumentError.
LawPeak best_law_peak(const Law& law, const Schedule& schedule, double cap);

// ---- The schedule that the functional scaling law calls best.

struct FunctionalOptions {
  std::int64_t warmup = 0;                   ///< linear, step i (from 0) at (i+1)/warmup of the rate after it; < steps
  std::optional<double> cap = std::nullopt;  ///< no rate is above it, > 0; default: the law's reference_rate
};

/// The best schedule by a functional law: a plateau at the cap, then eta = last (1 + q (T - z))^(2 beta - 1) after z
/// updates. Without the cap, and where q T is large, that is eta_peak (1 - z/T)^(2 beta - 1) of 2602.06797.
struct FunctionalOptimum {
  std::vector<double> lr;  ///< one rate per update
  double loss = 0.0;       ///< by the law
  double exponent = 0.0;   ///< 2 beta - 1
  double peak = 0.0;       ///< rate of the first update after the warmup
  std::int64_t decay = 0;  ///< updates of the fall; the others before it are the plateau
  bool at_cap = false;     ///< the peak is the cap: there is a plateau, or a higher peak would be better
  double bound = 0.0;      ///< no schedule of this warmup and cap is below it, see LawOptimum::bound
};

/// For a given progress the path is the exact minimum of the law's integral under the cap (src/law/optimize/
/// functional.cpp); progress and noise are weighed by a search in one number. Sums are taken as integrals, so that for
/// few updates optimize_law may find a little less: tests/unit/law_design_test.cpp. O(T). Throws ArgumentError: another
/// kind of law, options out of range.
FunctionalOptimum functional_optimum(const Law& law, std::int64_t steps, const FunctionalOptions& options = {});

/// s >= 1 - 1/beta: easy, decay over the whole run; below: hard, the highest rate for all but a share of the run that
/// vanishes as it grows (2602.06797).
enum class TaskKind { easy, hard, unsure };
std::string_view name_of(TaskKind kind) noexcept;

/// The exponents of a fitted functional law with their 90 % intervals, by its covariance (and refits, where wider).
struct FunctionalExponents {
  Estimate s;
  Estimate beta;
  Estimate margin;                   ///< s - (1 - 1/beta); identified where both are
  TaskKind task = TaskKind::unsure;  ///< unsure: the interval of the margin holds 0
};
/// Throws ArgumentError as check_fitted, and for another kind of law.
FunctionalExponents functional_exponents(const FittedLaw& fitted);

// ---- Which run to make next, so that an asked loss is known better.

/// A run that could be made.
struct Experiment {
  std::string name;
  std::vector<double> lr;   ///< all its rates, from update 1 on
  std::int64_t shared = 0;  ///< the first of them, which a run that there is already made: a branch; < lr.size()
};

/// What it would tell.
struct ExperimentValue {
  std::string name;
  std::int64_t first = 0;   ///< updates that are there already
  std::int64_t cost = 0;    ///< updates to make
  double half_width = 0.0;  ///< of the 90 % interval of the asked loss afterwards, expected, in its unit
  double narrowed = 0.0;    ///< share of what can be narrowed, 0 ... 1: of the square of what parameters leave open
};

struct NextRun {
  double loss = 0.0;                   ///< the asked one, by the law
  std::optional<Predicted> predicted;  ///< the same with the interval of predict_losses; nothing: not_identified
  double half_width = 0.0;             ///< of its 90 % interval now, by the posterior that weighs runs to come
  double least = 0.0;                  ///< what no run narrows: noise, and by how much single runs depart from the law
  std::vector<ExperimentValue> experiments;  ///< in the order given
  /// The cheapest of those that narrow at least `enough` of what the best of them does, of runs at the asked peak where
  /// there are any such: real runs at another peak moved predictions away (docs/laws.md). None: nothing narrows it.
  std::optional<std::size_t> best;
};

struct NextRunOptions {
  double noise = 1.5e-3;  ///< least standard deviation of a loss around the law, of its logarithm, > 0
  double between = 1e-3;  ///< of runs of one schedule from each other, of the logarithm, >= 0
  /// Of the exponent by which a peak above or below those of the runs may change progress, for laws that have no
  /// parameter for it; that of `delta` in the noise law, >= 0.
  double peak = 0.17;
  /// Of the logarithm of progress, by which a branch of a run, and a whole run of its own, depart from the law: what
  /// was seen on real runs (docs/laws.md), >= 0.
  double branch = 0.03;
  double whole = 0.08;
  double enough = 0.9;  ///< within (0, 1]; chosen with the questions of docs/laws.md in view
};

/// By the posterior of the law's parameters around the fit: priors at their spreads, and of each run twelve losses from
/// the first fitted one to the end, each with `noise` or the fit's noise where that is larger, and a common error
/// `between` and an error of its progress, so that long runs do not count as hundreds of independent losses. Made runs
/// and those that could be made count alike. `runs`: those of the fit. `asked`: all rates of the schedule whose last
/// loss is wanted. Its half_width is not that of `predicted`, and mostly wider: the jackknife of predict_losses knows
/// how steady the fit is on the runs that were made, not how one to come will tell, and the posterior counts how far
/// whole runs depart from laws (`whole`), and no more than twelve losses of each. To say what a loss will be:
/// `predicted`. O(experiments x steps). Throws ArgumentError as LawCurve, check_fitted, and where an experiment or
/// option is out of range.
NextRun next_run(const FittedLaw& fitted, const std::vector<FitRun>& runs, std::span<const double> asked,
                 const std::vector<Experiment>& experiments, const NextRunOptions& options = {});

/// Runs that are usually worth a thought: linear cooldowns over 10, 20, 50 and 90 % of the longest plateau among the
/// runs (and half a plateau more of it), branches of it, and the asked schedule at a half and a quarter of its length,
/// its warmup kept. Those that the runs have already are left out.
std::vector<Experiment> usual_experiments(const std::vector<FitRun>& runs, std::span<const double> asked);

}  // namespace scheduled
