// exponential-to-zero: 2^(1 - x) - 1, Megatron-LM's exponential decay.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<ExponentialToZeroDecay> : DecayDefaults {
  static constexpr std::string_view name = "exponential-to-zero";
  static constexpr std::string_view meaning = "2^(1 - x) - 1 over the run";
  static constexpr std::string_view formula = "2^(1 − x) − 1";
  static constexpr std::string_view source = "Megatron-LM";
  static auto compile(const ExponentialToZeroDecay&, const Descent& descent, const Resolver&) {
    return affine(descent, [](double, double z) { return elementary::exp2({z, 0.0}) - 1.0; });
  }
};

}  // namespace scheduled
