"""Constant learning rate."""

from __future__ import annotations

from typing import Any

from scheduled.schedules.wsd import WSDSchedule


class ConstantSchedule(WSDSchedule):
    """The base LR throughout: a `WSDSchedule` without a cooldown.

    Parameters
    ----------
    steps : int
        All steps, warmup included.
    base_lr : float
        Learning rate.
    **kwargs
        Other arguments of `WSDSchedule`, such as `warmup_kwargs`.

    Examples
    --------
    >>> from scheduled import ConstantSchedule
    >>> ConstantSchedule(steps=3, base_lr=0.1).schedule
    array([0.1, 0.1, 0.1])
    """

    name = "constant"

    def __init__(self, steps: int = 100, base_lr: float = 1.0, **kwargs: Any) -> None:
        super().__init__(steps=steps, base_lr=base_lr, cooldown_len=0.0, **kwargs)
