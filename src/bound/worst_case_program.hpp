// The convex program (6.3) whose value is the exact worst case, and its two-sided certificate (6.5).
#pragma once

#include <cstddef>
#include <span>
#include <vector>

#include "bound/worst_case_search.hpp"
#include "scheduled/bound.hpp"

namespace scheduled::exact {

/// (6.3) in any units. T = norm2.size() >= 1.
struct Program {
  std::vector<double> step;   ///< eta_1 ... eta_{T-1}, > 0
  std::vector<double> norm2;  ///< G_1^2 ... G_T^2, > 0
  double distance2 = 0.0;     ///< D^2; 0: the run starts at a minimiser
  std::size_t size() const noexcept { return norm2.size(); }
};

/// A run as a program of moderate numbers.
struct Reduced {
  Program program;  ///< rates in rate_unit, norms in norm_unit
  std::vector<std::size_t>
      step_of;  ///< the 0-based step of each of the program's T steps; those left out change nothing
  double rate_unit = 1.0;
  double norm_unit = 1.0;
  double value_unit() const noexcept { return rate_unit * norm_unit * norm_unit; }
};

/// For checked arguments with G_T > 0. Steps of 0 are left out; where some G_t = 0, so is all up to the last such step,
/// and the distance with it: x_t is a minimiser.
Reduced reduce(std::span<const double> lr, GradNorm grad_norm, double distance);

/// A feasible point of the program and one of its dual. By construction whatever their numbers are: q is made from the
/// end by q_t = phi_t(q_{t+1}) + slack_t, and m_{t+1} = m_t + rise_t.
struct Solution {
  std::vector<double> q;      ///< q_1 ... q_T
  std::vector<double> slack;  ///< sigma_t >= 0, t < T
  std::vector<double> rise;   ///< m_{t+1} - m_t >= 0, t < T
  double first = 0.0;         ///< m_1
  double upper = 0.0;         ///< the objective of (6.3) at q
  double lower = 0.0;         ///< (6.5) at m
  int passes = 0;             ///< passes over the steps that were needed
  double gap() const noexcept { return upper - lower; }
};

/// The relative gap from which on the two sides are called equal.
inline constexpr double exact_gap = 1e-10;

/// Fills in q from q_T and the slack, and both sides of the certificate. Rises are cut off where m would exceed a later
/// G_t^2. Relative rounding errors of the sides: some 1e-15 sqrt(T). O(T).
void certify(const Program& program, double q_last, Solution& solution);

/// The fast way. A constraint is slack only where G_t <= all later G (docs/theory.md, corollary iii), and there the
/// program falls apart: the steps after such a t are a program of the same form without a distance, with the norms
/// G^2 - G_t^2, and each part without slack is a search over one number (worst_case_search.hpp). Starts with the parts
/// that `slack_at` names (indices of steps, increasing), splits where m exceeds G^2 most, joins where the slack would
/// be negative. Returns the names in the end in `slack_at`. Usually ends at the optimum, which the certificate tells:
/// with Reach::nearby after some ten passes for each part, with Reach::everywhere, after some twenty, more often.
Solution solve_by_parts(const Program& program, std::vector<std::size_t>& slack_at,
                        weights::Reach reach = weights::Reach::everywhere);

/// The sure way: an interior point method, O(T) for each of 20 to 100 iterations, about a microsecond a step and
/// iteration. q_start: a guess of q_T, > 0.
Solution solve_by_cones(const Program& program, double q_start);

/// By parts, nearby and then everywhere; then by cones where the gap is larger than exact_gap and T at most `longest`.
Solution solve(const Program& program, std::vector<std::size_t>& slack_at, std::size_t longest = 20000);

}  // namespace scheduled::exact
