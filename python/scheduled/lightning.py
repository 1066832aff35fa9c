"""Schedules, the live bound and the run store in Lightning.

`lr_scheduler` is for `configure_optimizers`, the callbacks are for `Trainer`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from scheduled._adapters import needs

try:
    import lightning.pytorch as pl
except ImportError as error:
    raise needs("lightning", "lightning", "lightning", error) from error
import torch
from lightning.pytorch.callbacks import Checkpoint

from scheduled._core import Schedule
from scheduled._torch_store import _commit
from scheduled.torch import BoundMonitor, ScheduledLR

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

    Parameters
    ----------
    distance : float
        D: distance of the start from the optimum, > 0.
    """

    def __init__(self, distance: float = 1.0) -> None:
        self.monitor = BoundMonitor(distance)

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
        pl_module.log("omega", self.monitor.push(optimizer, torch.nn.utils.get_total_norm(gradients)))

    def state_dict(self) -> dict[str, Any]:
        """The monitor's."""
        return self.monitor.state_dict()

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on with the same bits."""
        self.monitor.load_state_dict(state_dict)


class RunStoreCheckpoint(Checkpoint):
    """Commits Lightning's checkpoints to a run and logs what the Trainer logs.

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
        self.done = 0 if at is None else at.step

    def on_train_batch_end(self, trainer: pl.Trainer, pl_module: pl.LightningModule, *args: Any) -> None:
        """Commits and logs after an update, not after each micro-batch."""
        step = trainer.global_step
        if step == self.done:
            return
        self.done = step
        if self.run is not None and step % trainer.log_every_n_steps == 0:
            numbers = {name: float(value) for name, value in trainer.logged_metrics.items() if name != "epoch"}
            self.run.log(step, numbers, self.line, session=self.options["session"])
        if step % self.every == 0 or step == trainer.max_steps:
            # On all ranks: Lightning's strategies gather their shards in there.
            _commit(
                self.run,
                step,
                self.line,
                lambda folder: trainer.save_checkpoint(folder / "lightning.ckpt"),
                self.options,
            )
