#include "design/prefix_cost.hpp"
#include "base/interrupt.hpp"
#include "base/numbers.hpp"
#include "base/sum.hpp"

#include <algorithm>
#include <cmath>

namespace scheduled {
PrefixCost::PrefixCost(std::span<const double> lr, GradNorm grad_norm, double distance, double rate_unit,
                       double norm_unit) {
  CompensatedSum behind;
  SeldomPoll poll(4096);
  for (std::size_t k = lr.size(); k-- > 0; poll()) {
    const double rate = lr[k] / rate_unit;
    const double weight = square(rate * (grad_norm[k] / norm_unit));
    if (weight > 0.0) terms_.push_back({weight, behind.value()});
    behind.add(rate);
  }
  terms_.push_back({square(distance), behind.value()});
}

Derivatives PrefixCost::at(double u) const {
  CompensatedSum value;
  CompensatedSum slope;
  CompensatedSum curvature;
  SeldomPoll poll(4096);
  for (const Term& term : terms_) {
    poll();
    const double inverse = 1.0 / (u + term.behind);
    const double share = term.weight * inverse;
    value.add(share);
    slope.add(share * inverse);
    curvature.add(share * inverse * inverse);
  }
  return {value.value(), -slope.value(), 2.0 * curvature.value()};
}

double PrefixCost::best_tail(double slope) const {
  // (-phi')^(-1/2) is concave in u (a power mean of linear functions, with the exponent -2) and linear where there is
  // one term: Newton's method on it approaches the root from the left, from wherever one term alone reaches the slope.
  double u = 0.0;
  SeldomPoll poll(4096);
  for (const Term& term : terms_) {
    poll();
    u = std::max(u, std::sqrt(term.weight / slope) - term.behind);
  }
  if (terms_.size() == 1) return u;
  const double target = 1.0 / std::sqrt(slope);
  for (int i = 0; i < 100; ++i) {
    const Derivatives phi = at(u);
    const double g = 1.0 / std::sqrt(-phi.slope);
    const double next = u + (target - g) / (0.5 * phi.curvature * g * g * g);
    if (!(next > u * (1.0 + 4e-16))) break;  // there, but for rounding, or the root is below 0
    u = next;
  }
  return u;
}

}  // namespace scheduled
