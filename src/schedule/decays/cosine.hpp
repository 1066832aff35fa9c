// cosine: ((1 + cos(pi x))/2)^exponent.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct HalfCosine {
  double operator()(double x, double z) const noexcept { return elementary::half_cosine(x, z); }
};

struct PowerOfCosine {
  double exponent;
  double operator()(double x, double z) const noexcept {
    return elementary::power(elementary::half_cosine(x, z), exponent);
  }
};

template <>
struct Part<CosineDecay> : DecayDefaults {
  static constexpr std::string_view name = "cosine";
  static constexpr std::string_view example = "cosine(steps=50k, warmup=1%, final=10%)";
  static constexpr std::string_view meaning = "half a cosine over the run";
  static constexpr std::string_view formula = "(½(1 + cos πx))^exponent";
  static constexpr std::tuple parameters{
      Key{"exponent", &CosineDecay::exponent, "power of the cosine, > 0", "", true},
  };
  static KnownDecay known(const CosineDecay& decay) {
    return {decay.exponent == 1.0 ? KnownFamily::cosine : KnownFamily::none};
  }
  static std::variant<Affine<HalfCosine>, Affine<PowerOfCosine>> compile(const CosineDecay& decay,
                                                                         const Descent& descent, const Resolver&) {
    require_positive("exponent", decay.exponent);
    if (decay.exponent == 1.0) return affine(descent, HalfCosine{});
    return affine(descent, PowerOfCosine{decay.exponent});
  }
};

}  // namespace scheduled
