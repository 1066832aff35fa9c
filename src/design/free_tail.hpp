// The unconstrained optimum of a row of steps (docs/theory.md, (4.1) and (4.2)), in a form that neither overflows nor
// cancels.
#pragma once

#include <cmath>
#include <cstddef>
#include <span>

#include "base/interrupt.hpp"

namespace scheduled {

/// Puts f_k = 1/(r_k - 1) = u_k/eta_k of the best rates of n = out.size() >= 1 steps into out[k-1], k < n, and returns
/// the slope y of their cost: with the sum u of their rates they cost y u in 2 Omega. norm(k) in [1e-60, 1], k < n.
///
/// (4.1) is f_k = h + sqrt(h (h + 1)), h = f_{k+1} G_k^2/(2 G_{k+1}^2), f_n = 2: additions of positive numbers, and the
/// shortest chain of operations from one step to the next. A relative error of f_{k+1} is at most kept.
template <class Norm>
double free_tail(const Norm& norm, std::span<double> out) {
  double g2 = norm(out.size() - 1) * norm(out.size() - 1);
  if (out.size() == 1) return g2;
  double f = 2.0;
  SeldomPoll poll(4096);
  for (std::size_t k = out.size() - 1; k-- > 0; poll()) {
    const double own = norm(k) * norm(k);
    const double h = f * (own / (g2 + g2));
    f = h + std::sqrt(h * (h + 1.0));
    out[k] = f;
    g2 = own;
  }
  return (g2 + g2) / f;
}

/// Turns the f_k into the rates whose sum is u: u_k = u_{k-1} f_k/(1 + f_k), eta_k = u_k/f_k; the last takes the rest.
inline void fill_rates(double u, std::span<double> inout) {
  SeldomPoll poll(4096);
  for (std::size_t k = 0; k + 1 < inout.size(); ++k, poll()) {
    const double f = inout[k];
    u *= f / (1.0 + f);
    inout[k] = u / f;
  }
  inout.back() = u;
}

}  // namespace scheduled
