// The gradient norm over a run as a function with six parameters.
#pragma once

#include <span>

namespace scheduled::figures {

/// y(s) = start exp(-rate s^power) + end s^growth + floor over the share s of the run, the function of the paper's code
/// (which writes the rate as -alpha gamma^power). start, end, floor >= 0; rate, power, growth > 0.
struct NormFit {
  double start = 0.0, rate = 1.0, power = 1.0, end = 0.0, growth = 1.0, floor = 0.0;
  double squares = 0.0;  ///< the sum of squared residuals
  double operator()(double share) const;
};

/// Least squares by variable projection: given rate, power and growth the rest is linear; Nelder-Mead over their
/// logarithms from a fixed start. A local minimum. share in (0, 1]. Throws ArgumentError where there are fewer
/// than six points or the lengths differ.
NormFit fit_norm(std::span<const double> share, std::span<const double> norm);

}  // namespace scheduled::figures
