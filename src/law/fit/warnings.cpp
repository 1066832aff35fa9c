#include "law/fit/warnings.hpp"

#include <algorithm>
#include <cmath>
#include <span>
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
  const auto lowest = diverges(scheduled::Series{run.step, run.loss}, run.lr);
  if (!lowest) return {};
  return concat({"'", run.name, "' diverges: its loss is ", format_number(run.loss.back()), " at the end and was ",
                 format_number(run.loss[*lowest]), " at step ", std::to_string(run.step[*lowest]),
                 ", without a higher rate; no law describes that: leave the run out, or what follows that step"});
}

/// Of a run that goes on without losses, as one that is lost does: its rates alone say nothing of its end.
std::string silence_warning(const FitRun& run) {
  constexpr std::int64_t spacings = 5;
  constexpr double share = 0.05;
  const auto last = static_cast<std::int64_t>(run.lr.size());
  const std::int64_t silent = last - run.step.back();
  const std::int64_t usual = (run.step.back() - run.step.front()) / std::max<std::int64_t>(std::ssize(run.step) - 1, 1);
  if (silent <= spacings * usual || static_cast<double>(silent) <= share * static_cast<double>(last)) return {};
  return concat({"'", run.name, "' has no loss after step ", std::to_string(run.step.back()), " of ",
                 std::to_string(last), ": what is said of its end supposes that it went on as before"});
}

/// Of a law that falls below 0 in the end, where no loss that was fitted is below it.
std::string floor_warning(const std::vector<FitRun>& runs, const LawFit& fit) {
  const std::span<const LawParameter> about = law_parameters(fit.fitted.law.kind);
  const std::vector<Estimate>& all = fit.estimates;
  std::size_t j = 0;
  while (j < all.size() && !(about[j].linear && all[j].value < 0.0)) ++j;  // others that the loss is linear in are not
  if (j == all.size()) return {};
  for (const FitRun& run : runs) {
    if (*std::min_element(run.loss.begin(), run.loss.end()) < 0.0) return {};
  }
  return concat(
      {all[j].name, " is below 0, as none of these losses is: far beyond these runs the law predicts too little"});
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
    for (std::string found : {divergence_warning(run), silence_warning(run)}) {
      if (!found.empty()) fit.warnings.push_back(std::move(found));
    }
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
  if (std::string below = floor_warning(runs, fit); !below.empty()) fit.warnings.push_back(std::move(below));
  for (std::string& warning : unit_warnings(runs)) fit.warnings.push_back(std::move(warning));
}

}  // namespace scheduled::law
