// linear: x.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct LinearShare {
  double operator()(double x) const noexcept { return x; }
};

template <>
struct Part<LinearWarmup> : WarmupDefaults {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view formula = "x";
  static Rising<LinearShare> compile(const LinearWarmup&, const Climb& climb) { return rising<LinearShare>(climb); }
};

}  // namespace scheduled
