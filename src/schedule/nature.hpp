// What the parts of a schedule say of themselves, so that nobody outside asks for one by name.
#pragma once

#include <string_view>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// Whether the main shape has the rates of a whole run: it may come down by itself, where others are held until a
/// cooldown.
bool is_plan(const ScheduleSpec& spec);

/// Whether the rate is meant to rise again after a way down.
bool rises_again(const ScheduleSpec& spec);

/// Whether `peak` multiplies rates of the shape's own, and is not the largest of them.
bool peak_is_factor(const ScheduleSpec& spec);

/// Whether the shape is the rates themselves.
bool holds_rates(const ScheduleSpec& spec);

/// A rate that the main shape names and comes down to, and the words for it.
struct NamedRate {
  std::string_view name;
  Rate rate;
};
std::vector<NamedRate> rates_to_reach(const ScheduleSpec& spec);

/// Whether the decay comes down to the final rate that is said beside it.
bool has_final(const Decay& decay);

}  // namespace scheduled
