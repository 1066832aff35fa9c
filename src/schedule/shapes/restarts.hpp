// restarts: cosines from the peak to `low` that start again (SGDR 1608.03983).
#pragma once

#include <algorithm>
#include <vector>

#include "schedule/part.hpp"

namespace scheduled {

/// `cycles` of them over n + 1 steps, the last of which is at `low`.
struct SpreadCycles {
  double peak;
  double low;
  double warmup;
  double cycles;
  double n;
  double operator()(double i) const noexcept {
    const double progress = (i - warmup) / n;
    const double turns = cycles * progress;
    const double x = turns - std::floor(turns);
    const double rate = low + (peak - low) * elementary::half_cosine(x, 1.0 - x);
    return progress < 1.0 ? rate : low;
  }
};

/// All over `cycle` steps.
struct EqualCycles {
  double peak;
  double low;
  double warmup;
  double cycle;
  double operator()(double i) const noexcept {
    const double k = i - warmup;
    const double j = std::clamp(k - cycle * std::floor(k / cycle), 0.0, cycle);  // beyond 2^53 steps it is not exact
    return low + (peak - low) * elementary::half_cosine(j / cycle, (cycle - j) / cycle);
  }
};

/// Each longer than the one before; at most 64 of them, up to the last step there is.
struct GrowingCycles {
  double peak;
  double low;
  std::vector<double> starts;
  double operator()(double i) const noexcept {
    const auto next = std::upper_bound(starts.begin() + 1, std::prev(starts.end()), i);
    const double length = *next - *std::prev(next);
    const double j = std::min(i - *std::prev(next), length);
    return low + (peak - low) * elementary::half_cosine(j / length, (length - j) / length);
  }
};

template <>
struct Part<CosineRestarts> : ShapeDefaults {
  static constexpr std::string_view name = "restarts";
  static constexpr std::string_view example = "restarts(steps=50k, warmup=500, cycles=5)";
  static constexpr std::string_view meaning = "cosines that start again (1608.03983)";
  static constexpr std::string_view formula = "½(1 + cos πx) from the peak to `low`, again in every cycle";
  static constexpr std::string_view source = "SGDR 1608.03983";
  static constexpr std::tuple parameters{
      Key{"cycles", &CosineRestarts::cycles, "how many fill the run, > 0; or give `cycle`"},
      Key{"cycle", &CosineRestarts::cycle, "length of the first"},
      Key{"multiplier", &CosineRestarts::multiplier, "of the next one's length, whole, >= 1", "", true},
      Key{"low", &CosineRestarts::low, "rate that they go down to", "", true},
  };
  static bool is_plan(const CosineRestarts&) { return true; }
  static bool rises_again(const CosineRestarts&) { return true; }
  static std::vector<NamedRate> rates_to_reach(const CosineRestarts& shape) { return {{"low", shape.low}}; }
  static std::variant<SpreadCycles, EqualCycles, GrowingCycles> compile(const CosineRestarts& shape,
                                                                        Resolver& resolver) {
    const double low = resolver.rate("low", shape.low);
    if (shape.cycles.has_value() == shape.cycle.has_value()) {
      fail_argument("cycle", "either cycle, the length of the first, or cycles, how many fill the run, must be given");
    }
    if (shape.multiplier < 1.0 || shape.multiplier != std::floor(shape.multiplier) || !(shape.multiplier <= 0x1p53)) {
      fail_value("multiplier", shape.multiplier, "must be a whole number >= 1");
    }
    if (shape.cycles) return spread(*shape.cycles, low, shape, resolver);
    const auto cycle = static_cast<double>(resolver.some_steps("cycle", *shape.cycle, resolver.layout.warmup_steps));
    if (shape.multiplier == 1.0) return EqualCycles{resolver.peak, low, resolver.warmup, cycle};
    GrowingCycles growing{resolver.peak, low, {resolver.warmup}};
    double length = cycle;
    do {
      growing.starts.push_back(growing.starts.back() + length);
      length *= shape.multiplier;
    } while (growing.starts.back() < 0x1p63);
    return growing;
  }

 private:
  static SpreadCycles spread(double cycles, double low, const CosineRestarts& shape, const Resolver& resolver) {
    require_positive("cycles", cycles);
    if (shape.multiplier != 1.0) fail_argument("multiplier", "goes with cycle, not with cycles");
    const Layout& layout = resolver.layout;
    if (!layout.steps) {
      throw NeedsHorizon({.name = "cycles",
                          .value = format_number(cycles),
                          .requirement = "are those that fill the run, which needs steps=..."});
    }
    const std::int64_t n = *layout.steps - layout.cooldown_steps - layout.warmup_steps - 1;
    return {resolver.peak, low, resolver.warmup, cycles, static_cast<double>(std::max<std::int64_t>(n, 1))};
  }
};

}  // namespace scheduled
