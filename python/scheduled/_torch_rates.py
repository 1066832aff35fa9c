"""Rates of parameter groups, and the bound that follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from scheduled._arguments import items, number
from scheduled._core import OmegaStream, Schedule
from scheduled._errors import ArgumentError

Groups = list[dict[str, Any]]


def scales_of(groups: Groups, scale: Sequence[float] | None) -> list[float]:
    """The factor of each group on the schedule's rate; by default its own rate over that of the first group.

    A group's own rate is the one it was made with, which PyTorch's schedulers keep under 'initial_lr'.
    """
    if scale is not None:
        factors = items("scale", scale, number)
        if len(factors) != len(groups):
            raise ArgumentError.of("scale", "", f"has {len(factors)} values for {len(groups)} parameter groups")
        return factors
    for group in groups:
        group.setdefault("initial_lr", float(group["lr"]))
    own = [float(group["initial_lr"]) for group in groups]
    if all(rate == own[0] for rate in own):
        return [1.0] * len(own)
    if own[0] == 0.0:
        raise ArgumentError.of("scale", "", "must be given, because the first parameter group has the rate 0")
    return [rate / own[0] for rate in own]


def write_rates(groups: Groups, rate: float, scale: list[float]) -> list[float | torch.Tensor]:
    """Sets the rates of all groups and returns them. A tensor stays the same tensor: compiled code holds it.

    Groups that joined since keep the ratio to the first group that they came with.
    """
    for group in groups[len(scale) :]:
        first = float(groups[0]["lr"])
        scale.append(float(group["lr"]) / first * scale[0] if first else scale[0])
    written: list[float | torch.Tensor] = []
    for group, factor in zip(groups, scale):
        value = rate * factor
        if isinstance(group["lr"], torch.Tensor):
            group["lr"].fill_(value)
            written.append(group["lr"].detach().clone())
        else:
            group["lr"] = value
            written.append(value)
    return written


def apply(
    optimizer: Optimizer | Iterable[Optimizer],
    schedule: Schedule,
    step: int,
    scale: Sequence[float] | None = None,
) -> float:
    """Sets the rates of the 0-based update `step` in all parameter groups; for loops without a scheduler.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer or several
    schedule : Schedule
    step : int
    scale : sequence of float, optional
        Factor of each group, as for `ScheduledLR`; of several optimizers one after the other.

    Returns
    -------
    float
        ``schedule.lr(step)``.
    """
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    rate = schedule.lr(step)
    groups = [group for one in optimizers for group in one.param_groups]
    write_rates(groups, rate, scales_of(groups, scale))
    return rate


class BoundMonitor:
    """The last-iterate bound along a run, from the rates and gradient norms that it had.

    Parameters
    ----------
    distance : float
        D: distance of the start from the optimum, > 0.
    """

    def __init__(self, distance: float = 1.0) -> None:
        self.stream = OmegaStream(distance)

    def push(self, optimizer: Optimizer | float, grad_norm: Any) -> float:
        """Takes the update that `optimizer` just made; returns the bound after it.

        Call it before the scheduler's `step`. An infinite or NaN norm counts as a skipped update: GradScaler made
        none.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer or float
            The rate is that of its first parameter group; or the rate itself.
        grad_norm : float or tensor
            Norm of the whole gradient, as `torch.nn.utils.clip_grad_norm_` returns it.
        """
        rate = optimizer.param_groups[0]["lr"] if isinstance(optimizer, Optimizer) else optimizer
        norm = float(grad_norm)
        return self.stream.push(float(rate), norm) if math.isfinite(norm) else self.stream.push(0.0)

    @property
    def value(self) -> float:
        """The bound after the last update; infinity before the first."""
        return self.stream.value

    def state_dict(self) -> dict[str, str]:
        """The whole state, as plain values."""
        return {"stream": self.stream.save()}

    def load_state_dict(self, state_dict: dict[str, str]) -> None:
        """Goes on with the same bits."""
        self.stream = OmegaStream.restore(state_dict["stream"])
