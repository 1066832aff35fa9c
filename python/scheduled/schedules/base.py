"""`ScheduleBase`, which all schedule classes share, and `compute_optimal_base`."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, Literal, overload

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scheduled._arguments import (
    choice,
    native_of,
    number,
    number_or_array,
    options,
    rate,
    whole,
)
from scheduled._core import Schedule, best_base_lr, bound, bound_rates, omega_split
from scheduled._errors import ArgumentError, renamed

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

FloatArray = NDArray[np.float64]

_WARMUP_DEFAULTS = {"steps": 0, "warmup_lr": 1e-10, "warmup_lr_absolute": False}
_COOLDOWN_DEFAULTS = {"steps": 0, "type": "linear", "final_lr": 1e-10, "final_lr_absolute": False}
_DECAYS = {"linear": "linear", "sqrt": "1-sqrt"}
_CRITERIA = {"refined": "omega", "standard": "standard"}

# What the core calls the arguments of this module.
_NAMES = {
    "peak": "base_lr",
    "warmup": "warmup steps",
    "cooldown": "cooldown steps",
    "final": "final_lr",
    "warmup_start": "warmup_lr",
    "power": "alpha",
    "distance": "D",
    "grad_norm": "grad_norms",
}

# A main schedule may miss 0 by this much, as one computed with a cosine does.
_ALMOST_ZERO = -1e-15


class ScheduleBase:
    """A learning-rate schedule: linear warmup, a main part, a cooldown.

    A subclass of yours brings the main part in `_construct_main_schedule`; set what that reads
    before calling ``super().__init__``.

    Parameters
    ----------
    steps : int
        All steps, warmup and cooldown included.
    base_lr : float
        Multiplies the schedule; > 0.
    warmup_kwargs : dict, optional
        `steps` (0), `warmup_lr` (1e-10: rate of the first step as a share of the base LR, in
        (0, 1]), `warmup_lr_absolute` (False; True: `warmup_lr` is a learning rate). The step after
        the warmup is the first at the base LR.
    cooldown_kwargs : dict, optional
        `steps` (0), `type` ('linear' or 'sqrt'), `final_lr` (1e-10: rate of the last step as a
        share of the base LR), `final_lr_absolute` (False).

    Raises
    ------
    ArgumentError
        An AssertionError and a ValueError.

    Notes
    -----
    Where warmup and cooldown fill all steps, one is taken from the cooldown (else the warmup), so
    that one main step remains. Where the main part does not start at the base LR, a relative
    warmup still heads for the base LR, an absolute one for the first rate of the main part.

    Examples
    --------
    >>> import numpy as np
    >>> from scheduled.schedules.base import ScheduleBase
    >>> class Halving(ScheduleBase):
    ...     def _construct_main_schedule(self):
    ...         steps = self._steps - self._warmup_steps - self._cooldown_steps
    ...         return 0.5 ** np.arange(steps)
    >>> Halving(steps=6, base_lr=2.0, cooldown_kwargs={"steps": 2, "final_lr": 0.0}).schedule
    array([2.   , 1.   , 0.5  , 0.25 , 0.125, 0.   ])
    """

    name: str | None = None

    def __init__(
        self,
        steps: int,
        base_lr: float = 1.0,
        warmup_kwargs: Mapping[str, Any] | None = None,
        cooldown_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._steps = whole("steps", steps)
        self._base_lr = number("base_lr", base_lr)
        self._warmup_kwargs = options("warmup_kwargs", warmup_kwargs, _WARMUP_DEFAULTS)
        self._cooldown_kwargs = options("cooldown_kwargs", cooldown_kwargs, _COOLDOWN_DEFAULTS)
        with renamed(_NAMES, self._base_lr):
            frame = self._native_with_parts("wsd")
            self._steps = frame.steps or 0
            self._base_lr = frame.peak
            # The lengths as they turned out, should they have filled the run.
            if self._warmup_kwargs is not None:
                self._warmup_kwargs["steps"] = frame.warmup_steps
            if self._cooldown_kwargs is not None:
                self._cooldown_kwargs["steps"] = frame.cooldown_steps
            self._native = self._compose()

    def __init_subclass__(cls, **kwargs: Any) -> None:
        """A class that brings a main schedule is composed from it, not as its parent is."""
        super().__init_subclass__(**kwargs)
        if "_construct_main_schedule" in cls.__dict__ and "_compose" not in cls.__dict__:
            cls._compose = ScheduleBase._compose  # type: ignore[method-assign]

    # What a subclass may bring ------------------------------------------------------------------

    def _construct_main_schedule(self) -> ArrayLike:
        """The steps between warmup and cooldown, as shares of the base LR. Override this."""
        raise NotImplementedError(f"{type(self).__name__} has no _construct_main_schedule")

    def _compose(self) -> Schedule:
        """The native schedule: here, the main part as a table between warmup and cooldown."""
        return self._native_around(self._construct_main_schedule())

    # To the native schedule ---------------------------------------------------------------------

    def _native_with_parts(self, name: str, **fields: object) -> Schedule:
        """The native schedule `name` with our steps, base LR, warmup and cooldown."""
        parts = {**self._warmup_fields(), **self._cooldown_fields(), **fields}
        return Schedule(name, steps=self._steps, peak=self._base_lr, **parts)

    def _native_decay(
        self, name: str, final_lr: float, absolute: bool = False, **fields: object
    ) -> Schedule:
        """The native schedule `name`, which decays over all that the warmup leaves."""
        final = rate("final_lr", final_lr, absolute)
        parts = {**self._warmup_fields(), **fields}
        return Schedule(name, steps=self._steps, peak=self._base_lr, final=final, **parts)

    def _native_around(self, main: ArrayLike) -> Schedule:
        """Explicit main rates with our steps, base LR, warmup and cooldown."""
        warmup, cooldown = self._warmup_steps, self._cooldown_steps
        try:
            values = np.array(main, dtype=np.float64)
        except (TypeError, ValueError):
            raise ArgumentError.of("main schedule", "", "must be an array of numbers") from None
        expected = self._steps - warmup - cooldown
        if values.shape != (expected,):
            raise ArgumentError.of(
                f"main schedule of shape {values.shape}",
                "",
                f"must hold {expected} rates, one for each "
                f"of {self._steps} steps but {warmup} of warmup and {cooldown} of cooldown",
            )
        values[(values < 0) & (values >= _ALMOST_ZERO)] = 0.0
        fields = self._warmup_fields()
        ramp = np.full(warmup, values[0])
        relative = isinstance(fields.get("warmup_start"), str)
        if relative and values[0] != 1.0:
            # The core's warmup would head for the first main rate: this one goes into the table.
            ramp = Schedule("constant", steps=self._steps, **fields).values(warmup)
            fields = {}
        frame = Schedule(
            "wsd", steps=self._steps, peak=self._base_lr, **fields, **self._cooldown_fields()
        )
        return frame.with_values(np.concatenate([ramp, values, np.full(cooldown, values[-1])]))

    def _warmup_fields(self) -> dict[str, object]:
        kwargs = self._warmup_kwargs
        if kwargs is None or kwargs["steps"] == 0:
            return {}
        start = kwargs["warmup_lr"]
        if not start > 0:
            raise ArgumentError.of("warmup_lr", start, "must be > 0")
        return {
            "warmup": kwargs["steps"],
            "warmup_start": rate("warmup_lr", start, kwargs["warmup_lr_absolute"]),
        }

    def _cooldown_fields(self) -> dict[str, object]:
        kwargs = self._cooldown_kwargs
        if kwargs is None:
            return {"cooldown": 0}
        decay = choice("decay type", kwargs["type"], _DECAYS)
        if kwargs["steps"] == 0:
            return {"cooldown": 0}
        return {
            "cooldown": kwargs["steps"],
            "decay": decay,
            "final": rate("final_lr", kwargs["final_lr"], kwargs["final_lr_absolute"]),
        }

    # The schedule -------------------------------------------------------------------------------

    @property
    def native(self) -> Schedule:
        """The same schedule as a native value."""
        return self._native

    @property
    def schedule(self) -> FloatArray:
        """The learning rates of all steps, base LR included."""
        return self._native.values()

    @property
    def _schedule(self) -> FloatArray:
        """The schedule's shape: the learning rates over the base LR."""
        if self._native.proportional_to_peak:
            return self._native.with_peak(1.0).values()
        return self._native.values() / self._base_lr

    @property
    def _warmup_steps(self) -> int:
        return 0 if self._warmup_kwargs is None else int(self._warmup_kwargs["steps"])

    @property
    def _cooldown_steps(self) -> int:
        return 0 if self._cooldown_kwargs is None else int(self._cooldown_kwargs["steps"])

    @property
    def _cooldown_start_iter(self) -> int:
        """T0: the last step before the cooldown, counted from 1."""
        return self._steps - self._cooldown_steps

    def __len__(self) -> int:
        return self._steps

    def __repr__(self) -> str:
        return f"<{type(self).__name__}: {self._steps} steps, base LR {self._base_lr}>"

    def get_base_lr(self) -> float:
        """The base learning rate."""
        return self._base_lr

    def set_base_lr(self, base_lr: float) -> None:
        """Sets the base learning rate; absolute start and final rates stay what they are."""
        peak = number("base_lr", base_lr)
        with renamed(_NAMES, peak):
            self._native = self._native.with_peak(peak)
        self._base_lr = self._native.peak

    def plot(self) -> tuple[Figure, Axes]:
        """Plots the learning rate against the iterations 1 ... steps; needs matplotlib."""
        import matplotlib.pyplot as plt

        fig, ax = plt.subplots(figsize=(4, 3))
        ax.plot(np.arange(1, self._steps + 1), self.schedule)
        ax.set_xlabel("iteration t")
        ax.set_ylabel("learning rate")
        ax.set_ylim(bottom=0)
        ax.grid(lw=0.2, ls="--")
        fig.tight_layout()
        return fig, ax

    @overload
    def compute_rate(
        self,
        grad_norms: ArrayLike,
        D: float,
        T: int | None = None,
        type: str = "refined",
        return_split: Literal[False] = False,
        eps: float = 0.0,
    ) -> float: ...
    @overload
    def compute_rate(
        self,
        grad_norms: ArrayLike,
        D: float,
        T: int | None = None,
        type: str = "refined",
        return_split: bool = False,
        eps: float = 0.0,
    ) -> float | tuple[float, float, float]: ...
    def compute_rate(
        self,
        grad_norms: ArrayLike,
        D: float,
        T: int | None = None,
        type: str = "refined",
        return_split: bool = False,
        eps: float = 0.0,
    ) -> float | tuple[float, float, float]:
        """Convergence bound after `T` steps.

        Parameters
        ----------
        grad_norms : float or array_like
            G: one number, or one per step.
        D : float
            Distance of the start from the optimum.
        T : int, optional
            1 <= T <= steps; all steps without it. Steps at the end whose rate is 0 change nothing
            and are left out: the bound is that of the last step with a positive rate.
        type : {'refined', 'standard'}
            Bound of the last or of the average iterate.
        return_split : bool
            Whether to return the three terms of the refined bound instead of their sum.
        eps : float
            Without effect. Where the paper's package adds it to keep a denominator from being 0,
            there is none here that can be.

        Raises
        ------
        ArgumentError
            An AssertionError and a ValueError.
        KeyError
            Another `type`.

        Examples
        --------
        >>> from scheduled import WSDSchedule
        >>> S = WSDSchedule(final_lr=0.0, steps=401, cooldown_len=0.2, base_lr=0.025)
        >>> S.compute_rate(grad_norms=1.0, D=1.0, T=400)
        0.10933...
        """
        criterion = _criterion(type)
        last = None if T is None else whole("T", T)
        norms = number_or_array("grad_norms", grad_norms)
        distance = number("D", D)
        with renamed(_NAMES):
            if return_split and criterion == "omega":
                split = omega_split(bound_rates(self._native, last), norms, distance)
                return split.distance, split.noise, split.last
            return bound(self._native, norms, distance, last, criterion)


