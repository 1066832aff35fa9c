#include "law/fit/warnings.hpp"

#include <algorithm>
#include <cmath>
#include <utility>

#include "base/error.hpp"
#include "law/diverges.hpp"
#include "law/fit/problem.hpp"

namespace scheduled::law {
namespace {

/// Losses from the beginning, which no law describes: they decide on parameters that the end depends on.
std::string early_warning(const std::vector<FitRun>& runs, double longest) {
  const auto first = std::llround(undescribed_share * longest);
  std::size_t early = 0;
  std::size_t all = 0;
  for (const FitRun& run : runs) {
    early += static_cast<std::size_t>(std::lower_bound(run.step.begin(), run.step.end(), first) - run.step.begin());
    all += run.step.size();
  }
  if (early == 0) return {};
  return concat({std::to_string(early), " of ", std::to_string(all), " losses are from before step ",
                 std::to_string(first),
                 ", 5 % of the longest run, where laws do not hold: fits and intervals may be far off. The usual first "
                 "step leaves them out"});
}

/// Of a run that ends above its lowest loss, although its rate is no higher than there.
std::string divergence_warning(const FitRun& run) {
  if (!diverges(scheduled::Series{run.step, run.loss})) return {};
  const auto lowest = std::min_element(run.loss.begin(), run.loss.end()) - run.loss.begin();
  const std::int64_t at = run.step[static_cast<std::size_t>(lowest)];
  constexpr double higher = 1.05;
  const auto rate = [&](std::int64_t step) { return run.lr[static_cast<std::size_t>(step) - 1]; };
  if (rate(run.step.back()) > higher * rate(at)) return {};
  return concat({"'", run.name, "' diverges: its loss is ", format_number(run.loss.back()), " at the end and was ",
                 format_number(run.loss[static_cast<std::size_t>(lowest)]), " at step ", std::to_string(at),
                 ", without a higher rate; no law describes that: leave the run out, or what follows that step"});
}

bool shows_a_decay(const FitRun& run) { return lowers_rate(fitted_rates(run)); }

}  // namespace

bool lowers_rate(std::span<const double> lr) {
  const auto peak = std::max_element(lr.begin(), lr.end());
  return peak != lr.end() && *std::min_element(peak, lr.end()) < *peak * (1.0 - 1e-3);
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
  for (const FitRun& run : runs) {
    if (std::string found = divergence_warning(run); !found.empty()) fit.warnings.push_back(std::move(found));
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
  std::string early = early_warning(runs, fit.fitted.time);
  if (!early.empty()) fit.warnings.push_back(std::move(early));
  if (!open.empty()) fit.warnings.emplace_back("not identified by these runs: " + open);
  if (!bounds.empty()) fit.warnings.emplace_back("at the bound: " + bounds);
  for (std::string& warning : unit_warnings(runs)) fit.warnings.push_back(std::move(warning));
}

}  // namespace scheduled::law
