"""Laws of the loss curve; use scheduled.law."""

from collections.abc import Mapping, Sequence

import numpy
import numpy.typing

import scheduled._core


class Law:
    """
    A law of the loss curve with its parameters.

    Parameters
    ----------
    kind : {'angular', 'multi-power', 'momentum', 'omega', 'worst-case', 'bu'}
    parameters : dict
        All parameters of the law by name; `law_parameters` says what they are.
    reference_rate, reference_sum : float
        Units of rates and of sums of rates.

    Examples
    --------
    >>> from scheduled.law import Law
    >>> law = Law("bu", {"L_inf": 2.5, "a": 0.2, "b": 0.1}, reference_rate=1e-3, reference_sum=1.0)
    >>> law.curve([1e-3] * 1000, [500, 1000])
    array([3. , 2.8])
    """

    def __init__(self, kind: str, parameters: Mapping[str, float], reference_rate: float = 1.0, reference_sum: float = 1.0) -> None: ...

    @property
    def kind(self) -> str:
        """Name of the law."""

    @property
    def parameters(self) -> dict[str, float]:
        """Parameters by name."""

    @property
    def reference_rate(self) -> float:
        """Unit of rates."""

    @property
    def reference_sum(self) -> float:
        """Unit of sums of rates."""

    def curve(self, lr: scheduled._core.Schedule | numpy.typing.ArrayLike, step: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.float64]:
        """
        Losses after the given updates.

        Parameters
        ----------
        lr : Schedule or array_like
            Rates of the updates 1 ... T.
        step : array_like
            Updates, increasing, within 1 ... T.

        Returns
        -------
        numpy.ndarray
        """

    def to_json(self) -> str:
        """Exact text, which `from_json` reads back."""

    @staticmethod
    def from_json(text: str) -> Law:
        """A law from `to_json`'s text."""

    def __eq__(self, other: object, /) -> bool: ...

    def __getstate__(self) -> str: ...

    def __setstate__(self, arg: str, /) -> None: ...

    def __repr__(self) -> str: ...

def law_parameters(kind: str) -> dict[str, str]:
    """
    Names and meanings of a law's parameters.

    Examples
    --------
    >>> from scheduled.law import law_parameters
    >>> law_parameters("bu")
    {'L_inf': 'loss of endless training', 'a': 'loss that progress can still win at the reference sum', 'b': 'loss that the reference rate costs'}
    """

