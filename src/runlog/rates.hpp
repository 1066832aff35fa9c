// Rates that are given in place of those that a log has. Private; run folders, which are logs too, use it as well.
#pragma once

#include <span>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {

/// The rate of each row, NaN where it has none, in place of what the column "lr" has. The largest difference is noted
/// where it matters beside `peak`.
void put_rates(RunLog& log, std::span<const double> rates, double peak);

}  // namespace scheduled::runlog
