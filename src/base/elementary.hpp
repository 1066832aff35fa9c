// Elementary functions with the same bits on every x86-64 machine (docs/adr/0002).
//
// The C library picks fused-multiply-add variants of cos, exp and pow at run time, whose last bits differ from those of
// its other variants. These use only + - * / and sqrt, which IEEE 754 rounds the same way everywhere, have no branches
// in the common path (the compiler vectorises loops over them without changing a bit) and are tested against MPFR.
#pragma once

#include <bit>
#include <cmath>
#include <cstdint>
#include <limits>

namespace scheduled::elementary {

/// An unevaluated sum hi + lo, |lo| <= ulp(hi)/2.
struct DoubleDouble {
  double hi;
  double lo;
};

inline DoubleDouble fast_two_sum(double a, double b) noexcept {  // |a| >= |b| or a = 0
  const double sum = a + b;
  return {sum, b - (sum - a)};
}

inline DoubleDouble two_sum(double a, double b) noexcept {
  const double sum = a + b;
  const double from_b = sum - a;
  return {sum, (a - (sum - from_b)) + (b - from_b)};
}

/// x rounded to 26 bits; |x| < 2^996.
inline double upper_half(double x) noexcept {
  constexpr double split = 134217729.0;  // 2^27 + 1
  const double big = split * x;
  return big - (big - x);
}

inline DoubleDouble two_product(double a, double b) noexcept {  // Dekker; |a|, |b| < 2^996
  const double a_hi = upper_half(a);
  const double a_lo = a - a_hi;
  const double b_hi = upper_half(b);
  const double b_lo = b - b_hi;
  const double product = a * b;
  return {product, ((a_hi * b_hi - product) + a_hi * b_lo + a_lo * b_hi) + a_lo * b_lo};
}

/// log2(x) = hi + lo for finite normal x > 0, to about 2^-60 relative (absolute near x = 1); |lo| <= 2^-24.
inline DoubleDouble log2_parts(double x) noexcept {
  // x = 2^e m with m in [sqrt(1/2), sqrt(2)); the exponent is read without a 64-bit arithmetic shift, which SSE2 lacks.
  const auto bits = std::bit_cast<std::uint64_t>(x);
  const std::uint64_t biased = (bits - 0x3fe6a09e667f3bcdULL + (1024ULL << 52)) >> 52;  // e + 1024
  const auto mantissa = std::bit_cast<double>(bits - ((biased - 1024ULL) << 52));
  const double exponent = std::bit_cast<double>(biased | 0x4330000000000000ULL) - (4503599627370496.0 + 1024.0);
  // log(m) = 2 atanh(s), s = f/(2 + f), f = m - 1 (exact). s is kept to twice the precision, as a head of 26 bits,
  // which makes f - head (2 + f) computable without error, and the rest.
  const double f = mantissa - 1.0;
  const double reciprocal = 1.0 / (2.0 + f);
  const double s = f * reciprocal;
  const double head = upper_half(s);
  const double f_hi = upper_half(f);
  const double rest = (((f - 2.0 * head) - head * f_hi) - head * (f - f_hi)) * reciprocal;
  const double z = s * s;   // <= 0.0295: the series below ends under 2^-60 of its first term
  const double z2 = z * z;  // even and odd powers apart (Estrin): a chain of operations half as long
  const double z4 = z2 * z2;
  const double low4 = (1.0 / 3.0 + 1.0 / 5.0 * z) + (1.0 / 7.0 + 1.0 / 9.0 * z) * z2;
  const double mid4 = (1.0 / 11.0 + 1.0 / 13.0 * z) + (1.0 / 15.0 + 1.0 / 17.0 * z) * z2;
  const double high3 = (1.0 / 19.0 + 1.0 / 21.0 * z) + 1.0 / 23.0 * z2;
  const double tail = low4 + (mid4 + high3 * z4) * z4;
  constexpr double factor_hi = 2.8853901028633118;       // 2/ln(2): its first 26 bits, so that head factor_hi is exact,
  constexpr double factor_lo = -2.1085384952858276e-08;  // and the rest
  constexpr double factor = 2.8853900817779268;
  const double low = head * factor_lo + (rest + s * z * tail) * factor;
  const DoubleDouble sum = fast_two_sum(exponent, head * factor_hi);
  return {sum.hi, sum.lo + low};
}

/// The same as an unevaluated sum with |lo| <= ulp(hi)/2.
inline DoubleDouble log2(double x) noexcept {
  const DoubleDouble sum = log2_parts(x);
  return fast_two_sum(sum.hi, sum.lo);
}

/// 2^(y.hi + y.lo), about 1 ulp; 0 below the normal range, infinity above.
inline double exp2(DoubleDouble y) noexcept {
  const double clamped = y.hi < -1021.0 ? -1021.0 : (y.hi > 1023.5 ? 1023.5 : y.hi);
  constexpr double shifter = 6755399441055744.0;  // 1.5 2^52: adding it rounds to a whole number
  const double shifted = clamped + shifter;
  const double whole = shifted - shifter;
  const double t = ((clamped - whole) + y.lo) * 0.693147180559945309;  // |t| <= ln(2)/2
  const double t2 = t * t;
  const double t4 = t2 * t2;
  const double low4 = (1.0 / 2.0 + 1.0 / 6.0 * t) + (1.0 / 24.0 + 1.0 / 120.0 * t) * t2;
  const double mid4 = (1.0 / 720.0 + 1.0 / 5040.0 * t) + (1.0 / 40320.0 + 1.0 / 362880.0 * t) * t2;
  const double high4 = (1.0 / 3628800.0 + 1.0 / 39916800.0 * t) + (1.0 / 479001600.0 + 1.0 / 6227020800.0 * t) * t2;
  const double p = low4 + (mid4 + high4 * t4) * t4;
  const double mantissa = 1.0 + (t + t2 * p);
  // Multiply by 2^(whole - 1) and then by 2: 2^whole alone overflows where the result does not.
  const std::uint64_t exponent = std::bit_cast<std::uint64_t>(shifted) - std::bit_cast<std::uint64_t>(shifter);
  const auto scale = std::bit_cast<double>((exponent + 1022ULL) << 52);
  const double result = mantissa * scale * 2.0;
  return y.hi < -1021.0 ? 0.0 : (y.hi > 1023.5 ? std::numeric_limits<double>::infinity() : result);
}

/// x^p for finite normal x > 0 and finite p, about 1 ulp; x = 0 gives 0 for p > 0. Same range as exp2.
inline double power(double x, double p) noexcept {
  const DoubleDouble l = log2_parts(x);
  const double bounded = p > 1e290 ? 1e290 : (p < -1e290 ? -1e290 : p);  // upper_half would overflow
  const double p_hi = upper_half(bounded);
  const double l_hi = upper_half(l.hi);
  const double low = l_hi * (bounded - p_hi) + ((l.hi - l_hi) + l.lo) * bounded;
  const double result = exp2({l_hi * p_hi, low});  // the product of two halves is exact
  return x == 0.0 ? 0.0 : result;
}

/// (1 + cos(pi x))/2 with z = 1 - x given as well, both in [0, 1]: within 3 ulp also where it vanishes (z -> 0),
/// exactly 1 at x = 0, 0 at z = 0 and 1/2 at x = z.
inline double half_cosine(double x, double z) noexcept {
  // (1 - cos(pi z))/2 for z <= 1/2, else one minus the same of x, by its series in y = w^2 <= 1/4; the terms
  // pi^(2k) y^k/(2 (2k)!) beyond k = 12 are below 2^-70 of the first.
  const double w = z <= x ? z : x;
  const double y = w * w;
  double p = -6.884323640188707e-13;
  p = p * y + 3.850353565300677e-11;
  p = p * y - 1.8023653987312506e-09;
  p = p * y + 6.939476231106886e-08;
  p = p * y - 2.1515347935164736e-06;
  p = p * y + 5.231905246242285e-05;
  p = p * y - 0.0009647871547019616;
  p = p * y + 0.01290344569500703;
  p = p * y - 0.1176653151794466;
  p = p * y + 0.6676313844272947;
  p = p * y - 2.0293560632083842;
  p = p * y + 2.4674011002723395;
  const double part = y * p;
  return z == x ? 0.5 : (z < x ? part : 1.0 - part);
}

}  // namespace scheduled::elementary
