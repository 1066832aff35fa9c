// Checks that the functions of design share.
#pragma once

#include <cstdint>
#include <string_view>

#include "scheduled/bound.hpp"

namespace scheduled {

/// Throws unless there are `last` grad norms and those from `first` on (0-based) are finite, > 0 and not below 1e-60
/// of the largest; returns the largest.
double check_positive_norms(GradNorm grad_norm, std::size_t first, std::size_t last);

/// Throws where a result is 0 or not finite.
void check_in_range(double value);

/// "<name> = <value>: must be at least <least>".
void require_at_least(std::string_view name, std::int64_t value, std::int64_t least);

/// Throws where the worst case has no best scale because it is smallest for rates of 0.
void require_scale(const WorstCaseScale& best);

}  // namespace scheduled
