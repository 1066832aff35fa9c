// The inner loops of OmegaStream, compiled once per instruction set; lane by lane in a fixed order, so that every
// instruction set gives the same bits.
#pragma once

#include <cstddef>

namespace scheduled::kernels {

/// decay[j] = exp(-rate[j] step) - 1, accurate relative also where it is small. count is a multiple of 8.
void node_decays(const double* rate, std::size_t count, double step, double* decay);

/// (state + state_low)[j] = ((state + state_low)[j] + source)(1 + decay[j]) with the rounding of the sum kept in
/// state_low; returns the sum over j of rate[j] times the new value. count is a multiple of 8.
double advance_nodes(const double* rate, const double* decay, std::size_t count, double source, double* state,
                     double* state_low);

}  // namespace scheduled::kernels
