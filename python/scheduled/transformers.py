"""Schedules and the run store in Hugging Face's Trainer and its subclasses, such as those of TRL.

>>> from transformers import Trainer
>>> from scheduled.transformers import ScheduledMixin
>>> class MyTrainer(ScheduledMixin, Trainer):
...     '''Takes schedule="wsd(cooldown=20%, peak=1e-3)"; the number of updates is the trainer's.'''
"""

from __future__ import annotations

import json
import math
import warnings
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scheduled._adapters import behind, needs, resume_choice, schedule_of_run

try:
    from transformers import TrainerCallback, TrainingArguments
except ImportError as error:
    raise needs("transformers", "transformers", "transformers", error) from error
from scheduled._core import Schedule, import_schedule
from scheduled._errors import ArgumentError
from scheduled.torch import ScheduledLR

if TYPE_CHECKING:
    from scheduled.anytime import Resume, RunStore

__all__ = ["RunStoreCallback", "ScheduledMixin", "spec_from_arguments"]


class ScheduledMixin:
    """Lets a Trainer subclass train with a schedule: ``class T(ScheduledMixin, SFTTrainer)``.

    Parameters
    ----------
    schedule : Schedule or str
        Or its spec; one that needs a horizon and names none gets the trainer's number of updates. Its peak is the
        learning rate; `learning_rate` of the arguments is not used.
    resume : {'same', 'branch', 'recorded'}
        As for `scheduled.torch.ScheduledLR`.
    scale : sequence of float, optional
        Factor of each parameter group.
    """

    def __init__(
        self,
        *args: Any,
        schedule: Schedule | str,
        resume: str = "same",
        scale: Sequence[float] | None = None,
        **kwargs: Any,
    ) -> None:
        self._schedule, self._resume, self._scale = schedule, resume_choice(resume), scale
        super().__init__(*args, **kwargs)

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        for base in cls.__mro__[: cls.__mro__.index(ScheduledMixin)]:
            if not issubclass(base, ScheduledMixin) and "create_scheduler" in vars(base):
                order = f"class {cls.__name__}(ScheduledMixin, {base.__name__})"
                what = f"ScheduledMixin stands after {base.__name__}, which then takes its own schedule"
                raise TypeError(f"{what}; {order}")

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The `ScheduledLR` of the run."""
        if self.lr_scheduler is not None and not self._created_lr_scheduler:
            why = "a scheduler was given in optimizers, which would be used instead; give (optimizer, None)"
            raise ArgumentError.of("schedule", self._schedule, why)
        if self.lr_scheduler is None:
            self.lr_scheduler = ScheduledLR(
                self.optimizer if optimizer is None else optimizer,
                schedule_of_run(self._schedule, num_training_steps),
                scale=self._scale,
                resume=self._resume,
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler


# Our names of what the Trainer logs; the rest keeps its own.
_NAMES = {"loss": "train_loss", "eval_loss": "val_loss"}


class RunStoreCallback(TrainerCallback):
    """Commits what the Trainer saves to a run, and logs what it logs.

    A Trainer that logs other rates than the record has is stopped: its checkpoints would not be what the record says.

    Parameters
    ----------
    run : RunStore
        Of this process, which is the one of rank 0; None on other ranks.
    line : str
        The trunk or a branch.
    at : Resume, optional
        What `RunStore.resume` returned; its folder is for ``trainer.train(resume_from_checkpoint=at.folder)``.
    """

    def __init__(self, run: RunStore | None, line: str = "trunk", at: Resume | None = None) -> None:
        self.run, self.line = run, line
        self._warned = False
        self.session = None if at is None else at.session

    def on_train_begin(self, args: TrainingArguments, state: Any, control: Any, **kwargs: Any) -> None:
        """Refuses a Trainer that begins before where the line is, or would go on past its end."""
        if self.run is None or not state.is_world_process_zero:
            return
        line = self.run.record().line(self.line)
        if state.global_step < line.step:
            why = f"the Trainer begins at update {state.global_step}, {behind(line)}"
            raise ArgumentError.of("resume_from_checkpoint", "", why)
        if line.end is not None and state.max_steps > line.end:
            why = f"{self.line} ends after {line.end} updates by the record; give it as max_steps"
            raise ArgumentError.of("max_steps", state.max_steps, why)

    def on_save(self, args: TrainingArguments, state: Any, control: Any, **kwargs: Any) -> None:
        """Commits the checkpoint that was saved."""
        if self.run is None or not state.is_world_process_zero:
            return
        folder = Path(args.output_dir) / f"checkpoint-{state.global_step}"
        self.run.commit(state.global_step, folder, self.line, session=self.session)

    def on_log(self, args: TrainingArguments, state: Any, control: Any, logs: Any = None, **kwargs: Any) -> None:
        """Logs numbers; refuses a rate that the record does not have."""
        if self.run is None or not state.is_world_process_zero or not logs or "train_runtime" in logs:
            return
        metrics = {_NAMES.get(name, name): value for name, value in logs.items() if isinstance(value, (int, float))}
        rate = metrics.pop("learning_rate", None)
        if rate is not None and state.global_step > 0:
            self._check(rate, state.global_step, kwargs.get("lr_scheduler"))
        self.run.log(state.global_step, metrics, self.line, session=self.session)

    def _check(self, rate: float, step: int, scheduler: Any) -> None:
        assert self.run is not None
        scheduler = getattr(scheduler, "scheduler", scheduler)  # as accelerate wraps it
        factor, made = (scheduler.scale[0], scheduler.last_epoch) if isinstance(scheduler, ScheduledLR) else (1.0, step)
        recorded = factor * self.run.lr(step - 1, self.line)
        if _same(rate, recorded):
            return
        # The Trainer also counts updates that GradScaler skipped. The schedule waits for them.
        waited = (factor * self.run.lr(update, self.line) for update in (max(made, 1) - 1, made))
        if made < step and any(_same(rate, expected) for expected in waited):
            if not self._warned:
                self._warned = True
                warnings.warn(
                    f"{step - made} of {step} updates were skipped by GradScaler, so the rates are those that the "
                    f"record of {self.line} has {step - made} updates earlier",
                    RuntimeWarning,
                    stacklevel=2,
                )
            return
        raise ArgumentError.of(
            "learning_rate",
            rate,
            f"update {step - 1} of {self.line} has the rate {recorded!r} by the record; train with the schedule of "
            "RunStore.resume, see ScheduledMixin",
        )


def _same(a: float, b: float) -> bool:
    return math.isclose(a, b, rel_tol=1e-6)


def spec_from_arguments(args: TrainingArguments, num_training_steps: int) -> Schedule:
    """The schedule that a Trainer with these arguments uses, to the last bit or two.

    What `import_schedule` makes of them: the updates are 0 ... num_training_steps - 1; Transformers' formulas end at
    update num_training_steps, which is never made, so the schedule has one step more.

    Raises
    ------
    ArgumentError
        For what has no schedule: cosines of other than half a cycle, plateaus.
    """
    said = {
        "learning_rate": args.learning_rate,
        "lr_scheduler_type": str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type)),
        "lr_scheduler_kwargs": dict(args.lr_scheduler_kwargs or {}),
        "warmup_steps": args.get_warmup_steps(num_training_steps),
    }
    text = json.dumps(said, default=float)
    return import_schedule(text, "huggingface", num_training_steps, "TrainingArguments").schedule
