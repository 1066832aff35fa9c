"""The performance-estimation SDP of a schedule; use scheduled.pep."""

import numpy
import numpy.typing


class PepSolverError(RuntimeError):
    """
    The outside solver is missing, failed or wrote nonsense; the text says what to do.
    """

class PepProblem:
    """
    The worst case of a schedule as a semidefinite program.

    The largest f(x_T) - f* over all convex f, starting points and subgradients with
    ||x_1 - x*|| <= D, ||g_t|| <= G_t and x_{t+1} = x_t - lr_t g_t.

    Parameters
    ----------
    lr : array_like
        Rates of the steps 1 ... T, finite and > 0. The last one does not enter.
    grad_norm : float or array_like
        G: one number, or one per step; finite and > 0.
    distance : float
        D, > 0.

    Examples
    --------
    >>> from scheduled.pep import PepProblem
    >>> PepProblem([0.5, 0.5]).steps
    2
    """

    def __init__(self, lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> None: ...

    @property
    def steps(self) -> int:
        """T."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """The rates, a copy."""

    @property
    def grad_norm(self) -> numpy.typing.NDArray[numpy.float64]:
        """The grad norms, one per step, a copy."""

    @property
    def distance(self) -> float:
        """D."""

    def __repr__(self) -> str: ...

class PepLower:
    """
    A lower bound, and how far its candidate was from feasible before repair.
    """

    @property
    def bound(self) -> float:
        """The bound, in units of the loss."""

    @property
    def psd_distance(self) -> float:
        """How negative the Gram matrix's smallest eigenvalue was."""

    @property
    def violation(self) -> float:
        """The largest violation of any constraint, relative."""

    @property
    def mixed(self) -> float:
        """Share of a strictly feasible point that the repair mixed in."""

    def __repr__(self) -> str: ...

class PepUpper:
    """
    An upper bound, and how far its candidate was from feasible before repair.
    """

    @property
    def bound(self) -> float:
        """The bound, in units of the loss; infinite where nothing was usable."""

    @property
    def psd_distance(self) -> float:
        """How negative the slack matrix's smallest eigenvalue was."""

    @property
    def clipped(self) -> float:
        """The most negative multiplier, as a positive number."""

    @property
    def imbalance(self) -> float:
        """The largest residual of the equations on the multipliers."""

    def __repr__(self) -> str: ...

class PepResult:
    """A certified interval that holds the worst case."""

    @property
    def lower(self) -> PepLower:
        """The best lower bound."""

    @property
    def upper(self) -> PepUpper:
        """The best upper bound."""

    @property
    def converged(self) -> bool:
        """The gap is within the tolerance."""

    @property
    def gap(self) -> float:
        """upper.bound - lower.bound."""

    @property
    def rounds(self) -> int:
        """Calls of the solver."""

    @property
    def released(self) -> int:
        """Constraints that turned out not to bind."""

    @property
    def added(self) -> int:
        """Constraints brought in because they were violated."""

    @property
    def solver_status(self) -> int:
        """CSDP's exit code in the last round."""

    @property
    def solver_seconds(self) -> float:
        """Processor time of all calls."""

    @property
    def gram(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        Gram matrix of (x_1 - x*, g_1, ..., g_T) that the lower bound was made from.
        """

    @property
    def value(self) -> numpy.typing.NDArray[numpy.float64]:
        """f(x_t) - f* that the lower bound was made from."""

    @property
    def pair(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        Multipliers of the pairs that the upper bound was made from; see certify_upper.
        """

    @property
    def grad_norm(self) -> numpy.typing.NDArray[numpy.float64]:
        """Multipliers of the grad norms that the upper bound was made from."""

    @property
    def distance(self) -> float:
        """Multiplier of the distance that the upper bound was made from."""

    def __repr__(self) -> str: ...

def sdpa_text(problem: PepProblem) -> str:
    """
    The whole problem in SDPA sparse format, for any solver.

    About T^3 / 3 lines; the same problem gives the same text.

    Examples
    --------
    >>> from scheduled.pep import PepProblem, sdpa_text
    >>> print(sdpa_text(PepProblem([0.5, 0.5])).splitlines()[1], "constraints")
    7 constraints
    """

def certify_lower(problem: PepProblem, gram: numpy.typing.ArrayLike, value: numpy.typing.ArrayLike) -> PepLower:
    """
    A lower bound on the worst case from any candidate.

    Nothing is assumed about the candidate: it is repaired to a feasible one, and only decides how
    tight the bound is.

    Parameters
    ----------
    problem : PepProblem
    gram : array_like
        (T + 1) x (T + 1): the Gram matrix of (x_1 - x*, g_1, ..., g_T).
    value : array_like
        f(x_t) - f* for t = 1 ... T.

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled.pep import PepProblem, certify_lower
    >>> certify_lower(PepProblem([0.5]), np.ones((2, 2)), [1.0]).bound <= 1.0
    True
    """

def certify_upper(problem: PepProblem, pair: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike, distance: float) -> PepUpper:
    """
    An upper bound on the worst case from any candidate multipliers.

    Parameters
    ----------
    problem : PepProblem
    pair : array_like
        (T + 1) x (T + 1): entry (i, j) is the multiplier of f_i >= f_j + <g_j, x_i - x_j>; 0 is x*.
    grad_norm : array_like
        T multipliers, of ||g_t||^2 <= G_t^2.
    distance : float
        The multiplier of ||x_1 - x*||^2 <= D^2.

    Examples
    --------
    >>> from scheduled.pep import PepProblem, certify_upper
    >>> certify_upper(PepProblem([0.5]), [[0, 1], [0, 0]], [0.5], 0.5).bound >= 1.0
    True
    """

def pep_solver_available(solver: str = 'csdp') -> bool:
    """
    True where the solver is found and may be executed.

    Examples
    --------
    >>> from scheduled.pep import pep_solver_available
    >>> pep_solver_available("no such program")
    False
    """

def solve_pep(problem: PepProblem, method: str = 'reduced', tolerance: float = 1e-06, rounds: int = 30, solver: str = 'csdp') -> PepResult:
    """
    Solves the problem with CSDP and verifies the answer.

    Nothing that the solver says is trusted: both bounds are recomputed from the data.

    Parameters
    ----------
    problem : PepProblem
    method : {'reduced', 'full'}
        'reduced' hands over only constraints that can bind; 'full' all of them (T up to about 60).
    tolerance : float
        Relative gap (upper - lower) / upper at which to stop, within [1e-12, 1].
    rounds : int
        At most that many calls of the solver.
    solver : str
        CSDP's program: a name searched on PATH, or a path.

    Returns
    -------
    PepResult
        With `converged` False the interval is wider than asked for, but holds.

    Raises
    ------
    PepSolverError
        Where the solver is missing, failed or wrote nonsense.

    Examples
    --------
    >>> from scheduled.pep import PepProblem, pep_solver_available, solve_pep
    >>> found = solve_pep(PepProblem([4 / 15] * 3)) if pep_solver_available() else None
    >>> found is None or found.lower.bound <= 0.6 <= found.upper.bound < 0.600001
    True
    """
