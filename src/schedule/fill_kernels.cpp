#include "schedule/fill_kernels.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "schedule/fill_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

/// All calls are inlined (flatten) and with them compiled for the instruction set at hand; the compiler vectorises the
/// loop. The inner counter is 32 bits wide because SSE2 converts only those to double.
template <class Functor>
HWY_FLATTEN void Fill(const void* functor, double first, double* out, std::size_t size) {
  const Functor& f = *static_cast<const Functor*>(functor);
  constexpr std::size_t block = 1U << 30U;
  for (std::size_t begin = 0; begin < size; begin += block) {
    const double base = first + static_cast<double>(begin);
    const int count = static_cast<int>(size - begin < block ? size - begin : block);
    double* const HWY_RESTRICT target = out + begin;
    for (int k = 0; k < count; ++k) target[k] = f(base + static_cast<double>(k));
  }
}

template <class Functor>
constexpr Loop LoopOf() {
  if constexpr (in_vectors<Functor>) {
    return &Fill<Functor>;
  } else {
    return nullptr;
  }
}

template <class Functors>
struct Loops;
template <class... Functors>
struct Loops<std::variant<Functors...>> {
  static constexpr Loop of[] = {LoopOf<Functors>()...};
};

Loop LoopOfWarmup(std::size_t index) { return Loops<compiled::Warmup>::of[index]; }
Loop LoopOfMain(std::size_t index) { return Loops<compiled::Main>::of[index]; }
Loop LoopOfDecay(std::size_t index) { return Loops<compiled::Decay>::of[index]; }

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(LoopOfWarmup);
HWY_EXPORT(LoopOfMain);
HWY_EXPORT(LoopOfDecay);

namespace {

template <class Functors>
void fill_by(Loop loop, const Functors& functors, std::int64_t first, std::span<double> out) {
  const auto fill_one = [&]<class Functor>(const Functor& functor) {
    if constexpr (in_vectors<Functor>) {
      loop(&functor, static_cast<double>(first), out.data(), out.size());
    } else if constexpr (requires { functor.fill(first, out); }) {
      functor.fill(first, out);
    } else {
      for (double& rate : out) rate = functor(static_cast<double>(first++));
    }
  };
  std::visit(fill_one, functors);
}

}  // namespace

void fill(const compiled::Warmup& warmup, std::int64_t first, std::span<double> out) {
  fill_by(HWY_DYNAMIC_DISPATCH(LoopOfWarmup)(warmup.index()), warmup, first, out);
}

void fill(const compiled::Main& shape, std::int64_t first, std::span<double> out) {
  fill_by(HWY_DYNAMIC_DISPATCH(LoopOfMain)(shape.index()), shape, first, out);
}

void fill(const compiled::Decay& decay, std::int64_t first, std::span<double> out) {
  fill_by(HWY_DYNAMIC_DISPATCH(LoopOfDecay)(decay.index()), decay, first, out);
}

}  // namespace scheduled::kernels
#endif
