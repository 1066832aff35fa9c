"""The schedule classes of the paper's package: shapes, lengths, attributes."""

import inspect

import numpy as np
import pytest
import reference
from scheduled import (
    ArgumentError,
    ConstantSchedule,
    CosineSchedule,
    PiecewiseConstantSchedule,
    ScheduleBase,
    SqrtSchedule,
    WSDSchedule,
)
from scheduled.schedules.base import compute_optimal_base
from scheduled.schedules.poly import PolynomialBackwardSchedule, PolynomialCooldownSchedule

CLOSE = {"rel": 4e-15, "abs": 1e-300}
WARMUP = {"steps": 7, "warmup_lr": 1e-3}


def test_signatures():
    wsd = {"final_lr": 0.0, "steps": 100, "base_lr": 1.0, "cooldown_len": 0.2}
    ends = {"decay_type": "linear", "final_lr_absolute": False, "warmup_kwargs": None}
    power = {"steps": 100, "base_lr": 1.0, "cooldown_len": 0.0, **ends}
    expected = {
        WSDSchedule: {**wsd, **ends},
        CosineSchedule: {
            "final_lr": 0.0,
            "steps": 100,
            "base_lr": 1.0,
            "final_lr_absolute": False,
            "warmup_kwargs": None,
        },
        SqrtSchedule: {**wsd, "cooldown_len": 0, **ends},
        PolynomialBackwardSchedule: {
            "steps": 100,
            "base_lr": 1.0,
            "alpha": 1.0,
            "final_lr": 0.0,
            "warmup_kwargs": None,
        },
        PolynomialCooldownSchedule: {"alpha": 1.0, "final_lr": 0.0, **power},
    }
    for cls, arguments in expected.items():
        parameters = inspect.signature(cls).parameters
        assert [(p.name, p.default) for p in parameters.values()] == list(arguments.items())
    assert list(inspect.signature(ConstantSchedule).parameters) == ["steps", "base_lr", "kwargs"]
    assert list(inspect.signature(PiecewiseConstantSchedule).parameters) == [
        "steps",
        "base_lr",
        "milestones",
        "factors",
        "cooldown_kwargs",
        "warmup_kwargs",
    ]
    assert list(inspect.signature(ScheduleBase).parameters) == [
        "steps",
        "base_lr",
        "warmup_kwargs",
        "cooldown_kwargs",
    ]
    assert list(inspect.signature(compute_optimal_base).parameters) == [
        "schedule",
        "G",
        "D",
        "T",
        "type",
    ]
    rate = inspect.signature(ScheduleBase.compute_rate).parameters
    assert [(p.name, p.default) for p in list(rate.values())[3:]] == [
        ("T", None),
        ("type", "refined"),
        ("return_split", False),
        ("eps", 0.0),
    ]


@pytest.mark.parametrize("decay_type", ["linear", "sqrt"])
@pytest.mark.parametrize(
    ("steps", "share"), [(101, 0.2), (100, 0.29), (10, 0.0), (10, 0.05), (50, 0.9)]
)
@pytest.mark.parametrize(("final", "base_lr"), [(0.0, 1.0), (0.1, 0.3), (1.0, 2.0)])
def test_wsd(steps, share, decay_type, final, base_lr):
    S = WSDSchedule(
        final_lr=final, steps=steps, base_lr=base_lr, cooldown_len=share, decay_type=decay_type
    )
    C = int(share * steps)
    expected = [base_lr] * (steps - C)
    expected += reference.cooldown(C, base_lr, final * base_lr, decay_type)
    assert S.schedule == pytest.approx(expected, **CLOSE)
    assert S.schedule.dtype == np.float64
    assert len(S) == len(S.schedule) == S._steps == steps
    assert S.name == "wsd"
    assert (S._cooldown_steps, S._warmup_steps, S._cooldown_start_iter) == (C, 0, steps - C)
    assert S.schedule[S._cooldown_start_iter - 1] == base_lr
    if C:
        assert S.schedule[-1] == pytest.approx(final * base_lr, rel=3e-16)


