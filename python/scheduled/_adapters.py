"""What the adapters for training programs share; it needs none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduled._arguments import choice, rejected
from scheduled._core import Schedule
from scheduled._errors import ArgumentError

# Rates that differ by no more are the same: a spec that says one thing in other words may round differently.
_SAME_RATE = 1e-9


def read_schedule(schedule: Any, steps: int | None) -> Schedule:
    """A schedule or its spec; `steps` is the horizon of one that names none."""
    native = schedule if isinstance(schedule, Schedule) else getattr(schedule, "native", None)
    if isinstance(schedule, str):
        return Schedule(schedule) if steps is None else Schedule.parse(schedule, default_steps=steps)
    if not isinstance(native, Schedule):
        raise rejected("schedule", schedule, "must be a Schedule or its spec")
    return native.with_steps(steps) if steps is not None and native.steps is None else native


def resume_choice(resume: Any) -> str:
    """One of the words that say what a checkpoint with other rates means."""
    return choice("resume", resume, {word: word for word in ("same", "branch", "recorded")})


def first_jump(
    recorded: Schedule, recorded_scale: Sequence[float], new: Schedule, new_scale: Sequence[float], step: int
) -> None:
    """Refuses where the rate of update `step` by the checkpoint and by the program differ."""
    for index, (old_factor, new_factor) in enumerate(zip(recorded_scale, new_scale)):
        old_rate, new_rate = recorded.lr(step) * old_factor, new.lr(step) * new_factor
        if abs(new_rate - old_rate) > _SAME_RATE * max(abs(new_rate), abs(old_rate)):
            group = "" if len(new_scale) == 1 else f" of parameter group {index}"
            raise ArgumentError.of(
                "schedule",
                new,
                f"the rate{group} at update {step} would jump from {old_rate!r}, by the checkpoint's {recorded}, to "
                f"{new_rate!r}; resume='branch' takes the new schedule, resume='recorded' the checkpoint's",
            )


def needs(adapter: str, framework: str, package: str, error: ImportError) -> ImportError:
    """What to say where a framework cannot be imported."""
    if error.name is not None and error.name.partition(".")[0] == framework:
        return ImportError(f"scheduled.{adapter} needs {package}: pip install {package}", name=error.name)
    return ImportError(f"{package} is there but does not load: {error}", name=error.name)
