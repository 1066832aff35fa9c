"""The run store, as a training program in Python uses it."""

import os
import struct
import subprocess
import sys
import warnings
from pathlib import Path

import numpy as np
import pytest
import scheduled
from anytime_runs import TRUNK, RunStore, Trainer, write
from scheduled import Schedule


def test_trunk_branch_and_resume_give_the_bits_of_a_straight_run(tmp_path):
    with RunStore.init(tmp_path / "straight", Schedule(TRUNK)) as run:
        straight = Trainer(run).train(300)
    with RunStore.init(tmp_path / "run", Schedule(TRUNK), code_version="v1", data="noise") as run:
        Trainer(run).train(150).commit(keep=True)
    with RunStore.open(tmp_path / "run") as run:
        line = run.branch("result", cooldown="25%", decay="1-sqrt")
        assert (line.name, line.parent, line.start, line.end) == ("result", "trunk", 150, 200)
        branch = Trainer(run, "result")
        assert branch.step == 150
        branch.train(50).commit()
        assert run.record().line("result").finished
        trunk = Trainer(run).train(150)
        trunk.commit()
    assert trunk.x.tobytes() == straight.x.tobytes()
    assert branch.x.tobytes() != straight.x.tobytes()
    record = RunStore.open(tmp_path / "run", "read").record()
    assert [line.name for line in record.lines] == ["trunk", "result"]
    assert [(c.line, c.step, c.state, c.keep) for c in record.checkpoints] == [
        ("trunk", 150, "live", True),
        ("result", 200, "live", False),
        ("trunk", 300, "live", False),
    ]
    assert record.checkpoints[0].data_position == "example 150"
    assert record.checkpoints[0].files[0].name == "x.npy"
    assert [(d.line, d.step, d.text) for d in record.data] == [("trunk", 0, "noise")]
    assert record.sessions[0].code_version == "v1"
    assert record.folder == tmp_path / "run"


def test_rates_are_those_of_the_record(run):
    schedule = Schedule(TRUNK)
    assert [run.lr(step) for step in range(30)] == schedule.values(30).tolist()
    run.commit(80, write)
    line = run.branch("b", 80, 20, final="10%")
    assert line.schedule == Schedule("rsqrt(steps=100, warmup=10, peak=0.5, cooldown=20, decay=linear, final=10%)")
    assert run.lr(99, "b") == pytest.approx(0.05, rel=1e-15)
    with pytest.raises(scheduled.ArgumentError, match="step = 100: b ends after 100 steps"):
        run.lr(100, "b")


def test_branches_leave_any_line(tmp_path):
    trunk = Schedule("linear(steps=1000, warmup=10, peak=3e-4, final=10%)")
    with RunStore.init(tmp_path / "run", trunk, data="books", batch=512, sequence=4096) as run:
        run.commit(400, write)
        first = run.branch("cd", attempt=True, cooldown=100, final="5%", data="code", batch=256, note="a try")
        assert (first.name, first.parent, first.start, first.end, first.note) == ("cd/1", "trunk", 400, 500, "a try")
        assert [run.lr(step, "cd/1") for step in range(400)] == trunk.values(400).tolist()
        assert first.schedule.values()[:400].tolist() == trunk.values(400).tolist()
        assert first.schedule.lr(400) < trunk.lr(399)
        run.commit(450, write, "cd/1")
        longer = run.branch("longer", line="cd/1", cooldown="20%")
        assert longer.end == 562
        with pytest.raises(scheduled.ArgumentError, match="from_lr = 0.0001: trunk is at .*; the LR would jump"):
            run.branch("mid", 400, from_lr=1e-4)
        assert run.branch("mid", 400, from_lr=1e-4, override_jump=True).schedule.lr(400) < 1e-4
        up = run.branch("up", line="longer", rewarm=10, hold="20", cooldown=5)
        assert up.end == 485
        endless = run.branch("endless", pieces="rewarm over 10, hold")
        assert endless.end is None
        record = run.record()
        reads = record.data_at("cd/1", 420)
        assert (reads.text, reads.batch, reads.sequence) == ("code", 256, 4096)
        assert record.data_at("longer", 460).batch == 256
        assert record.data_at("trunk", 420).batch == 512
        run.attach_data(400, batch=1024)
        assert run.record().data_at("trunk", 420).batch == 1024
        for line, loss in ("cd/1", 2.0), ("mid", 2.5):
            run.log(420, {"val_loss": loss}, line)
        run.flush()
        diff = run.diff("cd/1", "mid")
        assert (diff.common, diff.losses[0].difference) == (400, 0.5)
        assert {fact.what: fact.same for fact in diff.facts}["parent"]
        with RunStore.init(tmp_path / "other", trunk) as other:
            assert run.diff("trunk", "trunk", other).common is None


