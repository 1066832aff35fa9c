// What fitted laws say to do: the schedule that the functional scaling law calls best, and which run to make next.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled {

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
  double loss = 0.0;        ///< the asked one, by the law
  double half_width = 0.0;  ///< of its 90 % interval now
  double least = 0.0;       ///< what no run narrows: noise, and by how much single runs depart from the law
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
/// loss is wanted. Its half_width is not that of predict_losses: a jackknife knows how runs came out, not how one to
/// come will. O(experiments x steps). Throws ArgumentError as LawCurve, check_fitted, and where an experiment or option
/// is out of range.
NextRun next_run(const FittedLaw& fitted, const std::vector<FitRun>& runs, std::span<const double> asked,
                 const std::vector<Experiment>& experiments, const NextRunOptions& options = {});

/// Runs that are usually worth a thought: linear cooldowns over 10, 20, 50 and 90 % of the longest plateau among the
/// runs (and half a plateau more of it), branches of it, and the asked schedule at a half and a quarter of its length,
/// its warmup kept. Those that the runs have already are left out.
std::vector<Experiment> usual_experiments(const std::vector<FitRun>& runs, std::span<const double> asked);

}  // namespace scheduled
