// Intervals that hold for runs the fit has not seen.
#include <algorithm>
#include <cmath>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "law/fit/check.hpp"
#include "law/fit/problem.hpp"
#include "scheduled/law.hpp"

namespace scheduled {

void calibrate_law(LawFit& fit, const std::vector<FitRun>& runs, const FitOptions& options) {
  if (runs.size() < 2) fail_argument("runs", "leaving runs out needs 2, there is " + std::to_string(runs.size()));
  constexpr std::size_t most_groups = 8;
  const std::size_t groups = std::min(runs.size(), most_groups);
  fit.fitted.inflation = 1.0;
  FitOptions refit = options;
  refit.threads = 1;
  refit.start = fit.fitted.law;
  refit.max_iterations = std::min(options.max_iterations, 30);
  law::check_fit(fit.fitted.law.kind, runs, refit);
  std::vector<std::vector<double>> ratios(groups);  // error over half of the 90 % interval
  for_each_index(groups, options.threads, [&](std::size_t group) {
    std::vector<FitRun> kept;
    FitOptions here = refit;
    here.weight.clear();
    std::size_t points = 0;
    for (std::size_t i = 0; i < runs.size(); ++i) {
      if (i % groups == group) continue;
      kept.push_back(runs[i]);
      points += runs[i].step.size();
      if (!options.weight.empty()) here.weight.push_back(options.weight[i]);
    }
    if (points <= fit.fitted.law.parameters.size()) return;
    const FittedLaw without = fit_law(fit.fitted.law.kind, kept, here).fitted;
    for (std::size_t i = group; i < runs.size(); i += groups) {
      const std::vector<Predicted> predicted = predict_losses(without, runs[i].lr, runs[i].step);
      for (std::size_t k = 0; k < predicted.size(); ++k) {
        const double half = 0.5 * (predicted[k].upper - predicted[k].lower);
        ratios[group].push_back(std::fabs(predicted[k].loss - runs[i].loss[k]) / half);
      }
    }
  });
  std::vector<double> all;
  for (const auto& part : ratios) all.insert(all.end(), part.begin(), part.end());
  if (all.empty()) return;
  const auto place = all.begin() + static_cast<std::ptrdiff_t>(std::min(all.size() * 9 / 10, all.size() - 1));
  std::nth_element(all.begin(), place, all.end());
  fit.fitted.inflation = std::max(1.0, *place);
  fit.fitted.how["calibrate"] = "yes";
}

}  // namespace scheduled
