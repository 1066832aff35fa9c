// half-cosine: 1 - sin(pi x/2), the second half of a cosine.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<HalfCosineDecay> : DecayDefaults {
  static constexpr std::string_view name = "half-cosine";
  static constexpr std::string_view example = "half-cosine(steps=50k, warmup=200, final=10%)";
  static constexpr std::string_view meaning = "the second half of a cosine over the run";
  static constexpr std::string_view formula = "1 − sin ½πx";
  static auto compile(const HalfCosineDecay&, const Descent& descent, const Resolver&) {
    // Halves of correctly rounded numbers are exact; (1 + x)/2 is only compared with z/2, which is the smaller.
    return affine(descent, [](double x, double z) { return 2.0 * elementary::half_cosine(0.5 * (1.0 + x), 0.5 * z); });
  }
};

}  // namespace scheduled
