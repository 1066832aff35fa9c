// Layer 0: argument checks and error text, exact number text, compensated sums, durations.
#pragma once

#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>

namespace scheduled {

/// Version of the library, "major.minor.patch".
std::string_view version() noexcept;

/// Shortest decimal text that reads back as exactly `value` ("0.001", "1e-300", "nan", "-inf"). Locale-independent.
std::string format_number(double value);

/// Reads all of `text` as a decimal number; nothing on anything else (blanks, trailing text, "0x..", overflow to
/// infinity). "nan" and "inf" read as such, so that callers can name them in their errors. Locale-independent.
std::optional<double> parse_number(std::string_view text) noexcept;

/// Checks at the public edge. Each throws std::invalid_argument with the text "<name> = <value>: must be <what>";
/// for spans "<name>[<index>] = <value>: must be <what>" at the first offending index. O(n).
void require_positive(std::string_view name, double value);      ///< finite and > 0
void require_non_negative(std::string_view name, double value);  ///< finite and >= 0
void require_non_negative(std::string_view name, std::span<const double> values);

/// Sum with Neumaier's compensation: relative error of a sum of n non-negative terms <= 2^-53 + n^2 2^-105.
class CompensatedSum {
 public:
  void add(double term) noexcept;
  double value() const noexcept { return sum_ + compensation_; }

 private:
  double sum_ = 0.0;
  double compensation_ = 0.0;
};

/// What one step of training consumes; needed only where a duration is given in tokens or examples. 0 = not given.
struct StepSize {
  double tokens = 0.0;    ///< tokens per step, > 0 when given
  double examples = 0.0;  ///< examples per step (the batch), > 0 when given
  bool operator==(const StepSize&) const = default;
};

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

/// Reads `2000`, `50k`, `1.5M`, `2B`, `20%`, `10e9tok`, `10Btok`, `40Mex`, `rest` (k = 1e3, M = 1e6, B = 1e9).
/// `name` is only for the error text. Throws std::invalid_argument that names `name`, the text and what is allowed:
/// not a number, negative, a fraction of a step, more than 2^53 steps.
Duration parse_duration(std::string_view name, std::string_view text);

/// Text that parse_duration reads back as an equal value.
std::string print_duration(Duration duration);

/// Whole steps that fit into `duration` (rounded down; a product within 4 ulp of a whole number counts as whole).
/// `horizon` is the run's length, needed for percent. Throws std::invalid_argument naming `name` where the horizon or
/// the step size that the unit needs is missing, the value is negative or not finite, a percentage is above 100,
/// or `rest` is given (only a cooldown can take the rest).
std::int64_t resolve_steps(std::string_view name, Duration duration, std::optional<std::int64_t> horizon,
                           const StepSize& step_size);

}  // namespace scheduled
