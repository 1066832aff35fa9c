#include "design/arguments.hpp"

#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/numbers.hpp"

namespace scheduled {

double check_positive_norms(GradNorm grad_norm, std::size_t first, std::size_t last) {
  grad_norm.check(last);
  const auto name = [](std::size_t k) { return "grad_norm[" + std::to_string(k) + "]"; };
  if (grad_norm.data() == nullptr) {
    require_positive("grad_norm", grad_norm[0]);
    return grad_norm[0];
  }
  double largest = 0.0;
  for (std::size_t k = first; k < last; ++k) {
    if (grad_norm[k] == 0.0) {
      fail_value(name(k), 0.0, "must be > 0; where the gradient vanishes, no LR is too large and there is no optimum");
    }
    largest = std::max(largest, grad_norm[k]);
  }
  for (std::size_t k = first; k < last; ++k) {
    if (grad_norm[k] < 1e-60 * largest) {
      fail_value(name(k), grad_norm[k], concat({"must be at least 1e-60 of the largest, ", format_number(largest)}));
    }
  }
  return largest;
}

void check_in_range(double value) {
  if (std::isfinite(value) && value > 0.0) return;
  fail_argument("distance, grad_norm", "too large or too small; the best rates are out of the range of numbers");
}

void require_at_least(std::string_view name, std::int64_t value, std::int64_t least) {
  if (value < least) fail_value(name, std::to_string(value), concat({"must be at least ", std::to_string(least)}));
  if (value > largest_count) fail_value(name, std::to_string(value), "must be at most 2^53");
}

void require_scale(const WorstCaseScale& best) {
  if (best.scale > 0.0) return;
  fail_argument("grad_norm",
                "some value is so much smaller than the others that the worst case is smallest for rates of 0");
}

}  // namespace scheduled
