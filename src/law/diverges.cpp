#include "law/diverges.hpp"

#include <algorithm>
#include <cmath>
#include <utility>
#include <vector>

namespace scheduled::law {
namespace {

double median(std::vector<double> values) {
  const auto middle = values.begin() + static_cast<std::ptrdiff_t>(values.size() / 2);
  std::nth_element(values.begin(), middle, values.end());
  return *middle;
}

}  // namespace

bool diverges(const scheduled::Series& losses) {
  constexpr std::size_t fewest_rows = 8;
  const std::size_t n = losses.value.size();
  if (n < fewest_rows) return false;
  const auto middle = [&](std::size_t k) {
    return median({losses.value[k - 2], losses.value[k - 1], losses.value[k]});
  };
  std::vector<double> jumps;
  double lowest = middle(2);
  for (std::size_t k = 2; k < n; ++k) {
    jumps.push_back(std::fabs(losses.value[k] - losses.value[k - 1]));
    lowest = std::min(lowest, middle(k));
  }
  const double noise = 1.05 * median(std::move(jumps));  // of one loss: 1.4826/sqrt(2) times the median difference
  return middle(n - 1) - lowest > std::max(6.0 * noise, 0.02 * std::fabs(lowest));
}

}  // namespace scheduled::law
