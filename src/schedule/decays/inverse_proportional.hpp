// inverse-proportional: 1/(x/final + (1 - x)/start).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<InverseProportionalDecay> : DecayDefaults {
  static constexpr std::string_view name = "inverse-proportional";
  static constexpr std::string_view example = "inverse-proportional(steps=50k, final=1%)";
  static constexpr std::string_view meaning = "1/(x/final + (1 - x)/peak) over the run";
  static constexpr std::string_view formula = "1/(x/final + (1 − x)), final > 0";
  static auto compile(const InverseProportionalDecay&, const Descent& descent, const Resolver&) {
    require_final(descent, name);
    return [count = descent.count, final = descent.final, ratio = ratio_of(descent, name)](double j) {
      return final / (j / count + (count - j) / count * ratio);
    };
  }
};

}  // namespace scheduled
