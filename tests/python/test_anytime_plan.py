"""Plans of runs without a horizon."""

import json
import pickle

import numpy as np
import pytest
import scheduled
from scheduled import Schedule

pytest.importorskip("scheduled.anytime", exc_type=ImportError)


def test_a_plan():
    plan = scheduled.plan_anytime(Schedule("rsqrt(warmup=1k)"), [50_000, "100k", np.int64(200_000)], cooldown="20%")
    assert [b.start for b in plan.branches] == [40_000, 80_000, 160_000]
    assert (plan.trunk_steps, plan.total_steps, plan.separate_steps, plan.overhead) == (160_000, 230_000, 350_000, 0.15)
    assert plan.tuned
    for branch in plan.branches:
        assert branch.share == 0.2
        assert branch.bound == pytest.approx(scheduled.bound(branch.schedule.with_peak(plan.peak)), rel=1e-12)
        assert branch.cosine.bound == pytest.approx(
            scheduled.best_base_lr(Schedule("cosine", steps=branch.result, warmup=1000)).bound, rel=1e-12
        )
        assert branch.ratio == branch.bound / branch.cosine.bound
        assert branch.worst_case == scheduled.bound(branch.schedule.with_peak(plan.peak), criterion="worst-case")
        trunk = plan.trunk.with_peak(plan.peak).values(branch.result)
        average = scheduled.average_bound(trunk, scheduled.uniform_weights(branch.result, branch.cooldown))
        assert (branch.averaged, average.rule) == (pytest.approx(average.value, rel=1e-12), "decay")
    assert [(c.step, c.is_result, c.needed_by, c.after_trunk_step) for c in plan.checkpoints][:2] == [
        (40_000, False, [0], 80_000),
        (50_000, True, [0], None),
    ]
    copy = pickle.loads(pickle.dumps(plan))
    assert copy.checkpoints == plan.checkpoints
    assert [b.schedule for b in copy.branches] == [b.schedule for b in plan.branches]


def test_a_plan_in_tokens_for_an_overhead():
    trunk = Schedule("constant(warmup=300, tokens_per_step=100k)")
    plan = scheduled.plan_anytime(trunk, ["1Btok", "2Btok", "5Btok"], max_overhead=0.1)
    assert [b.result for b in plan.branches] == [10_000, 20_000, 50_000]
    assert plan.overhead <= 0.1
    norms = np.linspace(2.0, 1.0, 400)
    steep = scheduled.plan_anytime(Schedule("constant"), [400], 80, decay="1-sqrt", grad_norm=norms, distance=3.0)
    own = scheduled.bound(steep.branches[0].schedule, grad_norm=norms, distance=3.0)
    assert steep.branches[0].bound_at_own_peak == pytest.approx(own, rel=1e-12)


def test_plans_name_what_is_wrong():
    constant = Schedule("constant")
    with pytest.raises(ValueError, match="must have no horizon"):
        scheduled.plan_anytime(Schedule("cosine(steps=100)"), [100])
    with pytest.raises(ValueError, match="results: none given"):
        scheduled.plan_anytime(constant, [])
    with pytest.raises(ValueError, match=r"results\[1\] = 100 steps: must be above"):
        scheduled.plan_anytime(constant, [100, 100])
    with pytest.raises(ValueError, match=r"results\[0\] = x: must be a length"):
        scheduled.plan_anytime(constant, ["x"])
    with pytest.raises(ValueError, match="max_overhead = -1"):
        scheduled.plan_anytime(constant, [100], max_overhead=-1.0)


LAW = {
    "fitted": {
        "law": "momentum",
        "reference_rate": 1e-3,
        "reference_sum": 20.0,
        "parameters": {"L0": 2.7, "A": 0.2, "alpha": 0.5, "B": 0.25, "memory": 700.0},
    },
    "log_residuals": True,
    "noise": 0.01,
    "time": 20000.0,
    "inflation": 1.0,
    "decays": 2,
    "covariance": np.diag(np.full(5, 1e-6)).ravel().tolist(),
    "bootstrap": [],
}


def test_other_ways_to_the_results():
    from scheduled.anytime import compare_ways

    plan = scheduled.plan_anytime(Schedule("constant(warmup=100)"), [1000, 2000])
    ways = compare_ways(plan, ["cooldown", "merge", "ema", "schedule-free"], count=4, half_life="5%", checkpoint_bytes=10)
    assert [(way.way, way.total_steps, way.extra_steps, way.copies) for way in ways] == [
        ("cooldown", plan.total_steps, 200, 0),
        ("merge", 2000, 0, 0),
        ("ema", 2000, 0, 1),
        ("schedule-free", 2000, 0, 1),
    ]
    assert [way.bytes for way in ways] == [10 * way.checkpoints for way in ways]
    assert ways[0].results[1].bound == plan.branches[1].worst_case
    trunk = plan.trunk.with_peak(plan.peak).values(2000)
    weights = np.cumprod(np.r_[1.0, 2.0 ** (-1.0 / (0.05 * np.arange(2000, 1, -1)))])[::-1]
    average = scheduled.average_bound(trunk, weights)
    assert ways[2].results[1].bound == pytest.approx(average.value, rel=1e-10)
    assert ways[2].results[1].best == pytest.approx(average.best_value, rel=1e-10)
    assert ways[3].results[0].loss is None
    norms = np.linspace(2.0, 1.0, 2000)
    varied = scheduled.plan_anytime(Schedule("constant(warmup=100)"), [1000, 2000], grad_norm=norms)
    assert compare_ways(varied, ["ema"], grad_norm=norms)[0].results[0].ratio > 0.9
    with pytest.raises(scheduled.ArgumentError, match="ways = 'emma': must be"):
        compare_ways(plan, ["emma"])
    with pytest.raises(scheduled.ArgumentError, match="half_life = 0"):
        compare_ways(plan, ["ema"], half_life=0)


def test_a_plan_with_a_law():
    trunk = Schedule("rsqrt(warmup=300, peak=1e-3)")
    plan = scheduled.plan_anytime(trunk, ["5k", "10k"], law=json.dumps(LAW))
    for branch in plan.branches:
        loss, lower, upper = branch.loss
        # Momentum's formula, docs/theory.md, section 8, by NumPy.
        rates = np.concatenate([[0.0], branch.schedule.values()]) / 1e-3
        memory, momentum = 0.0, 0.0
        for i in range(1, len(rates)):
            memory = (1 - 1 / 700) * memory + rates[i - 1] - rates[i]
            momentum += memory / 700
        progress = rates.sum() * 1e-3 / 20.0
        assert loss == pytest.approx(2.7 + 0.2 * progress**-0.5 - 0.25 * momentum, rel=1e-7)
        assert lower < loss < upper
    assert pickle.loads(pickle.dumps(plan)).branches[1].loss == plan.branches[1].loss
    assert scheduled.plan_anytime(trunk, ["5k"]).branches[0].loss is None
    with pytest.raises(ValueError, match="must be an object with the key 'law'"):
        scheduled.plan_anytime(trunk, ["5k"], law="{}")
