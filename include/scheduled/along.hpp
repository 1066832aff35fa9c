// What the log of a run says: the bound along it, a schedule from its gradient norms. Part of the library
// scheduled::runlog.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {

/// Where gradient norms come from: nowhere, so that they are 1; a log; the caller.
enum class NormSource { one, logged, given };

struct AlongOptions {
  std::optional<std::int64_t> T = std::nullopt;      ///< go on to this step; nothing: to the last of the log
  std::optional<GradNorm> grad_norm = std::nullopt;  ///< nothing: the logged ones; 1 where there are none, or a gap
  bool must_be_logged = false;                       ///< then there being none, or a gap, is an error
  std::optional<double> distance = std::nullopt;     ///< nothing: matching_distance of the run
  Criterion criterion = Criterion::omega;
  DenseOptions rates = {};  ///< how logged rows become one value per update
};

/// What the bound of a run is made of, whether or not it logged losses.
struct RunUpdates {
  std::int64_t T = 0;
  double distance = 1.0;
  NormSource norm_source = NormSource::one;
  std::string norm_note;          ///< why the norms are not the logged ones, where they were asked for
  std::vector<double> rates;      ///< of all updates 1 ... T
  std::vector<double> grad_norm;  ///< of all updates 1 ... T

  /// For bound_at; `grad_norm` must outlive it.
  GradNorm norm() const { return norm_source == NormSource::one ? GradNorm(1.0) : GradNorm(grad_norm); }
};
/// Rates, norms and distance as bound_along takes them; options.criterion is not read. Throws ArgumentError: no rates
/// or a gap in them, T beyond the log, rates that are 0 throughout where the distance is not given; and as densify.
RunUpdates run_updates(const RunLog& log, const AlongOptions& options = {});

/// A run with its bound: one entry of step, lr, loss and bound per row in which the loss was logged (or, without
/// losses, the learning rate).
struct RunBound {
  std::string name;
  std::int64_t T = 0;
  Criterion criterion = Criterion::omega;
  double distance = 1.0;
  NormSource norm_source = NormSource::one;
  std::string norm_note;    ///< why the norms are not the logged ones, where they were asked for
  std::string loss_column;  ///< "val_loss", "train_loss", or empty: the log has neither
  std::vector<std::int64_t> step;
  std::vector<double> lr;
  std::vector<double> loss;  ///< empty without a loss column
  std::vector<double> bound;
  std::vector<double> rates;      ///< of all updates 1 ... T
  std::vector<double> grad_norm;  ///< of all updates 1 ... T
};

/// The bound of the criterion along a logged run: densify makes the rates and norms of all updates of the logged ones,
/// bound_at evaluates them at the rows. Throws ArgumentError as run_updates and bound_at, and where no row is before T.
/// Cost as bound_at.
RunBound bound_along(const RunLog& log, const AlongOptions& options = {});

/// A schedule from the gradient norms in the log of a run.
struct RefinedLog {
  std::string log;  ///< its name
  NormKind norm = NormKind::l2;
  Series norms;        ///< as logged
  DenseStretch dense;  ///< one per update, from the first that is known on
  RefinedRun run;
  std::int64_t steps = 0;  ///< of the schedule
};

/// refine_run with the norms and the rates of the log, where they are known from the first step on; else
/// run.why_no_transfer says so. The schedule has as many steps as there are norms, or settings.steps. Throws
/// ArgumentError with the log as the place: fewer than 2 norms, one that is 0; and as densify_logged and refine.
RefinedLog refine_log(const RunLog& log, const RefineSettings& settings = {}, const DenseOptions& options = {});

}  // namespace scheduled
