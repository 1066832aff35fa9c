// 1-sqrt: 1 - sqrt(x) (Hagele et al. 2405.18392).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<OneMinusSqrtDecay> : DecayDefaults {
  static constexpr std::string_view name = "1-sqrt";
  static constexpr std::string_view meaning = "1 - sqrt(x) over the run (2405.18392)";
  static constexpr std::string_view formula = "1 − √x";
  static constexpr std::string_view source = "Hägele 2405.18392";
  static KnownDecay known(const OneMinusSqrtDecay&) { return {KnownFamily::one_minus_sqrt}; }
  static auto compile(const OneMinusSqrtDecay&, const Descent& descent, const Resolver&) {
    return affine(descent,
                  [](double x, double z) { return z / (1.0 + std::sqrt(x)); });  // 1 - sqrt(x) without cancellation
  }
};

}  // namespace scheduled
