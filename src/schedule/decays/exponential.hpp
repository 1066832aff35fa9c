// exponential: geometric to a final rate > 0, or by half life (MiniCPM 2404.06395).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

/// start (final/start)^x.
struct Geometric {
  double count;
  double start;
  double final;
  elementary::DoubleDouble log2_ratio;
  double operator()(double j) const noexcept {
    const double x = j / count;
    const elementary::DoubleDouble product = elementary::two_product(log2_ratio.hi, x);
    const double value = start * elementary::exp2(elementary::fast_two_sum(product.hi, product.lo + log2_ratio.lo * x));
    return j == count ? final : value;
  }
};

/// start 0.5^(j/half_life).
struct HalfLife {
  double start;
  double half_life;
  double operator()(double j) const noexcept { return start * elementary::exp2({-(j / half_life), 0.0}); }
};

template <>
struct Part<ExponentialDecay> : DecayDefaults {
  static constexpr std::string_view name = "exponential";
  static constexpr std::string_view example = "exponential(steps=50k, final=1%)";
  static constexpr std::string_view meaning = "geometric to final > 0, or by half_life";
  static constexpr std::string_view formula = "final^x, or ½^(j/half_life) on step j";
  static constexpr std::string_view source = "MiniCPM 2404.06395";
  static constexpr std::tuple parameters{
      Key{"half_life", &ExponentialDecay::half_life,
          "length over which the rate halves, not rounded, instead of a final > 0"},
  };
  static bool has_final(const ExponentialDecay& decay) { return !decay.half_life; }
  static std::variant<Geometric, HalfLife> compile(const ExponentialDecay& decay, const Descent& descent,
                                                   const Resolver& resolver) {
    if (decay.half_life) {
      if (descent.said != Rate{}) {
        fail_argument(descent.key, concat({"give either ", descent.key, " or half_life, not both"}));
      }
      return HalfLife{descent.start, resolver.length("half_life", *decay.half_life, descent.begin)};
    }
    require_final(descent, name, ", or half_life=...");
    return Geometric{descent.count, descent.start, descent.final, elementary::log2(ratio_of(descent, name))};
  }
};

}  // namespace scheduled
