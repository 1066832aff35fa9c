// rsqrt: limit + (1 - limit)/sqrt(1 + (i + shift - W)/timescale) (Zhai et al. 2106.04560 section 3.5).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<Rsqrt> : ShapeDefaults {
  static constexpr std::string_view name = "rsqrt";
  static constexpr std::string_view example = "rsqrt(warmup=2k, peak=1e-3)";
  static constexpr std::string_view meaning = "sqrt(warmup/step), no horizon needed (2106.04560)";
  static constexpr std::string_view formula = "limit + (1 − limit)/√(1 + (i + shift − W)/timescale)";
  static constexpr std::string_view source = "Zhai 2106.04560";
  static constexpr std::tuple parameters{
      Key{"timescale", &Rsqrt::timescale, "length, at least 1 step; the warmup's where it is not given"},
      Key{"shift", &Rsqrt::shift, "length by which the shape is ahead", "", true},
      Key{"limit", &Rsqrt::limit, "rate that it tends to", "", true},
  };
  static auto compile(const Rsqrt& shape, Resolver& resolver) {
    const std::int64_t warmup = resolver.layout.warmup_steps;
    std::int64_t timescale = warmup;
    if (shape.timescale) {
      timescale = resolver.some_steps("timescale", *shape.timescale, warmup);
    } else if (timescale == 0) {
      fail_argument("timescale", "rsqrt needs it, or a warmup to take it from");
    }
    const std::int64_t shift = resolver.steps("shift", shape.shift, warmup);
    const auto offset = static_cast<double>(timescale + shift - warmup);
    const double limit = resolver.rate("limit", shape.limit);
    return [limit, range = resolver.peak - limit, scale = static_cast<double>(timescale), offset](double i) {
      return limit + range * std::sqrt(scale / (i + offset));
    };
  }
};

}  // namespace scheduled
