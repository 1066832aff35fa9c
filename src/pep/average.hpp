// The performance-estimation SDP for an average of iterates: a point with a value and a subgradient of its own.
#pragma once

#include <span>
#include <string>

#include "pep/sdpa.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::pep {

/// Maximise f(xbar) - f*, xbar = sum weights_t x_t, over what PepProblem allows and subgradients of xbar of norm at
/// most max G. In block 1 index T+2 is that subgradient, in block 2 entry T+1 is f(xbar) - f*. weights: T values of the
/// sum
/// 1. (T+1)^2 + T + 2 constraints, about 2 T^3/3 lines.
SdpaProblem average_problem(const PepProblem& problem, std::span<const double> weights);

/// Both values of the solver, right to about its tolerance; no certificate of ours.
struct AverageValues {
  double primal = 0.0;
  double dual = 0.0;
  int status = 0;  ///< CSDP's exit code
};
AverageValues solve_average(const PepProblem& problem, std::span<const double> weights,
                            const std::string& solver = "csdp");

}  // namespace scheduled::pep
