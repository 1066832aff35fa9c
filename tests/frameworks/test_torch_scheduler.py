"""ScheduledLR, apply and BoundMonitor in real PyTorch loops: the rates that updates are made with are the schedule's."""

import copy
import math
import pickle

import pytest
import torch
from cases import SPECS, TRUNK, rates
from scheduled import ArgumentError, OmegaStream, Schedule
from scheduled.torch import BoundMonitor, ScheduledLR, apply
from torch.optim.lr_scheduler import LambdaLR, LRScheduler


def make(groups=(1.0,), optimizer=torch.optim.SGD, **options):
    parameters = [torch.nn.Parameter(torch.ones(3)) for _ in groups]
    named = [{"params": [parameter], "lr": lr} for parameter, lr in zip(parameters, groups)]
    return optimizer(named, lr=groups[0], **options)


def update(optimizer, factor=1.0):
    """One update; returns the rates it was made with."""
    used = [float(group["lr"]) for group in optimizer.param_groups]
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.full_like(parameter, factor)
    optimizer.step()
    return used


def train(optimizer, scheduler, count):
    used = []
    for _ in range(count):
        assert scheduler.get_last_lr() == [float(group["lr"]) for group in optimizer.param_groups]
        used.append(update(optimizer)[0])
        scheduler.step()
    return used


@pytest.mark.parametrize("spec", SPECS)
def test_rates_are_the_schedules(spec):
    optimizer = make()
    scheduler = ScheduledLR(optimizer, spec)
    assert isinstance(scheduler, LRScheduler)
    assert train(optimizer, scheduler, 15) == rates(spec, 15)


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("optimizer_first", [True, False])
def test_resume_at_every_step(spec, optimizer_first, tmp_path):
    for step in range(13):
        optimizer = make()
        scheduler = ScheduledLR(optimizer, Schedule(spec))
        train(optimizer, scheduler, step)
        torch.save([optimizer.state_dict(), scheduler.state_dict()], tmp_path / "state.pt")
        saved = torch.load(tmp_path / "state.pt", weights_only=True)
        optimizer = make()
        scheduler = ScheduledLR(optimizer, spec)
        loads = [(optimizer, saved[0]), (scheduler, saved[1])]
        for part, state in loads if optimizer_first else reversed(loads):
            part.load_state_dict(state)
        assert train(optimizer, scheduler, 15 - step) == rates(spec, 15, step)


@pytest.mark.parametrize("optimizer_first", [True, False])
def test_first_rate_of_a_branch(optimizer_first):
    """PyTorch's own schedulers leave the trunk's rate in the optimizer for one update."""
    trunk = make()
    scheduler = ScheduledLR(trunk, TRUNK)
    train(trunk, scheduler, 8)
    saved = trunk.state_dict(), scheduler.state_dict()
    branch = "rsqrt(steps=12, warmup=4, cooldown=4, peak=0.01)"
    optimizer = make()
    scheduler = ScheduledLR(optimizer, branch, resume="branch")
    loads = [(optimizer, saved[0]), (scheduler, saved[1])]
    for part, state in loads if optimizer_first else reversed(loads):
        part.load_state_dict(state)
    assert Schedule(branch).lr(8) != Schedule(TRUNK).lr(8)
    assert train(optimizer, scheduler, 4) == rates(branch, 12, 8)


