// Layer 1: a learning-rate schedule as a value: parse, print, lr(i), fill a span.
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/base.hpp"
#include "scheduled/schedule_shapes.hpp"

namespace scheduled {

/// What a user says about a schedule, as said; `Schedule` checks and resolves it.
struct ScheduleSpec {
  Shape shape = Constant{};
  std::optional<Duration> steps;  ///< horizon, warmup and cooldown included; nothing: trains without one
  double peak = 1.0;              ///< base LR that multiplies the shape, finite and > 0
  Warmup warmup;
  std::optional<Cooldown> cooldown = std::nullopt;  ///< needs a horizon
  StepSize step_size;                               ///< only where a duration is in tokens or examples, and for `power`
  bool operator==(const ScheduleSpec&) const = default;
};

/// Where the parts of a schedule lie, in 0-based steps.
struct Layout {
  std::optional<std::int64_t> steps = std::nullopt;  ///< T
  std::int64_t warmup_steps = 0;                     ///< W: steps 0 ... W-1
  std::int64_t cooldown_steps = 0;                   ///< C: steps T-C ... T-1
  bool operator==(const Layout&) const = default;
};

struct ResolvedSchedule;  // src/schedule/resolved.hpp

/// An immutable schedule; copies are cheap. Step counts are 0-based: lr(0) is the rate of the first update, eta_t of
/// THEORY is lr(t-1). Thread-safe.
class Schedule {
 public:
  /// Checks and resolves `spec`, O(1) but for tables and milestones. Throws std::invalid_argument that names the key,
  /// its value and what is allowed: steps < 1, warmup + cooldown > steps, a percentage without a horizon, tokens
  /// without tokens_per_step, start or final above the peak, an exponential cooldown to 0, a cooldown without a
  /// horizon, ...
  explicit Schedule(ScheduleSpec spec);

  /// Reads spec text such as `wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3, final=0)`; the names,
  /// keys and defaults are listed in docs/guide/schedules.md and by schedule_help(). Also reads print_json's output.
  /// Throws std::invalid_argument: unknown name, unknown, repeated or missing key, and all of the constructor's.
  /// A spec without a horizon gets `default_steps`, if given; a table has its own.
  static Schedule parse(std::string_view text, std::optional<Duration> default_steps = std::nullopt);

  /// Whether `text`, as for parse, gives the base LR: by its key `peak`, or as a table of rates. Throws as parse does
  /// where the text itself is wrong.
  static bool says_peak(std::string_view text);

  /// Explicit values as a schedule; `values` are times `peak`.
  static Schedule table(std::vector<double> values, double peak = 1.0);

  /// Rate of the 0-based step i; O(1) (O(log n) in the milestones or results), no allocation. Past a finite horizon it
  /// stays at the last step's rate. i < 0 reads as 0.
  double lr(std::int64_t i) const noexcept;

  /// out[k] = lr(first + k), bit for bit; first >= 0 (else std::invalid_argument). About 1-10 ns a value.
  void fill(std::int64_t first, std::span<double> out) const;

  /// The first `count` rates; without `count` the whole run, for which a horizon is needed (std::invalid_argument).
  std::vector<double> values(std::optional<std::int64_t> count = {}) const;

  /// The same schedule with another peak or horizon; relative parts follow. Throws as the constructor (a table has no
  /// other horizon).
  Schedule with_peak(double peak) const;
  Schedule with_steps(Duration steps) const;

  const ScheduleSpec& spec() const noexcept { return *spec_; }
  const Layout& layout() const noexcept;
  std::optional<std::int64_t> steps() const noexcept { return layout().steps; }
  double peak() const noexcept { return spec_->peak; }

  /// False where an absolute start, plateau or final LR other than 0 breaks the proportionality of lr to the peak.
  bool proportional_to_peak() const noexcept;

  /// The smallest peak that the absolute start, plateau and final LR allow; 0 where there are none.
  double smallest_peak() const noexcept;

  /// Equal when the specs are: the same text, not only the same values.
  friend bool operator==(const Schedule& a, const Schedule& b) { return *a.spec_ == *b.spec_; }

 private:
  std::shared_ptr<const ScheduleSpec> spec_;
  std::shared_ptr<const ResolvedSchedule> resolved_;
};

/// Canonical spec text; Schedule::parse(print(s)) == s.
std::string print(const Schedule& schedule);

/// The same as a JSON object, e.g. {"schedule":"wsd","steps":50000,"cooldown":"20%",...}; Schedule::parse reads it back
/// to an equal value.
std::string print_json(const Schedule& schedule);

/// The name a spec starts with: "wsd", "cosine", ...
std::string schedule_name(const Schedule& schedule);

/// One line per schedule name with its keys, for help texts and the docs table.
struct ScheduleHelp {
  std::string_view name;
  std::string_view example;  ///< parses
  std::string_view meaning;
};
std::span<const ScheduleHelp> schedule_help() noexcept;

/// A cooldown in the words of the spec language: a length such as `20%` or `5k`; a shape; and the rate at its end, or a
/// share of the peak such as `10%`. Whether the final rate is below the peak is for the schedule that uses it to check.
/// Throws std::invalid_argument naming cooldown, decay or final, its value and what is allowed.
Cooldown parse_cooldown(std::string_view length, std::string_view decay = "linear", std::string_view final_lr = "0");

/// Steps of a cooldown that begins after `start` steps and is `percent` of the run that it ends, to the nearest step:
/// start p/(100 - p). start >= 0, 0 <= percent < 100.
std::int64_t steps_for_share(std::int64_t start, double percent);

}  // namespace scheduled
