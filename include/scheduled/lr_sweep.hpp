// How the best peak learning rate moves with horizons, batch and model sizes: fitted to the final losses of runs, or by
// rules.
#pragma once

#include <cstdint>
#include <map>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/error.hpp"

namespace scheduled {

/// One run of a sweep over peak learning rates.
struct LrSweepRun {
  /// Runs with different texts have best peaks of their own (cooldown shares, shapes); empty: all alike.
  std::string schedule = {};
  double peak = 0.0;                 ///< finite, > 0
  std::int64_t steps = 0;            ///< the horizon, >= 1
  std::optional<double> batch = {};  ///< > 0, in any unit; for all runs or none
  std::optional<double> size = {};   ///< > 0, of the model, in any unit; for all runs or none
  /// The final one. NaN, infinite, or more than 1.2 times that of the best run, whose peak is lower: the run diverged.
  double loss = 0.0;
  double spread = 0.0;  ///< standard deviation of `loss` besides what reruns differ by, >= 0
  bool operator==(const LrSweepRun&) const = default;
};

struct LrSweepTable {
  std::vector<LrSweepRun> runs;
  std::vector<std::string> notes;  ///< rows that do not count, columns that were not used
};

/// Reads a table with one run per line and a header: CSV, also with tabs or semicolons; lines that begin with # do not
/// count. Columns by their usual names (docs/guide/transfer.md) or by `columns`: name in the file -> peak, steps, loss,
/// batch, size or schedule. A loss of nan or inf is a run that diverged; without a loss (empty, NA) a row does not
/// count. Throws ArgumentError naming file, line and column: no such columns (with those there are), a cell that is no
/// number or out of range, lines with too few or too many cells, no runs, two columns that could be one of these
/// (train/loss, val/loss). Never crashes on any bytes.
LrSweepTable parse_lr_sweep(std::string_view name, std::string_view content,
                            const std::map<std::string, std::string>& columns = {});
/// Whether `content` begins with the header of a table of runs, not of a log, which has a step, iter or iteration, or a
/// global_step and no horizons.
bool is_lr_sweep(std::string_view content);
/// "SOURCE=STANDARD,..." for `columns`. Throws ArgumentError for another STANDARD, with the one that is meant.
std::map<std::string, std::string> parse_lr_sweep_columns(std::string_view text);

/// How the best peak goes with the batch size B where that is not fitted.
enum class BatchRule {
  square_root,  ///< B^1/2: Adam, 2205.10287
  linear,       ///< B: SGD at small batches, 1706.02677
  critical,     ///< 1/(1 + C/B): SGD; C the critical batch (gradient noise scale), 1812.06162
  surge,        ///< 1/(sqrt(C/B) + sqrt(B/C)): Adam and sign descent; falls beyond C, 2405.14578
};
/// The factor of the best peak from batch `from` to batch `to`. Throws ArgumentError: not > 0; a rule with a critical
/// batch without one, or one that has none with one.
double batch_factor(BatchRule rule, double from, double to, std::optional<double> critical_batch = {});

/// What moves a tuned peak besides the shapes.
struct TransferRules {
  std::optional<double> exponent = {};  ///< of the horizon, in place of theory's -1/2 for one grad norm; finite
  std::optional<BatchRule> batch_rule = {};
  double batch_from = 1.0, batch_to = 1.0;  ///< > 0
  std::optional<double> critical_batch = {};
};
/// transfer_base_lr; factor, peak and limit then times (T_to/T_from)^(exponent + 1/2) and the batch's factor. Throws as
/// it and batch_factor, for an exponent where grad norms differ, as the bound then has another one, and for a critical
/// batch or two batches without a batch rule.
LrTransfer transfer_base_lr(const Schedule& tuned, const Schedule& target, const BoundSettings& settings,
                            const TransferRules& rules);

/// How the best peak goes with the horizon, by theory and by what was published.
struct HorizonRule {
  std::string rule;       ///< "theory", "Delphi", "HyperP"
  double exponent = 0.0;  ///< of the number of steps
  std::string source;
};
std::span<const HorizonRule> horizon_rules();

/// Where the best peak is asked for.
struct LrSweepQuestion {
  std::string schedule = {};                    ///< one of the runs'; may be empty where these have only one
  std::int64_t steps = 0;                       ///< >= 1
  std::optional<double> batch = {}, size = {};  ///< nothing: those of the largest budget
};

struct LrSweepOptions {
  /// Fixed exponent of the horizon; nothing: fitted, where there are several horizons.
  std::optional<double> exponent = {};
  std::optional<BatchRule> batch_rule = {};  ///< nothing: a power, fitted where there are several batches
  std::optional<double> critical_batch = {};
  /// Runs count whose peak is within this factor of the best run's of their budget, > 1, and the nearest run on either
  /// side of that: farther away losses follow no parabola.
  double within = 4.0;
  std::optional<double> noise = {};  ///< standard deviation of reruns, > 0; nothing: by the residuals
  std::vector<LrSweepQuestion> questions = {};
};

/// A value and its 90 % interval, which is infinite where nothing says how sure it is.
struct LrEstimate {
  double value = 0.0;
  double lower = 0.0;
  double upper = 0.0;
  bool operator==(const LrEstimate&) const = default;
};

/// Where the best run of a budget lies among its peaks.
enum class LrEdge {
  inside,
  lowest,   ///< no peak below it was tried, or all diverged: extend the sweep downwards
  highest,  ///< no peak above it was tried: extend the sweep upwards
  alone,    ///< one peak only
};

/// The runs of one horizon, batch, size and schedule.
struct LrSweepBudget {
  std::string schedule;
  std::int64_t steps = 0;
  std::optional<double> batch, size;
  std::int64_t runs = 0, diverged = 0;  ///< `runs` without those that diverged
  double lowest = 0.0, highest = 0.0;   ///< peaks of all of them
  std::optional<double> best_run;       ///< peak of the run with the lowest loss; nothing: all diverged
  std::optional<double> best_loss;
  LrEdge edge = LrEdge::inside;
  std::optional<LrEstimate> peak;  ///< the best one by the fit; nothing: no curvature
  std::optional<double> loss;      ///< at that peak
};

/// How the best peak goes with one axis: a power.
struct LrExponent {
  std::string axis;  ///< "steps", "batch", "size"
  LrEstimate exponent;
  bool fitted = true;  ///< false: given
};

/// A horizon rule beside the fit.
struct LrRuleCheck {
  HorizonRule rule;
  bool within = false;  ///< the interval of the fitted exponent holds it
};

/// What a rule says where the best peak is asked for, from the best peak of the longest horizon.
struct LrRulePeak {
  std::string rule;
  double peak = 0.0;
  std::optional<double> cost;  ///< loss above that at the fitted best peak; nothing where that is not known
};

struct LrSweepAnswer {
  LrSweepQuestion question;        ///< with all that it left open
  double beyond = 1.0;             ///< its horizon over the longest of the runs
  std::optional<LrEstimate> peak;  ///< nothing: no curvature, or no exponent for another horizon
  std::vector<LrRulePeak> rules;   ///< nothing without curvature
};

struct LrSweepFit {
  std::int64_t runs = 0;                             ///< that the fit used
  std::int64_t diverged = 0, far = 0, repeated = 0;  ///< that it did not: see `within`; the same run twice
  double noise = 0.0;          ///< standard deviation of a run: given, or by the residuals (robust); NaN: not known
  std::int64_t reference = 0;  ///< the horizon of `curvature`: nearest to the geometric mean
  /// k: a peak e times the best one costs so much loss.
  LrEstimate curvature;
  bool curved = false;                 ///< the interval of `curvature` is > 0: there is a best peak
  double curvature_exponent = 0.0;     ///< of the horizon; 0 where it is not fitted
  std::vector<LrExponent> exponents;   ///< of the axes that vary, or are given
  std::vector<LrRuleCheck> rules;      ///< nothing where no exponent was fitted
  std::vector<LrSweepBudget> budgets;  ///< by schedule, size, batch and steps
  std::vector<LrSweepAnswer> answers;  ///< to the questions
  std::vector<std::string> verdicts;   ///< in words: what must not be concluded, and which run would help

  /// The loss of a budget at another peak; nothing where it has no best one.
  std::optional<double> loss_at(const LrSweepBudget& budget, double peak) const;
};

/// Fits, to all runs that did not diverge,
///   loss = c_g + k (T/T0)^q (ln peak - ln p_g)^2,  ln p_g = ln p_s + e ln T + e_B ln B + e_N ln N
/// with a level c_g of its own for each budget g (horizon T, batch B, size N, schedule s), by Huber's loss; k is one
/// number for all, q (prior 0 +- .5) is fitted where two horizons have three peaks. Powers of axes that do not vary are
/// left out. Intervals: the wider one of the residuals' and of leaving out one (T, B, N) after the other, by Student's
/// t. Shuffled runs give the same result. O(n) for each of some thousand sums. Throws ArgumentError naming the run, its
/// field and what it must be: no runs, none that did not diverge, values out of range, a batch or size of some runs
/// only, options out of range, a question about a schedule that no run has, or about a batch or size that needs an
/// exponent or rule that is not there.
LrSweepFit fit_lr_sweep(std::span<const LrSweepRun> runs, const LrSweepOptions& options = {});

}  // namespace scheduled
