"""`compute_rate` and `compute_optimal_base`, and where the paper's package is not followed."""

import warnings
from fractions import Fraction

import numpy as np
import pytest
import reference
from scheduled import (
    ConstantSchedule,
    CosineSchedule,
    PiecewiseConstantSchedule,
    Schedule,
    SqrtSchedule,
    WSDSchedule,
    compute_optimal_base,
)
from scheduled.schedules.poly import PolynomialBackwardSchedule

SCHEDULES = [
    WSDSchedule(steps=101, base_lr=0.7),
    WSDSchedule(steps=101, base_lr=0.7, cooldown_len=1.0, decay_type="sqrt"),
    CosineSchedule(steps=101, base_lr=0.2, warmup_kwargs={"steps": 9}),
    SqrtSchedule(steps=101, base_lr=2.0, cooldown_len=0.3),
    PiecewiseConstantSchedule(101, 0.3, milestones=[30, 60], factors=[0.5, 0.1]),
]


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
@pytest.mark.parametrize("T", [1, 2, 50, 100])
@pytest.mark.parametrize("series", [False, True])
def test_rates(schedule, T, series):
    G = np.linspace(2.0, 0.5, 101) if series else 1.5
    norms = G[:T] if series else G
    terms = [float(term) for term in reference.omega(schedule.schedule[:T], norms, 3.0)]
    split = schedule.compute_rate(grad_norms=G, D=3.0, T=T, return_split=True)
    assert isinstance(split, tuple)
    assert split == pytest.approx(terms, rel=1e-13)
    refined = schedule.compute_rate(G, 3.0, T)
    assert isinstance(refined, float)
    assert refined == pytest.approx(sum(terms), rel=1e-13)
    standard = float(reference.standard(schedule.schedule[:T], norms, 3.0))
    assert schedule.compute_rate(G, 3.0, T, "standard") == pytest.approx(standard, rel=1e-13)


@pytest.mark.parametrize("schedule", SCHEDULES, ids=lambda s: s.name)
@pytest.mark.parametrize("kind", ["refined", "standard"])
def test_optimal_base(schedule, kind):
    before = schedule.schedule
    base_lr, rate = compute_optimal_base(schedule, G=0.5, D=3.0, T=100, type=kind)
    assert schedule.schedule.tolist() == before.tolist()
    shape = schedule._schedule[:100].astype(np.longdouble)

    def rate_at(x):
        if kind == "standard":
            return float(reference.standard(x * shape, 0.5, 3.0))
        return float(sum(reference.omega(x * shape, 0.5, 3.0)))

    assert rate == pytest.approx(rate_at(base_lr), rel=1e-13)
    assert rate <= min(rate_at(base_lr * 1.001), rate_at(base_lr / 1.001))
    assert compute_optimal_base(schedule.native, 0.5, 3.0, 100, kind) == (base_lr, rate)


def test_constant_schedule_term_by_term():
    S = ConstantSchedule(steps=50, base_lr=0.5)
    for T in np.arange(1, 51):
        split = S.compute_rate(grad_norms=5, D=10, T=T, return_split=True)
        H = float(reference.harmonic(int(T) - 1))
        assert split == pytest.approx((100 / T, 6.25, 6.25 * H), rel=1e-13)


def test_unknown_type():
    S = WSDSchedule()
    with pytest.raises(KeyError, match="exact"):
        S.compute_rate(1, 1, type="exact")
    with pytest.raises(KeyError, match="exact"):
        compute_optimal_base(S, 1, 1, type="exact")
    with pytest.raises(KeyError, match="refined"):
        S.compute_rate(1, 1, type=["refined"])


