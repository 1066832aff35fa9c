"""Values of docs/theory.md, sections 1 to 3, through the native functions and the schedule classes."""

import math

import numpy as np
import pytest
import reference
from scheduled import (
    ConstantSchedule,
    CosineSchedule,
    Schedule,
    SqrtSchedule,
    WSDSchedule,
    best_base_lr,
    bound,
    compute_optimal_base,
    omega,
    omega_at,
    omega_curve,
    omega_gradient,
    omega_split,
    power_grad_norm,
    standard_bound,
)

# T, spec, class and its arguments, best base LR, bound there; G = D = 1.
TUNED = [
    (400, "wsd", WSDSchedule, {"cooldown_len": 0.2}, 0.0253737, 0.1093230),
    (400, "linear", WSDSchedule, {"cooldown_len": 1.0}, 0.0495631, 0.1006299),
    (400, "inverse-power", SqrtSchedule, {}, 0.2120856, 0.1222643),
    (400, "constant", ConstantSchedule, {}, 0.0181759, 0.1375448),
    (400, "cosine", CosineSchedule, {}, 0.0482419, 0.1033859),
    (
        400,
        "1-sqrt",
        WSDSchedule,
        {"cooldown_len": 1.0, "decay_type": "sqrt"},
        0.0737971,
        0.1012426,
    ),
    (4000, "wsd", WSDSchedule, {"cooldown_len": 0.2}, 0.00811829, 0.0342115),
    (4000, "cosine", CosineSchedule, {}, 0.0153402, 0.0325859),
]


@pytest.mark.parametrize(("T", "spec", "cls", "kwargs", "peak", "rate"), TUNED)
def test_tuned_bounds(T, spec, cls, kwargs, peak, rate):
    native = best_base_lr(Schedule(spec, steps=T + 1), T=T)
    assert native.peak == pytest.approx(peak, rel=5e-6)
    assert native.bound == pytest.approx(rate, rel=2e-6)
    assert (native.T, native.closed_form, native.at_limit) == (T, True, False)
    schedule = cls(steps=T + 1, **kwargs)
    assert compute_optimal_base(schedule, G=1, D=1, T=T) == pytest.approx(
        (native.peak, native.bound), rel=1e-14
    )
    schedule.set_base_lr(native.peak)
    assert schedule.compute_rate(grad_norms=1, D=1, T=T) == pytest.approx(native.bound, rel=1e-13)


@pytest.mark.parametrize(
    ("alpha", "cosine", "wsd"),
    [(0, 0.103386, 0.109323), (-0.5, 0.0134364, 0.0090559), (-1, 0.0064450, 0.0035862)],
)
def test_power_grad_norms(alpha, cosine, wsd):
    T = 400
    norms = np.arange(1.0, T + 2) ** alpha
    assert power_grad_norm(alpha, T) == pytest.approx(norms[:T], rel=1e-14)
    for cls, expected in [(CosineSchedule, cosine), (WSDSchedule, wsd)]:
        schedule = cls(final_lr=0.0, steps=T + 1, base_lr=1.0)
        assert compute_optimal_base(schedule, norms, 1.0, T)[1] == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("alpha", "cosine", "wsd"),
    [
        (0, 0.1040468, 0.1098577),
        (-0.5, 0.0134486, 0.0090956),
        (-1, 0.0064490, 0.0035884),
    ],
)
def test_power_grad_norms_on_the_grid_of_the_paper(alpha, cosine, wsd):
    T = 400
    norms = power_grad_norm(alpha, T)
    for cls, expected in [(CosineSchedule, cosine), (WSDSchedule, wsd)]:
        schedule = cls(final_lr=0.0, steps=T + 1, base_lr=1.0)
        rates = []
        for base_lr in np.logspace(-8, 1, num=20, base=2):
            schedule.set_base_lr(base_lr)
            rates.append(schedule.compute_rate(grad_norms=norms, D=1, T=T))
        assert min(rates) == pytest.approx(expected, rel=2e-5)


@pytest.mark.parametrize(
    ("cycle", "rate"),
    [(1, 0.104053), (1.5, 0.114616), (2, 0.123784), (4, 0.133988), (5, 0.135264)],
)
def test_cosine_cycle_lengths(cycle, rate):
    schedule = CosineSchedule(final_lr=0.1, steps=int(cycle * 401))
    assert compute_optimal_base(schedule, G=1, D=1, T=400)[1] == pytest.approx(rate, abs=1e-6)


