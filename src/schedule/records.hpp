// How values of this module stand in the results of others.
#pragma once

#include "base/json.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// What print_json prints, as a value.
Json schedule_json(const Schedule& schedule);

/// A schedule within a result is its spec text.
inline Json describe_as_json(const Schedule& schedule) { return print(schedule); }

}  // namespace scheduled
