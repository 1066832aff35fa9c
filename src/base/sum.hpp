// Compensated sums.
#pragma once

#include <cmath>

namespace scheduled {

/// Sum with Neumaier's compensation: relative error of a sum of n non-negative terms <= 2^-53 + n^2 2^-105.
class CompensatedSum {
 public:
  void add(double term) noexcept {
    const double next = sum_ + term;
    compensation_ += std::fabs(sum_) >= std::fabs(term) ? (sum_ - next) + term : (term - next) + sum_;
    sum_ = next;
  }
  double value() const noexcept { return sum_ + compensation_; }

 private:
  double sum_ = 0.0;
  double compensation_ = 0.0;
};

}  // namespace scheduled
