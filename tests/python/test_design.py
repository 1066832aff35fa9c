"""Choosing a schedule: base LR, optima, constraints, transfer; records and errors."""

import copy
import math
import pickle

import numpy as np
import pytest
import scheduled
from reference import omega as reference_omega
from scheduled import Schedule

# Omega_min for G = D = 1: docs/theory.md, section 4.
OPTIMA = {2: 0.910180, 3: 0.839278, 10: 0.578013, 100: 0.200114, 400: 0.100187}


@pytest.fixture
def norms():
    rng = np.random.default_rng(7)
    return np.exp(np.cumsum(rng.normal(0.0, 0.1, 300)))


# The base learning rate -------------------------------------------------------------------------


def test_worst_case_is_a_criterion_wherever_one_is_taken():
    s = Schedule("constant(steps=3)")
    assert scheduled.best_base_lr(s, criterion="worst_case").bound == pytest.approx(3 / 5)
    assert scheduled.best_base_lr(s, criterion="worst_case").peak == pytest.approx(4 / 15)
    at_best = s.with_peak(4 / 15)
    assert scheduled.bound(at_best, criterion="worst_case") == pytest.approx(3 / 5)
    row = scheduled.compare([s, Schedule("linear(steps=4)")], criterion="worst_case")[0]
    assert row.best.bound == pytest.approx(3 / 5)
    assert scheduled.lr_sensitivity(s, criterion="worst_case").best.bound == pytest.approx(3 / 5)
    assert scheduled.Sweep([s], criterion="worst_case").bound.shape == (1, 1, 1, 1)
    facts = scheduled.bound_facts(s, criterion="worst_case")
    assert facts.family == "none"
    moved = scheduled.transfer_base_lr(s, Schedule("linear(steps=4)"), criterion="worst_case")
    assert moved.from_.peak == pytest.approx(4 / 15)


def test_sensitivity_is_what_the_bound_says():
    s = Schedule("wsd(steps=401)")
    found = scheduled.lr_sensitivity(s, grad_norm=2.0, distance=3.0, share=0.01)
    assert found.best.peak == pytest.approx(0.0253737 * 3 / 2, rel=1e-5)
    assert found.best.bound == pytest.approx(0.1093230 * 3 * 2, rel=1e-6)
    assert (found.at_half, found.at_double, found.share) == (1.25, 1.25, 0.01)
    for peak in (found.low, found.high):
        value = scheduled.bound(s.with_peak(peak), 2.0, 3.0)
        assert value == pytest.approx(1.01 * found.best.bound, rel=1e-12)
    assert found.closed_form
    absolute = scheduled.lr_sensitivity(Schedule("wsd(steps=401, final=0.02)"), share=0.2)
    assert not absolute.closed_form
    assert absolute.at_half is None
    assert absolute.low_at_limit
    exact = scheduled.lr_sensitivity(s, criterion="worst_case", share=0.05)
    assert exact.low < exact.best.peak < exact.high


# Optimal schedules ------------------------------------------------------------------------------


def test_optima_of_one_grad_norm():
    for T, value in OPTIMA.items():
        best = scheduled.optimal_schedule(T)
        assert best.bound == pytest.approx(value, abs=5e-7)
        assert best.bound == pytest.approx(float(sum(reference_omega(best.lr))), rel=1e-12)
        assert best.lr.shape == (T,)
    scaled = scheduled.optimal_schedule(100, grad_norm=2.0, distance=3.0)
    assert scaled.bound == pytest.approx(6 * OPTIMA[100], rel=1e-5)


def test_the_optimum_has_no_gradient(norms):
    best = scheduled.optimal_schedule(300, norms, 1.5)
    gradient = scheduled.omega_gradient(best.lr, norms, 1.5)
    scale = np.abs(scheduled.omega_gradient(best.lr * 1.1, norms, 1.5)).max()
    np.testing.assert_allclose(gradient, 0.0, atol=1e-9 * scale)
    for shape in ("linear", "cosine", "wsd"):
        other = scheduled.best_base_lr(Schedule(f"{shape}(steps=301)"), norms, 1.5, T=300)
        assert best.bound < other.bound


def test_optimum_of_the_worst_case(norms):
    best = scheduled.worst_case_optimal_schedule(60, 2.0, 3.0)
    assert best.bound == pytest.approx(scheduled.minimax_rate(60, 2.0, 3.0))
    np.testing.assert_allclose(
        best.lr[:-1], 3 / (2 * math.sqrt(60)) * (1 - np.arange(1, 60) / 60), rtol=1e-13
    )
    assert scheduled.worst_case(best.lr, 2.0, 3.0).value == pytest.approx(best.bound, rel=1e-10)
    varying = scheduled.worst_case_optimal_schedule(300, norms)
    assert varying.bound == pytest.approx(1 / math.sqrt(np.sum(norms**-2.0)), rel=1e-12)
    both = scheduled.compare_optima(60, 2.0, 3.0)
    assert both.worst_case_optimal.worst_case == pytest.approx(best.bound, rel=1e-10)
    assert both.omega_optimal.omega <= both.worst_case_optimal.omega
    assert both.omega_optimal.worst_case >= both.worst_case_optimal.worst_case