class FitRun:
    """
    One run to fit: its rates and its losses.

    Parameters
    ----------
    name : str
    lr : Schedule or array_like
        Rates of the updates 1 ... T.
    step : array_like
        Updates after which the losses were measured, increasing, within 1 ... T.
    loss : array_like
        One per step, in the same unit in all runs of a fit.

    Examples
    --------
    >>> from scheduled import Schedule
    >>> from scheduled.law import FitRun
    >>> FitRun("short", Schedule("linear(steps=300)"), [100, 200, 300], [4.0, 3.5, 3.3])
    <FitRun 'short': 3 losses, 300 updates>
    """

    def __init__(self, name: str, lr: scheduled._core.Schedule | numpy.typing.ArrayLike, step: numpy.typing.ArrayLike, loss: numpy.typing.ArrayLike) -> None: ...

    @property
    def name(self) -> str:
        """Of the run, for messages."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """Rates of all updates; read-only."""

    @property
    def step(self) -> numpy.typing.NDArray[numpy.int64]:
        """Updates after which the losses were measured; read-only."""

    @property
    def loss(self) -> numpy.typing.NDArray[numpy.float64]:
        """The losses; read-only."""

    def __repr__(self) -> str: ...

def fit_run(log: scheduled._core.RunLog, column: str = 'val_loss', first_step: int = 1, warmup: int = 0, max_gap: int = 0) -> FitRun:
    """
    The losses of a log, its rates made one per update.

    Parameters
    ----------
    log : RunLog
    column : str
    first_step : int
        Earlier losses are left out: laws do not describe the first steps of a run.
    warmup : int
        Length of a linear warmup from 0 that precedes the first logged row; 0: none.
    max_gap : int
        Longest stretch to bridge, in steps; 0: ten times the median spacing.

    Examples
    --------
    >>> from scheduled import parse_log
    >>> from scheduled.law import fit_run
    >>> fit_run(parse_log("run", "step,lr,val_loss\\n10,1,4\\n20,1,3\\n"), first_step=11)
    <FitRun 'run': 1 losses, 20 updates>
    """

def fit_branch(base: scheduled._core.RunLog, branch: scheduled._core.RunLog, column: str = 'val_loss', first_step: int = 1, warmup: int = 0, max_gap: int = 0) -> FitRun:
    """
    A branch of a run that is fitted, too: only its own losses count.

    Parameters
    ----------
    base, branch : RunLog
        The run that was left, and the branch from that step on.
    column, first_step, warmup, max_gap
        As for `fit_run`.

    Examples
    --------
    >>> from scheduled import parse_log
    >>> from scheduled.law import fit_branch
    >>> base = parse_log("base", "step,lr,val_loss\\n10,1,4\\n20,1,3\\n30,1,2.9\\n")
    >>> branch = parse_log("branch", "step,lr,val_loss\\n20,1,3\\n30,0,2.5\\n")
    >>> fit_branch(base, branch).loss
    array([2.5])
    """

class Estimate:
    """A fitted parameter with its 90 % interval."""

    @property
    def name(self) -> str:
        """Of the parameter."""

    @property
    def value(self) -> float:
        """The fitted value."""

    @property
    def lower(self) -> float:
        """Lower end of the interval."""

    @property
    def upper(self) -> float:
        """Upper end of the interval."""

    @property
    def identified(self) -> bool:
        """False where the runs say no more of it than was known before."""

    @property
    def at_bound(self) -> bool:
        """True where it is at the end of its range."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class RunResiduals:
    """Fitted less measured losses of one run."""

    @property
    def name(self) -> str:
        """Of the run."""

    @property
    def points(self) -> int:
        """Number of losses."""

    @property
    def mean(self) -> float:
        """Mean."""

    @property
    def rms(self) -> float:
        """Root of the mean square."""

    @property
    def largest(self) -> float:
        """Largest size."""

    @property
    def largest_relative(self) -> float:
        """Largest size as a share of the loss."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class FittedLaw:
    """
    A law with what is needed to say how sure its predictions are.

    Made by `fit_law` or `from_json`; for `predict`, `predict_difference` and `virtual_cooldown`.
    """

    @property
    def law(self) -> Law:
        """The law at its best parameters."""

    @property
    def noise(self) -> float:
        """Standard deviation of the residuals."""

    @property
    def inflation(self) -> float:
        """Factor of all intervals, from calibration."""

    @property
    def decays(self) -> int:
        """Fitted runs that lower their rate."""

    @property
    def longest(self) -> float:
        """Steps of the longest run."""

    @property
    def bootstrap(self) -> list[Law]:
        """Laws of the refits."""

    def to_json(self) -> str:
        """Exact text, which `from_json` and the command read."""

    @staticmethod
    def from_json(text: str) -> FittedLaw:
        """A fitted law from `to_json`'s text."""

    def __eq__(self, other: object, /) -> bool: ...

    def __getstate__(self) -> str: ...

    def __setstate__(self, arg: str, /) -> None: ...

    def __repr__(self) -> str: ...

