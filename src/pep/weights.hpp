// Multipliers from the proof of the exact worst case (docs/theory.md, section 6).
#pragma once

#include "scheduled/pep.hpp"

namespace scheduled::pep {

/// Any p_T > 0 and p_t = p_{t+1} + eta_t/p_{t+1} make weights w_t = p_1 (p_t - p_{t+1}) with the sum W = p_1^2, for
/// which eta_t = w_t w_{t+1:T}/W, and multipliers
///   lambda_0j = w_j/W,  lambda_ij = (w_j/W)(p_1/p_{i+1} - p_1/p_i) >= 0 for 1 <= i < j,  0 for i > j,
///   nu = 1/(2W),  mu_t = w_t^2/(2W)
/// with the slack matrix (1, -w)(1, -w)^T/(2W) and the bound (D^2 + sum w_t^2 G_t^2)/(2W). (6.1) is the same with the
/// larger root for p_{t+1}. Returns those of the best p_T of a scan, refined: O(T) for each of 500, O(T^2) in all.
PepDual weights_dual(const PepProblem& problem);

}  // namespace scheduled::pep
