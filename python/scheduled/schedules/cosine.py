"""Half a cosine."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from scheduled._arguments import number
from scheduled._core import Schedule
from scheduled.schedules.base import NamedSchedule


class CosineSchedule(NamedSchedule):
    """Half a cosine from the base LR, on the first step after the warmup, to the final LR.

    Parameters
    ----------
    final_lr : float
        Rate of the last step, as a share of the base LR.
    steps : int
        All steps, warmup included.
    base_lr : float
        Learning rate at the top.
    final_lr_absolute : bool
        Whether `final_lr` is a learning rate instead of a share.
    warmup_kwargs : dict, optional
        As in `ScheduleBase`.

    Examples
    --------
    >>> from scheduled import CosineSchedule
    >>> CosineSchedule(steps=5, base_lr=2.0, final_lr=0.1).schedule
    array([2.       , 1.7363961, 1.1      , 0.4636039, 0.2      ])
    """

    name = "cosine"

    def __init__(
        self,
        final_lr: float = 0.0,
        steps: int = 100,
        base_lr: float = 1.0,
        final_lr_absolute: bool = False,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._final_lr = number("final_lr", final_lr)
        self._final_lr_absolute = final_lr_absolute
        super().__init__(steps, base_lr, warmup_kwargs)

    def _named(self) -> Schedule:
        return self._native_decay("cosine", self._final_lr, self._final_lr_absolute)
