// power: min(max, batch a n^b), n = (i + 1) tokens_per_step (2408.13359).
#pragma once

#include <cmath>
#include <memory>

#include "schedule/part.hpp"

namespace scheduled {

/// Of a batch that changes, or on a clock of examples or tokens.
struct PowerOfRamp {
  double peak;
  double a;
  double b;
  double max;
  std::shared_ptr<const Timeline> timeline;
  double operator()(double i) const noexcept {
    const double step = timeline->step_of(timeline->clock(), i + 1.0);
    const double tokens = timeline->done(Duration::Unit::tokens, step);
    const double value = timeline->batch(timeline->step_of(timeline->clock(), i)) * a * elementary::power(tokens, b);
    return peak * (value < max ? value : max);
  }
};

/// Of one batch.
struct PowerOfTokens {
  double peak;
  double scale;
  double b;
  double tokens_per_step;
  double max;
  double operator()(double i) const noexcept {
    const double value = scale * elementary::power((i + 1.0) * tokens_per_step, b);
    return peak * (value < max ? value : max);
  }
};

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
  static constexpr ShapeTraits traits{.peak_is_factor = true};
  static Decay usual_decay() { return ExponentialDecay{}; }
  static std::variant<PowerOfTokens, PowerOfRamp> compile(const Power& shape, Resolver& resolver) {
    const StepSize& step = resolver.spec.step_size;
    require_positive("a", shape.a);
    if (!(std::isfinite(shape.b) && shape.b <= 0.0)) fail_value("b", shape.b, "must be finite and <= 0");
    require_positive("max", shape.max);
    const bool tokens_known = resolver.timeline.knows(Duration::Unit::tokens);
    if (!tokens_known) fail_argument("tokens_per_step", "power needs it, it is a law in tokens");
    if (!(step.examples > 0.0)) fail_argument("batch", "power needs it, its LR grows with the batch");
    resolver.finite(resolver.peak * shape.max, "max");
    const double scale = step.examples * shape.a;
    if (!std::isfinite(scale)) fail_value("a", shape.a, "must be smaller: the batch times it is not finite");
    if (!step.ramp.empty() || !resolver.timeline.counts_steps()) {
      return PowerOfRamp{resolver.peak, shape.a, shape.b, shape.max,
                         std::make_shared<const Timeline>(resolver.timeline)};
    }
    return PowerOfTokens{resolver.peak, scale, shape.b, resolver.timeline.done(Duration::Unit::tokens, 1.0), shape.max};
  }
};

}  // namespace scheduled
