// cosine: (1 + cos(pi x))/2.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<CosineDecay> : DecayDefaults {
  static constexpr std::string_view name = "cosine";
  static constexpr std::string_view example = "cosine(steps=50k, warmup=1%, final=10%)";
  static constexpr std::string_view meaning = "half a cosine over the run";
  static constexpr std::string_view formula = "½(1 + cos πx)";
  static KnownDecay known(const CosineDecay&) { return {KnownFamily::cosine}; }
  static auto compile(const CosineDecay&, const Descent& descent, const Resolver&) {
    return affine(descent, [](double x, double z) { return elementary::half_cosine(x, z); });
  }
};

}  // namespace scheduled
