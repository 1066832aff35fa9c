// Layer 1: what a schedule is made of. Shapes are dimensionless: 1 stands for the peak LR (THEORY section 7).
#pragma once

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <variant>
#include <vector>

#include "scheduled/base.hpp"

namespace scheduled {

/// A learning rate given either as a share of the peak (`10%`) or as an absolute value (`1e-5`, in units of the peak).
/// An absolute 0 is 0 % of any peak, so it keeps the schedule proportional to the peak.
struct Rate {
  enum class Unit { absolute, percent };
  double value = 0.0;
  Unit unit = Unit::absolute;
  bool operator==(const Rate&) const = default;
};
constexpr Rate absolute_lr(double value) noexcept { return {value, Rate::Unit::absolute}; }
constexpr Rate percent_of_peak(double value) noexcept { return {value, Rate::Unit::percent}; }

/// Linear warmup over the steps 0 ... W-1; the rate it rises to is that of step W, so there is never a jump.
/// Without `start`, step i has the share (i+1)/W: the peak is reached on the last warmup step.
/// With `start`, step i has start + (i/W)(1 - start): step 0 is at `start`, the peak is reached on step W.
struct Warmup {
  Duration length = steps(0);
  std::optional<Rate> start = std::nullopt;
  bool operator==(const Warmup&) const = default;
};

// Decays from the rate before the cooldown to the final one; x = j/C on cooldown step j = 1 ... C, so that the last
// step has exactly the final rate.
struct LinearDecay {  ///< 1 - x
  bool operator==(const LinearDecay&) const = default;
};
struct OneMinusSqrtDecay {  ///< 1 - sqrt(x); Hagele et al. 2405.18392
  bool operator==(const OneMinusSqrtDecay&) const = default;
};
struct CosineDecay {  ///< (1 + cos(pi x))/2
  bool operator==(const CosineDecay&) const = default;
};
struct MirrorCosineDecay {  ///< 2(1 - x) - (1 + cos(pi x))/2
  bool operator==(const MirrorCosineDecay&) const = default;
};
struct SquareDecay {  ///< 1 - x^2
  bool operator==(const SquareDecay&) const = default;
};
struct PolynomialDecay {  ///< (1 - x)^power, power > 0
  double power = 1.0;
  bool operator==(const PolynomialDecay&) const = default;
};
struct LoweredLinearDecay {  ///< factor (1 - x), 0 < factor <= 1: drops at once, then falls linearly
  double factor = 0.7;
  bool operator==(const LoweredLinearDecay&) const = default;
};
/// Geometric, from the rate before the cooldown to the final rate, which must be > 0. With `half_life` instead of a
/// final rate: 0.5^(j/half_life) (MiniCPM 2404.06395).
struct ExponentialDecay {
  std::optional<Duration> half_life = std::nullopt;
  bool operator==(const ExponentialDecay&) const = default;
};
struct InverseProportionalDecay {  ///< 1/(x/final + (1 - x)/start); the final rate must be > 0
  bool operator==(const InverseProportionalDecay&) const = default;
};
using Decay = std::variant<LinearDecay, OneMinusSqrtDecay, CosineDecay, MirrorCosineDecay, SquareDecay, PolynomialDecay,
                           LoweredLinearDecay, ExponentialDecay, InverseProportionalDecay>;

/// The last `length` steps of the run. When warmup and cooldown fill it, one step is taken from the cooldown (else from
/// the warmup), so that one step at the peak remains: `cooldown=rest, decay=cosine` is the cosine schedule.
struct Cooldown {
  Duration length = percent(20);
  Decay decay = LinearDecay{};
  Rate final;
  bool operator==(const Cooldown&) const = default;
};

// Main shapes; i is the 0-based step, W the warmup's length.
struct Constant {  ///< 1
  bool operator==(const Constant&) const = default;
};
struct InversePower {  ///< (i - W + 1)^-alpha, alpha > 0
  double alpha = 0.5;
  bool operator==(const InversePower&) const = default;
};
/// 1/sqrt(1 + (i + shift - W)/timescale), timescale > 0; without one it is W, so that the shape is sqrt(W/i) for
/// shift = 0 (Zhai et al. 2106.04560 section 3.5). shift >= 0.
struct Rsqrt {
  std::optional<Duration> timescale = std::nullopt;
  Duration shift = steps(0);
  bool operator==(const Rsqrt&) const = default;
};
/// d_model^-0.5 min(t^-0.5, t W^-1.5), t = i + 1; W >= 1 is the warmup's length and `peak` a factor (1 in Vaswani
/// 2017).
struct Noam {
  double d_model = 512.0;
  bool operator==(const Noam&) const = default;
};
/// min(max, batch a n^b), n = (i+1) tokens_per_step tokens, `peak` a factor (2408.13359). Needs tokens_per_step, batch.
struct Power {
  double a = 4.0;
  double b = -0.51;
  double max = 0.02;
  bool operator==(const Power&) const = default;
};
/// 1 before the first milestone, then factors[k] from 0-based step milestones[k] on (strictly increasing; factors >=
/// 0).
struct Piecewise {
  std::vector<Duration> milestones;
  std::vector<double> factors;
  bool operator==(const Piecewise&) const = default;
};
/// From the peak down to `plateau` over `descent` steps after the warmup, then constant; ends with an exponential
/// cooldown when a horizon is known (2403.08763, 2503.02844). Curve::rsqrt is their 1/sqrt(1 + 10 x) - 1, normalised.
struct Infinite {
  enum class Curve { cosine, rsqrt };
  Duration descent = steps(0);
  Rate plateau = percent_of_peak(50);
  Curve curve = Curve::cosine;
  bool operator==(const Infinite&) const = default;
};
/// Stable with a cooldown that ends at every result (1-based step counts, strictly increasing), each followed by a
/// linear re-warmup over `rewarm` steps back to the peak (2410.05192). A cooldown share is of its result's step count.
struct WsdS {
  std::vector<Duration> results;
  Duration rewarm = steps(0);
  bool operator==(const WsdS&) const = default;
};
/// Explicit values, values[i] at step i (finite, >= 0, at least one); the horizon is their number.
struct Table {
  std::shared_ptr<const std::vector<double>> values;
  bool operator==(const Table& other) const;
};
using Shape = std::variant<Constant, InversePower, Rsqrt, Noam, Power, Piecewise, Infinite, WsdS, Table>;

}  // namespace scheduled
