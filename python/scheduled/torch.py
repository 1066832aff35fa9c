"""Schedules, the live bound and the run store inside PyTorch programs.

`ScheduledLR` is a learning-rate scheduler like PyTorch's own, `apply` sets the rates in a loop without one,
`BoundMonitor` computes the bound along the run, `commit` and `restore` connect a training program with a
`RunStore`, `RunningAverage` averages weights in place of a cooldown, and `AnytimeLoop` is the whole loop of a trunk
and its branches.

Examples
--------
>>> import torch
>>> from scheduled.torch import ScheduledLR
>>> optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1.0)
>>> scheduler = ScheduledLR(optimizer, "linear(steps=5, peak=0.4)")
>>> rates = []
>>> for _ in range(5):
...     rates += scheduler.get_last_lr()
...     optimizer.step()
...     scheduler.step()
>>> [round(rate, 6) for rate in rates]
[0.4, 0.3, 0.2, 0.1, 0.0]
"""

from __future__ import annotations

import warnings
import weakref
from collections.abc import Sequence
from typing import Any

from scheduled._adapters import BRANCH, first_jump, needs, read_schedule, resume_choice

try:
    import torch
except ImportError as error:
    raise needs("torch", "torch", "torch", error) from error
from torch.optim import Optimizer
from torch.optim.lr_scheduler import LRScheduler

from scheduled._core import Schedule
from scheduled._errors import ArgumentError
from scheduled._torch_average import RunningAverage
from scheduled._torch_loop import AnytimeLoop, Update
from scheduled._torch_rates import BoundMonitor, apply, factor_of, scales_of, write_rates
from scheduled._torch_store import Pending, commit, restore

__all__ = [
    "AnytimeLoop",
    "BoundMonitor",
    "Pending",
    "RunningAverage",
    "ScheduledLR",
    "Update",
    "apply",
    "commit",
    "restore",
]

# So many calls of step() in a row without an update are no overflow of half precision any more.
_IDLE_CALLS = 50


