"""ScheduledParamScheduler in the place of megatron-core's OptimizerParamScheduler."""

from types import SimpleNamespace

import pytest
import torch
from cases import SPECS, TRUNK, rates
from scheduled import ArgumentError, Schedule

pytest.importorskip("megatron.core")
from megatron.core.optimizer_param_scheduler import OptimizerParamScheduler
from scheduled.megatron import ScheduledParamScheduler

BATCH = 16


def make(*groups):
    return SimpleNamespace(param_groups=[{"lr": 0.0, "weight_decay": 0.0, **group} for group in groups or ({},)])


def train(optimizer, scheduler, count, increment=BATCH):
    used = []
    for _ in range(count):
        used.append([group["lr"] for group in optimizer.param_groups])
        scheduler.step(increment=increment)
    return used


@pytest.mark.parametrize("spec", SPECS)
def test_rates_and_resume_at_every_step(spec, tmp_path):
    for step in range(13):
        optimizer = make()
        scheduler = ScheduledParamScheduler(optimizer, spec, samples_per_step=BATCH)
        assert isinstance(scheduler, OptimizerParamScheduler)
        assert train(optimizer, scheduler, step) == [[rate] for rate in rates(spec, step)]
        torch.save(scheduler.state_dict(), tmp_path / "state.pt")
        optimizer = make()
        scheduler = ScheduledParamScheduler(optimizer, spec, samples_per_step=BATCH)
        scheduler.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
        assert train(optimizer, scheduler, 14 - step) == [[rate] for rate in rates(spec, 14, step)]


