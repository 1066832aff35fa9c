"""Trainers that own the loop, on two ranks with gradient accumulation: killed by kill -9, they go on from the run store."""

from pathlib import Path

import numpy as np
import pytest
from cases import python, rates
from scheduled import RunStore
from trainer_run import STEPS, TRUNK

PROGRAM = Path(__file__).with_name("trainer_run.py")

def of_rank(output, rank):
    lines = [line.split(maxsplit=2)[1:] for line in output.splitlines() if line.startswith(f"{rank} ")]
    updates = {int(step): float(rate) for step, rate in lines if step != "weights"}
    return updates, [text for step, text in lines if step == "weights"]

@pytest.mark.parametrize("framework", ["transformers", "lightning"])
def test_two_ranks_and_a_kill(framework, tmp_path):
    whole = python(PROGRAM, framework, tmp_path / "whole", ranks=2)
    expected = dict(enumerate(rates(TRUNK, STEPS)))
    for rank in (0, 1):
        assert of_rank(whole, rank)[0] == expected
    with pytest.raises(AssertionError, match="SIGKILL"):
        python(PROGRAM, framework, tmp_path / "killed", "--kill-at", 7, ranks=2)
    again = python(PROGRAM, framework, tmp_path / "killed", "--go-on", ranks=2)
    for rank in (0, 1):
        updates, weights = of_rank(again, rank)
        assert updates == {step: rate for step, rate in expected.items() if step >= 6}
        assert weights == of_rank(whole, rank)[1]
    with RunStore.open(tmp_path / "killed/run", "read") as run:
        assert run.verify().sound
        log = run.log_of()
        assert list(log.step) == list(range(1, STEPS + 1)) and np.isfinite(log["train_loss"]).all()
