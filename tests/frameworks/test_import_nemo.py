"""NeMo's schedulers: the rates of nemo.core.optim.lr_scheduler and of NeMo 2's classes, whose files run by themselves."""

import importlib.util
import logging
import pathlib
import sys
import types
from unittest import mock

import pytest
from import_grids import HORIZONS, PEAK, check, used, yaml
from scheduled import import_schedule


def load(name, path, stubs):
    spec = importlib.util.spec_from_file_location(name, path)
    module = importlib.util.module_from_spec(spec)
    with mock.patch.dict(sys.modules, stubs):
        spec.loader.exec_module(module)
    return module


def nemo_modules():
    """Both files, without what importing all of NeMo needs."""
    found = importlib.util.find_spec("nemo")
    if found is None or not found.submodule_search_locations:
        pytest.skip("nemo-toolkit is not there")
    pytest.importorskip("torch")
    folder = pathlib.Path(found.submodule_search_locations[0])
    logger = types.ModuleType("nemo.utils")
    logger.logging = logging.getLogger("nemo")
    others = ("hydra", "omegaconf", "nemo", "nemo.core", "nemo.core.config", "nemo.core.config.schedulers", "nemo.utils.model_utils")
    stubs = {name: mock.MagicMock() for name in others} | {"nemo.utils": logger}
    policies = load("nemo.core.optim.lr_scheduler", folder / "core" / "optim" / "lr_scheduler.py", stubs)
    base = types.ModuleType("nemo.lightning.pytorch.optim.base")
    base.LRSchedulerModule = object
    names = ("nemo", "nemo.core", "nemo.core.optim", "nemo.lightning", "nemo.lightning.pytorch", "nemo.lightning.pytorch.optim")
    stubs = {name: types.ModuleType(name) for name in names}
    stubs |= {"nemo.core.optim.lr_scheduler": policies, "nemo.lightning.pytorch.optim.base": base}
    classes = load("lr_scheduler", folder / "lightning" / "pytorch" / "optim" / "lr_scheduler.py", stubs)
    return policies, classes, stubs


POLICIES = [
    ("WarmupPolicy", {}),
    ("WarmupHoldPolicy", {"hold_steps": 3}),
    ("WarmupAnnealing", {"min_lr": 3e-5}),
    ("CosineAnnealing", {"min_lr": 3e-5}),
    ("CosineAnnealing", {"constant_steps": 2}),
    ("CosineAnnealing", {"constant_steps": 2, "min_lr": 3e-5}),
    ("WarmupHoldAnnealLinear", {"hold_steps": 3, "min_lr": 3e-5}),
    ("WarmupHoldAnnealLinear", {}),
    ("WarmupHoldAnnealOneMinusSquareRoot", {"hold_steps": 3, "min_lr": 3e-5}),
    ("WarmupHoldAnnealOneMinusSquareRoot", {"hold_steps": 0}),
    ("PolynomialDecayAnnealing", {"power": 2.0, "min_lr": 3e-5}),
    ("PolynomialDecayAnnealing", {}),
    ("PolynomialHoldDecayAnnealing", {"hold_steps": 3, "power": 0.7}),
    ("PolynomialHoldDecayAnnealing", {"power": 2.0}),
    ("SquareAnnealing", {}),
    ("SquareAnnealing", {"min_lr": 0.0}),
    ("SquareRootAnnealing", {"min_lr": 3e-5}),
    ("InverseSquareRootAnnealing", {}),
    ("NoamAnnealing", {"d_model": 512, "min_lr": 1e-7}),
    ("NoamHoldAnnealing", {"hold_steps": 3, "min_lr": 1e-5}),
    ("NoamHoldAnnealing", {"decay_rate": 1.0}),
]


