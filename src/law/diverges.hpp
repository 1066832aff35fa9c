// Whether a run has left what laws describe. Private.
#pragma once

#include "scheduled/runlog.hpp"

namespace scheduled::law {

/// The last losses are above the lowest by more than their noise, and by 2 % of it; of eight losses or more.
bool diverges(const scheduled::Series& losses);

}  // namespace scheduled::law
