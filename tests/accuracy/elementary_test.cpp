// The deterministic elementary functions against MPFR, in units of the last place.
#include "base/elementary.hpp"

#include <gtest/gtest.h>
#include <mpfr.h>

#include <random>

namespace scheduled::elementary {
namespace {

class Mpfr {
 public:
  Mpfr() { mpfr_init2(value, 200); }
  ~Mpfr() { mpfr_clear(value); }
  Mpfr(const Mpfr&) = delete;
  Mpfr& operator=(const Mpfr&) = delete;
  mpfr_t value;
};

/// |got - exact| in ulps of the exact value.
double ulps(double got, mpfr_t exact) {
  Mpfr error;
  mpfr_sub_d(error.value, exact, got, MPFR_RNDN);
  const double size = std::fabs(mpfr_get_d(exact, MPFR_RNDN));
  const double ulp = std::nextafter(size, INFINITY) - size;
  return std::fabs(mpfr_get_d(error.value, MPFR_RNDN)) / ulp;
}

TEST(Power, IsWithinOneAndAHalfUlps) {
  std::mt19937_64 random(3);
  std::uniform_real_distribution<double> exponent(-30.0, 30.0);
  std::uniform_real_distribution<double> unit(0.0, 1.0);
  std::uniform_real_distribution<double> small_power(-3.0, 3.0);
  double worst = 0.0;
  double worst_x = 0.0;
  double worst_p = 0.0;
  Mpfr x;
  Mpfr p;
  for (int i = 0; i < 300000; ++i) {
    const double base = i % 2 == 0 ? std::exp2(exponent(random)) : 1.0 - unit(random) * std::exp2(-(i % 40));
    const double power_of = i % 3 == 0 ? exponent(random) : small_power(random);
    if (base <= 0.0) continue;
    mpfr_set_d(x.value, base, MPFR_RNDN);
    mpfr_set_d(p.value, power_of, MPFR_RNDN);
    mpfr_pow(x.value, x.value, p.value, MPFR_RNDN);
    const double error = ulps(power(base, power_of), x.value);
    if (error > worst) worst = error, worst_x = base, worst_p = power_of;
  }
  EXPECT_LE(worst, 1.5) << "at " << worst_x << "^" << worst_p;
  RecordProperty("worst_ulps", std::to_string(worst));
}

TEST(Power, HasItsExactPoints) {
  EXPECT_EQ(power(1.0, 0.37), 1.0);
  EXPECT_EQ(power(0.0, 0.37), 0.0);
  EXPECT_EQ(power(0.3, 0.0), 1.0);
  EXPECT_EQ(power(4.0, 0.5), 2.0);
  EXPECT_EQ(power(2.0, 10.0), 1024.0);
  EXPECT_EQ(power(1e-300, 3.0), 0.0);
  EXPECT_EQ(power(1e300, 3.0), INFINITY);
  EXPECT_EQ(power(2.0, 1023.0), 0x1p1023);
  EXPECT_EQ(power(2.0, -1021.0), 0x1p-1021);
}

TEST(HalfCosine, IsWithinItsStatedErrorAlsoWhereItVanishes) {
  Mpfr exact;
  Mpfr pi;
  mpfr_const_pi(pi.value, MPFR_RNDN);
  double worst = 0.0;
  int worst_k = 0;
  const int n = 100003;
  for (int k = 1; k <= n; ++k) {
    const double z = static_cast<double>(k) / n;
    const double x = static_cast<double>(n - k) / n;
    mpfr_set_d(exact.value, std::min(x, z), MPFR_RNDN);  // the rounded argument: its own rounding is not our error
    mpfr_mul(exact.value, exact.value, pi.value, MPFR_RNDN);
    mpfr_div_ui(exact.value, exact.value, 2, MPFR_RNDN);
    mpfr_sin(exact.value, exact.value, MPFR_RNDN);
    mpfr_sqr(exact.value, exact.value, MPFR_RNDN);
    if (z > x) mpfr_ui_sub(exact.value, 1, exact.value, MPFR_RNDN);
    const double error = ulps(half_cosine(x, z), exact.value);
    if (error > worst) worst = error, worst_k = k;
  }
  EXPECT_LE(worst, 3.0) << "at z = " << worst_k << "/" << n;
  RecordProperty("worst_ulps", std::to_string(worst));
  EXPECT_EQ(half_cosine(0.0, 1.0), 1.0);
  EXPECT_EQ(half_cosine(1.0, 0.0), 0.0);
  EXPECT_EQ(half_cosine(0.5, 0.5), 0.5);
}

}  // namespace
}  // namespace scheduled::elementary