def peak_of(name, more, warmup):
    """Noam's, which is not the rate that it is given."""
    return PEAK / more["d_model"] ** 0.5 / max(1, warmup) ** 0.5 if name == "NoamAnnealing" else PEAK


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("name, more", POLICIES)
def test_policies(name, more, total):
    policies, _, _ = nemo_modules()
    for warmup in sorted({0, 1, total // 10}):
        if warmup + max(more.get("hold_steps", 0), more.get("constant_steps", 0)) >= total or (name == "NoamHoldAnnealing" and warmup == 0):
            continue
        options = {"warmup_steps": warmup, **more}
        theirs = used(lambda o, k=options: getattr(policies, name)(o, max_steps=total, **k), total)
        peak = peak_of(name, more, warmup)
        sched = {"name": name, **options}
        tree = {"trainer": {"max_steps": total}, "model": {"optim": {"name": "adamw", "lr": PEAK, "sched": sched}}}
        check("nemo", yaml(tree), theirs, by="its lr_scheduler", peak=peak, exact=exact_power(name, more, warmup, total))


def exact_power(name, more, warmup, total):
    """Of the schedulers that make their rates by powers of the step."""
    mpmath = pytest.importorskip("mpmath")

    def rate(i):
        with mpmath.workprec(200):
            lr, rise = mpmath.mpf(PEAK), mpmath.mpf(warmup)
            if name == "NoamAnnealing":
                t = mpmath.mpf(max(1, i))
                found = lr / mpmath.sqrt(more["d_model"]) * (min(t**-0.5, t * rise ** mpmath.mpf(-1.5)) if warmup else t**-0.5)
                return max(found, mpmath.mpf(more["min_lr"])) if i > warmup else found
            if name == "NoamHoldAnnealing":
                power = mpmath.mpf(more.get("decay_rate", 0.5))
                return max(lr * (rise / (i - more.get("hold_steps", 0))) ** power, mpmath.mpf(more.get("min_lr", 0.0)))
            if name == "PolynomialHoldDecayAnnealing":
                begin = warmup + more["hold_steps"] if "hold_steps" in more else 0
                x = min(mpmath.mpf(1), mpmath.mpf(i - begin) / (total - max(begin, warmup)))
                return lr * (1 - x) ** mpmath.mpf(more["power"])
            return lr * mpmath.sqrt((rise + 1) / (i + 1))

    powers = ("NoamAnnealing", "NoamHoldAnnealing", "InverseSquareRootAnnealing", "PolynomialHoldDecayAnnealing")
    return rate if name in powers else None


CLASSES = [
    ("CosineAnnealingScheduler", {}),
    ("CosineAnnealingScheduler", {"warmup_steps": 10, "constant_steps": 20, "min_lr": 1e-5}),
    ("CosineAnnealingScheduler", {"warmup_steps": 10, "constant_steps": 0, "min_lr": 0.0}),
    ("WarmupPolicyScheduler", {}),
    ("WarmupPolicyScheduler", {"warmup_steps": None, "warmup_ratio": 0.033}),
    ("WarmupHoldPolicyScheduler", {"hold_steps": 50}),
    ("WarmupAnnealingScheduler", {}),
    ("WarmupAnnealingScheduler", {"warmup_steps": 10, "min_lr": 1e-5}),
    ("SquareAnnealingScheduler", {}),
    ("SquareRootAnnealingScheduler", {"min_lr": 1e-5}),
    ("NoamAnnealingScheduler", {"d_model": 512}),
    ("InverseSquareRootAnnealingScheduler", {}),
    ("PolynomialDecayAnnealingScheduler", {"power": 2.0, "min_lr": 1e-5}),
    ("PolynomialHoldDecayAnnealingScheduler", {"power": 2.0}),
    ("WarmupHoldAnnealScheduler", {"warmup_ratio": 0.033, "hold_ratio": 0.61, "min_lr": 1e-5}),
    ("WarmupHoldAnnealScheduler", {"warmup_ratio": 0.033, "hold_ratio": 0.61, "decay_schedule": "one_minus_square_root"}),
]


@pytest.mark.parametrize("total", [1000, 12345, 100_000])
@pytest.mark.parametrize("name, options", CLASSES)
def test_classes(name, options, total):
    """MegatronStrategy puts the trainer's max_steps in the place of the scheduler's."""
    _, classes, stubs = nemo_modules()
    if name == "CosineAnnealingScheduler" and not options and total < 90_000:
        with pytest.raises(ValueError, match="leaves no room for the cosine"):
            import_schedule(of_recipe(name, options, total))
        return
    scheduler = getattr(classes, name)(**options)
    scheduler.max_steps = total
    with mock.patch.dict(sys.modules, stubs):  # one of them imports where it is called
        theirs = used(lambda o: scheduler.scheduler(None, o)["lr_scheduler"]["scheduler"], total)
    warmup = scheduler.warmup_steps if name == "NoamAnnealingScheduler" else 0
    exact = exact_power(name.removesuffix("Scheduler"), {"min_lr": 0.0, **options}, warmup, total)
    check("nemo", of_recipe(name, options, total), theirs, by="its lr_scheduler",
          peak=peak_of(name.removesuffix("Scheduler"), options, warmup), exact=exact)  # fmt: skip


def of_recipe(name, options, total):
    arguments = "".join(f", {key}={value!r}" for key, value in options.items())
    return (
        f"optim = nl.MegatronOptimizerModule(config=OptimizerConfig(lr={PEAK}),\n"
        f"    lr_scheduler=run.Config(nl.lr_scheduler.{name}, max_steps=77{arguments}))\ntrainer = run.Config(nl.Trainer, max_steps={total})\n"
    )
