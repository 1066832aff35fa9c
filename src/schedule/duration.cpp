#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "scheduled/error.hpp"
#include "scheduled/schedule.hpp"

namespace scheduled {
namespace {

constexpr std::string_view allowed =
    "must be a length such as 2000, 50k, 20%, 1.5Ttok, 40Mex or rest (k = 1e3, M = 1e6, B = 1e9, T = 1e12)";

struct Suffix {
  std::string_view text;
  Duration::Unit unit;
};
constexpr std::array suffixes = {Suffix{"tok", Duration::Unit::tokens}, Suffix{"ex", Duration::Unit::examples},
                                 Suffix{"%", Duration::Unit::percent}};

std::string_view suffix_of(Duration::Unit unit) {
  for (const Suffix& suffix : suffixes) {
    if (suffix.unit == unit) return suffix.text;
  }
  return "";
}

double multiplier(char letter) {
  switch (letter) {
    case 'k':
      return 1e3;
    case 'M':
      return 1e6;
    case 'B':
      return 1e9;
    case 'T':
      return 1e12;
    default:
      return 0.0;
  }
}

/// Of a whole number that a double rounds.
bool is_above_largest(std::string_view digits) {
  std::int64_t count = 0;
  const auto [end, error] = std::from_chars(digits.data(), digits.data() + digits.size(), count);
  return error == std::errc() && end == digits.data() + digits.size() && count > largest_count;
}

/// Largest whole number not above `value`, forgiving the rounding of the product that made it.
double whole(double value) {
  const double nearest = std::nearbyint(value);
  const double slack = 4.0 * 2.220446049250313e-16 * std::fabs(value);
  return std::fabs(value - nearest) <= slack ? nearest : std::floor(value);
}

}  // namespace

Duration parse_duration(std::string_view name, std::string_view text) {
  const auto reject = [&](std::string_view why) { fail_value(name, text, why); };
  if (text == "rest") return rest();
  std::string_view number = text;
  Duration duration;
  for (const Suffix& suffix : suffixes) {
    if (number.ends_with(suffix.text)) {
      duration.unit = suffix.unit;
      number.remove_suffix(suffix.text.size());
      break;
    }
  }
  double factor = 1.0;
  if (!number.empty() && duration.unit != Duration::Unit::percent) {
    if (const double letter = multiplier(number.back()); letter != 0.0) {
      factor = letter;
      number.remove_suffix(1);
    }
  }
  const std::optional<double> value = parse_number(number);
  if (!value) reject(allowed);
  duration.value = duration.unit == Duration::Unit::steps ? whole(*value * factor) : *value * factor;
  if (!std::isfinite(*value)) reject("must be finite");
  if (*value < 0.0) reject("must not be negative");
  if (duration.value > static_cast<double>(largest_count) || is_above_largest(number)) reject("must be at most 2^53");
  if (duration.unit == Duration::Unit::steps && std::fabs(duration.value - *value * factor) > 1e-6) {
    reject("must be a whole number of steps (a share of the run is written with %)");
  }
  if (duration.value == 0.0) duration.value = 0.0;  // -0 is 0
  return duration;
}

std::string print_duration(Duration duration) {
  if (duration.unit == Duration::Unit::rest) return "rest";
  return concat({format_number(duration.value), suffix_of(duration.unit)});
}

double resolve_length(std::string_view name, const RealDuration& duration, std::optional<std::int64_t> horizon,
                      const StepSize& step_size) {
  const auto reject = [&](std::string_view why) { fail_value(name, print_duration(duration), why); };
  if (!std::isfinite(duration.value) || duration.value < 0.0) reject("must be finite and >= 0");
  if (duration.value > static_cast<double>(largest_count)) reject("must be at most 2^53");
  switch (duration.unit) {
    case Duration::Unit::steps:
      break;
    case Duration::Unit::percent:
      if (duration.value > 100.0) reject("must be between 0% and 100% of the run");
      if (!horizon) {
        throw NeedsHorizon({.name = std::string(name),
                            .value = print_duration(duration),
                            .requirement = "is a share of the run, which needs steps=..."});
      }
      return duration.value * static_cast<double>(*horizon) / 100.0;
    case Duration::Unit::tokens:
      if (!(step_size.tokens > 0.0)) reject("needs tokens_per_step=...");
      return duration.value / step_size.tokens;
    case Duration::Unit::examples:
      if (!(step_size.examples > 0.0)) reject("needs batch=... (examples per step)");
      return duration.value / step_size.examples;
    case Duration::Unit::rest:
      reject("only a cooldown can take the rest of the run");
  }
  return duration.value;
}

std::int64_t resolve_steps(std::string_view name, Duration duration, std::optional<std::int64_t> horizon,
                           const StepSize& step_size) {
  const auto reject = [&](std::string_view why) { fail_value(name, print_duration(duration), why); };
  const double length = resolve_length(name, duration, horizon, step_size);
  const bool in_steps = duration.unit == Duration::Unit::steps;
  if (in_steps && length != std::floor(length)) reject("must be a whole number of steps");
  const double count = in_steps ? length : whole(length);
  if (count > static_cast<double>(largest_count)) reject("must be at most 2^53 steps");
  return static_cast<std::int64_t>(count);
}

}  // namespace scheduled
