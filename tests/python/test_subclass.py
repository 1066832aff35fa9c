"""Schedules of the user's own, copies, pickles."""

import copy
import pickle

import numpy as np
import pytest
import reference
from scheduled import (
    ArgumentError,
    CosineSchedule,
    PiecewiseConstantSchedule,
    SqrtSchedule,
    WSDSchedule,
    compute_optimal_base,
)
from scheduled.schedules.base import ScheduleBase
from scheduled.schedules.poly import PolynomialBackwardSchedule


class Halving(ScheduleBase):
    """1, 1/2, 1/4, ..."""

    def __init__(self, first=1.0, steps=20, base_lr=1.0, **kwargs):
        self._first = first
        super().__init__(steps=steps, base_lr=base_lr, **kwargs)

    def _construct_main_schedule(self):
        steps = self._steps - self._warmup_steps - self._cooldown_steps
        return self._first * 0.5 ** np.arange(steps)


class WithoutDecay(WSDSchedule):
    """Another main part in a class that has one."""

    def _construct_main_schedule(self):
        return 0.5 * super()._construct_main_schedule()


class Fixed(ScheduleBase):
    def __init__(self, main, **kwargs):
        self._main = main
        super().__init__(**kwargs)

    def _construct_main_schedule(self):
        return self._main


def test_main_part_alone():
    S = Halving(steps=5, base_lr=3.0)
    assert S.schedule.tolist() == [3.0, 1.5, 0.75, 0.375, 0.1875]
    assert S.name is None
    assert (S._warmup_steps, S._cooldown_steps, len(S)) == (0, 0, 5)
    assert (S._warmup_kwargs, S._cooldown_kwargs) == (None, None)
    assert S.compute_rate(1, 1, T=4) == pytest.approx(
        float(sum(reference.omega([3.0, 1.5, 0.75, 0.375]))), rel=1e-14
    )


def test_with_warmup_and_cooldown():
    S = Halving(
        steps=12,
        base_lr=2.0,
        warmup_kwargs={"steps": 4, "warmup_lr": 0.1},
        cooldown_kwargs={"steps": 3, "type": "sqrt", "final_lr": 0.01},
    )
    main = [2.0, 1.0, 0.5, 0.25, 0.125]
    expected = [
        *reference.warmup(4, 0.2, 2.0),
        *main,
        *reference.cooldown(3, 0.125, 0.02, "sqrt"),
    ]
    assert S.schedule == pytest.approx(expected, rel=1e-14)
    assert S._cooldown_start_iter == 9
    S.set_base_lr(4.0)
    assert S.schedule == pytest.approx(2 * np.array(expected), rel=1e-14)


def test_a_warmup_heads_for_the_base_lr():
    warmup = {"steps": 4, "warmup_lr": 0.2}
    S = Halving(first=0.5, steps=10, base_lr=2.0, warmup_kwargs=warmup)
    assert S.schedule[:4] == pytest.approx(reference.warmup(4, 0.4, 2.0), rel=1e-14)
    assert S.schedule[4:].tolist() == [1.0, 0.5, 0.25, 0.125, 0.0625, 0.03125]
    S = Halving(
        first=0.5, steps=10, base_lr=2.0, warmup_kwargs={**warmup, "warmup_lr_absolute": True}
    )
    assert S.schedule[:5] == pytest.approx([0.2, 0.4, 0.6, 0.8, 1.0], rel=1e-14)


def test_absolute_ends_stay_when_the_base_lr_changes():
    S = Halving(
        steps=8,
        base_lr=1.0,
        warmup_kwargs={"steps": 2, "warmup_lr": 1e-3, "warmup_lr_absolute": True},
        cooldown_kwargs={"steps": 2, "final_lr": 1e-4, "final_lr_absolute": True},
    )
    for base_lr in (1.0, 5.0):
        S.set_base_lr(base_lr)
        assert S.schedule[[0, 2, -1]].tolist() == [1e-3, base_lr, 1e-4]
        assert S._schedule == pytest.approx(S.schedule / base_lr, rel=1e-15)
    best, rate = compute_optimal_base(S, 1, 1)
    S.set_base_lr(best)
    assert S.compute_rate(1, 1) == pytest.approx(rate, rel=1e-14)


