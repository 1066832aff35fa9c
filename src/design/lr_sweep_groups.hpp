// The runs of a sweep, checked, sorted and in groups: one for each budget and schedule. Private.
#pragma once

#include <span>
#include <string>
#include <utility>
#include <vector>

#include "scheduled/lr_sweep.hpp"

namespace scheduled::lr_sweep {

struct Group {
  std::vector<LrSweepRun> runs, diverged;  ///< by peak

  const LrSweepRun& any() const { return (runs.empty() ? diverged : runs).front(); }
  const LrSweepRun& best() const;  ///< of `runs`
};

struct Groups {
  std::vector<Group> groups;
  std::vector<std::string> schedules;
  std::int64_t runs = 0, diverged = 0, repeated = 0;
};

/// Throws ArgumentError as fit_lr_sweep.
Groups group_runs(std::span<const LrSweepRun> runs);
void check_options(const LrSweepOptions& options);

/// From this peak to that one runs count: within the factor of the best run's, and its neighbours.
std::pair<double, double> near_peaks(const Group& group, double within);

/// All but what the fit says.
LrSweepBudget budget_of(const Group& group);

/// What must not be concluded, and which run would help. `unknown`: axes with an exponent that the runs do not tell;
/// `horizons`: how many there are; `three_peaks`: the runs tell a curvature, whichever.
std::vector<std::string> verdicts_of(const LrSweepFit& fit, const std::vector<std::string>& unknown, int horizons,
                                     bool three_peaks);

}  // namespace scheduled::lr_sweep
