// Typed lengths of training, what one step of it consumes, and how many steps a length is.
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "scheduled/error.hpp"

namespace scheduled {

/// A typed length of training. `1` is one step and `100%` is the whole run; nothing is guessed from the magnitude.
struct Duration {
  enum class Unit { steps, percent, tokens, examples, rest };
  double value = 0.0;  ///< in `unit`; percent is of the horizon; unused for `rest`
  Unit unit = Unit::steps;
  bool operator==(const Duration&) const = default;
};

/// Factories for use in code: `steps(2000)`, `percent(20)`, `tokens(10e9)`, `examples(40e6)`, `rest()`.
/// `rest()` is all that warmup leaves, so that a decay fills the run.
constexpr Duration steps(std::int64_t count) noexcept { return {static_cast<double>(count), Duration::Unit::steps}; }
constexpr Duration percent(double value) noexcept { return {value, Duration::Unit::percent}; }
constexpr Duration tokens(double count) noexcept { return {count, Duration::Unit::tokens}; }
constexpr Duration examples(double count) noexcept { return {count, Duration::Unit::examples}; }
constexpr Duration rest() noexcept { return {0.0, Duration::Unit::rest}; }

/// A length that need not be whole steps: `half_life=138.28`.
struct RealDuration : Duration {
  constexpr RealDuration(Duration length = {}) noexcept : Duration(length) {}
  bool operator==(const RealDuration&) const = default;
};

/// What is asked for means nothing without a horizon: a cooldown, or a share of the run. `steps` would give one.
class NeedsHorizon : public ArgumentError {
 public:
  using ArgumentError::ArgumentError;
};

/// A change of the batch, with the first step before which so much has been consumed.
struct BatchChange {
  Duration at;         ///< in steps, examples or tokens, later than the change before
  double batch = 0.0;  ///< examples per step from here on
  /// > 0: reached in equal changes of this size, evenly spread from the change before (Megatron's rampup-batch-size).
  double by = 0.0;
  bool operator==(const BatchChange&) const = default;
};

/// What one step of training consumes; needed only where a duration is given in tokens or examples. 0 = not given.
struct StepSize {
  double tokens = 0.0;    ///< tokens per step, > 0 when given
  double examples = 0.0;  ///< examples per step (the batch), > 0 when given; of step 0 where it changes
  double sequence = 0.0;  ///< tokens per example, > 0 when given: instead of `tokens`, which a ramp excludes
  std::vector<BatchChange> ramp = {};  ///< of the batch
  bool operator==(const StepSize&) const = default;
};

/// Reads `2000`, `50k`, `1.5M`, `2B`, `20%`, `10e9tok`, `1.5Ttok`, `40Mex`, `rest` (k = 1e3, M = 1e6, B = 1e9,
/// T = 1e12).
/// Throws ArgumentError with `name`, the text and what is allowed: not a number, negative, a fraction of a step, more
/// than 2^53 steps.
Duration parse_duration(std::string_view name, std::string_view text);

/// Text that parse_duration reads back as an equal value.
std::string print_duration(Duration duration);

/// Whole steps that fit into `duration` (rounded down; a product within 4 ulp of a whole number counts as whole), from
/// the beginning of the run; O(changes of the batch). `horizon` is the run's length, needed for percent (NeedsHorizon).
/// Throws ArgumentError naming `name` where the step size that the unit needs is missing, the value is negative or not
/// finite, a percentage is above 100, or `rest` is given (only a cooldown can take the rest).
std::int64_t resolve_steps(std::string_view name, Duration duration, std::optional<std::int64_t> horizon,
                           const StepSize& step_size);

/// The same for a length that begins after `begin` steps, and one that ends after `end` steps, of which a percentage
/// then is: they differ where the batch changes.
std::int64_t resolve_steps_after(std::string_view name, Duration duration, std::int64_t begin,
                                 const StepSize& step_size);
std::int64_t resolve_steps_before(std::string_view name, Duration duration, std::int64_t end,
                                  const StepSize& step_size);

}  // namespace scheduled
