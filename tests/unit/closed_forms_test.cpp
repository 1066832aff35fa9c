// Closed forms and limits against sums, against the optimiser and against each other.
#include "scheduled/bound.hpp"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <limits>
#include <string>

#include "scheduled/design.hpp"
#include "support/reference.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

constexpr double nan = std::numeric_limits<double>::quiet_NaN();

double ulp_of(double x) { return std::nextafter(x, std::numeric_limits<double>::infinity()) - x; }

TEST(Harmonic, IsTheSum) {
  reference::Real sum = 0;
  EXPECT_EQ(harmonic(0), 0.0);
  for (std::int64_t n = 1; n <= 200000; ++n) {
    sum += reference::Real(1) / static_cast<reference::Real>(n);
    const double value = harmonic(n);
    ASSERT_LE(std::fabs(static_cast<double>(value - sum)), ulp_of(value)) << n;
  }
}

// H_n to 25 digits: mpmath.harmonic.
TEST(Harmonic, IsRightForLargeN) {
  const struct {
    std::int64_t n;
    reference::Real value;
  } rows[] = {
      {1000000, 14.39272672286572363138113L},          {1000000000, 21.3004815023479440166851L},
      {123456789012, 26.11637271015293794677067L},     {9007199254740991, 37.31401623457863420420866L},
      {1000000000000000, 35.11599205981221862087638L}, {1000000000000000000, 42.02374733879435517343036L},
  };
  for (const auto& row : rows) {
    EXPECT_LE(std::fabs(static_cast<double>(harmonic(row.n) - row.value)), ulp_of(harmonic(row.n))) << row.n;
  }
}

BestBaseLr best_at(const std::string& spec, std::int64_t T, double grad_norm = 1.0, double distance = 1.0) {
  return best_base_lr(Schedule::parse(spec), {.grad_norm = grad_norm, .distance = distance, .T = T});
}

void expect_same(const ClosedForm& form, const BestBaseLr& best, const std::string& where) {
  EXPECT_NEAR(form.peak / best.peak, 1.0, 1e-12) << where;
  EXPECT_NEAR(form.bound / best.bound, 1.0, 1e-12) << where;
}

TEST(ClosedForm, EqualsTheOptimiser) {
  for (const std::int64_t T : {1, 2, 3, 4, 5, 10, 11, 63, 64, 400, 4000, 100001}) {
    const std::string steps = "(steps=" + std::to_string(T + 1);
    expect_same(constant_closed_form(T, 2.5, 0.3), best_at("constant", T, 2.5, 0.3), "constant " + steps);
    expect_same(linear_closed_form(T, 2.5, 0.3), best_at("linear" + steps + ")", T, 2.5, 0.3), "linear " + steps);
    for (const double share : {0.01, 0.1, 0.2, 0.5, 0.51, 0.9, 1.0}) {
      const std::int64_t T0 = std::max<std::int64_t>(1, T + 1 - std::llround(share * static_cast<double>(T + 1)));
      const std::string spec = "wsd" + steps + ", cooldown=" + std::to_string(T + 1 - T0) + ")";
      if (T0 <= T) expect_same(wsd_closed_form(T, T0, 2.5, 0.3), best_at(spec, T, 2.5, 0.3), spec);
    }
  }
}

TEST(ClosedForm, WsdEndsInConstantAndInLinearDecay) {
  for (const std::int64_t T : {1LL, 2LL, 3LL, 100LL, 1000001LL, 1LL << 50U}) {
    EXPECT_EQ(wsd_closed_form(T, T), constant_closed_form(T));
    EXPECT_NEAR(wsd_closed_form(T, 1).peak / linear_closed_form(T).peak, 1.0, 4e-15) << T;
    EXPECT_NEAR(wsd_closed_form(T, 1).bound / linear_closed_form(T).bound, 1.0, 4e-15) << T;
  }
}

TEST(ClosedForm, WsdTheoremIsAnUpperBound) {
  EXPECT_NEAR(wsd_theorem_bound(4000000, 3200000) * 2000, 2.666, 5e-4);
  EXPECT_NEAR(wsd_closed_form(4000000, 3200000).bound * 2000, 2.160, 5e-4);
  for (const std::int64_t T : {3, 4, 10, 400, 100000}) {
    for (const double beta : {0.0, 0.1, 0.5, 0.8, 1.0}) {
      const std::int64_t T0 = std::clamp<std::int64_t>(std::llround(beta * static_cast<double>(T)), 2, T - 1);
      EXPECT_GE(wsd_theorem_bound(T, T0, 0.7, 3.0), wsd_closed_form(T, T0, 0.7, 3.0).bound) << T << " " << T0;
    }
  }
}

TEST(Limit, IsApproachedAtTheRateOfLogTOverT) {
  constexpr std::int64_t T = std::int64_t{1} << 50U;
  const double root = std::sqrt(static_cast<double>(T));
  for (const double share : {0.0009765625, 0.125, 0.25, 0.5, 0.9375, 1.0}) {
    const std::int64_t T0 = std::max<std::int64_t>(1, static_cast<std::int64_t>((1 - share) * static_cast<double>(T)));
    const ClosedForm form = wsd_closed_form(T, T0);
    const double tolerance = 1e-13 + 1e-14 / share;  // the cooldown has share * T steps
    EXPECT_NEAR(form.peak * root, wsd_limit(share).peak, tolerance) << share;
    EXPECT_NEAR(form.bound * root, wsd_limit(share).bound, tolerance) << share;
    EXPECT_NEAR(lr_transfer(T, T0), lr_transfer_limit(share), tolerance) << share;
  }
  EXPECT_NEAR(linear_closed_form(T).peak * root, linear_limit().peak, 1e-12);
  EXPECT_NEAR(linear_closed_form(T).bound * root, linear_limit().bound, 1e-12);
}

