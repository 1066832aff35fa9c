"""Schedules in Megatron-LM and programs on megatron-core: in the place of its OptimizerParamScheduler."""

from __future__ import annotations

import math
from typing import Any

from scheduled._adapters import BRANCH, CHOICES, first_jump, needs, read_schedule, resume_choice

try:
    from megatron.core.optimizer_param_scheduler import OptimizerParamScheduler
except ImportError as error:
    raise needs("megatron", "megatron", "megatron-core", error) from error
from scheduled._arguments import whole
from scheduled._core import Schedule
from scheduled._errors import ArgumentError

__all__ = ["ScheduledParamScheduler"]

_WEIGHT_DECAY = ("start_wd", "end_wd", "wd_incr_steps", "wd_incr_style")


class ScheduledParamScheduler(OptimizerParamScheduler):
    """The rates of a schedule, counted as Megatron counts: in samples or tokens consumed.

    ``step(increment)`` gets the samples of an update. With `samples_per_step` (the global batch) a step of the
    schedule is that many samples; with `tokens_per_step` and `seq_length` that many tokens. While the batch ramps
    up, an update moves on by less than a step, so rates follow what was consumed.

    Megatron's ``--lr`` is each group's `max_lr`, but for groups with a rate of their own, and must be the schedule's
    peak. A group with another `max_lr` has its share ``max_lr / schedule.peak``; `min_lr` is a floor. Weight decay is
    as in Megatron.

    Parameters
    ----------
    optimizer : MegatronOptimizer
        Or whatever has `param_groups`.
    schedule : Schedule or str
        Or its spec.
    steps : int, optional
        Horizon of a schedule that names none.
    samples_per_step : int, optional
    tokens_per_step : int, optional
        One of the two.
    seq_length : int, optional
        Tokens of a sample, with `tokens_per_step`.
    start_wd, end_wd, wd_incr_steps, wd_incr_style
        As in Megatron, the length in the same unit (samples or tokens).
    resume : {'same', 'branch', 'recorded'}
        As for `scheduled.torch.ScheduledLR`.
    """

    def __init__(
        self,
        optimizer: Any,
        schedule: Schedule | str,
        *,
        steps: int | None = None,
        samples_per_step: int | None = None,
        tokens_per_step: int | None = None,
        seq_length: int | None = None,
        start_wd: float = 0.0,
        end_wd: float | None = None,
        wd_incr_steps: int = 1,
        wd_incr_style: str = "constant",
        resume: str = "same",
    ) -> None:
        self.schedule = read_schedule(schedule, steps)
        self.resume = resume_choice(resume)
        if (samples_per_step is None) == (tokens_per_step is None):
            raise ArgumentError.of("samples_per_step", "", "give it, or tokens_per_step with seq_length")
        if (tokens_per_step is None) != (seq_length is None):
            raise ArgumentError.of("seq_length", "", "belongs to tokens_per_step")
        self.unit = "samples" if tokens_per_step is None else "tokens"
        per_step = samples_per_step if tokens_per_step is None else tokens_per_step
        self.per_step = _at_least_1(f"{self.unit}_per_step", per_step)
        self.per_sample = 1 if seq_length is None else _at_least_1("seq_length", seq_length)
        self.optimizer = optimizer
        _check_peak(optimizer.param_groups, self.schedule)
        self.num_steps = 0
        self.start_wd, self.end_wd = start_wd, start_wd if end_wd is None else end_wd
        self.wd_incr_steps, self.wd_incr_style = _at_least_1("wd_incr_steps", wd_incr_steps), wd_incr_style
        if wd_incr_style == "constant" and self.end_wd != start_wd:
            raise ArgumentError.of("end_wd", end_wd, "differs from start_wd, so say wd_incr_style and wd_incr_steps")
        self.step(0)

    def get_lr(self, param_group: dict[str, Any]) -> float:
        """The group's rate after what was consumed so far."""
        rate = self.schedule.lr(self.num_steps // self.per_step)
        highest = param_group.get("max_lr")
        scale = 1.0 if highest is None else highest / self.schedule.peak
        return max(rate * scale, param_group.get("min_lr") or 0.0)

    def step(self, increment: int) -> None:
        """Sets rates and weight decay of all groups after an update with `increment` samples."""
        super().step(increment * self.per_sample)

    def state_dict(self) -> dict[str, Any]:
        """All that rates and weight decay depend on, as plain values."""
        decay = {name: getattr(self, name) for name in _WEIGHT_DECAY}
        return {
            "spec": str(self.schedule),
            "unit": self.unit,
            "per_step": self.per_step,
            "num_steps": self.num_steps,
            **decay,
        }

    def load_state_dict(self, state_dict: dict[str, Any]) -> None:
        """Goes on where the checkpoint was and sets rates and weight decay.

        Raises
        ------
        ArgumentError
            Where it counts in another unit, or the rate would jump or the weight decay differs and `resume` is 'same'.
        """
        if "spec" not in state_dict:
            state_dict = self._of_megatron(state_dict)
        if state_dict["unit"] != self.unit:
            raise ArgumentError.of("unit", self.unit, f"the checkpoint counts {state_dict['unit']}")
        recorded = Schedule(state_dict["spec"])
        if self.resume == "recorded":
            self.schedule, self.per_step = recorded, state_dict["per_step"]
            for name in _WEIGHT_DECAY:
                setattr(self, name, state_dict[name])
        elif self.resume == "same":
            position = state_dict["num_steps"] // state_dict["per_step"]
            if state_dict["per_step"] != self.per_step:
                raise ArgumentError.of(
                    f"{self.unit}_per_step",
                    self.per_step,
                    f"the checkpoint has {state_dict['per_step']}; {CHOICES}",
                )
            source = f"the checkpoint's {recorded}"
            first_jump([recorded.lr(position)], source, [self.schedule.lr(position)], self.schedule, position)
            for name in _WEIGHT_DECAY:
                if state_dict[name] != getattr(self, name):
                    why = f"the checkpoint has {state_dict[name]}; {CHOICES}"
                    raise ArgumentError.of(name, getattr(self, name), why)
        self.num_steps = state_dict["num_steps"]
        self.step(0)

    def _of_megatron(self, state_dict: dict[str, Any]) -> dict[str, Any]:
        """The state that Megatron's own scheduler wrote, as far as it says."""
        if "num_steps" not in state_dict:
            raise ArgumentError.of("state_dict", "", "is not that of a scheduler of Megatron: has no num_steps")
        if self.resume != "branch":
            why = f"the checkpoint is of Megatron's own scheduler and does not hold its rates; {BRANCH}, unchecked"
            raise ArgumentError.of("resume", self.resume, why)
        return {"spec": str(self.schedule), "unit": "samples", "per_step": self.per_step, **state_dict}


def _at_least_1(name: str, value: Any) -> int:
    count = whole(name, value)
    if count < 1:
        raise ArgumentError.of(name, value, "must be at least 1")
    return count


def _check_peak(groups: list[dict[str, Any]], schedule: Schedule) -> None:
    """Refuses where Megatron's --lr is not the schedule's peak: it would be the rate, without a word."""
    given = sorted({group["max_lr"] for group in groups if group.get("max_lr") is not None})
    if given and not any(math.isclose(rate, schedule.peak, rel_tol=1e-9) for rate in given):
        rates = " and ".join(map(repr, given))
        why = f"no parameter group has it as its max_lr, which is {rates}; give --lr and peak the same value"
        raise ArgumentError.of("peak", schedule.peak, why)
