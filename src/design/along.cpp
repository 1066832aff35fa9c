// The bound along the log of a run. Part of scheduled::runlog, which has the logs.
#include <utility>

#include "base/error.hpp"
#include "scheduled/along.hpp"
#include "scheduled/bound.hpp"
#include "scheduled/design.hpp"
#include "scheduled/runlog.hpp"

namespace scheduled {
namespace {

[[noreturn]] void fail_log(const RunLog& log, std::string requirement) {
  throw ArgumentError({.requirement = std::move(requirement), .place = Place{log.name}});
}

/// Sets grad_norm, its source and why it is not the logged one.
void find_grad_norm(const RunLog& log, const AlongOptions& options, RunUpdates& run) {
  const DenseOptions level{options.rates.warmup, options.rates.max_gap, false};  // norms do not rise with the LR
  if (options.grad_norm) {
    const auto steps = static_cast<std::size_t>(run.T);
    options.grad_norm->check(steps);
    run.grad_norm.reserve(steps);
    for (std::size_t k = 0; k < steps; ++k) run.grad_norm.push_back((*options.grad_norm)[k]);
    run.norm_source = NormSource::given;
    return;
  }
  run.norm_source = NormSource::logged;
  if (options.must_be_logged) {
    run.grad_norm = densify(log, "grad_norm", run.T, level);
    return;
  }
  if (has_values(log, "grad_norm")) {
    try {
      run.grad_norm = densify(log, "grad_norm", run.T, level);
      return;
    } catch (const LogGap& gap) {
      run.norm_note = concat({"not the logged ones: ", gap.what()});
    }
  } else {
    run.norm_note = "the log has none";
  }
  run.norm_source = NormSource::one;
  run.grad_norm.assign(static_cast<std::size_t>(run.T), 1.0);
}

/// The rows to evaluate: where the loss was logged, without one where the LR was.
Series rows_of(const RunLog& log, std::string_view loss, std::int64_t T) {
  const Series all = series(log, loss.empty() ? "lr" : loss);
  Series rows;
  for (std::size_t k = 0; k < all.step.size(); ++k) {
    if (all.step[k] < 1 || all.step[k] > T) continue;
    rows.step.push_back(all.step[k]);
    rows.value.push_back(all.value[k]);
  }
  if (rows.step.empty()) {
    fail_log(log, concat({loss.empty() ? "no column val_loss or train_loss, and no row of lr" : "no row of ", loss,
                          " between the steps 1 and ", std::to_string(T)}));
  }
  return rows;
}

}  // namespace

RunUpdates run_updates(const RunLog& log, const AlongOptions& options) {
  if (log.step.empty()) fail_log(log, "has no rows");
  const std::int64_t last = log.step.back();
  RunUpdates run;
  run.T = options.T.value_or(last);
  if (run.T < 1 || run.T > last) {
    fail_value("T", std::to_string(run.T), concat({log.name, " ends at step ", std::to_string(last)}));
  }
  run.rates = densify(log, "lr", run.T, options.rates);
  find_grad_norm(log, options, run);
  if (options.distance) {
    run.distance = *options.distance;
    return run;
  }
  const auto positive = static_cast<std::size_t>(last_positive_step(run.rates));
  if (positive == 0) fail_log(log, "the learning rate is 0 throughout");
  run.distance = matching_distance(std::span(run.rates).first(positive), run.norm());
  return run;
}

RunBound bound_along(const RunLog& log, const AlongOptions& options) {
  RunUpdates updates = run_updates(log, options);
  RunBound run;
  run.name = log.name;
  run.T = updates.T;
  run.criterion = options.criterion;
  run.distance = updates.distance;
  run.norm_source = updates.norm_source;
  run.norm_note = std::move(updates.norm_note);
  run.loss_column = loss_column(log);
  Series rows = rows_of(log, run.loss_column, run.T);
  run.bound = bound_at(updates.rates, {updates.norm(), run.distance, run.T, run.criterion}, rows.step);
  run.lr.reserve(rows.step.size());
  for (const std::int64_t step : rows.step) run.lr.push_back(updates.rates[static_cast<std::size_t>(step) - 1]);
  if (!run.loss_column.empty()) run.loss = std::move(rows.value);
  run.step = std::move(rows.step);
  run.rates = std::move(updates.rates);
  run.grad_norm = std::move(updates.grad_norm);
  return run;
}

}  // namespace scheduled
