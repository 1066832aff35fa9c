// The bounds over the whole range of double: right, or an error that says so; never NaN, infinite or another number.
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "scheduled/bound.hpp"
#include "scheduled/error.hpp"
#include "support/throws.hpp"

namespace scheduled {
namespace {

using Wide = long double;

std::vector<double> flat(double rate, std::size_t steps = 3) { return std::vector<double>(steps, rate); }

/// (1.2), as it stands.
Wide omega_as_written(const std::vector<double>& lr, const std::vector<double>& norm, double distance) {
  Wide sum = 0.0L;
  for (std::size_t k = 0; k < lr.size(); ++k) {
    Wide after = 0.0L;
    for (std::size_t j = lr.size(); j-- > k + 1;) after += Wide{lr[j]};
    const Wide move = Wide{lr[k]} * Wide{norm[k]};
    sum += k + 1 == lr.size() ? move * Wide{norm[k]} : move * move / after;
  }
  Wide total = 0.0L;
  for (std::size_t j = lr.size(); j-- > 0;) total += Wide{lr[j]};
  return 0.5L * (Wide{distance} * Wide{distance} / total + sum);
}

TEST(BoundRange, ValuesAtTheEndsOfTheRange) {
  EXPECT_NEAR(omega(flat(1e200), 1.0, 1.0) / 1.25e200, 1.0, 1e-15);
  EXPECT_NEAR(omega(flat(1.0, 2), 1e100, 1.0) / 1e200, 1.0, 1e-15);
  EXPECT_NEAR(omega(flat(1e-200), 1.0, 1e-200) / (1e-200 * (1.0 / 6.0 + 1.25)), 1.0, 1e-15);
  EXPECT_NEAR(standard_bound(flat(1e200), 1.0, 1.0) / 5e199, 1.0, 1e-15);
  EXPECT_NEAR(standard_bound(flat(1e308), 1.0, 1.0) / 5e307, 1.0, 1e-15);
  EXPECT_NEAR(omega_split(flat(1e200), 1.0, 1.0).value() / 1.25e200, 1.0, 1e-15);
  EXPECT_NEAR(omega(flat(1e308), 1.0, 1.0) / 1.25e308, 1.0, 1e-15);
  const std::vector<double> rates = {1e300, 1e-10};
  EXPECT_NEAR(omega(rates, 1e-200, 1.0) / 0.5e210, 1.0, 1e-15);
  std::vector<double> gradient(3);
  omega_gradient(flat(1e200), 1.0, 1.0, gradient);
  EXPECT_NEAR(gradient[0], 0.5, 1e-15);  // 2 lr/u - ... = 1 of half
  EXPECT_NEAR(gradient[1], 0.5 * (2 - 0.25), 1e-15);
  EXPECT_NEAR(gradient[2], 0.5 * (1 - 0.25 - 1), 1e-15);
  EXPECT_EQ(omega(flat(1.0), 0.0, 1.0), 1.0 / 6.0);
}

TEST(BoundRange, WhatNoDoubleHoldsIsAnError) {
  const auto above = [](const auto& call) { EXPECT_NE(error_of(call).find("above 1.8e308"), std::string::npos); };
  const auto below = [](const auto& call) { EXPECT_NE(error_of(call).find("below 2.2e-308"), std::string::npos); };
  above([] { omega(flat(1.0, 2), 1e200, 1.0); });
  above([] { omega(flat(1e308), 2.0, 1.0); });
  above([] { omega(flat(1e-200), 1.0, 1e200); });
  below([] { omega(flat(1e-200), 1e-100, 1e-260); });
  above([] { omega_split(flat(1e308), 2.0, 1.0); });
  below([] { standard_bound(flat(1e200), 1e-300, 1e-100); });
  std::vector<double> gradient(3);
  EXPECT_NE(error_of([&] { omega_gradient(flat(1e-200), 1.0, 1.0, gradient); }).find("at step 0 is beyond"),
            std::string::npos);
  EXPECT_NE(error_of([] { standard_bound(flat(0.0), 1.0, 1.0); }).find("all 3 values are 0"), std::string::npos);
}

TEST(BoundRange, CurvesOverWideSpansAreShortOrRefused) {
  std::vector<double> lr(20001);
  for (std::size_t t = 0; t < lr.size(); ++t) lr[t] = std::pow(10.0, -80.0 * double(t) / double(lr.size() - 1));
  std::vector<double> out(lr.size());
  EXPECT_EQ(
      error_of([&] { omega_curve(lr, 1.0, 1.0, out); }),
      "lr = 1e-80: must not be below 1e-75 of the largest rate, 1, in a curve of more than 20000 steps, whose time "
      "would grow with their square");
  const std::size_t few = 300;
  for (std::size_t t = 0; t < few; ++t) lr[t] = std::pow(10.0, -80.0 * double(t) / double(few - 1));
  omega_curve(std::span(lr).first(few), 1.0, 1.0, std::span(out).first(few));
  EXPECT_EQ(out[few - 1], omega(std::span(lr).first(few), 1.0, 1.0));
}

TEST(BoundRange, RandomMagnitudes) {
  std::mt19937_64 random(7);
  std::uniform_real_distribution<double> exponent(-300.0, 300.0);
  std::uniform_real_distribution<double> near(-2.0, 2.0);
  int values = 0;
  for (int trial = 0; trial < 4000; ++trial) {
    const std::size_t T = 1 + random() % 40;
    const double scale = exponent(random);
    const double norm_scale = exponent(random);
    const bool wild = trial % 4 == 0;
    std::vector<double> lr(T), norm(T);
    for (double& rate : lr) rate = std::pow(10.0, wild ? exponent(random) : scale + near(random));
    for (double& value : norm) value = std::pow(10.0, wild ? exponent(random) : norm_scale + near(random));
    const double distance = std::pow(10.0, exponent(random) / 2.0);
    const Wide truth = omega_as_written(lr, norm, distance);
    const bool holds =
        truth <= Wide{std::numeric_limits<double>::max()} && truth >= Wide{std::numeric_limits<double>::min()};
    try {
      const double value = omega(lr, norm, distance);
      ++values;
      ASSERT_TRUE(holds) << trial;
      ASSERT_NEAR(static_cast<double>(Wide{value} / truth), 1.0, 1e-14) << trial;
      ASSERT_NEAR(static_cast<double>(Wide{omega_split(lr, norm, distance).value()} / truth), 1.0, 1e-14) << trial;
    } catch (const std::invalid_argument&) {
      ASSERT_FALSE(holds) << trial;
    }
  }
  EXPECT_GT(values, 1000);
}

}  // namespace
}  // namespace scheduled
