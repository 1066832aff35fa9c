// Layer 1: how schedules are shown: short names, and the steps that deserve a row of a table.
#pragma once

#include <cstdint>
#include <map>
#include <span>
#include <string>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// Names for a table or legend from spec texts: `key=value` parts that all of several specs share are left out, and the
/// peak unless `with_peak`. A text that is no spec keeps its beginning up to the first parenthesis and its parts.
std::vector<std::string> short_names(std::span<const std::string> specs, bool with_peak);

/// Up to `points` values of t from 1 to T, evenly spaced, both ends included; T >= 1.
std::vector<std::int64_t> spread_steps(std::int64_t T, std::size_t points);

/// 0-based steps worth a row, each with why ("last warmup", ...; empty: only to have some between): where the parts of
/// the schedule meet, and nine evenly spaced ones up to `end` or the horizon.
std::map<std::int64_t, std::string> informative_steps(const Schedule& schedule, std::int64_t end);

/// The same for a table over finished updates 1 ... T.
std::map<std::int64_t, std::string> informative_updates(const Schedule& schedule, std::int64_t T);

}  // namespace scheduled
