// The performance-estimation SDP for an average of iterates.
#include <algorithm>
#include <cmath>
#include <string>
#include <vector>

#include "base/error.hpp"
#include "pep/csdp.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::pep {
namespace {

/// x_i - x_1 over (x_1 - x*, g_1 ... g_T) for i = 0 (x*), 1 ... T and T+1 (the average).
std::vector<std::vector<double>> points(const PepProblem& problem, std::span<const double> weights) {
  const std::size_t T = problem.steps();
  std::vector<std::vector<double>> all(T + 2, std::vector<double>(T + 2, 0.0));
  all[0][0] = -1.0;
  for (std::size_t i = 2; i <= T; ++i) {
    all[i] = all[i - 1];
    all[i][i - 1] = -problem.lr()[i - 2];
  }
  for (std::size_t t = 1; t <= T; ++t) {
    for (std::size_t k = 1; k < t; ++k) all[T + 1][k] += weights[t - 1] * all[t][k];
  }
  return all;
}

/// Maximise f(xbar) - f*. In block 1 index T+2 is the subgradient at xbar, in block 2 entry T+1 is f(xbar) - f*.
SdpaProblem average_problem(const PepProblem& problem, std::span<const double> weights) {
  const std::size_t T = problem.steps();
  const std::size_t n = T + 1;  // points with a subgradient
  const auto x = points(problem, weights);
  SdpaProblem sdp;
  sdp.matrix_size = n + 1;
  sdp.diagonal_size = n + n * n + n + 1;
  sdp.add(0, 2, n, n, 1.0);
  std::size_t c = 0;
  const auto close = [&](double bound) {  // the slack that makes constraint c an equality
    sdp.add(c, 2, n + c, n + c, 1.0);
    sdp.objective.push_back(bound);
  };
  for (std::size_t j = 1; j <= n; ++j) {
    for (std::size_t i = 0; i <= n; ++i) {
      if (i == j) continue;
      ++c;
      for (std::size_t k = 0; k <= n; ++k) {  // <g_j, x_i - x_j>
        const double part = x[i][k] - x[j][k];
        if (part != 0.0) sdp.add(c, 1, std::min(j, k) + 1, std::max(j, k) + 1, k == j ? part : 0.5 * part);
      }
      if (i > 0 && i < j) sdp.add(c, 2, i, i, -1.0);
      sdp.add(c, 2, j, j, 1.0);
      if (i > j) sdp.add(c, 2, i, i, -1.0);
      close(0.0);
    }
  }
  const double most = *std::max_element(problem.grad_norm().begin(), problem.grad_norm().end());
  for (std::size_t t = 1; t <= n; ++t) {
    ++c;
    sdp.add(c, 1, t + 1, t + 1, 1.0);
    const double G = t <= T ? problem.grad_norm()[t - 1] : most;
    close(G * G);
  }
  ++c;
  sdp.add(c, 1, 1, 1, 1.0);
  close(problem.distance() * problem.distance());
  return sdp;
}

}  // namespace
}  // namespace scheduled::pep

namespace scheduled {

PepAverage solve_pep_average(const PepProblem& problem, std::span<const double> weights, const std::string& solver) {
  if (weights.size() != problem.steps()) {
    fail_argument("weights", concat({"must have ", std::to_string(problem.steps()), " values, not ",
                                     std::to_string(weights.size())}));
  }
  double sum = 0.0;
  for (std::size_t t = 0; t < weights.size(); ++t) {
    if (!(weights[t] >= 0.0 && std::isfinite(weights[t])))
      fail_entry("weights", t, weights[t], "must be finite and >= 0");
    sum += weights[t];
  }
  if (!(sum > 0.0)) fail_argument("weights", "are all 0");
  std::vector<double> shares(weights.begin(), weights.end());
  for (double& share : shares) share /= sum;
  const pep::SdpaProblem sdp = pep::average_problem(problem, shares);
  const pep::SolverRun run = pep::run_csdp(sdp, solver);
  PepAverage found{run.solution.diagonal[problem.steps()], 0.0, run.status};
  for (std::size_t c = 0; c < sdp.objective.size(); ++c) found.dual += sdp.objective[c] * run.solution.y[c];
  return found;
}

}  // namespace scheduled
