// What the tests of averages share.
#pragma once

#include <cmath>
#include <cstdint>
#include <random>
#include <vector>

namespace scheduled::averages {

inline std::vector<double> constant(std::int64_t T, double g) {
  return std::vector<double>(static_cast<std::size_t>(T), g / std::sqrt(static_cast<double>(T)));
}

/// (8.7): value, best rate and value there for constant rates, uniform over the last b.
struct Uniform {
  double value, best_lr, best;
};
inline Uniform by_formula(std::int64_t T, std::int64_t b, double lr) {
  long double gain = 0;  // v - 2 m - b, of which v would lose digits
  for (std::int64_t t = b; t < T; ++t) gain += 1 / (static_cast<long double>(2 * t - b) + gain);
  const auto v = static_cast<double>(static_cast<long double>(2 * T - b) + gain);
  const auto rest = static_cast<double>(gain + 1);
  return {1 / (2 * lr * v) + lr / 2 * rest, 1 / std::sqrt(v * rest), std::sqrt(rest / v)};
}

inline std::vector<double> random_rates(std::mt19937_64& random, std::size_t T, double deviation) {
  std::normal_distribution<double> normal;
  std::vector<double> lr(T);
  for (double& rate : lr) rate = std::exp(deviation * normal(random)) / std::sqrt(static_cast<double>(T));
  return lr;
}

}  // namespace scheduled::averages
