// Refits with random weights for the runs.
#include <cstdint>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "law/arithmetic.hpp"
#include "law/fit/check.hpp"
#include "law/fit/minimise.hpp"
#include "law/fit/uncertainty.hpp"

namespace scheduled {

void bootstrap_law(LawFit& fit, const std::vector<FitRun>& runs, int replicates, const FitOptions& options) {
  if (runs.size() < 2) {
    fail_argument("runs", "a bootstrap over runs needs 2, there is " + std::to_string(runs.size()));
  }
  if (replicates < 1) fail_value("replicates", std::to_string(replicates), "must be >= 1");
  FitOptions from_here = options;
  from_here.start = fit.fitted.law;
  law::check_fit(fit.fitted.law.kind, runs, from_here);
  const law::Problem problem(fit.fitted.law.kind, runs, from_here, fit.fitted.law.reference_rate,
                             fit.fitted.law.reference_sum);
  fit.fitted.bootstrap.assign(static_cast<std::size_t>(replicates), fit.fitted.law);
  // Weights first, in one order, so that threads do not matter.
  std::vector<std::vector<double>> weights(static_cast<std::size_t>(replicates));
  std::uint64_t state = 0x5eed5eed5eed5eedULL;
  for (auto& weight : weights) {
    double total = 0.0;
    for (std::size_t run = 0; run < runs.size(); ++run) {
      state += 0x9e3779b97f4a7c15ULL;  // splitmix64
      std::uint64_t z = state;
      z = (z ^ (z >> 30U)) * 0xbf58476d1ce4e5b9ULL;
      z = (z ^ (z >> 27U)) * 0x94d049bb133111ebULL;
      z ^= z >> 31U;
      weight.push_back(-law::natural_log((static_cast<double>(z >> 11U) + 0.5) * 0x1p-53));
      total += weight.back();
    }
    for (double& w : weight) w *= static_cast<double>(runs.size()) / total;
  }
  for_each_index(weights.size(), options.threads, [&](std::size_t i) {
    const auto x = problem.coordinates().from_parameters(fit.fitted.law.parameters);
    const law::Minimum refit = law::minimise(problem, problem.with_fixed(x), 30, weights[i]);
    fit.fitted.bootstrap[i].parameters = problem.coordinates().to_parameters(refit.x);
  });
  fit.fitted.how["bootstrap"] = std::to_string(replicates);
  law::widen_to_bootstrap(problem.coordinates(), fit);
}

}  // namespace scheduled
