// triangular: linearly up to the peak, then linearly down (Smith 1506.01186).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<Triangular> : ShapeDefaults {
  static constexpr std::string_view name = "triangular";
  static constexpr std::string_view example = "triangular(steps=50k, peak_at=30%, final=1%)";
  static constexpr std::string_view meaning = "up to the peak, then down (1506.01186)";
  static constexpr std::string_view formula = "(i + 1)/P up to step P = `peak_at`, then linear to `final`";
  static constexpr std::string_view source = "Smith 1506.01186";
  static constexpr ShapeTraits traits{.rises = true, .needs_steps = true, .cools = Cools::never};
  static constexpr std::tuple parameters{
      Key{"peak_at", &Triangular::peak_at, "length of the rise"},
      Key{"final", &Triangular::final, "rate of the last step", "", true},
  };
  static bool is_plan(const Triangular&) { return true; }
  static auto compile(const Triangular& shape, Resolver& resolver) {
    const auto rise = static_cast<double>(resolver.some_steps("peak_at", shape.peak_at));
    const double fall = static_cast<double>(*resolver.layout.steps) - rise;
    if (fall < 1.0) fail_value("peak_at", print_duration(shape.peak_at), "must leave a step for the fall");
    return [rise, fall, peak = resolver.peak, final = resolver.rate("final", shape.final)](double i) {
      const double up = peak * ((i + 1.0) / rise);
      const double down = final + (peak - final) * ((fall + rise - (i + 1.0)) / fall);
      return i < rise ? up : down;
    };
  }
};

}  // namespace scheduled
