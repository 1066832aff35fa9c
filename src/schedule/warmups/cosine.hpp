// cosine: (1 - cos(pi x))/2.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<CosineWarmup> : WarmupDefaults {
  static constexpr std::string_view name = "cosine";
  static constexpr std::string_view formula = "½(1 − cos πx)";
  static auto compile(const CosineWarmup&, const Climb& climb) {
    return rising(climb, [](double x) { return elementary::half_cosine(1.0 - x, x); });
  }
};

}  // namespace scheduled
