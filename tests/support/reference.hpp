// (1.1)-(1.4) of docs/theory.md in long double, written down as they stand: the readable truth of the library's tests.
// tests/accuracy checks these in turn against MPFR. Quadratic where the formula is.
#pragma once

#include <span>
#include <vector>

namespace reference {

using Real = long double;

inline Real square(Real x) { return x * x; }

/// u_k for k = 0 ... T, from the end.
template <class Number>
std::vector<Number> tail_sums(std::span<const double> lr) {
  std::vector<Number> u(lr.size() + 1, Number(0));
  for (std::size_t k = lr.size(); k-- > 0;) u[k] = u[k + 1] + Number(lr[k]);
  return u;
}

/// (1.2).
inline Real omega(std::span<const double> lr, std::span<const double> grad_norm, double distance) {
  const auto u = tail_sums<Real>(lr);
  const std::size_t T = lr.size();
  Real sum = square(distance) / u[0] + Real(lr[T - 1]) * square(grad_norm[T - 1]);
  for (std::size_t k = 1; k < T; ++k) sum += square(Real(lr[k - 1]) * grad_norm[k - 1]) / u[k];
  return sum / 2;
}

struct Split {
  Real distance, noise, last;
};

/// (1.1), double sum and all; O(T^2).
inline Split omega_split(std::span<const double> lr, std::span<const double> grad_norm, double distance) {
  const auto u = tail_sums<Real>(lr);
  const std::size_t T = lr.size();
  const auto q = [&](std::size_t t) { return square(Real(lr[t - 1]) * grad_norm[t - 1]); };
  Real noise = 0;
  for (std::size_t t = 1; t <= T; ++t) noise += q(t);
  Real last = 0;
  for (std::size_t k = 1; k < T; ++k) {
    Real sum = 0;
    for (std::size_t t = k; t <= T; ++t) sum += q(t);
    last += lr[k - 1] / u[k] * (sum / u[k - 1]);
  }
  return {square(distance) / (2 * u[0]), noise / (2 * u[0]), last / 2};
}

/// (1.3), every component by its own sum; O(T^2).
inline std::vector<Real> omega_gradient(std::span<const double> lr, std::span<const double> grad_norm,
                                        double distance) {
  const auto u = tail_sums<Real>(lr);
  const std::size_t T = lr.size();
  std::vector<Real> gradient(T);
  for (std::size_t j = 1; j <= T; ++j) {
    Real sum = -square(distance / u[0]);
    sum += j < T ? 2 * lr[j - 1] * square(grad_norm[j - 1]) / u[j] : square(grad_norm[T - 1]);
    for (std::size_t k = 1; k < j; ++k) sum -= square(lr[k - 1] * Real(grad_norm[k - 1]) / u[k]);
    gradient[j - 1] = sum / 2;
  }
  return gradient;
}

/// The same two with running sums, O(T), for long runs.
inline Split omega_split_running(std::span<const double> lr, std::span<const double> grad_norm, double distance) {
  Real u = 0;
  Real noise = 0;
  Real last = 0;
  for (std::size_t k = lr.size(); k-- > 0;) {
    const Real after = u;
    u += lr[k];
    noise += square(Real(lr[k]) * grad_norm[k]);
    if (k + 1 < lr.size()) last += lr[k] / after * (noise / u);
  }
  return {square(distance) / (2 * u), noise / (2 * u), last / 2};
}
inline std::vector<Real> omega_gradient_running(std::span<const double> lr, std::span<const double> grad_norm,
                                                double distance) {
  const auto u = tail_sums<Real>(lr);
  const std::size_t T = lr.size();
  std::vector<Real> gradient(T);
  Real before = square(distance / u[0]);
  for (std::size_t j = 1; j <= T; ++j) {
    const Real here = j < T ? 2 * lr[j - 1] * square(Real(grad_norm[j - 1])) / u[j] : square(grad_norm[T - 1]);
    gradient[j - 1] = (here - before) / 2;
    if (j < T) before += square(lr[j - 1] * Real(grad_norm[j - 1]) / u[j]);
  }
  return gradient;
}

/// (1.4).
inline Real standard_bound(std::span<const double> lr, std::span<const double> grad_norm, double distance) {
  Real total = 0;
  Real noise = 0;
  for (std::size_t k = 0; k < lr.size(); ++k) {
    total += lr[k];
    noise += square(Real(lr[k]) * grad_norm[k]);
  }
  return (square(distance) + noise) / (2 * total);
}

/// H_n.
inline Real harmonic(long n) {
  Real sum = 0;
  for (long k = n; k >= 1; --k) sum += Real(1) / Real(k);
  return sum;
}

}  // namespace reference
