// A trunk: training that goes on at its learning rate, and the cooldowns that branch off it.
#pragma once

#include <cstdint>
#include <memory>
#include <span>
#include <vector>

#include "scheduled/schedule.hpp"

namespace scheduled {

/// Steps of a cooldown that is `percent` of the run that it ends, when it begins after `start` steps:
/// start p/(100 - p), rounded down as all shares are, so that the same share of start + cooldown gives it back.
/// start >= 0, 0 <= percent < 100.
std::int64_t steps_for_share(std::int64_t start, double percent);

/// Steps of a cooldown of this length that begins after `start` steps; a share is of the run that it ends. Throws
/// ArgumentError naming `cooldown`: less than one step, a share of 100% or more, tokens or examples without step_size.
std::int64_t cooldown_steps(Duration length, std::int64_t start, const StepSize& step_size = {});

/// What has been trained so far, and how it goes on. An immutable value; copies are cheap. Thread-safe.
class Trunk {
 public:
  /// The first `step` updates of `schedule`, step >= 0. It has neither horizon nor cooldown; or it is flat: then `step`
  /// >= 1 lies after the warmup and before the cooldown. Throws ArgumentError naming trunk or step.
  Trunk(const Schedule& schedule, std::int64_t step);

  /// The rates of all updates so far, of which the last one goes on: finite, >= 0, the last > 0. Throws ArgumentError
  /// naming `done` and the index.
  explicit Trunk(std::vector<double> done);

  std::int64_t step() const noexcept { return step_; }

  /// The rates that it was made of; empty where it was made of a schedule.
  std::span<const double> done() const noexcept;

  /// As it goes on: without horizon and cooldown. Of rates, the plain schedule that they look like: their last one,
  /// after a linear warmup where they begin with one.
  const Schedule& schedule() const noexcept { return schedule_; }

  /// The first `count` >= 0 rates, those done and those to come.
  std::vector<double> values(std::int64_t count) const;

  /// The trunk for `start` >= step() updates, later than its warmup, then a cooldown of `length` >= 1 steps with decay
  /// and final rate of `cooldown`, whose own length is not read: a schedule of start + length steps with the trunk's
  /// bits before `start`. Of rates, a table; a share in `cooldown.final` is then of the last rate. Throws ArgumentError
  /// naming start or cooldown, and as Schedule's constructor.
  Schedule branch(std::int64_t start, std::int64_t length, const Cooldown& cooldown) const;

  /// The same schedule and steps, and the same rates where it was made of rates.
  bool operator==(const Trunk& other) const;

 private:
  std::shared_ptr<const std::vector<double>> done_;  // only of rates
  std::int64_t step_ = 0;
  Schedule schedule_;
};

}  // namespace scheduled