# Constraints ------------------------------------------------------------------------------------


def test_constraints_are_obeyed_and_certified(norms):
    free = scheduled.optimal_schedule(300, norms)
    cap = 0.5 * free.lr.max()
    prefix = np.full(50, 0.4 * cap)
    found = scheduled.constrained_schedule(
        300,
        norms,
        prefix=prefix,
        warmup=scheduled.linear_warmup(20),
        max_lr=cap,
        non_increasing=True,
        final_lr=1e-3 * cap,
    )
    assert (found.status, found.reason) == ("optimal", "")
    assert 0 <= found.gap <= 1e-9
    assert found.gap == pytest.approx((found.bound - found.lower_bound) / found.bound, abs=1e-15)
    assert found.bound == scheduled.omega(found.lr, norms)
    assert found.bound >= free.bound
    assert found.lr[:50].tolist() == prefix.tolist()
    np.testing.assert_allclose(found.lr[50:70], found.lr[70] * np.arange(1, 21) / 20, rtol=1e-13)
    assert np.all(np.diff(found.lr[70:]) <= 1e-14 * cap)
    assert found.lr.max() <= cap
    assert found.lr[-1] == 1e-3 * cap


def test_constraints_that_do_not_bind_leave_the_optimum(norms):
    free = scheduled.optimal_schedule(300, norms)
    found = scheduled.constrained_schedule(300, norms, max_lr=1e3 * free.lr.max())
    assert found.bound == pytest.approx(free.bound, rel=1e-9)


def test_what_cannot_be_is_a_status():
    found = scheduled.constrained_schedule(10, max_lr=0.1, final_lr=0.2)
    assert found.status == "infeasible"
    assert found.reason == "final_lr = 0.2 is above max_lr = 0.1"
    assert found.lr.shape == (0,)
    found = scheduled.constrained_schedule(1000, max_lr=0.01, max_iterations=1)
    assert found.status == "not-converged"
    assert found.lr.shape == (1000,)
    assert found.gap > 1e-9


# Transfer ---------------------------------------------------------------------------------------


def test_transfer_from_a_cooldown_to_linear_decay():
    moved = scheduled.transfer_base_lr(
        Schedule("wsd(steps=100001, peak=1e-3)"), Schedule("linear(steps=100001)")
    )
    assert moved.limit is not None
    assert math.log(moved.limit) == pytest.approx(0.6645, abs=5e-5)
    assert math.log(moved.factor) == pytest.approx(0.6645, abs=1e-3)
    assert moved.peak == pytest.approx(1e-3 * moved.factor, rel=1e-15)
    assert moved.factor == moved.to.peak / moved.from_.peak
    other = scheduled.transfer_base_lr(Schedule("wsd(steps=401)"), Schedule("constant(steps=401)"))
    assert other.limit is None
    with pytest.raises(TypeError):
        scheduled.transfer_base_lr(Schedule("wsd(steps=9)"), Schedule("wsd(steps=9)"), T=5)


# Records ----------------------------------------------------------------------------------------


def results():
    s = Schedule("wsd(steps=41)")
    done = np.full(20, 0.05)
    grid = scheduled.Sweep([s, Schedule("wsd(steps=9, warmup=8)")], horizons=[5, 41])
    grid.run()
    return {
        "best": scheduled.best_base_lr(s),
        "sensitivity": scheduled.lr_sensitivity(s),
        "row": scheduled.compare([s])[0],
        "optimal": scheduled.optimal_schedule(5),
        "optima": scheduled.compare_optima(5),
        "both": scheduled.compare_optima(5).omega_optimal,
        "constrained": scheduled.constrained_schedule(5, max_lr=0.3),
        "infeasible": scheduled.constrained_schedule(5, max_lr=0.3, final_lr=0.4),
        "nearest": scheduled.nearest_spec(s.values()),
        "refined": scheduled.refine(np.ones(30)),
        "refined, nothing near": scheduled.refine([1.0, 3.0] * 15, width=0.0, close=0.0),
        "extended": scheduled.extend(done, [30, 40])[3],
        "transfer": scheduled.transfer_base_lr(s, s),
        "family": scheduled.GradNormFamily(series=[1.0, 2.0], name="two"),
        "sweep result": grid.results[0],
        "sweep error": grid.results[2],
        "sweep": grid,
    }


def members(record):
    names = [name for name in dir(record) if not name.startswith("_")]
    return {name: getattr(record, name) for name in names if not callable(getattr(record, name))}


