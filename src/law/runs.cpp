// Runs to fit: from logs, their checks, their residuals and what to warn about.
#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.hpp"
#include "law/fit_parts.hpp"
#include "scheduled/error.hpp"

namespace scheduled {

FitRun fit_run(const RunLog& log, const FitRunOptions& options) {
  const Series losses = series(log, options.column);
  FitRun run;
  run.name = log.name;
  for (std::size_t i = 0; i < losses.step.size(); ++i) {
    if (losses.step[i] < std::max<std::int64_t>(options.first_step, 1)) continue;
    run.step.push_back(losses.step[i]);
    run.loss.push_back(losses.value[i]);
  }
  if (run.step.empty()) {
    fail({log.name, ": column '", options.column, "' has no value from step ",
          std::to_string(std::max<std::int64_t>(options.first_step, 1)), " on"});
  }
  run.lr = densify(log, "lr", run.step.back(), options.rates);
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
  if (branch.step.empty()) fail({branch.name, ": holds no rows"});
  FitRunOptions own = options;
  own.first_step = std::max(options.first_step, branch.step.front() + 1);
  return fit_run(merge_branch(base, branch), own);
}

namespace law {
namespace {

void check_run(const FitRun& run, const FitOptions& options) {
  if (run.step.empty()) fail({"run '", run.name, "': must hold at least one loss"});
  if (run.step.size() != run.loss.size()) {
    fail({"run '", run.name, "': has ", std::to_string(run.step.size()), " steps and ", std::to_string(run.loss.size()),
          " losses"});
  }
  for (std::size_t i = 0; i < run.loss.size(); ++i) {
    const double loss = run.loss[i];
    if (std::isfinite(loss) && (loss > 0.0 || !options.log_residuals)) continue;
    fail_value(concat({"run '", run.name, "': loss[", std::to_string(i), "]"}), loss,
               std::isfinite(loss) ? "must be > 0 with log residuals" : "must be finite");
  }
}

void check_options(LawKind kind, std::size_t runs, const FitOptions& options) {
  require_non_negative("huber", options.huber);
  if (options.huber > 0.0 && options.huber < 1e-9) fail_value("huber", options.huber, "must be 0 or at least 1e-9");
  require_non_negative("prior", options.prior);
  const auto at_least_one = [](std::string_view name, int value) {
    if (value < 1) fail({name, " = ", std::to_string(value), ": must be >= 1"});
  };
  at_least_one("candidates", options.candidates);
  at_least_one("starts", options.starts);
  at_least_one("max_iterations", options.max_iterations);
  at_least_one("threads", options.threads);
  if (options.starts > options.candidates) {
    fail({"starts = ", std::to_string(options.starts),
          ": must be at most candidates = ", std::to_string(options.candidates)});
  }
  if (!options.weight.empty() && options.weight.size() != runs) {
    fail({"weight: has ", std::to_string(options.weight.size()), " values for ", std::to_string(runs), " runs"});
  }
  require_non_negative("weight", options.weight);
  if (!options.weight.empty() && *std::max_element(options.weight.begin(), options.weight.end()) == 0.0) {
    fail({"weight: all are 0; at least one must be > 0"});
  }
  if (options.start) {
    check_law(*options.start);
    if (options.start->kind != kind) {
      fail({"start: is a law ", law_name(options.start->kind), ", to be fitted is ", law_name(kind)});
    }
  }
  for (const auto& [name, value] : options.fixed) {
    Law known{kind, 1.0, 1.0, std::vector<double>(law_parameters(kind).size())};
    static_cast<void>(known.at(name));
    const auto table = law_parameters(kind);
    for (std::size_t j = 0; j < table.size(); ++j) {
      if (table[j].name != name || (value >= table[j].lower && value <= table[j].upper)) continue;
      fail_value(concat({"fixed ", name}), value,
                 concat({"must be within [", format_number(table[j].lower), ", ", format_number(table[j].upper), "]"}));
    }
  }
}

/// Up to its last loss.
bool shows_a_decay(const FitRun& run) {
  return lowers_rate(std::span(run.lr).first(static_cast<std::size_t>(run.step.back())));
}

}  // namespace

bool lowers_rate(std::span<const double> lr) {
  const auto peak = std::max_element(lr.begin(), lr.end());
  return peak != lr.end() && *std::min_element(peak, lr.end()) < *peak * (1.0 - 1e-3);
}

void check_fit(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options) {
  if (runs.empty()) fail({"runs: must hold at least one run"});
  check_options(kind, runs.size(), options);
  std::size_t points = 0;
  double lowest = std::numeric_limits<double>::infinity();
  double highest = -lowest;
  for (const FitRun& run : runs) {
    check_run(run, options);
    points += run.loss.size();
    const auto [low, high] = std::minmax_element(run.loss.begin(), run.loss.end());
    lowest = std::min(lowest, *low);
    highest = std::max(highest, *high);
  }
  const std::size_t parameters = law_parameters(kind).size() - options.fixed.size();
  if (points < parameters + 1) {
    fail({"loss: ", std::to_string(points), " points for ", std::to_string(parameters),
          " parameters: must be at least ", std::to_string(parameters + 1)});
  }
  if (lowest == highest) fail_value("loss", lowest, "the same at every step: there is nothing to fit");
}

int decays_in(const std::vector<FitRun>& runs) {
  return static_cast<int>(std::count_if(runs.begin(), runs.end(), shows_a_decay));
}

void add_warnings(const std::vector<FitRun>& runs, LawFit& fit) {
  std::string open;
  std::string bounds;
  for (const Estimate& e : fit.estimates) {
    if (!e.identified) open += (open.empty() ? "" : ", ") + e.name;
    if (e.at_bound) bounds += (bounds.empty() ? "" : ", ") + e.name;
  }
  if (!fit.converged) fit.warnings.emplace_back("not converged: more iterations may fit better");
  if (fit.fitted.decays == 0) {
    fit.warnings.emplace_back("lr: no run lowers its rate after the peak: what a decay gains is not identified");
  } else if (fit.fitted.decays == 1) {
    const std::string& only = std::find_if(runs.begin(), runs.end(), shows_a_decay)->name;
    fit.warnings.push_back(
        concat({"lr: only '", only,
                "' lowers its rate: what another decay gains rests on it alone, and intervals may be "
                "too narrow"}));
  }
  if (!open.empty()) fit.warnings.emplace_back("not identified by these runs: " + open);
  if (!bounds.empty()) fit.warnings.emplace_back("at the bound: " + bounds);
  for (std::string& warning : unit_warnings(runs)) fit.warnings.push_back(std::move(warning));
}

}  // namespace law
}  // namespace scheduled