def test_a_jump_is_refused_with_both_rates():
    optimizer = make()
    scheduler = ScheduledLR(optimizer, "constant(peak=0.25)")
    train(optimizer, scheduler, 3)
    state = scheduler.state_dict()
    with pytest.raises(ArgumentError, match=r"update 3 would jump from 0\.25, by the .*constant.*, to 0\.5; resume="):
        ScheduledLR(make(), "constant(peak=0.5)").load_state_dict(state)
    same_rate = ScheduledLR(make(), "wsd(steps=100, peak=0.25)")  # nothing jumps
    same_rate.load_state_dict(state)
    assert same_rate.get_last_lr() == [0.25]
    recorded = ScheduledLR(make(), "constant(peak=0.5)", resume="recorded")
    recorded.load_state_dict(state)
    assert recorded.get_last_lr() == [0.25]
    assert str(recorded.schedule) == "constant(peak=0.25)"
    with pytest.raises(ArgumentError, match="resume = 'other': must be"):
        ScheduledLR(make(), TRUNK, resume="other")
    with pytest.raises(ArgumentError, match="group 1 at update 3 would jump from 0\\.125"):
        twice = make((0.1, 0.05))
        state = {"spec": "constant(peak=0.25)", "step": 3, "scale": [1.0, 0.5]}
        ScheduledLR(twice, "constant(peak=0.25)", scale=[1, 2]).load_state_dict(state)


def test_two_groups_keep_the_ratio_of_their_own_rates():
    optimizer = make((0.01, 0.002))
    scheduler = ScheduledLR(optimizer, SPECS[0])
    for step, rate in enumerate(rates(SPECS[0], 12)):
        assert update(optimizer) == pytest.approx([rate, rate / 5], rel=1e-15), step
        scheduler.step()
    optimizer = make((0.01, 0.002))
    assert ScheduledLR(optimizer, SPECS[2], scale=[3.0, 1.0]).get_last_lr() == pytest.approx([0.3, 0.1])
    with pytest.raises(ArgumentError, match="has 1 values for 2 parameter groups"):
        ScheduledLR(make((0.01, 0.002)), SPECS[2], scale=[3.0])
    with pytest.raises(ArgumentError, match=r"scale\[1\] = nan: must be finite and >= 0"):
        ScheduledLR(make((0.01, 0.002)), SPECS[2], scale=[3.0, math.nan])
    with pytest.raises(ArgumentError, match="first parameter group has the rate 0"):
        ScheduledLR(make((0.0, 0.002)), SPECS[2])
    scheduler = ScheduledLR(optimizer, SPECS[2], scale=[1.0, 0.5])
    optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": optimizer.param_groups[0]["lr"] / 4})
    update(optimizer)
    scheduler.step()
    assert scheduler.get_last_lr() == pytest.approx([0.0875, 0.04375, 0.021875])


@pytest.mark.parametrize("optimizer_first", [True, False])
def test_groups_that_join_with_the_usual_rate_or_their_own(optimizer_first):
    """A group without a rate of its own is like those that were there, whenever it joins; also after a resume."""

    def join(optimizer):
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))]})
        optimizer.add_param_group({"params": [torch.nn.Parameter(torch.ones(1))], "lr": 0.25 * optimizer.param_groups[0]["lr"]})

    for step in (0, 1, 8, 11):  # SPECS[1] begins and ends at the rate 0
        optimizer = make()
        scheduler = ScheduledLR(optimizer, SPECS[1])
        train(optimizer, scheduler, step)
        join(optimizer)
        update(optimizer)
        scheduler.step()
        assert scheduler.scale[:2] == [1.0, 1.0]
        if step in (1, 8):
            assert scheduler.scale[2] == pytest.approx(0.25)
        saved = optimizer.state_dict(), scheduler.state_dict()
        again = make()
        resumed = ScheduledLR(again, SPECS[1])
        join(again)
        loads = [(again, saved[0]), (resumed, saved[1])]
        for part, state in loads if optimizer_first else reversed(loads):
            part.load_state_dict(state)
        assert resumed.scale == scheduler.scale and resumed.get_last_lr() == scheduler.get_last_lr()
    with pytest.raises(ArgumentError, match="the checkpoint has 3 parameter groups, here are 1; make the same groups"):
        ScheduledLR(make(), SPECS[1]).load_state_dict(saved[1])


