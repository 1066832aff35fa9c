#include "law/diverges.hpp"

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <iterator>
#include <limits>
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

std::optional<std::size_t> diverges(const scheduled::Series& losses, std::span<const double> lr) {
  constexpr std::size_t fewest_rows = 8;
  constexpr double same_rate = 1.05;
  const std::size_t n = losses.value.size();
  if (n < fewest_rows) return std::nullopt;
  const auto rate = [&](std::size_t k) {
    if (lr.empty()) return 0.0;
    return lr[static_cast<std::size_t>(std::clamp<std::int64_t>(losses.step[k], 1, std::ssize(lr))) - 1];
  };
  const auto counts = [&](std::size_t k) { return rate(n - 1) <= same_rate * rate(k); };
  const auto middle = [&](std::size_t k) {
    return median({losses.value[k - 2], losses.value[k - 1], losses.value[k]});
  };
  std::vector<double> jumps;
  double lowest = std::numeric_limits<double>::infinity();
  std::size_t row = n - 1;
  for (std::size_t k = 2; k < n; ++k) {
    jumps.push_back(std::fabs(losses.value[k] - losses.value[k - 1]));
    if (!counts(k - 2) || !counts(k - 1) || !counts(k)) continue;
    lowest = std::min(lowest, middle(k));
    for (const std::size_t one : {k - 2, k - 1, k}) row = losses.value[one] < losses.value[row] ? one : row;
  }
  const double noise = 1.05 * median(std::move(jumps));  // of one loss: 1.4826/sqrt(2) times the median difference
  if (!(middle(n - 1) - lowest > std::max(6.0 * noise, 0.02 * std::fabs(lowest)))) return std::nullopt;
  return row;
}

}  // namespace scheduled::law
