"""A running average of a model's weights, in place of a cooldown."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from typing import Any

import torch

from scheduled._arguments import number, rejected, whole
from scheduled._errors import ArgumentError


class RunningAverage:
    """The average of a model's weights over its updates, kept as it trains: no checkpoint is needed for it.

    Where weights do not fall along the updates, as here, the average of all iterates has the guarantee of the
    cooldown that it imitates; a merge of few checkpoints has none near it. Kept in double precision: in single
    precision steps of long averages are lost.

    Parameters
    ----------
    module : torch.nn.Module
        Its parameters and floating-point buffers are averaged; on one rank each, of FSDP the rank's part.
    half_life : float or str, optional
        Exponential: updates after which a weight counts half, or a share of the updates made, such as '10%'
        (2602.03702).
    begin : int, optional
        Instead: the mean of all updates beyond this one, which imitates a linear cooldown from there on.
    every : int
        Only the updates whose number it divides count.

    Examples
    --------
    >>> import torch
    >>> from scheduled.torch import RunningAverage
    >>> model = torch.nn.Linear(1, 1, bias=False)
    >>> average = RunningAverage(model, begin=2)
    >>> for step in range(1, 6):
    ...     _ = model.weight.data.fill_(step)  # the update
    ...     average.update(step)
    >>> with average.applied():
    ...     model.weight.item()
    4.0
    >>> model.weight.item()
    5.0
    """

    def __init__(
        self,
        module: torch.nn.Module,
        half_life: float | str | None = None,
        *,
        begin: int | None = None,
        every: int = 1,
    ) -> None:
        if (half_life is None) == (begin is None):
            raise ArgumentError.of("half_life", half_life, "or begin must be given, and not both")
        self._module = module
        self._share = isinstance(half_life, str)
        self._half_life = _half_life_of(half_life)
        self._begin = 0 if begin is None else whole("begin", begin)
        self._every = whole("every", every)
        if self._every < 1:
            raise rejected("every", every, "must be at least 1")
        self._step = 0
        self._count = 0.0  # of iterates, each by its weight beside that of the last
        self._average: dict[str, torch.Tensor] = {}

    @property
    def step(self) -> int:
        """The last update that counts; 0: none so far."""
        return self._step

    @torch.no_grad()
    def update(self, step: int) -> None:
        """Takes the weights after update `step` in, the number of all updates; of each update once, in order."""
        if step <= self._step:
            raise rejected("step", step, f"must be above {self._step}, the last that was taken in")
        if step <= self._begin or step % self._every != 0:
            return
        left = 1.0
        if self._half_life is not None:
            half_life = self._half_life * step if self._share else self._half_life
            left = 2.0 ** (-(step - self._step) / half_life)
        self._count = self._count * left + 1.0
        self._step = step
        for name, value in _weights(self._module).items():
            if name not in self._average:
                self._average[name] = value.detach().to(torch.float64, copy=True)
            else:
                average = self._average[name]
                average += (value.detach().to(torch.float64) - average) / self._count

    @torch.no_grad()
    def copy_to(self, module: torch.nn.Module) -> None:
        """Writes the average into a module with the same names, rounded to its types."""
        if not self._average:
            raise ArgumentError.of("step", self._step, "no update was taken in so far")
        weights = _weights(module)
        if weights.keys() != self._average.keys():
            raise ArgumentError.of("module", "", "must have the parameters and buffers of the averaged one")
        for name, value in weights.items():
            value.copy_(self._average[name])

    @contextlib.contextmanager
    def applied(self) -> Iterator[torch.nn.Module]:
        """The module with the average as its weights, as for an evaluation; they are its own again afterwards."""
        own = {name: value.detach().clone() for name, value in _weights(self._module).items()}
        self.copy_to(self._module)
        try:
            yield self._module
        finally:
            with torch.no_grad():
                for name, value in _weights(self._module).items():
                    value.copy_(own[name])

    def _how(self) -> dict[str, Any]:
        return {"half_life": self._half_life, "share": self._share, "begin": self._begin, "every": self._every}

    def state_dict(self) -> dict[str, Any]:
        """What a checkpoint holds of it; `commit` takes the average beside the model."""
        return {"step": self._step, "count": self._count, "how": self._how(), "average": dict(self._average)}

    def load_state_dict(self, state: Mapping[str, Any]) -> None:
        """Goes on from a checkpoint with the same bits; of an average that was made otherwise it does not."""
        weights = _weights(self._module)
        if state["average"] and self._begin >= int(state["step"]):
            return  # it begins later: of what was averaged before nothing belongs to it
        # Checkpoints of older versions do not say how theirs was made.
        if state["average"] and state.get("how", self._how()) != self._how():
            raise ArgumentError.of(
                "state",
                _shown(self._how()),
                f"the average of this checkpoint was made with {_shown(state['how'])}; go on with that. Another one "
                "is made after the restore, and begins there",
            )
        if state["average"] and state["average"].keys() != weights.keys():
            raise ArgumentError.of("state", "", "is the average of another model")
        self._step, self._count = int(state["step"]), float(state["count"])
        self._average = {name: value.to(weights[name].device, copy=True) for name, value in state["average"].items()}


def _half_life_of(half_life: float | str | None) -> float | None:
    """In updates, or as a share of them."""
    if half_life is None:
        return None
    if isinstance(half_life, str):
        try:
            value = float(half_life.removesuffix("%")) / 100.0 if half_life.endswith("%") else -1.0
        except ValueError:
            value = -1.0
        if not 0.0 < value <= 1.0:
            raise ArgumentError.of("half_life", half_life, "must be a number of updates, or a share such as '10%'")
        return value
    value = number("half_life", half_life)
    if not 0.0 < value < float("inf"):
        raise rejected("half_life", half_life, "must be finite and > 0")
    return value


def _shown(how: Mapping[str, Any]) -> str:
    half_life = how["half_life"]
    of = f"half_life={half_life!r}" if not how["share"] else f"half_life='{100.0 * half_life:.6g}%'"
    return (of if half_life is not None else f"begin={how['begin']}") + f", every={how['every']}"


def _weights(module: torch.nn.Module) -> dict[str, torch.Tensor]:
    named = [*module.named_parameters(), *module.named_buffers()]
    return {name: value for name, value in named if value.is_floating_point()}
