// A schedule with every duration in steps and every rate in absolute LR: what lr() and fill() read.
#pragma once

#include "schedule/mains.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

struct ResolvedSchedule {
  Layout layout;
  std::int64_t warmup_end = 0;  ///< 0 where the main shape has its own warmup (noam)
  std::int64_t cooldown_begin = 0;
  std::int64_t end = 0;  ///< first step past the horizon
  double warmup_from = 0.0;
  double warmup_to = 0.0;
  double warmup_offset = 0.0;  ///< 1: the last warmup step is at the peak; 0: the step after it
  compiled::Main main;
  compiled::Decay cooldown;
  double last = 0.0;  ///< rate from `end` on
  bool proportional = true;
  double smallest_peak = 0.0;

  double warmup(double i) const noexcept {
    return warmup_from + (warmup_to - warmup_from) * ((i + warmup_offset) / static_cast<double>(warmup_end));
  }
  double main_rate(std::int64_t i) const noexcept {
    return std::visit([i](const auto& shape) { return shape(static_cast<double>(i)); }, main);
  }
};

/// Checks `spec` and fills in its numbers; throws as Schedule's constructor.
std::shared_ptr<const ResolvedSchedule> resolve(const ScheduleSpec& spec);

}  // namespace scheduled
