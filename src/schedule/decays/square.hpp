// square: 1 - x^2.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<SquareDecay> : DecayDefaults {
  static constexpr std::string_view name = "square";
  static constexpr std::string_view meaning = "1 - x^2 over the run";
  static constexpr std::string_view formula = "1 − x²";
  static auto compile(const SquareDecay&, const Descent& descent, const Resolver&) {
    return affine(descent, [](double x, double z) { return z * (1.0 + x); });
  }
};

}  // namespace scheduled