class LawFit:
    """What a fit found."""

    @property
    def fitted(self) -> FittedLaw:
        """The law, for predictions."""

    @property
    def converged(self) -> bool:
        """False where more iterations may fit better."""

    @property
    def iterations(self) -> int:
        """Iterations of the best start."""

    @property
    def objective(self) -> float:
        """Huber's loss at the end."""

    @property
    def estimates(self) -> list[Estimate]:
        """Parameters with intervals."""

    @property
    def residuals(self) -> list[RunResiduals]:
        """Of each run."""

    @property
    def warnings(self) -> list[str]:
        """What the runs cannot tell, and units that do not fit together."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def fit_law(runs: Sequence[FitRun], law: str = 'angular', log_residuals: bool = True, huber: float = 0.001, prior: float = 1.0, fixed: Mapping[str, float] | None = None, bootstrap: int = 0, calibrate: bool = False, threads: int = 1) -> LawFit:
    """
    Fits a law to several runs with different schedules at once.

    Parameters
    ----------
    runs : sequence of FitRun
    law : str
        As for `Law`. 'angular' describes real runs best.
    log_residuals : bool
        Residuals of the logarithms of losses, else of losses.
    huber : float
        Residuals up to this count squared, larger ones linearly; 0: all squared.
    prior : float
        Weight of what is known of the parameters from other models; 0: none.
    fixed : dict, optional
        Parameters that are not fitted.
    bootstrap : int
        Refits with random weights for the runs; intervals are then the wider ones. 0: none.
    calibrate : bool
        Widen the intervals of predictions to what leaving runs out shows.
    threads : int
        The result has the same bits for every number.

    Returns
    -------
    LawFit

    Raises
    ------
    ArgumentError
        Naming the run, the index and what is allowed: too few losses, losses that are all the same,
        not finite, or not > 0 with log residuals.

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled import Schedule
    >>> from scheduled.law import FitRun, Law, fit_law
    >>> step = np.arange(100, 1001, 100)
    >>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    >>> runs = []
    >>> for spec in ["constant(steps=1000)", "wsd(steps=1000)", "cosine(steps=1000)"]:
    ...     schedule = Schedule(spec)
    ...     runs.append(FitRun(spec, schedule, step, truth.curve(schedule, step)))
    >>> fit = fit_law(runs, "momentum", prior=0.0)
    >>> max(residual.largest for residual in fit.residuals) < 1e-3
    True
    """

class Predicted:
    """A loss, or a difference of losses, with its 90 % interval."""

    @property
    def loss(self) -> float:
        """The prediction."""

    @property
    def lower(self) -> float:
        """Lower end of the interval."""

    @property
    def upper(self) -> float:
        """Upper end of the interval."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class Predictions:
    """Losses along a run with their 90 % intervals."""

    @property
    def loss(self) -> numpy.typing.NDArray[numpy.float64]:
        """The predictions; read-only."""

    @property
    def lower(self) -> numpy.typing.NDArray[numpy.float64]:
        """Lower ends of the intervals; read-only."""

    @property
    def upper(self) -> numpy.typing.NDArray[numpy.float64]:
        """Upper ends of the intervals; read-only."""

    def __len__(self) -> int: ...

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class CooldownAnswer:
    """What one cooldown would give."""

    @property
    def length(self) -> int:
        """Its steps."""

    @property
    def loss(self) -> Predicted:
        """Loss at its end."""

    @property
    def gain(self) -> Predicted:
        """What `further` steps on the trunk before it would win."""

    @property
    def longer(self) -> Predicted:
        """What a cooldown longer by `further` steps would win instead."""

    @property
    def worth_going_on(self) -> str:
        """
        Whether more steps on the trunk before it pay, by the interval of `gain`: 'yes', 'no' or 'unsure'.
        """

    @property
    def better_spent(self) -> str:
        """
        Where the next steps win more: 'trunk', 'cooldown', or 'alike' where the intervals overlap.
        """

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class VirtualCooldown:
    """Cooldowns of several lengths, started now."""

    @property
    def now(self) -> int:
        """Updates of the trunk."""

    @property
    def trunk(self) -> Predicted:
        """Its loss now, by the law."""

    @property
    def answers(self) -> list[CooldownAnswer]:
        """One for each length."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def predict(fitted: FittedLaw, lr: scheduled._core.Schedule | numpy.typing.ArrayLike, step: numpy.typing.ArrayLike) -> Predictions:
    """
    Losses of a schedule that was not run, with 90 % intervals.

    Parameters
    ----------
    fitted : FittedLaw
    lr : Schedule or array_like
        Rates of the updates 1 ... T; a schedule at its own peak.
    step : array_like
        Updates, increasing, within 1 ... T.

    Returns
    -------
    Predictions
        The intervals hold what the fit leaves open of the parameters and the noise of one
        measurement, but nothing of rates and lengths that no run had; see `extrapolations`.

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled import Schedule
    >>> from scheduled.law import FitRun, Law, fit_law, predict
    >>> step = np.arange(100, 1001, 100)
    >>> truth = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    >>> schedules = [Schedule("constant(steps=1000)"), Schedule("cosine(steps=1000)")]
    >>> runs = [FitRun(str(s), s, step, truth.curve(s, step)) for s in schedules]
    >>> fitted = fit_law(runs, "momentum", prior=0.0).fitted
    >>> unseen = Schedule("wsd(steps=1000)")
    >>> at_end = predict(fitted, unseen, [1000])
    >>> bool(abs(at_end.loss[0] - truth.curve(unseen, [1000])[0]) < 1e-3)
    True
    """

def predict_difference(fitted: FittedLaw, lr_a: scheduled._core.Schedule | numpy.typing.ArrayLike, lr_b: scheduled._core.Schedule | numpy.typing.ArrayLike) -> Predicted:
    """
    Final loss of the first run less that of the second, with its interval.

    Parameters
    ----------
    fitted : FittedLaw
    lr_a, lr_b : Schedule or array_like

    Returns
    -------
    Predicted
        Much narrower than the difference of two intervals, as errors that both share cancel.
    """

def virtual_cooldown(fitted: FittedLaw, trunk: scheduled._core.Schedule | numpy.typing.ArrayLike, lengths: numpy.typing.ArrayLike, decay: str = 'linear', final: float = 0.0, further: int = 1000) -> VirtualCooldown:
    """
    What a cooldown started now would give, without running it.

    Parameters
    ----------
    fitted : FittedLaw
    trunk : Schedule or array_like
        Rates of all updates so far, the last one > 0.
    lengths : array_like
        Steps of the cooldowns.
    decay : str
        'linear', '1-sqrt', 'cosine', ... as in specs.
    final : float
        Last rate, as a share of the trunk's last rate.
    further : int
        Steps of "is it worth going on?".

    Returns
    -------
    VirtualCooldown
    """

def extrapolations(fitted: FittedLaw, lr: scheduled._core.Schedule | numpy.typing.ArrayLike) -> list[str]:
    """
    What of a run lies outside what the law was fitted to, in words.

    Parameters
    ----------
    fitted : FittedLaw
    lr : Schedule or array_like

    Returns
    -------
    list of str
    """

class LawOptimum:
    """The schedule of a law's smallest final loss."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """One rate per update; read-only."""

    @property
    def loss(self) -> float:
        """The final loss."""

    @property
    def gap(self) -> float:
        """How much could still be won, to the first order."""

    @property
    def converged(self) -> bool:
        """Whether the gap is within the tolerance."""

    @property
    def evaluations(self) -> int:
        """Of the loss and its gradient."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class LawPeak:
    """The best peak of a schedule by a law."""

    @property
    def peak(self) -> float:
        """The peak."""

    @property
    def loss(self) -> float:
        """The final loss at it."""

    @property
    def at_cap(self) -> bool:
        """True where the cap is the best."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def optimize(law: Law, steps: int, warmup: int = 0, cap: float | None = None, tolerance: float = 1e-05, stairs: bool = False) -> LawOptimum:
    """
    The schedule with the smallest final loss that a law predicts.

    Of all rates that rise linearly through the warmup, then never rise, and stay at or below the cap.

    Parameters
    ----------
    law : Law
    steps : int
    warmup : int
        Steps of a linear warmup.
    cap : float, optional
        No rate is above it. Default: the law's reference rate, for a fitted law the highest rate
        that any run had.
    tolerance : float
        What may still be won to the first order, in units of the loss.
    stairs : bool
        The multi-power and angular laws credit a sudden drop with the speed of the lower rate, so
        that by their letter stairs beat slopes. Without `stairs` a drop counts as a steep slope.

    Returns
    -------
    LawOptimum

    Examples
    --------
    >>> from scheduled.law import Law, optimize
    >>> law = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    >>> best = optimize(law, 1000, warmup=100)
    >>> best.converged, float(best.lr.max())
    (True, 1.0)
    """

