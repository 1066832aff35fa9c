// Layer 3: the schedule that minimises Omega_T under constraints, with a certificate (THEORY section 4).
#pragma once

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "scheduled/bound.hpp"

namespace scheduled {

/// What the rates eta_1 ... eta_T must obey; all parts may be combined. With m = prefix.size(), w = warmup.size():
/// steps 1 ... m are given, the next w are a warmup, the rest are free but for what is said here. At least one step
/// must be free. All rates in distance^2/loss.
struct ScheduleConstraints {
  std::vector<double> prefix = {};  ///< rates of the steps already made (or prescribed), finite and >= 0
  std::vector<double> warmup = {};  ///< shares h_1 ... h_w in [0, 1]: eta_{m+j} = h_j eta_{m+w+1}, a ramp that joins
                                    ///< the rates after it; its height is free
  std::optional<double> max_lr = std::nullopt;  ///< no rate is above it, > 0; the prefix must keep to it, too
  bool non_increasing = false;  ///< no rate after prefix and warmup is above the one before it; without a warmup the
                                ///< first of them not above the last of the prefix
  std::optional<double> final_lr = std::nullopt;  ///< eta_T, > 0 (a last step of 0 is left out: T is then one less)
  bool operator==(const ScheduleConstraints&) const = default;
};

/// The warmup shares of a linear ramp: j/w, j = 1 ... w. Throws std::invalid_argument for steps < 0.
std::vector<double> linear_warmup(std::int64_t steps);

struct SolverOptions {
  double tolerance = 1e-9;   ///< relative duality gap to certify, within [1e-12, 0.1]
  int max_iterations = 500;  ///< >= 1
};

enum class SolveStatus {
  optimal,        ///< the gap is within the tolerance
  not_converged,  ///< it is not; the rates obey the constraints all the same, and gap says how good they are at least
  infeasible,     ///< no rates obey the constraints: `reason` names them; lr is empty
};

struct ConstrainedSchedule {
  SolveStatus status = SolveStatus::optimal;
  std::string reason;        ///< for `infeasible`
  std::vector<double> lr;    ///< eta_1 ... eta_T; they obey the constraints but for rounding
  double bound = 0.0;        ///< Omega_T of lr
  double lower_bound = 0.0;  ///< no rates that obey the constraints have a smaller Omega_T
  double gap = 0.0;          ///< (bound - lower_bound)/bound
  int iterations = 0;
};

/// Minimises Omega_T over the rates that obey the constraints; convex in the tail sums u_k. Primal-dual interior point
/// method; each Newton system is solved in O(T) by a Riccati recursion over (u_k, eta_{k+1}) without cancellation, in
/// O(T) memory; usually 10 to 80 iterations, more where grad norms span many decades.
///
/// lower_bound does not trust the iteration: eta^2/u >= 2 r eta - r^2 u for every r, with equality at r = eta/u, turns
/// 2 Omega into a linear function of the rates plus a convex function of one number, whose minimum over the constraints
/// is known for any r and any multipliers >= 0 (docs/adr/0005). Evaluated anew from G, D and the constraints; right up
/// to the rounding of its sums, about 1e-13.
///
/// T > m + w, one more with final_lr. grad_norm as for optimal_schedule, but for the prefix >= 0 is enough; distance
/// D > 0. Throws std::invalid_argument naming the argument, index, value and requirement: also where the prefix is
/// above max_lr. Rounding may leave a larger gap than 1e-9 where final_lr is given and grad norms span more than 1e5.
ConstrainedSchedule constrained_schedule(std::int64_t T, GradNorm grad_norm, double distance,
                                         const ScheduleConstraints& constraints, const SolverOptions& options = {});

}  // namespace scheduled