def test_full_decay_starts_at_the_base_lr():
    S = WSDSchedule(steps=100, base_lr=2.1, cooldown_len=1.0)
    assert S._cooldown_start_iter == 1
    assert S._cooldown_steps == S._cooldown_kwargs["steps"] == 99
    assert S.schedule == pytest.approx(2.1 * (99 - np.arange(100)) / 99, **CLOSE)
    assert S.schedule[0] == 2.1
    assert S.schedule[-1] == 0.0


@pytest.mark.parametrize(
    ("steps", "warmup", "share", "lengths"),
    [
        (10, 4, 0.6, (4, 5)),  # one from the cooldown
        (10, 10, 0.0, (9, 0)),  # else from the warmup
        (10, 9, 0.1, (9, 0)),
        (1, 0, 1.0, (0, 0)),
        (1, 1, 0.0, (0, 0)),
        (2, 0, 1.0, (0, 1)),
        (2, 1, 0.5, (1, 0)),
    ],
)
def test_one_main_step_remains(steps, warmup, share, lengths):
    kwargs = {"steps": warmup, "warmup_lr": 0.5}
    S = WSDSchedule(steps=steps, cooldown_len=share, warmup_kwargs=kwargs)
    assert (S._warmup_steps, S._cooldown_steps) == lengths
    assert S._warmup_kwargs["steps"] == lengths[0]
    W, C = lengths
    expected = [*reference.warmup(W, 0.5, 1.0), 1.0, *reference.cooldown(C, 1.0, 0.0)]
    assert S.schedule == pytest.approx(expected, **CLOSE)
    assert kwargs["steps"] == warmup


@pytest.mark.parametrize("base_lr", [1.0, 0.3])
def test_warmup(base_lr):
    for S in (
        WSDSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        CosineSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        SqrtSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        ConstantSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        PolynomialBackwardSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        PolynomialCooldownSchedule(steps=100, base_lr=base_lr, warmup_kwargs=WARMUP),
        PiecewiseConstantSchedule(100, base_lr, warmup_kwargs=WARMUP),
    ):
        ramp = reference.warmup(7, 1e-3 * base_lr, base_lr)
        assert S.schedule[:7] == pytest.approx(ramp, **CLOSE)
        assert S.schedule[7] == base_lr
        assert S._warmup_steps == 7
        assert S._warmup_kwargs == {**WARMUP, "warmup_lr_absolute": False}
        assert len(S.schedule) == 100


def test_warmup_defaults():
    S = WSDSchedule(steps=10, warmup_kwargs={"steps": 4})
    assert S._warmup_kwargs == {"steps": 4, "warmup_lr": 1e-10, "warmup_lr_absolute": False}
    assert S.schedule[:5] == pytest.approx([1e-10, 0.25, 0.5, 0.75, 1.0], rel=1e-9)
    assert WSDSchedule(steps=10)._warmup_kwargs is None
    same = WSDSchedule(steps=10, warmup_kwargs={"warmup_lr": 0.1})
    assert same.schedule.tolist() == WSDSchedule(steps=10).schedule.tolist()


@pytest.mark.parametrize("steps", [1, 2, 3, 100])
@pytest.mark.parametrize("final", [0.0, 0.1])
def test_cosine(steps, final):
    S = CosineSchedule(final_lr=final, steps=steps, base_lr=0.7)
    x = np.arange(steps) / max(steps - 1, 1)
    expected = 0.7 * (final + (1 - final) * 0.5 * (1 + np.cos(np.pi * x)))
    assert S.schedule == pytest.approx(expected, rel=1e-13, abs=1e-16)
    assert S.name == "cosine"
    assert (S._cooldown_steps, S._cooldown_start_iter, S._cooldown_kwargs) == (0, steps, None)
    if steps > 1:
        assert S.schedule[-1] == pytest.approx(0.7 * final, rel=3e-16)


def test_cosine_after_a_warmup():
    S = CosineSchedule(steps=20, warmup_kwargs=WARMUP)
    assert S.schedule[7:].tolist() == CosineSchedule(steps=13).schedule.tolist()