def test_weights_of_a_merge(tmp_path):
    from scheduled.anytime import plan_merge

    with RunStore.init(tmp_path / "run", Schedule("constant(warmup=10, peak=1e-3)")) as run:
        for step in (1600, 1800, 2000):
            run.commit(step, write)
        record = run.record()
    steps = record.merge_points("trunk", 1000)
    rates = record.rates("trunk", 2000)
    assert steps == [1600, 1800, 2000]
    assert rates.tolist() == Schedule("constant(warmup=10, peak=1e-3)").values(2000).tolist()
    plan = plan_merge(rates, steps)
    assert [w.weight for w in plan.weights] == pytest.approx([1 / 3] * 3, rel=1e-15)
    assert plan.every.best_value == pytest.approx(plan.cooldown, rel=1e-9)
    assert plan.merged.rule == "mixture"
    assert plan_merge(rates, steps, decay="1-sqrt").falling
    assert plan_merge(rates, steps, rule="ema", half_life=200).weights[2].weight == pytest.approx(4 / 7)
    with pytest.raises(scheduled.ArgumentError, match="half_life: must be given for ema"):
        plan_merge(rates, steps, rule="ema")


def one_number(path, value):
    """A model of one float in the safetensors format."""
    path.parent.mkdir(exist_ok=True)
    header = b'{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'.ljust(64)
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", value))


def test_a_merge_is_a_line_of_the_run(tmp_path):
    from scheduled.anytime import merge_safetensors, plan_merge

    with RunStore.init(tmp_path / "run", Schedule("constant(warmup=10, peak=1e-3)")) as run:
        for step in (1600, 1800, 2000):
            run.commit(step, lambda folder, step=step: one_number(folder / "model.safetensors", step))
        record = run.record()
        plan = plan_merge(record.rates("trunk", 2000), record.merge_points("trunk", 1400))
        line = run.merge("mean", plan, note="as wsm")
        assert (line.parent, line.start, line.end, line.finished, line.note) == ("trunk", 2000, 2000, True, "as wsm")
        assert [merged.checkpoint for merged in line.merged] == [1, 2, 3]
        assert [merged.weight for merged in line.merged] == [weight.weight for weight in plan.weights]
        made = run.record().checkpoints[-1]
        mean = (tmp_path / "run" / made.folder / "model.safetensors").read_bytes()
        assert struct.unpack("<f", mean[-4:]) == (1800.0,)
        with pytest.raises(scheduled.ArgumentError, match="weights\\[1\\].step = 1700: trunk has no checkpoint"):
            run.merge("other", {1600: 0.5, 1700: 0.5})
        with pytest.raises(scheduled.ArgumentError, match="must be a MergePlan, or a dict of steps"):
            run.merge("other", [0.5, 0.5])
        assert run.verify().sound
    folders = [tmp_path / "run" / record.checkpoints[k].folder for k in range(3)]
    merged = scheduled.merge(folders, plan, out=tmp_path / "out")
    assert (merged.files, merged.merged, merged.bytes_written) == (["model.safetensors"], 1, len(mean))
    assert (tmp_path / "out" / "model.safetensors").read_bytes() == mean
    assert merge_safetensors(folders[:2], [0.5, 0.5], tmp_path / "two", threads=1).bytes_read == 2 * len(mean)
    with pytest.raises(scheduled.ArgumentError, match="out = .*must be missing or an empty folder"):
        merge_safetensors(folders[:2], [0.5, 0.5], tmp_path / "two")


def test_what_pieces_say_is_not_said_again_and_a_resume_says_what_it_reads(run):
    run.commit(100, write)
    for options in {"cooldown": 10}, {"decay": "1-sqrt"}, {"final": "5%"}:
        with pytest.raises(scheduled.ArgumentError, match="pieces: must be given without cooldown, decay and final"):
            run.branch("b", pieces="linear over 10", **options)
    with pytest.raises(scheduled.ArgumentError, match="drop: must be given without cooldown, decay and final"):
        run.branch("b", drop="50%", hold=20, cooldown=10)
    low = run.branch("low", drop="50%", hold=20)
    assert (low.end, low.schedule.lr(100), low.schedule.lr(119)) == (120, run.lr(99) / 2, run.lr(99) / 2)
    run.resume(data="code", batch=64, sequence=128)
    reads = run.record().data_at("trunk", 100)
    assert (reads.text, reads.batch, reads.sequence) == ("code", 64, 128)


