// linear: x.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<LinearWarmup> : WarmupDefaults {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view formula = "x";
  static auto compile(const LinearWarmup&, const Climb& climb) {
    return rising(climb, [](double x) { return x; });
  }
};

}  // namespace scheduled