def through_pickle(record):
    return pickle.loads(pickle.dumps(record))


@pytest.mark.parametrize("name", results())
@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, through_pickle])
def test_records_pickle_and_copy(name, clone):
    record = results()[name]
    again = clone(record)
    assert type(again) is type(record)
    assert repr(again) == repr(record)
    assert list(members(again)) == list(members(record))
    for member, value in members(record).items():
        other = getattr(again, member)
        if isinstance(value, np.ndarray):
            np.testing.assert_array_equal(other, value)
        else:
            assert repr(other) == repr(value)


def test_arrays_are_views_that_keep_their_record():
    records = results()
    for array in (
        records["optimal"].lr,
        records["constrained"].lr,
        records["refined"].grad_norm,
        records["extended"].lr,
        records["extended"].stopped,
        records["family"].series,
    ):
        assert array.dtype == np.float64
        assert array.ndim == 1
        assert array.flags.c_contiguous
        assert not array.flags.writeable
        assert not array.flags.owndata
    best = scheduled.optimal_schedule(1000)
    assert np.shares_memory(best.lr, best.lr)
    lr, expected = best.lr, best.lr.copy()
    del best, records
    trash = [np.ones(1000) for _ in range(100)]
    np.testing.assert_array_equal(lr, expected)
    del trash
    for array in (scheduled.linear_warmup(3), scheduled.median_filter([1.0, 2.0, 3.0], 1)):
        assert array.dtype == np.float64
        assert array.flags.writeable


def test_other_types_of_numbers_are_taken():
    norms = np.linspace(1.0, 2.0, 20)
    expected = scheduled.optimal_schedule(10, norms[::2]).bound
    assert scheduled.optimal_schedule(10, norms[::2].tolist()).bound == expected
    assert scheduled.optimal_schedule(10, norms[::2].astype(">f8")).bound == expected
    one = scheduled.optimal_schedule(10).bound
    assert scheduled.optimal_schedule(10, np.float32(1)).bound == one
    rows = scheduled.extend(np.ones(5, dtype=np.float32), np.array([8, 9], dtype=np.int32))
    assert [row.steps for row in rows[::4]] == [8, 9]


SERIES = np.array([1.0, 0.0, 1.0])


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: scheduled.bound(Schedule("wsd(steps=9)"), criterion="best"),
            "criterion = 'best': must be omega, standard or worst-case",
        ),
        (
            lambda: scheduled.lr_sensitivity(Schedule("wsd(steps=9)"), share=0.0),
            "share = 0: must be > 0 and at most 1e6",
        ),
        (lambda: scheduled.optimal_schedule(0), "T = 0: must be at least 1"),
        (lambda: scheduled.optimal_schedule(3, SERIES), r"grad_norm\[1\] = 0: must be > 0"),
        (
            lambda: scheduled.optimal_schedule(3, [1.0, math.nan, 1.0]),
            r"grad_norm\[1\] = nan: must be finite",
        ),
        (lambda: scheduled.optimal_schedule(3, [1.0]), "there are 1 values for 3 steps"),
        (lambda: scheduled.optimal_schedule(3, distance=0.0), "distance = 0: must be finite"),
        (lambda: scheduled.worst_case_optimal_schedule(0), "T = 0: must be at least 1"),
        (lambda: scheduled.compare_optima(2, 0.0), "grad_norm = 0: must be finite and > 0"),
        (lambda: scheduled.linear_warmup(-1), "steps = -1: must be at least 0"),
        (
            lambda: scheduled.constrained_schedule(9, prefix=[0.1, 0.5], max_lr=0.2),
            r"prefix\[1\] = 0.5: must",
        ),
        (
            lambda: scheduled.constrained_schedule(9, warmup=[2.0]),
            r"warmup\[0\] = 2: must be a share of the rate after it, 0 to 1",
        ),
        (lambda: scheduled.constrained_schedule(2, prefix=[1.0, 1.0]), "T = 2: must be at least 3"),
        (lambda: scheduled.constrained_schedule(2, max_lr=-1.0), "max_lr = -1: must be finite"),
        (
            lambda: scheduled.constrained_schedule(2, tolerance=1.0),
            "tolerance = 1: must be between 1e-12 and 0.1",
        ),
        (
            lambda: scheduled.constrained_schedule(2, max_iterations=0),
            "max_iterations = 0: must be at least 1",
        ),
        (
            lambda: scheduled.constrained_schedule(2, prefix=[[1.0]]),
            r"prefix: must be one-dimensional, not of shape \(1, 1\)",
        ),
        (
            lambda: scheduled.transfer_base_lr(Schedule("constant"), Schedule("wsd(steps=9)")),
            "constant has no horizon",
        ),
    ],
)
def test_errors(call, text):
    with pytest.raises(scheduled.ArgumentError, match=text):
        call()
