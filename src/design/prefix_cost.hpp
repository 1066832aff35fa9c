// What the steps already made contribute to Omega_T, as a function of the rates to come (docs/theory.md, (5.1)).
#pragma once

#include <span>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

struct Derivatives {
  double value = 0.0;
  double slope = 0.0;
  double curvature = 0.0;
};

/// phi(u) = D^2/(u + S_m) + sum_{k<=m} q_k/(u + S_m - S_k), where u is the sum of the rates after step m: of 2 Omega_T,
/// all that depends on the first m steps. Convex and falling. O(m) each.
class PrefixCost {
 public:
  /// Checked rates (m >= 0) and grad norms >= 0, which are divided by their units first; distance > 0 in the units
  /// that follow from these.
  PrefixCost(std::span<const double> lr, GradNorm grad_norm, double distance, double rate_unit = 1.0,
             double norm_unit = 1.0);

  Derivatives at(double u) const;

  /// The u >= 0 that minimises phi(u) + slope u, slope > 0: phi'(u) = -slope, or 0 where phi'(0) >= -slope.
  double best_tail(double slope) const;

 private:
  struct Term {  // weight/(u + behind)
    double weight;
    double behind;
  };
  std::vector<Term> terms_;
};

}  // namespace scheduled
