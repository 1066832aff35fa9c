"""What the adapters for training programs share; it needs none of them."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from scheduled._arguments import choice, rejected
from scheduled._core import Schedule
from scheduled._errors import ArgumentError

# Rates that differ by no more are the same: a spec that says one thing in other words may round differently.
_SAME_RATE = 1e-9
BRANCH = "resume='branch' takes the new schedule"
CHOICES = f"{BRANCH}, resume='recorded' the checkpoint's"


def read_schedule(schedule: Any, steps: int | None) -> Schedule:
    """A schedule or its spec; `steps` is the horizon of one that names none."""
    native = schedule if isinstance(schedule, Schedule) else getattr(schedule, "native", None)
    if isinstance(schedule, str):
        return Schedule(schedule) if steps is None else Schedule.parse(schedule, default_steps=steps)
    if not isinstance(native, Schedule):
        raise rejected("schedule", schedule, "must be a Schedule or its spec")
    return native.with_steps(steps) if steps is not None and native.steps is None else native


def schedule_of_run(schedule: Any, updates: int) -> Schedule:
    """A schedule or its spec in a program that knows how many updates it makes.

    That is the horizon of a spec which needs one and names none; a spec that stands alone stays as it is.
    """
    if isinstance(schedule, str):
        try:
            return Schedule(schedule)
        except ArgumentError:
            return read_schedule(schedule, updates)  # or refuses it for another reason
    return read_schedule(schedule, None)


def resume_choice(resume: Any) -> str:
    """One of the words that say what a checkpoint with other rates means."""
    return choice("resume", resume, {word: word for word in ("same", "branch", "recorded")})


def first_jump(
    before: Sequence[float], source: str, rates: Sequence[float], schedule: Schedule, step: int, choices: str = CHOICES
) -> None:
    """Refuses where the rates of update `step` by the checkpoint and by the program differ."""
    for index, (old, new) in enumerate(zip(before, rates)):
        if abs(new - old) > _SAME_RATE * max(abs(new), abs(old)):
            group = "" if len(rates) == 1 else f" of parameter group {index}"
            raise ArgumentError.of(
                "schedule",
                schedule,
                f"the rate{group} at update {step} would jump from {old!r}, by {source}, to {new!r}; {choices}",
            )


def behind(line: Any) -> str:
    """What to say of a Trainer that begins before the last checkpoint of the line."""
    return f"but {line.name} is at {line.step} by the record; go on from the folder of RunStore.resume"


def needs(adapter: str, framework: str, package: str, error: ImportError) -> ImportError:
    """What to say where a framework cannot be imported."""
    if error.name is not None and error.name.partition(".")[0] == framework:
        return ImportError(f"scheduled.{adapter} needs {package}: pip install {package}", name=error.name)
    return ImportError(f"{package} is there but does not load: {error}", name=error.name)
