// power: min(max, batch a n^b), n = (i + 1) tokens_per_step (2408.13359).
#pragma once

#include <cmath>

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<Power> : ShapeDefaults {
  static constexpr std::string_view name = "power";
  static constexpr std::string_view example =
      "power(a=4, b=-0.51, max=0.02, batch=128, tokens_per_step=500k, warmup=1k)";
  static constexpr std::string_view meaning = "batch a tokens^b, capped at max (2408.13359)";
  static constexpr std::string_view formula = "min(max, batch·a·tokens^b)";
  static constexpr std::string_view source = "2408.13359";
  static constexpr std::tuple parameters{
      Key{"a", &Power::a, "factor, > 0"},
      Key{"b", &Power::b, "exponent, <= 0"},
      Key{"max", &Power::max, "cap, > 0"},
  };
  static Decay usual_decay() { return ExponentialDecay{}; }
  static auto compile(const Power& shape, Resolver& resolver) {
    const StepSize& step = resolver.spec.step_size;
    require_positive("a", shape.a);
    if (!(std::isfinite(shape.b) && shape.b <= 0.0)) fail_value("b", shape.b, "must be finite and <= 0");
    require_positive("max", shape.max);
    if (!(step.tokens > 0.0)) fail_argument("tokens_per_step", "power needs it, it is a law in tokens");
    if (!(step.examples > 0.0)) fail_argument("batch", "power needs it, its LR grows with the batch");
    resolver.finite(resolver.peak * shape.max, "max");
    const double scale = step.examples * shape.a;
    if (!std::isfinite(scale)) fail_value("a", shape.a, "must be smaller: the batch times it is not finite");
    return [peak = resolver.peak, scale, b = shape.b, tokens_per_step = step.tokens, max = shape.max](double i) {
      const double value = scale * elementary::power((i + 1.0) * tokens_per_step, b);
      return peak * (value < max ? value : max);
    };
  }
};

}  // namespace scheduled
