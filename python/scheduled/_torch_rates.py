"""Rates of parameter groups, and the bound that follows from them."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from typing import Any

import torch
from torch.optim import Optimizer

from scheduled._adapters import read_schedule
from scheduled._arguments import items, number, rejected
from scheduled._core import OmegaStream, Schedule
from scheduled._errors import ArgumentError

Groups = list[dict[str, Any]]
_SMALLEST_NORM = 1e-40


def scales_of(groups: Groups, scale: Sequence[float] | None) -> list[float]:
    """The factor of each group on the schedule's rate; by default its own rate over that of the first group.

    A group's own rate is the one it was made with, which PyTorch's schedulers keep under 'initial_lr'.
    """
    if scale is not None:
        factors = items("scale", scale, _factor)
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


def _factor(name: str, value: Any, index: int) -> float:
    factor = number(name, value, index)
    if not 0.0 <= factor < math.inf:
        raise rejected(name, value, "must be finite and >= 0", index)
    return factor


def factor_of(group: dict[str, Any], optimizer: Optimizer, first: float) -> float:
    """The factor of a group that joined since, where the first group has `first`.

    A rate that it came with is its rate now. One that it has from the optimizer's defaults relates to the first
    group's own rate, as if it had been there from the beginning.
    """
    lead = optimizer.param_groups[0]
    rate, now, own = float(group["lr"]), float(lead["lr"]), float(lead.get("initial_lr", 0.0))
    usual = optimizer.defaults.get("lr")
    if now == 0.0 or (usual is not None and rate == float(usual)):
        now = own
    return first * rate / now if now else first


def write_rates(groups: Groups, rate: float, scale: list[float]) -> list[float | torch.Tensor]:
    """Sets the rates of all groups and returns them. A tensor stays the same tensor: compiled code holds it."""
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
    schedule: Schedule | str,
    step: int,
    scale: Sequence[float] | None = None,
) -> float:
    """Sets the rates of the 0-based update `step` in all parameter groups; for loops without a scheduler.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer or several
    schedule : Schedule or str
        Or its spec, which is then read at each call.
    step : int
    scale : sequence of float, optional
        Factor of each group, as for `ScheduledLR`; of several optimizers one after the other.

    Returns
    -------
    float
        ``schedule.lr(step)``.
    """
    optimizers = [optimizer] if isinstance(optimizer, Optimizer) else list(optimizer)
    rate = read_schedule(schedule, None).lr(step)
    groups = [group for one in optimizers for group in one.param_groups]
    write_rates(groups, rate, scales_of(groups, scale))
    return rate


def whole(value: Any) -> Any:
    """A number as all ranks have it: the norm of a sharded model may be this rank's share."""
    return value.full_tensor() if hasattr(value, "full_tensor") else value


class BoundMonitor:
    """The last-iterate bound along a run, from the rates and gradient norms that it had.

    Parameters
    ----------
    distance : float
        D: distance of the start from the optimum, > 0.
    """

    def __init__(self, distance: float = 1.0) -> None:
        self.stream = OmegaStream(number("distance", distance))

    def push(self, optimizer: Optimizer | float, grad_norm: Any) -> float:
        """Takes the update that `optimizer` just made; returns the bound after it.

        Call it before the scheduler's `step`. An infinite or NaN norm counts as a skipped update: GradScaler made
        none.

        Parameters
        ----------
        optimizer : torch.optim.Optimizer or float
            The rate is that of its first parameter group; or the rate itself.
        grad_norm : float or tensor
            Norm of the whole gradient, as `torch.nn.utils.clip_grad_norm_` returns it. That of a sharded model
            (FSDP2) may be this rank's share and is put together here, so all ranks push.
        """
        rate = optimizer.param_groups[0]["lr"] if isinstance(optimizer, Optimizer) else optimizer
        norm = float(whole(grad_norm))
        if 0.0 < norm < _SMALLEST_NORM:
            norm = 0.0  # gone below what the stream takes, as in half-dead networks; the training goes on
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