@pytest.mark.parametrize(
    ("kwargs", "text"),
    [
        ({"T": 0}, r"T = 0: must be at least 1"),
        ({"T": 2.9}, r"^T = 2.9: must be a whole number of steps$"),
        ({"T": np.float32(2.5)}, r"^T = 2.5: must be a whole number of steps$"),
        ({"T": np.nan}, r"^T = nan: must be a whole number of steps$"),
        ({"T": np.inf}, r"^T = inf: must be a whole number of steps$"),
        ({"T": "50"}, r"^T = '50': must be a whole number of steps$"),
        ({"T": True}, r"^T = True: must be a whole number of steps$"),
        ({"T": [50]}, r"^T = \[50\]: must be a whole number of steps$"),
        ({"T": 10**30}, r"^T = 10+: must be a whole number of steps, at most 2\^53$"),
        ({"T": 102}, r"T = 102: must be at most the horizon, steps = 101"),
        ({"D": 0}, r"D = 0: must be finite and > 0"),
        ({"D": np.nan}, r"D = nan: must be finite and > 0"),
        ({"D": None}, r"^D = None: must be a number$"),
        ({"D": "far"}, r"^D = 'far': must be a number$"),
        ({"D": 1j}, r"^D = 1j: must be a number$"),
        ({"D": [1.0, 2.0]}, r"^D = \[1.0, 2.0\]: must be a number$"),
        ({"D": 10**400}, r"^D = 10+: must be a number$"),
        ({"grad_norms": None}, r"^grad_norms = None: must be a number or an array of numbers$"),
        ({"grad_norms": "a"}, r"^grad_norms = 'a': must be a number or an array of numbers$"),
        ({"grad_norms": {}}, r"^grad_norms = {}: must be a number or an array of numbers$"),
        ({"grad_norms": np.array("a")}, r"^grad_norms = array\('a', dtype='<U1'\): must be a nu"),
        ({"grad_norms": [1.0, None]}, r"^grad_norms: must be an array of numbers"),
        ({"grad_norms": [[1.0], [1.0, 2.0]]}, r"^grad_norms: must be a number or an array"),
        ({"grad_norms": -1.0}, r"grad_norms = -1: must be finite and >= 0"),
        ({"grad_norms": [1.0] * 49}, r"grad_norms: there are 49 values for 50 steps"),
        ({"grad_norms": [1.0] * 7 + [np.inf] * 50}, r"grad_norms\[7\] = inf"),
    ],
)
def test_bad_arguments(kwargs, text):
    S = WSDSchedule(steps=101)
    with pytest.raises(AssertionError, match=text):
        S.compute_rate(**{"grad_norms": 1.0, "D": 1.0, "T": 50, **kwargs})
    kwargs = {"G" if key == "grad_norms" else key: value for key, value in kwargs.items()}
    with pytest.raises(AssertionError, match=text.replace("grad_norms", "G")):
        compute_optimal_base(S, **{"G": 1.0, "D": 1.0, "T": 50, **kwargs})


def test_eps_changes_nothing():
    S = WSDSchedule(steps=101)
    assert S.compute_rate(1, 1, 100, eps=1e-3) == S.compute_rate(1, 1, 100)


def test_whole_steps_in_any_type():
    S = WSDSchedule(steps=101)
    expected = S.compute_rate(1, 1, 50)
    for T in (50.0, np.int64(50), np.float64(50.0), np.uint8(50), np.array(50), Fraction(50)):
        assert S.compute_rate(1, 1, T) == expected
        assert compute_optimal_base(S, 1, 1, T) == compute_optimal_base(S, 1, 1, 50)


@pytest.mark.parametrize("schedule", ["wsd(steps=5)", None, WSDSchedule, 5])
def test_only_schedules_have_optimal_bases(schedule):
    with pytest.raises(AssertionError, match=r"^schedule = .*: must be a schedule$") as caught:
        compute_optimal_base(schedule, 1, 1)
    assert isinstance(caught.value, ValueError)


def test_missing_and_unknown_arguments_are_type_errors():
    S = WSDSchedule()
    for call in (
        lambda: S.compute_rate(1),
        lambda: S.compute_rate(1, 1, steps=5),
        lambda: compute_optimal_base(S, 1),
        lambda: compute_optimal_base(S, 1, 1, distance=1),
        lambda: S.set_base_lr(),
        lambda: WSDSchedule(cooldown=0.2),
        lambda: PiecewiseConstantSchedule(),
    ):
        with pytest.raises(TypeError):
            call()


# Where the paper's package is wrong, this one is right.


