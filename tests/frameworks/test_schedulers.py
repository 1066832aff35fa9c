"""Schedulers in loops of one's own: two ranks, two groups, accumulation, kill -9, and on from the run store."""

import ast
from pathlib import Path

import pytest
from cases import python, rates
from scheduler_run import STEPS, TRUNK

PROGRAM = Path(__file__).with_name("scheduler_run.py")


def of_rank(output, rank):
    lines = [line.split(maxsplit=2)[1:] for line in output.splitlines() if line.startswith(f"{rank} ")]
    updates = {int(step): ast.literal_eval(used) for step, used in lines if step != "weights"}
    return updates, [text for step, text in lines if step == "weights"]


@pytest.mark.parametrize("kind", ["torch", "fsdp", "accelerate", "torchtitan", "megatron"])
def test_two_ranks_and_a_kill(kind, tmp_path):
    whole = python(PROGRAM, kind, tmp_path / "whole", ranks=2)
    expected = {step: pytest.approx([rate, rate / 2], rel=1e-15) for step, rate in enumerate(rates(TRUNK, STEPS))}
    for rank in (0, 1):
        assert of_rank(whole, rank)[0] == expected
    with pytest.raises(AssertionError, match="SIGKILL"):
        python(PROGRAM, kind, tmp_path / "killed", "--kill-at", 6, ranks=2)
    again = python(PROGRAM, kind, tmp_path / "killed", ranks=2)
    committed = 5 if kind == "fsdp" else 6  # what is still being written does not count
    for rank in (0, 1):
        updates, weights = of_rank(again, rank)
        assert updates == {step: rate for step, rate in expected.items() if step >= committed}
        assert weights == of_rank(whole, rank)[1]
