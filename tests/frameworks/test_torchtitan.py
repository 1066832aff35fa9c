"""ScheduledLRSchedulers in the place of torchtitan's own container, for its own optimizers."""

import pickle

import pytest
import torch
from cases import rates
from scheduled import ArgumentError, Schedule

pytest.importorskip("torchtitan")
from scheduled.torchtitan import ScheduledLRSchedulers
from torchtitan.components.optimizer.lr_scheduler import LRSchedulersContainer
from torchtitan.components.optimizer.optimizer import OptimizersContainer, ParamGroupConfig

SPEC = "wsd(warmup=3, cooldown=5, peak=0.02)"
TRUNK = "rsqrt(warmup=3, peak=0.01)"
WHOLE = "wsd(steps=12, warmup=3, cooldown=5, peak=0.02)"


class Optimizers(list):
    """What the trainer asks of its container of optimizers."""

    def step(self):
        for optimizer in self:
            for group in optimizer.param_groups:
                for parameter in group["params"]:
                    parameter.grad = torch.ones_like(parameter)
            optimizer.step()


def make(count=2):
    return Optimizers(torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=1e-3 / (1 + i)) for i in range(count))


def build(optimizers, spec=SPEC, **options):
    return ScheduledLRSchedulers.Config(schedule=spec, **options).build(optimizers=optimizers, training_steps=12)


def train(optimizers, schedulers, count):
    used = []
    for _ in range(count):
        used.append([group["lr"] for optimizer in optimizers for group in optimizer.param_groups])
        assert list(schedulers.get_metrics().values())[-1] == used[-1][-1]
        optimizers.step()
        schedulers.step()
    return used


def test_rates_and_resume_at_every_step():
    optimizers = make(1)
    schedulers = build(optimizers)
    assert isinstance(schedulers, LRSchedulersContainer) and len(schedulers) == 1
    assert train(optimizers, schedulers, 14) == [[rate] for rate in rates(WHOLE, 14)]
    for step in range(13):
        optimizers = make(1)
        schedulers = build(optimizers)
        train(optimizers, schedulers, step)
        state = pickle.loads(pickle.dumps(schedulers.state_dict()))
        optimizers = make(3)  # resharded
        schedulers = build(optimizers)
        schedulers.load_state_dict(state)
        used = train(optimizers, schedulers, 13 - step)
        assert [row[0] for row in used] == rates(WHOLE, 13, step)
        assert [row[2] for row in used] == pytest.approx([rate / 3 for rate in rates(WHOLE, 13, step)], rel=1e-14)


def test_equals_their_own_schedule():
    """The virtual last step: their decay ends at update training_steps, which is never made."""
    optimizers = make(1)
    theirs = LRSchedulersContainer.Config(warmup_steps=3, decay_ratio=5 / 12).build(optimizers=optimizers, training_steps=12)
    ours = Schedule("wsd(steps=13, warmup=3, cooldown=5, peak=1e-3)")
    for step in range(12):
        assert optimizers[0].param_groups[0]["lr"] == pytest.approx(ours.lr(step), rel=1e-15)
        optimizers.step()
        theirs.step()


def test_first_rate_of_a_branch_and_total_steps():
    optimizers = make()
    schedulers = build(optimizers, "rsqrt(warmup=3, peak=0.01)")
    train(optimizers, schedulers, 8)
    branch = "rsqrt(warmup=3, cooldown=4, peak=0.01)"
    with pytest.raises(ArgumentError, match="would jump from"):
        build(make(), branch).load_state_dict(schedulers.state_dict())
    optimizers = make()
    again = build(optimizers, branch, resume="branch")
    again.load_state_dict(schedulers.state_dict())
    assert [row[0] for row in train(optimizers, again, 4)] == rates("rsqrt(steps=12, warmup=3, cooldown=4, peak=0.01)", 12, 8)
    assert build(make(), SPEC, total_steps=100).schedule.steps == 100


@pytest.mark.parametrize("options", [{}, {"total_steps": 100}])
def test_a_trunk_stays_without_a_horizon(options):
    for trunk in (TRUNK, "constant(peak=0.1)"):
        assert str(build(make(), trunk, **options).schedule) == str(Schedule(trunk))
    optimizers = make(1)
    assert train(optimizers, build(optimizers, TRUNK, **options), 20) == [[rate] for rate in rates(TRUNK, 20)]


def test_their_own_optimizers():
    """Groups and optimizers of torchtitan's container keep their ratio; what its trainer calls is there."""
    model = torch.nn.Linear(3, 2)
    config = OptimizersContainer.Config(
        param_groups=[
            ParamGroupConfig(pattern="weight$", optimizer_name="AdamW", optimizer_kwargs={"lr": 1e-3}),
            ParamGroupConfig(pattern="bias$", optimizer_name="Adam", optimizer_kwargs={"lr": 5e-4}),
        ],
        implementation="for-loop",
    )
    optimizers = config.build(model_parts=[model])
    schedulers = build(optimizers)
    for rate in rates(WHOLE, 12):
        used = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
        assert used == pytest.approx([rate, rate / 2], rel=1e-15)
        assert sorted(schedulers.get_metrics().values()) == pytest.approx(sorted(used))
        optimizers.zero_grad()
        model(torch.ones(1, 3)).sum().backward()
        optimizers.step()
        schedulers.step()
    again = build(config.build(model_parts=[model]))
    again.load_state_dict(schedulers.state_dict())
    assert again.schedulers[0].last_epoch == 12


def test_a_checkpoint_of_their_own_schedulers():
    optimizers = make(2)
    theirs = LRSchedulersContainer.Config(warmup_steps=3).build(optimizers=optimizers, training_steps=12)
    for _ in range(5):
        optimizers.step()
        theirs.step()
    with pytest.raises(ArgumentError, match="resume = same: the checkpoint is of another scheduler and does not hold its rates"):
        build(make(2), "linear(steps=13, warmup=3, peak=1e-3)").load_state_dict(theirs.state_dict())
    ours = build(make(2), "linear(steps=13, warmup=3, peak=1e-3)", resume="branch")
    ours.load_state_dict(theirs.state_dict())
    used = [group["lr"] for optimizer in optimizers for group in optimizer.param_groups]
    assert [rate for one in ours.schedulers for rate in one.get_last_lr()] == pytest.approx(used, rel=1e-14)


def test_what_would_be_ignored_is_refused():
    for options in ({"decay_ratio": 0.3}, {"warmup_steps": 17}, {"min_lr_factor": 0.1}):
        (name,) = options
        with pytest.raises(ArgumentError, match=f"{name} = .*: is of torchtitan's own schedule, not used here"):
            build(make(), **options)
    with pytest.raises(ArgumentError, match="optimizers: there are none"):
        build([])
