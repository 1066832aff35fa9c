// The noise that is left of past angles: memories, each forgotten with progress twice as fast as the one before.
#pragma once

#include <array>
#include <cmath>
#include <cstddef>
#include <span>
#include <vector>

#include "base/elementary.hpp"
#include "law/arithmetic.hpp"

namespace scheduled::law {

inline constexpr std::size_t memories = 27;
inline constexpr double longest = -14.5;  ///< logarithm of how fast the longest memory forgets, in units of C
using Memories = std::array<double, memories>;

/// Of each memory in N, and its derivative in beta: exp(beta s - e^s), s in steps of log 2, over their sum.
struct Weights {
  Memories value;
  Memories by_beta;

  explicit Weights(double beta) {
    double sum = 0.0;
    double mean = 0.0;
    for (std::size_t m = 0; m < memories; ++m) {
      const double s = longest + static_cast<double>(m) * ln2;
      value[m] = exponential(beta * s - exponential(s));
      sum += value[m];
      mean += value[m] * s;
    }
    mean /= sum;
    for (std::size_t m = 0; m < memories; ++m) {
      value[m] /= sum;
      by_beta[m] = value[m] * (longest + static_cast<double>(m) * ln2 - mean);
    }
  }
};

/// 1 - exp(-y), y >= 0, to a few digits less than all for the smallest y, too.
inline double forgotten(double y) noexcept {
  if (y > 1e-2) return 1.0 - exponential(-y);
  return y * (1.0 - y / 2.0 * (1.0 - y / 3.0 * (1.0 - y / 4.0 * (1.0 - y / 5.0 * (1.0 - y / 6.0)))));
}

/// Updates whose rates follow a line.
struct Piece {
  double steps;
  double first, last;  ///< eta' of the first and last of them
  double mean;
  double highest;    ///< eta' so far
  std::size_t loss;  ///< the loss after it, or none
  bool whole;        ///< false: a loss within the next whole piece, of which these are the first updates
};
inline constexpr std::size_t none = static_cast<std::size_t>(-1);

/// Where a piece ends does not depend on the losses, so that each is the same whatever others are asked for. Within one
/// the rate moves by at most 5 % (or .005 of the reference), along a line, and none is longer than a 192nd of the steps
/// before it, of those since the last rise: norms grow fast then.
std::vector<Piece> pieces_of(std::span<const double> rate, std::span<const std::size_t> step);

/// A value and its derivatives in lambda and eta0.
struct Varied {
  double value = 0.0;
  double by_lambda = 0.0;
  double by_eta0 = 0.0;
};

/// Angles of a piece and the squared norm v after it.
struct Angles {
  Varied mean, first, last;
};

/// What the memories hold, and its derivatives. Each piece is summed as its single updates would be, with angles on a
/// line and forgotten alike.
class Memory {
 public:
  /// speed: C times the unit of progress, per update and angle.
  Memory(double C, double unit) : C_(C), speed_(C * unit * exponential(longest)) {}

  template <bool derivatives>
  void pass(const Piece& piece, const Angles& angles) noexcept {
    const double n = piece.steps;
    if (angles.mean.value == 0.0) return;
    const double y = speed_ * angles.mean.value * n;
    double gone = forgotten(y);          // of what was there before the piece
    double gone_one = forgotten(y / n);  // in one update
    double pace = y;
    const double rise = n > 1.0 ? (angles.last.value - angles.first.value) / (n - 1.0) : 0.0;
    const bool one = n == 1.0;
    const Varied& end = one ? angles.mean : angles.last;
    const double by_lambda = angles.mean.by_lambda / angles.mean.value;  // of log y
    const double by_eta0 = angles.mean.by_eta0 / angles.mean.value;
    const double rise_by_lambda = one ? 0.0 : (angles.last.by_lambda - angles.first.by_lambda) / (n - 1.0);
    const double rise_by_eta0 = one ? 0.0 : (angles.last.by_eta0 - angles.first.by_eta0) / (n - 1.0);
    for (std::size_t m = 0; m < memories; ++m) {
      const double kept = 1.0 - gone;
      const double left = 1.0 - gone_one;
      const double lag = left / gone_one * gone;  // sum of kept shares before the last update
      const double old = held_[m] - end.value + rise * n;
      if constexpr (derivatives) {
        const double r = left / gone_one;
        // By log y: of `kept`, and of `lag`.
        const double turn = -kept * pace;
        const double drag = pace * (kept * r - gone / n * r * (r + 1.0));
        const double by_pace = old * turn - rise * drag;
        by_C_[m] = by_C_[m] * kept + by_pace;
        by_lambda_[m] =
            end.by_lambda * gone + by_lambda_[m] * kept + rise_by_lambda * (n * kept - lag) + by_pace * by_lambda;
        by_eta0_[m] = end.by_eta0 * gone + by_eta0_[m] * kept + rise_by_eta0 * (n * kept - lag) + by_pace * by_eta0;
      }
      held_[m] = end.value + old * kept - rise * lag;
      gone *= 2.0 - gone;
      gone_one *= 2.0 - gone_one;
      pace *= 2.0;
    }
  }

  /// Sums of the memories by `weight`: of what they hold, and of its derivatives in C, lambda, eta0.
  std::array<double, 4> sum(const Memories& weight) const noexcept {
    std::array<double, 4> sums{};
    for (std::size_t m = 0; m < memories; ++m) {
      sums[0] += weight[m] * held_[m];
      sums[1] += weight[m] * by_C_[m];
      sums[2] += weight[m] * by_lambda_[m];
      sums[3] += weight[m] * by_eta0_[m];
    }
    sums[1] /= C_;
    return sums;
  }

 private:
  double C_;
  double speed_;
  Memories held_{};
  Memories by_C_{};  ///< times C
  Memories by_lambda_{};
  Memories by_eta0_{};
};

}  // namespace scheduled::law
