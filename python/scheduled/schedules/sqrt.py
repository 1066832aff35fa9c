"""1/sqrt(t) with a cooldown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduled.schedules.poly import PolynomialCooldownSchedule


class SqrtSchedule(PolynomialCooldownSchedule):
    """1/sqrt(t), t = 1 on the first step after the warmup, then a cooldown.

    Parameters
    ----------
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
    >>> from scheduled import SqrtSchedule
    >>> SqrtSchedule(steps=6, cooldown_len=0.34).schedule
    array([1.        , 0.70710678, 0.57735027, 0.5       , 0.25      ,
           0.        ])
    """

    name = "sqrt"

    def __init__(
        self,
        final_lr: float = 0.0,
        steps: int = 100,
        base_lr: float = 1.0,
        cooldown_len: float = 0,
        decay_type: str = "linear",
        final_lr_absolute: bool = False,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        super().__init__(
            0.5,
            final_lr,
            steps,
            base_lr,
            cooldown_len,
            decay_type,
            final_lr_absolute,
            warmup_kwargs,
        )
