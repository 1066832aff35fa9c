"""Powers of the step."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduled._arguments import number
from scheduled._core import Schedule
from scheduled.schedules.base import NamedSchedule, cooldown_steps


class PolynomialBackwardSchedule(NamedSchedule):
    """((T - t)/(T - 1))^alpha over the T steps after the warmup.

    Parameters
    ----------
    steps : int
        All steps, warmup included.
    base_lr : float
        Learning rate at the top.
    alpha : float
        Power, > 0.
    final_lr : float
        Rate of the last step, as a share of the base LR.
    warmup_kwargs : dict, optional
        As in `ScheduleBase`.

    Examples
    --------
    >>> from scheduled.schedules.poly import PolynomialBackwardSchedule
    >>> PolynomialBackwardSchedule(steps=5, alpha=2.0).schedule
    array([1.    , 0.5625, 0.25  , 0.0625, 0.    ])
    """

    name = "polynomial-backward"

    def __init__(
        self,
        steps: int = 100,
        base_lr: float = 1.0,
        alpha: float = 1.0,
        final_lr: float = 0.0,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._alpha = number("alpha", alpha)
        self._final_lr = number("final_lr", final_lr)
        super().__init__(steps, base_lr, warmup_kwargs)

    def _named(self) -> Schedule:
        return self._native_decay("polynomial", self._final_lr, power=self._alpha)


class PolynomialCooldownSchedule(NamedSchedule):
    """1/t^alpha, t = 1 on the first step after the warmup, then a cooldown.

    Parameters
    ----------
    alpha : float
        Power, > 0.
    final_lr : float
        Rate of the last cooldown step, as a share of the base LR.
    steps : int
        All steps, warmup and cooldown included.
    base_lr : float
        Learning rate at t = 1.
    cooldown_len : float
        The cooldown's share of `steps`.
    decay_type : {'linear', 'sqrt'}
        Shape of the cooldown: linear or 1 - sqrt.
    final_lr_absolute : bool
        Whether `final_lr` is a learning rate instead of a share.
    warmup_kwargs : dict, optional
        As in `ScheduleBase`.

    Examples
    --------
    >>> from scheduled.schedules.poly import PolynomialCooldownSchedule
    >>> PolynomialCooldownSchedule(alpha=1.0, steps=6, cooldown_len=0.34).schedule
    array([1.        , 0.5       , 0.33333333, 0.25      , 0.125     ,
           0.        ])
    """

    name = "polynomial-cooldown"

    def __init__(
        self,
        alpha: float = 1.0,
        final_lr: float = 0.0,
        steps: int = 100,
        base_lr: float = 1.0,
        cooldown_len: float = 0.0,
        decay_type: str = "linear",
        final_lr_absolute: bool = False,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._alpha = number("alpha", alpha)
        super().__init__(
            steps,
            base_lr,
            warmup_kwargs,
            {
                "steps": cooldown_steps(cooldown_len, steps),
                "type": decay_type,
                "final_lr": final_lr,
                "final_lr_absolute": final_lr_absolute,
            },
        )

    def _named(self) -> Schedule:
        return self._native_with_parts("inverse-power", alpha=self._alpha)