@pytest.mark.parametrize("share", [0, 0.2])
def test_sqrt(share):
    S = SqrtSchedule(steps=100, base_lr=3.0, cooldown_len=share, warmup_kwargs=WARMUP)
    C = int(share * 100)
    main = 3.0 / np.sqrt(np.arange(1, 94 - C))
    expected = [*reference.warmup(7, 3e-3, 3.0), *main, *reference.cooldown(C, main[-1], 0.0)]
    assert S.schedule == pytest.approx(expected, **CLOSE)
    assert S.name == "sqrt"


def test_constant():
    S = ConstantSchedule(steps=5, base_lr=0.4)
    assert S.schedule.tolist() == [0.4] * 5
    assert S.name == "constant"
    assert isinstance(S, WSDSchedule)
    assert S._cooldown_start_iter == 5


@pytest.mark.parametrize("alpha", [0.5, 1.0, 2.5])
def test_polynomials(alpha):
    S = PolynomialBackwardSchedule(steps=50, base_lr=2.0, alpha=alpha)
    t = np.arange(1, 51)
    assert S.schedule == pytest.approx(2.0 * ((50 - t) / 49) ** alpha, rel=1e-13, abs=0)
    assert S.name == "polynomial-backward"
    assert PolynomialBackwardSchedule(steps=5, final_lr=0.2).schedule == pytest.approx(
        [1.0, 0.8, 0.6, 0.4, 0.2], **CLOSE
    )
    S = PolynomialCooldownSchedule(alpha=alpha, steps=50, base_lr=2.0, cooldown_len=0.5)
    main = 2.0 / np.arange(1, 26) ** alpha
    expected = [*main, *reference.cooldown(25, main[-1], 0.0)]
    assert S.schedule == pytest.approx(expected, rel=1e-13, abs=0)
    assert S.name == "polynomial-cooldown"


def test_piecewise():
    S = PiecewiseConstantSchedule(10, base_lr=2.0, milestones=[3, 6], factors=[0.5, 0.1])
    assert S.schedule == pytest.approx([2.0] * 3 + [1.0] * 3 + [0.2] * 4, **CLOSE)
    assert S.name == "piecewise-constant"
    assert PiecewiseConstantSchedule(3).schedule.tolist() == [1.0] * 3


@pytest.mark.parametrize("decay_type", ["linear", "sqrt"])
def test_warmup_and_cooldown_cut_into_the_pieces(decay_type):
    S = PiecewiseConstantSchedule(
        steps=20,
        base_lr=2.0,
        milestones=[3, 10, 17],
        factors=[0.5, 0.25, 0.125],
        cooldown_kwargs={"steps": 5, "type": decay_type, "final_lr": 0.05},
        warmup_kwargs={"steps": 5, "warmup_lr": 0.1},
    )
    expected = [
        *reference.warmup(5, 0.2, 2.0),  # heads for the base LR, whatever follows
        *[1.0] * 5,
        *[0.5] * 5,
        *reference.cooldown(5, 0.5, 0.1, decay_type),
    ]
    assert S.schedule == pytest.approx(expected, **CLOSE)
    assert (S._warmup_steps, S._cooldown_steps, S._cooldown_start_iter) == (5, 5, 15)
    S.set_base_lr(4.0)
    assert S.schedule == pytest.approx(2 * np.array(expected), **CLOSE)


def test_cooldown_defaults():
    S = PiecewiseConstantSchedule(10, cooldown_kwargs={"steps": 2})
    assert S._cooldown_kwargs == {
        "steps": 2,
        "type": "linear",
        "final_lr": 1e-10,
        "final_lr_absolute": False,
    }
    assert S.schedule[-2:] == pytest.approx([0.5, 1e-10], rel=1e-9)
    assert PiecewiseConstantSchedule(10)._cooldown_kwargs is None


