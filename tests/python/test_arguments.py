"""What goes in: arrays of any kind; what comes out when it may not: ArgumentError."""

import array
import math
import pickle

import numpy as np
import pytest
import scheduled
from scheduled import (
    ArgumentError,
    Schedule,
    best_base_lr,
    bound,
    compare,
    matching_distance,
    omega,
    omega_at,
    omega_curve,
    omega_gradient,
    power_grad_norm,
    standard_bound,
)

LR = [0.5, 0.25, 0.125]
EXPECTED = omega(np.array(LR), np.array([1.0, 2.0, 3.0]))


def read_only(values):
    values.flags.writeable = False
    return values


@pytest.mark.parametrize(
    "convert",
    [
        list,
        tuple,
        lambda v: array.array("d", v),
        lambda v: np.array(v, dtype=np.float32),
        lambda v: np.array(v, dtype=np.float16),
        lambda v: np.array(v, dtype=">f8"),
        lambda v: np.array(v, dtype=np.longdouble),
        lambda v: np.repeat(np.array(v), 3)[::3],
        lambda v: np.array(v)[::-1].copy()[::-1],
        lambda v: np.array([v, v]).T[:, 1],
        lambda v: read_only(np.array(v)),
        lambda v: memoryview(np.array(v)),
    ],
)
def test_arrays_of_any_kind(convert):
    assert omega(convert(LR), convert([1.0, 2.0, 3.0])) == EXPECTED
    assert Schedule.from_values(convert(LR)).values().tolist() == LR


def test_integers_are_numbers():
    assert omega([1, 1], 1, 1) == 1.25
    assert omega(np.array([1, 1]), np.int64(1), np.float32(1)) == 1.25
    assert omega([1, 1], np.array(1.0)) == 1.25
    assert omega_at([1, 1], t=np.array([2], dtype=np.uint8)).tolist() == [1.25]


def test_results_are_new_float64_arrays():
    lr = np.ones(5)
    for result in (omega_curve(lr), omega_gradient(lr), omega_at(lr, t=[1, 2])):
        assert result.dtype == np.float64
        assert result.flags.writeable
        assert not np.shares_memory(result, lr)


def test_a_long_grad_norm_series_is_read_as_far_as_needed():
    assert omega([1.0, 1.0], [1.0, 1.0, math.nan]) == 1.25
    assert bound(Schedule("linear(steps=3)"), [1.0, 1.0]) == omega([1.0, 0.5])


BAD = [
    (lambda: omega([]), r"lr = \[\]: must hold at least one step"),
    (lambda: omega([1.0, math.nan, 1.0]), r"lr\[1\] = nan: must be finite and >= 0"),
    (lambda: omega([1.0, -1.0]), r"lr\[1\] = -1: must be finite and >= 0"),
    (lambda: omega([1.0, math.inf]), r"lr\[1\] = inf: must be finite"),
    (lambda: omega([1.0, 0.0]), r"lr\[1\] = 0: the last step must be > 0"),
    (lambda: omega([1.0], -2.0), r"grad_norm = -2: must be finite and >= 0"),
    (lambda: omega([1.0, 1.0], [1.0, math.nan]), r"grad_norm\[1\] = nan"),
    (lambda: omega([1.0, 1.0, 1.0], [1.0, 1.0]), r"grad_norm: there are 2 values for 3 steps"),
    (lambda: omega([1.0], [[1.0]]), r"grad_norm: must be one-dimensional, not of shape \(1, 1\)"),
    (lambda: omega([1.0], distance=0.0), r"distance = 0: must be finite and > 0"),
    (lambda: omega(1.0), r"lr: must be one-dimensional, not of shape \(\)"),
    (lambda: omega(np.ones((2, 2))), r"lr: must be one-dimensional, not of shape \(2, 2\)"),
    (lambda: omega("fast"), r"lr: must be an array of numbers"),
    (lambda: omega([1.0, "a"]), r"lr: must be an array of numbers"),
    (lambda: omega([1.0, None]), r"lr: must be an array of numbers"),
    (lambda: omega([[1.0], [1.0, 2.0]]), r"lr: must be an array of numbers"),
    (lambda: omega([1j]), r"lr: must be an array of numbers that fit float64, not of complex128"),
    (lambda: omega([1.0], "a"), r"grad_norm: must be an array of numbers"),
    (lambda: standard_bound([0.0, 0.0]), r"lr: all 2 values are 0"),
    (lambda: omega_at([1.0], t=[2]), r"t\[0\] = 2: must be between 1 and 1"),
    (lambda: omega_at([1.0], t=[1.0]), r"t: must be an array of numbers that fit int64"),
    (lambda: power_grad_norm(math.nan, 3), r"alpha = nan: must be finite"),
    (lambda: bound(Schedule("constant()")), r"T: constant has no horizon"),
    (lambda: bound(Schedule("constant()"), T=0), r"T = 0: must be at least 1"),
    (lambda: bound(Schedule("linear(steps=5)"), T=6), r"T = 6: must be at most the horizon"),
    (lambda: bound(Schedule("linear(steps=5)"), criterion="best"), r"criterion = 'best': must be"),
    (lambda: best_base_lr(Schedule("linear(steps=5)"), 0.0), r"grad_norm: all are 0"),
    (lambda: matching_distance([1.0], 0.0), r"grad_norm: all are 0"),
    (lambda: compare([]), r"schedules: none to compare"),
    (lambda: Schedule("swd(steps=5)"), r"schedule = 'swd': must be constant, wsd, .* or table; did you mean 'wsd'"),
    (lambda: Schedule("wsd(steps=5, cool=1)"), r"cool = '1': is no key of wsd; must be steps, peak"),
    (lambda: Schedule("wsd(steps=5, cooldown=120%)"), r"cooldown = 120%: must be between 0%"),
    (lambda: Schedule("wsd", steps=-5), r"steps = -5: must not be negative"),
    (lambda: Schedule("wsd", steps=0), r"steps = 0: must be at least 1 step"),
    (lambda: Schedule("wsd", steps=True), r"steps = True: must be a number, a text or a list"),
    (lambda: Schedule("wsd", steps={}), r"steps = {}: must be a number, a text or a list"),
    (lambda: Schedule("wsd", steps=5, peak=math.nan), r"peak = nan: must be finite and > 0"),
    (lambda: Schedule("wsd", steps=5, final=2.0), r"final = 2: must not be above peak = 1"),
    (lambda: Schedule("wsd(steps=5)").with_peak(-1.0), r"peak = -1: must be finite and > 0"),
    (lambda: Schedule("wsd(steps=5)").with_steps("5 steps"), r"steps = 5 steps: must be a length"),
    (lambda: Schedule("wsd(steps=5)").values(-1), r"count = -1: must be >= 0"),
    (lambda: Schedule("wsd(steps=5)").fill(-1, np.zeros(1)), r"first = -1: must be >= 0"),
    (lambda: Schedule("constant()").values(), r"has no horizon"),
    (lambda: Schedule.from_values([]), r"values = \[\]: must hold at least one"),
    (lambda: Schedule.from_values([[1.0]]), r"values: must be one-dimensional"),
    (lambda: Schedule.from_json("[1]"), r"schedule = '\[1\]'"),
    (lambda: scheduled.parse_log("run", ""), r"run: "),
    (
        lambda: scheduled.parse_log("run", "step\n1", restarts="sum"),
        r"restarts = 'sum'",
    ),
]


