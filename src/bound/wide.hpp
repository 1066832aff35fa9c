// The bounds in long double, whose exponents have no end here: for rates, norms and distances whose squares or
// quotients leave the range of double on the way. One pass, compensated; some 20 times slower than the kernels.
#pragma once

#include <span>

#include "scheduled/bound.hpp"

namespace scheduled::wide {

/// All of these take checked arguments with a positive last step, and throw std::invalid_argument where the value
/// itself is above the largest double, or positive and below the smallest normal one.
BoundTerms omega_terms(std::span<const double> lr, GradNorm grad_norm, double distance);
OmegaSplit omega_split(std::span<const double> lr, GradNorm grad_norm, double distance);
void omega_gradient(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out);
BoundTerms standard_terms(std::span<const double> lr, GradNorm grad_norm, double distance);
/// After every step, infinite before the first positive one.
void standard_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out);

/// Whether nothing that matters left the range in the kernels: the last and the sum of all rates, the sum of the terms
/// with norms, and the distance. What then is lost to underflow is below 1e-40 of the sum.
inline bool usual(double last, double total, double noise, double distance) noexcept {
  return last >= 1e-60 && total <= 1e60 && noise >= 1e-180 && noise <= 1e250 && distance >= 1e-100 && distance <= 1e100;
}

}  // namespace scheduled::wide
