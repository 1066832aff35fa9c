// The minimum of a fit's problem.
#pragma once

#include <span>
#include <vector>

#include "law/fit/problem.hpp"

namespace scheduled::law {

struct Minimum {
  std::vector<double> x;
  double objective = 0.0;
  int iterations = 0;
  bool converged = false;
};

/// Levenberg-Marquardt within the bounds; weight: one per run, those of the problem without it.
Minimum minimise(const Problem& problem, std::vector<double> x, int max_iterations,
                 std::span<const double> weight = {});

}  // namespace scheduled::law
