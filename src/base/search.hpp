// One-dimensional searches, with plain operations only so that every machine takes the same steps.
#pragma once

#include <cmath>
#include <concepts>
#include <utility>

namespace scheduled {

/// Where a search ended: the interval that holds the minimum, and the lower of the two points within it.
struct Minimum1D {
  double left;
  double right;
  double x;
  double value;
};

/// Minimum of a unimodal f on [left, right], by golden section until narrow(left, right).
template <class Function, std::predicate<double, double> Narrow>
Minimum1D golden_section(const Function& f, double left, double right, const Narrow& narrow) {
  constexpr double golden = 0.6180339887498949;
  double a = right - golden * (right - left);
  double b = left + golden * (right - left);
  double at_a = f(a);
  double at_b = f(b);
  while (!narrow(left, right)) {
    if (at_a <= at_b) {
      right = b;
      b = std::exchange(a, b - golden * (b - left));
      at_b = std::exchange(at_a, f(a));
    } else {
      left = a;
      a = std::exchange(b, a + golden * (right - a));
      at_a = std::exchange(at_b, f(b));
    }
  }
  return at_a <= at_b ? Minimum1D{left, right, a, at_a} : Minimum1D{left, right, b, at_b};
}

/// The same down to width (1 + |left|); returns the middle and the smallest value seen next to it.
template <class Function>
std::pair<double, double> golden_section(const Function& f, double left, double right, double width) {
  const Minimum1D found =
      golden_section(f, left, right, [&](double l, double r) { return r - l <= width * (1.0 + std::fabs(l)); });
  return {0.5 * (found.left + found.right), found.value};
}

/// Where `above` turns from false at `low` to true at `high`, within a relative 1e-12; 0 < low, high, in any order.
template <class Predicate>
double geometric_bisection(const Predicate& above, double low, double high) {
  while (std::fabs(high - low) > 1e-12 * high) {
    const double middle = std::sqrt(low) * std::sqrt(high);
    if (middle == low || middle == high) break;
    (above(middle) ? high : low) = middle;
  }
  return low;
}

}  // namespace scheduled
