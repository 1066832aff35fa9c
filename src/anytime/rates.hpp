// The rates that a history says.
#pragma once

#include <cstdint>
#include <vector>

#include "anytime/history.hpp"

namespace scheduled::anytime {

/// The rates of updates 1 ... last.
std::vector<double> all_rates(std::int64_t last, const std::vector<Span>& spans);

}  // namespace scheduled::anytime
