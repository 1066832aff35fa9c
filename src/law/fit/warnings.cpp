#include "law/fit/warnings.hpp"

#include <algorithm>

#include "base/error.hpp"
#include "law/fit/problem.hpp"

namespace scheduled::law {
namespace {

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

}  // namespace scheduled::law
