// The constrained problem in scaled units (D = 1, largest G = 1) and the parts of its solver (scheduled/design.hpp).
#pragma once

#include <cstddef>
#include <limits>
#include <span>
#include <vector>

#include "design/prefix_cost.hpp"

namespace scheduled::constrained {

constexpr double infinite = std::numeric_limits<double>::infinity();

/// The warmup after the prefix, whose rates are s h_j, s the first free rate: with x the sum of the rates after it,
/// psi(x, s) = phi(x + s H) + sum_j (s h_j G_j)^2/(x + s H_j), H_j = h_{j+1} + ... + h_w, H = H_0. Empty for w = 0.
struct Warmup {
  std::vector<double> share;
  std::vector<double> g2;
  std::vector<double> behind;  // H_j
  double total = 0.0;          // H
};

/// Minimise psi(x, eta_0) + sum_{i<quadratic} g2_i eta_i^2/v_i + (the linear cost last_g2 eta_T of the last step) over
/// eta_0 ... eta_{n-1} >= 0; v_i is the sum of the rates after step i, x = v_0 + eta_0. Where the last rate is given,
/// it is not among the n, and v_{n-1} = final_lr.
struct Problem {
  PrefixCost prefix;
  Warmup warmup;
  std::vector<double> g2;  // of the n free steps
  double last_g2 = 0.0;
  double final_lr = 0.0;  // 0: the last step is the last of the free ones
  double cap = infinite;  // of every free rate; where they fall, of the first
  bool falling = false;

  std::size_t size() const noexcept { return g2.size(); }
  bool has_final() const noexcept { return final_lr > 0.0; }
  std::size_t quadratic() const noexcept { return has_final() ? size() : size() - 1; }
};

/// An interior point. `x` is eta where rates need not fall, else the drops d_i = eta_i - eta_{i+1} (the last: its
/// difference to final_lr); all x > 0. z, y: multipliers of x >= 0 and of the cap (one for all i, or of eta_0 alone
/// where rates fall; none without a cap).
struct Point {
  std::vector<double> x;
  std::vector<double> z;
  std::vector<double> y;
  std::vector<double> eta;
  std::vector<double> v;

  /// eta and v from x.
  void update(const Problem& problem);
};

/// The objective 2 Omega (scaled) at eta, v.
double objective(const Problem& problem, const Point& point);

struct WarmupDerivatives {
  double by_x = 0.0;
  double by_s = 0.0;
  double along = 0.0;   // A: the second derivative is A (1, H)(1, H)^T + B (-s, x)(-s, x)^T
  double across = 0.0;  // B
};
WarmupDerivatives warmup_derivatives(const Problem& problem, double x, double s);

/// The direction of Newton's method on the barrier problem with parameter mu.
struct Direction {
  std::vector<double> x;
  std::vector<double> eta;
  double slope = 0.0;  // derivative of the barrier function along it
};

/// What the backward pass needs of one step.
struct Stage {
  double q12, q22;  // second derivatives of Q in (v, eta) and in eta
  double q2;        // its gradient in eta
  double wd, gd;    // weight and gradient of the barrier of the drop
};

/// O(n). `work` is kept between calls for its memory.
void newton_direction(const Problem& problem, const Point& point, double mu, std::vector<Stage>& work,
                      Direction& direction);

/// A lower bound of the objective over all rates that obey, from the multipliers and rates of `point`; -infinity where
/// these give none.
double lower_bound(const Problem& problem, const Point& point);

/// A strictly feasible start.
Point starting_point(const Problem& problem);

}  // namespace scheduled::constrained
