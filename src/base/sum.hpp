// Compensated sums.
#pragma once

namespace scheduled {

/// Sum with Neumaier's compensation: relative error of a sum of n non-negative terms <= 2^-53 + n^2 2^-105.
class CompensatedSum {
 public:
  void add(double term) noexcept;
  double value() const noexcept { return sum_ + compensation_; }

 private:
  double sum_ = 0.0;
  double compensation_ = 0.0;
};

}  // namespace scheduled
