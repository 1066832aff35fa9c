// linear: 1 - x.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<LinearDecay> : DecayDefaults {
  static constexpr std::string_view name = "linear";
  static constexpr std::string_view meaning = "1 - x over the run";
  static constexpr std::string_view formula = "1 − x";
  static KnownDecay known(const LinearDecay&) { return {KnownFamily::linear}; }
  static auto compile(const LinearDecay&, const Descent& descent, const Resolver&) {
    return affine(descent, [](double, double z) { return z; });
  }
};

}  // namespace scheduled
