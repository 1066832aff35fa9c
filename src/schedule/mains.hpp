// Main shapes with their numbers filled in: absolute LR of the 0-based step i (docs/theory.md, section 7).
#pragma once

#include <algorithm>
#include <cstddef>
#include <memory>
#include <variant>
#include <vector>

#include "base/elementary.hpp"
#include "schedule/decays.hpp"

namespace scheduled::compiled {

struct Constant {
  double peak;
  double operator()(double) const noexcept { return peak; }
};

struct InversePower {
  double peak;
  double warmup;
  double exponent;  // -alpha
  double operator()(double i) const noexcept { return peak * elementary::power(i - warmup + 1.0, exponent); }
};

/// alpha = 1/2, correctly rounded and several times faster than the general power.
struct InverseSqrt {
  double peak;
  double warmup;
  double operator()(double i) const noexcept { return peak / std::sqrt(i - warmup + 1.0); }
};

struct Rsqrt {
  double peak;
  double timescale;
  double offset;  // timescale + shift - warmup
  double operator()(double i) const noexcept { return peak * std::sqrt(timescale / (i + offset)); }
};

struct Noam {
  double factor;  // peak d_model^-0.5
  double warmup;
  double ramp;  // warmup^-1.5
  double operator()(double i) const noexcept {
    const double t = i + 1.0;
    return t < warmup ? factor * (t * ramp) : factor / std::sqrt(t);
  }
};

struct Power {
  double peak;
  double scale;  // batch a
  double exponent;
  double tokens_per_step;
  double max;
  double operator()(double i) const noexcept {
    return peak * std::min(max, scale * elementary::power((i + 1.0) * tokens_per_step, exponent));
  }
};

struct Piecewise {
  std::vector<double> milestones;
  std::vector<double> rates;  // rates[k] from milestones[k-1] on; one more than milestones
  double operator()(double i) const noexcept {
    const auto next = std::upper_bound(milestones.begin(), milestones.end(), i);
    return rates[static_cast<std::size_t>(next - milestones.begin())];
  }
};

struct Infinite {
  double peak;
  double plateau;
  double warmup;
  double descent;
  bool cosine;
  double operator()(double i) const noexcept {
    const double k = i - warmup;
    if (k >= descent) return plateau;
    const double x = k / descent;
    if (cosine) return plateau + (peak - plateau) * elementary::half_cosine(x, (descent - k) / descent);
    constexpr double steepness = 10.0;
    constexpr double at_end = 0.30151134457776363 - 1.0;  // 1/sqrt(1 + steepness) - 1
    return peak + (plateau - peak) * ((1.0 / std::sqrt(1.0 + steepness * x) - 1.0) / at_end);
  }
};

struct WsdS {
  struct Segment {  // steps begin ... end - 1, the last `cooldown` of them decaying
    double end;
    double cooldown;
    Decay decay;
  };
  double peak;
  double final;
  double rewarm;
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
    if (begin > 0.0 && since < rewarm) return final + (peak - final) * (since / rewarm);
    return peak;
  }
};

struct Table {
  std::shared_ptr<const std::vector<double>> values;
  double peak;
  double operator()(double i) const noexcept { return peak * (*values)[static_cast<std::size_t>(i)]; }
};

using Main = std::variant<Constant, InversePower, InverseSqrt, Rsqrt, Noam, Power, Piecewise, Infinite, WsdS, Table>;

}  // namespace scheduled::compiled