def test_a_checkpoint_of_another_scheduler():
    """A run goes on with a schedule that equals what it had, and a jump is refused with both rates."""
    optimizer = make((1e-3, 1e-4))
    theirs = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, total_iters=100)
    for _ in range(40):
        update(optimizer)
        theirs.step()
    state = theirs.state_dict()
    ours = ScheduledLR(make((1e-3, 1e-4)), "linear(steps=101, peak=1e-3)")
    ours.load_state_dict(state)
    assert ours.last_epoch == 40 and ours.get_last_lr() == pytest.approx([6e-4, 6e-5])
    jump = r"group 0 at update 40 would jump from 0\.0006\d*, by the checkpoint of another scheduler, to 0\.00059.*'branch' takes"
    with pytest.raises(ArgumentError, match=jump) as error:
        ScheduledLR(make((1e-3, 1e-4)), "linear(steps=100, peak=1e-3)").load_state_dict(state)
    assert "recorded" not in str(error.value)
    branch = ScheduledLR(make((1e-3, 1e-4)), "linear(steps=100, peak=1e-3)", resume="branch")
    branch.load_state_dict(state)
    assert branch.get_last_lr()[0] == Schedule("linear(steps=100, peak=1e-3)").lr(40)
    with pytest.raises(ArgumentError, match="resume = recorded: the checkpoint is of another scheduler"):
        ScheduledLR(make((1e-3, 1e-4)), SPECS[0], resume="recorded").load_state_dict(state)
    with pytest.raises(ArgumentError, match="state_dict: is not that of a learning-rate scheduler; its keys are: state, param_groups"):
        ScheduledLR(make(), SPECS[0]).load_state_dict(optimizer.state_dict())


@pytest.mark.parametrize(
    "kind", ["SGD", "Adam", "AdamW", "Adagrad", "RMSprop", "Adadelta", "NAdam", "RAdam", "Adafactor", "Muon", "LBFGS"]
)
def test_optimizers_of_all_kinds(kind):
    parameter = torch.nn.Parameter(torch.ones(3, 3))
    optimizer = getattr(torch.optim, kind)([parameter], lr=1.0)
    scheduler = ScheduledLR(optimizer, SPECS[0])

    def closure():
        optimizer.zero_grad()
        loss = parameter.square().sum()
        loss.backward()
        return loss

    used = []
    for _ in range(12):
        used.append(optimizer.param_groups[0]["lr"])
        optimizer.step(closure)
        scheduler.step()
    assert used == rates(SPECS[0], 12)


@pytest.mark.parametrize("options", [{"foreach": True}, {"fused": True}, {"momentum": 0.9, "nesterov": True}])
def test_ways_to_update(options):
    optimizer = make((1.0,), torch.optim.SGD, **options)
    assert train(optimizer, ScheduledLR(optimizer, SPECS[0]), 12) == rates(SPECS[0], 12)


def test_in_a_sequential_lr():
    optimizer = make()
    parts = [ScheduledLR(optimizer, SPECS[2]), ScheduledLR(optimizer, "constant(peak=0.3)")]
    scheduler = torch.optim.lr_scheduler.SequentialLR(optimizer, parts, [4])
    used = []
    for _ in range(7):
        used += update(optimizer)
        scheduler.step()
    assert used == [*rates(SPECS[2], 4), 0.3, 0.3, 0.3]


def test_several_optimizers():
    muon, adam = make((0.02,)), make((1e-3, 1e-4), torch.optim.AdamW)
    schedulers = [ScheduledLR(muon, SPECS[0]), ScheduledLR(adam, SPECS[0], scale=[0.05, 0.005])]
    for rate in rates(SPECS[0], 12):
        assert update(muon) + update(adam) == pytest.approx([rate, rate / 20, rate / 200], rel=1e-14)
        for scheduler in schedulers:
            scheduler.step()


def test_groups_after_a_checkpoint_at_rate_0():
    """The ratio is not read from rates that happen to be 0."""
    optimizer = make((0.01, 0.002))
    scheduler = ScheduledLR(optimizer, SPECS[1])
    assert scheduler.get_last_lr() == [0.0, 0.0]
    again = make((0.01, 0.002))
    again.load_state_dict(optimizer.state_dict())
    assert ScheduledLR(again, SPECS[1]).scale == pytest.approx([1.0, 0.2])


