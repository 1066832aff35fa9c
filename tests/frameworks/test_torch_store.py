"""Checkpoints of PyTorch programs in a run store, and the loop that makes them."""

import random
import re
from pathlib import Path

import numpy as np
import pytest
import torch
from cases import TRUNK, python
from scheduled import ArgumentError, RunStore, Schedule
from scheduled.torch import AnytimeLoop, BoundMonitor, Pending, ScheduledLR, commit, restore

PROGRAM = Path(__file__).with_name("torch_run.py")
BRANCH = {12: "rsqrt(steps=12, warmup=4, cooldown=3, peak=0.01)", 20: "rsqrt(steps=20, warmup=4, cooldown=5, peak=0.01)"}


def make(seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.Linear(4, 3))
    model[1].weight.requires_grad_()
    optimizer = torch.optim.AdamW(model.parameters())
    return {
        "model": model,
        "optimizer": optimizer,
        "scheduler": ScheduledLR(optimizer, TRUNK),
        "monitor": BoundMonitor(),
        "data": {"position": 0},
    }


def train(modules, count):
    losses = []
    for _ in range(count):
        noise = torch.randn(2, 3) + random.random() + np.random.rand()
        loss = modules["model"](noise).square().sum()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(modules["model"].parameters(), 1.0)
        modules["optimizer"].step()
        modules["optimizer"].zero_grad()
        modules["monitor"].push(modules["optimizer"], norm)
        modules["scheduler"].step()
        modules["data"]["position"] += 1
        losses.append((float(loss.detach()), modules["monitor"].value))
    return losses


@pytest.mark.parametrize("format", ["pt", "safetensors", "dcp"])
def test_resume_is_exact(tmp_path, format):
    modules = make(0)
    random.seed(1)
    np.random.seed(2)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        train(modules, 5)
        saved = commit(run, 5, modules, format=format)
        expected = train(modules, 6)
    names = {file.name.partition("/")[0] for file in saved.files}
    assert ("model.safetensors" in names) == (format == "safetensors") and ("dcp" in names) == (format == "dcp")
    again = make(7)
    random.seed(3)
    with RunStore.open(tmp_path / "run") as run:
        assert restore(run.resume(), again) == 5
        assert again["data"] == {"position": 5}
        assert train(again, 6) == expected


def test_a_run_from_scratch_loads_nothing(tmp_path):
    modules = make(0)
    weights = modules["model"][0].weight.detach().clone()
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        assert restore(run.resume(), modules) == 0
    assert torch.equal(weights, modules["model"][0].weight)


def test_a_background_save_is_committed_when_it_is_on_disk(tmp_path):
    modules = make(0)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        train(modules, 4)
        weights = [parameter.detach().clone() for parameter in modules["model"].parameters()]
        left = tmp_path / ".run.saving-trunk-2"  # by a program that was killed meanwhile
        left.mkdir()
        pending = commit(run, 4, modules, format="dcp", wait=False)
        assert isinstance(pending, Pending)
        expected_before_result = run.record().checkpoints
        train(modules, 2)  # the states in the checkpoint are those of before
        saved = pending.result()
        assert expected_before_result == [] and saved.step == 4
        assert [path.name for path in tmp_path.iterdir()] == ["run"]
    again = make(1)
    with RunStore.open(tmp_path / "run") as run:
        assert restore(run.resume(), again) == 4
        assert run.verify().sound
    assert again["scheduler"].last_epoch == 4
    assert all(torch.equal(a, b) for a, b in zip(weights, again["model"].parameters()))


def test_what_cannot_be_saved_or_restored_is_named(tmp_path):
    modules = make(0)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        with pytest.raises(ArgumentError, match="format = 'zip': must be"):
            commit(run, 1, modules, format="zip")
        with pytest.raises(ArgumentError, match="wait = False: only format 'dcp'"):
            commit(run, 1, modules, wait=False)
        with pytest.raises(ArgumentError, match=r"modules\['x'\]: must have state_dict"):
            commit(run, 1, {"x": 3.0})
        with pytest.raises(ArgumentError, match="names are file names"):
            commit(run, 1, {"a/b": {}})
        with pytest.raises(ArgumentError, match=r"needs a torch\.nn\.Module"):
            commit(run, 1, {"data": {}}, format="dcp")
        with pytest.raises(ArgumentError, match=r"modules: must be a dict, such as \{'model': model"):
            commit(run, 1, [modules["model"]])
        with pytest.raises(ArgumentError, match=r"at = .*RunStore.*: must be what RunStore\.resume returned"):
            restore(run, modules)
        with pytest.raises(ArgumentError, match="rank 0 needs the store"):
            commit(None, 1, modules)
        assert run.record().checkpoints == []
        commit(run, 1, modules, rng=False)
        at = run.resume()
        with pytest.raises(ArgumentError, match="modules: are model; the checkpoint has data, model, "):
            restore(at, {"model": modules["model"]})
        with pytest.warns(RuntimeWarning, match="goes on with random numbers of its own"):
            restore(at, modules)
        run.commit(2, lambda folder: (folder / "x").write_bytes(b"x"))
        with pytest.raises(ArgumentError, match=r"scheduled\.torch did not write it"):
            restore(run.resume(), modules)


