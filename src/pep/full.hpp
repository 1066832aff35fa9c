// The whole performance-estimation problem of docs/theory.md, section 6 as it is handed to a solver.
#pragma once

#include "pep/sdpa.hpp"
#include "scheduled/pep.hpp"

namespace scheduled::pep {

/// The problem that write_sdpa describes: T^2 + T + 1 constraints, blocks of T+1 and (T+1)^2.
SdpaProblem full_problem(const PepProblem& problem);

/// What a solution of full_problem(problem) says, in the problem's units.
PepPrimal full_primal(const PepProblem& problem, const SdpaSolution& solution);
PepDual full_dual(const PepProblem& problem, const SdpaSolution& solution);

}  // namespace scheduled::pep