def test_subclass_of_a_schedule_that_has_a_main_part():
    S = WithoutDecay(steps=10, base_lr=2.0, cooldown_len=0.3)
    assert S.schedule == pytest.approx([1.0] * 7 + [2 / 3, 1 / 3, 0.0], rel=1e-14)
    assert S.name == "wsd"


def test_main_parts_of_the_schedules_here():
    for cls, expected in [
        (WSDSchedule, [1.0] * 5),
        (SqrtSchedule, 1 / np.sqrt(np.arange(1, 6))),
    ]:
        S = cls(steps=10, base_lr=0.5, cooldown_len=0.3, warmup_kwargs={"steps": 2})
        assert S._construct_main_schedule() == pytest.approx(expected, rel=1e-14)
    S = PolynomialBackwardSchedule(steps=5, base_lr=0.5)
    assert S._construct_main_schedule().tolist() == [1.0, 0.75, 0.5, 0.25, 0.0]


@pytest.mark.parametrize("main", [[1.0, 0.5, 0.25], (1, 0.5, 0.25), np.float32([1, 0.5, 0.25])])
def test_main_part_of_any_kind(main):
    assert Fixed(main, steps=3).schedule.tolist() == [1.0, 0.5, 0.25]


def test_rounding_below_zero_is_zero():
    assert Fixed([1.0, 0.5, -1e-16], steps=3).schedule.tolist() == [1.0, 0.5, 0.0]
    with pytest.raises(ArgumentError, match=r"values\[2\] = -0.001: must be finite and >= 0"):
        Fixed([1.0, 0.5, -1e-3], steps=3)


@pytest.mark.parametrize("main", [[1.0, 0.5], [[1.0, 0.5, 0.25]], [], 1.0])
def test_main_part_of_wrong_length(main):
    with pytest.raises(ArgumentError, match="must hold 3 rates, one for each of 5 steps but 2 of"):
        Fixed(main, steps=5, warmup_kwargs={"steps": 2})


@pytest.mark.parametrize("main", [["a"] * 3, [None, 1j, 1.0], {}])
def test_main_part_of_no_numbers(main):
    with pytest.raises(ArgumentError, match=r"^main schedule: must be an array of numbers$"):
        Fixed(main, steps=3)


def test_without_a_main_part():
    with pytest.raises(NotImplementedError, match="_construct_main_schedule"):
        ScheduleBase(steps=5)


ALL = [
    WSDSchedule(steps=30, base_lr=0.3, warmup_kwargs={"steps": 3}),
    CosineSchedule(steps=30, final_lr=0.01, final_lr_absolute=True),
    PiecewiseConstantSchedule(30, milestones=[2], factors=[0.3], warmup_kwargs={"steps": 4}),
    Halving(steps=30, cooldown_kwargs={"steps": 3}),
]


@pytest.mark.parametrize(
    "duplicate",
    [copy.copy, copy.deepcopy, lambda schedule: pickle.loads(pickle.dumps(schedule))],
    ids=["copy", "deepcopy", "pickle"],
)
@pytest.mark.parametrize("schedule", ALL, ids=lambda schedule: type(schedule).__name__)
def test_copies(schedule, duplicate):
    before = schedule.schedule
    other = duplicate(schedule)
    assert type(other) is type(schedule)
    assert other.schedule.tolist() == before.tolist()
    assert other._warmup_kwargs == schedule._warmup_kwargs
    assert other._cooldown_kwargs == schedule._cooldown_kwargs
    other.set_base_lr(17.0)
    assert other.get_base_lr() == 17.0
    assert schedule.schedule.tolist() == before.tolist()


def test_base_kwargs_are_not_shared():
    kwargs = {"steps": 10}
    first = WSDSchedule(steps=10, cooldown_len=0.0, warmup_kwargs=kwargs)
    assert kwargs == {"steps": 10}
    assert first._warmup_steps == 9