def test_a_commit_takes_paths_too(run, tmp_path):
    (tmp_path / "a.bin").write_bytes(b"12345")
    (tmp_path / "parts").mkdir()
    (tmp_path / "parts" / "b.bin").write_bytes(b"678")
    assert [f.name for f in run.commit(1, tmp_path / "a.bin").files] == ["a.bin"]
    assert [f.name for f in run.commit(2, str(tmp_path / "a.bin")).files] == ["a.bin"]
    both = run.commit(3, [tmp_path / "a.bin", str(tmp_path / "parts")])
    assert [(f.name, f.bytes) for f in both.files] == [("a.bin", 5), ("b.bin", 3)]
    with pytest.raises(scheduled.ArgumentError, match="nowhere: no such file"):
        run.commit(4, [tmp_path / "nowhere"])
    with pytest.raises(scheduled.ArgumentError, match="files: must be a path, a sequence of paths, or a function"):
        run.commit(4, 7)


@pytest.mark.parametrize("state", [b"", b"\0", bytes(range(256)) * 3, b"\xff\xfe nul \0 in the middle"])
def test_rng_state_is_any_bytes(run, folder, state):
    run.commit(1, write, rng_state=state)
    assert run.resume().checkpoint.rng_state == state
    assert RunStore.open(folder, "read").record().checkpoints[0].rng_state == state


def test_what_the_function_raises_comes_back_and_nothing_is_committed(run, folder):
    class Interrupted(Exception):
        pass

    def fails(checkpoint):
        write(checkpoint)
        raise Interrupted("disk on fire")

    with pytest.raises(Interrupted, match="disk on fire"):
        run.commit(5, fails)
    with pytest.raises(scheduled.ArgumentError, match="the checkpoint of step 5 has no files"):
        run.commit(5, lambda checkpoint: None)
    assert run.record().checkpoints == []
    assert run.verify().sound
    assert run.commit(5, write).step == 5
    assert [path.name for path in (folder / "checkpoints").iterdir()] == ["trunk-5"]


def test_the_store_refuses_to_be_used_inside_a_commit(run):
    with pytest.raises(RuntimeError, match="cannot be used inside the function that writes a checkpoint"):
        run.commit(5, lambda checkpoint: run.log(5, {"loss": 1.0}))
    assert run.commit(5, write).step == 5


def test_a_logged_rate_that_contradicts_the_record_is_warned_of_once(run):
    """At the line of the program that logged it; single precision is no contradiction."""
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        for step in (1, 2):
            run.log(step, {"lr": float(np.float32(Schedule(TRUNK).lr(step - 1)))})
    said = "lr = 0.5 was logged after step 3; the record of trunk says 0.15.* for that update"
    with pytest.warns(RuntimeWarning, match=said) as caught:
        run.log(3, {"lr": 0.5})
        run.log(4, {"lr": 0.5})
    assert [Path(warning.filename).name for warning in caught] == [Path(__file__).name]


def test_metrics_come_back_as_a_log(run, folder):
    run.log(1, {"train_loss": 3.5, "tokens": 10})
    run.log(2, {"train_loss": np.float32(2.5), "odd": float("nan")})
    run.flush()
    log = RunStore.open(folder, "read").log_of()
    assert run.logged_lines() == ["trunk"]
    assert scheduled.describe_log(log).recorded
    assert log.step.tolist() == [1, 2]
    assert log["train_loss"].tolist() == [3.5, 2.5]
    assert log["lr"].tolist() == log.rates.tolist() == Schedule(TRUNK).values(2).tolist()
    with pytest.raises(scheduled.ArgumentError, match=r"not a log; of the folder of a run, RunStore\.open\(folder, 'read'\)\.log_of"):
        scheduled.read_log(folder)
    assert log.meta["line"] == "trunk"
    for wrong in ["3.1", None, [1.0]]:
        with pytest.raises(scheduled.ArgumentError, match=r"metrics\['loss'\] = .*: must be a number"):
            run.log(3, {"loss": wrong})
    with pytest.raises(scheduled.ArgumentError, match="metric = 'step': must have a name"):
        run.log(3, {"step": 3})


