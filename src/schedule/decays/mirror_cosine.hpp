// mirror-cosine: 2(1 - x) - (1 + cos(pi x))/2.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<MirrorCosineDecay> : DecayDefaults {
  static constexpr std::string_view name = "mirror-cosine";
  static constexpr std::string_view meaning = "2 linear - cosine over the run";
  static constexpr std::string_view formula = "2(1 − x) − ½(1 + cos πx)";
  static auto compile(const MirrorCosineDecay&, const Descent& descent, const Resolver&) {
    return affine(descent, [](double x, double z) { return 2.0 * z - elementary::half_cosine(x, z); });
  }
};

}  // namespace scheduled
