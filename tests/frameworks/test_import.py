"""Configurations of other programs: the rates of the running program. test_import_formulas.py has those that are not here."""

import json
import sys
import warnings
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from import_grids import FLOORS, HORIZONS, PEAK, SINGLE, check, exact_cosine, flags, used, warmups, yaml
from scheduled import import_schedule

HUGGING_FACE = [
    ("constant", {}),
    ("constant_with_warmup", {}),
    ("linear", {}),
    ("cosine", {}),
    ("cosine", {"num_cycles": 1}),
    ("cosine", {"num_cycles": 0.75}),
    ("cosine_with_restarts", {"num_cycles": 3}),
    ("cosine_with_restarts", {}),
    ("cosine_with_min_lr", {"min_lr": 1e-5}),
    ("cosine_with_min_lr", {"min_lr_rate": 0.1}),
    ("polynomial", {"power": 2.0}),
    ("inverse_sqrt", {}),
    ("inverse_sqrt", {"timescale": 40}),
    ("cosine_warmup_with_min_lr", {"min_lr_rate": 0.1}),
    ("cosine_warmup_with_min_lr", {"min_lr": 1e-5, "warmup_lr_rate": 0.01}),
    ("warmup_stable_decay", {"decay_type": "linear"}),
    ("warmup_stable_decay", {"decay_type": "cosine", "min_lr_ratio": 0.1}),
    ("warmup_stable_decay", {"decay_type": "1-sqrt", "warmup_type": "cosine", "min_lr_ratio": 0.1}),
]


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("kind, more", HUGGING_FACE)
def test_hugging_face(kind, more, total):
    transformers = pytest.importorskip("transformers")
    for warmup in warmups(total):
        kwargs = dict(more)
        if kind == "warmup_stable_decay":
            kwargs["num_decay_steps"] = total // 5
            if warmup + total // 5 > total:
                continue
        if "warmup_lr_rate" in kwargs and warmup == 1:
            continue  # the peak is never reached: refused
        if kind == "polynomial" and warmup == total:
            continue  # they divide by 0
        theirs = used(lambda o, w=warmup, k=kwargs: transformers.get_scheduler(kind, o, w, total, k), total)
        config = {"learning_rate": PEAK, "lr_scheduler_type": kind, "lr_scheduler_kwargs": kwargs, "warmup_steps": warmup, "max_steps": total}
        # Theirs goes through the share min_lr/learning_rate, which is rounded.
        exact = exact_cosine(total, warmup, kwargs["min_lr"]) if kind == "cosine_with_min_lr" and "min_lr" in kwargs else None
        if kind == "cosine" and "num_cycles" in kwargs:
            exact = exact_cosine(total, warmup, 0.0, halves=2 * kwargs["num_cycles"])
        check("huggingface", json.dumps(config), theirs, exact=exact)
        if kind in ("linear", "cosine") and warmup == 0:
            config = {**config, "cutoff_len": 2048, "finetuning_type": "full"}
            check("llama-factory", yaml(config), theirs, exact=exact)


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("given", [{}, {"num_decay_steps": 2}, {"num_stable_steps": 3}, {"num_stable_steps": 1, "num_decay_steps": 5}])
def test_llama_factory_stable_decay(given, total):
    """The Trainer's schedule with the lengths that LLaMA-Factory's create_custom_scheduler gives it."""
    transformers = pytest.importorskip("transformers")
    for warmup in warmups(total):
        remaining = total - warmup
        lengths = {"num_stable_steps": remaining // 3, "num_decay_steps": remaining - remaining // 3, **given}
        theirs = used(lambda o, w=warmup, k=lengths: transformers.get_scheduler("warmup_stable_decay", o, w, total, k), total)
        config = {"learning_rate": PEAK, "lr_scheduler_type": "warmup_stable_decay", "warmup_steps": warmup, "max_steps": total,
                  "cutoff_len": 2048, "finetuning_type": "full"}  # fmt: skip
        check("llama-factory", yaml({**config, "lr_scheduler_kwargs": given} if given else config), theirs)


def test_hugging_face_shares_are_rounded_up():
    for key in ("warmup_ratio", "warmup_steps"):
        found = import_schedule(json.dumps({"learning_rate": PEAK, "lr_scheduler_type": "linear", key: 0.03}), updates=1010)
        assert "warmup=31" in str(found.schedule)


def megatron(total, style, warmup, least, more, first=0.0):
    module = pytest.importorskip("megatron.core.optimizer_param_scheduler")
    optimizer = SimpleNamespace(param_groups=[{"lr": 0.0, "weight_decay": 0.0}])
    decay = {"start_wd": 0.0, "end_wd": 0.0, "wd_incr_steps": total, "wd_incr_style": "constant"}
    end = more.pop("end", total)
    scheduler = module.OptimizerParamScheduler(
        optimizer, first, PEAK, least, warmup, end, style, **decay, use_checkpoint_opt_param_scheduler=False, **more
    )
    rates = []
    for _ in range(total):
        rates.append(optimizer.param_groups[0]["lr"])
        scheduler.step(1)
    return rates


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("least", [0.0, 1e-5])
@pytest.mark.parametrize("style", ["linear", "cosine", "constant", "inverse-square-root", "WSD"])
def test_megatron(total, least, style):
    for warmup in sorted({0, 1, total // 10, total - 1}):
        for wsd in ("exponential", "linear", "cosine", "minus_sqrt") if style == "WSD" else (None,):
            if warmup >= total or (style == "WSD" and total < 5):
                continue
            cooldown = total // 5 if wsd else None
            if wsd and warmup + cooldown > total:
                continue
            more = {"wsd_decay_steps": cooldown, "lr_wsd_decay_style": wsd} if wsd else {}
            values = {"lr": PEAK, "min_lr": least, "lr_decay_style": style, "lr_warmup_iters": warmup, "train_iters": total,
                      "lr_wsd_decay_iters": cooldown, "lr_wsd_decay_style": wsd}  # fmt: skip
            check("megatron", flags(**values), megatron(total, style, warmup, least, dict(more)))
            if total == 1000 and not wsd:
                for end in (900, 1100):
                    theirs = megatron(total, style, warmup, least, {"end": end}) if warmup < end else None
                    if theirs:
                        check("megatron", flags(**values, lr_decay_iters=end), theirs)


@pytest.mark.parametrize("share, batch", [(0.015, 8), (0.01, 7)])
def test_megatron_shares_and_samples_are_not_rounded(share, batch):
    total = 1010
    theirs = megatron(total, "cosine", share * total, 1e-5, {})
    text = flags(lr=PEAK, min_lr=1e-5, lr_decay_style="cosine", lr_warmup_fraction=share, train_iters=total)
    check("megatron", text, theirs)
    samples = total * batch
    text = flags(lr=PEAK, min_lr=1e-5, lr_decay_style="cosine", lr_warmup_samples=1001, train_samples=samples, global_batch_size=batch)
    check("megatron", text, megatron(total, "cosine", 1001 / batch, 1e-5, {}))


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize("curve", ["linear", "sqrt", "cosine"])
def test_torchtitan(total, floor, curve):
    module = pytest.importorskip("torchtitan.components.optimizer.lr_scheduler")
    torch = pytest.importorskip("torch")
    for warmup in warmups(total):
        for share in (None, 0.2, 0.123):
            config = module.LRSchedulersContainer.Config(warmup_steps=warmup, decay_ratio=share, decay_type=curve, min_lr_factor=floor)
            optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=PEAK)
            scheduler = config.build(optimizers=[optimizer], training_steps=total)
            theirs = []
            for _ in range(total):
                theirs.append(optimizer.param_groups[0]["lr"])
                with warnings.catch_warnings():
                    warnings.simplefilter("ignore")
                    scheduler.step()
            ratio = "" if share is None else f"decay_ratio = {share}\n"
            text = (
                f"[optimizer]\nlr = {PEAK}\n[training]\nsteps = {total}\n[lr_scheduler]\nwarmup_steps = {warmup}\n{ratio}"
                f'decay_type = "{curve}"\nmin_lr_factor = {floor}\n'
            )
            check("torchtitan", text, theirs)
            config = f"warmup_steps={warmup}, decay_ratio={share}, decay_type={curve!r}, min_lr_factor={floor}"
            python = (
                f"def config():\n    return Trainer.Config(optimizer=default_adamw(lr={PEAK}),\n"
                f"        lr_scheduler=LRSchedulersContainer.Config({config}),\n        training=TrainingConfig(steps={total}))\n"
            )
            assert import_schedule(python).schedule == import_schedule(text).schedule


OLMO = [
    ("ConstantScheduler", {}),
    ("ConstantWithWarmup", {}),
    ("LinearWithWarmup", {"alpha_f": 0.1}),
    ("CosWithWarmup", {"alpha_f": 0.0}),
    ("CosWithWarmup", {"alpha_f": 0.1, "warmup_min_lr": 1e-5}),
    ("HalfCosWithWarmup", {"alpha_f": 0.1}),
    ("InvSqrtWithWarmup", {"alpha_f": 0.1}),
    ("WSD", {"decay_fraction": 0.123}),
    ("WSD", {"decay_fraction": 0.2, "decay_min_lr": 1e-5}),
    ("PowerLR", {"b": -0.51, "decay_fraction": 0.2}),
    ("CosWithWarmupAndLinearDecay", {"alpha_f": 0.1, "decay_fraction": 0.2}),
]


def olmo_schedulers():
    """Without what downloads checkpoints, which brings the clients of two clouds."""
    for name in ("cached_path", "cached_path.schemes"):
        sys.modules.setdefault(name, mock.MagicMock())
    return pytest.importorskip("olmo_core.optim.scheduler")


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("name, options", OLMO)
def test_olmo_core(name, options, total):
    module = olmo_schedulers()
    for warmup in sorted({1, total // 10, total} - {0}):
        more = {} if name == "ConstantScheduler" else {"warmup": warmup}
        scheduler = getattr(module, name)(**more, **options)
        try:
            theirs = [scheduler.get_lr(PEAK, step, total) for step in range(1, total + 1)]
        except (ZeroDivisionError, ValueError):
            continue
        tree = {"train_module": {"optim": {"lr": PEAK}, "scheduler": {"_CLASS_": f"olmo_core.optim.scheduler.{name}", **more, **options}},
                "trainer": {"max_duration": {"value": total, "unit": "steps"}}}  # fmt: skip
        check("olmo-core", yaml(tree), theirs)


OPTAX = [
    "warmup_cosine_decay_schedule(init_value=0.0, peak_value=3e-4, warmup_steps={w}, decay_steps={n}, end_value=3e-5)",
    "warmup_cosine_decay_schedule(1e-5, 3e-4, {w}, {n}, exponent=2.0)",
    "warmup_constant_schedule(0.0, 3e-4, {w})",
    "cosine_decay_schedule(3e-4, {n}, alpha=0.1)",
    "linear_schedule(3e-4, 3e-5, {n})",
    "linear_schedule(0.0, 3e-4, {n})",
    "polynomial_schedule(init_value=3e-4, end_value=3e-5, power=2.0, transition_steps={n})",
    "exponential_decay(3e-4, {n}, 0.5, end_value=2e-4)",
    "exponential_decay(3e-4, {n}, 0.5, staircase=True)",
    "warmup_exponential_decay_schedule(0.0, 3e-4, {w}, {n}, 0.5)",
    "piecewise_constant_schedule(3e-4, {{5: 0.5, {n}: 0.1}})",
    "constant_schedule(3e-4)",
    "cosine_onecycle_schedule({n}, 3e-4, pct_start=0.2)",
    "linear_onecycle_schedule({n}, 3e-4, 0.2, 0.7, 10.0, 100.0)",
    "join_schedules([optax.linear_schedule(0.0, 3e-4, {w}), optax.cosine_decay_schedule(3e-4, {n})], [{w}])",
    "join_schedules([optax.linear_schedule(0.0, 3e-4, {w}), optax.constant_schedule(3e-4), optax.linear_schedule(3e-4, 1e-5, {n} // 2)],"
    " [{w}, {n} // 2])",
    "join_schedules([optax.constant_schedule(1e-4), optax.polynomial_schedule(3e-4, 1e-5, 2.0, {n} // 3), optax.linear_schedule(0.0, 2e-4, {n})],"
    " [{w}, {n} // 2])",
    "sgdr_schedule([dict(init_value=0.0, peak_value=3e-4, warmup_steps={w}, decay_steps={n} // 2 + {w}, end_value=1e-5),"
    " dict(init_value=1e-5, peak_value=2e-4, warmup_steps={w}, decay_steps={n} // 2 + {w}, end_value=0.0)])",
]


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("call", OPTAX)
def test_optax(call, total):
    optax = pytest.importorskip("optax")
    import jax

    for warmup in sorted({1, max(1, total // 10)}):
        if (warmup >= total and "{w}" in call) or (total < 10 and "onecycle" in call):
            continue
        text = "optax." + call.format(w=warmup, n=total)
        if "{5:" in text and total == 1000:
            text = text.replace("{5:", "{5: 1.0, 50:")
        jax.config.update("jax_enable_x64", True)
        try:
            theirs = jax.vmap(eval(text, {"optax": optax}))(np.arange(total)) * np.ones(total)
        finally:
            jax.config.update("jax_enable_x64", False)
        # XLA's cosine is up to 2.9e-16 from the exact one, and a power multiplies that.
        exact = None
        if "warmup_cosine" in text:
            low, exponent, first = (0.0, 2, 1e-5) if "exponent" in text else (3e-5, 1, 0.0)
            exact = exact_cosine(total, warmup, low, exponent, first)
        check("optax", text, theirs, exact=exact)
        single = jax.vmap(eval(text, {"optax": optax}))(np.arange(total)) * np.ones(total, np.float32)
        ours = import_schedule(text, updates=total).schedule.values(total)
        assert np.max(np.abs(np.asarray(single, float) - ours)) <= 2 * SINGLE * PEAK


def exact_line(total, warmup, first, last, power=1):
    """As exact_cosine, with a line or a power of it."""
    mpmath = pytest.importorskip("mpmath")

    def rate(i):
        with mpmath.workprec(200):
            peak = mpmath.mpf(PEAK)
            if i < warmup:
                return peak * (mpmath.mpf(first) + (1 - mpmath.mpf(first)) * i / warmup)
            return peak * (mpmath.mpf(last) + (1 - mpmath.mpf(last)) * (1 - mpmath.mpf(i - warmup) / (total - warmup)) ** power)

    return rate


def exact_hold(total, warmup):
    """A line up, the peak until half of the run, a cosine down."""
    rise, fall = exact_cosine(total, warmup, 0.0, 1, 0.01 * PEAK), exact_cosine(total // 2, 0, 0.0)
    return lambda i: rise(min(i, warmup)) if i < total // 2 else fall(i - total // 2)


def exact_power(gamma):
    mpmath = pytest.importorskip("mpmath")
    return lambda i: mpmath.mpf(PEAK) * mpmath.mpf(gamma) ** i


SEQUENCE = "SequentialLR(o, [LinearLR(o, start_factor=0.01, total_iters={w}), {rest}], milestones=[{w}])"
PYTORCH = [
    ("OneCycleLR(o, max_lr=3e-4, total_steps={n})", None),
    ("OneCycleLR(o, 3e-4, total_steps={n}, pct_start=0.25, anneal_strategy='linear', div_factor=10.0, final_div_factor=100.0)", None),
    ("CosineAnnealingLR(o, T_max={n}, eta_min=1e-5)", lambda n, w: exact_cosine(n, 0, 1e-5)),
    (SEQUENCE.replace("{rest}", "CosineAnnealingLR(o, {n} - {w})"), lambda n, w: exact_cosine(n, w, 0.0, 1, 0.01 * PEAK)),
    (SEQUENCE.replace("{rest}", "PolynomialLR(o, {n} - {w}, 2.0)"), lambda n, w: exact_line(n, w, 0.01, 0, 2)),
    (
        "SequentialLR(o, [LinearLR(o, 0.01, 1.0, {w}), ConstantLR(o, 1.0, {n}), CosineAnnealingLR(o, {n} // 2)], milestones=[{w}, {n} // 2])",
        lambda n, w: exact_hold(n, w),
    ),
    ("SequentialLR(o, [ConstantLR(o, 0.5, 3), StepLR(o, 3), ConstantLR(o, 0.25, {n})], milestones=[4, {n} // 2])", None),
    ("ConstantLR(o, 0.5, 7)", None),
    ("LinearLR(o, 1.0, 0.1, {n})", lambda n, w: exact_line(n, 0, 1, 0.1)),
    ("LinearLR(o, 0.1, 1.0, {n})", lambda n, w: exact_line(n + 1, n, 0.1, 0)),
    ("PolynomialLR(o, {n})", lambda n, w: exact_line(n, 0, 1, 0)),
    ("StepLR(o, 7)", None),
    ("MultiStepLR(o, [3, {n} // 2, {n} // 2], gamma=0.5)", None),
    ("ExponentialLR(o, 0.999)", lambda n, w: exact_power(0.999)),
    ("CosineAnnealingWarmRestarts(o, 10, T_mult=2, eta_min=1e-5)", None),
]


@pytest.mark.parametrize("total", [10, 1000, 12345])
@pytest.mark.parametrize("call, exact", PYTORCH)
def test_pytorch(call, exact, total):
    torch = pytest.importorskip("torch")
    if call.startswith("StepLR") and total > 10_000:
        call = call.replace("7", "70")
    warmup = total // 10
    text = call.format(n=total, w=warmup)
    names = vars(torch.optim.lr_scheduler)
    theirs = used(lambda o: eval(text, {**names, "o": o}), total)
    text = f"optimizer = torch.optim.AdamW(model.parameters(), lr={PEAK})\nscheduler = {text}\n"
    check("pytorch", text, theirs, exact=exact and exact(total, warmup))


@pytest.mark.parametrize(
    "text, said",
    [
        ("--lr 1e-3 --train-iters 10 --lr-decay-style cosine --lr-warmup-iters 2 --lr-warmup-fraction 0.1", "Megatron-LM refuses both"),
        ('{"learning_rate": 1e-3, "lr_scheduler_type": "linear", "max_steps": 9, "warmup_ratio": 0.1, "warmup_steps": 2}', "takes warmup_steps"),
        ('{"learning_rate": 1e-3, "lr_scheduler_type": "linear", "max_steps": 9, "lr_boost": 2}', "lr_boost = 2: is no key that is known"),
        ('{"learning_rate": 1e-3, "lr_scheduler_type": "linear", "num_train_epochs": 2}', "give the updates"),
    ],
)
def test_refusals(text, said):
    with pytest.raises(ValueError, match=said):
        import_schedule(text)
