// polynomial: (1 - x)^power.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<PolynomialDecay> : DecayDefaults {
  static constexpr std::string_view name = "polynomial";
  static constexpr std::string_view meaning = "(1 - x)^power over the run";
  static constexpr std::string_view formula = "(1 − x)^power";
  static constexpr std::tuple parameters{
      Key{"power", &PolynomialDecay::power, "exponent, > 0", "power=2"},
  };
  static KnownDecay known(const PolynomialDecay& decay) { return {KnownFamily::polynomial, decay.power}; }
  static auto compile(const PolynomialDecay& decay, const Descent& descent, const Resolver&) {
    require_positive("power", decay.power);
    return affine(descent, [power = decay.power](double, double z) { return elementary::power(z, power); });
  }
};

}  // namespace scheduled
