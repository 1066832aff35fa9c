"""The C++ core of scheduled: schedules, bounds, design, training logs."""

from collections.abc import Callable, Iterator, Mapping, Sequence
import os
from typing import overload

import numpy
import numpy.typing


def version() -> str:
    """Version of the library, 'major.minor.patch'."""

class Schedule:
    """
    A learning-rate schedule: an immutable value.

    Steps are 0-based: ``lr(0)`` is the rate of the first update.

    Parameters
    ----------
    spec : str
        A spec such as ``wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3)``, or,
        with keywords, only the name. `schedule_help` lists names and keys.
    **fields
        The keys of the spec as numbers, texts or lists; None counts as not given.

    Raises
    ------
    ArgumentError
        Where a name, a key or a value is not allowed; the text says which and what is.

    Examples
    --------
    >>> from scheduled import Schedule
    >>> s = Schedule("wsd(steps=10, cooldown=50%, peak=0.5)")
    >>> s.values()
    array([0.5, 0.5, 0.5, 0.5, 0.5, 0.4, 0.3, 0.2, 0.1, 0. ])
    >>> s == Schedule("wsd", steps=10, cooldown="50%", peak=0.5)
    True
    >>> print(s.with_steps(20))
    wsd(steps=20, peak=0.5, cooldown=50%, decay=linear)
    """

    def __init__(self, spec: str, /, **fields: object) -> None: ...

    @staticmethod
    def from_values(values: numpy.typing.ArrayLike, peak: float = 1.0) -> Schedule:
        """
        Explicit rates, times `peak`, as a schedule.

        Parameters
        ----------
        values : array_like
            One finite rate >= 0 per step, at least one.
        peak : float
            Factor on all of them.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule.from_values([1.0, 0.5, 0.25], peak=0.1).lr(1)
        0.05
        """

    @staticmethod
    def from_function(function: Callable[[int], float], steps: int | str, peak: float = 1.0) -> Schedule:
        """
        A schedule from a function of the 0-based step.

        The function is called once for each of the steps 0 ... steps - 1, here and never again.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule.from_function(lambda i: 1 / (i + 1), steps=4, peak=2.0).values()
        array([2.        , 1.        , 0.66666667, 0.5       ])
        """

    @staticmethod
    def from_json(text: str) -> Schedule:
        """
        Reads what `to_json` wrote.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule.from_json('{"schedule": "linear", "steps": 4}').values()
        array([1.        , 0.66666667, 0.33333333, 0.        ])
        """

    def with_peak(self, peak: float) -> Schedule:
        """
        The same schedule with another peak; relative parts follow.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("cosine(steps=3, final=10%)").with_peak(2.0).values()
        array([2. , 1.1, 0.2])
        """

    @overload
    def with_steps(self, steps: int) -> Schedule:
        """The same schedule with another horizon; shares of the run follow."""

    @overload
    def with_steps(self, steps: str) -> Schedule:
        """
        The same schedule with another horizon; shares of the run follow.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("wsd(steps=100, cooldown=20%)").with_steps("50k").cooldown_steps
        10000
        """

    def with_values(self, values: numpy.typing.ArrayLike) -> Schedule:
        """
        Explicit rates in place of the main shape.

        Peak, warmup and cooldown stay; they cover the first and the last of the values.

        Parameters
        ----------
        values : array_like
            One finite rate >= 0 for each step of the horizon, times the peak.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("wsd(steps=5, cooldown=2)").with_values([1.0, 0.9, 0.8, 0, 0]).values()
        array([1. , 0.9, 0.8, 0.4, 0. ])
        """

    def lr(self, i: int) -> float:
        """
        Rate of the 0-based step `i`, in constant time.

        Past a finite horizon it stays at the last step's rate.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("rsqrt(warmup=100, peak=1e-3)").lr(400)
        0.0005
        """

    def fill(self, first: int, out: numpy.typing.NDArray[numpy.float64]) -> None:
        """
        Writes the rates of the steps first, first + 1, ... into `out`.

        Parameters
        ----------
        first : int
            0-based step of ``out[0]``.
        out : numpy.ndarray
            One-dimensional, contiguous, writable, float64.

        Examples
        --------
        >>> import numpy as np
        >>> from scheduled import Schedule
        >>> out = np.empty(3)
        >>> Schedule("linear(steps=5)").fill(1, out)
        >>> out
        array([0.75, 0.5 , 0.25])
        """

    def values(self, count: int | None = None) -> numpy.typing.NDArray[numpy.float64]:
        """
        The first `count` rates; without `count` those of the whole run.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("constant(peak=0.1)").values(3)
        array([0.1, 0.1, 0.1])
        """

    @property
    def steps(self) -> int | None:
        """Horizon in steps, warmup and cooldown included; None without one."""

    @property
    def peak(self) -> float:
        """Base learning rate."""

    @property
    def warmup_steps(self) -> int:
        """Steps of the warmup."""

    @property
    def cooldown_steps(self) -> int:
        """Steps of the cooldown at the end."""

    @property
    def name(self) -> str:
        """The name that the spec starts with."""

    @property
    def proportional_to_peak(self) -> bool:
        """
        False where an absolute start, plateau or final rate other than 0 does not follow the peak.
        """

    @property
    def smallest_peak(self) -> float:
        """
        The smallest peak that absolute start, plateau and final rates allow; 0 without them.
        """

    def to_json(self) -> str:
        """
        The schedule as a JSON object; `from_json` reads it back to an equal value.

        Examples
        --------
        >>> from scheduled import Schedule
        >>> Schedule("linear(steps=1k)").to_json()
        '{"schedule":"linear","steps":1000,"peak":1}'
        """

    def __str__(self) -> str: ...

    def __repr__(self) -> str: ...

    def __eq__(self, arg: object, /) -> bool: ...

    def __hash__(self) -> int: ...

    def __copy__(self) -> Schedule: ...

    def __deepcopy__(self, memo: dict[int, object], /) -> Schedule: ...

    def __getstate__(self) -> str: ...

    def __setstate__(self, arg: str, /) -> None: ...

def schedule_help() -> list[tuple[str, str, str]]:
    """
    Name, example and meaning of every schedule.

    Examples
    --------
    >>> from scheduled import schedule_help
    >>> for name, example, meaning in schedule_help()[2:5:2]:
    ...     print(f"{example:40} {meaning}")
    linear(steps=50k)                        1 - x over the run
    cosine(steps=50k, warmup=1%, final=10%)  half a cosine over the run
    """

