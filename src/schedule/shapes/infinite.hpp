// infinite: from the peak down to a plateau, then constant (2403.08763, 2503.02844).
#pragma once

#include <array>

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Words<Infinite::Curve> {
  static constexpr std::array<std::string_view, 2> words = {"cosine", "rsqrt"};
};

template <>
struct Part<Infinite> : ShapeDefaults {
  static constexpr std::string_view name = "infinite";
  static constexpr std::string_view example =
      "infinite(warmup=1k, descent=20k, plateau=25%, steps=100k, cooldown=10%, final=1%)";
  static constexpr std::string_view meaning = "descent to a plateau, then cooldown (2403.08763)";
  static constexpr std::string_view formula = "descent from 1 to `plateau`, then constant";
  static constexpr std::string_view source = "2403.08763, 2503.02844";
  static constexpr std::tuple parameters{
      Key{"descent", &Infinite::descent, "length of the descent after the warmup", "descent=20k"},
      Key{"plateau", &Infinite::plateau, "rate that it descends to"},
      Key{"curve", &Infinite::curve, "of the descent; rsqrt is 1/√(1 + 10x) − 1, normalised"},
  };
  static Decay usual_decay() { return ExponentialDecay{}; }
  static std::optional<double> absolute_end(const Infinite& shape) {
    if (shape.plateau.unit == Rate::Unit::percent) return std::nullopt;
    return shape.plateau.value;
  }
  static std::vector<NamedRate> rates_to_reach(const Infinite& shape) { return {{"plateau", shape.plateau}}; }
  static auto compile(const Infinite& shape, Resolver& resolver) {
    const auto descent = static_cast<double>(resolver.steps("descent", shape.descent, resolver.layout.warmup_steps));
    return [peak = resolver.peak, plateau = resolver.rate("plateau", shape.plateau), W = resolver.warmup, descent,
            cosine = shape.curve == Infinite::Curve::cosine](double i) {
      const double k = i - W;
      if (k >= descent) return plateau;
      const double x = k / descent;
      if (cosine) return plateau + (peak - plateau) * elementary::half_cosine(x, (descent - k) / descent);
      constexpr double steepness = 10.0;
      constexpr double at_end = 0.30151134457776363 - 1.0;  // 1/sqrt(1 + steepness) - 1
      return peak + (plateau - peak) * ((1.0 / std::sqrt(1.0 + steepness * x) - 1.0) / at_end);
    };
  }
};

}  // namespace scheduled
