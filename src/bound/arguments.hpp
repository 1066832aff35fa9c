// Checks that the functions of the bound share.
#pragma once

#include <span>

#include "scheduled/bound.hpp"

namespace scheduled {

/// Throws as the functions of bound.hpp: no step, a rate or grad norm that is not finite and >= 0, distance <= 0.
void check_bound_arguments(std::span<const double> lr, GradNorm grad_norm, double distance);

/// Throws where the bound itself is too large.
[[noreturn]] void fail_above_largest();

}  // namespace scheduled