def make_gan(seed, tensors):
    torch.manual_seed(seed)
    one, other = torch.nn.Linear(3, 3), torch.nn.Sequential(torch.nn.Linear(3, 3), torch.nn.BatchNorm1d(3))
    other[0].bias.requires_grad_(False)
    rate = torch.tensor if tensors else float
    adam = torch.optim.AdamW([{"params": [one.weight], "lr": rate(1e-3)}, {"params": [one.bias], "lr": rate(1e-4)}])
    sgd = torch.optim.SGD([p for p in other.parameters() if p.requires_grad], lr=rate(0.1), momentum=0.9)
    schedulers = {"s1": ScheduledLR(adam, TRUNK), "s2": ScheduledLR(sgd, "rsqrt(warmup=4, peak=0.1)")}
    return {"m1": one, "m2": other, "o1": adam, "o2": sgd, **schedulers, "scaler": torch.amp.GradScaler("cpu")}


def train_gan(modules, count):
    losses = []
    for _ in range(count):
        x = torch.randn(4, 3)
        loss = (modules["m2"](modules["m1"](x)) - x).square().mean()
        loss.backward()
        for kind in ("o", "s"):
            for number in "12":
                modules[kind + number].step()
        for number in "12":
            modules["o" + number].zero_grad()
        losses.append((loss.item(), *map(float, modules["s1"].get_last_lr()), *map(float, modules["s2"].get_last_lr())))
    return losses


@pytest.mark.parametrize("format", ["pt", "safetensors", "dcp"])
@pytest.mark.parametrize("tensors", [False, True])
def test_several_models_and_optimizers(tmp_path, format, tensors):
    """With buffers, frozen parameters, a scaler, and rates that are numbers or tensors."""
    modules = make_gan(0, tensors)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        train_gan(modules, 5)
        commit(run, 5, modules, format=format)
        expected = train_gan(modules, 5)
    again = make_gan(1, tensors)
    with RunStore.open(tmp_path / "run") as run:
        assert restore(run.resume(), again) == 5
    assert train_gan(again, 5) == expected


@pytest.mark.parametrize(
    "options, said",
    [
        ({"every": 0}, "every = 0: must be at least 1"),
        ({"keep_last": -1}, "keep_last = -1: must be at least 1"),
        ({"format": "zip"}, "format = 'zip': must be"),
        ({"scale": [1.0, 2.0]}, "scale: has 2 values for 1 parameter groups"),
    ],
)
def test_the_loop_refuses_before_it_trains(tmp_path, options, said):
    model = torch.nn.Linear(2, 2)
    modules = {"model": model, "optimizer": torch.optim.SGD(model.parameters(), lr=1.0)}
    with pytest.raises(ArgumentError, match=said):
        AnytimeLoop(tmp_path / "run", TRUNK, modules, results=[10], **options)
    with pytest.raises(ArgumentError, match="modules: has no optimizer"):
        AnytimeLoop(tmp_path / "run", TRUNK, {"model": model}, results=[10])
    with pytest.raises(ArgumentError, match="train_loss = 'low': must be a number"):
        for made in AnytimeLoop(tmp_path / "run", TRUNK, modules, results=[10]):
            made.log(train_loss="low")


def expected_lines(rank):
    """Trunk to 9, branch to 12, trunk to 15, branch to 20."""
    stretches = [("trunk", TRUNK, 0, 9), ("result-12", BRANCH[12], 9, 12), ("trunk", TRUNK, 9, 15), ("result-20", BRANCH[20], 15, 20)]
    return [
        f"update {rank} {line} {step} {Schedule(spec).lr(step)!r}"
        for line, spec, start, end in stretches
        for step in range(start, end)
    ]


def lines_of(output, rank):
    return re.findall(rf"^update {rank} .*$", output, re.MULTILINE)


def weights_of(output):
    return sorted(re.findall(r"^weights .*$", output, re.MULTILINE))


@pytest.fixture(scope="module")
def unbroken(tmp_path_factory):
    return python(PROGRAM, tmp_path_factory.mktemp("unbroken") / "run", "pt")


def test_loop_makes_trunk_and_branches(unbroken):
    assert lines_of(unbroken, 0) == expected_lines(0)


@pytest.mark.parametrize("kill_at", [2, 8, 13, 20])
def test_loop_goes_on_after_a_kill(unbroken, tmp_path, kill_at):
    folder = tmp_path / "run"
    assert python(PROGRAM, folder, "pt", "--kill-at", kill_at) is None
    output = python(PROGRAM, folder, "pt")
    lines = lines_of(output, 0)
    assert lines == expected_lines(0)[-len(lines) :]
    assert weights_of(output) == weights_of(unbroken)
    with RunStore.open(folder, "read") as run:
        assert run.verify().sound
        log = run.log_of("result-20")
        assert list(log.step) == list(range(1, 21)) and np.isfinite(log["omega"]).all()


@pytest.mark.parametrize("format", ["pt", "dcp"])
def test_loop_on_two_ranks(tmp_path, format):
    """DDP with whole states, FSDP2 with shards; the first run is killed, and both ranks go on exactly."""
    whole = python(PROGRAM, tmp_path / "whole", format, ranks=2)
    for rank in (0, 1):
        assert lines_of(whole, rank) == expected_lines(rank)
    with pytest.raises(AssertionError, match="SIGKILL"):
        python(PROGRAM, tmp_path / "run", format, "--kill-at", 13, ranks=2)
    output = python(PROGRAM, tmp_path / "run", format, ranks=2)
    assert len(lines_of(output, 1)) < len(expected_lines(1))
    assert weights_of(output) == weights_of(whole)
