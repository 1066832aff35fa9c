"""`scheduled.Schedule`: a value in Python."""

import copy
import json
import math
import pickle

import numpy as np
import pytest
from scheduled import ArgumentError, Schedule, presets, schedule_help

SPECS = [
    "wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3, final=1e-5)",
    "rsqrt(warmup=100, peak=0.1)",
    "cosine(steps=7, final=10%)",
    "piecewise(steps=9, milestones=[3, 6], factors=[0.3, 0.1])",
    "table(values=[0.1, 0.30000000000000004, 1e-300], peak=3)",
    "wsd-s(results=[10, 40], cooldown=10%, rewarm=2)",
    "restarts(steps=50, warmup=3, warmup_curve=log, warmup_delay=1, cycles=2.5, floor=1%)",
    "cosine(steps=900tok, warmup=99tok, batch=[0:2, 30ex:8 by 2, 90:3], seq_length=3, clock=tokens)",
    "stages(peak=0.1, after=cosine(steps=40, final=10%), at=30, pieces=[rewarm to 50% over 5, 1-sqrt to 1e-3 over 9])",
]


@pytest.mark.parametrize("spec", SPECS)
def test_reads_back(spec):
    schedule = Schedule(spec)
    for again in (
        Schedule(str(schedule)),
        Schedule.from_json(schedule.to_json()),
        eval(repr(schedule)),
        copy.copy(schedule),
        copy.deepcopy(schedule),
        pickle.loads(pickle.dumps(schedule)),
        {"key": schedule}["key"],
    ):
        assert again == schedule
        assert hash(again) == hash(schedule)
        assert again.values(50).tolist() == schedule.values(50).tolist()
    assert json.loads(schedule.to_json())["schedule"] == schedule.name


def test_is_a_value():
    a, b = Schedule("wsd(steps=10)"), Schedule("linear(steps=10)")
    assert a != b
    assert a != "wsd(steps=10)"
    assert len({a, b, Schedule("wsd(steps=10)")}) == 2
    a.with_peak(5.0)
    assert a.peak == 1.0
    with pytest.raises(AttributeError):
        a.peak = 2.0


def test_properties():
    schedule = Schedule("wsd(steps=50k, warmup=2%, cooldown=20%, peak=1e-3)")
    assert schedule.name == "wsd"
    assert schedule.steps == 50_000
    assert schedule.peak == 1e-3
    assert (schedule.warmup_steps, schedule.cooldown_steps) == (1000, 10_000)
    assert schedule.proportional_to_peak
    assert schedule.smallest_peak == 0.0
    assert Schedule("rsqrt(warmup=5)").steps is None
    absolute = Schedule("wsd(steps=10, final=0.25)")
    assert not absolute.proportional_to_peak
    assert absolute.smallest_peak == 0.25


def test_lr_fill_and_values_agree():
    schedule = Schedule("wsd(steps=100, warmup=10, cooldown=30, decay=cosine)")
    values = schedule.values()
    assert values.dtype == np.float64
    assert values.shape == (100,)
    assert values.flags.writeable
    assert values.flags.c_contiguous
    assert [schedule.lr(i) for i in range(100)] == values.tolist()
    assert schedule.values(3).tolist() == values[:3].tolist()
    assert schedule.values(0).shape == (0,)
    assert schedule.values(103)[100:].tolist() == [values[-1]] * 3
    out = np.full(7, math.nan)
    schedule.fill(95, out)
    assert out.tolist() == [*values[95:], values[-1], values[-1]]
    buffer = np.zeros((2, 5))
    schedule.fill(0, buffer[1])
    assert buffer.tolist() == [[0.0] * 5, values[:5].tolist()]


@pytest.mark.parametrize(
    "out",
    [
        np.zeros(4)[::2],
        np.zeros(4, dtype=np.float32),
        np.zeros((2, 2)),
        np.broadcast_to(np.zeros(1), (4,)),
        [0.0],
    ],
)
def test_fill_writes_in_place_or_not_at_all(out):
    with pytest.raises(TypeError, match="fill"):
        Schedule("linear(steps=4)").fill(0, out)


def test_fields_are_numbers_texts_and_lists():
    spec = Schedule("wsd(steps=50k, warmup=300, cooldown=20%, decay=1-sqrt, peak=1e-3)")
    assert spec == Schedule(
        "wsd",
        steps=np.int64(50_000),
        warmup="300",
        cooldown="20%",
        decay="1-sqrt",
        peak=1e-3,
        final=None,
    )
    pieces = Schedule("piecewise", steps=9, milestones=np.array([3, 6]), factors=(1 / 3, 0.1))
    assert pieces.lr(3) == 1 / 3
    assert Schedule("constant", peak=np.float32(0.1)).peak == np.float32(0.1)
    tenth = 0.1 + 2**-56
    assert Schedule("constant", peak=tenth).peak == tenth


