"""Constant between milestones."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from scheduled._arguments import items, number, whole
from scheduled._core import Schedule
from scheduled.schedules.base import NamedSchedule


class PiecewiseConstantSchedule(NamedSchedule):
    """The base LR times a factor that changes at milestones; warmup and cooldown cut into it.

    Parameters
    ----------
    steps : int
        All steps, warmup and cooldown included.
    base_lr : float
        Learning rate before the first milestone.
    milestones : sequence of int
        Strictly increasing 0-based steps.
    factors : sequence of float
        One for each milestone: it applies from that step on.
    cooldown_kwargs, warmup_kwargs : dict, optional
        As in `ScheduleBase`.

    Examples
    --------
    >>> from scheduled import PiecewiseConstantSchedule
    >>> PiecewiseConstantSchedule(steps=6, milestones=[2, 4], factors=[0.5, 0.1]).schedule
    array([1. , 1. , 0.5, 0.5, 0.1, 0.1])
    """

    name = "piecewise-constant"

    def __init__(
        self,
        steps: int,
        base_lr: float = 1.0,
        milestones: Sequence[int] = (),
        factors: Sequence[float] = (),
        cooldown_kwargs: Mapping[str, Any] | None = None,
        warmup_kwargs: Mapping[str, Any] | None = None,
    ) -> None:
        self._milestones = items("milestones", milestones, whole)
        self._factors = items("factors", factors, number)
        super().__init__(steps, base_lr, warmup_kwargs, cooldown_kwargs)

    def _named(self) -> Schedule:
        pieces = {"milestones": self._milestones, "factors": self._factors}
        whole = Schedule("piecewise", steps=self._steps, **pieces)
        if whole.lr(self._warmup_steps) == 1.0:
            return self._native_with_parts("piecewise", **pieces)
        main = whole.values()[self._warmup_steps : self._steps - self._cooldown_steps]
        return self._native_around(main)
