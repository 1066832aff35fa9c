#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "scheduled/forecast.hpp"

namespace scheduled {
namespace {

/// A run of a sweep as its log has it.
struct LoggedRun {
  FitRun run;
  std::int64_t steps = 0;    ///< that it was to make
  std::vector<double> plan;  ///< rates of all of these, where it has not made them
  bool diverged = false;
  std::optional<std::int64_t> left_plan = {};  ///< the step at which its rates were first others than the plan's
};

/// The last step that was logged, or, where the log says a number of iterations that is 2 % more at most, that one:
/// losses are rarely logged after the very last update.
std::int64_t last_step(const RunLog& log) {
  const std::int64_t last = log.step.back();
  const double planned = log.number("iterations").value_or(0.0);
  const auto end = static_cast<double>(last);
  return planned > end && planned <= 1.02 * end ? static_cast<std::int64_t>(planned) : last;
}

double peak_of(const FitRun& run) { return *std::max_element(run.lr.begin(), run.lr.end()); }

/// The first update whose rate is off the plan's by more than a tenth of the peak, after the first twentieth, in which
/// logs seldom have the rates of a warmup.
std::optional<std::int64_t> leaves_plan(const std::vector<double>& lr, const std::vector<double>& plan, double peak) {
  constexpr double alike = 0.1;
  const std::size_t both = std::min(lr.size(), plan.size());
  for (std::size_t k = plan.size() / 20; k < both; ++k) {
    if (std::fabs(lr[k] - plan[k]) > alike * peak) return static_cast<std::int64_t>(k) + 1;
  }
  return std::nullopt;
}

/// Whether its rate came down to where schedules end.
bool looks_finished(const std::vector<double>& lr) {
  constexpr double low = 0.15;
  const SeenRun seen = describe_run(lr);
  return seen.decay > 0.0 && seen.final <= low;
}

LoggedRun logged_run(const OwnRun& own, const std::string& column, const LrSweepLogOptions& options) {
  const RunLog log = own.base ? merge_branch(*own.base, own.log) : own.log;
  FitRunOptions how;
  how.column = column;
  how.first_step = 1;  // runs_to_fit leaves out what laws do not describe
  how.rates.jumps = true;
  LoggedRun found{fit_run(log, how), 0, {}, log.not_finite.contains(column)};
  found.run.name = own.name;
  const std::int64_t done = last_step(log);
  found.steps = done;
  if (const auto lost = log.not_finite_steps.find(column); found.diverged && lost != log.not_finite_steps.end()) {
    for (const std::int64_t step : lost->second) found.steps = std::max(found.steps, step);
  }
  if (!options.plan) return found;
  found.steps = *options.plan->steps();
  if (done > found.steps) {
    fail_value("plan", print(*options.plan), concat({"ends before step ", std::to_string(done), " of ", own.name}));
  }
  if (done == found.steps || found.diverged) return found;
  found.plan = options.plan->with_peak(peak_of(found.run)).values();
  found.left_plan = leaves_plan(found.run.lr, found.plan, peak_of(found.run));
  if (found.left_plan) {
    if (!looks_finished(found.run.lr)) {
      fail_value("plan", print(*options.plan),
                 concat({"is not what ", own.name, " was made by: its rates are others from step ",
                         std::to_string(*found.left_plan), " on"}));
    }
    found.steps = done;
    found.plan.clear();
    return found;
  }
  std::copy_n(found.run.lr.begin(), std::min(found.run.lr.size(), found.plan.size()), found.plan.begin());
  return found;
}

/// A run that diverged is often ended for that: it was to make as many steps as the shortest run that came farther.
void lengthen_diverged(std::vector<LoggedRun>& logged) {
  for (LoggedRun& lost : logged) {
    if (!lost.diverged) continue;
    std::int64_t next = 0;
    for (const LoggedRun& other : logged) {
      if (other.diverged || other.steps < lost.steps) continue;
      next = next == 0 ? other.steps : std::min(next, other.steps);
    }
    if (next > 0) lost.steps = next;
  }
}

/// What the law says of the end of a run that was stopped, less what it is off by in the run's last tenth.
LrSweepRun continued(const LoggedRun& logged, const FittedLaw& fitted) {
  const std::vector<double> said = law_curve(fitted.law, logged.run.lr, logged.run.step);
  const double from = 0.9 * static_cast<double>(logged.run.step.back());
  double off = 0.0;
  double count = 0.0;
  for (std::size_t i = 0; i < said.size(); ++i) {
    if (static_cast<double>(logged.run.step[i]) < from) continue;
    off += logged.run.loss[i] - said[i];
    count += 1.0;
  }
  if (const std::string why = not_identified(fitted, logged.plan); !why.empty()) fail_argument(logged.run.name, why);
  const Predicted end = predict_losses(fitted, logged.plan, std::vector{logged.steps}).front();
  LrSweepRun run;
  run.loss = end.loss + off / count;
  run.spread = 0.5 * (end.upper - end.lower) / 1.6449;
  return run;
}

std::vector<FitRun> runs_to_fit(const std::vector<LoggedRun>& logged) {
  std::int64_t longest = 0;
  for (const LoggedRun& one : logged) longest = std::max(longest, one.run.step.back());
  const double first = undescribed_share * static_cast<double>(longest);
  std::vector<FitRun> runs;
  for (const LoggedRun& one : logged) {
    if (one.diverged) continue;
    FitRun run = one.run;
    const auto from = std::find_if(run.step.begin(), run.step.end(),
                                   [&](std::int64_t step) { return static_cast<double>(step) >= first; });
    if (from == run.step.end()) continue;
    run.loss.erase(run.loss.begin(), run.loss.begin() + (from - run.step.begin()));
    run.step.erase(run.step.begin(), from);
    runs.push_back(std::move(run));
  }
  return runs;
}

}  // namespace

LrSweepLogs lr_sweep_of_logs(std::span<const OwnRun> runs, const LrSweepLogOptions& options) {
  if (runs.empty()) fail_argument("runs", "there are none");
  if (options.plan && !options.plan->steps()) fail_value("plan", print(*options.plan), "must have a horizon");
  const std::string column = options.column.empty() ? std::string(common_loss_column(runs)) : options.column;
  std::vector<LoggedRun> logged;
  for (const OwnRun& own : runs) logged.push_back(logged_run(own, column, options));
  lengthen_diverged(logged);
  std::optional<FittedLaw> fitted;
  LrSweepLogs found;
  for (const LoggedRun& one : logged) {
    LrSweepRun run;
    if (one.diverged) {
      run.loss = std::nan("");
      found.notes.push_back(
          concat({one.run.name, ": diverged; counts as one of ", std::to_string(one.steps), " steps"}));
    } else if (one.plan.empty()) {
      run.loss = one.run.loss.back();
      if (one.left_plan) {
        found.notes.push_back(
            concat({one.run.name, ": its rates are not the plan's from step ", std::to_string(*one.left_plan),
                    " on, and came to an end; counts as a whole run of ", std::to_string(one.steps), " steps"}));
      }
    } else {
      if (!fitted) fitted = fit_law(options.law, runs_to_fit(logged), options.fit).fitted;
      run = continued(one, *fitted);
      found.notes.push_back(
          concat({one.run.name, ": stopped at step ", std::to_string(one.run.step.back()), " of ",
                  std::to_string(one.steps), "; its loss there by the law ", law_name(fitted->law.kind), ": ",
                  format_number(std::round(run.loss * 1e4) / 1e4)}));
    }
    run.peak = peak_of(one.run);
    run.steps = one.steps;
    found.runs.push_back(std::move(run));
  }
  return found;
}

}  // namespace scheduled
