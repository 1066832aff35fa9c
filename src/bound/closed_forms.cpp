#include "scheduled/bound.hpp"

#include <array>
#include <cmath>
#include <string>

#include "base/elementary.hpp"
#include "base/error.hpp"
#include "base/numbers.hpp"

namespace scheduled {
namespace {

using elementary::DoubleDouble;

void check_T(std::int64_t T) {
  if (T < 1 || T > largest_count) fail_value("T", std::to_string(T), "must be between 1 and 2^53");
}

void check_T0(std::int64_t T0, std::int64_t smallest, std::int64_t largest, const char* largest_name) {
  if (T0 < smallest || T0 > largest) {
    fail_value(
        "T0", std::to_string(T0),
        concat({"must be between ", std::to_string(smallest), " and ", largest_name, " = ", std::to_string(largest)}));
  }
}

void check_units(double grad_norm, double distance) {
  require_positive("grad_norm", grad_norm);
  require_positive("distance", distance);
}

void check_cooldown(double cooldown) {
  if (!(cooldown > 0.0 && cooldown <= 1.0))
    fail_value("cooldown", cooldown, "must be > 0 and <= 1, a share of the run");
}

/// ln(x) for finite normal x > 0, to about 2^-59.
DoubleDouble log_in_two(double x) noexcept {
  constexpr double ln2_hi = 0.6931471805599453;
  constexpr double ln2_lo = 2.3190468138462996e-17;
  const DoubleDouble l = elementary::log2(x);
  const DoubleDouble product = elementary::two_product(l.hi, ln2_hi);
  return elementary::fast_two_sum(product.hi, product.lo + l.hi * ln2_lo + l.lo * ln2_hi);
}

double log(double x) noexcept { return log_in_two(x).hi; }

/// H_0 ... H_15: 360360 is a multiple of 1 ... 15, so that numerators are whole and the division rounds once.
constexpr std::array<double, 16> small_harmonics = [] {
  std::array<double, 16> table{};
  std::int64_t numerator = 0;
  for (std::size_t n = 1; n < table.size(); ++n) {
    numerator += 360360 / static_cast<std::int64_t>(n);
    table[n] = static_cast<double>(numerator) / 360360.0;
  }
  return table;
}();

/// Euler and Maclaurin: H_n = ln n + gamma + 1/(2n) - sum_k B_2k/(2k n^2k), for n >= 16; the seventh term of the sum,
/// the first left out, is below 2e-18.
double harmonic_by_expansion(double n) noexcept {
  constexpr double euler_hi = 0.5772156649015329;
  constexpr double euler_lo = -4.942915152430645e-18;
  const double z = 1.0 / (n * n);
  double sum = -0.021092796092796094;
  sum = sum * z + 0.007575757575757576;
  sum = sum * z - 0.004166666666666667;
  sum = sum * z + 0.003968253968253968;
  sum = sum * z - 0.008333333333333333;
  sum = sum * z + 0.08333333333333333;
  const DoubleDouble l = log_in_two(n);
  const DoubleDouble with_euler = elementary::fast_two_sum(l.hi, euler_hi);
  const DoubleDouble all = elementary::fast_two_sum(with_euler.hi, 0.5 / n);
  return all.hi + (all.lo + with_euler.lo + l.lo + euler_lo - sum * z);
}

/// 1 + 1/3 + ... + 1/j for odd j >= 1, and 0 for j = -1.
double odd_harmonic(std::int64_t j) { return j < 1 ? 0.0 : harmonic(j) - 0.5 * harmonic((j - 1) / 2); }

/// sum_{k=1}^{T0} 1/((T+T0)/2 - k), T0 < T.
double stable_tails(std::int64_t T, std::int64_t T0) {
  const std::int64_t both = T + T0;
  if (both % 2 == 0) return harmonic(both / 2 - 1) - harmonic(both / 2 - T0 - 1);
  return 2.0 * (odd_harmonic(both - 2) - odd_harmonic(both - 2 * T0 - 2));
}

/// 1 + beta and 2 + l, named as in the header.
struct WsdLimitTerms {
  double one_plus_beta;
  double two_plus_l;
};

WsdLimitTerms wsd_limit_terms(double cooldown) {
  check_cooldown(cooldown);
  return {2.0 - cooldown, 2.0 + log((2.0 - cooldown) / cooldown)};
}

}  // namespace

double harmonic(std::int64_t n) {
  if (n < 0) fail_value("n", std::to_string(n), "must be >= 0");
  if (n < static_cast<std::int64_t>(small_harmonics.size())) return small_harmonics[static_cast<std::size_t>(n)];
  return harmonic_by_expansion(static_cast<double>(n));
}

ClosedForm constant_closed_form(std::int64_t T, double grad_norm, double distance) {
  check_T(T);
  check_units(grad_norm, distance);
  const auto t = static_cast<double>(T);
  const double h = 1.0 + harmonic(T - 1);
  return {distance / grad_norm / std::sqrt(t * h), distance * grad_norm * std::sqrt(h / t)};
}

ClosedForm linear_closed_form(std::int64_t T, double grad_norm, double distance) {
  check_T(T);
  check_units(grad_norm, distance);
  const auto t = static_cast<double>(T);
  const double L = 2.0 * t - 1.0 + 2.0 * harmonic(T - 1);
  return {distance / grad_norm * std::sqrt(2.0 * t / (t + 1.0) / L),
          distance * grad_norm * std::sqrt(2.0 * L / t / (t + 1.0))};
}

ClosedForm wsd_closed_form(std::int64_t T, std::int64_t T0, double grad_norm, double distance) {
  check_T(T);
  check_T0(T0, 1, T, "T");
  if (T0 == T) return constant_closed_form(T, grad_norm, distance);
  check_units(grad_norm, distance);
  const auto n = static_cast<double>(T + 1 - T0);
  const auto both = static_cast<double>(T + T0);
  const double A = 1.0 / n + stable_tails(T, T0) + 2.0 / n * (n - 2.0 + harmonic(T - 1 - T0));
  return {distance / grad_norm * std::sqrt(2.0 / (A * both)), distance * grad_norm * std::sqrt(2.0 * A / both)};
}

std::array<double, 6> wsd_theorem_terms(std::int64_t T, std::int64_t T0) {
  check_T(T);
  check_T0(T0, 2, T - 1, "T - 1");
  const auto t = static_cast<double>(T);
  const auto t0 = static_cast<double>(T0);
  const double both = t + t0;
  const double rest = t - t0;
  return {2.0 / 3.0,
          (t + 2.0 * t0) / (3.0 * both),
          harmonic(T + T0 - 2) - harmonic(T - T0 + 1),
          -(rest / (rest + 2.0) * ((t0 - 1.0) / (3.0 * both))),
          1.0 / (rest * rest),
          harmonic(T - T0 - 1) / (rest + 1.0)};
}

double wsd_theorem_bound(std::int64_t T, std::int64_t T0, double grad_norm, double distance) {
  const std::array<double, 6> terms = wsd_theorem_terms(T, T0);
  check_units(grad_norm, distance);
  double sum = 0.0;
  for (const double term : terms) sum += term;
  return distance * grad_norm * std::sqrt(4.0 / (static_cast<double>(T) + static_cast<double>(T0)) * sum);
}

ClosedForm wsd_limit(double cooldown) {
  const WsdLimitTerms terms = wsd_limit_terms(cooldown);
  return {std::sqrt(2.0 / (terms.one_plus_beta * terms.two_plus_l)),
          std::sqrt(2.0 * terms.two_plus_l / terms.one_plus_beta)};
}

ClosedForm linear_limit() noexcept { return {1.0, 2.0}; }

ClosedForm cosine_limit() noexcept { return {0.97079524166004179, 2.0601666697294861}; }

ClosedForm one_minus_sqrt_limit() noexcept {
  const double ln3 = log(3.0);
  return {1.0 / std::sqrt(1.0 - 0.5 * ln3), std::sqrt(9.0 - 4.5 * ln3)};
}

ClosedForm polynomial_limit(double power) {
  require_positive("power", power);
  const double root = std::sqrt(power);
  return {root, root + 1.0 / root};
}

double lr_transfer_limit(double cooldown) {
  const WsdLimitTerms terms = wsd_limit_terms(cooldown);
  return 0.5 * log(0.5 * terms.one_plus_beta * terms.two_plus_l);
}

double lr_transfer(std::int64_t T, std::int64_t T0) {
  return log(linear_closed_form(T).peak / wsd_closed_form(T, T0).peak);
}

}  // namespace scheduled
