"""Schedules and the run store in Hugging Face's Trainer and its subclasses, such as those of TRL.

>>> from transformers import Trainer
>>> from scheduled.transformers import ScheduledMixin
>>> class MyTrainer(ScheduledMixin, Trainer):
...     '''Takes schedule="wsd(cooldown=20%, peak=1e-3)"; the number of updates is the trainer's.'''
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

from scheduled._adapters import needs, resume_choice

try:
    from transformers import TrainerCallback, TrainingArguments
except ImportError as error:
    raise needs("transformers", "transformers", "transformers", error) from error
from scheduled._core import Schedule
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

    def create_scheduler(self, num_training_steps: int, optimizer: Any = None) -> Any:
        """The `ScheduledLR` of the run."""
        if self.lr_scheduler is None:
            schedule = self._schedule
            needs = isinstance(schedule, str) and not _stands_alone(schedule)
            self.lr_scheduler = ScheduledLR(
                self.optimizer if optimizer is None else optimizer,
                schedule,
                steps=num_training_steps if needs else None,
                scale=self._scale,
                resume=self._resume,
            )
            self._created_lr_scheduler = True
        return self.lr_scheduler


def _stands_alone(spec: str) -> bool:
    """Whether the spec says a whole schedule: with its horizon, or a trunk that needs none."""
    try:
        Schedule(spec)
    except ArgumentError:
        return False
    return True


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
        self.session = None if at is None else at.session

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
            recorded = self.run.lr(state.global_step - 1, self.line)
            if abs(rate - recorded) > 1e-6 * max(abs(rate), abs(recorded)):
                raise ArgumentError.of(
                    "learning_rate",
                    rate,
                    f"update {state.global_step - 1} of {self.line} has the rate {recorded!r} by the record; train "
                    "with the schedule of RunStore.resume, see ScheduledMixin",
                )
        self.run.log(state.global_step, metrics, self.line, session=self.session)


def spec_from_arguments(args: TrainingArguments, num_training_steps: int) -> Schedule:
    """The schedule that a Trainer with these arguments uses, to the last bit or two.

    Its updates are 0 ... num_training_steps - 1; Transformers' formulas end at update num_training_steps, which is
    never made, so the schedule has one step more.

    Raises
    ------
    ArgumentError
        For what no schedule here is equal to: restarts, plateaus, curved warmups.
    """
    kind = str(getattr(args.lr_scheduler_type, "value", args.lr_scheduler_type))
    more = dict(args.lr_scheduler_kwargs or {})
    warmup = args.get_warmup_steps(num_training_steps)
    fields: dict[str, Any] = {"peak": args.learning_rate}
    if warmup > 0:
        fields.update(warmup=warmup, warmup_start=0)
    whole = {**fields, "steps": num_training_steps + 1}
    schedule: Schedule | None = None
    if kind == "constant":
        schedule = Schedule("constant", peak=args.learning_rate)
    elif kind == "constant_with_warmup":
        schedule = Schedule("constant", **fields)
    elif kind == "linear":
        schedule = Schedule("linear", **whole)
    elif kind == "cosine" and more.pop("num_cycles", 0.5) == 0.5:
        schedule = Schedule("cosine", **whole)
    elif kind == "cosine_with_min_lr" and more.pop("num_cycles", 0.5) == 0.5:
        low, share = more.pop("min_lr", None), more.pop("min_lr_rate", None)
        schedule = Schedule("cosine", final=low if low is not None else f"{100 * share!r}%", **whole)
    elif kind == "polynomial":
        power, low = more.pop("power", 1.0), more.pop("lr_end", 1e-7)
        schedule = Schedule("polynomial", power=power, final=low, **whole)
    elif kind == "inverse_sqrt":
        timescale = more.pop("timescale", None) or warmup or 10_000
        schedule = Schedule("rsqrt", timescale=timescale, **fields)
    elif kind == "warmup_stable_decay" and more.pop("warmup_type", "linear") == "linear":
        low = f"{100 * more.pop('min_lr_ratio', 0)!r}%"
        decay, cooldown = more.pop("decay_type", "cosine"), more.pop("num_decay_steps")
        stable = more.pop("num_stable_steps", None)
        if stable is not None:
            whole["steps"] = warmup + stable + cooldown + 1
        if warmup > 0:
            whole["warmup_start"] = low  # the floor lifts the warmup, too
        if more.pop("num_cycles", 0.5) == 0.5:
            schedule = Schedule("wsd", cooldown=cooldown, decay=decay, final=low, **whole)
    if schedule is None or more:
        options = "".join(f", {name}={value!r}" for name, value in more.items())
        raise ArgumentError.of("lr_scheduler_type", kind + options, "no schedule here is equal to it; write a spec")
    return schedule
