// What may be a trunk, and what leaves it.
#pragma once

#include "scheduled/schedule.hpp"

namespace scheduled::anytime {

/// Throws std::invalid_argument where `trunk` has a horizon or a cooldown.
void require_trunk(const Schedule& trunk);

}  // namespace scheduled::anytime
