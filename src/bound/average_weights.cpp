// Weights of averages, and designs with them (docs/theory.md, section 8a).
#include <algorithm>
#include <cmath>
#include <string>

#include "base/error.hpp"
#include "base/numbers.hpp"
#include "base/search.hpp"
#include "base/sum.hpp"
#include "scheduled/exact.hpp"

namespace scheduled {
namespace {

void check_window(std::int64_t T, std::int64_t last) {
  if (T < 1) fail_value("T", std::to_string(T), "must be at least 1");
  if (last < 1 || last > T) {
    fail_value("last", std::to_string(last), concat({"must be between 1 and ", std::to_string(T)}));
  }
}

void divide_by_sum(std::vector<double>& weights) {
  CompensatedSum sum;
  for (const double weight : weights) sum.add(weight);
  for (double& weight : weights) weight /= sum.value();
}

void require(std::string_view name, double value) {
  if (!(value > 0.0 && std::isfinite(value))) fail_value(name, value, "must be finite and > 0");
}

/// Of a constant rate that is multiplied by phi for the last steps, which are averaged; D = G = 1. With slack where
/// that is smaller, as in (8.4).
double dropped_bound(std::int64_t before, std::int64_t last, double lr, double phi) {
  double Y = phi * static_cast<double>(last);  // in units of lr, as the noise
  double noise = phi;
  if (Y < 1.0) {
    noise += 1.0 - Y;
    Y = 1.0;
  }
  for (std::int64_t t = 0; t < before; ++t) {
    const double free = 1.0 / Y;
    noise += free;
    Y += 2.0 + free;
  }
  const double W = std::max(Y, 1.0 / lr);
  return 0.5 * (1.0 / (lr * W) + lr * (noise + (W - Y)));
}

}  // namespace

std::vector<double> uniform_weights(std::int64_t T, std::int64_t last, std::int64_t every) {
  check_window(T, last);
  if (every < 1 || every > last) {
    fail_value("every", std::to_string(every), concat({"must be between 1 and ", std::to_string(last)}));
  }
  std::vector<double> weights(static_cast<std::size_t>(T), 0.0);
  const double share = 1.0 / static_cast<double>((last + every - 1) / every);
  for (std::int64_t t = T; t > T - last; t -= every) weights[static_cast<std::size_t>(t - 1)] = share;
  return weights;
}

std::vector<double> ema_weights(std::int64_t T, double beta) {
  check_window(T, T);
  if (!(beta > 0.0 && beta < 1.0)) fail_value("beta", beta, "must be above 0 and below 1");
  std::vector<double> weights(static_cast<std::size_t>(T));
  for (std::int64_t t = 0; t < T; ++t) {
    weights[static_cast<std::size_t>(t)] = std::pow(beta, static_cast<double>(T - 1 - t));
  }
  divide_by_sum(weights);
  return weights;
}

std::vector<double> step_weights(std::span<const double> lr, std::int64_t last) {
  const auto T = static_cast<std::int64_t>(lr.size());
  check_window(T, last);
  std::vector<double> weights(lr.size(), 0.0);
  double largest = 0.0;
  for (std::size_t t = static_cast<std::size_t>(T - last); t < lr.size(); ++t) {
    if (!(lr[t] >= 0.0 && std::isfinite(lr[t]))) fail_entry("lr", t, lr[t], "must be finite and >= 0");
    largest = std::max(largest, lr[t]);
    weights[t] = lr[t];
  }
  if (!(weights.back() > 0.0)) fail_entry("lr", lr.size() - 1, lr.back(), "must be > 0");
  for (double& weight : weights) weight = std::ldexp(weight, -std::ilogb(largest));  // else the sum can be infinite
  divide_by_sum(weights);
  return weights;
}

std::vector<double> one_minus_sqrt_weights(std::int64_t T, std::int64_t last) {
  check_window(T, last);
  std::vector<double> weights(static_cast<std::size_t>(T), 0.0);
  const double n = static_cast<double>(last);
  for (std::int64_t i = 0; i < last; ++i) {
    const double x = static_cast<double>(i);
    weights[static_cast<std::size_t>(T - last + i)] = 1.0 / (std::sqrt(n) * (std::sqrt(x + 1.0) + std::sqrt(x)));
  }
  divide_by_sum(weights);
  return weights;
}

std::int64_t best_window(std::int64_t T, double lr, double grad_norm, double distance) {
  check_window(T, T);
  require("lr", lr);
  require("grad_norm", grad_norm);
  require("distance", distance);
  const double steps = static_cast<double>(T);
  const double g = lr * grad_norm * std::sqrt(steps) / distance;
  if (g >= 1.0) return T;
  return std::clamp<std::int64_t>(std::llround(steps * 2.0 * g * g / (1.0 + g * g)), 1, T);
}

DropAndAverage drop_and_average(std::int64_t T, std::int64_t last, double lr, double grad_norm, double distance) {
  check_window(T, last);
  if (last == T) fail_value("last", std::to_string(last), concat({"must be less than T = ", std::to_string(T)}));
  require("lr", lr);
  require("grad_norm", grad_norm);
  require("distance", distance);
  const double g = lr / distance * grad_norm;
  if (!(g >= 1e-100 && g <= 1e100)) fail_value("lr", lr, "must be between 1e-100 and 1e100 times distance/grad_norm");
  const auto bound = [&](double phi) { return dropped_bound(T - last, last, g, phi); };
  // The best rate of the window is below distance/grad_norm, or that before it where that is larger.
  const double most = std::log(1e4) + std::max(0.0, -std::log(g));
  const double phi =
      std::exp(golden_section([&](double x) { return bound(std::exp(x)); }, std::log(1e-4), most, 1e-8).first);
  const double unit = distance * grad_norm;
  const double value = bound(phi);
  const double at_full = bound(1.0);
  if (at_full <= value * (1.0 + 1e-12)) return {1.0, unit * at_full, unit * at_full};
  return {phi, unit * value, unit * at_full};
}

}  // namespace scheduled
