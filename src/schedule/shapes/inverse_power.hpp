// inverse-power: (i - W + 1)^-alpha.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct PowerOfStep {
  double peak;
  double warmup;
  double exponent;  // -alpha
  double operator()(double i) const noexcept { return peak * elementary::power(i - warmup + 1.0, exponent); }
};

/// alpha = 1/2, correctly rounded and several times faster than the general power.
struct RootOfStep {
  double peak;
  double warmup;
  double operator()(double i) const noexcept { return peak / std::sqrt(i - warmup + 1.0); }
};

template <>
struct Part<InversePower> : ShapeDefaults {
  static constexpr std::string_view name = "inverse-power";
  static constexpr std::string_view example = "inverse-power(alpha=0.5, steps=50k, cooldown=10%)";
  static constexpr std::string_view meaning = "1/t^alpha after the warmup";
  static constexpr std::string_view formula = "(i − W + 1)^−alpha";
  static constexpr std::tuple parameters{
      Key{"alpha", &InversePower::alpha, "exponent, > 0"},
  };
  static std::variant<PowerOfStep, RootOfStep> compile(const InversePower& shape, Resolver& resolver) {
    require_positive("alpha", shape.alpha);
    if (shape.alpha == 0.5) return RootOfStep{resolver.peak, resolver.warmup};
    return PowerOfStep{resolver.peak, resolver.warmup, -shape.alpha};
  }
};

}  // namespace scheduled