def best_peak(law: Law, schedule: scheduled._core.Schedule, cap: float) -> LawPeak:
    """
    The peak of a schedule with the smallest final loss by a law, up to a cap.

    Parameters
    ----------
    law : Law
    schedule : Schedule
        With a horizon; its own peak does not matter.
    cap : float

    Returns
    -------
    LawPeak

    Examples
    --------
    >>> from scheduled import Schedule
    >>> from scheduled.law import Law, best_peak
    >>> law = Law("bu", {"L_inf": 2.5, "a": 4.0, "b": 0.1})
    >>> best = best_peak(law, Schedule("constant(steps=1000)"), cap=1.0)
    >>> round(best.peak, 3), round(best.loss, 3)
    (0.2, 2.54)
    """

def loss_gradient(law: Law, lr: scheduled._core.Schedule | numpy.typing.ArrayLike) -> tuple[float, numpy.typing.NDArray[numpy.float64]]:
    """
    Final loss by a law, and its derivative in every rate.

    Parameters
    ----------
    law : Law
        Any but 'worst-case'.
    lr : Schedule or array_like

    Returns
    -------
    tuple of float and numpy.ndarray

    Examples
    --------
    >>> from scheduled.law import Law, loss_gradient
    >>> law = Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    >>> loss, gradient = loss_gradient(law, [1.0, 1.0, 0.5])
    >>> gradient.shape
    (3,)
    """