def test_rates_that_are_tensors_stay_the_same_tensors():
    optimizer = make((torch.tensor(1.0), torch.tensor(0.5)), torch.optim.Adam)
    held = [group["lr"] for group in optimizer.param_groups]
    scheduler = ScheduledLR(optimizer, SPECS[0])
    for rate in rates(SPECS[0], 12):
        assert update(optimizer) == pytest.approx([rate, rate / 2], rel=1e-6)
        scheduler.step()
        assert all(group["lr"] is tensor for group, tensor in zip(optimizer.param_groups, held))
    apply(optimizer, Schedule(SPECS[0]), 3)
    assert all(group["lr"] is tensor for group, tensor in zip(optimizer.param_groups, held))
    assert [float(tensor) for tensor in held] == pytest.approx([0.02, 0.01])
    last = scheduler.get_last_lr()
    last[0].fill_(7.0)
    assert float(held[0]) != 7.0


def test_copies_and_pickles_go_on():
    optimizer = make()
    scheduler = ScheduledLR(optimizer, SPECS[0])
    train(optimizer, scheduler, 4)
    for other in (copy.deepcopy(scheduler), pickle.loads(pickle.dumps(scheduler))):
        assert other.optimizer is not optimizer
        assert train(other.optimizer, other, 8) == rates(SPECS[0], 12, 4)
    assert train(optimizer, scheduler, 8) == rates(SPECS[0], 12, 4)


def test_a_horizon_that_comes_late():
    assert str(ScheduledLR(make(), "wsd(cooldown=20%)", steps=50).schedule) == str(Schedule("wsd(steps=50, cooldown=20%)"))
    assert ScheduledLR(make(), "linear(steps=5)", steps=50).schedule.steps == 5


@pytest.mark.parametrize("accumulate", [1, 3])
def test_accumulation(accumulate):
    """Also where step() is called for each micro-batch, as it often is by mistake."""
    optimizer = make()
    scheduler = ScheduledLR(optimizer, SPECS[0])
    used = []
    for micro in range(12 * accumulate):
        if (micro + 1) % accumulate == 0:
            used += update(optimizer)
        scheduler.step()
    assert used == rates(SPECS[0], 12)


@pytest.mark.parametrize("fused", [False, True])
def test_updates_that_grad_scaler_skips_do_not_count(fused):
    optimizer = make((1.0,), torch.optim.AdamW, fused=fused)
    scheduler = ScheduledLR(optimizer, SPECS[0])
    scaler = torch.amp.GradScaler("cpu", init_scale=4.0)
    (parameter,) = optimizer.param_groups[0]["params"]
    used = []
    for attempt in range(16):
        before = parameter.detach().clone()
        bad = attempt in (0, 1, 5, 9)
        rate = optimizer.param_groups[0]["lr"]
        scaler.scale(parameter.sum() * (math.inf if bad else 1.0)).backward()
        scaler.step(optimizer)
        scaler.update()
        optimizer.zero_grad()
        scheduler.step()
        if not torch.equal(before, parameter):
            used.append(rate)
    # AdamW with a decaying rate moves the weights at each update but those of rate 0.
    assert used == rates(SPECS[0], 12)


@pytest.mark.parametrize("backend", ["eager", "aot_eager"])
def test_compiled_updates(backend):
    optimizer = make((torch.tensor(1.0),), torch.optim.Adam)
    scheduler = ScheduledLR(optimizer, SPECS[0])
    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.ones_like(parameter)
    compiled = torch.compile(lambda: optimizer.step(), backend=backend)
    used = []
    for _ in range(12):
        used.append(float(optimizer.param_groups[0]["lr"]))
        compiled()
        scheduler.step()
    assert used == pytest.approx(rates(SPECS[0], 12), rel=1e-6)


