// What a run comes to, where that is identified. Private.
#pragma once

#include <cstdint>
#include <iterator>
#include <span>

#include "scheduled/law.hpp"

namespace scheduled::law {

/// The loss after the last rate, and its interval. Throws as check_identified and predict_losses.
inline Predicted identified_end(const FittedLaw& fitted, std::span<const double> lr) {
  check_identified(fitted, lr);
  const std::int64_t end[] = {std::ssize(lr)};
  return predict_losses(fitted, lr, end).front();
}

}  // namespace scheduled::law
