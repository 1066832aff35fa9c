// Schedules within results as JSON (base/record.hpp).
#pragma once

#include "base/json.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// What print_json prints, as a value.
Json describe_as_json(const Schedule& schedule);

}  // namespace scheduled
