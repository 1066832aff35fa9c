"""Longer runs from a trunk, and schedules from logged gradient norms."""

import math

import numpy as np
import pytest
import scheduled
from scheduled import Schedule

# docs/theory.md, section 5: horizons 1.5 ... 4 times 4000, one step more for the 0 at the end.
HORIZONS = [6001, 8001, 10001, 12001, 14001, 16001]


@pytest.fixture(scope="module")
def trunk():
    planned = Schedule("wsd(steps=4001)")
    return planned.with_peak(scheduled.best_base_lr(planned).peak)


def test_naive_extension_has_the_papers_bounds(trunk):
    assert trunk.peak == pytest.approx(0.00811829, abs=5e-9)
    naive = scheduled.extend(trunk, 1, HORIZONS)[::4]
    expected = [0.028490, 0.025628, 0.023911, 0.022766, 0.021948, 0.021335]
    assert [row.omega for row in naive] == pytest.approx(expected, abs=6e-7)
    assert {row.method for row in naive} == {"naive"}


def test_drop_and_cooldown_lie_beside_the_papers_grid_points(trunk):
    rows = scheduled.extend(trunk, 1, np.array(HORIZONS))
    assert [row.steps for row in rows[1::4]] == HORIZONS
    drops = [0.625, 0.525, 0.475, 0.425, 0.4, 0.375]
    assert [row.parameter for row in rows[1::4]] == pytest.approx(drops, abs=0.0126)
    shares = [0.4375, 0.6344, 0.775, 0.8875, 0.9719, 1]
    assert [row.parameter for row in rows[2::4]] == pytest.approx(shares, abs=0.0142)
    assert [row.at_limit for row in rows[2::4]] == [False] * 5 + [True]
    for row in rows[1:20:4]:
        again = scheduled.best_base_lr(Schedule(row.spec))
        assert again.peak == pytest.approx(trunk.peak, rel=1e-9)


def test_optimal_extension_has_the_derived_bounds(trunk):
    some = [6001, 8001, 12001, 16001]
    rows = scheduled.extend(trunk, 3200, some, distance=1.0)
    optimal = rows[3::4]
    bounds = [0.0262367, 0.0224882, 0.0182846, 0.0158620]
    assert [row.omega for row in optimal] == pytest.approx(bounds, abs=6e-8)
    drops = [0.830, 0.869, 0.825, 0.764]
    assert [row.parameter for row in optimal] == pytest.approx(drops, abs=6e-4)
    for h, row in enumerate(optimal):
        assert row.omega <= min(other.omega for other in rows[4 * h : 4 * h + 4])
        assert row.extra == some[h] - 3200
        assert row.lr.shape == (some[h] - 1,)
        assert row.lr[:3200].tolist() == trunk.values(3200).tolist()
        assert row.omega == scheduled.omega(row.lr)
        assert row.worst_case == pytest.approx(scheduled.worst_case(row.lr).value)
        assert row.omega <= row.spec_omega <= 1.001 * row.omega
        assert row.stopped[h] == row.omega
        assert np.isnan(row.stopped[h + 1 :]).all()


def test_from_rates_as_from_the_schedule(trunk):
    a = scheduled.extend(trunk, 3201, [6001], grad_norm=2.0, distance=3.0, rule="smallest_bound")
    b = scheduled.extend(
        trunk.values(3201), [6001], grad_norm=2.0, distance=3.0, rule="smallest_bound"
    )
    assert [row.omega for row in b] == pytest.approx([row.omega for row in a], rel=1e-9)
    like = Schedule("wsd(steps=10, cooldown=50%, decay=1-sqrt)")
    naive = scheduled.extend(trunk.values(3200), [6401], like=like)[0]
    assert naive.parameter == pytest.approx(0.5, abs=1e-4)
    assert "decay=1-sqrt" in naive.spec


def test_extension_with_norms(trunk):
    norms = np.linspace(2.0, 1.0, 6001)
    row = scheduled.extend(trunk, 3200, [6001], grad_norm=norms, distance=1.0)[3]
    gradient = scheduled.omega_gradient(row.lr, norms[:6000])
    np.testing.assert_allclose(gradient[3200:], 0.0, atol=1e-11)


# Refinement -------------------------------------------------------------------------------------


def test_refined_schedule_has_the_published_formula():
    norms = np.array([2.0, 1.0, 4.0, 0.5])
    for norm, power in (("l2", 2), ("l1", 1)):
        w = norms**-power
        expected = np.array([w[0] * w[1:].sum(), w[1] * w[2:].sum(), w[2] * w[3], 0.0])
        refined = scheduled.refine(norms, norm, width=0.0)
        np.testing.assert_allclose(refined.schedule.values(), expected / expected.max(), rtol=1e-14)


def test_refining_drops_filters_and_names():
    norms = np.ones(200)
    norms[[50, 51, 120]] = math.inf, math.nan, 1000.0
    refined = scheduled.refine(norms)
    assert refined.dropped == 2
    assert refined.grad_norm.tolist() == [1.0] * 198
    assert refined.nearest is not None
    assert refined.nearest.schedule.name == "linear"
    assert refined.nearest.distance < 1e-6
    sparse = scheduled.refine([1.0, 2.0, 4.0], width=0.0, steps=5)
    assert sparse.grad_norm.tolist() == [1.0, 1.5, 2.0, 3.0, 4.0]
    assert sparse.schedule.steps == 5


