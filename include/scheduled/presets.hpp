// Published schedules by name: `preset:smollm3-3b` wherever a schedule is, `preset:smollm3-3b(steps=20k, peak=1e-3)`
// scaled to another horizon.
#pragma once

#include <span>
#include <string_view>

#include "scheduled/schedule.hpp"

namespace scheduled {

struct Preset {
  std::string_view name;     ///< "smollm3-3b"
  std::string_view spec;     ///< as published
  std::string_view source;   ///< where its numbers are from
  std::string_view caution;  ///< what the spec leaves out or takes for granted; empty: nothing
  bool needs_steps = false;  ///< only its shape is published
};

/// All of them; docs/guide/schedules.md has them as a table.
std::span<const Preset> presets() noexcept;

/// `name` without "preset:". Throws ArgumentError naming `preset` where there is none of this name.
const Preset& find_preset(std::string_view name);

/// As published; or, with `steps`, with all lengths times steps over its own, rounded to whole steps, at least one
/// where there was one. `name` without "preset:". Throws ArgumentError naming `preset` where there is none of this
/// name, and NeedsHorizon where it is published without a horizon and `steps` is not given.
Schedule preset(std::string_view name, std::optional<Duration> steps = std::nullopt);

}  // namespace scheduled
