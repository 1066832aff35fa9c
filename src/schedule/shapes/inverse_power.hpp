// inverse-power: limit + (1 - limit) (1 + (i + shift - W)/timescale)^-alpha; of a timescale of 1 step (i - W +
// 1)^-alpha.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

/// limit + range ((i + offset)/scale)^exponent.
struct PowerOfStep {
  double limit;
  double range;
  double offset;
  double scale;
  double exponent;  // -alpha
  double operator()(double i) const noexcept {
    return limit + range * elementary::power((i + offset) / scale, exponent);
  }
};

/// alpha = 1/2, correctly rounded and several times faster than the general power.
struct RootOfStep {
  double limit;
  double range;
  double offset;
  double scale;
  double operator()(double i) const noexcept { return limit + range / std::sqrt((i + offset) / scale); }
};

template <>
struct Part<InversePower> : ShapeDefaults {
  static constexpr std::string_view name = "inverse-power";
  static constexpr std::string_view example = "inverse-power(alpha=0.5, steps=50k, cooldown=10%)";
  static constexpr std::string_view meaning = "1/t^alpha after the warmup";
  static constexpr std::string_view formula = "limit + (1 − limit)·(1 + (i + shift − W)/timescale)^−alpha";
  static constexpr std::tuple parameters{
      Key{"alpha", &InversePower::alpha, "exponent, > 0"},
      Key{"timescale", &InversePower::timescale, "length, at least 1 step", "", true},
      Key{"shift", &InversePower::shift, "length by which the shape is ahead", "", true},
      Key{"limit", &InversePower::limit, "rate that it tends to", "", true},
  };
  static std::variant<PowerOfStep, RootOfStep> compile(const InversePower& shape, Resolver& resolver) {
    require_positive("alpha", shape.alpha);
    const std::int64_t warmup = resolver.layout.warmup_steps;
    const std::int64_t timescale = resolver.some_steps("timescale", shape.timescale, warmup);
    const std::int64_t shift = resolver.steps("shift", shape.shift, warmup);
    const auto offset = static_cast<double>(timescale + shift - warmup);
    const auto scale = static_cast<double>(timescale);
    const double limit = resolver.rate("limit", shape.limit);
    const double range = resolver.peak - limit;
    if (shape.alpha == 0.5) return RootOfStep{limit, range, offset, scale};
    return PowerOfStep{limit, range, offset, scale, -shape.alpha};
  }
};

}  // namespace scheduled
