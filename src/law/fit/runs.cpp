// Runs to fit from logs, and their residuals.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "scheduled/law.hpp"

namespace scheduled {

namespace {

/// The last step up to which both logged the same losses at the steps that both logged; 0: none.
std::int64_t shared_steps(const RunLog& base, const RunLog& branch, std::string_view column) {
  const Series a = base.has(column) ? series(base, column) : Series{};
  const Series b = series(branch, column);
  std::int64_t shared = 0;
  for (std::size_t i = 0, k = 0; i < a.step.size() && k < b.step.size();) {
    if (a.step[i] != b.step[k]) {
      ++(a.step[i] < b.step[k] ? i : k);
      continue;
    }
    if (a.value[i] != b.value[k]) break;
    shared = a.step[i];
    ++i;
    ++k;
  }
  return shared;
}

/// Of all updates so far: a run may have gone on since its last loss. Where a gap hides how, up to that loss.
std::vector<double> rates_so_far(const RunLog& log, std::int64_t last_loss, const DenseOptions& options) {
  try {
    return densify(log, "lr", log.step.back(), options);
  } catch (const LogGap&) {
    return densify(log, "lr", last_loss, options);
  }
}

std::int64_t last_step(const RunLog& log) { return log.step.empty() ? 0 : log.step.back(); }

}  // namespace

std::int64_t first_described(std::int64_t steps) noexcept {
  return std::max<std::int64_t>(std::llround(undescribed_share * static_cast<double>(steps)), 1);
}

FitRun fit_run(const RunLog& log, const FitRunOptions& options) {
  const Series losses = series(log, options.column);
  const std::int64_t first = std::max<std::int64_t>(options.first_step.value_or(first_described(last_step(log))), 1);
  FitRun run;
  run.name = log.name;
  for (std::size_t i = 0; i < losses.step.size(); ++i) {
    if (losses.step[i] < first) continue;
    run.step.push_back(losses.step[i]);
    run.loss.push_back(losses.value[i]);
  }
  if (run.step.empty()) {
    throw ArgumentError(
        {.requirement = concat({"column '", options.column, "' has no value from step ", std::to_string(first), " on"}),
         .place = Place{.source = log.name}});
  }
  DenseOptions rates = options.rates;
  rates.jumps = true;
  run.lr = rates_so_far(log, run.step.back(), rates);
  return run;
}

std::vector<RunResiduals> law_residuals(const Law& law, const std::vector<FitRun>& runs) {
  std::vector<RunResiduals> all;
  for (const FitRun& run : runs) {
    const std::vector<double> predicted = law_curve(law, run.lr, run.step);
    RunResiduals one{run.name, predicted.size()};
    double squares = 0.0;
    for (std::size_t i = 0; i < predicted.size(); ++i) {
      const double r = predicted[i] - run.loss[i];
      one.mean += r;
      squares += r * r;
      one.largest = std::max(one.largest, std::fabs(r));
      one.largest_relative = std::max(one.largest_relative, std::fabs(r / run.loss[i]));
    }
    const auto n = static_cast<double>(predicted.size());
    one.mean /= n;
    one.rms = std::sqrt(squares / n);
    all.push_back(one);
  }
  return all;
}

FitRun fit_branch(const RunLog& base, const RunLog& branch, const FitRunOptions& options) {
  if (branch.step.empty()) throw ArgumentError({.requirement = "holds no rows", .place = Place{.source = branch.name}});
  FitRunOptions own = options;
  const std::int64_t usual = first_described(std::max(last_step(base), last_step(branch)));
  own.first_step = std::max(
      {options.first_step.value_or(usual), branch.step.front() + 1, shared_steps(base, branch, options.column) + 1});
  return fit_run(merge_branch(base, branch), own);
}

}  // namespace scheduled
