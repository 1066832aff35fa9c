#include "pep/full.hpp"

#include <algorithm>

#include "pep/scaled.hpp"

namespace scheduled::pep {
namespace {

/// Number of the constraint f_j - f_i <= <g_j, x_j - x_i>, 0 <= i <= T, 1 <= j <= T, i != j; i = 0 is x*.
std::size_t pair_constraint(std::size_t T, std::size_t i, std::size_t j) {
  return (j - 1) * T + (i < j ? i : i - 1) + 1;
}
std::size_t norm_constraint(std::size_t T, std::size_t t) { return T * T + t; }
std::size_t distance_constraint(std::size_t T) { return T * T + T + 1; }

/// Gram entries of <g_j, x_i - x_j> with x_i - x_j = -+ sum of eta_k g_k over the steps between. A matrix entry beside
/// the diagonal counts twice in a trace, hence the halves.
void add_step_products(SdpaProblem& sdp, std::size_t c, const PepProblem& problem, std::size_t i, std::size_t j) {
  const auto eta = [&](std::size_t k) { return problem.lr()[k - 1]; };
  for (std::size_t k = i; k < j; ++k) sdp.add(c, 1, k + 1, j + 1, 0.5 * eta(k));
  for (std::size_t k = j; k < i; ++k) sdp.add(c, 1, j + 1, k + 1, k == j ? -eta(k) : -0.5 * eta(k));
}

}  // namespace

SdpaProblem full_problem(const PepProblem& problem) {
  const std::size_t T = problem.steps();
  SdpaProblem sdp;
  sdp.matrix_size = T + 1;
  sdp.diagonal_size = (T + 1) * (T + 1);
  sdp.objective.assign(distance_constraint(T), 0.0);
  sdp.add(0, 2, T, T, 1.0);  // maximise f_T
  for (std::size_t j = 1; j <= T; ++j) {
    for (std::size_t i = 0; i <= T; ++i) {
      if (i == j) continue;
      const std::size_t c = pair_constraint(T, i, j);
      if (i == 0) {
        // f_j - <g_j, x_1 - x*> + sum of eta_k <g_j, g_k> over k < j
        sdp.add(c, 1, 1, j + 1, -0.5);
        add_step_products(sdp, c, problem, 1, j);
      } else {
        add_step_products(sdp, c, problem, i, j);
      }
      // f_j - f_i, in ascending order of the entries.
      if (i > 0 && i < j) sdp.add(c, 2, i, i, -1.0);
      sdp.add(c, 2, j, j, 1.0);
      if (i > j) sdp.add(c, 2, i, i, -1.0);
      sdp.add(c, 2, T + c, T + c, 1.0);
    }
  }
  for (std::size_t t = 1; t <= T; ++t) {
    const std::size_t c = norm_constraint(T, t);
    sdp.objective[c - 1] = problem.grad_norm()[t - 1] * problem.grad_norm()[t - 1];
    sdp.add(c, 1, t + 1, t + 1, 1.0);
    sdp.add(c, 2, T + c, T + c, 1.0);
  }
  const std::size_t c = distance_constraint(T);
  sdp.objective[c - 1] = problem.distance() * problem.distance();
  sdp.add(c, 1, 1, 1, 1.0);
  sdp.add(c, 2, T + c, T + c, 1.0);
  return sdp;
}

PepPrimal full_primal(const PepProblem& problem, const SdpaSolution& solution) {
  const auto T = static_cast<std::ptrdiff_t>(problem.steps());
  return {solution.matrix, {solution.diagonal.begin(), solution.diagonal.begin() + T}};
}

PepDual full_dual(const PepProblem& problem, const SdpaSolution& solution) {
  const std::size_t T = problem.steps();
  PepDual dual;
  dual.pair.assign((T + 1) * (T + 1), 0.0);
  dual.grad_norm.resize(T);
  for (std::size_t j = 1; j <= T; ++j) {
    for (std::size_t i = 0; i <= T; ++i) {
      if (i != j) dual.pair[pair_index(T, i, j)] = solution.y[pair_constraint(T, i, j) - 1];
    }
    dual.grad_norm[j - 1] = solution.y[norm_constraint(T, j) - 1];
  }
  dual.distance = solution.y[distance_constraint(T) - 1];
  return dual;  // the multipliers of f_t >= 0 follow from the others
}

}  // namespace scheduled::pep
