// The inner loops of the bound curve (src/bound/curve.cpp), compiled once per instruction set and chosen at run time.
// They use plain additions, multiplications and divisions in a fixed order, lane by lane, so that every instruction set
// gives the same bits.
#pragma once

#include <cstddef>

namespace scheduled::kernels {

/// sum[i] += sum over s of weight[s]/(base[i] + offset[s]), for all i < targets. All base + offset must be > 0 and
/// within [1e-75, 1e30], weights within [-1e30, 1e30]: four divisions are made one, a/b + c/d = (a d + c b)/(b d).
void add_reciprocals(const double* base, std::size_t targets, const double* offset, const double* weight,
                     std::size_t sources, double* sum);

/// moment[j] = sum over k of weight[k] T_j(x[k]) for j < order <= max_order; Chebyshev polynomials, x in [-1, 1].
void chebyshev_moments(const double* x, const double* weight, std::size_t count, std::size_t order, double* moment);

/// sum[k] += sum over j of coefficient[j] T_j(x[k]) (Clenshaw).
void add_chebyshev_series(const double* coefficient, std::size_t order, const double* x, std::size_t count,
                          double* sum);

/// Most points per call of the two functions above are handled in stretches of this many.
inline constexpr std::size_t stretch = 64;

}  // namespace scheduled::kernels
