// How the steps, examples and tokens of a run go together where the batch may change, and lengths on its clock.
#pragma once

#include <array>
#include <cmath>
#include <cstdint>
#include <optional>
#include <string_view>
#include <vector>

#include "base/words.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {

template <>
struct Words<Clock> {
  static constexpr std::array<std::string_view, 3> words = {"steps", "examples", "tokens"};
};

/// Largest whole number not above `value`, forgiving the rounding of the product or quotient that made it.
inline double rounded_down(double value) noexcept {
  const double nearest = std::nearbyint(value);
  const double slack = 4.0 * 2.220446049250313e-16 * std::fabs(value);
  return std::fabs(value - nearest) <= slack ? nearest : std::floor(value);
}

class Timeline {
 public:
  using Unit = Duration::Unit;

  /// Throws ArgumentError naming the key: not whole, not one of the two ways to say tokens, changes that do not follow
  /// one another, a clock of what is not said.
  explicit Timeline(const StepSize& step_size, Clock clock = Clock::steps);

  bool knows(Unit unit) const noexcept { return points_.front().size(unit) > 0.0; }
  /// Throws ArgumentError as a length in `unit` does where it is not known.
  void require(std::string_view name, Unit unit, std::string_view said) const;

  /// What the first `step` steps consume, which need not be whole; and the other way round. O(log of the changes).
  double done(Unit unit, double step) const noexcept;
  double step_of(Unit unit, double amount) const noexcept;
  double batch(double step) const noexcept;
  std::vector<double> changes() const;  ///< the steps from which the batch is another

  Unit clock() const noexcept { return clock_; }
  bool counts_steps() const noexcept { return clock_ == Unit::steps; }

  /// Lengths on the clock, whole or real, that begin or end there; a percentage is of `horizon`, or of `end`.
  double length_after(std::string_view name, const RealDuration& length, std::optional<std::int64_t> horizon,
                      double begin) const;
  std::int64_t after(std::string_view name, Duration length, std::optional<std::int64_t> horizon,
                     std::int64_t begin = 0) const;
  std::int64_t before(std::string_view name, Duration length, std::int64_t end) const;

 private:
  /// From here on; `step`, `examples` and `tokens` are those done so far.
  struct Point {
    double step = 0.0;
    double examples = 0.0;
    double tokens = 0.0;
    double batch = 0.0;
    double tokens_per_step = 0.0;

    double amount(Unit unit) const noexcept {
      return unit == Unit::steps ? step : unit == Unit::tokens ? tokens : examples;
    }
    double size(Unit unit) const noexcept {
      return unit == Unit::steps ? 1.0 : unit == Unit::tokens ? tokens_per_step : batch;
    }
  };

  void add_ramp(const StepSize& step_size);
  void add_change(std::size_t k, const BatchChange& change, double sequence);
  double checked(std::string_view name, const Duration& length, std::optional<std::int64_t> horizon) const;
  std::int64_t whole(std::string_view name, Duration said, double length) const;

  std::vector<Point> points_;
  double last_change_ = 0.0;  // where it is asked for, in steps that need not be whole
  Unit clock_;
};

}  // namespace scheduled
