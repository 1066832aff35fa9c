// A run that goes on: where it stands, what its last steps won, and what a cooldown started now would give. Part of the
// library scheduled::law.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/along.hpp"
#include "scheduled/law.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

struct WatchSettings {
  Duration cooldown = percent(10);    ///< length of the cooldown asked about: steps, or a share of the run it ends
  Decay decay = LinearDecay{};        ///< as in CooldownQuestion
  std::int64_t further = 1000;        ///< "and if it started this many steps later?", >= 1
  AlongOptions bound = {};            ///< how the bound is taken along the log; T is not read
  std::optional<FittedLaw> law = {};  ///< what predicts; nothing, or not_identified by it: no prediction
};

/// What the last losses say.
enum class RunNotice {
  none,
  plateau,  ///< the gain of the last quarter of the run cannot be told from nothing
  /// The loss is above the lowest of rates as high as now by more than its noise, and by 2 % of it; or it is not finite
  /// any more.
  diverging,
};

/// A run at its last row. What the log does not have, or the law does not answer, is not there.
struct WatchedRun {
  std::string name;
  std::int64_t step = 0;  ///< the last that was logged
  std::optional<double> lr;
  std::string loss_column;     ///< "val_loss", "train_loss" or empty
  std::optional<double> loss;  ///< the last that was logged
  std::optional<std::int64_t> loss_step;
  /// From this step to the end a loss is NaN or infinite (RunLog::not_finite): no gain and no prediction then, and a
  /// loss of before holds no condition.
  std::optional<std::int64_t> not_finite_since;
  std::optional<double> bound;     ///< at `step`
  std::optional<double> distance;  ///< D of the bound
  std::string no_bound;            ///< why there is none
  /// Loss that 1,000 steps win, from a line through the losses of the last quarter of the run (8 rows at least), and
  /// its 90 % interval, Student's: of losses whose noise is independent.
  std::optional<Predicted> gain;
  RunNotice notice = RunNotice::none;
  std::optional<std::int64_t> cooldown;  ///< steps of the cooldown asked about
  std::optional<Predicted> now;          ///< the loss at its end, started now
  std::optional<Predicted> later;        ///< started after `further` more steps at the rate now
  std::string no_prediction;             ///< why there is none
  /// What of the cooldown started now no fitted run has (extrapolations); where there is nothing, what of the later
  /// one.
  std::vector<std::string> warnings;
};

/// Throws ArgumentError where a setting is out of range, whatever the log, where that breaks the promises of RunLog, or
/// has no rows. Cost of bound_along and two predictions.
WatchedRun watch_run(const RunLog& log, const WatchSettings& settings = {});

/// A condition on a watched run: "loss < 2.9", "loss<2.9 predicted" (a cooldown started now ends there, by the law),
/// "step >= 5000", "bound<0.01", "gain<0.001", "notice=diverging".
struct WatchCondition {
  std::string quantity;  ///< "loss", "predicted", "step", "bound", "gain", "notice"
  std::string relation;  ///< "<", "<=", ">", ">=", "="
  double value = 0.0;
  RunNotice notice = RunNotice::none;
};
/// Throws ArgumentError that says what there is.
WatchCondition parse_watch_condition(std::string_view text);
/// Whether it holds; what is not known holds nothing.
bool holds(const WatchCondition& condition, const WatchedRun& run);

}  // namespace scheduled