TEST(Limit, HasTheValuesOfTheory) {
  EXPECT_NEAR(wsd_limit(0.2).bound, 2.15953, 5e-6);
  EXPECT_NEAR(wsd_limit(0.2).peak, .514515, 5e-7);
  EXPECT_NEAR(cosine_limit().bound, 2.0602, 5e-5);
  EXPECT_NEAR(cosine_limit().peak, .9708, 5e-5);
  EXPECT_NEAR(one_minus_sqrt_limit().bound, 2.01401, 5e-6);
  EXPECT_NEAR(one_minus_sqrt_limit().peak, 1.48956, 5e-6);
  EXPECT_NEAR(lr_transfer_limit(0.2), .6645, 5e-5);
  EXPECT_EQ(wsd_limit(1.0), linear_limit());
  EXPECT_EQ(polynomial_limit(1.0), linear_limit());
  EXPECT_EQ(lr_transfer_limit(1.0), 0.0);
  EXPECT_DOUBLE_EQ(polynomial_limit(4.0).bound, 2.5);
  EXPECT_DOUBLE_EQ(polynomial_limit(4.0).peak, 2.0);
}

TEST(Limit, OfCosineIsItsIntegral) {
  // Midpoint rule with Richardson's extrapolation; near 0 the integrand is 3v/2 and its formula cancels.
  const auto integral = [](int n) {
    constexpr reference::Real pi = 3.14159265358979323846L;
    reference::Real sum = 0;
    for (int i = 0; i < n; ++i) {
      const reference::Real v = pi * (i + 0.5L) / n;
      const reference::Real one_minus_cos = 2 * reference::square(std::sin(v / 2));
      sum += reference::square(one_minus_cos) / (v - std::sin(v));
    }
    return sum * pi / n;
  };
  const auto Q = static_cast<double>((4 * integral(4000) - integral(2000)) / 6);
  EXPECT_NEAR(cosine_limit().bound, std::sqrt(2 * Q), 1e-12);
  EXPECT_NEAR(cosine_limit().peak, 1 / std::sqrt(Q / 2), 1e-12);
}

TEST(Limit, IsNearTheOptimumOfLongRuns) {
  const std::int64_t T = 1000000;
  const auto near = [&](const std::string& spec, const ClosedForm& limit, double tolerance) {
    const BestBaseLr best = best_at(spec, T);
    EXPECT_NEAR(best.peak * 1000, limit.peak, tolerance) << spec;
    EXPECT_NEAR(best.bound * 1000, limit.bound, tolerance) << spec;
  };
  near("cosine(steps=1000001)", cosine_limit(), 3e-5);
  near("1-sqrt(steps=1000001)", one_minus_sqrt_limit(), 3e-3);
  near("polynomial(steps=1000001, power=2)", polynomial_limit(2.0), 3e-5);
}

TEST(ClosedFormErrors, NameArgumentValueAndRequirement) {
  EXPECT_EQ(error_of([] { harmonic(-1); }), "n = -1: must be >= 0");
  EXPECT_EQ(error_of([] { constant_closed_form(0); }), "T = 0: must be between 1 and 2^53");
  EXPECT_EQ(error_of([] { linear_closed_form((1LL << 53U) + 1); }), "T = 9007199254740993: must be between 1 and 2^53");
  EXPECT_EQ(error_of([] { wsd_closed_form(-3, 1); }), "T = -3: must be between 1 and 2^53");
  EXPECT_EQ(error_of([] { wsd_closed_form(10, 11); }), "T0 = 11: must be between 1 and T = 10");
  EXPECT_EQ(error_of([] { lr_transfer(10, 0); }), "T0 = 0: must be between 1 and T = 10");
  EXPECT_EQ(error_of([] { wsd_theorem_bound(10, 10); }), "T0 = 10: must be between 2 and T - 1 = 9");
  EXPECT_EQ(error_of([] { wsd_theorem_bound(0, 1); }), "T = 0: must be between 1 and 2^53");
  EXPECT_EQ(error_of([] { constant_closed_form(1, 0.0); }), "grad_norm = 0: must be finite and > 0");
  EXPECT_EQ(error_of([] { linear_closed_form(1, 1.0, -2.0); }), "distance = -2: must be finite and > 0");
  EXPECT_EQ(error_of([] { wsd_closed_form(5, 2, nan); }), "grad_norm = nan: must be finite and > 0");
  EXPECT_EQ(error_of([] { wsd_closed_form(5, 5, 1.0, nan); }), "distance = nan: must be finite and > 0");
  EXPECT_EQ(error_of([] { wsd_theorem_bound(5, 2, 1.0, 0.0); }), "distance = 0: must be finite and > 0");
  EXPECT_EQ(error_of([] { wsd_limit(0.0); }), "cooldown = 0: must be > 0 and <= 1, a share of the run");
  EXPECT_EQ(error_of([] { lr_transfer_limit(1.5); }), "cooldown = 1.5: must be > 0 and <= 1, a share of the run");
  EXPECT_EQ(error_of([] { wsd_limit(nan); }), "cooldown = nan: must be > 0 and <= 1, a share of the run");
  EXPECT_EQ(error_of([] { polynomial_limit(0.0); }), "power = 0: must be finite and > 0");
}

}  // namespace
}  // namespace scheduled
