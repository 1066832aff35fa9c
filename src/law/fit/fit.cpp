// Fitting: references, starts, and what the result says.
#include <algorithm>
#include <cmath>
#include <map>
#include <numeric>
#include <string>

#include "base/error.hpp"
#include "base/parallel.hpp"
#include "law/arithmetic.hpp"
#include "law/fit/check.hpp"
#include "law/fit/minimise.hpp"
#include "law/fit/uncertainty.hpp"
#include "law/fit/warnings.hpp"
#include "law/seen.hpp"

namespace scheduled {
namespace law {
namespace {

/// Candidate i of the nonlinear parameters: the centre, then points of an additive recurrence (multiples of powers of
/// the generalised golden ratio, M. Roberts 2018) within 1.5 spreads.
std::vector<double> candidate(const Problem& problem, std::size_t i) {
  const Coordinates& c = problem.coordinates();
  double ratio = 2.0;
  for (int k = 0; k < 60; ++k) ratio = exponential(natural_log(1.0 + ratio) / (static_cast<double>(c.size()) + 1.0));
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

/// By the names and values that the command's options have.
std::map<std::string, std::string> how_of(const FitOptions& options) {
  std::map<std::string, std::string> how{{"residuals", options.log_residuals ? "log" : "plain"},
                                         {"huber", format_number(options.huber)},
                                         {"prior", format_number(options.prior)},
                                         {"candidates", std::to_string(options.candidates)},
                                         {"starts", std::to_string(options.starts)},
                                         {"max_iterations", std::to_string(options.max_iterations)}};
  for (const auto& [name, value] : options.fixed) how["fix " + name] = format_number(value);
  if (options.start) how["start"] = print_law(*options.start);
  std::string weights;
  for (const double weight : options.weight) weights += (weights.empty() ? "" : ",") + format_number(weight);
  if (!weights.empty()) how["weight"] = weights;
  return how;
}

}  // namespace
}  // namespace law

LawFit fit_law(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options) {
  law::check_fit(kind, runs, options);
  double rate = 0.0;
  double sum = 0.0;
  for (const FitRun& run : runs) {
    const auto used = law::fitted_rates(run);
    rate = std::max(rate, *std::max_element(used.begin(), used.end()));
    sum = std::max(sum, law::prefix_sums(used, 1.0).back());
  }
  if (options.start) {
    rate = options.start->reference_rate;
    sum = options.start->reference_sum;
  }
  const law::Problem problem(kind, runs, options, rate, sum);
  law::Minimum minimum = law::best_minimum(problem, options);
  constexpr double rounding = 1e-12;  // what a parameter that no loss depends on comes to
  for (std::size_t j = 0; j < minimum.x.size(); ++j) {
    const bool logarithm = problem.coordinates().parameter(j).log_scale;
    if (!logarithm && problem.is_free(j) && std::fabs(minimum.x[j]) < rounding) minimum.x[j] = 0.0;
  }
  LawFit fit;
  fit.fitted.law = {kind, rate, sum, problem.coordinates().to_parameters(minimum.x)};
  fit.fitted.log_residuals = options.log_residuals;
  fit.fitted.decays = law::decays_in(runs);
  for (const FitRun& run : runs) fit.fitted.seen.push_back(law::seen_run(run));
  fit.fitted.how = law::how_of(options);
  fit.converged = minimum.converged;
  fit.iterations = minimum.iterations;
  fit.objective = minimum.objective;
  fit.residuals = law_residuals(fit.fitted.law, runs);
  law::add_uncertainty(problem, minimum.x, runs, options, fit);
  law::add_warnings(runs, fit);
  return fit;
}

}  // namespace scheduled
