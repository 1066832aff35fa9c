#include <array>
#include <charconv>
#include <cmath>
#include <system_error>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "schedule/timeline.hpp"
#include "scheduled/duration.hpp"
#include "scheduled/error.hpp"

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
  duration.value = duration.unit == Duration::Unit::steps ? rounded_down(*value * factor) : *value * factor;
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

std::int64_t resolve_steps(std::string_view name, Duration duration, std::optional<std::int64_t> horizon,
                           const StepSize& step_size) {
  return Timeline(step_size).after(name, duration, horizon);
}

std::int64_t resolve_steps_after(std::string_view name, Duration duration, std::int64_t begin,
                                 const StepSize& step_size) {
  return Timeline(step_size).after(name, duration, std::nullopt, begin);
}

std::int64_t resolve_steps_before(std::string_view name, Duration duration, std::int64_t end,
                                  const StepSize& step_size) {
  return Timeline(step_size).before(name, duration, end);
}

}  // namespace scheduled
