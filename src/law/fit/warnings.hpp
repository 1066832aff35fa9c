// What a fit says of the runs it was made from.
#pragma once

#include <span>
#include <string>
#include <vector>

#include "scheduled/law.hpp"

namespace scheduled::law {

/// Whether rates fall after their peak, by more than rounding of a log.
bool lowers_rate(std::span<const double> lr);
/// Runs that lower their rate up to their last loss.
int decays_in(const std::vector<FitRun>& runs);
void add_warnings(const std::vector<FitRun>& runs, LawFit& fit);

/// One for each run whose losses are far from those of most others at the same step. (loss_units.cpp)
std::vector<std::string> unit_warnings(const std::vector<FitRun>& runs);

}  // namespace scheduled::law
