"""Configurations of other programs: the rates of the running program, or of its published formula where it is not here.

`python test_import.py --write` puts the table of the largest differences into docs/guide/foreign.md.
"""

import json
import math
import pathlib
import sys
import warnings
from types import SimpleNamespace
from unittest import mock

import numpy as np
import pytest
from scheduled import import_schedule

PEAK = 3e-4
DOUBLE = 4e-16  # of the peak, where the program computes in double precision
SINGLE = 2e-7
HORIZONS = (1, 2, 10, 1000, 12345)
FLOORS = (0.0, 0.1)

# tool -> [what it is compared with, configurations, updates, largest difference, precision]
SEEN = {}


def check(tool, text, theirs, *, by="the running program", limit=DOUBLE, updates=None, peak=PEAK):
    found = import_schedule(text, tool, len(theirs) if updates is None else updates)
    theirs = np.asarray(theirs, float)
    ours = np.asarray(found.schedule.values(len(theirs)))
    difference = float(np.max(np.abs(ours - theirs))) / peak
    row = SEEN.setdefault(tool, [by, 0, 0, 0.0, limit])
    row[1] += 1
    row[2] += len(theirs)
    row[3] = max(row[3], difference)
    assert difference <= limit, (text, str(found.schedule), int(np.argmax(np.abs(ours - theirs))))
    if updates is None:
        told = import_schedule(text, updates=len(theirs))
        assert told.tool == tool, text
        assert told.schedule == found.schedule


def flags(**values):
    return " ".join(f"--{key.replace('_', '-')} {value}" for key, value in values.items() if value is not None)


def yaml(tree, indent=0):
    text = ""
    for key, value in tree.items():
        text += " " * indent + f"{key}:" + ("\n" + yaml(value, indent + 2) if isinstance(value, dict) else f" {json.dumps(value)}\n")
    return text


def warmups(total):
    return sorted({0, 1, total // 10, total})


def used(make, count, peak=PEAK):
    """The rates of the first updates under one of PyTorch's schedulers."""
    torch = pytest.importorskip("torch")
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(()))], lr=peak)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = make(optimizer)
        rates = []
        for _ in range(count):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return rates


