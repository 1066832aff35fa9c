#include "base/sum.hpp"

#include <cmath>

namespace scheduled {

void CompensatedSum::add(double term) noexcept {
  const double next = sum_ + term;
  compensation_ += std::fabs(sum_) >= std::fabs(term) ? (sum_ - next) + term : (term - next) + sum_;
  sum_ = next;
}

}  // namespace scheduled
