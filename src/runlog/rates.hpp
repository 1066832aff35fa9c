// Rates that are given in place of those that a log has. Private; run folders, which are logs too, use it as well.
#pragma once

#include <cstdint>
#include <span>
#include <string>

#include "scheduled/runlog.hpp"

namespace scheduled::runlog {

/// The rate of each row, NaN where it has none, in place of what the column "lr" has. The largest difference is noted
/// where it matters beside `peak`.
void put_rates(RunLog& log, std::span<const double> rates, double peak);

/// "lr = X was logged after step S; the rate given for that update is Y, and counts".
std::string rate_difference(double logged, std::int64_t step, double given);

}  // namespace scheduled::runlog
