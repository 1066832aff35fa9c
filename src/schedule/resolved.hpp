// A schedule with every duration in steps and every rate in absolute LR: what lr() and fill() read.
#pragma once

#include "schedule/decays/registry.hpp"
#include "schedule/shapes/registry.hpp"
#include "schedule/timeline.hpp"
#include "schedule/warmups/registry.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

/// From steps to places on the clock, and back (Clock).
struct Timekeeping {
  Timeline timeline;
  bool at_first = false;  ///< a step has the rate of the first that it consumes, else of the last

  double at(std::int64_t i) const noexcept {
    if (timeline.counts_steps()) return static_cast<double>(i);
    const double first = timeline.done(timeline.clock(), static_cast<double>(i));
    return at_first ? first : timeline.done(timeline.clock(), static_cast<double>(i) + 1.0) - 1.0;
  }
  /// Of a run of this length: the whole steps of it, but where one may end within its last step.
  std::int64_t whole(std::int64_t length) const noexcept {
    const auto steps = static_cast<double>(steps_within(length));
    return at_first ? length : static_cast<std::int64_t>(timeline.done(timeline.clock(), steps));
  }
  /// Steps that are wholly within the first `mark` of the clock, and steps whose place is before it.
  std::int64_t steps_within(std::int64_t mark) const noexcept {
    return static_cast<std::int64_t>(rounded_down(timeline.step_of(timeline.clock(), static_cast<double>(mark))));
  }
  std::int64_t steps_before(std::int64_t mark) const noexcept {
    const double step = timeline.step_of(timeline.clock(), static_cast<double>(mark));
    return static_cast<std::int64_t>(at_first ? -rounded_down(-step) : rounded_down(step));
  }
};

/// The rate that a functor gives at its step i, or j of a decay.
template <class Functors>
double rate_at(const Functors& functors, double i) noexcept {
  return std::visit([i](const auto& functor) { return functor(i); }, functors);
}

struct ResolvedSchedule {
  Timekeeping keeping;
  Layout layout = {};           ///< in steps
  Layout time = {};             ///< on the clock, as all that follows
  std::int64_t warmup_end = 0;  ///< 0 where the warmup is part of the main shape
  std::int64_t cooldown_begin = 0;
  std::int64_t end = 0;  ///< first place past the horizon
  compiled::Warmup warmup = {};
  compiled::Main main = {};
  compiled::Decay cooldown = {};
  double floor = 0.0;
  double last = 0.0;  ///< rate past the horizon
  bool flat = false;  ///< the main shape is 1 throughout
  bool proportional = true;
  double smallest_peak = 0.0;

  double floored(double rate) const noexcept { return rate < floor ? floor : rate; }
  /// At a place on the clock within the horizon.
  double rate(double place) const noexcept {
    if (place < static_cast<double>(warmup_end)) return rate_at(warmup, place);
    const auto begin = static_cast<double>(cooldown_begin);
    return floored(time.cooldown_steps == 0 || place < begin ? rate_at(main, place)
                                                             : rate_at(cooldown, place - begin + 1.0));
  }
  /// out[k] = the rate at place first + k, past the horizon the last one.
  void fill(std::int64_t first, std::span<double> out) const;
};

/// Checks `spec` and fills in its numbers; throws as Schedule's constructor.
std::shared_ptr<const ResolvedSchedule> resolve(const ScheduleSpec& spec);

}  // namespace scheduled
