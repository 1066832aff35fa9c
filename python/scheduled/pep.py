"""The exact worst case of a schedule by performance estimation: a semidefinite program.

It verifies `worst_case`: build the program, solve it with CSDP (on Debian and Ubuntu:
apt-get install coinor-csdp), and get an interval that holds whatever the solver did.

Examples
--------
>>> import scheduled
>>> from scheduled.pep import PepProblem, pep_solver_available, solve_pep
>>> lr = scheduled.Schedule("cosine(steps=11, peak=0.3)").values(10)
>>> exact = scheduled.worst_case(lr).value
>>> if pep_solver_available():
...     found = solve_pep(PepProblem(lr))
...     assert found.lower.bound <= exact * (1 + 1e-12) <= found.upper.bound * (1 + 2e-12)
"""

try:
    from scheduled._core import (
        PepAverage,
        PepDual,
        PepLower,
        PepPrimal,
        PepProblem,
        PepResult,
        PepSolverError,
        PepUpper,
        certify_lower,
        certify_upper,
        pep_solver_available,
        sdpa_text,
        solve_pep,
        solve_pep_average,
    )
except ImportError:
    raise ImportError(
        "scheduled was built without scheduled.pep, because Eigen was not found; install Eigen 3 "
        "(Debian and Ubuntu: apt-get install libeigen3-dev) and reinstall scheduled",
        name="scheduled.pep",
    ) from None

__all__ = [
    "PepAverage",
    "PepDual",
    "PepLower",
    "PepPrimal",
    "PepProblem",
    "PepResult",
    "PepSolverError",
    "PepUpper",
    "certify_lower",
    "certify_upper",
    "pep_solver_available",
    "sdpa_text",
    "solve_pep",
    "solve_pep_average",
]
