"""Configurations of programs that cannot be had here: the rates of their published formulas."""

import importlib.util
import json
import logging
import math
import pathlib
import sys
import types
import unittest.mock

import numpy as np
import pytest
from import_grids import FLOORS, HORIZONS, PEAK, check, used, warmups, yaml
from scheduled import import_schedule


def nanotron(total, *, warmup, style, start, length, last):
    """After the description in LRSchedulerArgs' page: warmup, optional constant phase, decay, optional constant phase."""

    def at(i):
        if i <= warmup:
            return PEAK * i / max(warmup, 1)
        if i < start:
            return PEAK
        if i >= start + length:
            return last
        x = (i - start) / length
        shape = {"linear": 1 - x, "cosine": (1 + math.cos(math.pi * x)) / 2, "1-sqrt": 1 - math.sqrt(x)}
        return last + (PEAK - last) * shape[style]

    return [at(i) for i in range(total)]


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("style", ["linear", "cosine", "1-sqrt"])
@pytest.mark.parametrize("last", [0.0, 1e-5])
def test_nanotron(total, style, last):
    for warmup in warmups(total):
        for start in {warmup, max(warmup, total - total // 5)}:
            for length in {total - start, (total - start) // 2, total}:
                if warmup == 0 and length == 0:
                    continue  # its peak by mistake times itself
                scheduler = {"learning_rate": PEAK, "lr_warmup_steps": warmup, "lr_warmup_style": "linear", "lr_decay_style": style,
                             "lr_decay_starting_step": start, "lr_decay_steps": length, "min_decay_lr": last}  # fmt: skip
                text = yaml({"optimizer": {"learning_rate_scheduler": scheduler}, "tokens": {"train_steps": total}})
                theirs = nanotron(total, warmup=warmup, style=style, start=start, length=length, last=last)
                check("nanotron", text, theirs, by="its published formula")


def deepspeed(total, warmup, curve, least, decays):
    """WarmupLR and WarmupDecayLR, whose first update is made before the scheduler's first step."""
    warmup = max(2, warmup)

    def gamma(k):
        if k < warmup:
            return math.log(k + 1) / math.log(warmup) if curve == "log" else k / warmup
        return max(0.0, (total - k) / max(1.0, total - warmup)) if decays else 1.0

    return [least] + [least + (PEAK - least) * gamma(k) for k in range(total - 1)]


def deepspeed_module():
    """DeepSpeed's lr_schedules.py, run by itself: importing all of DeepSpeed needs more packages than its schedules do. None without it."""
    found = importlib.util.find_spec("deepspeed")
    if found is None:
        return None
    pytest.importorskip("torch")
    names = {"deepspeed": types.ModuleType("deepspeed"), "deepspeed.utils": types.ModuleType("deepspeed.utils")}
    names["deepspeed.utils"].logger = logging.getLogger("deepspeed")
    spec = importlib.util.spec_from_file_location("lr_schedules", pathlib.Path(found.origin).parent / "runtime" / "lr_schedules.py")
    module = importlib.util.module_from_spec(spec)
    with unittest.mock.patch.dict(sys.modules, names):
        spec.loader.exec_module(module)
    return module


def deepspeed_source(module):
    return "its published formula" if module is None else "its lr_schedules"


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("curve", ["log", "linear"])
@pytest.mark.parametrize("least", [0.0, 1e-5])
@pytest.mark.parametrize("decays", [False, True])
def test_deepspeed(total, curve, least, decays):
    module = deepspeed_module()
    for warmup in sorted({1, 2, max(1, total // 10), total}):
        theirs = deepspeed(total, warmup, curve, least, decays)
        if module is not None:
            kind = module.WarmupDecayLR if decays else module.WarmupLR
            more = {"total_num_steps": total} if decays else {}
            running = used(
                lambda o, k=kind, m=more, w=warmup: k(o, warmup_min_lr=least, warmup_max_lr=PEAK, warmup_num_steps=w, warmup_type=curve, **m),
                total,
            )
            assert theirs == pytest.approx(running, rel=1e-15)
            theirs = running
        params = {"warmup_min_lr": least, "warmup_max_lr": PEAK, "warmup_num_steps": warmup, "warmup_type": curve}
        if decays:
            params["total_num_steps"] = total
        text = json.dumps({"scheduler": {"type": "WarmupDecayLR" if decays else "WarmupLR", "params": params}})
        check("deepspeed", text, theirs, by=deepspeed_source(module))


@pytest.mark.parametrize("total", [1, 2, 10, 1000, 12345])
@pytest.mark.parametrize("curve", ["log", "linear"])
def test_deepspeed_cosine(total, curve):
    module = deepspeed_module()
    for warmup in sorted({2, max(2, total // 10)}):

        def ratio(k, w=warmup):
            if k < w:
                return math.log(k + 1) / math.log(w) if curve == "log" else k / w
            x = min(1.0, (k - w + 1) / max(1, total - w))
            return 1e-4 + (1 - 1e-4) * (1 + math.cos(math.pi * x)) / 2

        theirs = [0.0] + [PEAK * ratio(k) for k in range(total - 1)]
        params = {"total_num_steps": total, "warmup_num_steps": warmup, "warmup_type": curve}
        if module is not None:
            running = used(lambda o, p=params: module.WarmupCosineLR(o, **p), total)
            assert theirs == pytest.approx(running, rel=1e-15)
            theirs = running
        text = json.dumps({"optimizer": {"params": {"lr": PEAK}}, "scheduler": {"type": "WarmupCosineLR", "params": params}})
        check("deepspeed", text, theirs, by=deepspeed_source(module))


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("least", [0.0, 3e-5])
def test_nanogpt(total, least):
    for warmup in sorted({0, 1, total // 10}):
        for end in {total - 1, max(warmup + 1, total // 2), total + 5}:
            if end <= warmup:
                continue

            def at(it, w=warmup, end=end):
                if it < w:
                    return PEAK * (it + 1) / (w + 1)
                if it > end:
                    return least
                return least + 0.5 * (1 + math.cos(math.pi * (it - w) / (end - w))) * (PEAK - least)

            text = f"--learning_rate={PEAK} --max_iters={total - 1} --warmup_iters={warmup} --lr_decay_iters={end} --min_lr={least} --decay_lr=True"
            check("nanogpt", text, [at(it) for it in range(total)], by="its published formula")
            assignments = text.replace("--", "").replace(" ", "\n").replace("=", " = ")
            found = import_schedule(assignments)
            assert found.form == "Python" and found.updates == max(total, 1)


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("floor", FLOORS)
@pytest.mark.parametrize("kind", ["cosine", "linear", "wsd", "constant"])
def test_llmc(total, floor, kind):
    one = np.float32
    for warmup in sorted({0, 1, total // 10}):
        start = int(one(0.8) * one(total)) if kind == "wsd" else warmup
        if start < warmup:
            continue

        def at(step, w=warmup, s=start):
            if kind == "constant":
                return PEAK
            if step < w:
                return PEAK * (step + 1) / w
            if step < s:
                return PEAK
            x = (step - s) / (total - s)
            share = {"cosine": 0.5 * (1 + math.cos(math.pi * x)), "linear": 1 - x, "wsd": 1 - math.sqrt(x)}[kind]
            return floor * PEAK + share * PEAK * (1 - floor)

        check("llm.c", f"./train_gpt2cu -l {PEAK} -u {warmup} -q {floor} -x {total} -k {kind}", [at(s) for s in range(total)],
              by="its published formula")  # fmt: skip


BIG_VISION = [
    ("cosine", {}),
    ("linear", {"linear_end": 0.1}),
    ("polynomial", {"power": 2.0}),
    ("rsqrt", {"timescale": 100}),
    ("rsqrt", {"timescale": 100, "cooldown_steps": 2}),
    ("stair", {"steps": [5, 8], "mults": [0.5, 0.1]}),
    ("cosine", {"cooldown_steps": 3}),
]


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("kind, more", BIG_VISION)
def test_big_vision(kind, more, total):
    for warmup in sorted({0, 1, total // 10}):
        if warmup >= total:
            continue

        def at(step, w=warmup):
            x = min(1.0, max(0.0, (step - w) / (total - w)))
            rate = PEAK
            if kind in ("linear", "polynomial"):
                end = more.get("linear_end", 0.0)
                rate *= end + (1 - end) * (1 - x) ** more.get("power", 1)
            elif kind == "cosine":
                rate *= 0.5 * (1 + math.cos(math.pi * x))
            elif kind == "rsqrt":
                rate /= math.sqrt(1 + max(step - w, 0) / more["timescale"])
            else:
                rate *= [1.0, *more["mults"]][sum(edge <= step for edge in more["steps"])]
            if w:
                rate *= min(1.0, step / w)
            if "cooldown_steps" in more:
                rate *= min(1.0, (total - step) / more["cooldown_steps"])
            return rate

        options = ", ".join(f"{key}={value!r}" for key, value in {"decay_type": kind, "warmup_steps": warmup, **more}.items())
        text = (
            "def get_config(arg=None):\n  config = mlc.ConfigDict()\n"
            f"  config.total_steps = {total}\n  config.lr = {PEAK}\n  config.wd = 0.0001\n  config.schedule = dict({options})\n  return config\n"
        )
        check("big_vision", text, [at(step) for step in range(total)], by="its published formula")


@pytest.mark.parametrize("total", HORIZONS)
def test_axolotl(total):
    for given in warmups(total):
        warmup = 2 if given == 1 else given  # core/builders/base.py
        for share, end in ((None, None), (0.1, None), (0.1, 0.8), (0.0, 0.8), (None, 0.8), (0.1, 0.0)):
            last = int(total * end) if share and end else total  # mixins/scheduler.py asks whether both are truthy
            if last != total and last <= warmup:
                continue

            def at(i, w=warmup, last=last, share=share):
                if i < w:
                    return PEAK * i / max(1, w)
                x = (min(i, last) - w) / max(1, last - w)
                low = share or 0.0
                return PEAK * (0.5 * (1 - low) * (1 + math.cos(math.pi * x)) + low)

            tree = {"base_model": "m", "micro_batch_size": 2, "sequence_len": 8, "learning_rate": PEAK, "lr_scheduler": "cosine",
                    "warmup_steps": given, "max_steps": total, "cosine_min_lr_ratio": share, "cosine_constant_lr_ratio": end}  # fmt: skip
            check("axolotl", yaml(tree), [at(i) for i in range(total)], by="its published formula")
