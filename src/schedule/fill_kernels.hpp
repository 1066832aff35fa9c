// The loops of Schedule::fill, compiled once per instruction set and chosen at run time. They run the very operations
// of Schedule::lr, so that every instruction set gives its bits.
#pragma once

#include <cstdint>
#include <span>

#include "schedule/resolved.hpp"

namespace scheduled::kernels {

/// out[k] = functor(first + k).
void fill(const compiled::Warmup& warmup, std::int64_t first, std::span<double> out);
void fill(const compiled::Main& shape, std::int64_t first, std::span<double> out);
void fill(const compiled::Decay& decay, std::int64_t first, std::span<double> out);

}  // namespace scheduled::kernels
