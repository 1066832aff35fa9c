// wsd-s: a cooldown that ends at every result, each followed by a linear re-warmup to the peak (2410.05192).
#pragma once

#include <algorithm>
#include <vector>

#include "schedule/decays/registry.hpp"

namespace scheduled {

struct RepeatedCooldowns {
  struct Segment {  // steps up to end - 1, the last `cooldown` of them decaying
    double end;
    double cooldown;
    double rewarm;  // after it
    compiled::Decay decay;
  };
  double peak;
  double final;
  std::vector<Segment> segments;
  double operator()(double i) const noexcept {
    const auto segment = std::upper_bound(segments.begin(), segments.end(), i,
                                          [](double step, const Segment& s) { return step < s.end; });
    const double begin = segment == segments.begin() ? 0.0 : std::prev(segment)->end;
    if (segment != segments.end() && i >= segment->end - segment->cooldown) {
      const double j = i - (segment->end - segment->cooldown) + 1.0;
      return std::visit([j](const auto& decay) { return decay(j); }, segment->decay);
    }
    const double since = i - begin + 1.0;
    const double rewarm = segment == segments.begin() ? 0.0 : std::prev(segment)->rewarm;
    return since < rewarm ? final + (peak - final) * (since / rewarm) : peak;
  }
};

template <>
struct Part<WsdS> : ShapeDefaults {
  static constexpr std::string_view name = "wsd-s";
  static constexpr std::string_view example = "wsd-s(results=[10k, 20k, 40k], cooldown=10%, rewarm=100)";
  static constexpr std::string_view meaning = "a cooldown at each result, then on (2410.05192)";
  static constexpr std::string_view formula = "a cooldown before every result, then back to the peak";
  static constexpr std::string_view source = "2410.05192";
  static constexpr ShapeTraits traits{.holds_cooldown = true, .cools = Cools::always};
  static constexpr std::tuple parameters{
      Key{"results", &WsdS::results, "step counts at which a cooldown ends, increasing", "results=[10k, 20k]"},
      Key{"rewarm", &WsdS::rewarm, "length of the way back to the peak"},
  };
  static bool rises_again(const WsdS&) { return true; }
  static RepeatedCooldowns compile(const WsdS& shape, Resolver& resolver) {
    if (!resolver.spec.cooldown) {
      fail_argument("cooldown", "wsd-s needs one, the length of the decay before each result");
    }
    if (shape.results.empty()) fail_value("results", "[]", "must hold at least one step count");
    const Rate said = resolver.spec.cooldown->final;
    RepeatedCooldowns out{resolver.peak, resolver.rate("final", said), {}};
    std::int64_t before = 0;
    std::int64_t ramp = resolver.layout.warmup_steps;
    for (std::size_t k = 0; k < shape.results.size(); ++k) {
      const std::int64_t end = at_entry(k, [&] { return resolver.steps("results", shape.results[k]); });
      const std::int64_t length = resolver.timeline.before("cooldown", resolver.spec.cooldown->length, end);
      check(resolver, {k, before, end, length, ramp});
      const Descent descent{static_cast<double>(end - length), static_cast<double>(length), resolver.peak, out.final,
                            said};
      ramp = resolver.steps("rewarm", shape.rewarm, end);
      out.segments.push_back({static_cast<double>(end), descent.count, static_cast<double>(ramp),
                              compiled::compile<compiled::Decay>(resolver.spec.cooldown->decay, descent, resolver)});
      before = end;
    }
    return out;
  }

 private:
  struct Result {
    std::size_t k;
    std::int64_t before, end, cooldown, ramp;
  };
  static void check(const Resolver& resolver, const Result& result) {
    const auto reject = [&](std::string_view why) {
      fail_entry("results", result.k, static_cast<double>(result.end), why);
    };
    const std::optional<std::int64_t> steps = resolver.layout.steps;
    if (result.end <= result.before) {
      reject(concat({"must be above the result before, ", std::to_string(result.before)}));
    }
    if (steps && result.end > *steps) reject(concat({"must be at most steps = ", std::to_string(*steps)}));
    if (result.cooldown < 1 || result.ramp + result.cooldown >= result.end - result.before) {
      reject(concat({"the ", std::to_string(result.end - result.before), " steps before it must hold ",
                     std::to_string(result.ramp), " of warmup, a cooldown of 1 or more (here ",
                     std::to_string(result.cooldown), ") and a step at the peak"}));
    }
  }
};

}  // namespace scheduled
