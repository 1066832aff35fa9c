// Layer 3: fitting loss laws to runs with different schedules at once.
#pragma once

#include <map>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/law.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

/// One run to fit: its rates from update 1 on and its losses.
struct FitRun {
  std::string name;
  std::vector<double> lr;          ///< rates of updates 1 ... T, as for LawCurve
  std::vector<std::int64_t> step;  ///< increasing, within 1 ... T
  std::vector<double> loss;        ///< one per step, in the same unit in all runs
};

/// Laws do not describe the first steps of a run, and losses from there spoil a fit: the share of the longest run that
/// the command leaves out unless told otherwise.
inline constexpr double undescribed_share = 0.05;

struct FitRunOptions {
  std::string column = "val_loss";
  std::int64_t first_step = 1;  ///< earlier losses are left out, see undescribed_share
  DenseOptions rates = {};      ///< how the logged rates become one per update
};
/// The logged losses of a log, its rates by densify. Throws as series and densify, and where no loss is left.
FitRun fit_run(const RunLog& log, const FitRunOptions& options = {});
/// A branch of a run that is fitted, too: rates from the beginning on, but only the branch's own losses (after its
/// first step), so that those of `base` count once. Throws as merge_branch and fit_run.
FitRun fit_branch(const RunLog& base, const RunLog& branch, const FitRunOptions& options = {});

struct FitOptions {
  bool log_residuals = true;  ///< residual log(predicted/loss), else predicted - loss
  double huber = 1e-3;        ///< quadratic up to this residual, then linear; 0: least squares, else >= 1e-9
  /// Weight of the priors of law_parameters: that of `huber`-sized residuals (1e-3 without it). They matter where the
  /// runs say little, and fade with their number of points. 0: none.
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
  double mean = 0.0;  ///< of predicted - loss; so the next ones
  double rms = 0.0;
  double largest = 0.0;           ///< max |predicted - loss|
  double largest_relative = 0.0;  ///< max |predicted - loss|/loss
};

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

/// Fits all parameters of the law to all runs by a bounded Levenberg-Marquardt iteration on Huber's loss, the linear
/// parameters starting at their least-squares values for each candidate. References: the highest rate and the largest
/// sum of rates of the runs. Deterministic.
/// Throws std::invalid_argument naming run, index, value and requirement: no runs, fewer points than parameters + 1, a
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

/// Throws std::invalid_argument naming what does not belong to the law or cannot be: sizes, signs, a covariance that is
/// not symmetric or has entries beyond what its diagonal allows.
void check_fitted(const FittedLaw& fitted);

/// Residuals of a law on runs, fitted or new.
std::vector<RunResiduals> law_residuals(const Law& law, const std::vector<FitRun>& runs);

/// JSON text of a fitted law with its uncertainty, and back: parse_fitted_law(print_fitted_law(f)) == f.
std::string print_fitted_law(const FittedLaw& fitted);
/// Throws std::invalid_argument as parse_law and check_fitted.
FittedLaw parse_fitted_law(std::string_view json);

}  // namespace scheduled