HUGGING_FACE = [
    ("constant", {}),
    ("constant_with_warmup", {}),
    ("linear", {}),
    ("cosine", {}),
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
        check("huggingface", json.dumps(config), theirs, limit=5e-16 if "min_lr" in kwargs else DOUBLE)
        if kind in ("linear", "cosine") and warmup == 0:
            config = {**config, "cutoff_len": 2048, "finetuning_type": "full"}
            check("llama-factory", yaml(config), theirs)


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


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("curve", ["log", "linear"])
@pytest.mark.parametrize("least", [0.0, 1e-5])
@pytest.mark.parametrize("decays", [False, True])
def test_deepspeed(total, curve, least, decays):
    try:
        from deepspeed.runtime import lr_schedules as module
    except Exception:  # it needs much more than this file
        module = None
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
        params = {"warmup_min_lr": least, "warmup_max_lr": PEAK, "warmup_num_steps": warmup, "warmup_type": curve}
        if decays:
            params["total_num_steps"] = total
        text = json.dumps({"scheduler": {"type": "WarmupDecayLR" if decays else "WarmupLR", "params": params}})
        check("deepspeed", text, theirs, by="the running program" if module else "its published formula")


@pytest.mark.parametrize("total", [1, 2, 10, 1000, 12345])
@pytest.mark.parametrize("curve", ["log", "linear"])
def test_deepspeed_cosine(total, curve):
    for warmup in sorted({2, max(2, total // 10)}):

        def ratio(k, w=warmup):
            if k < w:
                return math.log(k + 1) / math.log(w) if curve == "log" else k / w
            x = min(1.0, (k - w + 1) / max(1, total - w))
            return 1e-4 + (1 - 1e-4) * (1 + math.cos(math.pi * x)) / 2

        theirs = [0.0] + [PEAK * ratio(k) for k in range(total - 1)]
        params = {"total_num_steps": total, "warmup_num_steps": warmup, "warmup_type": curve}
        text = json.dumps({"optimizer": {"params": {"lr": PEAK}}, "scheduler": {"type": "WarmupCosineLR", "params": params}})
        check("deepspeed", text, theirs, by="its published formula")


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
    "join_schedules([optax.linear_schedule(0.0, 3e-4, {w}), optax.cosine_decay_schedule(3e-4, {n})], [{w}])",
]


@pytest.mark.parametrize("total", HORIZONS)
@pytest.mark.parametrize("call", OPTAX)
def test_optax(call, total):
    optax = pytest.importorskip("optax")
    import jax

    for warmup in sorted({1, max(1, total // 10)}):
        if warmup >= total and "{w}" in call:
            continue
        text = "optax." + call.format(w=warmup, n=total)
        if "{5:" in text and total == 1000:
            text = text.replace("{5:", "{5: 1.0, 50:")
        jax.config.update("jax_enable_x64", True)
        try:
            theirs = jax.vmap(eval(text, {"optax": optax}))(np.arange(total)) * np.ones(total)
        finally:
            jax.config.update("jax_enable_x64", False)
        # The power multiplies the relative rounding of their cosine and their exponential; a floor rounds once more, where
        # ours is within 2e-16 of the exact rate and XLA's cosine within 2.6e-16 on the other side.
        check("optax", text, theirs, limit=4 * DOUBLE if "exponent" in text else 5e-16 if "end_value" in text else DOUBLE)
        single = jax.vmap(eval(text, {"optax": optax}))(np.arange(total)) * np.ones(total, np.float32)
        ours = import_schedule(text, updates=total).schedule.values(total)
        assert np.max(np.abs(np.asarray(single, float) - ours)) <= 2 * SINGLE * PEAK


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
@pytest.mark.parametrize("least", [0.0, 3e-5])
@pytest.mark.parametrize("constant", [0, 2])
def test_nemo(total, least, constant):
    for warmup in sorted({0, 1, total // 10}):
        decay = total - warmup - constant
        if decay < 1:
            continue

        def at(step, w=warmup, decay=decay):
            if w and step <= w:
                return PEAK * step / w if constant else PEAK * (step + 1) / (w + 1)
            if step > w + decay:
                return least
            return least + (PEAK - least) * 0.5 * (1 + math.cos(math.pi * (step - w) / decay))

        sched = {"name": "CosineAnnealing", "warmup_steps": warmup, "constant_steps": constant, "min_lr": least}
        tree = {"trainer": {"max_steps": total}, "model": {"optim": {"name": "adamw", "lr": PEAK, "sched": sched}}}
        check("nemo", yaml(tree), [at(step) for step in range(total)], by="its published formula")


@pytest.mark.parametrize("total", HORIZONS)
def test_axolotl(total):
    for warmup in warmups(total):
        for share, end in ((None, None), (0.1, None), (0.1, 0.8)):
            last = int(total * end) if end else total
            if end and last <= warmup:
                continue

            def at(i, w=warmup, last=last, share=share):
                if i < w:
                    return PEAK * i / max(1, w)
                x = (min(i, last) - w) / max(1, last - w)
                low = share or 0.0
                return PEAK * (0.5 * (1 - low) * (1 + math.cos(math.pi * x)) + low)

            tree = {"base_model": "m", "micro_batch_size": 2, "sequence_len": 8, "learning_rate": PEAK, "lr_scheduler": "cosine",
                    "warmup_steps": warmup, "max_steps": total, "cosine_min_lr_ratio": share, "cosine_constant_lr_ratio": end}  # fmt: skip
            check("axolotl", yaml(tree), [at(i) for i in range(total)], by="its published formula")


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


def table(seen):
    rows = ["| program | compared with | configurations | updates | largest difference, of the peak |", "|---|---|---|---|---|"]
    for tool, (by, configurations, updates, largest, _) in sorted(seen.items()):
        rows.append(f"| `{tool}` | {by} | {configurations} | {updates} | {largest:.1e} |")
    return "\n".join(rows) + "\n"


class Seen:
    """What the tests have compared: pytest imports this file once more."""

    def pytest_collection_finish(self, session):
        self.rows = session.items[0].module.SEEN


if __name__ == "__main__":
    seen = Seen()
    ended = pytest.main(["-q", "-p", "no:cacheprovider", "--import-mode=importlib", __file__], plugins=[seen])
    page = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "foreign.md"
    begin, end = "<!-- table -->\n", "<!-- end of table -->"
    if ended == 0 and "--write" in sys.argv:
        text = page.read_text()
        page.write_text(text[: text.index(begin) + len(begin)] + table(seen.rows) + text[text.index(end) :])
    else:
        print(table(seen.rows))
    sys.exit(ended)