def test_pieces_and_a_schedule_before_them():
    before = Schedule("cosine", steps=40, warmup=4, final="10%")
    schedule = Schedule("stages", peak=0.1, after=before, at=30, pieces=["hold over 5", "linear over 10"])
    assert schedule == Schedule(
        "stages(peak=0.1, after=cosine(steps=40, warmup=4, final=10%), at=30, pieces=[hold over 5, linear over 10])"
    )
    assert schedule.steps == 45
    assert schedule.values(30).tolist() == before.with_peak(0.1).values(30).tolist()
    assert schedule(34) == schedule(29)
    assert schedule(44) == 0.0
    with pytest.raises(ArgumentError, match=r"pieces\[1\] = 'lienar over 10': curve = 'lienar': must be hold") as error:
        Schedule("stages", pieces=["hold over 5", "lienar over 10"])
    assert (error.value.name, error.value.index) == ("pieces", 1)


def test_presets():
    published = Schedule("preset:smollm3-3b")
    assert (published.steps, published.peak) == (4720002, 2e-4)
    scaled = Schedule("preset:smollm3-3b", steps="20k", peak=1e-3)
    assert str(scaled) == "wsd(steps=20000, peak=0.001, warmup=8, warmup_start=0, cooldown=2212, decay=linear)"
    with pytest.raises(ArgumentError, match=r"preset = 'smollm4-3b': must be .*; did you mean 'smollm3-3b'\?"):
        Schedule("preset:smollm4-3b")


def test_with():
    schedule = Schedule("wsd(steps=100, cooldown=20%, final=10%)")
    assert schedule.with_peak(3).lr(99) == pytest.approx(0.3, rel=1e-15)
    assert schedule.with_steps(1000).cooldown_steps == 200
    assert schedule.with_steps("2k") == schedule.with_steps(2000)
    table = schedule.with_values(np.linspace(1.0, 2.0, 100))
    assert table.lr(79) == np.linspace(1.0, 2.0, 100)[79]
    assert table.lr(99) == pytest.approx(0.1, rel=1e-15)
    with pytest.raises(ArgumentError, match="steps = 100: must be the number of values, 3"):
        schedule.with_values([1.0, 1.0, 1.0])


def test_from_function_is_evaluated_once_per_step():
    seen = []

    def half_life(i):
        seen.append(i)
        return 0.5**i

    schedule = Schedule.from_function(half_life, steps=5, peak=2.0)
    assert seen == [0, 1, 2, 3, 4]
    assert schedule.values().tolist() == [2.0, 1.0, 0.5, 0.25, 0.125]
    schedule.values()
    schedule.with_peak(3.0).lr(2)
    assert len(seen) == 5
    assert schedule.steps == 5
    assert Schedule.from_function(lambda i: np.float32(0.5), 2).lr(1) == 0.5
    assert Schedule.from_function(lambda i: 1.0, steps="1.5k").steps == 1500


def test_from_function_passes_errors_on():
    with pytest.raises(ZeroDivisionError):
        Schedule.from_function(lambda i: 1 / (i - 2), steps=5)
    with pytest.raises(ArgumentError, match=r"function\(1\) = 'x': must be a number"):
        Schedule.from_function(lambda i: "x" if i else 1.0, steps=5)
    with pytest.raises(ArgumentError, match=r"values\[2\] = -1: must be finite and >= 0"):
        Schedule.from_function(lambda i: 1 - i, steps=3)
    with pytest.raises(ArgumentError, match="at least one"):
        Schedule.from_function(lambda i: 1.0, steps=0)
    with pytest.raises(ArgumentError, match=r"steps = 2.5: must be a whole number of steps"):
        Schedule.from_function(lambda i: 1.0, steps="2.5")
    with pytest.raises(ArgumentError, match="steps = 10%: is a share of the run"):
        Schedule.from_function(lambda i: 1.0, steps="10%")


def test_every_example_of_the_help_parses():
    lines = schedule_help()
    assert {"wsd", "cosine", "linear", "rsqrt", "table"} <= {name for name, _, _ in lines}
    for name, example, meaning in lines:
        assert Schedule(example).name == name
        assert meaning


def test_every_preset_is_what_its_name_reads():
    listed = presets()
    assert len({name for name, _, _, _ in listed}) == len(listed) > 15
    for name, spec, source, _ in listed:
        assert source
        try:
            assert Schedule(f"preset:{name}") == Schedule(spec)
        except ArgumentError:  # without a horizon: only its shape is published
            assert Schedule(f"preset:{name}", steps=1000).steps == 1000


def test_a_batch_that_grows():
    ramp = Schedule("constant", batch="0:4, 96tok:8", seq_length=3)
    assert ramp == Schedule("constant", batch=["0:4", "96tok:8"], seq_length=3)
    assert [ramp.batch(i) for i in (0, 7, 8, 10**9)] == [4, 4, 8, 8]
    assert [ramp.tokens_done(i) for i in (0, 8, 9)] == [0, 96, 120]
    assert [ramp.examples_done(i) for i in (0, 8, 9)] == [0, 32, 40]
    assert [ramp.steps_done(mark) for mark in (7, "96tok", "119tok", "120tok", "40ex")] == [7, 8, 8, 9, 9]
    with pytest.raises(ArgumentError, match="needs batch"):
        Schedule("constant").examples_done(3)
    with pytest.raises(ArgumentError, match="mark = 10%: is a share of the run"):
        ramp.steps_done("10%")
