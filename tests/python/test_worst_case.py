"""Worst cases, closed forms and facts: identities, published numbers, errors."""

import math

import numpy as np
import pytest
import scheduled
from scheduled import Schedule


def test_constant_steps_of_the_paper():
    for T, value in [(3, 3 / 5), (5, 0.490089), (10, 0.371604)]:
        best = scheduled.worst_case_best_scale(np.ones(T))
        assert best.worst_case.value == pytest.approx(value, abs=1e-6)
        again = scheduled.worst_case(best.scale * np.ones(T))
        assert again.value == pytest.approx(best.worst_case.value, rel=1e-12)


def test_order_of_minimax_worst_case_and_omega():
    rng = np.random.default_rng(1)
    for T in (1, 2, 7, 100):
        lr = rng.uniform(0.01, 1.0, T)
        found = scheduled.worst_case(lr, 2.0, 3.0)
        assert scheduled.minimax_rate(T, 2.0, 3.0) <= found.value * (1 + 1e-12)
        assert found.value <= scheduled.omega(lr, 2.0, 3.0) * (1 + 1e-12)
        assert found.end in ("boundary", "interior")
        assert found.W_min * (1 - 1e-9) <= found.W


def test_values_after_several_steps():
    lr = Schedule("wsd(steps=101, peak=0.1)").values(100)
    norms = np.linspace(2.0, 1.0, 100)
    at = scheduled.worst_case_at(lr, norms, 2.0, t=[1, 50, 100])
    assert at.tolist() == [scheduled.worst_case(lr[:t], norms[:t], 2.0).value for t in (1, 50, 100)]
    with pytest.raises(scheduled.ArgumentError, match=r"t\[0\] = 101: must be between 1 and 100"):
        scheduled.worst_case_at(lr, t=[101])
    with pytest.raises(TypeError):
        scheduled.worst_case_at(lr, 1.0, 1.0, [1])


def test_schedules():
    found = scheduled.schedule_worst_case(Schedule("cosine(steps=401, peak=0.1)"), 2.0, 3.0)
    assert (found.T, found.exact) == (400, True)
    assert found.minimax == pytest.approx(0.3)
    assert found.best.worst_case.value <= found.own.worst_case.value <= found.own.omega
    varying = scheduled.schedule_worst_case(Schedule("cosine(steps=401)"), np.ones(400))
    assert varying.exact
    assert varying.minimax is None
    assert scheduled.schedule_worst_case(Schedule("cosine(steps=9, final=0.1)")).best is None


def test_closed_forms_are_the_optimum():
    for T, T0 in [(400, 321), (400, 1), (400, 400), (17, 5)]:
        form = scheduled.wsd_closed_form(T, T0, 2.0, 3.0)
        shape = [1.0] * T0 + [1 - (t - T0) / (T + 1 - T0) for t in range(T0 + 1, T + 1)]
        best = scheduled.best_base_lr(Schedule("table", values=shape), grad_norm=2.0, distance=3.0)
        assert form.peak == pytest.approx(best.peak, rel=1e-12)
        assert form.bound == pytest.approx(best.bound, rel=1e-12)
    constant, linear = scheduled.constant_closed_form(9), scheduled.linear_closed_form(9)
    assert scheduled.wsd_closed_form(9, 9).bound == pytest.approx(constant.bound)
    assert scheduled.wsd_closed_form(9, 1).bound == pytest.approx(linear.bound)


def test_limits():
    for limit, peak, bound in [
        (scheduled.wsd_limit(0.2), 0.514495, 2.15961),
        (scheduled.linear_limit(), 1, 2),
        (scheduled.cosine_limit(), 0.97078, 2.06019),
        (scheduled.one_minus_sqrt_limit(), 1.48956, 2.01401),
        (scheduled.polynomial_limit(2.0), math.sqrt(2), 3 / math.sqrt(2)),
    ]:
        assert limit.peak == pytest.approx(peak, rel=1e-4)
        assert limit.bound == pytest.approx(bound, rel=1e-4)
    assert scheduled.lr_transfer_limit(0.2) == pytest.approx(0.6645, abs=1e-4)
    assert scheduled.lr_transfer(10**9, 8 * 10**8) == pytest.approx(0.6645, abs=1e-4)
    assert scheduled.harmonic(0) == 0


def test_facts():
    facts = scheduled.bound_facts(Schedule("wsd(steps=401, warmup=10)"), grad_norm=2.0)
    assert (facts.family, facts.warmup, facts.exact, facts.why_none) == ("wsd", 10, None, "")
    assert facts.limit.bound == pytest.approx(2.0 * facts.constants.bound / math.sqrt(400))
    none = scheduled.bound_facts(Schedule("cosine(steps=9)"), grad_norm=np.ones(9))
    assert none.family == "none"
    assert none.why_none == "the closed forms are for one grad norm, the same at all steps"


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: scheduled.worst_case([1.0, -1.0]), r"lr\[1\] = -1: must be finite and >= 0"),
        (lambda: scheduled.worst_case([1.0], distance=0.0), "distance = 0: must be finite and > 0"),
        (lambda: scheduled.worst_case([1.0, 1.0], [1.0]), "there are 1 values for 2 steps"),
        (lambda: scheduled.minimax_rate(0), "T = 0"),
        (lambda: scheduled.harmonic(-1), "n = -1"),
        (lambda: scheduled.wsd_closed_form(10, 11), "T0 = 11"),
        (lambda: scheduled.wsd_limit(1.5), "cooldown = 1.5"),
        (lambda: scheduled.bound_facts(Schedule("wsd(steps=9)"), T=10), "T = 10"),
    ],
)
def test_errors(call, text):
    with pytest.raises(scheduled.ArgumentError, match=text):
        call()
