#include "bound/curve_kernels.hpp"

// Highway compiles this file once per instruction set.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "bound/curve_kernels.cpp"
#include <hwy/foreach_target.h>  // IWYU pragma: keep
#include <hwy/highway.h>

HWY_BEFORE_NAMESPACE();
namespace scheduled::kernels::HWY_NAMESPACE {

// Plain loops without branches: the compiler vectorises them for the target at hand.

void AddReciprocals(const double* HWY_RESTRICT base, std::size_t targets, const double* HWY_RESTRICT offset,
                    const double* HWY_RESTRICT weight, std::size_t sources, double* HWY_RESTRICT sum) {
  std::size_t s = 0;
  for (; s + 4 <= sources; s += 4) {
    const double o0 = offset[s];
    const double o1 = offset[s + 1];
    const double o2 = offset[s + 2];
    const double o3 = offset[s + 3];
    const double w0 = weight[s];
    const double w1 = weight[s + 1];
    const double w2 = weight[s + 2];
    const double w3 = weight[s + 3];
    for (std::size_t i = 0; i < targets; ++i) {
      const double d0 = base[i] + o0;
      const double d1 = base[i] + o1;
      const double d2 = base[i] + o2;
      const double d3 = base[i] + o3;
      const double d01 = d0 * d1;
      const double d23 = d2 * d3;
      sum[i] += ((w0 * d1 + w1 * d0) * d23 + (w2 * d3 + w3 * d2) * d01) / (d01 * d23);
    }
  }
  for (; s < sources; ++s) {
    for (std::size_t i = 0; i < targets; ++i) sum[i] += weight[s] / (base[i] + offset[s]);
  }
}

void ChebyshevMoments(const double* HWY_RESTRICT x, const double* HWY_RESTRICT weight, std::size_t count,
                      std::size_t order, double* HWY_RESTRICT moment) {
  double lower[stretch];   // weight T_j
  double higher[stretch];  // weight T_{j+1}
  for (std::size_t j = 0; j < order; ++j) moment[j] = 0.0;
  for (std::size_t begin = 0; begin < count; begin += stretch) {
    const std::size_t n = count - begin < stretch ? count - begin : stretch;
    for (std::size_t k = 0; k < n; ++k) {
      lower[k] = weight[begin + k];
      higher[k] = weight[begin + k] * x[begin + k];
    }
    for (std::size_t k = n; k < stretch; ++k) lower[k] = higher[k] = 0.0;
    for (std::size_t j = 0; j < order; ++j) {
      double lane[8] = {};  // a fixed number of partial sums, whatever the width of the machine's vectors
      for (std::size_t k = 0; k < stretch; k += 8) {
        for (std::size_t l = 0; l < 8; ++l) lane[l] += lower[k + l];
      }
      moment[j] += ((lane[0] + lane[4]) + (lane[2] + lane[6])) + ((lane[1] + lane[5]) + (lane[3] + lane[7]));
      for (std::size_t k = 0; k < n; ++k) {
        const double next = 2.0 * x[begin + k] * higher[k] - lower[k];
        lower[k] = higher[k];
        higher[k] = next;
      }
    }
  }
}

void AddChebyshevSeries(const double* HWY_RESTRICT coefficient, std::size_t order, const double* HWY_RESTRICT x,
                        std::size_t count, double* HWY_RESTRICT sum) {
  double above[stretch];
  double here[stretch];
  for (std::size_t begin = 0; begin < count; begin += stretch) {
    const std::size_t n = count - begin < stretch ? count - begin : stretch;
    for (std::size_t k = 0; k < n; ++k) above[k] = here[k] = 0.0;
    for (std::size_t j = order - 1; j > 0; --j) {
      const double c = coefficient[j];
      for (std::size_t k = 0; k < n; ++k) {
        const double next = 2.0 * x[begin + k] * here[k] - above[k] + c;
        above[k] = here[k];
        here[k] = next;
      }
    }
    for (std::size_t k = 0; k < n; ++k) {
      sum[begin + k] += x[begin + k] * here[k] - above[k] + coefficient[0];
    }
  }
}

}  // namespace scheduled::kernels::HWY_NAMESPACE
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace scheduled::kernels {

HWY_EXPORT(AddReciprocals);
HWY_EXPORT(ChebyshevMoments);
HWY_EXPORT(AddChebyshevSeries);

void add_reciprocals(const double* base, std::size_t targets, const double* offset, const double* weight,
                     std::size_t sources, double* sum) {
  HWY_DYNAMIC_DISPATCH(AddReciprocals)(base, targets, offset, weight, sources, sum);
}

void chebyshev_moments(const double* x, const double* weight, std::size_t count, std::size_t order, double* moment) {
  HWY_DYNAMIC_DISPATCH(ChebyshevMoments)(x, weight, count, order, moment);
}

void add_chebyshev_series(const double* coefficient, std::size_t order, const double* x, std::size_t count,
                          double* sum) {
  HWY_DYNAMIC_DISPATCH(AddChebyshevSeries)(coefficient, order, x, count, sum);
}

}  // namespace scheduled::kernels
#endif
