// constant, and with a cooldown wsd: 1.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct FlatRate {
  double peak;
  double operator()(double) const noexcept { return peak; }
};

template <>
struct Part<Constant> : ShapeDefaults {
  static constexpr std::string_view name = "constant";
  static constexpr std::string_view example = "constant(steps=50k, warmup=300)";
  static constexpr std::string_view meaning = "the peak throughout";
  static constexpr std::string_view formula = "1";
  static constexpr ShapeTraits traits{.flat = true, .cools = Cools::never};
  static FlatRate compile(const Constant&, Resolver& resolver) { return {resolver.peak}; }

  /// What it is called with a cooldown that does not fill the run; one that does goes by the name of its decay.
  struct Cooled : ShapeDefaults {
    static constexpr std::string_view name = "wsd";
    static constexpr std::string_view example = "wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3)";
    static constexpr std::string_view meaning = "warmup, stable, cooldown (2404.06395)";
    static constexpr std::string_view formula = "1, then a cooldown";
    static constexpr std::string_view source = "MiniCPM 2404.06395, Hägele 2405.18392";
    static constexpr ShapeTraits traits{.cools = Cools::always};
  };
};

}  // namespace scheduled
