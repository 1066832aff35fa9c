// Omega, its split and its gradient against long double sums over T, schedule and grad norm; those against MPFR.
#include <gtest/gtest.h>
#include <mpfr.h>

#include <cmath>

#include "scheduled/bound.hpp"
#include "support/families.hpp"
#include "support/reference.hpp"

namespace scheduled {
namespace {

/// (1.2) in 400 bits.
double omega_mpfr(std::span<const double> lr, std::span<const double> grad_norm, double distance,
                  reference::Real compared_with) {
  mpfr_t sum;
  mpfr_t tail;
  mpfr_t term;
  mpfr_inits2(400, sum, tail, term, nullptr);
  const std::size_t T = lr.size();
  mpfr_set_d(sum, grad_norm[T - 1], MPFR_RNDN);
  mpfr_sqr(sum, sum, MPFR_RNDN);
  mpfr_mul_d(sum, sum, lr[T - 1], MPFR_RNDN);
  mpfr_set_d(tail, lr[T - 1], MPFR_RNDN);
  for (std::size_t k = T - 1; k-- > 0;) {
    mpfr_set_d(term, lr[k], MPFR_RNDN);
    mpfr_mul_d(term, term, grad_norm[k], MPFR_RNDN);
    mpfr_sqr(term, term, MPFR_RNDN);
    mpfr_div(term, term, tail, MPFR_RNDN);
    mpfr_add(sum, sum, term, MPFR_RNDN);
    mpfr_add_d(tail, tail, lr[k], MPFR_RNDN);
  }
  mpfr_set_d(term, distance, MPFR_RNDN);
  mpfr_sqr(term, term, MPFR_RNDN);
  mpfr_div(term, term, tail, MPFR_RNDN);
  mpfr_add(sum, sum, term, MPFR_RNDN);
  mpfr_div_ui(sum, sum, 2, MPFR_RNDN);
  mpfr_set_ld(term, compared_with, MPFR_RNDN);
  mpfr_sub(term, term, sum, MPFR_RNDN);
  mpfr_div(term, term, sum, MPFR_RNDN);
  const double error = std::fabs(mpfr_get_d(term, MPFR_RNDN));
  mpfr_clears(sum, tail, term, nullptr);
  return error;
}

TEST(Reference, LongDoubleSumAgreesWithMpfr) {
  for (const std::size_t T : {1U, 2U, 3U, 10U, 100U, 2000U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        const auto value = reference::omega(rates.values, norms.values, 1.3);
        EXPECT_LE(omega_mpfr(rates.values, norms.values, 1.3, value), 1e-17 * static_cast<double>(T + 10))
            << T << ", " << rates.name << ", G = " << norms.name;
      }
    }
  }
}

struct Worst {
  double error = 0.0;  // as a share of what is allowed
  std::string where;
  void update(double value, const std::string& place) {
    if (value > error) error = value, where = place;
  }
};

TEST(Omega, IsWithinItsStatedError) {
  Worst worst;
  for (const std::size_t T : {1U, 2U, 3U, 7U, 8U, 9U, 127U, 128U, 129U, 255U, 256U, 257U, 1000U, 20000U, 1000000U}) {
    const double allowed = 1e-15 * (1.0 + std::log2(static_cast<double>(T)));
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        const auto exact = reference::omega(rates.values, norms.values, 0.8);
        const double got = omega(rates.values, norms.values, 0.8);
        const auto error = static_cast<double>(std::fabs((got - exact) / exact));
        worst.update(error / allowed, "T = " + std::to_string(T) + ", " + rates.name + ", G = " + norms.name);
      }
    }
  }
  EXPECT_LE(worst.error, 1.0) << worst.where;
  std::cout << "worst share of the allowed error: " << worst.error << " at " << worst.where << "\n";
}

TEST(OmegaSplit, EqualsTheDoubleSumOf1_1) {
  for (const std::size_t T : {1U, 2U, 5U, 100U, 700U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        const auto exact = reference::omega_split(rates.values, norms.values, 0.8);
        const OmegaSplit got = omega_split(rates.values, norms.values, 0.8);
        const std::string place = std::to_string(T) + ", " + rates.name + ", G = " + norms.name;
        const auto near = [&](double a, reference::Real b) {
          EXPECT_LE(std::fabs(a - b), 1e-14L * std::fabs(b)) << place;
        };
        near(got.distance, exact.distance);
        near(got.noise, exact.noise);
        near(got.last, exact.last);
        near(got.value(), reference::omega(rates.values, norms.values, 0.8));  // (1.1) = (1.2)
      }
    }
  }
}