def test_refined_is_almost_the_optimum():
    rng = np.random.default_rng(3)
    norms = np.exp(np.cumsum(0.02 * rng.normal(size=2000)))
    refined = scheduled.refine(norms, width=0.0).schedule.values()
    best = scheduled.optimal_schedule(2000, norms).lr
    np.testing.assert_allclose(best[:-5] / best[:-5].max(), refined[:-5], atol=4e-3)


def test_median_filter():
    rng = np.random.default_rng(1)
    values = rng.normal(size=101)
    padded = np.concatenate([np.full(10, values[0]), values, values[-2:-12:-1]])
    expected = np.median(np.lib.stride_tricks.sliding_window_view(padded, 21), axis=1)
    np.testing.assert_array_equal(scheduled.median_filter(values, 21), expected)


def test_nearest_spec_finds_itself():
    s = Schedule("wsd(steps=1000, warmup=30, cooldown=30%, peak=0.3)")
    nearest = scheduled.nearest_spec(s.values())
    assert nearest.schedule.name == "wsd"
    assert nearest.mean_square < 2e-3
    assert nearest.distance < 0.05


WSD = Schedule("wsd(steps=400)")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (
            lambda: scheduled.extend(WSD, 300, [500, 301]),
            r"horizons\[1\] = 301: must be at least 302, two steps more than the trunk",
        ),
        (lambda: scheduled.extend(WSD, 300, []), "horizons: none given"),
        (lambda: scheduled.extend(WSD, 401, [500]), "m = 401: must be between 1 and the trunk's 400 steps"),
        (
            lambda: scheduled.extend(Schedule("cosine(steps=400)"), 400, [500]),
            "m = 400: must be where the trunk's rate is still > 0",
        ),
        (lambda: scheduled.extend([0.1, 0.0], [9]), r"done\[1\] = 0: must be > 0"),
        (lambda: scheduled.extend([], [9]), r"done = \[\]: must hold at least one step"),
        (lambda: scheduled.extend([0.1], [9.5]), "horizons: must be .* that fit int64"),
        (
            lambda: scheduled.extend([0.1], [9], grad_norm=[1.0] * 5),
            "grad_norm: there are 5 values for 9 steps",
        ),
        (
            lambda: scheduled.extend([0.1], [9], rule="best"),
            "rule = 'best': must be match-base-lr or smallest-bound",
        ),
        (
            lambda: scheduled.extend([0.1], [9], like=Schedule("constant(steps=9)")),
            r"like = constant\(steps=9, peak=1\): must have a cooldown",
        ),
        (lambda: scheduled.refine([1.0, 0.0]), r"grad_norm\[1\] = 0: must be > 0"),
        (lambda: scheduled.refine([math.nan]), "none of the 1 values is finite"),
        (lambda: scheduled.refine([1.0]), "must be at least 2, or say how many steps"),
        (lambda: scheduled.refine([1.0, 1.0], "l3"), "norm = 'l3': must be l2 or l1"),
        (lambda: scheduled.refine([1.0, 1.0], width=2), "width = 2: must be between 0 and 1"),
        (lambda: scheduled.refine([1.0, 1.0], steps=1), "steps = 1: must be at least 2"),
        (lambda: scheduled.median_filter([1.0, 2.0], 2), "width = 2: must be odd"),
        (lambda: scheduled.nearest_spec([1.0]), "lr: 1 values; must be at least 2"),
    ],
)
def test_errors(call, text):
    with pytest.raises(scheduled.ArgumentError, match=text):
        call()


def test_planned_distance_is_the_default(trunk):
    doubled = trunk.with_peak(2 * trunk.peak)
    distance = scheduled.planned_distance(doubled, 3200)
    assert distance == pytest.approx(2.0, rel=1e-12)
    rows = scheduled.extend(doubled, 3200, [8001])
    assert [row.distance for row in rows] == [distance] * 4
    by_number = scheduled.extend(doubled, 3200, [8001], distance=distance)
    assert [row.omega for row in rows] == [row.omega for row in by_number]
    done = doubled.values(3200)
    like = Schedule("wsd(steps=10, cooldown=50%)")
    of_rates = scheduled.planned_distance(done, like=like)
    assert scheduled.extend(done, [8001], like=like)[0].distance == of_rates != distance
    norms = np.linspace(2.0, 1.0, 8001)
    planned = scheduled.planned_distance(doubled, 3200, norms)
    assert scheduled.extend(doubled, 3200, [8001], grad_norm=norms)[3].distance == planned


def test_specs_from_rates_have_their_warmup():
    rates = Schedule("constant(warmup=50, peak=1e-3)").values(400)
    for row in scheduled.extend(rates, [800]):
        assert Schedule(row.spec).warmup_steps == 50


def test_norms_of_a_log(tmp_path):
    (tmp_path / "run.csv").write_text("step,lr,grad_norm\n900,1,2\n901,1,nan\n902,1,4\n")
    log = scheduled.read_log(tmp_path / "run.csv")
    assert log.notes == ["grad_norm is nan or the like in 1 row, first at step 901: taken as not logged"]
    first, norms = scheduled.densify_logged(log, "grad_norm")
    assert (first, norms.tolist()) == (900, [2, 3, 4])
    assert scheduled.densify_logged(log, "lr", max_gap=900)[0] == 1
