// Decays with their numbers filled in: rate of cooldown step j = 1 ... C, in absolute LR. Each is one small functor, so
// that lr() and the loops of fill() run the very same operations.
#pragma once

#include <variant>

#include "base/elementary.hpp"

namespace scheduled::compiled {

/// final + (start - final) Fraction(x, z), with x = j/C and z = 1 - x, both correctly rounded: no cancellation near the
/// end, and exactly `final` at j = C because every Fraction vanishes at z = 0.
template <class Fraction>
struct Affine {
  double count;
  double start;
  double final;
  Fraction fraction{};
  double operator()(double j) const noexcept {
    return final + (start - final) * fraction(j / count, (count - j) / count);
  }
};

struct Linear {
  double operator()(double, double z) const noexcept { return z; }
};
struct OneMinusSqrt {  // 1 - sqrt(x) without the cancellation
  double operator()(double x, double z) const noexcept { return z / (1.0 + std::sqrt(x)); }
};
struct Cosine {
  double operator()(double x, double z) const noexcept { return elementary::half_cosine(x, z); }
};
struct MirrorCosine {
  double operator()(double x, double z) const noexcept { return 2.0 * z - elementary::half_cosine(x, z); }
};
struct Square {
  double operator()(double x, double z) const noexcept { return z * (1.0 + x); }
};
struct Polynomial {
  double power;
  double operator()(double, double z) const noexcept { return elementary::power(z, power); }
};
struct LoweredLinear {
  double factor;
  double operator()(double, double z) const noexcept { return factor * z; }
};

/// start (final/start)^x.
struct Exponential {
  double count;
  double start;
  double final;
  elementary::DoubleDouble log2_ratio;
  double operator()(double j) const noexcept {
    const double x = j / count;
    const elementary::DoubleDouble product = elementary::two_product(log2_ratio.hi, x);
    const double value = start * elementary::exp2(elementary::fast_two_sum(product.hi, product.lo + log2_ratio.lo * x));
    return j == count ? final : value;
  }
};

/// start 0.5^(j/half_life).
struct HalfLife {
  double start;
  double half_life;
  double operator()(double j) const noexcept { return start * elementary::exp2({-(j / half_life), 0.0}); }
};

/// 1/(x/final + z/start).
struct InverseProportional {
  double count;
  double final;
  double ratio;  // final/start
  double operator()(double j) const noexcept { return final / (j / count + (count - j) / count * ratio); }
};

using Decay = std::variant<Affine<Linear>, Affine<OneMinusSqrt>, Affine<Cosine>, Affine<MirrorCosine>, Affine<Square>,
                           Affine<Polynomial>, Affine<LoweredLinear>, Exponential, HalfLife, InverseProportional>;

}  // namespace scheduled::compiled