@pytest.mark.parametrize(("call", "text"), BAD)
def test_bad_arguments(call, text):
    with pytest.raises(ArgumentError, match=text) as caught:
        call()
    assert isinstance(caught.value, AssertionError)
    assert isinstance(caught.value, ValueError)
    assert type(caught.value) is ArgumentError


def test_the_error_pickles():
    error = pickle.loads(pickle.dumps(ArgumentError("T = 0: must be at least 1")))
    assert type(error) is ArgumentError
    assert str(error) == "T = 0: must be at least 1"
    assert error.requirement == str(error)


def test_the_error_is_a_value():
    with pytest.raises(ArgumentError) as caught:
        omega([1.0, math.nan])
    error = caught.value
    assert (error.name, error.index, error.value) == ("lr", 1, "nan")
    assert error.requirement == "must be finite and >= 0"
    assert error.place is None
    again = pickle.loads(pickle.dumps(error))
    assert vars(again) == vars(error)
    assert str(again) == str(error) == "lr[1] = nan: must be finite and >= 0"
    with pytest.raises(ArgumentError) as caught:
        Schedule("wsd", steps=5, final=2.0)
    error = caught.value
    assert (error.name, error.value, error.limit, error.limit_value) == ("final", "2", "peak", "1")


def test_criteria_are_spelled_either_way():
    schedule = Schedule("linear(steps=5)")
    assert bound(schedule, criterion="worst_case") == bound(schedule, criterion="worst-case")
    with pytest.raises(ArgumentError, match=r"worst-case; did you mean 'worst-case'\?$"):
        bound(schedule, criterion="wurst-case")


def test_masked_entries_are_refused():
    masked = np.ma.array(LR, mask=[False, True, False])
    assert omega(np.ma.array(LR)) == omega(LR)
    for call in (lambda: omega(masked), lambda: omega(LR, masked), lambda: Schedule.from_values(masked)):
        with pytest.raises(ArgumentError, match="must have no masked entries"):
            call()


def test_whole_numbers_that_would_be_rounded_are_refused():
    large = 2**53 + 1
    assert Schedule.from_values([2**53, 1]).lr(0) == 2.0**53
    for call in (
        lambda: Schedule.from_values([1, large]),
        lambda: Schedule.from_values(np.array([1, large], dtype=np.uint64)),
        lambda: Schedule("constant").with_steps(large),
        lambda: Schedule("constant", steps=large),
        lambda: Schedule.parse("constant", default_steps=large),
        lambda: Schedule.from_function(lambda i: 1.0, steps=large),
        lambda: Schedule("constant").lr(2**63 - 1),
    ):
        with pytest.raises(ArgumentError, match=r"2\^53"):
            call()


def test_text_that_is_no_utf8_is_refused():
    for call in (lambda: Schedule("wsd", decay="\ud800"), lambda: Schedule("\ud800")):
        with pytest.raises((ArgumentError, TypeError)):
            call()


def test_other_types_are_type_errors():
    for call in (
        lambda: omega(None),
        lambda: omega([1.0], distance="far"),
        lambda: bound("wsd(steps=5)"),
        lambda: Schedule(5),
        lambda: Schedule("wsd(steps=5)").lr("first"),
    ):
        with pytest.raises(TypeError):
            call()
