// What the tests of lint and diff share.
#pragma once

#include <algorithm>
#include <cmath>
#include <cstdint>
#include <functional>
#include <numbers>
#include <sstream>

#include "scheduled/error.hpp"
#include "scheduled/lint.hpp"

namespace scheduled::testing {

/// A log with a row every `every` updates up to T; rates with six digits, as many programs print them.
inline RunLog log_of(std::int64_t T, const std::function<double(double)>& rate, std::int64_t every = 10) {
  RunLog log;
  log.name = "run";
  for (std::int64_t step = every; step <= T; step += every) {
    log.step.push_back(step);
    std::stringstream digits;
    digits << std::scientific;
    digits.precision(5);
    digits << rate(static_cast<double>(step));
    log.column["lr"].push_back(parse_number(digits.str()).value());
  }
  return log;
}

inline constexpr double peak = 3e-4;
inline double warmup(double t) { return std::min(1.0, t / 200.0); }
/// After 200 updates of warmup to `final` of the peak at update T.
inline std::function<double(double)> cosine(double T, double final = 0.0) {
  return [=](double t) {
    const double x = std::clamp((t - 200.0) / (T - 200.0), 0.0, 1.0);
    return peak * warmup(t) * (final + (1.0 - final) * 0.5 * (1.0 + std::cos(std::numbers::pi * x)));
  };
}
inline std::function<double(double)> linear(double T, double final = 0.0) {
  return [=](double t) {
    const double x = std::clamp((t - 200.0) / (T - 200.0), 0.0, 1.0);
    return peak * warmup(t) * (1.0 - (1.0 - final) * x);
  };
}

}  // namespace scheduled::testing
