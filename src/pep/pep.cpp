#include "scheduled/pep.hpp"

#include <array>
#include <cmath>
#include <ostream>
#include <string>
#include <utility>

#include "base/error.hpp"
#include "pep/csdp.hpp"
#include "pep/full.hpp"
#include "pep/reduced.hpp"
#include "pep/weights.hpp"

namespace scheduled {
namespace {

void check(const PepOptions& options) {
  if (!(options.tolerance >= 1e-12 && options.tolerance <= 1.0)) {
    fail_value("tolerance", options.tolerance, "must be within [1e-12, 1]");
  }
  if (options.rounds < 1) fail_value("rounds", std::to_string(options.rounds), "must be >= 1");
}

/// Certify a candidate and keep it where it is better than what there was.
void take(const PepProblem& problem, PepPrimal primal, PepResult& result) {
  const PepLower lower = certify_lower(problem, primal);
  if (!result.primal.gram.empty() && lower.bound <= result.lower.bound) return;
  result.lower = lower;
  result.primal = std::move(primal);
}
void take(const PepProblem& problem, PepDual dual, PepResult& result) {
  const PepUpper upper = certify_upper(problem, dual);
  if (!result.dual.pair.empty() && upper.bound >= result.upper.bound) return;
  result.upper = upper;
  result.dual = std::move(dual);
}

bool closed(const PepResult& result, const PepOptions& options) {
  return std::isfinite(result.upper.bound) && result.gap() <= options.tolerance * result.upper.bound;
}

/// The same problem with D = max(G) = 1: a solver's tolerances are absolute in part.
PepProblem in_own_units(const PepProblem& problem) {
  const pep::Scaled p(problem);
  std::vector<double> lr;
  for (std::size_t t = 1; t <= p.T; ++t) lr.push_back(p.rate(t));
  return PepProblem(lr, std::vector<double>(p.norm.begin() + 1, p.norm.end()), 1.0);
}

void solve_full(const PepProblem& problem, const PepOptions& options, PepResult& result) {
  const PepProblem scaled = in_own_units(problem);
  const pep::SolverRun run = pep::run_csdp(pep::full_problem(scaled), options.solver);
  result.rounds = 1;
  result.solver_status = run.status;
  result.solver_seconds = run.seconds;
  PepPrimal primal = pep::full_primal(scaled, run.solution);
  PepDual dual = pep::full_dual(scaled, run.solution);
  // Back to the problem's units.
  const pep::Scaled p(problem);
  const std::size_t size = p.T + 1;
  const double length = problem.distance();
  const double norm = p.value_unit / problem.distance();
  for (std::size_t i = 0; i < size; ++i) {
    for (std::size_t j = 0; j < size; ++j) {
      primal.gram[i * size + j] *= (i == 0 ? length : norm) * (j == 0 ? length : norm);
    }
  }
  for (double& f : primal.value) f *= p.value_unit;
  for (double& mu : dual.grad_norm) mu *= p.rate_unit;
  dual.distance /= p.rate_unit;
  take(problem, std::move(primal), result);
  take(problem, std::move(dual), result);
}

/// What to try where CSDP stops short of the tolerance though no constraint is missing.
constexpr std::array<pep::SolverSettings, 3> attempts{{{1e-9, 0.9, 0.95}, {1e-10, 0.9, 0.95}, {1e-9, 0.8, 0.9}}};

void solve_reduced(const PepProblem& problem, const PepOptions& options, PepResult& result) {
  pep::Reduced reduced(problem);
  std::size_t attempt = 0;
  while (result.rounds < options.rounds) {
    const pep::SolverRun run = pep::run_csdp(reduced.sdpa(), options.solver, attempts[attempt]);
    ++result.rounds;
    result.solver_status = run.status;
    result.solver_seconds += run.seconds;
    const PepPrimal primal = reduced.primal(run.solution);
    const PepDual dual = reduced.dual(run.solution);
    take(problem, primal, result);
    take(problem, dual, result);
    result.released = reduced.columns();
    result.added = reduced.rows();
    if (closed(result, options)) return;
    // For steps so small that the best multipliers are not unique, the solver returns some with the wrong sign.
    if (result.rounds == 1) take(problem, pep::weights_dual(problem), result);
    if (closed(result, options)) return;
    if (!reduced.extend(primal, dual, 1e-7) && ++attempt == attempts.size()) return;
  }
}

}  // namespace

void write_sdpa(std::ostream& out, const PepProblem& problem) {
  const std::size_t T = problem.steps();
  pep::write(out, pep::full_problem(problem), concat({"performance estimation, T = ", std::to_string(T)}));
}

PepResult solve_pep(const PepProblem& problem, const PepOptions& options) {
  check(options);
  PepResult result;
  if (options.method == PepOptions::Method::full) {
    solve_full(problem, options, result);
  } else {
    solve_reduced(problem, options, result);
  }
  result.converged = closed(result, options);
  return result;
}

}  // namespace scheduled
