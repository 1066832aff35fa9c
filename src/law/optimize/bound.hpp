// What no schedule under a cap, of a given warmup, that never rises afterwards can be below, by a law.
#pragma once

#include <cstdint>
#include <optional>

#include "scheduled/law.hpp"

namespace scheduled::law {

/// Sums taken as integrals. Nothing for momentum and bu, whose gap to the first order bounds them, omega and
/// worst_case.
std::optional<double> loss_bound(const Law& law, std::int64_t updates, double cap);

}  // namespace scheduled::law
