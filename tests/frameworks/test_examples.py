"""The examples as a user runs them, on two ranks, killed and started again."""

import re

import pytest
from cases import ROOT, python
from scheduled import RunStore, Schedule

TORCH = ROOT / "examples/torch/train.py"
JAX = ROOT / "examples/jax/train.py"
SMALL = (
    "--results", 30, 60, "--every", 20, "--width", 32, "--layers", 2, "--heads", 2, "--batch", 4, "--context", 32,
    "--trunk", "rsqrt(warmup=10, peak=1e-2)", "--decay", "linear",
)  # fmt: skip
BRANCH = "rsqrt(steps=60, warmup=10, peak=0.01, cooldown=12, decay=linear)"


def results(output):
    return re.findall(r"^(?:trunk|result).*$", output, re.MULTILINE)


def check_run(folder):
    """The whole record is there, with the schedule's rates, the losses and the bound of each update."""
    with RunStore.open(folder, "read") as run:
        assert run.verify().sound
        assert [(line.name, line.finished) for line in run.record().lines[1:]] == [("result-30", True), ("result-60", True)]
        log = run.log_of("result-60")
        assert list(log.step) == list(range(1, 61))
        assert list(log["lr"]) == [Schedule(BRANCH).lr(step) for step in range(60)]
        assert log["train_loss"][-1] < 0.6 * log["train_loss"][0]
        assert {"grad_norm", "omega", "val_loss"} <= set(log.columns)
        assert log["omega"][-1] < log["omega"][10]


@pytest.mark.parametrize("shard", [False, True])
def test_torch_on_two_ranks(tmp_path, shard):
    arguments = (*SMALL, *(["--shard"] if shard else []))
    whole = python(TORCH, tmp_path / "whole", *arguments, ranks=2)
    assert [text.partition(":")[0] for text in results(whole)] == [
        "trunk 20", "trunk 24", "result-30 30", "trunk 40", "trunk 48", "result-60 60",
    ]  # fmt: skip
    check_run(tmp_path / "whole")
    with pytest.raises(AssertionError, match="SIGKILL"):
        python(TORCH, tmp_path / "run", *arguments, "--kill-at", 45, ranks=2)
    again = python(TORCH, tmp_path / "run", *arguments, ranks=2)
    assert results(again) == results(whole)[-len(results(again)) :]
    assert 1 < len(results(again)) < len(results(whole))
    check_run(tmp_path / "run")


def test_torch_plain_and_tensorboard(tmp_path):
    assert "tokens/s" in python(TORCH, "-", *SMALL, "--plain")
    python(TORCH, tmp_path / "run", *SMALL, "--tensorboard", tmp_path / "board", "--kill-at", 27)
    assert len(list((tmp_path / "board").iterdir())) == 1


def test_it_stays_readable():
    for path in (TORCH, JAX):
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 250


def test_jax(tmp_path):
    arguments = (*SMALL, "--layers", 1)
    whole = python(JAX, tmp_path / "whole", *arguments)
    check_run(tmp_path / "whole")
    assert python(JAX, tmp_path / "run", *arguments, "--kill-at", 45) is None
    again = python(JAX, tmp_path / "run", *arguments)
    assert results(again) == results(whole)[-len(results(again)) :]
    check_run(tmp_path / "run")