def test_resume_says_what_it_does(run, folder):
    first = run.resume()
    assert (first.step, first.folder, first.checkpoint, first.damaged) == (0, None, None, [])
    run.commit(10, write)
    run.commit(20, write)
    at = run.resume()
    assert (at.step, at.lr, at.folder) == (20, run.lr(20), folder / "checkpoints" / "trunk-20")
    assert at.session > first.session
    with pytest.raises(scheduled.ArgumentError, match=f"session = {first.session}: trunk has been resumed since"):
        run.commit(30, write, session=first.session)
    with pytest.raises(scheduled.ArgumentError, match="the LR at step 20 would jump"):
        run.resume(schedule=Schedule(TRUNK).with_peak(1.0))
    changed = run.resume(schedule=Schedule(TRUNK).with_peak(1.0), override_schedule=True)
    assert changed.lr == 2 * changed.lr_before
    assert run.resume(step=10, dry_run=True).step == 10
    run.attach_data(20, "code")
    assert run.record().data[-1].text == "code"


def test_a_damaged_checkpoint_is_passed_over_loudly(run, folder):
    run.commit(10, write)
    run.commit(20, write)
    (folder / "checkpoints" / "trunk-20" / "model.bin").write_bytes(b"weighty")
    report = run.verify()
    assert not report.sound
    assert "trunk at step 20 is damaged" in report.problems[0]
    with pytest.warns(RuntimeWarning, match="trunk at step 20 is damaged.*; the one before is used"):
        at = run.resume()
    assert at.step == 10
    assert len(at.damaged) == 1
    assert [c.step for c in run.gc(dry_run=True).deleted] == [20]
    assert [c.step for c in run.gc().deleted] == [20]
    (folder / "checkpoints" / "trunk-10" / "model.bin").unlink()
    with pytest.raises(scheduled.StoreError, match="no sound checkpoint of trunk is left"):
        run.resume()


def test_errors_have_classes():
    assert issubclass(scheduled.StoreBusy, scheduled.StoreError)
    assert issubclass(scheduled.StoreError, RuntimeError)
    assert scheduled.StoreBusy.__module__ == "scheduled"


def test_bad_input(tmp_path, run, folder):
    with pytest.raises(ValueError, match="is a run already"):
        RunStore.init(folder, Schedule(TRUNK))
    with pytest.raises(ValueError, match="no such run folder"):
        RunStore.open(tmp_path / "x")
    with pytest.raises(ValueError, match="access = 'r': must be read or write"):
        RunStore.open(folder, "r")
    with pytest.raises(ValueError, match="has no committed checkpoint to leave from"):
        run.branch("b")
    run.commit(100, write)
    with pytest.raises(ValueError, match="decay = 'sudden': must be linear, 1-sqrt"):
        run.branch("b", decay="sudden")
    with pytest.raises(ValueError, match="cooldown = 100%"):
        run.branch("b", cooldown="100%")
    with pytest.raises(ValueError, match="step = 50: trunk has no committed checkpoint there"):
        run.branch("b", 50)
    with pytest.raises(ValueError, match="line = b: no such line; there are trunk"):
        run.record().line("b")
    with pytest.raises(ValueError, match="read"):
        RunStore.open(folder, "read").commit(200, write)


def test_a_closed_store_says_so(folder):
    with RunStore.init(folder, Schedule(TRUNK)) as run:
        run.log(1, {"loss": 1.0})
    run.close()
    with pytest.raises(ValueError, match="the run store is closed"):
        run.lr(0)
    with RunStore.open(folder) as again:  # the lock was let go, the metrics were written
        assert again.log_of()["loss"].tolist() == [1.0]


def test_without_the_extension():
    program = """
import importlib.util, pathlib, sys
folder = pathlib.Path(importlib.util.find_spec("scheduled").origin).parent
spec = importlib.util.spec_from_file_location("scheduled._core", next(folder.glob("_core*.so")))
core = importlib.util.module_from_spec(spec)
spec.loader.exec_module(core)
del core.RunStore
sys.modules["scheduled._core"] = core
import scheduled
assert "RunStore" not in scheduled.__all__
assert scheduled.omega([0.5]) > 0
for name in ["plan_anytime", "RunStore", "AnytimePlan"]:
    try:
        getattr(scheduled, name)
    except ImportError as error:
        print(error)
try:
    from scheduled import RunStore
except ImportError as error:
    print(error)
try:
    import scheduled.anytime
except ImportError as error:
    print(error)
try:
    scheduled.nothing
except AttributeError as error:
    print(error)
"""
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    *missing, other = done.stdout.splitlines()
    assert len(missing) == 5
    for line in missing:
        assert "built without scheduled.anytime (plan_anytime, RunStore), because SQLite, xxHash or Eigen was not found" in line
    assert other == "module 'scheduled' has no attribute 'nothing'"


