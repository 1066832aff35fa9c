// Running CSDP.
#pragma once

#include <string>

#include "pep/sdpa.hpp"

namespace scheduled::pep {

struct SolverRun {
  SdpaSolution solution;
  int status = 0;        ///< CSDP's exit code: 0 solved, 3 to less accuracy, 4-8 gave up somewhere with a solution
  double seconds = 0.0;  ///< processor time
};

/// How CSDP steps. It now and then loses its way near the end; other settings then get further.
struct SolverSettings {
  double tolerance = 1e-9;     ///< axtol, atytol, objtol
  double least_step = 0.9;     ///< minstepfrac
  double largest_step = 0.95;  ///< maxstepfrac
};

/// Solves `problem` with CSDP in a private temporary folder that is removed afterwards. No shell is involved; the
/// solver's output is dropped. Throws PepSolverError: not found, killed, no solution file, nonsense in it.
SolverRun run_csdp(const SdpaProblem& problem, const std::string& solver, const SolverSettings& settings = {});

}  // namespace scheduled::pep
