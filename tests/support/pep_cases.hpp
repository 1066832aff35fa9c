// Schedules for which the exact worst case is compared with the performance-estimation SDP, and the comparison.
#pragma once

#include <algorithm>
#include <cmath>
#include <random>
#include <string>
#include <vector>

#include "scheduled/design.hpp"
#include "scheduled/pep.hpp"

namespace pep_cases {

/// (6.2) at its minimum for D = 1 and one common G = 1, from (6.1) as it stands. sum w_t^2 = W^2 - 2 W S_{T-1}, so that
/// the bound is (1/W + W)/2 - S_{T-1}: the best W is 1 where that is allowed, else the smallest allowed.
inline double exact(const std::vector<double>& lr) {
  const auto real = [&](long double W) {
    long double R = 1;
    for (std::size_t t = 0; t + 1 < lr.size(); ++t) {
      const long double square = R * R - 4 * lr[t] / W;
      if (square < 0) return false;
      R = (R + std::sqrt(square)) / 2;
    }
    return true;
  };
  long double S = 0;
  for (std::size_t t = 0; t + 1 < lr.size(); ++t) S += lr[t];
  long double W = 1;
  if (!real(W)) {
    long double low = W;
    while (!real(W)) W *= 2;
    for (int i = 0; i < 200; ++i) (real((low + W) / 2) ? W : low) = (low + W) / 2;
  }
  return static_cast<double>((1 / W + W) / 2 - S);
}

inline const std::vector<std::string>& names() {
  static const std::vector<std::string> all{"constant", "wsd", "linear", "cosine", "1-sqrt", "rsqrt"};
  return all;
}

/// The rates of a named schedule at its best base LR for Omega_T.
inline std::vector<double> tuned(const std::string& name, int T) {
  const auto schedule = scheduled::Schedule::parse(name + "(steps=" + std::to_string(T + 1) +
                                                   (name == "rsqrt" ? ", timescale=10)" : ")"));
  return scheduled::bound_rates(schedule.with_peak(scheduled::best_base_lr(schedule, {.T = T}).peak), T);
}

/// Independent steps around 1/sqrt(T), over one to four magnitudes.
inline std::vector<double> random_rates(std::mt19937_64& random, int T) {
  std::normal_distribution<double> normal;
  const double spread = std::uniform_real_distribution<double>(0.1, 1.5)(random);
  const double base = std::exp(0.7 * normal(random)) / std::sqrt(T);
  std::vector<double> lr(static_cast<std::size_t>(T));
  for (double& eta : lr) eta = base * std::exp(spread * normal(random));
  return lr;
}

/// Relative distance of `value` from the interval's ends, the larger one.
inline double disagreement(const scheduled::PepResult& result, double value) {
  return std::max(std::fabs(value / result.lower.bound - 1.0), std::fabs(result.upper.bound / value - 1.0));
}

}  // namespace pep_cases