def test_tokens_and_a_batch_that_ramps_up():
    """Rates follow what was consumed: half a batch is half a step."""
    optimizer = make()
    scheduler = ScheduledParamScheduler(optimizer, SPECS[0], tokens_per_step=BATCH * 128, seq_length=128)
    halves = [row[0] for row in train(optimizer, scheduler, 6, BATCH // 2)]
    assert halves == [rate for rate in rates(SPECS[0], 3) for _ in (0, 1)]
    assert [row[0] for row in train(optimizer, scheduler, 9)] == rates(SPECS[0], 12, 3)


def test_groups_and_weight_decay_as_in_megatron():
    groups = {"max_lr": 0.02, "wd_mult": 1.0}, {"max_lr": 0.01, "min_lr": 0.004, "wd_mult": 0.0}
    optimizer, own = make(*groups), make(*groups)
    decay = {"start_wd": 0.0, "end_wd": 0.1, "wd_incr_steps": 12 * BATCH, "wd_incr_style": "cosine"}
    scheduler = ScheduledParamScheduler(optimizer, SPECS[0], samples_per_step=BATCH, **decay)
    theirs = OptimizerParamScheduler(own, 0.0, 0.02, 0.0, 0, 100, "constant", **decay)
    for rate in rates(SPECS[0], 12):
        assert [group["lr"] for group in optimizer.param_groups] == pytest.approx([rate, max(rate / 2, 0.004)])
        assert [g["weight_decay"] for g in optimizer.param_groups] == [g["weight_decay"] for g in own.param_groups]
        scheduler.step(BATCH)
        theirs.step(BATCH)


@pytest.mark.parametrize("style, decay", [("linear", "linear"), ("cosine", "cosine"), ("minus_sqrt", "1-sqrt")])
def test_equals_their_own_schedule(style, decay):
    """The virtual last step, and warmup from update 0 at rate 0."""
    optimizer, own = make(), make()
    steps = {"lr_warmup_steps": 3 * BATCH, "lr_decay_steps": 12 * BATCH, "wsd_decay_steps": 5 * BATCH}
    theirs = OptimizerParamScheduler(
        own, init_lr=0.0, max_lr=0.02, min_lr=1e-4, lr_decay_style="WSD", lr_wsd_decay_style=style, start_wd=0.0, end_wd=0.0,
        wd_incr_steps=1, wd_incr_style="constant", **steps,
    )  # fmt: skip
    spec = f"wsd(steps=13, warmup=3, warmup_start=0, cooldown=5, decay={decay}, peak=0.02, final=1e-4)"
    scheduler = ScheduledParamScheduler(optimizer, spec, samples_per_step=BATCH)
    for _ in range(12):
        assert optimizer.param_groups[0]["lr"] == pytest.approx(own.param_groups[0]["lr"], rel=1e-14, abs=1e-17)
        scheduler.step(BATCH)
        theirs.step(BATCH)


def test_first_rate_of_a_branch_and_refusals():
    optimizer = make()
    scheduler = ScheduledParamScheduler(optimizer, TRUNK, samples_per_step=BATCH)
    train(optimizer, scheduler, 8)
    state = scheduler.state_dict()
    branch = "rsqrt(steps=12, warmup=4, cooldown=4, peak=0.01)"
    with pytest.raises(ArgumentError, match="update 8 would jump from"):
        ScheduledParamScheduler(make(), branch, samples_per_step=BATCH).load_state_dict(state)
    with pytest.raises(ArgumentError, match="samples_per_step = 8: the checkpoint has 16"):
        ScheduledParamScheduler(make(), TRUNK, samples_per_step=8).load_state_dict(state)
    with pytest.raises(ArgumentError, match=r"start_wd = 0\.1: the checkpoint has 0\.0; resume='branch' takes"):
        ScheduledParamScheduler(make(), TRUNK, samples_per_step=BATCH, start_wd=0.1).load_state_dict(state)
    with pytest.raises(ArgumentError, match="the checkpoint counts samples"):
        ScheduledParamScheduler(make(), TRUNK, tokens_per_step=8, seq_length=2).load_state_dict(state)
    with pytest.raises(ArgumentError, match="samples_per_step: give it"):
        ScheduledParamScheduler(make(), TRUNK)
    with pytest.raises(ArgumentError, match="seq_length: belongs to"):
        ScheduledParamScheduler(make(), TRUNK, tokens_per_step=100)
    with pytest.raises(ArgumentError, match=r"peak = 0\.01: no parameter group has it as its max_lr, which is 0\.003; give --lr"):
        ScheduledParamScheduler(make({"max_lr": 0.003}), TRUNK, samples_per_step=BATCH)
    with pytest.raises(ArgumentError, match="schedule = 3: must be a Schedule or its spec"):
        ScheduledParamScheduler(make(), 3, samples_per_step=BATCH)
    for name in ("samples_per_step", "wd_incr_steps"):
        with pytest.raises(ArgumentError, match=f"{name} = 0: must be at least 1"):
            ScheduledParamScheduler(make(), TRUNK, **{"samples_per_step": BATCH, name: 0})
    with pytest.raises(ArgumentError, match=r"end_wd = 0\.2: differs from start_wd, so say wd_incr_style"):
        ScheduledParamScheduler(make(), TRUNK, samples_per_step=BATCH, start_wd=0.1, end_wd=0.2)
    late = ScheduledParamScheduler(make({"max_lr": None}), "wsd(cooldown=20%)", steps=50, samples_per_step=BATCH)
    assert late.schedule == Schedule("wsd(steps=50, cooldown=20%)")
    optimizer = make()
    new = ScheduledParamScheduler(optimizer, branch, samples_per_step=BATCH, resume="branch")
    new.load_state_dict(state)
    assert [row[0] for row in train(optimizer, new, 4)] == rates(branch, 12, 8)
    optimizer = make()
    recorded = ScheduledParamScheduler(optimizer, branch, samples_per_step=8, resume="recorded")
    recorded.load_state_dict(state)
    assert [row[0] for row in train(optimizer, recorded, 4)] == [Schedule(TRUNK).lr(step) for step in range(8, 12)]


def test_a_checkpoint_of_their_own_scheduler():
    """It does not say all of its rates, so a jump could not be seen: only a branch goes on from it."""
    theirs = OptimizerParamScheduler(make(), 0.0, 0.02, 0.0, 0, 100 * BATCH, "linear", 0.0, 0.0, 1, "constant")
    theirs.step(8 * BATCH)
    with pytest.raises(ArgumentError, match="resume = same: the checkpoint is of Megatron's own scheduler"):
        ScheduledParamScheduler(make(), TRUNK, samples_per_step=BATCH).load_state_dict(theirs.state_dict())
    optimizer = make()
    ours = ScheduledParamScheduler(optimizer, TRUNK, samples_per_step=BATCH, resume="branch")
    ours.load_state_dict(theirs.state_dict())
    assert [row[0] for row in train(optimizer, ours, 4)] == rates(TRUNK, 12, 8)
    with pytest.raises(ArgumentError, match="has no num_steps"):
        ours.load_state_dict({})