class ScheduledLR(LRScheduler):
    """A schedule as a PyTorch scheduler: before update `i` (0-based) the groups have the rate ``schedule.lr(i)``.

    `step` counts updates that the optimizer made: calls without an update in between change nothing. So updates
    that GradScaler skips do not advance the schedule, nor do calls within gradient accumulation, nor the extra
    calls that accelerate makes for each process.

    The peak of the schedule is the learning rate; those of the optimizer only say how its groups relate.

    Parameters
    ----------
    optimizer : torch.optim.Optimizer
        One of any kind. Learning rates that are tensors stay the same tensors.
    schedule : Schedule or str
        Or its spec.
    steps : int, optional
        Horizon of a schedule that names none.
    scale : sequence of float, optional
        Factor of each parameter group. Default: the ratio of its own learning rate to that of the first group.
    resume : {'same', 'branch', 'recorded'}
        What `load_state_dict` does where the checkpoint was made with other rates: refuse, go on with this
        schedule (a branch), or go on with the one in the checkpoint.
    """

    def __init__(
        self,
        optimizer: Optimizer,
        schedule: Schedule | str,
        *,
        steps: int | None = None,
        scale: Sequence[float] | None = None,
        resume: str = "same",
    ) -> None:
        self.schedule = read_schedule(schedule, steps)
        self.resume = resume_choice(resume)
        super().__init__(optimizer)
        self.scale = scales_of(optimizer.param_groups, scale)
        self._made_with = len(self.scale)  # groups; others may join
        self.last_epoch = 0
        self._step_count = 1
        self._idle = 0
        self._attach()
        self._write()

    def _initial_step(self) -> None:
        """The base class would make a step here; the constructor writes the first rates itself.

        SequentialLR takes a step back and calls it again.
        """
        if hasattr(self, "scale"):
            self.last_epoch = 0
            self._write()

    def _attach(self) -> None:
        optimizer = innermost(self.optimizer)
        watch(optimizer)
        optimizer._scheduled_update = False
        own = weakref.ref(self)

        def loaded(_: Optimizer) -> None:
            # The rates that came with the optimizer's state are those of the run that wrote it.
            scheduler = own()
            if scheduler is not None:
                scheduler._write()

        optimizer.register_load_state_dict_post_hook(loaded)

    def _write(self) -> None:
        groups = self.optimizer.param_groups
        for group in groups[len(self.scale) :]:
            self.scale.append(factor_of(group, self.optimizer, self.scale[0]))
        self._last_lr = write_rates(groups, self.schedule.lr(self.last_epoch), self.scale)

    def get_lr(self) -> list[float | torch.Tensor]:
        """Rates of the groups at the next update."""
        return list(self._rates(self.last_epoch))

    def get_last_lr(self) -> list[float | torch.Tensor]:
        """Rates of the groups at the next update, as they stand in the optimizer."""
        return list(self._last_lr)

    @torch.compiler.disable
    def step(self, epoch: int | None = None) -> None:
        """Goes on to the rates of the next update, if the optimizer has made one since the last call."""
        optimizer = innermost(self.optimizer)
        if epoch is not None:
            self.last_epoch = int(epoch)
        elif optimizer._scheduled_update:
            self.last_epoch += 1
        else:
            self._idle += 1
            if self._idle == _IDLE_CALLS:
                warnings.warn(
                    f"ScheduledLR.step() was called {_IDLE_CALLS} times without an update of the optimizer; "
                    "the learning rate follows updates, so it has stayed as it was",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return
        optimizer._scheduled_update = False
        self._idle = 0
        self._step_count += 1
        self._write()

    def state_dict(self) -> dict[str, Any]:
        """Spec, step and scale, as plain values."""
        return {"spec": str(self.schedule), "step": self.last_epoch, "scale": list(self.scale)}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on at the step of the checkpoint and writes the rates of the next update into the groups.

        The checkpoint may be one of another scheduler of PyTorch, such as LambdaLR.

        Raises
        ------
        ArgumentError
            Where these rates differ from those of the checkpoint there, unless `resume` is 'branch' or 'recorded'.
        """
        step = self._load(state_dict) if "spec" in state_dict else self._load_other(state_dict)
        self.last_epoch = step
        self._step_count = step + 1
        self._idle = 0
        innermost(self.optimizer)._scheduled_update = False
        self._write()

    def _load(self, state_dict: dict[str, Any]) -> int:
        recorded = Schedule(state_dict["spec"])
        step, scale = int(state_dict["step"]), [float(factor) for factor in state_dict["scale"]]
        self._same_groups(len(scale))
        self.scale[self._made_with :] = scale[self._made_with :]
        if self.resume == "recorded":
            self.schedule, self.scale = recorded, scale
        elif self.resume == "same":
            before, source = recorded.lr(step), f"the checkpoint's {recorded}"
            first_jump([before * factor for factor in scale], source, self._rates(step), self.schedule, step)
        return step

    def _load_other(self, state_dict: dict[str, Any]) -> int:
        if "last_epoch" not in state_dict:
            keys = ", ".join(map(str, state_dict))
            raise ArgumentError.of("state_dict", "", f"is not that of a learning-rate scheduler; its keys are: {keys}")
        if self.resume == "recorded":
            why = "the checkpoint is of another scheduler and holds no schedule; use 'same' or 'branch'"
            raise ArgumentError.of("resume", self.resume, why)
        step = int(state_dict["last_epoch"])
        if self.resume == "same":
            if "_last_lr" not in state_dict:
                why = f"the checkpoint is of another scheduler and does not hold its rates; {BRANCH}, unchecked"
                raise ArgumentError.of("resume", self.resume, why)
            rates = [float(rate) for rate in state_dict["_last_lr"]]
            self._same_groups(len(rates))
            source = "the checkpoint of another scheduler"
            first_jump(rates, source, self._rates(step), self.schedule, step, BRANCH)
        return step

    def _same_groups(self, there: int) -> None:
        here = len(self.optimizer.param_groups)
        if there != here:
            why = f"the checkpoint has {there} parameter groups, here are {here}; make the same groups before loading"
            raise ArgumentError.of("scale", "", why)

    def _rates(self, step: int) -> list[float]:
        rate = self.schedule.lr(step)
        return [rate * factor for factor in self.scale]

    def __setstate__(self, state: dict[str, Any]) -> None:
        self.__dict__.update(state)
        self._attach()  # a copied optimizer has lost what watched it


def innermost(optimizer: Optimizer) -> Optimizer:
    """The optimizer itself, without accelerate's or Lightning's wrapper."""
    inner = getattr(optimizer, "optimizer", None)
    return innermost(inner) if isinstance(inner, Optimizer) else optimizer


def watch(optimizer: Optimizer) -> None:
    """Lets the optimizer say that it has made an update, also through a step that was taken from it before."""
    if not hasattr(optimizer, "_scheduled_update"):
        optimizer.register_step_post_hook(_updated)


def _updated(optimizer: Optimizer, *_: Any) -> None:
    # Fused optimizers get GradScaler's verdict and leave the update out themselves.
    skipped = getattr(optimizer, "found_inf", None)
    if skipped is None or not skipped.item():
        optimizer._scheduled_update = True