@pytest.mark.parametrize("cls", [WSDSchedule, CosineSchedule, ConstantSchedule, SqrtSchedule])
def test_without_T_all_steps_count(cls):
    S = cls(steps=101, base_lr=0.1)
    last = int(np.flatnonzero(S.schedule)[-1]) + 1  # a rate of 0 at the end changes nothing
    assert last == (100 if S.schedule[-1] == 0 else 101)
    for kind in ("refined", "standard"):
        assert S.compute_rate(1, 1, type=kind) == S.compute_rate(1, 1, T=last, type=kind)
        assert compute_optimal_base(S, 1, 1, type=kind) == compute_optimal_base(
            S, 1, 1, T=last, type=kind
        )
    assert S.compute_rate(1, 1, T=101) == S.compute_rate(1, 1, T=last)


def test_no_cancellation_at_any_T():
    S = WSDSchedule(steps=2001, cooldown_len=1.0, decay_type="sqrt")
    tiny = PolynomialBackwardSchedule(steps=101, alpha=8.0)  # ends in 1e-16
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for T in (1, 2, 1000, 1990, 1999, 2000):
            expected = float(sum(reference.omega(S.schedule[:T])))
            assert S.compute_rate(1, 1, T) == pytest.approx(expected, rel=1e-13)
        expected = float(sum(reference.omega(tiny.schedule[:100])))
        assert tiny.compute_rate(1, 1, 100) == pytest.approx(expected, rel=1e-13)


@pytest.mark.parametrize("base_lr", [1.0, 0.01])
@pytest.mark.parametrize("cls", [WSDSchedule, CosineSchedule])
def test_absolute_warmup_joins_the_base_lr(cls, base_lr):
    warmup = {"steps": 5, "warmup_lr": 4e-3, "warmup_lr_absolute": True}
    S = cls(steps=100, base_lr=base_lr, warmup_kwargs=warmup)
    assert S.schedule[0] == 4e-3
    assert np.diff(S.schedule[:6]) == pytest.approx([(base_lr - 4e-3) / 5] * 5, rel=1e-12)
    assert S.schedule[5] == base_lr
    S.set_base_lr(2.1)
    assert S.schedule[0] == 4e-3
    assert S.schedule[5] == 2.1


def test_polynomial_backward_with_a_warmup():
    S = PolynomialBackwardSchedule(steps=8, alpha=2.0, warmup_kwargs={"steps": 3})
    assert S.schedule == pytest.approx([1e-10, 1 / 3, 2 / 3, 1, 0.5625, 0.25, 0.0625, 0], rel=1e-9)


@pytest.mark.parametrize(
    "schedule",
    [
        WSDSchedule(final_lr=0.02, steps=400, cooldown_len=0.5, final_lr_absolute=True),
        CosineSchedule(final_lr=0.02, steps=400, final_lr_absolute=True),
        WSDSchedule(
            steps=400,
            warmup_kwargs={"steps": 100, "warmup_lr": 0.02, "warmup_lr_absolute": True},
        ),
    ],
    ids=["final", "cosine", "warmup"],
)
def test_optimal_base_with_absolute_rates(schedule):
    base_lr, rate = compute_optimal_base(schedule, G=1, D=1)
    assert schedule.get_base_lr() == 1.0

    last = int(np.flatnonzero(schedule.schedule)[-1]) + 1

    def rate_of(x):
        return float(sum(reference.omega(schedule.native.with_peak(x).values()[:last])))

    assert rate == pytest.approx(rate_of(base_lr), rel=1e-12)
    grid = base_lr * np.linspace(0.7, 1.5, 41)
    rates = [rate_of(x) for x in grid if x >= 0.02]
    assert rate <= min(rates) * (1 + 1e-12)
    # Taking the rates for proportional to the base LR misses that optimum.
    t1, t2, t3 = schedule.compute_rate(1, 1, return_split=True)
    assert rate_of(np.sqrt(t1 / (t2 + t3))) > rate * (1 + 1e-4)


def test_native_schedules_have_optimal_bases_too():
    base_lr, rate = compute_optimal_base(Schedule("linear(steps=401)"), G=1, D=1, T=400)
    assert (base_lr, rate) == pytest.approx((0.0495631, 0.1006299), rel=2e-6)
