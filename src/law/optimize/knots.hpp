// Rates that are linear between knots, rise linearly through a warmup and never rise after it.
#pragma once

#include <cstddef>
#include <span>
#include <vector>

namespace scheduled::law {

/// What all rates obey: warmup updates before the first knot, floor <= rate <= cap.
struct RateLimits {
  std::size_t steps = 0;
  std::size_t warmup = 0;  ///< < steps
  double floor = 0.0;
  double cap = 1.0;

  std::size_t main() const noexcept { return steps - warmup; }
};

class Knots {
 public:
  /// `at`: places within 0 ... limits.main() - 1, increasing, the first 0 and the last the end.
  Knots(const RateLimits& limits, std::vector<std::size_t> at);

  const std::vector<std::size_t>& at() const noexcept { return at_; }
  std::size_t size() const noexcept { return at_.size(); }
  /// The metric in which rates are near each other: the number of updates that a knot stands for, over the size of its
  /// rate, as of the last adapt(): losses turn sharply where rates are small.
  const std::vector<double>& weight() const noexcept { return weight_; }
  void adapt(std::span<const double> value);

  /// Rates of all updates for values at the knots.
  std::vector<double> rates(std::span<const double> value) const;
  /// Derivatives in the values, for those in the rates.
  std::vector<double> gradient(std::span<const double> by_rate) const;
  /// The values with the smallest weighted distance that never rise and lie within floor and cap.
  std::vector<double> project(std::vector<double> value) const;
  /// Knots halfway in the intervals where rates that are not linear gain more than `gain` to the first order: with a
  /// step between the rates of the ends, or one from cap to floor that gains at least half of what the best of these
  /// does. The knots themselves where there is none.
  std::vector<std::size_t> refined(std::span<const double> rates, std::span<const double> by_rate, double gain) const;

 private:
  RateLimits limits_;
  std::vector<std::size_t> at_;
  std::vector<double> updates_;
  std::vector<double> weight_;
};

/// gain[j] = sum of by_value (value - other) where `other` is cap before place j and floor from it on, j = 0 ... n.
std::vector<double> step_gains(std::span<const double> value, std::span<const double> by_value, double floor,
                               double cap);

/// sum of by_value (value - other), at most, over all `other` that never rise and lie within floor and cap.
double first_order_gap(std::span<const double> value, std::span<const double> by_value, double floor, double cap);

/// by_rate of the updates after the warmup, that of the warmup's added to the first, which it follows.
std::vector<double> by_main_rate(const RateLimits& limits, std::span<const double> by_rate);

}  // namespace scheduled::law
