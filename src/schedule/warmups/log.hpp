// log: log(k + 1) on the k-th step of the rise, as DeepSpeed's WarmupLR.
#pragma once

#include "schedule/part.hpp"

namespace scheduled {

template <>
struct Part<LogWarmup> : WarmupDefaults {
  static constexpr std::string_view name = "log";
  static constexpr std::string_view formula = "log(k + 1)/log(K + 1) on step k of the rise, at the peak on step K";
  static auto compile(const LogWarmup&, const Climb& climb) {
    const double top = climb.count + 1.0 - climb.offset;     // K + 1
    const double first = top > 1.0 ? climb.from : climb.to;  // of step 0 of the rise, which may be all of it
    const double whole = top > 1.0 ? elementary::log2(top).hi : 1.0;
    return [from = climb.from, first, to = climb.to, delay = climb.delay, whole](double i) {
      const double k = i - delay;
      const double rate = on_the_way(first, to, elementary::log2(k > 0.0 ? k + 1.0 : 1.0).hi / whole);
      return k < 0.0 ? from : rate;
    };
  }
};

}  // namespace scheduled