def test_a_step_that_was_compiled_before_the_scheduler_was_made():
    optimizer = make((torch.tensor(1.0),), torch.optim.Adam)
    compiled = torch.compile(optimizer.step, backend="eager")
    scheduler = ScheduledLR(optimizer, SPECS[0])
    (parameter,) = optimizer.param_groups[0]["params"]
    parameter.grad = torch.ones_like(parameter)
    used = []
    for _ in range(12):
        used.append(float(optimizer.param_groups[0]["lr"]))
        compiled()
        scheduler.step()
    assert used == pytest.approx(rates(SPECS[0], 12), rel=1e-6)


def test_a_compiled_function_with_the_scheduler_inside():
    optimizer = make((torch.tensor(1.0),), torch.optim.SGD)
    scheduler = ScheduledLR(optimizer, SPECS[0])
    (parameter,) = optimizer.param_groups[0]["params"]
    parameter.grad = torch.ones_like(parameter)

    @torch.compile(backend="eager")
    def both():
        optimizer.step()
        scheduler.step()

    for step in range(12):
        assert float(optimizer.param_groups[0]["lr"]) == pytest.approx(Schedule(SPECS[0]).lr(step), rel=1e-6)
        both()


def test_many_calls_without_an_update_warn():
    scheduler = ScheduledLR(make(), SPECS[0])
    with pytest.warns(RuntimeWarning, match="50 times without an update of the optimizer"):
        for _ in range(60):
            scheduler.step()
    assert scheduler.get_last_lr() == rates(SPECS[0], 1)


@pytest.mark.parametrize("spec", SPECS)
def test_apply(spec):
    schedule = Schedule(spec)
    optimizer, other = make((0.1, 0.2)), make((0.1,))
    for step in range(15):
        assert apply(optimizer, schedule, step) == schedule.lr(step)
        assert update(optimizer) == pytest.approx([schedule.lr(step), 2 * schedule.lr(step)], rel=1e-15)
        apply([optimizer, other], schedule, step, scale=[1, 1, 3])
        assert [group["lr"] for group in other.param_groups] == [schedule.lr(step) * 3.0]
    assert apply(other, spec, 2) == schedule.lr(2)
    with pytest.raises(ArgumentError, match="schedule = 3: must be a Schedule or its spec"):
        apply(other, 3, 2)


def test_lambda_lr_takes_a_schedule(tmp_path):
    schedule = Schedule(SPECS[0])
    optimizer = make()
    scheduler = LambdaLR(optimizer, schedule)
    assert train(optimizer, scheduler, 12) == rates(SPECS[0], 12)
    torch.save(scheduler.state_dict(), tmp_path / "state.pt")
    again = LambdaLR(make(), copy.deepcopy(schedule))
    again.load_state_dict(torch.load(tmp_path / "state.pt", weights_only=True))
    assert pickle.loads(pickle.dumps(schedule))(3) == schedule.lr(3)
    assert again.get_last_lr() == scheduler.get_last_lr()


def test_bound_monitor():
    optimizer, stream = make(), OmegaStream(2.0)
    scheduler = ScheduledLR(optimizer, SPECS[0])
    monitor = BoundMonitor(distance=2.0)
    assert monitor.value == math.inf
    for step, norm in enumerate([1.0, math.inf, torch.tensor(0.5), math.nan, torch.tensor(2.0)]):
        lr = update(optimizer)[0]
        skipped = not math.isfinite(float(norm))
        value = monitor.push(optimizer, norm)
        assert value == (stream.push(0.0) if skipped else stream.push(lr, float(norm))), step
        scheduler.step()
    assert monitor.push(optimizer, torch.tensor(1e-43)) == stream.push(optimizer.param_groups[0]["lr"], 0.0)
    with pytest.raises(ArgumentError, match="distance = 'a': must be a number"):
        BoundMonitor("a")
    again = BoundMonitor()
    again.load_state_dict(copy.deepcopy(monitor.state_dict()))
    assert again.push(0.1, 1.0) == monitor.push(0.1, 1.0) == stream.push(0.1, 1.0)
