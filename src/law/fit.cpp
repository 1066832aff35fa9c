// Fitting: checks, references, starts, minimisation and what the result says.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "law/curves.hpp"
#include "law/fit_parts.hpp"

namespace scheduled {
namespace law {

namespace {

/// Candidate i of the nonlinear parameters: the centre, then points of an additive recurrence (multiples of powers of
/// the generalised golden ratio, M. Roberts 2018) within 1.5 spreads.
std::vector<double> candidate(const Problem& problem, std::size_t i) {
  const Coordinates& c = problem.coordinates();
  double ratio = 2.0;
  for (int k = 0; k < 60; ++k) ratio = elementary_root(1.0 + ratio, static_cast<double>(c.size()) + 1.0);
  std::vector<double> x;
  double power = 1.0;
  for (std::size_t j = 0; j < c.size(); ++j) {
    power /= ratio;
    const double shift = 0.5 + static_cast<double>(i) * power;
    const double unit = i == 0 ? 0.5 : shift - std::floor(shift);
    const double width = c.spread(j) > 0.0 ? 1.5 * c.spread(j) : 0.9 * std::fabs(c.centre(j));
    x.push_back(std::clamp(c.centre(j) + (2.0 * unit - 1.0) * width, c.lower(j), c.upper(j)));
  }
  return problem.with_fixed(x);
}

}  // namespace

double elementary_root(double x, double n) { return exponential(natural_log(x) / n); }

Minimum best_minimum(const Problem& problem, const FitOptions& options) {
  if (options.start) {
    const auto x = problem.coordinates().from_parameters(options.start->parameters);
    return minimise(problem, problem.with_fixed(x), options.max_iterations);
  }
  const auto count = static_cast<std::size_t>(options.candidates);
  std::vector<std::vector<double>> x(count);
  std::vector<double> objective(count);
  for_each_index(count, options.threads, [&](std::size_t i) {
    x[i] = candidate(problem, i);
    problem.solve_linear(x[i]);
    objective[i] = problem.objective(x[i], problem.weight());
  });
  std::vector<std::size_t> order(count);
  std::iota(order.begin(), order.end(), std::size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](std::size_t a, std::size_t b) { return objective[a] < objective[b]; });
  std::vector<Minimum> minima(static_cast<std::size_t>(options.starts));
  for_each_index(minima.size(), options.threads,
                 [&](std::size_t i) { minima[i] = minimise(problem, x[order[i]], options.max_iterations); });
  return *std::min_element(minima.begin(), minima.end(),
                           [](const Minimum& a, const Minimum& b) { return a.objective < b.objective; });
}

}  // namespace law

LawFit fit_law(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options) {
  law::check_fit(kind, runs, options);
  double rate = 0.0;
  double sum = 0.0;
  for (const FitRun& run : runs) {
    const auto used = std::span(run.lr).first(static_cast<std::size_t>(run.step.back()));
    rate = std::max(rate, *std::max_element(used.begin(), used.end()));
    sum = std::max(sum, law::prefix_sums(used, 1.0).back());
  }
  if (options.start) {
    rate = options.start->reference_rate;
    sum = options.start->reference_sum;
  }
  const law::Problem problem(kind, runs, options, rate, sum);
  const law::Minimum minimum = law::best_minimum(problem, options);
  LawFit fit;
  fit.fitted.law = {kind, rate, sum, problem.coordinates().to_parameters(minimum.x)};
  fit.fitted.log_residuals = options.log_residuals;
  fit.fitted.decays = law::decays_in(runs);
  fit.converged = minimum.converged;
  fit.iterations = minimum.iterations;
  fit.objective = minimum.objective;
  fit.residuals = law_residuals(fit.fitted.law, runs);
  law::add_uncertainty(problem, minimum.x, runs, options, fit);
  law::add_warnings(runs, fit);
  return fit;
}

void bootstrap_law(LawFit& fit, const std::vector<FitRun>& runs, int replicates, const FitOptions& options) {
  if (runs.size() < 2) fail({"runs: a bootstrap over runs needs 2, there is ", std::to_string(runs.size())});
  if (replicates < 1) fail({"replicates = ", std::to_string(replicates), ": must be >= 1"});
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
  law::widen_to_bootstrap(problem.coordinates(), fit);
}

}  // namespace scheduled
