// Runs to fit of logs that belong together.
#include <algorithm>
#include <utility>

#include "scheduled/law.hpp"

namespace scheduled {

std::vector<FitRun> fit_runs(std::span<const OwnRun> runs, const std::string& column,
                             std::optional<std::int64_t> first_step, const DenseOptions& rates) {
  FitRunOptions options{.column = column, .rates = rates};
  if (column.empty()) options.column = common_loss_column(runs);
  std::int64_t longest = 0;
  for (const OwnRun& run : runs) longest = std::max(longest, run.log.step.empty() ? 0 : run.log.step.back());
  options.first_step = first_step.value_or(first_described(longest));
  std::vector<FitRun> fitted;
  for (const OwnRun& run : runs) {
    FitRun one = run.base ? fit_branch(*run.base, run.log, options) : fit_run(run.log, options);
    one.name = run.name;
    fitted.push_back(std::move(one));
  }
  return fitted;
}

}  // namespace scheduled
