// What the kernels have in common; like them it is compiled once per instruction set, after <hwy/foreach_target.h>.
//
// No kernel instantiates a template of the standard library: the linker keeps one copy of each, perhaps the one that
// was compiled for instructions which another machine lacks.
#if defined(SCHEDULED_BOUND_KERNELS_LANES_HPP) == defined(HWY_TARGET_TOGGLE)
#ifdef SCHEDULED_BOUND_KERNELS_LANES_HPP
#undef SCHEDULED_BOUND_KERNELS_LANES_HPP
#else
#define SCHEDULED_BOUND_KERNELS_LANES_HPP
#endif

#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

/// Every sum is kept in eight lanes, whatever the vectors' length, and ends in this order.
HWY_INLINE double SumOf8(const double* lane) {
  return ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#endif
