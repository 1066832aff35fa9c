#include "bound/kernels/stream.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/kernels/stream.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

#include <cstdint>

#include "bound/kernels/lanes.hpp"

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

void NodeDecays(const double* HWY_RESTRICT rate, std::size_t count, double step, double* HWY_RESTRICT decay) {
  for (std::size_t j = 0; j < count; ++j) {
    // exp(y) - 1 = 2^n (exp(r) - 1) + (2^n - 1), y = n ln 2 + r, |r| <= ln(2)/2; below -60 it is -1 to the last bit.
    const double product = -(rate[j] * step);
    const double y = product < -60.0 ? -60.0 : product;
    constexpr double shifter = 6755399441055744.0;  // 1.5 2^52: adding it rounds to a whole number
    const double shifted = y * 1.4426950408889634 + shifter;
    const double n = shifted - shifter;
    const double r = (y - n * 0.693147180369123816490) - n * 1.90821492927058770002e-10;  // ln 2, first part exact in n
    double p = 1.0 / 6227020800.0;                                                        // Taylor, to r^13/13!
    p = p * r + 1.0 / 479001600.0;
    p = p * r + 1.0 / 39916800.0;
    p = p * r + 1.0 / 3628800.0;
    p = p * r + 1.0 / 362880.0;
    p = p * r + 1.0 / 40320.0;
    p = p * r + 1.0 / 5040.0;
    p = p * r + 1.0 / 720.0;
    p = p * r + 1.0 / 120.0;
    p = p * r + 1.0 / 24.0;
    p = p * r + 1.0 / 6.0;
    p = p * r + 0.5;
    const double less_one = r + r * r * p;
    const std::uint64_t exponent =
        __builtin_bit_cast(std::uint64_t, shifted) - 0x4338000000000000ULL;  // bits of shifter
    const double scale = __builtin_bit_cast(double, (exponent + 1023ULL) << 52U);
    decay[j] = scale * less_one + (scale - 1.0);
  }
}

double AdvanceNodes(const double* HWY_RESTRICT rate, const double* HWY_RESTRICT decay, std::size_t count, double source,
                    double* HWY_RESTRICT state, double* HWY_RESTRICT state_low) {
  double lane[8] = {};
  for (std::size_t begin = 0; begin < count; begin += 8) {
    for (std::size_t l = 0; l < 8; ++l) {
      const std::size_t j = begin + l;
      // state + source + (state + source) decay: what is added is small beside the state for slow nodes, and rounding
      // it away 1e8 times would be seen; Knuth's two-sum keeps what is lost.
      const double change = state[j] * decay[j] + (source + source * decay[j]);
      const double sum = state[j] + change;
      const double from_change = sum - state[j];
      const double lost = (state[j] - (sum - from_change)) + (change - from_change);
      const double low = (state_low[j] + state_low[j] * decay[j]) + lost;
      state[j] = sum;
      state_low[j] = low;
      lane[l] += rate[j] * (sum + low);
    }
  }
  return SumOf8(lane);
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(NodeDecays);
HWY_EXPORT(AdvanceNodes);

void node_decays(const double* rate, std::size_t count, double step, double* decay) {
  HWY_DYNAMIC_DISPATCH(NodeDecays)(rate, count, step, decay);
}

double advance_nodes(const double* rate, const double* decay, std::size_t count, double source, double* state,
                     double* state_low) {
  return HWY_DYNAMIC_DISPATCH(AdvanceNodes)(rate, decay, count, source, state, state_low);
}

}  // namespace scheduled::kernels
#endif
