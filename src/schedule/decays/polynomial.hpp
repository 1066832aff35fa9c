// polynomial: (1 - x)^power.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct PolynomialFraction {
  double power;
  double operator()(double, double z) const noexcept { return elementary::power(z, power); }
};

template <>
struct Part<PolynomialDecay> : DecayDefaults {
  static constexpr std::string_view name = "polynomial";
  static constexpr std::string_view example = "polynomial(steps=50k, power=2)";
  static constexpr std::string_view meaning = "(1 - x)^power over the run";
  static constexpr std::string_view formula = "(1 − x)^power";
  static constexpr std::tuple parameters{
      Key{"power", &PolynomialDecay::power, "exponent, > 0", "power=2"},
  };
  static KnownDecay known(const PolynomialDecay& decay) { return {KnownFamily::polynomial, decay.power}; }
  static Affine<PolynomialFraction> compile(const PolynomialDecay& decay, const Descent& descent, const Resolver&) {
    require_positive("power", decay.power);
    return affine(descent, PolynomialFraction{decay.power});
  }
};

}  // namespace scheduled
