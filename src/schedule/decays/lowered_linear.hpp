// lowered-linear: factor (1 - x); drops at once, then falls linearly.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<LoweredLinearDecay> : DecayDefaults {
  static constexpr std::string_view name = "lowered-linear";
  static constexpr std::string_view example = "lowered-linear(steps=50k, factor=0.7)";
  static constexpr std::string_view meaning = "factor (1 - x) after the first step";
  static constexpr std::string_view formula = "factor·(1 − x)";
  static constexpr std::tuple parameters{
      Key{"factor", &LoweredLinearDecay::factor, "of the rate before, > 0 and at most 1"},
  };
  static auto compile(const LoweredLinearDecay& decay, const Descent& descent, const Resolver&) {
    if (!(decay.factor > 0.0 && decay.factor <= 1.0)) fail_value("factor", decay.factor, "must be > 0 and at most 1");
    return affine(descent, [factor = decay.factor](double, double z) { return factor * z; });
  }
};

}  // namespace scheduled
