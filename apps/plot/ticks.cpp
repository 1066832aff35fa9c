#include "plot/ticks.hpp"

#include <fmt/format.h>

#include <algorithm>
#include <array>
#include <cmath>
#include <string_view>

namespace scheduled::plot {
namespace {

/// The smallest of 1, 2, 2.5, 5, 10 times a power of ten that is >= `size`.
double round_step(double size) {
  const double decade = std::pow(10.0, std::floor(std::log10(size)));
  for (const double factor : {1.0, 2.0, 2.5, 5.0}) {
    if (factor * decade >= size * (1.0 - 1e-9)) return factor * decade;
  }
  return 10.0 * decade;
}

/// Digits after the point that multiples of `step` need.
int decimals(double step) {
  int digits = 0;
  while (digits < 12 && std::fabs(step - std::round(step)) > 1e-6 * step) {
    step *= 10.0;
    ++digits;
  }
  return digits;
}

struct Suffix {
  double unit;
  std::string_view text;
};

Suffix count_suffix(double largest) {
  if (largest >= 1e10) return {1e9, "B"};
  if (largest >= 1e7) return {1e6, "M"};
  if (largest >= 1e4) return {1e3, "k"};
  return {1.0, ""};
}

/// "500", "20k", "3M": where numbers of one axis span decades, each has a suffix of its own.
std::string count_text(double value) {
  for (const Suffix suffix : {Suffix{1e9, "B"}, Suffix{1e6, "M"}, Suffix{1e3, "k"}}) {
    if (value >= suffix.unit * (1.0 - 1e-9)) return fmt::format("{:.4g}{}", value / suffix.unit, suffix.text);
  }
  return fmt::format("{:.4g}", value);
}

int common_exponent(double largest) {
  if (largest == 0.0 || (largest >= 0.01 && largest < 1e5)) return 0;
  return static_cast<int>(std::floor(std::log10(largest) + 1e-9));
}

Ticks linear_ticks(const Axis& axis, Range range, int wanted) {
  Ticks out;
  const double step = round_step((range.high - range.low) / std::max(wanted, 1));
  const double largest = std::max(std::fabs(range.low), std::fabs(range.high));
  const Suffix suffix = axis.ticks == TickStyle::count ? count_suffix(largest) : Suffix{1.0, ""};
  if (axis.ticks == TickStyle::number) out.exponent = common_exponent(largest);
  const double unit = suffix.unit * std::pow(10.0, out.exponent);
  const int digits = decimals(step / unit);
  const double slack = 1e-9 * (range.high - range.low);
  const double first = std::ceil((range.low - slack) / step);
  for (int n = 0; n < 1000 && (first + n) * step <= range.high + slack; ++n) {
    const double k = first + n;
    const double at = k == 0.0 ? 0.0 : k * step;  // no -0
    out.ticks.push_back({at, at == 0.0 ? "0" : fmt::format("{:.{}f}{}", at / unit, digits, suffix.text)});
  }
  return out;
}

/// Of a log axis.
bool within(Range range, double at) {
  return at > 0.0 && std::isfinite(at) && at >= range.low * (1.0 - 1e-9) && at * (1.0 - 1e-9) <= range.high;
}

Ticks decade_ticks(const Axis& axis, Range range, int wanted, bool unicode) {
  Ticks out;
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  const int every = std::max(1, (last - first) / std::max(wanted, 1));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double factor : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0}) {
      const double at = factor * std::pow(10.0, exponent);
      if (!within(range, at)) continue;
      const bool numbered = factor == 1.0 && exponent % every == 0;
      if (!numbered && every > 1) continue;
      const bool count = axis.ticks == TickStyle::count && at >= 1.0 && at < 1e12;
      out.ticks.push_back({at, !numbered ? "" : count ? count_text(at) : power_of_ten(exponent, unicode)});
    }
  }
  return out;
}

/// Less than two decades: 1-2-5 as plain numbers.
Ticks few_decades_ticks(const Axis& axis, Range range) {
  Ticks out;
  const bool count = axis.ticks == TickStyle::count;
  if (!count) out.exponent = common_exponent(range.high);
  const double unit = std::pow(10.0, out.exponent);
  const int first = static_cast<int>(std::floor(std::log10(range.low)));
  const int last = static_cast<int>(std::ceil(std::log10(range.high)));
  for (int exponent = first; exponent <= last; ++exponent) {
    for (const double factor : {1.0, 2.0, 3.0, 4.0, 5.0, 6.0, 7.0, 8.0, 9.0}) {
      const double at = factor * std::pow(10.0, exponent);
      if (!within(range, at)) continue;
      const bool numbered = factor == 1.0 || factor == 2.0 || factor == 5.0;
      out.ticks.push_back({at, !numbered ? "" : count ? count_text(at) : fmt::format("{:.4g}", at / unit)});
    }
  }
  return out;
}

/// Two numbers: of one alone nobody can tell the scale.
bool has_scale(const Ticks& ticks) {
  return std::count_if(ticks.ticks.begin(), ticks.ticks.end(), [](const Tick& tick) { return !tick.text.empty(); }) >=
         2;
}

}  // namespace

std::string power_of_ten(int exponent, bool unicode) {
  if (!unicode) return fmt::format("1e{}", exponent);
  static constexpr std::array<std::string_view, 10> digits = {"⁰", "¹", "²", "³", "⁴", "⁵", "⁶", "⁷", "⁸", "⁹"};
  std::string text = "10";
  for (const char c : std::to_string(exponent)) {
    if (c == '-') {
      text += "⁻";
    } else {
      text += digits[static_cast<std::size_t>(c - '0')];
    }
  }
  return text;
}

Ticks place_ticks(const Axis& axis, Range range, int wanted, bool unicode) {
  const bool log = axis.scale == Scale::log;
  if (log && !(range.low > 0.0)) return {};
  const double decades = log ? std::log10(range.high) - std::log10(range.low) : 0.0;
  if (decades >= 2.0) return decade_ticks(axis, range, wanted, unicode);
  if (decades >= 0.6) {
    Ticks ticks = few_decades_ticks(axis, range);
    if (has_scale(ticks)) return ticks;
  }
  Ticks ticks = linear_ticks(axis, range, wanted);
  for (int more = std::max(wanted, 1) + 1; !has_scale(ticks) && more <= 8; ++more) {
    ticks = linear_ticks(axis, range, more);
  }
  return ticks;
}

std::string axis_caption(const Axis& axis, const Ticks& ticks, bool unicode) {
  const int exponent = axis.exponent + ticks.exponent;
  if (exponent == 0) return axis.label;
  return fmt::format("{} ({})", axis.label, power_of_ten(exponent, unicode));
}

}  // namespace scheduled::plot