def test_base_lr():
    S = WSDSchedule(steps=30, base_lr=0.5, final_lr=0.1)
    shape = S._schedule
    assert shape.max() == 1.0
    assert S.get_base_lr() == S._base_lr == 0.5
    S.set_base_lr(np.float64(3))
    assert S.get_base_lr() == 3.0
    assert S._schedule.tolist() == shape.tolist()
    assert S.schedule == pytest.approx(3.0 * shape, **CLOSE)
    with pytest.raises(AssertionError, match="base_lr = -1: must be finite and > 0"):
        S.set_base_lr(-1)
    assert S.get_base_lr() == 3.0


def test_absolute_final_lr():
    for S in (
        WSDSchedule(final_lr=3e-3, steps=115, cooldown_len=0.2, final_lr_absolute=True),
        CosineSchedule(final_lr=3e-3, steps=115, final_lr_absolute=True),
        SqrtSchedule(final_lr=3e-3, steps=115, cooldown_len=0.2, final_lr_absolute=True),
        PolynomialCooldownSchedule(0.4, 3e-3, 115, cooldown_len=0.2, final_lr_absolute=True),
        PiecewiseConstantSchedule(
            115, cooldown_kwargs={"steps": 9, "final_lr": 3e-3, "final_lr_absolute": True}
        ),
    ):
        for base_lr in (1.0, 2.1, 0.7):
            S.set_base_lr(base_lr)
            assert S.schedule[-1] == pytest.approx(3e-3, rel=1e-15)
            assert S.schedule[0] == base_lr
            assert S._schedule == pytest.approx(S.schedule / base_lr, **CLOSE)
        with pytest.raises(AssertionError, match=r"final_lr = 0.003: must not be above"):
            S.set_base_lr(1e-3)
        assert S.get_base_lr() == 0.7


def test_schedules_are_copies():
    S = WSDSchedule(steps=10)
    S.schedule[:] = 7.0
    assert S.schedule[0] == 1.0


