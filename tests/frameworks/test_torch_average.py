"""Averages of weights: merges of state dicts and DCP, and the running average."""

from pathlib import Path

import numpy as np
import pytest
import scheduled
import torch
from cases import python
from safetensors.torch import load_file, save_file
from scheduled import ArgumentError, RunStore, Schedule
from scheduled.torch import RunningAverage, commit, restore

PROGRAM = Path(__file__).with_name("merge_run.py")
WEIGHTS = [0.5, 0.125, 0.375]
TYPES = [torch.bfloat16, torch.float16, torch.float32, torch.float64]


def states():
    generator = torch.Generator().manual_seed(5)
    return [
        {
            **{str(kind): torch.randn(300, 7, generator=generator, dtype=torch.float64).to(kind) for kind in TYPES},
            "tiny": (torch.randn(500, generator=generator) * 2.0**-20).half(),  # subnormal
            "steps": torch.tensor(k),
        }
        for k in range(3)
    ]


def test_state_dicts_dcp_and_safetensors_get_the_same_bits(tmp_path):
    from torch.distributed.checkpoint import save

    parts = states()
    merged = scheduled.merge(parts, WEIGHTS)
    assert merged["steps"] == 2
    wanted = sum(w * part["torch.float64"].numpy() for w, part in zip(WEIGHTS, parts, strict=True))
    assert np.array_equal(merged["torch.float64"].numpy(), wanted)
    for k, part in enumerate(parts):
        save_file(part, tmp_path / f"{k}.safetensors")
        save({"model": part}, checkpoint_id=tmp_path / f"dcp-{k}", no_dist=True)
    files = scheduled.merge([tmp_path / f"{k}.safetensors" for k in range(3)], WEIGHTS, out=tmp_path / "out")
    assert (files.files, files.merged, files.taken) == (["2.safetensors"], 5, 1)
    written = load_file(tmp_path / "out" / "2.safetensors")
    sharded = scheduled.merge([tmp_path / f"dcp-{k}" for k in range(3)], WEIGHTS, key="model.")
    for name, value in merged.items():
        assert torch.equal(value, written[name]), name
        assert torch.equal(value, sharded[f"model.{name}"]), name


def test_checkpoints_of_a_model_that_is_sharded_over_ranks(tmp_path):
    """FSDP2 on two ranks: merged by one process, from shards, to the bits of whole states; and loaded by both ranks again."""
    from torch.distributed.checkpoint import save

    python(PROGRAM, "save", tmp_path, ranks=2)
    assert len(list((tmp_path / "0").glob("*.distcp"))) == 2, "each rank wrote its own"
    whole = torch.load(tmp_path / "whole.pt")
    assert not torch.equal(whole[0]["0.weight"], whole[2]["0.weight"])
    wanted = scheduled.merge(whole, WEIGHTS)
    merged = scheduled.merge([tmp_path / str(k) for k in range(3)], WEIGHTS, key="model.")
    assert set(merged) == {f"model.{name}" for name in wanted}
    for name, value in wanted.items():
        assert value.dtype == merged[f"model.{name}"].dtype
        assert torch.equal(value, merged[f"model.{name}"]), name
    save({"model": {name.removeprefix("model."): value for name, value in merged.items()}},
         checkpoint_id=tmp_path / "merged", no_dist=True)  # fmt: skip
    python(PROGRAM, "load", tmp_path, ranks=2)
    loaded = torch.load(tmp_path / "loaded.pt")
    for name, value in wanted.items():
        assert torch.equal(value, loaded[name]), name


def test_what_does_not_fit_is_named():
    one = {"x": torch.ones(2)}

    def says(text, other, *weights, **options):
        with pytest.raises(ArgumentError, match=text):
            scheduled.merge([other, one], *weights, **options)

    says(r"checkpoints\[0\]\['x'\]: is missing", {"y": torch.ones(2)})
    says(r"checkpoints\[1\]\['x'\] = \(2,\): must be \(3,\), as in the first", {"x": torch.ones(3)})
    says("as in the first; convert one of them", {"x": torch.ones(2).half()})
    says("must be a number; leave this checkpoint out", {"x": torch.tensor([1.0, torch.nan])})
    says("weights = 1.5: must sum to 1", one, [0.5, 1.0])
    says("must be one for each of the 2 checkpoints", one, [1.0])
    says("must be all state dicts, or all paths", "folder")
    says("is of safetensors alone", one, out="folder")
    with pytest.raises(ArgumentError, match="out: must be given for safetensors"):
        scheduled.merge(["a", "b"])


