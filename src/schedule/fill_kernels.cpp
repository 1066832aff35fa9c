#include "schedule/fill_kernels.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "schedule/fill_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

struct Filler {
  double first;
  double* out;
  std::size_t size;

  /// All calls are inlined (flatten) and with them compiled for the instruction set at hand; the compiler vectorises
  /// the loop. The inner counter is 32 bits wide because SSE2 converts only those to double.
  template <class Function>
  HWY_FLATTEN void operator()(const Function& f) const {
    constexpr std::size_t block = 1U << 30U;
    for (std::size_t begin = 0; begin < size; begin += block) {
      const double base = first + static_cast<double>(begin);
      const int count = static_cast<int>(size - begin < block ? size - begin : block);
      double* const HWY_RESTRICT target = out + begin;
      for (int k = 0; k < count; ++k) target[k] = f(base + static_cast<double>(k));
    }
  }
};

void FillWarmup(const compiled::Warmup& warmup, double first, double* out, std::size_t size) {
  std::visit(Filler{first, out, size}, warmup);
}

void FillMain(const compiled::Main& shape, double first, double* out, std::size_t size) {
  std::visit(Filler{first, out, size}, shape);
}

void FillDecay(const compiled::Decay& decay, double first, double* out, std::size_t size) {
  std::visit(Filler{first, out, size}, decay);
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(FillWarmup);
HWY_EXPORT(FillMain);
HWY_EXPORT(FillDecay);

void fill(const compiled::Warmup& warmup, std::int64_t first, std::span<double> out) {
  HWY_DYNAMIC_DISPATCH(FillWarmup)(warmup, static_cast<double>(first), out.data(), out.size());
}

void fill(const compiled::Main& shape, std::int64_t first, std::span<double> out) {
  HWY_DYNAMIC_DISPATCH(FillMain)(shape, static_cast<double>(first), out.data(), out.size());
}

void fill(const compiled::Decay& decay, std::int64_t first, std::span<double> out) {
  HWY_DYNAMIC_DISPATCH(FillDecay)(decay, static_cast<double>(first), out.data(), out.size());
}

}  // namespace scheduled::kernels
#endif