BAD = [
    (
        lambda: WSDSchedule(final_lr=1.5, base_lr=0.1),
        r"^final_lr = 1.5 \(share of base_lr = 0.1\): must not be above base_lr = 0.1$",
    ),
    (
        lambda: CosineSchedule(final_lr=1.07),
        r"^final_lr = 1.07 \(share of base_lr = 1\): must not be above base_lr = 1$",
    ),
    (lambda: PolynomialBackwardSchedule(final_lr=2), r"^final_lr = 2 \(share of base_lr = 1\): "),
    (lambda: WSDSchedule(final_lr=-0.1), r"^final_lr = -0.1: must be finite and >= 0$"),
    (lambda: WSDSchedule(final_lr=np.nan), r"^final_lr = nan: must be finite and >= 0$"),
    (lambda: CosineSchedule(final_lr=np.inf), r"^final_lr = inf: must be finite and >= 0$"),
    (
        lambda: WSDSchedule(final_lr=2.0, final_lr_absolute=True),
        r"^final_lr = 2: must not be above base_lr = 1$",
    ),
    (lambda: WSDSchedule(final_lr="10%"), r"^final_lr = '10%': must be a number$"),
    (lambda: CosineSchedule(final_lr=None), r"^final_lr = None: must be a number$"),
    (lambda: WSDSchedule(steps=0), r"steps = 0: must be at least 1 step"),
    (lambda: WSDSchedule(steps=-3), r"steps = -3: must not be negative"),
    (lambda: WSDSchedule(steps=10.5), r"^steps = 10.5: must be a whole number of steps$"),
    (lambda: CosineSchedule(steps=10.5), r"^steps = 10.5: must be a whole number of steps$"),
    (lambda: CosineSchedule(steps="10k"), r"^steps = '10k': must be a whole number of steps$"),
    (lambda: WSDSchedule(steps=None), r"^steps = None: must be a whole number of steps$"),
    (lambda: WSDSchedule(base_lr="a"), r"^base_lr = 'a': must be a number$"),
    (lambda: WSDSchedule(base_lr=True), r"^base_lr = True: must be a number$"),
    (lambda: WSDSchedule().set_base_lr("a"), r"^base_lr = 'a': must be a number$"),
    (lambda: WSDSchedule().set_base_lr(None), r"^base_lr = None: must be a number$"),
    (lambda: WSDSchedule(cooldown_len="20%"), r"^cooldown_len = '20%': must be a number$"),
    (lambda: WSDSchedule(decay_type=["sqrt"]), r"^decay type = \['sqrt'\]: must be 'linear' or"),
    (lambda: WSDSchedule(warmup_kwargs=5), r"^warmup_kwargs = 5: must be a dict or None$"),
    (
        lambda: WSDSchedule(warmup_kwargs={"steps": 2.5}),
        r"^warmup steps = 2.5: must be a whole number of steps$",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, cooldown_kwargs={"steps": "3"}),
        r"^cooldown steps = '3': must be a whole number of steps$",
    ),
    (
        lambda: WSDSchedule(warmup_kwargs={"steps": 5, "warmup_lr": "low"}),
        r"^warmup_lr = 'low': must be a number$",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, milestones=5),
        r"^milestones = 5: must be a sequence of numbers$",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, milestones=[1, 2.5], factors=[1, 1]),
        r"^milestones\[1\] = 2.5: must be a whole number of steps$",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, milestones=[1], factors=["half"]),
        r"^factors\[0\] = 'half': must be a number$",
    ),
    (lambda: PolynomialBackwardSchedule(alpha="2"), r"^alpha = '2': must be a number$"),
    (lambda: PolynomialCooldownSchedule(alpha=None), r"^alpha = None: must be a number$"),
    (lambda: WSDSchedule(base_lr=-1.0), r"base_lr = -1: must be finite and > 0"),
    (lambda: WSDSchedule(base_lr=np.inf), r"base_lr = inf: must be finite and > 0"),
    (lambda: WSDSchedule(cooldown_len=1.5), r"cooldown_len = 1.5: must be a share"),
    (lambda: WSDSchedule(cooldown_len=-0.1), r"cooldown_len = -0.1: must be a share"),
    (lambda: WSDSchedule(cooldown_len=np.nan), r"cooldown_len = nan: must be a share"),
    (lambda: WSDSchedule(decay_type="exp"), r"decay type = 'exp': must be 'linear' or 'sqrt'"),
    (lambda: WSDSchedule(warmup_kwargs={"steps": 90}), r"warmup \+ cooldown = 90 \+ 20 steps"),
    (lambda: WSDSchedule(warmup_kwargs={"steps": -1}), r"^warmup steps = -1: must not be neg"),
    (lambda: WSDSchedule(warmup_kwargs={"step": 5}), r"unknown key 'step'; allowed: steps, war"),
    (
        lambda: WSDSchedule(warmup_kwargs={"steps": 5, "warmup_lr": 0.0}),
        r"warmup_lr = 0.0: must be > 0",
    ),
    (
        lambda: WSDSchedule(warmup_kwargs={"steps": 5, "warmup_lr": 1.5}),
        r"^warmup_lr = 1.5 \(share of base_lr = 1\): must not be above the rate it warms up to",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, cooldown_kwargs={"type": "cosine"}),
        r"decay type = 'cosine'",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, milestones=[3], factors=[]),
        r"factors: there are 0 for 1 milestones",
    ),
    (
        lambda: PiecewiseConstantSchedule(9, milestones=[3, 3], factors=[0.5, 0.1]),
        r"milestones\[1\] = 3: must be above",
    ),
    (lambda: PiecewiseConstantSchedule(9, milestones=[3], factors=[-1.0]), r"factors\[0\] = -1"),
    (lambda: PolynomialBackwardSchedule(alpha=-1.0), r"alpha = -1: must be finite and > 0"),
    (lambda: PolynomialCooldownSchedule(alpha=0.0), r"alpha = 0: must be finite and > 0"),
    (
        lambda: SqrtSchedule(final_lr=0.5, steps=100, cooldown_len=0.2),
        r"^final_lr = 0.5 \(share of base_lr = 1\): must not be above the rate before the cooldown",
    ),
]


@pytest.mark.parametrize(("build", "text"), BAD)
def test_bad_arguments(build, text):
    with pytest.raises(AssertionError, match=text) as caught:
        build()
    assert isinstance(caught.value, ArgumentError)