def omega(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> float:
    """
    Last-iterate bound Omega_T of a run with the given learning rates.

    Parameters
    ----------
    lr : array_like
        Rates of the steps 1 ... T, finite and >= 0, the last one > 0. A contiguous float64 array is
        read in place.
    grad_norm : float or array_like
        G: one number, or one per step; finite and >= 0.
    distance : float
        D: distance of the start from the optimum, > 0.

    Returns
    -------
    float
        The bound, in units of the loss.

    Raises
    ------
    ArgumentError
        Naming the first value that is not allowed.

    Examples
    --------
    >>> from scheduled import Schedule, omega
    >>> round(omega(Schedule("linear(steps=401, peak=0.0495631)").values(400)), 7)
    0.1006299
    """

def standard_bound(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> float:
    """
    Bound of the average iterate, (D^2 + sum lr^2 G^2) / (2 sum lr).

    Parameters are those of `omega`; zeros are allowed everywhere, but not only zeros.

    Examples
    --------
    >>> from scheduled import standard_bound
    >>> standard_bound([0.5, 0.5])
    0.75
    """

def power_grad_norm(alpha: float, steps: int) -> numpy.typing.NDArray[numpy.float64]:
    """
    Grad norms t^alpha for t = 1 ... steps.

    Examples
    --------
    >>> from scheduled import power_grad_norm
    >>> power_grad_norm(-1.0, 4)
    array([1.        , 0.5       , 0.33333333, 0.25      ])
    """

class OmegaSplit:
    """The three terms of the last-iterate bound; iterates over them."""

    @property
    def distance(self) -> float:
        """D^2 / (2 S_T)."""

    @property
    def noise(self) -> float:
        """sum q_t / (2 S_T)."""

    @property
    def last(self) -> float:
        """What the last iterate costs over the average."""

    @property
    def value(self) -> float:
        """Their sum, Omega_T."""

    def __iter__(self) -> Iterator[float]: ...

    def __repr__(self) -> str: ...

def omega_split(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> OmegaSplit:
    """
    The last-iterate bound in the three terms of the paper's Theorem 1.

    Parameters are those of `omega`.

    Examples
    --------
    >>> from scheduled import omega, omega_split
    >>> split = omega_split([0.5, 0.5])
    >>> split
    OmegaSplit(distance=0.5, noise=0.25, last=0.25)
    >>> split.value == omega([0.5, 0.5])
    True
    """

def omega_gradient(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> numpy.typing.NDArray[numpy.float64]:
    """
    Gradient of Omega_T in the learning rates.

    Parameters are those of `omega`.

    Returns
    -------
    numpy.ndarray
        One derivative per step.

    Examples
    --------
    >>> from scheduled import omega_gradient
    >>> omega_gradient([1.0, 1.0])
    array([ 0.875, -0.125])
    """

def omega_curve(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, tolerance: float = 1e-12, threads: int = 1) -> numpy.typing.NDArray[numpy.float64]:
    """
    Omega_1 ... Omega_T: the bound after every step, at near-linear cost.

    Parameters
    ----------
    lr, grad_norm, distance
        As for `omega`, but the last rate may be 0: where a rate is 0, the bound of the last positive
        step stands; before the first positive step it is infinite.
    tolerance : float
        Relative error allowed at every step, within [1e-14, 0.1].
    threads : int
        At least 1; the result has the same bits for every number.

    Examples
    --------
    >>> from scheduled import omega_curve
    >>> omega_curve([1.0, 1.0, 0.0])
    array([1.  , 1.25, 1.25])
    """

def omega_at(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, *, t: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.float64]:
    """
    Omega_t at chosen steps of a run.

    Parameters
    ----------
    lr, grad_norm, distance
        As for `omega_curve`.
    t : array_like of int
        1-based steps, between 1 and T, in any order.

    Examples
    --------
    >>> from scheduled import omega_at
    >>> omega_at([1.0, 1.0, 1.0], t=[2, 1])
    array([1.25, 1.  ])
    """

def bound_rates(schedule: Schedule, T: int | None = None) -> numpy.typing.NDArray[numpy.float64]:
    """
    The rates that the bound after `T` steps reads: the first `T`, without trailing zeros.

    Examples
    --------
    >>> from scheduled import Schedule, bound_rates
    >>> bound_rates(Schedule("linear(steps=3)"))
    array([1. , 0.5])
    """

def bound(schedule: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None, criterion: str = 'omega') -> float:
    """
    Bound of a schedule at its own peak.

    Parameters
    ----------
    schedule : Schedule
    grad_norm : float or array_like
        G: one number, or one per step.
    distance : float
        D: distance of the start from the optimum, > 0.
    T : int, optional
        After how many steps; without it at the horizon. Zeros at the end of the rates are left out.
    criterion : {'omega', 'standard', 'worst_case'}
        Bound of the last iterate, of the average iterate, or the exact worst case of the last one.

    Examples
    --------
    >>> from scheduled import Schedule, bound
    >>> round(bound(Schedule("wsd(steps=401, peak=0.0253737)"), T=400), 6)
    0.109323
    """

class WorstCase:
    """
    The worst case, and where the minimum over the weights of its proof lies.
    """

    @property
    def value(self) -> float:
        """The worst case, in units of the loss."""

    @property
    def W(self) -> float:
        """Sum of the weights at the minimum; infinite for the end 'limit'."""

    @property
    def W_min(self) -> float:
        """Smallest sum of weights that gives these steps."""

    @property
    def end(self) -> str:
        """
        'boundary' (W = W_min), 'interior', 'lower branch' (varying grad norms) or 'limit' (0, as W grows).
        """

    @property
    def passes(self) -> int:
        """Passes over the steps that were needed."""

    def __repr__(self) -> str: ...

class WorstCaseScale:
    """The best common factor of all rates."""

    @property
    def scale(self) -> float:
        """The factor."""

    @property
    def worst_case(self) -> WorstCase:
        """The worst case of the rates times the factor."""

    def __repr__(self) -> str: ...

class WorstCaseAtPeak:
    """A peak, the worst case there, and the bound."""

    @property
    def peak(self) -> float:
        """The peak learning rate."""

    @property
    def worst_case(self) -> WorstCase:
        """The worst case at this peak."""

    @property
    def omega(self) -> float:
        """The last-iterate bound at this peak; at least the worst case."""

    def __repr__(self) -> str: ...

class ScheduleWorstCase:
    """The worst case of a schedule."""

    @property
    def T(self) -> int:
        """The last positive step at or before the T asked for."""

    @property
    def exact(self) -> bool:
        """
        True for one common grad norm (verified against the SDP); else the values are upper bounds.
        """

    @property
    def own(self) -> WorstCaseAtPeak:
        """At the schedule's own peak."""

    @property
    def best(self) -> WorstCaseAtPeak | None:
        """
        At the best peak; None where rates are absolute or no peak is better than another.
        """

    @property
    def minimax(self) -> float | None:
        """D G / sqrt(T); None where grad norms vary."""

    def __repr__(self) -> str: ...

def worst_case(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> WorstCase:
    """
    The exact worst case of the last iterate.

    The largest f(x_T) - f* over convex functions f with subgradients of norm at most G_t, from the
    distance D. For one common grad norm it is exact (verified against the SDP, not proven), else an
    upper bound. Never above `omega`, and for one grad norm never below `minimax_rate`.

    Parameters
    ----------
    lr : array_like
        Rates of the steps 1 ... T, finite and >= 0. The last one is checked but not used: x_T is
        reached before it.
    grad_norm : float or array_like
        G: one number, or one per step; finite and >= 0.
    distance : float
        D: distance of the start from the optimum, > 0.

    Returns
    -------
    WorstCase

    Examples
    --------
    >>> from scheduled import worst_case
    >>> found = worst_case([4 / 15, 4 / 15, 4 / 15])
    >>> round(found.value, 12), found.end
    (0.6, 'boundary')
    """

def worst_case_best_scale(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> WorstCaseScale:
    """
    The factor of all rates with the smallest worst case.

    Parameters are those of `worst_case`.

    Examples
    --------
    >>> from scheduled import worst_case_best_scale
    >>> best = worst_case_best_scale([1.0, 1.0, 1.0])
    >>> round(best.scale, 12), round(best.worst_case.value, 12)
    (0.266666666667, 0.6)
    """

def worst_case_at(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, *, t: numpy.typing.ArrayLike) -> numpy.typing.NDArray[numpy.float64]:
    """
    The worst case after chosen numbers of steps.

    Parameters
    ----------
    lr, grad_norm, distance
        As for `worst_case`.
    t : array_like of int
        1-based steps, between 1 and T, in any order.

    Examples
    --------
    >>> from scheduled import worst_case_at
    >>> worst_case_at([0.5, 0.5, 0.5], t=[1, 2])
    array([1.  , 0.75])
    """

def minimax_rate(T: int, grad_norm: float = 1.0, distance: float = 1.0) -> float:
    """
    D G / sqrt(T): no method that sees T subgradients can promise less.

    Examples
    --------
    >>> from scheduled import minimax_rate
    >>> minimax_rate(100, grad_norm=2.0)
    0.2
    """

def schedule_worst_case(schedule: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None) -> ScheduleWorstCase:
    """
    The worst case of a schedule at its own and at its best peak.

    Parameters
    ----------
    schedule : Schedule
    grad_norm : float or array_like
        G: one number, or one per step.
    distance : float
        D: distance of the start from the optimum, > 0.
    T : int, optional
        After how many steps; without it at the horizon. Zeros at the end of the rates are left out.

    Returns
    -------
    ScheduleWorstCase

    Examples
    --------
    >>> from scheduled import Schedule, schedule_worst_case
    >>> found = schedule_worst_case(Schedule("linear(steps=61)"))
    >>> round(found.best.peak, 6), round(found.best.worst_case.value / found.minimax, 4)
    (0.124591, 1.0027)
    """

class ClosedForm:
    """A base learning rate and the bound there."""

    @property
    def peak(self) -> float:
        """The best base learning rate."""

    @property
    def bound(self) -> float:
        """The bound there."""

    def __repr__(self) -> str: ...

class BoundFacts:
    """
    What the closed forms say about a schedule; None where they say nothing.
    """

    @property
    def family(self) -> str:
        """
        'constant', 'linear', 'wsd', 'cosine', '1-sqrt', 'polynomial' or 'none'.
        """

    @property
    def why_none(self) -> str:
        """Why no closed form applies; empty where one does."""

    @property
    def T(self) -> int:
        """The last positive step at or before the T asked for."""

    @property
    def T0(self) -> int:
        """Steps before the cooldown."""

    @property
    def cooldown(self) -> float:
        """The cooldown's share of T."""

    @property
    def warmup(self) -> int:
        """Steps of a warmup, which the forms leave out."""

    @property
    def exact(self) -> ClosedForm | None:
        """Best peak and bound; only without a warmup."""

    @property
    def limit(self) -> ClosedForm | None:
        """Their limits for long runs, at this T, D and G."""

    @property
    def constants(self) -> ClosedForm | None:
        """The limits in units of D / (G sqrt(T)) and D G / sqrt(T)."""

    @property
    def theorem(self) -> float | None:
        """WSD: the upper bound of arXiv 2501.18965."""

    @property
    def linear_peak_factor(self) -> float | None:
        """Best peak of linear decay over that of this schedule."""

    @property
    def linear_bound_factor(self) -> float | None:
        """
        Bound of linear decay over that of this schedule, each at its best peak.
        """

    def __repr__(self) -> str: ...

def harmonic(n: int) -> float:
    """
    H_n = 1 + 1/2 + ... + 1/n, in O(1).

    Examples
    --------
    >>> from scheduled import harmonic
    >>> harmonic(2)
    1.5
    """

def constant_closed_form(T: int, grad_norm: float = 1.0, distance: float = 1.0) -> ClosedForm:
    """
    Best peak and bound of the constant rate, in O(1).

    Parameters
    ----------
    T : int
        Steps, >= 1.
    grad_norm, distance : float
        G and D, > 0.

    Examples
    --------
    >>> from scheduled import constant_closed_form
    >>> form = constant_closed_form(400)
    >>> round(form.peak, 7), round(form.bound, 7)
    (0.0181759, 0.1375448)
    """

def linear_closed_form(T: int, grad_norm: float = 1.0, distance: float = 1.0) -> ClosedForm:
    """
    Best peak and bound of linear decay, lr_t = (T + 1 - t) / T.

    Parameters are those of `constant_closed_form`.

    Examples
    --------
    >>> from scheduled import linear_closed_form
    >>> form = linear_closed_form(400)
    >>> round(form.peak, 7), round(form.bound, 7)
    (0.0495631, 0.1006299)
    """

def wsd_closed_form(T: int, T0: int, grad_norm: float = 1.0, distance: float = 1.0) -> ClosedForm:
    """
    Best peak and bound of WSD: T0 steps at the peak, then a linear cooldown.

    Parameters
    ----------
    T : int
        Steps, >= 1; the schedule has a last step T + 1 with the rate 0.
    T0 : int
        Steps at the peak, between 1 (linear decay) and T (the constant rate).
    grad_norm, distance : float
        G and D, > 0.

    Examples
    --------
    >>> from scheduled import wsd_closed_form
    >>> form = wsd_closed_form(400, 321)
    >>> round(form.peak, 7), round(form.bound, 7)
    (0.0253737, 0.109323)
    """

def wsd_theorem_bound(T: int, T0: int, grad_norm: float = 1.0, distance: float = 1.0) -> float:
    """
    The upper bound on that bound which Theorem 2 of arXiv 2501.18965 gives.

    Parameters are those of `wsd_closed_form`; 2 <= T0 < T.

    Examples
    --------
    >>> from scheduled import wsd_closed_form, wsd_theorem_bound
    >>> wsd_theorem_bound(400, 321) > wsd_closed_form(400, 321).bound
    True
    """

def wsd_limit(cooldown: float) -> ClosedForm:
    """
    WSD with a linear cooldown of share `cooldown`, as T grows.

    Its best peak tends to limit.peak D / (G sqrt(T)), the bound there to limit.bound D G / sqrt(T).

    Examples
    --------
    >>> from scheduled import wsd_limit
    >>> limit = wsd_limit(0.2)
    >>> round(limit.peak, 6), round(limit.bound, 5)
    (0.514515, 2.15953)
    """

def linear_limit() -> ClosedForm:
    """
    Linear decay over the whole run, as T grows; see `wsd_limit`.

    Examples
    --------
    >>> from scheduled import linear_limit
    >>> linear_limit()
    ClosedForm(peak=1, bound=2)
    """

def cosine_limit() -> ClosedForm:
    """
    Half a cosine over the whole run, as T grows; see `wsd_limit`.

    Examples
    --------
    >>> from scheduled import cosine_limit
    >>> round(cosine_limit().bound, 4)
    2.0602
    """

def one_minus_sqrt_limit() -> ClosedForm:
    """
    1 - sqrt(x) over the whole run, as T grows; see `wsd_limit`.

    Examples
    --------
    >>> from scheduled import one_minus_sqrt_limit
    >>> round(one_minus_sqrt_limit().bound, 5)
    2.01401
    """

def polynomial_limit(power: float) -> ClosedForm:
    """
    (1 - x)^power over the whole run, as T grows; see `wsd_limit`.

    Examples
    --------
    >>> from scheduled import polynomial_limit
    >>> polynomial_limit(4.0)
    ClosedForm(peak=2, bound=2.5)
    """

def lr_transfer_limit(cooldown: float) -> float:
    """
    ln of the factor from WSD's best peak to that of linear decay, as T grows.

    Examples
    --------
    >>> import math
    >>> from scheduled import lr_transfer_limit
    >>> round(math.exp(lr_transfer_limit(0.2)), 3)
    1.944
    """

def lr_transfer(T: int, T0: int) -> float:
    """
    The same at finite T; see `wsd_closed_form` for T0.

    Examples
    --------
    >>> from scheduled import lr_transfer
    >>> lr_transfer(400, 1)
    0.0
    """

def bound_facts(schedule: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None, criterion: str = 'omega') -> BoundFacts:
    """
    Which closed forms speak about a schedule, and what they say.

    Parameters are those of `bound`.

    Returns
    -------
    BoundFacts

    Examples
    --------
    >>> from scheduled import Schedule, bound_facts
    >>> facts = bound_facts(Schedule("wsd(steps=401)"))
    >>> facts.family, round(facts.exact.bound, 6), round(facts.linear_peak_factor, 3)
    ('wsd', 0.109323, 1.953)
    >>> bound_facts(Schedule("rsqrt(warmup=10, steps=400)")).why_none
    'none is known for rsqrt'
    """

class OmegaStream:
    """
    Omega_t step by step, inside a training loop.

    Some tens of numbers of memory and a fraction of a microsecond a step; relative error at most 1e-10
    over 2e6 steps. A copy is a branch: both go on independently. Pickles exactly.

    Parameters
    ----------
    distance : float
        D: distance of the start from the optimum, > 0.

    Examples
    --------
    >>> from scheduled import OmegaStream
    >>> trunk = OmegaStream()
    >>> for step in range(3):
    ...     omega = trunk.push(lr=0.5, grad_norm=1.0)
    >>> import copy
    >>> branch = copy.copy(trunk)
    >>> round(branch.push(0.25), 6), round(trunk.value, 6)
    (1.177381, 0.958333)
    """

    def __init__(self, distance: float = 1.0) -> None: ...

    def push(self, lr: float, grad_norm: float = 1.0) -> float:
        """
        Take one update and return Omega_t after it.

        A learning rate of 0 repeats the value before it (infinity while there was no positive one).
        """

    def push_all(self, lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0) -> numpy.typing.NDArray[numpy.float64]:
        """Take several updates and return Omega_t after each."""

    @property
    def value(self) -> float:
        """Omega_t after the last update; infinity before the first."""

    @property
    def steps(self) -> int:
        """Number of updates taken."""

    @property
    def distance(self) -> float:
        """D."""

    def save(self) -> str:
        """The whole state as one line of JSON."""

    @staticmethod
    def restore(text: str) -> OmegaStream:
        """The stream that `save` wrote; it goes on with the same bits."""

    def __copy__(self) -> OmegaStream: ...

    def __deepcopy__(self, memo: dict[int, object], /) -> OmegaStream: ...

    def __getstate__(self) -> str: ...

    def __setstate__(self, arg: str, /) -> None: ...

    def __repr__(self) -> str: ...

class BestBaseLr:
    """The base learning rate with the smallest bound."""

    @property
    def peak(self) -> float:
        """The best base learning rate."""

    @property
    def bound(self) -> float:
        """The bound there."""

    @property
    def T(self) -> int:
        """
        The step of the bound: the last positive one at or before the T asked for.
        """

    @property
    def closed_form(self) -> bool:
        """
        False where absolute rates, or different grad norms of the worst case, made a numerical minimisation necessary.
        """

    @property
    def at_limit(self) -> bool:
        """
        True where the minimum lies at the smallest peak that the absolute rates allow.
        """

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class LrSensitivity:
    """How much the choice of the base learning rate matters."""

    @property
    def best(self) -> BestBaseLr:
        """The best peak and the bound there."""

    @property
    def share(self) -> float:
        """The loss that defines the interval."""

    @property
    def at_half(self) -> float | None:
        """
        Bound at half the best peak over the best bound; None where absolute rates allow no such peak.
        """

    @property
    def at_double(self) -> float:
        """The same at twice the best peak."""

    @property
    def low(self) -> float:
        """
        From here to `high` the bound is at most 1 + share times the best; 0 where no peak is too small.
        """

    @property
    def high(self) -> float:
        """The end of the interval."""

    @property
    def low_at_limit(self) -> bool:
        """True where `low` is the smallest peak that the absolute rates allow."""

    @property
    def closed_form(self) -> bool:
        """False where it was found by bisection."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class ComparisonRow:
    """A schedule of a comparison, at its best peak."""

    @property
    def schedule(self) -> Schedule:
        """The schedule, with its best peak."""

    @property
    def best(self) -> BestBaseLr:
        """Peak and bound."""

    @property
    def ratio(self) -> float:
        """Bound over the smallest bound of all rows."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def best_base_lr(schedule: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None, criterion: str = 'omega') -> BestBaseLr:
    """
    The base learning rate with the smallest bound; the schedule's own peak does not matter.

    Closed form where all rates are proportional to the peak, else a numerical minimisation over the
    peaks that the absolute rates allow. Parameters are those of `bound`.

    Examples
    --------
    >>> from scheduled import Schedule, best_base_lr
    >>> best = best_base_lr(Schedule("cosine(steps=401)"), T=400)
    >>> round(best.peak, 7), round(best.bound, 7)
    (0.0482419, 0.1033859)

    By the exact worst case:

    >>> round(best_base_lr(Schedule("constant(steps=3)"), criterion="worst_case").bound, 12)
    0.6
    """

def lr_sensitivity(schedule: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None, criterion: str = 'omega', share: float = 0.01) -> LrSensitivity:
    """
    The best base learning rate, and what a departure from it costs.

    Parameters
    ----------
    schedule, grad_norm, distance, T, criterion
        As for `bound`.
    share : float
        The loss that defines the interval `low` ... `high`: 0.01 is 1 %; > 0 and at most 1e6.

    Returns
    -------
    LrSensitivity

    Examples
    --------
    >>> from scheduled import Schedule, lr_sensitivity
    >>> found = lr_sensitivity(Schedule("linear(steps=401)"))
    >>> found.at_half, found.at_double
    (1.25, 1.25)
    >>> round(found.low / found.best.peak, 4), round(found.high / found.best.peak, 4)
    (0.8682, 1.1518)
    """

def matching_distance(lr: numpy.typing.ArrayLike, grad_norm: numpy.typing.ArrayLike = 1.0) -> float:
    """
    The distance D for which the rates already have the best scale.

    For runs whose D is unknown: their bound then has the shape of a tuned run's.

    Examples
    --------
    >>> from scheduled import Schedule, best_base_lr, matching_distance
    >>> s = Schedule("linear(steps=101)")
    >>> s = s.with_peak(best_base_lr(s, distance=3.0).peak)
    >>> round(matching_distance(s.values(100)), 10)
    3.0
    """

def compare(schedules: Sequence[Schedule], grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, T: int | None = None, criterion: str = 'omega') -> list[ComparisonRow]:
    """
    Schedules at their best peaks, in the order given. Parameters are those of `bound`.

    Examples
    --------
    >>> from scheduled import Schedule, compare
    >>> for row in compare([Schedule("wsd(steps=401)"), Schedule("linear(steps=401)")]):
    ...     print(row.schedule.name, round(row.best.bound, 4), round(row.ratio, 4))
    wsd 0.1093 1.0864
    linear 0.1006 1.0
    """

class OptimalSchedule:
    """Learning rates and their bound."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """The rates of the steps 1 ... T; read-only."""

    @property
    def bound(self) -> float:
        """What is smallest: the bound, or the worst case."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class BothBounds:
    """Both criteria for one schedule."""

    @property
    def omega(self) -> float:
        """The last-iterate bound."""

    @property
    def worst_case(self) -> float:
        """The exact worst case; an upper bound of it where norms vary."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class OptimaCompared:
    """What either optimum gives away by the other's measure."""

    @property
    def omega_optimal(self) -> BothBounds:
        """Of the rates with the smallest bound."""

    @property
    def worst_case_optimal(self) -> BothBounds:
        """Of the rates with the smallest worst case."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def optimal_schedule(T: int, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> OptimalSchedule:
    """
    The learning rates with the smallest last-iterate bound of all, in closed form.

    For one grad norm this is linear decay but for a small uptick in the last step.

    Parameters
    ----------
    T : int
        Steps, at least 1.
    grad_norm : float or array_like
        G: one number, or at least T values; finite and > 0, for with a grad norm of 0 no rate is too
        large.
    distance : float
        D: distance of the start from the optimum, > 0.

    Returns
    -------
    OptimalSchedule

    Examples
    --------
    >>> from scheduled import Schedule, best_base_lr, optimal_schedule
    >>> best = optimal_schedule(400)
    >>> round(best.bound, 6), round(best_base_lr(Schedule("linear(steps=401)")).bound, 6)
    (0.100187, 0.10063)
    >>> best.lr[:2]
    array([0.0498435 , 0.04971843])

    As a schedule:

    >>> Schedule.from_values(best.lr).steps
    400
    """

def worst_case_optimal_schedule(T: int, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> OptimalSchedule:
    """
    The learning rates with the smallest worst case that its proof can give.

    For one grad norm these are the steps (D / (G sqrt(T))) (1 - t / T) of Zamani and Glineur, with
    `minimax_rate`, which no method beats. The last iterate does not depend on the last rate; it is set
    to what makes the bound smallest given the others.

    Parameters are those of `optimal_schedule`.

    Examples
    --------
    >>> from scheduled import minimax_rate, worst_case_optimal_schedule
    >>> best = worst_case_optimal_schedule(4)
    >>> best.bound == minimax_rate(4)
    True
    >>> best.lr[:3]
    array([0.375, 0.25 , 0.125])
    """

def compare_optima(T: int, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0) -> OptimaCompared:
    """
    Both optima, each judged by both criteria.

    Parameters are those of `optimal_schedule`.

    Returns
    -------
    OptimaCompared

    Examples
    --------
    >>> from scheduled import compare_optima
    >>> found = compare_optima(400)
    >>> round(found.omega_optimal.omega, 6), round(found.omega_optimal.worst_case, 6)
    (0.100187, 0.050135)
    >>> round(found.worst_case_optimal.omega, 6), round(found.worst_case_optimal.worst_case, 6)
    (0.100308, 0.05)
    """

class ConstrainedSchedule:
    """Learning rates, and a certificate of how good."""

    @property
    def status(self) -> str:
        """
        'optimal': the gap is within the tolerance; 'not_converged': it is not, but the rates obey the constraints; 'infeasible': no rates do, see `reason`.
        """

    @property
    def reason(self) -> str:
        """Where infeasible, the constraints that contradict each other."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """The rates of the steps 1 ... T; read-only. Empty where infeasible."""

    @property
    def bound(self) -> float:
        """The last-iterate bound of these rates."""

    @property
    def lower_bound(self) -> float:
        """
        No rates that obey the constraints have a smaller bound; computed apart from the solver.
        """

    @property
    def gap(self) -> float:
        """(bound - lower_bound) / bound."""

    @property
    def iterations(self) -> int:
        """Iterations of the solver."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def linear_warmup(steps: int) -> numpy.typing.NDArray[numpy.float64]:
    """
    The shares j / steps, j = 1 ... steps, of a linear warmup.

    Examples
    --------
    >>> from scheduled import linear_warmup
    >>> linear_warmup(4)
    array([0.25, 0.5 , 0.75, 1.  ])
    """

def constrained_schedule(T: int, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, *, prefix: numpy.typing.ArrayLike | None = None, warmup: numpy.typing.ArrayLike | None = None, max_lr: float | None = None, non_increasing: bool = False, final_lr: float | None = None, tolerance: float = 1e-09, max_iterations: int = 500) -> ConstrainedSchedule:
    """
    The learning rates with the smallest last-iterate bound under constraints.

    Steps 1 ... len(prefix) are given, the next len(warmup) are a warmup, the rest are free but for what
    is said here; at least one must be free. All constraints may be combined.

    Parameters
    ----------
    T : int
        Steps, prefix and warmup included.
    grad_norm : float or array_like
        G: one number, or at least T values; finite and > 0, within the prefix >= 0.
    distance : float
        D: distance of the start from the optimum, > 0.
    prefix : array_like, optional
        Rates of the steps already made, finite and >= 0.
    warmup : array_like, optional
        Shares within [0, 1] of the rate that follows the warmup, whose height is free; see
        `linear_warmup`.
    max_lr : float, optional
        No rate is above it; the prefix must keep to it, too.
    non_increasing : bool
        No rate after prefix and warmup is above the one before it.
    final_lr : float, optional
        The last rate, > 0. (A last step of 0 is left out: T is then one less.)
    tolerance : float
        Relative duality gap to certify, within [1e-12, 0.1].
    max_iterations : int
        At least 1.

    Returns
    -------
    ConstrainedSchedule
        Where no rates obey the constraints, or the iterations do not suffice, its `status` says so.

    Raises
    ------
    ArgumentError
        Naming the first value that is not allowed, also where the prefix is above `max_lr`.

    Examples
    --------
    >>> from scheduled import constrained_schedule, linear_warmup, optimal_schedule
    >>> found = constrained_schedule(400, max_lr=0.04, warmup=linear_warmup(20), non_increasing=True)
    >>> found.status, found.gap <= 1e-9, bool(found.lr.max() <= 0.04)
    ('optimal', True, True)
    >>> optimal_schedule(400).bound < found.lower_bound <= found.bound
    True
    >>> constrained_schedule(5, max_lr=0.1, final_lr=0.2).reason
    'final_lr = 0.2 is above max_lr = 0.1'
    """

class NearestSpec:
    """A named schedule like given rates."""

    @property
    def schedule(self) -> Schedule:
        """The schedule, with its peak."""

    @property
    def distance(self) -> float:
        """Largest difference of the rates, as a share of their largest."""

    @property
    def mean_square(self) -> float:
        """Root of the mean squared difference."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class RefinedSchedule:
    """A schedule from gradient norms."""

    @property
    def schedule(self) -> Schedule:
        """A table; its largest value is 1, its last one 0."""

    @property
    def grad_norm(self) -> numpy.typing.NDArray[numpy.float64]:
        """The norms used: filtered, one per step; read-only."""

    @property
    def dropped(self) -> int:
        """Number of norms that were not finite."""

    @property
    def nearest(self) -> NearestSpec | None:
        """The nearest named schedule; None where none is close."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def refine(grad_norm: numpy.typing.ArrayLike, norm: str = 'l2', width: float = 0.2, steps: int | None = None, close: float = 0.1) -> RefinedSchedule:
    """
    A schedule from the gradient norms that a run logged.

    The norms give weights, w = 1 / G^2 or 1 / G, and the rates are w_t (w_{t+1} + ... + w_T), divided
    by the largest; the base learning rate is then to be tuned.

    Parameters
    ----------
    grad_norm : array_like
        Norms along the run, > 0. Those that are not finite are dropped: they mark skipped steps.
    norm : {'l2', 'l1'}
        'l2' for SGD and Euclidean norms, 'l1' for Adam and sums of absolute values.
    width : float
        Width of the median filter as a share of the series, 0 to 1; 0: no filter.
    steps : int, optional
        Steps of the schedule, at least 2; the norms are then read off along the run. Without it, one
        per norm that is finite.
    close : float
        A named schedule is reported up to this distance, 0 to 1.

    Returns
    -------
    RefinedSchedule

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled import refine
    >>> refined = refine(np.ones(500), steps=50_000)
    >>> refined.schedule.steps, str(refined.nearest.schedule)
    (50000, 'linear(steps=50000, peak=1)')

    From a log, with norms every few hundred steps: ``refine(densify_logged(log, "grad_norm")[1])``.
    """

def median_filter(values: numpy.typing.ArrayLike, width: int) -> numpy.typing.NDArray[numpy.float64]:
    """
    Running median; reflected at the end, continued by the first value at the start.

    Parameters
    ----------
    values : array_like
        Finite.
    width : int
        Odd, at least 1 and below twice the number of values.

    Examples
    --------
    >>> from scheduled import median_filter
    >>> median_filter([1.0, 9.0, 2.0, 3.0, 2.0], 3)
    array([1., 2., 3., 2., 3.])
    """

def nearest_spec(lr: numpy.typing.ArrayLike) -> NearestSpec:
    """
    The named schedule nearest to given rates, in the mean square.

    Parameters
    ----------
    lr : array_like
        At least 2 rates, finite and >= 0, one of them > 0.

    Returns
    -------
    NearestSpec

    Notes
    -----
    A fit of warmup, cooldown and its shape from several starts; not provably the nearest.

    Examples
    --------
    >>> from scheduled import nearest_spec, optimal_schedule
    >>> nearest = nearest_spec(optimal_schedule(1000).lr)
    >>> nearest.schedule.name, nearest.distance < 0.01
    ('linear', True)
    """

class ExtendRow:
    """One way to one horizon."""

    @property
    def method(self) -> str:
        """'naive', 'drop', 'adapted_cooldown' or 'optimal'."""

    @property
    def steps(self) -> int:
        """The horizon."""

    @property
    def parameter(self) -> float:
        """
        drop: plateau over peak; adapted_cooldown, naive: share of cooldown; optimal: first new rate over the last one before.
        """

    @property
    def at_limit(self) -> bool:
        """True where no parameter makes the trunk's peak the best one."""

    @property
    def lr(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        The rates of all steps, the trunk's first, without a 0 at the end; read-only.
        """

    @property
    def omega(self) -> float:
        """The last-iterate bound."""

    @property
    def worst_case(self) -> float:
        """The exact worst case; an upper bound of it where norms vary."""

    @property
    def spec(self) -> str:
        """
        Spec text; for 'optimal' the nearest plain one: a drop, then linear decay.
        """

    @property
    def spec_omega(self) -> float:
        """The bound of the trunk continued by `spec`."""

    @property
    def extra(self) -> int:
        """Steps still to make."""

    @property
    def stopped(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        The bound at each of the horizons if this plan is stopped there; NaN beyond its own; read-only.
        """

    @property
    def distance(self) -> float:
        """D, as given or planned."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

@overload
def extend(trunk: Schedule, m: int, horizons: numpy.typing.ArrayLike, *, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float | None = None, rule: str = 'match_base_lr') -> list[ExtendRow]:
    """
    Ways to train longer than planned, from a trunk of steps already made.

    For each horizon four ways: 'naive' (the same peak and cooldown share), 'drop' (a lower plateau from
    the old cooldown's start on), 'adapted_cooldown' (the same peak, another share of cooldown) and
    'optimal' (the rates with the smallest bound given the trunk).

    Parameters
    ----------
    trunk : Schedule
        Constant between its warmup and its cooldown.
    m : int
        Its first m steps are done; none of them in the cooldown, all of the warmup among them.
    horizons : array_like of int
        The new numbers of steps, each at least m + 2.
    grad_norm : float or array_like
        G: one number, or one per step up to the longest horizon; > 0 from step m + 1 on.
    distance : float, optional
        D: distance of the start from the optimum, > 0; without it that of `planned_distance`.
    rule : {'match_base_lr', 'smallest_bound'}
        How 'drop' and 'adapted_cooldown' choose: such that the trunk's peak is the best one for the new
        schedule, or such that the bound at the trunk's peak is smallest.

    Returns
    -------
    list of ExtendRow
        The four ways to the first horizon, then to the second, ...

    Examples
    --------
    >>> from scheduled import Schedule, best_base_lr, extend
    >>> planned = Schedule("wsd(steps=4001)")
    >>> tuned = planned.with_peak(best_base_lr(planned).peak)
    >>> for row in extend(tuned, 3200, [8001]):
    ...     print(f"{row.method:17} {row.parameter:.3f} {row.omega:.6f}")
    naive             0.200 0.025628
    drop              0.533 0.023100
    adapted_cooldown  0.600 0.022569
    optimal           0.869 0.022488
    """

@overload
def extend(done: numpy.typing.ArrayLike, horizons: numpy.typing.ArrayLike, *, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float | None = None, rule: str = 'match_base_lr', like: Schedule | None = None) -> list[ExtendRow]:
    """
    The same from the rates made so far, of a log, say.

    Parameters
    ----------
    done : array_like
        Rates of the steps made, finite and >= 0; the last one, > 0, is the peak that goes on.
    horizons, grad_norm, distance, rule
        As above, with m the number of rates.
    like : Schedule, optional
        Its cooldown's share and shape are those of 'naive' and 'drop'; without it 20 % linear.

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled import extend
    >>> rows = extend(np.full(3200, 0.008), [6001, 8001], distance=1.0)
    >>> [row.method for row in rows if row.omega < 0.02255]
    ['optimal']
    >>> rows[3].lr.shape, rows[3].extra
    ((6000,), 2801)
    """

@overload
def planned_distance(trunk: Schedule, m: int, grad_norm: numpy.typing.ArrayLike = 1.0) -> float:
    """
    The distance D at which the trunk's peak is the best one for the run as planned.

    For runs whose D is unknown; `extend` takes it where no distance is given. The plan is the trunk's
    own schedule where that ends with a cooldown; else the cooldown (20 % linear) starts after m steps.

    Parameters
    ----------
    trunk, m
        As for `extend`.
    grad_norm : float or array_like
        G: one number, or one per step up to the end of the plan.

    Examples
    --------
    >>> from scheduled import Schedule, best_base_lr, planned_distance
    >>> planned = Schedule("wsd(steps=4001)")
    >>> tuned = planned.with_peak(best_base_lr(planned, distance=3.0).peak)
    >>> round(planned_distance(tuned, 3200), 10)
    3.0
    """

@overload
def planned_distance(done: numpy.typing.ArrayLike, *, grad_norm: numpy.typing.ArrayLike = 1.0, like: Schedule | None = None) -> float:
    """
    The same from the rates made so far, cooled down after them.

    Parameters
    ----------
    done, like
        As for `extend`.
    grad_norm : float or array_like
        G: one number, or one per step up to the end of the plan.
    """

class LrTransfer:
    """A base learning rate moved to another schedule."""

    @property
    def to(self) -> BestBaseLr:
        """The best peak of the other one."""

    @property
    def factor(self) -> float:
        """to.peak / from_.peak."""

    @property
    def peak(self) -> float:
        """The tuned peak times the factor: what to try."""

    @property
    def limit(self) -> float | None:
        """The factor for long runs in closed form; None where none is known."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

def transfer_base_lr(tuned: Schedule, target: Schedule, grad_norm: numpy.typing.ArrayLike = 1.0, distance: float = 1.0, criterion: str = 'omega') -> LrTransfer:
    """
    The base learning rate of one schedule from the tuned one of another.

    Parameters
    ----------
    tuned : Schedule
        Its peak is the tuned base learning rate.
    target : Schedule
        Another cooldown, shape or horizon; its peak does not matter.
    grad_norm : float or array_like
        G: one number, which then cancels, or one per step of both.
    distance : float
        D, > 0; it cancels where G is one number.
    criterion : {'omega', 'standard', 'worst_case'}
        What "best" means, as for `bound`; each schedule is judged at its own horizon.

    Returns
    -------
    LrTransfer

    Examples
    --------
    >>> from scheduled import Schedule, transfer_base_lr
    >>> moved = transfer_base_lr(Schedule("wsd(steps=10k, peak=1e-3)"), Schedule("linear(steps=50k)"))
    >>> round(moved.factor, 4), round(moved.limit, 4), round(moved.peak, 7)
    (0.8699, 0.8692, 0.0008699)
    """

class GradNormFamily:
    """
    Grad norms of a sweep: t^alpha, or a series.

    Parameters
    ----------
    alpha : float
        G_t = t^alpha; 0 is G = 1.
    series : array_like, optional
        One value per step of the longest horizon, finite and >= 0, instead.
    name : str
        For the reader of the results.

    Examples
    --------
    >>> from scheduled import GradNormFamily
    >>> GradNormFamily(alpha=-0.5, name="falling")
    GradNormFamily(alpha=-0.5, name='falling')
    """

    def __init__(self, alpha: float = 0.0, *, series: numpy.typing.ArrayLike | None = None, name: str = '') -> None: ...

    @property
    def name(self) -> str:
        """For the reader of the results."""

    @property
    def alpha(self) -> float:
        """The exponent of t, where there is no series."""

    @property
    def series(self) -> numpy.typing.NDArray[numpy.float64]:
        """One value per step; empty where the norms are t^alpha; read-only."""

    def __eq__(self, arg: object, /) -> bool: ...

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class SweepResult:
    """The best base learning rate of one combination."""

    @property
    def combination(self) -> int:
        """
        Its number: the flat index into `Sweep.bound`, in C order; see numpy.unravel_index.
        """

    @property
    def best(self) -> BestBaseLr | None:
        """Peak and bound; None where there is an error."""

    @property
    def error(self) -> str:
        """Why there is none, where the schedule does not fit, say; else empty."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class Sweep:
    """
    Best base learning rates over a grid of schedules, horizons, cooldowns, grad norms.

    Parameters
    ----------
    schedules : sequence of Schedule
        At least one; their peaks do not matter.
    horizons : array_like of int, optional
        Steps, at least 1; without them each schedule has its own.
    cooldowns : array_like, optional
        Shares of the run, > 0 to 1, of the schedules' cooldowns; without them each has its own.
    grad_norms : sequence of GradNormFamily, optional
        Without them G = 1.
    distance : float
        D: distance of the start from the optimum, > 0.
    criterion : {'omega', 'standard', 'worst_case'}
        As for `bound`.

    Notes
    -----
    What `run` has computed stays here when ctrl-C stops it: in `peak`, `bound` and `results`. Another
    `run` goes on with what is missing; a pickle of the sweep can be resumed in another process.

    Examples
    --------
    >>> from scheduled import GradNormFamily, Schedule, Sweep
    >>> sweep = Sweep([Schedule("wsd(steps=100)"), Schedule("wsd(steps=100, decay=1-sqrt)")],
    ...               horizons=[1001, 4001], cooldowns=[0.2, 0.5],
    ...               grad_norms=[GradNormFamily(), GradNormFamily(alpha=-0.5)])
    >>> sweep.run(threads=2)
    >>> sweep.shape, sweep.done == sweep.size
    ((2, 2, 2, 2), True)
    >>> sweep.bound[0, :, 0, 0].round(5)
    array([0.06871, 0.03421])
    """

    def __init__(self, schedules: Sequence[Schedule], horizons: numpy.typing.ArrayLike | None = None, cooldowns: numpy.typing.ArrayLike | None = None, grad_norms: Sequence[GradNormFamily] | None = None, *, distance: float = 1.0, criterion: str = 'omega') -> None: ...

    def run(self, threads: int = 1, progress: Callable[[int, int], object] | None = None) -> None:
        """
        Computes what is not done yet.

        Parameters
        ----------
        threads : int
            At least 1; the results have the same bits for every number.
        progress : callable, optional
            Called as ``progress(done, to_do)`` in the calling thread, at most 20 times a second and at the
            end. What it raises stops the sweep and is passed on.

        Raises
        ------
        KeyboardInterrupt
            On ctrl-C. What is done is kept, and `run` may be called again.

        Examples
        --------
        >>> from scheduled import Schedule, Sweep
        >>> sweep = Sweep([Schedule("linear(steps=100)")], horizons=[100, 200, 300])
        >>> calls = []
        >>> sweep.run(progress=lambda done, to_do: calls.append((done, to_do)))
        >>> calls[-1]
        (3, 3)
        """

    @property
    def shape(self) -> tuple[int, int, int, int]:
        """
        Numbers of schedules, horizons, cooldowns and grad norms; an axis not given counts as one.
        """

    @property
    def size(self) -> int:
        """Number of combinations."""

    @property
    def done(self) -> int:
        """Number of combinations that have been computed."""

    @property
    def peak(self) -> numpy.typing.NDArray[numpy.float64]:
        """
        Best peaks as a new array of `shape`; NaN where not computed, or where the schedule does not fit.
        """

    @property
    def bound(self) -> numpy.typing.NDArray[numpy.float64]:
        """The bounds there as a new array of `shape`; NaN as in `peak`."""

    @property
    def results(self) -> list[SweepResult]:
        """What has been computed, by combination."""

    def schedule(self, combination: int) -> Schedule:
        """The schedule of a combination, with its horizon and cooldown put in."""

    def __repr__(self) -> str: ...

    def __getstate__(self) -> tuple[object, ...]: ...

    def __setstate__(self, state: tuple[object, ...], /) -> None: ...

class RunLog:
    """
    One run: a table with one row per logged step.

    The row of step s was written after update s; step 0 is the state before training. Columns are
    read-only arrays with NaN where a row did not log them: "lr", "train_loss", "val_loss", "grad_norm"
    and whatever else the source holds. Made by `read_log` and `parse_log`.
    """

    @property
    def name(self) -> str:
        """Where the log came from."""

    @property
    def step(self) -> numpy.typing.NDArray[numpy.int64]:
        """Logged steps, strictly increasing."""

    @property
    def columns(self) -> list[str]:
        """Names of the columns."""

    @property
    def meta(self) -> dict[str, float | str]:
        """Configuration and summary values."""

    @property
    def format(self) -> str:
        """The format it was read as."""

    @property
    def source(self) -> dict[str, str]:
        """What standard columns are called in the source."""

    @property
    def notes(self) -> list[str]:
        """What was taken in one of several ways, or looks wrong."""

    def __getitem__(self, column: str) -> numpy.typing.NDArray[numpy.float64]:
        """The values of one column."""

    def __contains__(self, column: str) -> bool: ...

    def __len__(self) -> int: ...

    def __repr__(self) -> str: ...

def read_log(file: str | os.PathLike[str], columns: Mapping[str, str] | None = None, restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', patterns: Sequence[str] = ()) -> RunLog:
    """
    Reads a training log; the content tells its format (`log_formats`), and may be gzip or zstd.

    Parameters
    ----------
    file : path
        A file, a folder of TensorBoard's event files, or files of one run joined by "+".
    columns : dict, optional
        Source column -> standard column (step, lr, train_loss, val_loss, grad_norm, tokens), such as
        ``{"loss": "train_loss"}``. Without it the usual names are recognised.
    restarts : {'automatic', 'keep-last', 'keep-first', 'average', 'error'}
        What it means that steps go back or repeat; automatic is to average them in the logs of
        2501.18965, and elsewhere that the last rows count.
    format : str
        Insist on this format; empty: told by the content.
    step_offset : int
        Added to all steps: 1 where the first update is logged as step 0.
    lr_of : {'automatic', 'same', 'next'}
        Whose learning rate and gradient norm a row has: those of its own update, or of the next one.
    patterns : sequence of str
        Templates of lines of text, such as "step {step}: loss {train_loss}".

    Returns
    -------
    RunLog

    Raises
    ------
    ArgumentError
        Naming file, column and row where the file is not a sound log.

    Examples
    --------
    >>> import os, tempfile
    >>> from scheduled import read_log
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     file = os.path.join(folder, "run.csv")
    ...     with open(file, "w") as out:
    ...         _ = out.write("step,lr,loss\\n10,1e-3,4.2\\n20,1e-3,3.9\\n")
    ...     log = read_log(file)
    >>> log.step.tolist(), log["train_loss"].tolist()
    ([10, 20], [4.2, 3.9])
    """

def parse_log(name: str, content: str, columns: Mapping[str, str] | None = None, restarts: str = 'automatic', format: str = '', step_offset: int = 0, lr_of: str = 'automatic', patterns: Sequence[str] = ()) -> RunLog:
    """
    `read_log` of a text; `name` stands for the file in messages.

    Examples
    --------
    >>> from scheduled import parse_log
    >>> parse_log("run", "step,lr\\n1,0.5\\n2,0.25\\n")["lr"]
    array([0.5 , 0.25])
    """

def merge_branch(base: RunLog, branch: RunLog) -> RunLog:
    """
    The run that a cooldown branch ends: `base` up to the branch's first step, then `branch`.

    Examples
    --------
    >>> from scheduled import merge_branch, parse_log
    >>> base = parse_log("base", "step,lr\\n1,1\\n2,1\\n3,1\\n")
    >>> branch = parse_log("branch", "step,lr\\n2,0.5\\n3,0\\n")
    >>> merge_branch(base, branch)["lr"]
    array([1. , 0.5, 0. ])
    """

def densify(log: RunLog, column: str, last_step: int, warmup: int = 0, max_gap: int = 0) -> numpy.typing.NDArray[numpy.float64]:
    """
    One value per update from a sparsely logged column, by linear interpolation.

    Parameters
    ----------
    log : RunLog
    column : str
    last_step : int
        Values are returned for the updates 1 ... last_step.
    warmup : int
        Length of a linear warmup from 0 that precedes the first logged row; 0: none.
    max_gap : int
        Longest stretch to bridge, in steps; 0: ten times the median spacing.

    Examples
    --------
    >>> from scheduled import densify, parse_log
    >>> densify(parse_log("run", "step,lr\\n2,1\\n4,0\\n"), "lr", 4)
    array([1. , 1. , 0.5, 0. ])
    """

def densify_logged(log: RunLog, column: str, warmup: int = 0, max_gap: int = 0) -> tuple[int, numpy.typing.NDArray[numpy.float64]]:
    """
    As much of a column as was logged, without a ramp.

    From the first update, or from the first logged step where the stretch before it is longer than
    `max_gap` (a branch without its base run), to the last logged step. For gradient norms, say.

    Parameters
    ----------
    log : RunLog
    column : str
    warmup : int
        Length of an unlogged warmup; it is no gap.
    max_gap : int
        Longest stretch to bridge, in steps; 0: ten times the median spacing.

    Returns
    -------
    tuple of int and numpy.ndarray
        The update of the first value, and the values.

    Examples
    --------
    >>> from scheduled import densify_logged, parse_log
    >>> densify_logged(parse_log("branch", "step,grad_norm\\n900,2\\n902,4\\n"), "grad_norm")
    (900, array([2., 3., 4.]))
    """
