// The whole curve Omega_1 ... Omega_T at near-linear cost: arguments, scaling, and the terms around the Cauchy sum.
#include <algorithm>
#include <array>
#include <cmath>
#include <limits>
#include <vector>

#include "base/error.hpp"
#include "base/interrupt.hpp"
#include "base/sum.hpp"
#include "bound/arguments.hpp"
#include "bound/cauchy_sum.hpp"
#include "bound/kernels/curve.hpp"

namespace scheduled {
namespace {

/// Smallest order whose error, 12 5.83^-order at worst (one source far above all others; measured), is within
/// tolerance.
std::size_t curve_order(double tolerance) {
  std::size_t order = 2;
  for (double error = 12.0 / (5.83 * 5.83); error > tolerance && order < kernels::max_order; ++order) error /= 5.83;
  return order;
}

/// The power of two that brings `largest` into [1/2, 1).
double scale_for(double largest) {
  int exponent = 0;
  std::frexp(largest, &exponent);
  return std::ldexp(1.0, -exponent);
}

struct Range {
  double smallest;
  double largest;
};

/// Of value(0) ... value(count - 1), count >= 1. Eight chains of comparisons, because one is slow.
template <class Value>
Range range_of(std::size_t count, const Value& value) {
  std::array<double, 8> smallest;
  std::array<double, 8> largest;
  smallest.fill(value(0));
  largest.fill(value(0));
  std::size_t i = 0;
  for (; i + 8 <= count; i += 8) {
    for (std::size_t l = 0; l < 8; ++l) {
      const double here = value(i + l);
      smallest[l] = here < smallest[l] ? here : smallest[l];
      largest[l] = here > largest[l] ? here : largest[l];
    }
  }
  for (; i < count; ++i) {
    smallest[0] = std::min(smallest[0], value(i));
    largest[0] = std::max(largest[0], value(i));
  }
  return {*std::min_element(smallest.begin(), smallest.end()), *std::max_element(largest.begin(), largest.end())};
}

/// Positive rates, checked arguments.
void positive_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out,
                    const CurveOptions& options) {
  CurveProblem problem{lr, grad_norm};
  const Range rates = range_of(lr.size(), [&](std::size_t i) { return lr[i]; });
  problem.rate_scale = scale_for(rates.largest);
  constexpr double direct_below = 1e-75;  // the kernels multiply four distances
  if (rates.smallest * problem.rate_scale < direct_below) {
    constexpr std::size_t most_direct = 20000;  // half a second
    if (lr.size() > most_direct) {
      fail_value("lr", rates.smallest,
                 concat({"must not be below 1e-75 of the largest rate, ", format_number(rates.largest),
                         ", in a curve of more than ", std::to_string(most_direct),
                         " steps, whose time would grow with their square"}));
    }
    for (std::size_t t = 1; t <= lr.size(); ++t) {
      Interruption::poll();
      out[t - 1] = omega(lr.first(t), grad_norm, distance);
    }
    return;
  }
  const double largest_move = grad_norm.visit(
      [&](auto norm) { return range_of(lr.size(), [&](std::size_t i) { return problem.rate(i) * norm(i); }).largest; });
  std::fill(out.begin(), out.end(), 0.0);
  if (largest_move > 0.0) {
    problem.norm_scale = scale_for(largest_move);
    add_cauchy_sums(problem, curve_order(options.tolerance), options.threads, out);
  }
  const double unit = problem.rate_scale * problem.norm_scale * problem.norm_scale;
  CompensatedSum total;
  grad_norm.visit([&](auto norm) {
    constexpr std::size_t block = 64;  // plain sums within, compensated from block to block
    SeldomPoll poll(64);
    for (std::size_t begin = 0; begin < lr.size(); begin += block, poll()) {
      const std::size_t end = std::min(begin + block, lr.size());
      const double before = total.value();
      double local = 0.0;
      for (std::size_t t = begin; t < end; ++t) {
        local += lr[t];
        out[t] = 0.5 * (distance * distance / (before + local) + lr[t] * (norm(t) * norm(t)) + out[t] / unit);
      }
      total.add(local);
    }
  });
}

}  // namespace

void omega_curve(std::span<const double> lr, GradNorm grad_norm, double distance, std::span<double> out,
                 const CurveOptions& options) {
  check_bound_arguments(lr, grad_norm, distance);
  if (out.size() != lr.size()) {
    fail_argument("out",
                  concat({"has ", std::to_string(out.size()), " places for ", std::to_string(lr.size()), " steps"}));
  }
  if (!(options.tolerance >= 1e-14 && options.tolerance <= 0.1)) {
    fail_value("tolerance", options.tolerance, "must be within [1e-14, 0.1]");
  }
  if (options.threads < 1) fail_value("threads", std::to_string(options.threads), "must be >= 1");
  if (std::find(lr.begin(), lr.end(), 0.0) == lr.end()) {
    return positive_curve(lr, grad_norm, distance, out, options);
  }
  // Steps of 0 change nothing: leave them out, then repeat values in their places.
  std::vector<double> rates;
  std::vector<double> norms;
  for (std::size_t i = 0; i < lr.size(); ++i) {
    if (lr[i] == 0.0) continue;
    rates.push_back(lr[i]);
    norms.push_back(grad_norm[i]);
  }
  std::vector<double> values(rates.size());
  if (!rates.empty()) positive_curve(rates, norms, distance, values, options);
  double value = std::numeric_limits<double>::infinity();
  std::size_t next = 0;
  for (std::size_t i = 0; i < lr.size(); ++i) {
    if (lr[i] > 0.0) value = values[next++];
    out[i] = value;
  }
}

}  // namespace scheduled
