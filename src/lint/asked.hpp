// What the configuration in a log says of its rates. Private.
#pragma once

#include <optional>

#include "scheduled/runlog.hpp"

namespace scheduled::linting {

/// The peak, as `lr`, `learning_rate`, ...; nothing where none is there, or it may be the last value of a column.
std::optional<double> configured_rate(const RunLog& log);
/// The lowest rate, as `min_lr`, ...
std::optional<double> configured_minimum(const RunLog& log);

}  // namespace scheduled::linting
