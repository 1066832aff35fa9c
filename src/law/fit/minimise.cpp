#include "law/fit/minimise.hpp"

#include <algorithm>
#include <cmath>
#include <limits>

#include "law/fit/solve.hpp"

namespace scheduled::law {
namespace {

/// The damped step from x; parameters that are fixed or pushed out of their bounds stay.
Vector step_from(const Problem& problem, const std::vector<double>& x, const Normal& normal, double damping) {
  const Coordinates& c = problem.coordinates();
  Matrix system = normal.hessian;
  Vector side = -normal.gradient;
  for (std::size_t j = 0; j < x.size(); ++j) {
    const bool low = x[j] <= c.lower(j) && side[at(j)] < 0.0;
    const bool high = x[j] >= c.upper(j) && side[at(j)] > 0.0;
    const double diagonal = system(at(j), at(j));
    if (!problem.is_free(j) || low || high || diagonal == 0.0) {
      system.row(at(j)).setZero();
      system.col(at(j)).setZero();
      system(at(j), at(j)) = 1.0;
      side[at(j)] = 0.0;
    } else {
      system(at(j), at(j)) = diagonal * (1.0 + damping);
    }
  }
  return solve(system, side);
}

std::vector<double> moved(const Problem& problem, std::vector<double> x, const Vector& move) {
  const Coordinates& c = problem.coordinates();
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (!problem.is_free(j) || !std::isfinite(move[at(j)])) continue;
    const double most = c.parameter(j).log_scale ? 2.0 : std::numeric_limits<double>::max();
    x[j] = std::clamp(x[j] + std::clamp(move[at(j)], -most, most), c.lower(j), c.upper(j));
  }
  return x;
}

}  // namespace

Minimum minimise(const Problem& problem, std::vector<double> x, int max_iterations, std::span<const double> weight) {
  if (weight.empty()) weight = problem.weight();
  const Coordinates& c = problem.coordinates();
  for (std::size_t j = 0; j < x.size(); ++j) {
    if (problem.is_free(j)) x[j] = std::clamp(x[j], c.lower(j), c.upper(j));
  }
  Minimum minimum{x, problem.objective(x, weight), 0, false};
  double damping = 1e-3;
  int small = 0;
  while (minimum.iterations < max_iterations && !minimum.converged) {
    const Normal normal = problem.normal(minimum.x, weight);
    ++minimum.iterations;
    bool improved = false;
    for (; !improved && damping < 1e12; damping *= 8.0) {
      const std::vector<double> trial = moved(problem, minimum.x, step_from(problem, minimum.x, normal, damping));
      const double objective = problem.objective(trial, weight);
      if (!(objective < minimum.objective)) continue;
      improved = true;
      small = minimum.objective - objective <= 1e-9 * minimum.objective ? small + 1 : 0;
      minimum.objective = objective;
      minimum.x = trial;
      damping *= 0.2 / 8.0;
    }
    if (!improved || small >= 2) minimum.converged = true;
    damping = std::max(damping, 1e-12);
  }
  return minimum;
}

}  // namespace scheduled::law