class NamedSchedule(ScheduleBase):
    """A schedule whose main part the core knows by name."""

    def _named(self) -> Schedule:
        """The native schedule."""
        raise NotImplementedError

    def _compose(self) -> Schedule:
        return self._named()

    def _construct_main_schedule(self) -> FloatArray:
        rates = self._named().values() / self._base_lr
        return rates[self._warmup_steps : self._steps - self._cooldown_steps]


def compute_optimal_base(
    schedule: ScheduleBase | Schedule,
    G: ArrayLike,
    D: float,
    T: int | None = None,
    type: str = "refined",
) -> tuple[float, float]:
    """The base learning rate with the smallest bound, and that bound.

    The schedule itself stays as it is. With absolute start or final rates, which do not follow the
    base LR, the bound is minimised numerically over the base LRs that these rates allow.

    Parameters are those of `ScheduleBase.compute_rate`.

    Examples
    --------
    >>> from scheduled import WSDSchedule, compute_optimal_base
    >>> S = WSDSchedule(final_lr=0.0, steps=401, cooldown_len=0.2)
    >>> base_lr, rate = compute_optimal_base(S, G=1.0, D=1.0, T=400)
    >>> round(base_lr, 7), round(rate, 7)
    (0.0253737, 0.109323)
    """
    native = native_of("schedule", schedule)
    criterion = _criterion(type)
    last = None if T is None else whole("T", T)
    norms = number_or_array("G", G)
    distance = number("D", D)
    with renamed({**_NAMES, "grad_norm": "G"}):
        best = best_base_lr(native, norms, distance, last, criterion)
    return best.peak, best.bound


def cooldown_steps(cooldown_len: float, steps: int) -> int:
    """Length of a cooldown that takes a share of the run."""
    share = number("cooldown_len", cooldown_len)
    if not 0 <= share <= 1:
        raise ArgumentError.of("cooldown_len", cooldown_len, "must be a share of the steps, 0 to 1")
    return int(share * whole("steps", steps))


def _criterion(type: str) -> str:
    if not isinstance(type, str) or type not in _CRITERIA:
        raise KeyError(f"type = {type!r}: must be 'refined' or 'standard'")
    return _CRITERIA[type]
