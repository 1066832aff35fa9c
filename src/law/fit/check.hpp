// What a fit can be asked.
#pragma once

#include <vector>

#include "scheduled/law.hpp"

namespace scheduled::law {

/// Throws as fit_law.
void check_fit(LawKind kind, const std::vector<FitRun>& runs, const FitOptions& options);

}  // namespace scheduled::law