@pytest.mark.parametrize("T", [1, 2, 3, 10, 400])
def test_closed_forms(T):
    H = float(reference.harmonic(T - 1))
    D, G = 3.0, 0.5
    peak, rate = compute_optimal_base(ConstantSchedule(steps=T), G, D)
    assert peak == pytest.approx(D / (G * math.sqrt(T * (1 + H))), rel=1e-12)
    assert rate == pytest.approx(D * G * math.sqrt((1 + H) / T), rel=1e-12)
    L = 2 * T - 1 + 2 * H
    peak, rate = compute_optimal_base(WSDSchedule(steps=T + 1, cooldown_len=1.0), G, D, T=T)
    assert peak == pytest.approx(D / G * math.sqrt(2 * T / ((T + 1) * L)), rel=1e-12)
    assert rate == pytest.approx(D * G * math.sqrt(2 * L / (T * (T + 1))), rel=1e-12)


@pytest.mark.parametrize("T", range(100, 5001, 350))
def test_wsd_theorem(T):
    schedule = WSDSchedule(final_lr=0, steps=T + 1, cooldown_len=0.2)
    T0 = schedule._cooldown_start_iter
    H = [0.0, *np.cumsum(1 / np.arange(1.0, 2 * T))]
    inner = (
        2 / 3
        + (T + 2 * T0) / (3 * (T + T0))
        + H[T + T0 - 2]
        - H[T - T0 + 1]
        - (T - T0) * (T0 - 1) / (3 * (T - T0 + 2) * (T + T0))
        + 1 / (T - T0) ** 2
        + H[T - T0 - 1] / (T - T0 + 1)
    )
    assert compute_optimal_base(schedule, 1, 1, T)[1] <= math.sqrt(4 / (T + T0) * inner)


@pytest.mark.parametrize(
    ("spec", "rate", "peak"),
    [
        ("wsd", 2.15953, 0.514515),
        ("linear", 2, 1),
        ("cosine", 2.0602, 0.9708),
        ("1-sqrt", 2.01401, 1.48956),
    ],
)
def test_limits(spec, rate, peak):
    T = 1_000_000
    best = best_base_lr(Schedule(spec, steps=T + 1), T=T)
    assert best.bound * math.sqrt(T) == pytest.approx(rate, rel=1e-4)
    assert best.peak * math.sqrt(T) == pytest.approx(peak, rel=1e-4)


@pytest.mark.parametrize("T", [1, 2, 3, 17, 128, 129, 1000])
@pytest.mark.parametrize("seed", [0, 1])
def test_against_the_double_sum(T, seed):
    random = np.random.default_rng(seed)
    lr = random.uniform(0.01, 2.0, T)
    norms = random.uniform(0.0, 2.0, T)
    D = 1.7
    terms = [float(term) for term in reference.omega(lr, norms, D)]
    assert list(omega_split(lr, norms, D)) == pytest.approx(terms, rel=1e-13)
    assert omega(lr, norms, D) == pytest.approx(sum(terms), rel=1e-13)
    assert standard_bound(lr, norms, D) == pytest.approx(
        float(reference.standard(lr, norms, D)), rel=1e-14
    )
    schedule = Schedule.from_values(lr)
    assert bound(schedule, norms, D) == omega(lr, norms, D)
    assert bound(schedule, norms, D, criterion="standard") == standard_bound(lr, norms, D)


def test_curve_is_the_bound_of_every_prefix():
    random = np.random.default_rng(3)
    lr = random.uniform(0.01, 2.0, 60)
    lr[[0, 20, 21, 59]] = 0.0
    norms = random.uniform(0.0, 2.0, 60)
    curve = omega_curve(lr, norms, 2.0)
    assert curve[0] == math.inf
    for t in range(2, 61):
        stop = t if lr[t - 1] > 0 else int(np.flatnonzero(lr[:t])[-1]) + 1
        expected = omega(lr[:stop], norms[:stop], 2.0)
        assert curve[t - 1] == pytest.approx(expected, rel=1e-11)
        assert omega_at(lr, norms, 2.0, t=[t, 1]).tolist() == [expected, math.inf]


def test_gradient_is_the_finite_difference():
    random = np.random.default_rng(4)
    lr = random.uniform(0.5, 1.5, 12)
    norms = random.uniform(0.5, 1.5, 12)
    gradient = omega_gradient(lr, norms, 1.3)
    for j in range(12):
        h = np.zeros(12)
        h[j] = 1e-6
        slope = (omega(lr + h, norms, 1.3) - omega(lr - h, norms, 1.3)) / 2e-6
        assert gradient[j] == pytest.approx(slope, rel=1e-6, abs=1e-8)
