"""The adapters where the model is on a GPU: rates, skipped updates, random numbers of the device, kill and resume."""

import os
import re
import signal
import subprocess
import sys

import pytest
import torch
from cases import ROOT, SPECS, TRUNK, rates
from scheduled import OmegaStream, RunStore, Schedule
from scheduled.torch import BoundMonitor, ScheduledLR, commit, restore

pytestmark = pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a GPU")


def make(seed):
    torch.manual_seed(seed)
    model = torch.nn.Sequential(torch.nn.Linear(3, 16), torch.nn.Dropout(0.3), torch.nn.Linear(16, 1)).cuda()
    optimizer = torch.optim.AdamW(model.parameters(), fused=True)
    scheduler = ScheduledLR(optimizer, TRUNK)
    return {"model": model, "optimizer": optimizer, "scheduler": scheduler, "monitor": BoundMonitor()}


def train(modules, count):
    losses = []
    for _ in range(count):
        # Inputs and dropout masks both come from the generator of the device.
        loss = modules["model"](torch.randn(8, 3, device="cuda")).square().sum()
        loss.backward()
        norm = torch.nn.utils.clip_grad_norm_(modules["model"].parameters(), 1.0)
        modules["optimizer"].step()
        modules["optimizer"].zero_grad()
        modules["monitor"].push(modules["optimizer"], norm)
        modules["scheduler"].step()
        losses.append((float(loss.detach()), modules["monitor"].value))
    return losses


@pytest.mark.parametrize("format", ["pt", "safetensors", "dcp"])
def test_resume_is_exact_with_the_devices_random_numbers(tmp_path, format):
    modules = make(0)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        train(modules, 5)
        commit(run, 5, modules, format=format)
        expected = train(modules, 6)
    again = make(7)
    torch.cuda.manual_seed(3)
    with RunStore.open(tmp_path / "run") as run:
        assert restore(run.resume(), again) == 5
        assert train(again, 6) == expected


@pytest.mark.parametrize("spec", SPECS)
@pytest.mark.parametrize("compiled", [False, True])
def test_rates_in_tensors_on_the_device(spec, compiled):
    parameter = torch.nn.Parameter(torch.ones(3, device="cuda"))
    rate = torch.tensor(1.0, device="cuda")
    optimizer = torch.optim.Adam([parameter], lr=rate, capturable=True)
    scheduler = ScheduledLR(optimizer, spec)
    step = torch.compile(lambda: optimizer.step()) if compiled else optimizer.step
    used = []
    for _ in range(12):
        used.append(float(optimizer.param_groups[0]["lr"]))
        before = parameter.detach().clone()
        parameter.grad = torch.ones_like(parameter)
        step()
        # With gradients that stay the same, each of Adam's updates is the rate itself.
        assert torch.allclose(before - parameter.detach(), rate.clone(), rtol=1e-3, atol=1e-6)
        scheduler.step()
    assert optimizer.param_groups[0]["lr"] is rate
    assert used == pytest.approx(rates(spec, 12), rel=1e-6)


@pytest.mark.parametrize("fused", [False, True])
def test_updates_that_the_scaler_skips(fused):
    parameter = torch.nn.Parameter(torch.ones(3, device="cuda"))
    optimizer = torch.optim.AdamW([parameter], fused=fused)
    scheduler, monitor, stream = ScheduledLR(optimizer, SPECS[0]), BoundMonitor(), OmegaStream()
    scaler = torch.amp.GradScaler("cuda", init_scale=4.0)
    made = 0
    for number in range(12):
        bad = number in (0, 4, 5)
        assert optimizer.param_groups[0]["lr"] == Schedule(SPECS[0]).lr(made)
        scaler.scale((parameter * (float("inf") if bad else 1.0)).sum()).backward()
        scaler.unscale_(optimizer)
        norm = torch.nn.utils.clip_grad_norm_([parameter], 1e9)
        monitor.push(optimizer, norm)
        if not bad:
            stream.push(optimizer.param_groups[0]["lr"], float(norm))
            made += 1
        scaler.step(optimizer)
        scaler.update()
        scheduler.step()
        optimizer.zero_grad()
    assert made == 9 and scheduler.last_epoch == 9
    assert monitor.value == stream.value


def example(folder, *arguments):
    process = subprocess.run(
        [sys.executable, ROOT / "examples/torch/train.py", folder, "--results", "30", "60", "--every", "20", "--width", "64",
         "--layers", "2", "--batch", "8", "--context", "64", "--trunk", "rsqrt(warmup=10, peak=1e-2)", *map(str, arguments)],
        capture_output=True, text=True, timeout=300,
        env={**os.environ, "CUBLAS_WORKSPACE_CONFIG": ":4096:8"},
    )  # fmt: skip
    assert process.returncode in (0, -signal.SIGKILL), process.stdout + process.stderr
    return re.findall(r"^(?:trunk|result).*$", process.stdout, re.MULTILINE)


@pytest.mark.parametrize("more", [[], ["--compile"]])
def test_the_example_is_killed_and_goes_on(tmp_path, more):
    whole, second = (example(tmp_path / name, *more) for name in ("whole", "second"))
    assert len(whole) == 6
    if whole != second:
        pytest.skip("this device does not compute alike twice")
    example(tmp_path / "run", "--kill-at", 45, *more)
    again = example(tmp_path / "run", *more)
    assert 1 < len(again) < len(whole) and again == whole[-len(again) :]
    with RunStore.open(tmp_path / "run", "read") as run:
        assert run.verify().sound
        log = run.log_of("result-60")
        assert list(log.step) == list(range(1, 61))
