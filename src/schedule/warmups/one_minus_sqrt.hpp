// 1-sqrt: 1 - sqrt(1 - x).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<OneMinusSqrtWarmup> : WarmupDefaults {
  static constexpr std::string_view name = "1-sqrt";
  static constexpr std::string_view formula = "1 − √(1 − x)";
  static auto compile(const OneMinusSqrtWarmup&, const Climb& climb) {
    return rising(climb, [](double x) { return x / (1.0 + std::sqrt(1.0 - x)); });  // without cancellation
  }
};

}  // namespace scheduled
