"""Schedules of PyTorch and optax, and the warmups of Hugging Face, as specs; test_import.py has those that are imported."""

import math
import warnings
from functools import partial

import jax
import numpy as np
import optax
import pytest
import torch
from scheduled import Schedule
from torch.optim import lr_scheduler
from transformers import optimization

PEAK = 3e-4
DOUBLE = 4e-16  # of the peak, where the program computes in double precision
SINGLE = 2e-7


def check(spec, theirs, limit=DOUBLE, peak=PEAK):
    ours = Schedule(spec).with_peak(peak).values(len(theirs))
    assert np.max(np.abs(ours - np.asarray(theirs, float))) <= limit * peak, spec


def used(make, count):
    """The rates of the first updates under one of PyTorch's schedulers."""
    parameter = torch.nn.Parameter(torch.zeros(()))
    optimizer = torch.optim.SGD([parameter], lr=PEAK)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        scheduler = make(optimizer)
        rates = []
        for _ in range(count):
            rates.append(optimizer.param_groups[0]["lr"])
            scheduler.step()
    return rates


@pytest.mark.parametrize("total", [10, 1000, 12345])
@pytest.mark.parametrize("curve", ["linear", "cosine", "1-sqrt"])
@pytest.mark.parametrize("floor", [0.0, 0.1])
def test_hugging_face_curved_warmups(total, curve, floor):
    for warmup in (0, 1, total // 10, total // 2):
        decay = total // 5
        theirs = used(
            partial(
                optimization.get_wsd_schedule,
                num_warmup_steps=warmup,
                num_decay_steps=decay,
                num_training_steps=total,
                warmup_type=curve,
                decay_type="cosine",
                min_lr_ratio=floor,
            ),
            total + 1,
        )
        check(
            f"wsd(steps={total + 1}, warmup={warmup}, warmup_start={100 * floor}%, warmup_curve={curve}, "
            f"cooldown={decay}, decay=cosine, final={100 * floor}%)",
            theirs,
        )


@pytest.mark.parametrize("multiplier", [1, 2, 3])
@pytest.mark.parametrize("first", [1, 10, 137])
def test_torch_warm_restarts(multiplier, first):
    theirs = used(partial(lr_scheduler.CosineAnnealingWarmRestarts, T_0=first, T_mult=multiplier, eta_min=1e-5), 3000)
    check(f"restarts(cycle={first}, multiplier={multiplier}, low=1e-5)", theirs)


@pytest.mark.parametrize("gamma", [0.995, 0.9999, 0.9])
def test_torch_exponential(gamma):
    half_life = math.log(2) / -math.log(gamma)
    spec = f"exponential(steps=2001, half_life={half_life!r})"
    check(spec, [PEAK * gamma**i for i in range(2001)])
    check(spec, used(partial(lr_scheduler.ExponentialLR, gamma=gamma), 2001), 3e-14)  # theirs multiplies 2000 times


def test_torch_cosine_past_its_end_and_one_cycle():
    theirs = used(partial(lr_scheduler.CosineAnnealingLR, T_max=100, eta_min=1e-5), 401)
    again = "cosine to 1e-5 over 100, cosine to 100% over 100"
    check(
        f"stages(peak={PEAK}, pieces=[hold over 1, {again}, {again}])", theirs, 3e-14
    )  # theirs goes from rate to rate
    theirs = used(
        partial(lr_scheduler.OneCycleLR, max_lr=PEAK, total_steps=1000, pct_start=0.3, cycle_momentum=False), 1000
    )
    pieces = "rewarm curve=cosine from 4% over 299, cosine to 0.0004% over 700"
    check(f"stages(peak={PEAK}, pieces=[hold at 4% over 1, {pieces}])", theirs, 1e-15)  # theirs subtracts its rates


@pytest.fixture(params=["float32", "float64"])
def jax_limit(request):
    jax.config.update("jax_enable_x64", request.param == "float64")
    yield DOUBLE if request.param == "float64" else SINGLE
    jax.config.update("jax_enable_x64", False)


@pytest.mark.parametrize("exponent", [1.0, 2.0, 3.7])
def test_optax_cosine_exponent(exponent, jax_limit):
    rate = jax.vmap(optax.cosine_decay_schedule(PEAK, 1000, alpha=0.1, exponent=exponent))
    # The power multiplies the relative rounding of their cosine.
    check(f"cosine(steps=1001, final=10%, exponent={exponent})", rate(np.arange(1001)), exponent * jax_limit)


def test_optax_exponential_with_an_end(jax_limit):
    rate = jax.vmap(optax.exponential_decay(PEAK, 100, 0.5, end_value=1e-5))
    check("exponential(steps=1001, half_life=100, floor=1e-5)", rate(np.arange(1001)), jax_limit)


def test_optax_joined_schedules(jax_limit):
    rate = optax.join_schedules(
        [optax.linear_schedule(0.0, PEAK, 10), optax.constant_schedule(PEAK), optax.cosine_decay_schedule(PEAK, 50)],
        [10, 60],
    )
    check(
        "stages(warmup=10, warmup_start=0, pieces=[hold until 61, cosine over 50, hold over 10])",
        jax.vmap(rate)(np.arange(121)),
        jax_limit,
    )