def test_tensors_that_dcp_lacks_are_named(tmp_path):
    from torch.distributed.checkpoint import save

    whole = {name: torch.ones(2) for name in "abcdefg"}
    save({"model": whole}, checkpoint_id=tmp_path / "whole", no_dist=True)
    save({"model": {"a": torch.ones(2)}}, checkpoint_id=tmp_path / "part", no_dist=True)
    for order, at in [(("whole", "part"), 1), (("part", "whole"), 0)]:
        with pytest.raises(ArgumentError) as caught:
            scheduled.merge([tmp_path / name for name in order], key="model.")
        assert str(caught.value) == (
            f"checkpoints[{at}]['model.b']: is missing; checkpoints[{1 - at}] has it, and 5 more ('model.c', 'model.d', "
            "'model.e', ...): merge checkpoints of one model"
        )
    assert scheduled.merge([tmp_path / "whole", tmp_path / "part"], key="model.a")["model.a"].tolist() == [1, 1]


def train(model, average, steps):
    generator = torch.Generator().manual_seed(steps.start)
    seen = []
    for step in steps:
        with torch.no_grad():
            model.weight += torch.randn(model.weight.shape, generator=generator)
        average.update(step)
        seen.append(model.weight.detach().double().clone())
    return seen


@pytest.mark.parametrize("how", [{"begin": 3}, {"half_life": 4.0}, {"half_life": "20%"}, {"half_life": 5, "every": 2}])
def test_the_average_is_that_of_its_weights_and_survives_a_resume(tmp_path, how):
    torch.manual_seed(0)
    model = torch.nn.Linear(3, 2, bias=False)
    average = RunningAverage(model, **how)
    seen = train(model, average, range(1, 9))
    with RunStore.init(tmp_path / "run", Schedule("constant(peak=0.1)")) as run:
        commit(run, 8, {"model": model, "average": average})
        seen += train(model, average, range(9, 21))
        other = torch.nn.Linear(3, 2, bias=False)
        again = RunningAverage(other, **how)
        assert restore(run.resume(), {"model": other, "average": again}) == 8
        train(other, again, range(9, 21))
    weights = np.zeros(20)
    for step in range(1, 21):
        if step <= how.get("begin", 0) or step % how.get("every", 1):
            continue
        half_life = how.get("half_life", np.inf)
        half_life = step / 5 if half_life == "20%" else half_life
        before = np.flatnonzero(weights)
        weights *= 2.0 ** (-(step - (before[-1] + 1 if len(before) else 0)) / half_life)
        weights[step - 1] = 1.0
    wanted = sum(w * x for w, x in zip(weights / weights.sum(), seen, strict=True))
    own = model.weight.detach().clone()
    with average.applied() as averaged:
        assert torch.allclose(averaged.weight.double(), wanted, rtol=1e-6, atol=1e-7)
    assert torch.equal(model.weight, own)
    first, second = average.state_dict(), again.state_dict()
    assert first["step"] == second["step"] == 20
    assert torch.equal(first["average"]["weight"], second["average"]["weight"])


def test_averages_that_were_made_otherwise_are_not_mixed():
    model = torch.nn.Linear(1, 1)
    average = RunningAverage(model, half_life="10%")
    for step in range(1, 5):
        average.update(step)
    state = average.state_dict()
    RunningAverage(model, half_life="10%").load_state_dict(state)
    for how, said in [
        ({"half_life": "20%"}, "half_life='20%', every=1"),
        ({"half_life": 0.1}, "half_life=0.1, every=1"),
        ({"half_life": "10%", "every": 2}, "half_life='10%', every=2"),
        ({"begin": 3}, "begin=3, every=1"),
    ]:
        with pytest.raises(ArgumentError) as caught:
            RunningAverage(model, **how).load_state_dict(state)
        assert str(caught.value) == (
            f"state = {said}: the average of this checkpoint was made with half_life='10%', every=1; go on with that. "
            "Another one is made after the restore, and begins there"
        )
    later = RunningAverage(model, begin=4)
    later.load_state_dict(state)
    later.update(5)
    assert later.state_dict()["count"] == 1.0
    RunningAverage(model, half_life=3).load_state_dict({name: state[name] for name in ("step", "count", "average")})


def test_bad_input_of_the_average_is_named():
    model = torch.nn.Linear(1, 1)
    for options, text in [
        ({}, "half_life"),
        ({"half_life": 5, "begin": 3}, "or begin must be given, and not both"),
        ({"half_life": -1}, "half_life = -1: must be finite and > 0"),
        ({"half_life": "5 updates"}, "must be a number of updates, or a share such as '10%'"),
        ({"begin": 1, "every": 0}, "every = 0: must be at least 1"),
    ]:
        with pytest.raises(ArgumentError, match=text):
            RunningAverage(model, **options)
    average = RunningAverage(model, begin=1)
    with pytest.raises(ArgumentError, match="no update was taken in"):
        average.copy_to(model)
    average.update(2)
    with pytest.raises(ArgumentError, match="step = 2: must be above 2"):
        average.update(2)
    with pytest.raises(ArgumentError, match="must have the parameters and buffers"):
        average.copy_to(torch.nn.Linear(1, 1, bias=False))