def test_names_of_any_bytes(tmp_path):
    folder = Path(os.fsdecode(os.fsencode(tmp_path) + b"/run-\xff"))
    with RunStore.init(folder, Schedule("constant"), data="corpus") as run:
        with pytest.raises(scheduled.ArgumentError, match="must be text that can be written as UTF-8"):
            run.log(1, {"\ud800": 1.0})
        run.log(1, {"train_loss": 1.0})
        run.commit(1, lambda to: (to / "x").write_text("x"))
        checkpoint = run.commit(2, lambda to: (to / "x").write_text("x"))
        assert run.record().folder.name == folder.name
        assert repr(run.log_of())
        (folder / checkpoint.folder / "x").write_text("y")
        with pytest.warns(RuntimeWarning, match="damaged"):
            at = run.resume()
        assert at.step == 1
        assert len(at.damaged) == 1


def test_a_fit_of_a_store_counts_what_lines_share_once(run, tmp_path):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    truth = law.Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    (tmp_path / "x").write_text("x")

    def log(line, steps):
        schedule = run.record().line(line).schedule
        for step, loss in zip(steps, truth.curve(schedule.values(400), steps)):
            run.log(step, {"val_loss": loss}, line)

    log("trunk", range(20, 301, 20))
    run.commit(300, tmp_path / "x")
    run.branch("end", cooldown=100)
    log("trunk", range(320, 401, 20))
    log("end", range(310, 401, 10))
    run.flush()
    fit = law.fit_store(run, "momentum", first_step=1, prior=0.0)
    assert {residual.name: residual.points for residual in fit.residuals} == {"trunk": 20, "end": 10}
    assert fit.fitted.to_json() == law.fit_law(run.fit_runs("val_loss", 1), "momentum", prior=0.0).fitted.to_json()
    with pytest.raises(scheduled.ArgumentError, match="train_loss"):
        law.fit_store(run, column="train_loss")


def test_a_missing_folder_is_a_file_not_found_error(run, tmp_path):
    missing = tmp_path / "none"
    for call in (
        lambda: RunStore.open(missing, "read"),
        lambda: RunStore.repair(missing),
        lambda: RunStore.migrate(missing),
        lambda: run.commit(1, missing),
        lambda: RunStore.init(missing / "run", scheduled.Schedule(TRUNK)),
    ):
        with pytest.raises(FileNotFoundError) as found:
            call()
        assert isinstance(found.value, scheduled.ArgumentError) and found.value.filename == str(missing)
    with pytest.raises(scheduled.ArgumentError, match=r"no such run folder; RunStore\.init makes one"):
        RunStore.open(missing, "read")


def test_a_checkpoint_that_stays_where_it_is(tmp_path):
    outside = tmp_path / "dcp"
    outside.mkdir()
    (outside / "__0_0.distcp").write_bytes(b"s" * 30)
    (outside / ".metadata").write_bytes(b"tensors")
    with RunStore.init(tmp_path / "run", scheduled.Schedule("constant(peak=1e-3)")) as run:
        made = run.commit_external(10, str(outside), rng_state=b"\xff", keep=True)
        assert (made.external.uri, made.external.kind, made.external.marker) == (str(outside), "dcp", ".metadata")
        assert (made.external.files, made.external.bytes, made.rng_state) == (2, 37, b"\xff")
        assert run.resume().folder == outside
        assert run.verify().external == 1
        far = run.commit_external(20, "s3://bucket/x", listing="7 .metadata\n30 __0_0.distcp\n")
        assert (far.external.marker_xxh3, far.external.bytes) == ("", 37)
        resume = run.resume()
        assert (resume.checkpoint.external.uri, resume.folder) == ("s3://bucket/x", tmp_path / "run" / far.folder)
        assert "cannot be looked at from here" in run.verify().notes[0]
        assert run.gc(1).commands == []
        last = run.commit(30, outside / "__0_0.distcp", link=True)
        assert [file.placed for file in last.files] == ["linked"]
        assert run.gc(1, external=True).commands == ["aws s3 rm --recursive 's3://bucket/x/'"]
        with pytest.raises(scheduled.ArgumentError, match="marker = DONE: is no file of"):
            run.commit_external(40, str(outside), marker="DONE")
