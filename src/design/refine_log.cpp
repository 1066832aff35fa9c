// A schedule from the gradient norms in the log of a run. Part of scheduled::runlog, which has the logs.
#include <utility>

#include "base/error.hpp"
#include "scheduled/along.hpp"

namespace scheduled {
namespace {

Series logged_norms(const RunLog& log) {
  Series norms = series(log, "grad_norm");
  const std::size_t rows = norms.step.size();
  if (rows < 2) {
    throw ArgumentError({.requirement = concat(
                             {std::to_string(rows), " row", rows == 1 ? "" : "s", " of grad_norm; must be at least 2"}),
                         .place = Place{log.name}});
  }
  for (std::size_t k = 0; k < rows; ++k) {
    if (norms.value[k] > 0.0) continue;
    throw ArgumentError({.name = concat({"grad_norm at step ", std::to_string(norms.step[k])}),
                         .value = format_number(norms.value[k]),
                         .requirement = "must be > 0; leave the cell of a skipped step empty",
                         .place = Place{log.name}});
  }
  return norms;
}

}  // namespace

RefinedLog refine_log(const RunLog& log, const RefineSettings& settings, const DenseOptions& options) {
  Series norms = logged_norms(log);
  DenseStretch dense = densify_logged(log, "grad_norm", options);
  RefineSettings whole = settings;
  if (!whole.steps) whole.steps = static_cast<std::int64_t>(dense.values.size());
  KnownRates own;
  if (dense.first > 1) {
    own.why_not = concat({"the log has no grad norms before step ", std::to_string(dense.first)});
  } else {
    own = known_rates(log, options);
  }
  RefinedRun run = refine_run(dense.values, own.lr, whole);
  if (own.lr.empty() && settings.norm == NormKind::l2) run.why_no_transfer = std::move(own.why_not);
  return {log.name, settings.norm, std::move(norms), std::move(dense), std::move(run), *whole.steps};
}

}  // namespace scheduled