TEST(OmegaGradient, EqualsTheFormula) {
  for (const std::size_t T : {1U, 2U, 5U, 100U, 700U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        std::vector<double> got(T);
        omega_gradient(rates.values, norms.values, 0.8, got);
        const auto exact = reference::omega_gradient(rates.values, norms.values, 0.8);
        const auto u = reference::tail_sums<reference::Real>(rates.values);
        reference::Real before = 0;
        for (std::size_t j = 0; j < T; ++j) {
          // The terms of (1.3) have both signs: the error is relative to their sizes, not to their sum.
          const auto size = reference::square(0.8 / u[0]) + std::fabs(exact[j]) + before;
          EXPECT_LE(std::fabs(got[j] - exact[j]), 1e-14L * size)
              << T << ", " << rates.name << ", G = " << norms.name << ", j = " << j;
          if (j + 1 < T) before += reference::square(rates.values[j] * norms.values[j] / u[j + 1]);
        }
      }
    }
  }
}

TEST(Reference, RunningSumsAgreeWithTheFormulas) {
  const std::size_t T = 700;
  for (const auto& rates : families::rates(T)) {
    for (const auto& norms : families::grad_norms(T)) {
      const auto exact = reference::omega_split(rates.values, norms.values, 0.8);
      const auto running = reference::omega_split_running(rates.values, norms.values, 0.8);
      EXPECT_LE(std::fabs(running.noise - exact.noise), 1e-16L * exact.noise) << rates.name;
      EXPECT_LE(std::fabs(running.last - exact.last), 1e-16L * exact.last) << rates.name;
      const auto gradient = reference::omega_gradient(rates.values, norms.values, 0.8);
      const auto fast = reference::omega_gradient_running(rates.values, norms.values, 0.8);
      const auto size = reference::square(0.8 / reference::tail_sums<reference::Real>(rates.values)[0]);
      for (std::size_t j = 0; j < T; ++j) {
        EXPECT_LE(std::fabs(fast[j] - gradient[j]), 1e-15L * (size + std::fabs(gradient[j]))) << rates.name << j;
      }
    }
  }
}

/// Largest error of the split's parts, and of the gradient as a share of the sizes of its terms.
void check_long_run(const families::Series& rates, const families::Series& norms, Worst& split, Worst& gradient) {
  const std::size_t T = rates.values.size();
  const std::string place = "T = " + std::to_string(T) + ", " + rates.name + ", G = " + norms.name;
  const auto exact = reference::omega_split_running(rates.values, norms.values, 0.8);
  const OmegaSplit got = omega_split(rates.values, norms.values, 0.8);
  const auto relative = [](double a, reference::Real b) {
    return b == 0 ? (a == 0.0 ? 0.0 : HUGE_VAL) : static_cast<double>(std::fabs((a - b) / b));
  };
  split.update(relative(got.distance, exact.distance), place);
  split.update(relative(got.noise, exact.noise), place);
  split.update(relative(got.last, exact.last), place);
  std::vector<double> slopes(T);
  omega_gradient(rates.values, norms.values, 0.8, slopes);
  const auto expected = reference::omega_gradient_running(rates.values, norms.values, 0.8);
  const auto u = reference::tail_sums<reference::Real>(rates.values);
  reference::Real before = reference::square(0.8 / u[0]);
  for (std::size_t j = 0; j < T; ++j) {
    gradient.update(static_cast<double>(std::fabs(slopes[j] - expected[j]) / (std::fabs(expected[j]) + before)), place);
    if (j + 1 < T) before += reference::square(rates.values[j] * norms.values[j] / u[j + 1]);
  }
}

TEST(OmegaSplitAndGradient, AreWithinTheirStatedErrorsInLongRuns) {
  for (const std::size_t T : {255U, 256U, 257U, 258U, 20000U, 1000000U}) {
    Worst split;
    Worst gradient;
    const auto norms = families::grad_norms(T);
    std::size_t k = 0;
    for (const auto& rates : families::rates(T)) check_long_run(rates, norms[k++ % norms.size()], split, gradient);
    const double allowed = 1e-15 * (1.0 + std::log2(static_cast<double>(T)));
    EXPECT_LE(split.error, allowed) << split.where;
    EXPECT_LE(gradient.error, allowed) << gradient.where;
    std::cout << "T = " << T << ": split " << split.error << ", gradient " << gradient.error << "\n";
  }
}

TEST(StandardBound, EqualsTheFormula) {
  for (const std::size_t T : {1U, 2U, 1000U}) {
    for (const auto& rates : families::rates(T)) {
      for (const auto& norms : families::grad_norms(T)) {
        const auto exact = reference::standard_bound(rates.values, norms.values, 0.8);
        EXPECT_LE(std::fabs(standard_bound(rates.values, norms.values, 0.8) - exact), 1e-15L * exact) << rates.name;
      }
    }
  }
}

}  // namespace
}  // namespace scheduled
