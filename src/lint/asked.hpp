// What a schedule and the configuration in a log say beside their rates. Private.
#pragma once

#include <optional>

#include "scheduled/error.hpp"
#include "scheduled/runlog.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled::linting {

/// The peak, as `lr`, `learning_rate`, ...; nothing where none is there, or it may be the last value of a column.
std::optional<double> configured_rate(const RunLog& log);
/// The lowest rate, as `min_lr`, ...
std::optional<double> configured_minimum(const RunLog& log);

/// Whether a configuration was refused since its warmup leaves the rest of its run no room.
bool leaves_no_room(const ArgumentError& error);

/// Examples of this update, from 1; nothing where the schedule's batch does not change.
std::optional<double> ramped_batch(const Schedule& schedule, std::int64_t update);

}  // namespace scheduled::linting
