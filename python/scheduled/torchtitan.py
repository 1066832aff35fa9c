"""Schedules in torchtitan: a container in the place of its LR schedulers.

In a configuration, ``lr_scheduler=ScheduledLRSchedulers.Config(schedule="wsd(cooldown=20%, peak=3e-4)")``.
"""

from __future__ import annotations

from dataclasses import dataclass, fields
from typing import Any

from scheduled._adapters import needs, read_schedule, resume_choice, schedule_of_run

try:
    from torchtitan.components.optimizer.lr_scheduler import LRSchedulersContainer
except ImportError as error:
    raise needs("torchtitan", "torchtitan", "torchtitan", error) from error
from scheduled._core import Schedule
from scheduled._errors import ArgumentError
from scheduled.torch import ScheduledLR

__all__ = ["ScheduledLRSchedulers"]


class ScheduledLRSchedulers(LRSchedulersContainer):
    """One `ScheduledLR` for each optimizer of the container, all at the same update.

    The peak of the schedule is the rate of the first group of the first optimizer; other groups and optimizers keep
    their ratio to it. A checkpoint holds the schedule and the update, nothing that depends on how many optimizers there
    are, so it loads after resharding.
    """

    @dataclass(kw_only=True, slots=True)
    class Config(LRSchedulersContainer.Config):
        """In the place of torchtitan's; of its own fields only total_steps may be given."""

        schedule: str = ""
        """Spec; one without a horizon that needs one gets total_steps, or else training.steps."""
        resume: str = "same"
        """'same', 'branch' or 'recorded', as for scheduled.torch.ScheduledLR."""

        def build(self, *, optimizers: Any, training_steps: int) -> ScheduledLRSchedulers:
            """The container for these optimizers."""
            for field in fields(LRSchedulersContainer.Config):
                value = getattr(self, field.name)
                if field.name != "total_steps" and value != field.default:
                    why = "is of torchtitan's own schedule, not used here; write it in the spec, as warmup or cooldown"
                    raise ArgumentError.of(field.name, value, why)
            schedule = schedule_of_run(self.schedule, self.total_steps or training_steps)
            return ScheduledLRSchedulers(optimizers, schedule, resume=self.resume)

    def __init__(
        self, optimizers: Any, schedule: Schedule | str, *, steps: int | None = None, resume: str = "same"
    ) -> None:
        resume_choice(resume)
        self.schedule = read_schedule(schedule, steps)
        listed = list(optimizers)
        if not listed:
            raise ArgumentError.of("optimizers", "", "there are none")
        first = float(_own_rate(listed[0].param_groups[0]))
        self.schedulers = [
            ScheduledLR(
                optimizer,
                self.schedule,
                scale=[float(_own_rate(group)) / first for group in optimizer.param_groups],
                resume=resume,
            )
            for optimizer in listed
        ]

    def state_dict(self) -> dict[str, Any]:
        """Spec and update, as plain values."""
        state = self.schedulers[0].state_dict()
        return {"spec": state["spec"], "step": state["step"]}

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """All schedulers go on at the update of the checkpoint."""
        first, *others = self.schedulers
        first.load_state_dict({**state_dict, "scale": first.scale})
        for scheduler in others:
            scheduler.schedule = first.schedule
            scheduler.load_state_dict({**self.state_dict(), "scale": scheduler.scale})
        self.schedule = first.schedule


def _own_rate(group: dict[str, Any]) -> Any:
    return group.get("initial_lr", group["lr"])
