// What a loss curve can be asked of. Private.
#pragma once

#include <cstdint>
#include <span>

namespace scheduled::law {

/// Throws ArgumentError as law_curve, of rates and steps.
void check_series(std::span<const double> lr, std::span<const std::int64_t> step);

}  // namespace scheduled::law
