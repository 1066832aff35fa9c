// The inner loops of the bound curve (src/bound/cauchy_sum.cpp), compiled once per instruction set and chosen at run
// time. Additions, multiplications and divisions in a fixed order, lane by lane, so that every instruction set gives
// the same bits.
#pragma once

#include <cstddef>

namespace scheduled::kernels {

/// sum[i] += sum over s of weight[s]/(base[i] + offset[s]), for all i < targets. All base + offset must be >= closest
/// >= 1e-75 and <= 1e30, weights within [-1e30, 1e30]: several divisions are made one, a/b + c/d = (a d + c b)/(b d),
/// four where `closest` is small, else eight.
void add_reciprocals(const double* base, std::size_t targets, const double* offset, const double* weight,
                     std::size_t sources, double closest, double* sum);

/// Eight neighbouring steps among themselves: sum[t] += sum over k < t of weight[k]/(rate[k+1] + ... + rate[t]).
/// Rates within [1e-75, 1], weights within [0, 1].
void add_eight_reciprocals(const double* rate, const double* weight, double* sum);

/// moment[j] = sum over k of weight[k] T_j(x[k]) for j < order <= max_order; Chebyshev polynomials, x in [-1, 1].
void chebyshev_moments(const double* x, const double* weight, std::size_t count, std::size_t order, double* moment);

/// sum[k] += sum over j of coefficient[j] T_j(x[k]) (Clenshaw).
void add_chebyshev_series(const double* coefficient, std::size_t order, const double* x, std::size_t count,
                          double* sum);

/// out[i] = sum over j of matrix[j size + i] in[j]; size <= max_order.
void transform(const double* matrix, const double* in, std::size_t size, double* out);

inline constexpr std::size_t max_order = 20;

}  // namespace scheduled::kernels
