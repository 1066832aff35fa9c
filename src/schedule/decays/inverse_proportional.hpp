// inverse-proportional: 1/(x/final + (1 - x)/start).
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

struct InverseProportional {
  double count;
  double final;
  double ratio;  // final/start
  double operator()(double j) const noexcept { return final / (j / count + (count - j) / count * ratio); }
};

template <>
struct Part<InverseProportionalDecay> : DecayDefaults {
  static constexpr std::string_view name = "inverse-proportional";
  static constexpr std::string_view example = "inverse-proportional(steps=50k, final=1%)";
  static constexpr std::string_view meaning = "1/(x/final + (1 - x)/peak) over the run";
  static constexpr std::string_view formula = "1/(x/final + (1 − x)), final > 0";
  static InverseProportional compile(const InverseProportionalDecay&, const Descent& descent, const Resolver&) {
    require_final(descent, name);
    return {descent.count, descent.final, descent.final / descent.start};
  }
};

}  // namespace scheduled
