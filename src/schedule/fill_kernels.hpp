// The loops of Schedule::fill, compiled once per instruction set and chosen at run time. They run the very operations
// of Schedule::lr, so that every instruction set gives its bits.
#pragma once

#include <cstdint>
#include <span>
#include <type_traits>

#include "schedule/resolved.hpp"

namespace scheduled::kernels {

/// The loop for functors of one type.
using Loop = void (*)(const void* functor, double first, double* out, std::size_t size);

/// A functor that holds memory looks its values up; vectors do not help it.
template <class Functor>
inline constexpr bool in_vectors = std::is_trivially_destructible_v<Functor>;

/// out[k] = functor(first + k).
void fill(const compiled::Warmup& warmup, std::int64_t first, std::span<double> out);
void fill(const compiled::Main& shape, std::int64_t first, std::span<double> out);
void fill(const compiled::Decay& decay, std::int64_t first, std::span<double> out);

}  // namespace scheduled::kernels
