// A schedule with every duration in steps and every rate in absolute LR: what lr() and fill() read.
#pragma once

#include "schedule/decays/registry.hpp"
#include "schedule/shapes/registry.hpp"
#include "schedule/warmups/registry.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

struct ResolvedSchedule {
  Layout layout;
  std::int64_t warmup_end = 0;  ///< 0 where the warmup is part of the main shape
  std::int64_t cooldown_begin = 0;
  std::int64_t end = 0;  ///< first step past the horizon
  compiled::Warmup warmup;
  compiled::Main main;
  compiled::Decay cooldown;
  double floor = 0.0;
  double last = 0.0;  ///< rate from `end` on
  bool flat = false;  ///< the main shape is 1 throughout
  bool proportional = true;
  double smallest_peak = 0.0;

  double floored(double rate) const noexcept { return rate < floor ? floor : rate; }
};

/// The rate that a functor gives at its step i, or j of a decay.
template <class Functors>
double rate_at(const Functors& functors, std::int64_t i) noexcept {
  return std::visit([i](const auto& functor) { return functor(static_cast<double>(i)); }, functors);
}

/// Checks `spec` and fills in its numbers; throws as Schedule's constructor.
std::shared_ptr<const ResolvedSchedule> resolve(const ScheduleSpec& spec);

}  // namespace scheduled
