// Schedules that are plans of their own, without a cooldown.
#pragma once

#include "scheduled/schedule.hpp"

namespace scheduled {

/// Whether the main shape has the rates of a whole run: it may come down by itself, where others are held until a
/// cooldown.
bool is_plan(const ScheduleSpec& spec);

}  // namespace scheduled
