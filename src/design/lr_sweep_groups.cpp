#include "design/lr_sweep_groups.hpp"

#include <algorithm>
#include <cmath>
#include <limits>
#include <tuple>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace scheduled::lr_sweep {
namespace {

auto group_key(const LrSweepRun& run) { return std::tuple(run.schedule, run.size, run.batch, run.steps); }

/// Runs with a higher peak than the best one and a loss so far above its are lost, though finite: they count as
/// diverged.
constexpr double lost = 1.2;

void take_lost_runs(Group& group) {
  if (group.runs.empty()) return;
  const LrSweepRun best = group.best();
  if (!(best.loss > 0.0)) return;
  const auto first = std::stable_partition(group.runs.begin(), group.runs.end(), [&](const LrSweepRun& run) {
    return run.peak <= best.peak || run.loss <= lost * best.loss;
  });
  group.diverged.insert(group.diverged.end(), first, group.runs.end());
  group.runs.erase(first, group.runs.end());
}

auto run_key(const LrSweepRun& run) {
  const bool diverged = !std::isfinite(run.loss);
  return std::tuple(group_key(run), run.peak, diverged, diverged ? 0.0 : run.loss, run.spread);
}

void check_sweep_run(const LrSweepRun& run, const LrSweepRun& first, std::size_t index) {
  const auto fail_run = [&](std::string_view field, const std::string& value, std::string_view requirement) {
    fail_value(concat({"runs[", std::to_string(index), "].", field}), value, requirement);
  };
  const auto positive = [&](std::string_view field, double value) {
    if (!(std::isfinite(value) && value > 0.0)) fail_run(field, format_number(value), "must be finite and > 0");
  };
  const auto positive_or_none = [&](std::string_view field, std::optional<double> value, std::optional<double> other) {
    if (value.has_value() != other.has_value()) fail_run(field, "", "must be given for all runs or for none");
    if (value) positive(field, *value);
  };
  positive("peak", run.peak);
  if (run.steps < 1 || run.steps > largest_count) {
    fail_run("steps", std::to_string(run.steps), "must be at least 1 and at most 2^53");
  }
  positive_or_none("batch", run.batch, first.batch);
  positive_or_none("size", run.size, first.size);
  if (!(std::isfinite(run.spread) && run.spread >= 0.0)) {
    fail_run("spread", format_number(run.spread), "must be finite and >= 0");
  }
}

}  // namespace

const LrSweepRun& Group::best() const {
  return *std::min_element(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return a.loss < b.loss; });
}

void check_options(const LrSweepOptions& options) {
  if (options.exponent && !std::isfinite(*options.exponent)) {
    fail_value("exponent", *options.exponent, "must be finite");
  }
  if (!(std::isfinite(options.within) && options.within > 1.0)) {
    fail_value("within", options.within, "must be finite and > 1");
  }
  if (options.noise) require_positive("noise", *options.noise);
  if (options.batch_rule) {
    static_cast<void>(batch_factor(*options.batch_rule, 1.0, 1.0, options.critical_batch));
  } else if (options.critical_batch) {
    fail_value("critical_batch", *options.critical_batch, "needs a batch rule that has one, critical or surge");
  }
}

Groups group_runs(std::span<const LrSweepRun> given) {
  if (given.empty()) fail_argument("runs", "there are none to fit");
  for (std::size_t i = 0; i < given.size(); ++i) check_sweep_run(given[i], given[0], i);
  std::vector<LrSweepRun> runs(given.begin(), given.end());
  std::sort(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return run_key(a) < run_key(b); });
  const auto last =
      std::unique(runs.begin(), runs.end(), [](const auto& a, const auto& b) { return run_key(a) == run_key(b); });
  Groups sorted;
  sorted.repeated = runs.end() - last;
  runs.erase(last, runs.end());
  for (const LrSweepRun& run : runs) {
    const bool follows = !sorted.groups.empty() && group_key(sorted.groups.back().any()) == group_key(run);
    Group& group = follows ? sorted.groups.back() : sorted.groups.emplace_back();
    (std::isfinite(run.loss) ? group.runs : group.diverged).push_back(run);
    if (sorted.schedules.empty() || sorted.schedules.back() != run.schedule) sorted.schedules.push_back(run.schedule);
  }
  for (Group& group : sorted.groups) {
    take_lost_runs(group);
    sorted.runs += static_cast<std::int64_t>(group.runs.size());
    sorted.diverged += static_cast<std::int64_t>(group.diverged.size());
  }
  if (sorted.runs == 0) fail_argument("runs", "all of them diverged; lower peaks are needed");
  return sorted;
}

std::pair<double, double> near_peaks(const Group& group, double within) {
  constexpr double rounding = 1.0 + 1e-9;
  const double best = group.best().peak;
  double low = best / (within * rounding);
  double high = best * within * rounding;
  double below = 0.0;
  double above = std::numeric_limits<double>::infinity();
  for (const LrSweepRun& run : group.runs) {
    if (run.peak < best) below = std::max(below, run.peak);
    if (run.peak > best) above = std::min(above, run.peak);
  }
  if (below > 0.0) low = std::min(low, below);
  if (std::isfinite(above)) high = std::max(high, above);
  return {low, high};
}

LrSweepBudget budget_of(const Group& group) {
  const LrSweepRun& any = group.any();
  LrSweepBudget budget;
  budget.schedule = any.schedule;
  budget.steps = any.steps;
  budget.batch = any.batch;
  budget.size = any.size;
  budget.runs = static_cast<std::int64_t>(group.runs.size());
  budget.diverged = static_cast<std::int64_t>(group.diverged.size());
  budget.lowest = any.peak;
  budget.highest = any.peak;
  for (const auto* const list : {&group.runs, &group.diverged}) {
    for (const LrSweepRun& run : *list) {
      budget.lowest = std::min(budget.lowest, run.peak);
      budget.highest = std::max(budget.highest, run.peak);
    }
  }
  if (group.runs.empty()) {
    budget.edge = LrEdge::lowest;
    return budget;
  }
  budget.best_run = group.best().peak;
  budget.best_loss = group.best().loss;
  if (budget.lowest == budget.highest) {
    budget.edge = LrEdge::alone;
  } else if (*budget.best_run == budget.lowest) {
    budget.edge = LrEdge::lowest;
  } else if (*budget.best_run == budget.highest) {
    budget.edge = LrEdge::highest;
  }
  return budget;
}

}  // namespace scheduled::lr_sweep
