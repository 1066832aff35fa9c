// noam: d_model^-0.5 min(t^-0.5, t W^-1.5), t = i + 1 (Vaswani et al. 2017).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<Noam> : ShapeDefaults {
  static constexpr std::string_view name = "noam";
  static constexpr std::string_view example = "noam(d_model=512, warmup=4k)";
  static constexpr std::string_view meaning = "the original transformer schedule";
  static constexpr std::string_view formula = "d_model^−½ · min(t^−½, t·W^−³ᐟ²), t = i + 1";
  static constexpr std::string_view source = "Vaswani 2017";
  static constexpr ShapeTraits traits{.holds_warmup = true, .peak_is_factor = true, .needs_real_steps = true};
  static constexpr std::tuple parameters{
      Key{"d_model", &Noam::d_model, "width of the model, > 0"},
  };
  static auto compile(const Noam& shape, Resolver& resolver) {
    require_positive("d_model", shape.d_model);
    if (resolver.layout.warmup_steps < 1) fail_argument("warmup", "noam needs one of at least 1 step");
    const double factor = resolver.finite(resolver.peak / std::sqrt(shape.d_model), "d_model^-0.5");
    return [factor, W = resolver.warmup, ramp = 1.0 / (resolver.warmup * std::sqrt(resolver.warmup))](double i) {
      const double t = i + 1.0;
      return t < W ? factor * (t * ramp) : factor / std::sqrt(t);
    };
  }
};

}  // namespace scheduled
