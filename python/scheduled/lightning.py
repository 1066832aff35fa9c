"""Schedules, the live bound and the run store in Lightning.

`lr_scheduler` is for `configure_optimizers`, the callbacks are for `Trainer`.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, Any

from scheduled._adapters import behind, needs

try:
    import lightning.pytorch as pl
except ImportError as error:
    raise needs("lightning", "lightning", "lightning", error) from error
import torch
from lightning.pytorch.callbacks import Checkpoint

from scheduled._arguments import whole
from scheduled._core import Schedule
from scheduled._errors import ArgumentError
from scheduled._torch_store import _commit
from scheduled.torch import BoundMonitor, ScheduledLR, innermost

if TYPE_CHECKING:
    from scheduled.anytime import Resume, RunStore

__all__ = ["BoundCallback", "RunStoreCheckpoint", "lr_scheduler"]


def lr_scheduler(optimizer: torch.optim.Optimizer, schedule: Schedule | str, **options: Any) -> dict[str, Any]:
    """What `configure_optimizers` returns under "lr_scheduler": a `ScheduledLR` that goes on at each update.

    Parameters
    ----------
    optimizer, schedule, **options
        As for `scheduled.torch.ScheduledLR`; a horizon that comes late is
        ``steps=self.trainer.estimated_stepping_batches``.
    """
    return {"scheduler": ScheduledLR(optimizer, schedule, **options), "interval": "step", "frequency": 1, "name": "lr"}


class BoundCallback(pl.Callback):
    """Logs the last-iterate bound of the run as `omega`; its state belongs to Lightning's checkpoints.

    With several optimizers each has its own bound; those after the first are `omega/1` and so on.

    Parameters
    ----------
    distance : float
        D: distance of the start from the optimum, > 0.
    """

    def __init__(self, distance: float = 1.0) -> None:
        self.distance = distance
        self.monitors = [BoundMonitor(distance)]

    @property
    def monitor(self) -> BoundMonitor:
        """That of the first optimizer."""
        return self.monitors[0]

    def on_before_optimizer_step(
        self, trainer: pl.Trainer, pl_module: pl.LightningModule, optimizer: torch.optim.Optimizer
    ) -> None:
        """Takes the update that is about to be made, with its norm before clipping."""
        gradients = [
            parameter.grad
            for group in optimizer.param_groups
            for parameter in group["params"]
            if parameter.grad is not None
        ]
        number = next(i for i, one in enumerate(trainer.optimizers) if innermost(one) is innermost(optimizer))
        while len(self.monitors) <= number:
            self.monitors.append(BoundMonitor(self.distance))
        omega = self.monitors[number].push(optimizer, torch.nn.utils.get_total_norm(gradients))
        pl_module.log("omega" if number == 0 else f"omega/{number}", omega)

    def state_dict(self) -> dict[str, Any]:
        """Those of the monitors."""
        return {"monitors": [monitor.state_dict() for monitor in self.monitors]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the same bits."""
        if "monitors" not in state_dict:
            raise ArgumentError.of("state_dict", "", "is of another version of BoundCallback: it has no monitors")
        self.monitors = [BoundMonitor(self.distance) for _ in state_dict["monitors"]]
        for monitor, state in zip(self.monitors, state_dict["monitors"]):
            monitor.load_state_dict(state)


class RunStoreCheckpoint(Checkpoint):
    """Commits Lightning's checkpoints to a run and logs what the Trainer logs.

    A module whose `ScheduledLR` has other rates than the record is stopped, as with Transformers.

    Steps of the record are updates that the first `ScheduledLR` of the module counted, else the Trainer's global_step,
    which adds up those of all optimizers. The last update of a `fit` is committed, too.

    The checkpoint is the file `lightning.ckpt`: ``trainer.fit(model, ckpt_path=at.folder / "lightning.ckpt")``.

    Parameters
    ----------
    run : RunStore or None
        None on all ranks but rank 0.
    every : int
        Updates between checkpoints.
    line : str
        The trunk or a branch.
    at : Resume, optional
        What `RunStore.resume` returned.
    **options
        As for `RunStore.commit`.
    """

    def __init__(
        self, run: RunStore | None, every: int, line: str = "trunk", at: Resume | None = None, **options: Any
    ) -> None:
        self.run, self.every, self.line = run, every, line
        self.options = {"session": None if at is None else at.session, **options}
        if whole("every", every) < 1:
            raise ArgumentError.of("every", every, "must be at least 1")
        self.done = self.saved = 0

    def on_train_start(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Begins where the checkpoint was."""
        self.done = self.saved = _updates(trainer)
        line = None if self.run is None else self.run.record().line(self.line)
        if line is not None and self.done < line.step:
            raise ArgumentError.of("ckpt_path", "", f"the fit begins at update {self.done}, {behind(line)}")
        self._check(trainer, self.done)

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        """Commits and logs after an update, not after each micro-batch."""
        step = _updates(trainer)
        if step == self.done:
            return
        before, self.done = self.done, step
        if self.run is not None and _passed(before, step, max(1, trainer.log_every_n_steps)):
            self._check(trainer, step - 1)
            numbers = {name: float(value) for name, value in trainer.logged_metrics.items() if name != "epoch"}
            self.run.log(step, numbers, self.line, session=self.options["session"])
        if _passed(before, step, self.every):
            self._save(trainer)

    def on_train_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule) -> None:
        """Commits the last update."""
        if self.done != self.saved:
            self._save(trainer)

    def _check(self, trainer: pl.Trainer, update: int) -> None:
        ours = _first_of_ours(trainer)
        if self.run is None or ours is None:
            return
        end = self.run.record().line(self.line).end
        if end is not None and update >= end:
            return
        rate, recorded = ours.schedule.lr(update), self.run.lr(update, self.line)
        if not math.isclose(rate, recorded, rel_tol=1e-6):
            why = (
                f"has the rate {rate!r} at update {update}, the record of {self.line} {recorded!r}; train with the "
                "schedule of RunStore.resume"
            )
            raise ArgumentError.of("schedule", ours.schedule, why)

    def _save(self, trainer: pl.Trainer) -> None:
        # On all ranks: Lightning's strategies gather their shards in there.
        _commit(
            self.run,
            self.done,
            self.line,
            lambda folder: trainer.save_checkpoint(folder / "lightning.ckpt"),
            self.options,
        )
        self.saved = self.done


def _first_of_ours(trainer: pl.Trainer) -> ScheduledLR | None:
    schedulers = (config.scheduler for config in trainer.lr_scheduler_configs)
    return next((one for one in schedulers if isinstance(one, ScheduledLR)), None)


def _updates(trainer: pl.Trainer) -> int:
    ours = _first_of_ours(trainer)
    return trainer.global_step if ours is None else ours.last_epoch


def _passed(before: int, step: int, every: int) -> bool:
    """Whether a multiple of `every` was reached."""
    return step // every > before // every
