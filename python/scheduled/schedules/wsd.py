"""Warmup, constant, cooldown."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduled._core import Schedule
from scheduled.schedules.base import NamedSchedule, cooldown_steps


class WSDSchedule(NamedSchedule):
    """Constant at the base LR, then a cooldown over the last share of the steps.

    Parameters
    ----------
    final_lr : float
        Rate of the last step, as a share of the base LR.
    steps : int
        All steps, warmup and cooldown included.
    base_lr : float
        Learning rate of the constant part.
    cooldown_len : float
        The cooldown's share of `steps`; 1 is linear (or 1-sqrt) decay from the base LR.
    decay_type : {'linear', 'sqrt'}
        Shape of the cooldown: linear or 1 - sqrt.
    final_lr_absolute : bool
        Whether `final_lr` is a learning rate instead of a share.
    warmup_kwargs : dict, optional
        As in `ScheduleBase`.

    Examples
    --------
    >>> from scheduled import WSDSchedule
    >>> WSDSchedule(steps=6, base_lr=0.3, cooldown_len=0.5).schedule
    array([0.3, 0.3, 0.3, 0.2, 0.1, 0. ])
    """

    name = "wsd"

    def __init__(
        self,
        final_lr: float = 0.0,
        steps: int = 100,
        base_lr: float = 1.0,
        cooldown_len: float = 0.2,
        decay_type: str = "linear",
        final_lr_absolute: bool = False,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
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
        return self._native_with_parts("wsd")
