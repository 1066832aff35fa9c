"""Names and texts that are no UTF-8, masked arrays, and counts that a double cannot keep."""

import os
import pathlib

import numpy as np
import pytest
import scheduled
from scheduled import ArgumentError, Schedule, Trunk

LONE = "a\ud800"
BYTES = os.fsdecode(b"a\xff")  # a name of a file that is no UTF-8
BIG = 2**53 + 1
PLAIN = Schedule("constant()")


@pytest.fixture
def folder(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    return tmp_path


def test_files_may_have_any_name(folder):
    pathlib.Path(BYTES).write_text("step,lr\n1,0.5\n")
    for name in (BYTES, pathlib.Path(BYTES), os.fsencode(BYTES)):
        log = scheduled.read_log(name)
        assert log.name == BYTES
        assert repr(log) == r"<RunLog 'a\udcff': 1 rows>"
        assert log == scheduled.read_run(name)
    pathlib.Path(BYTES).write_text("step,lr\n1,x\n")
    with pytest.raises(ArgumentError) as found:
        scheduled.read_log(BYTES)
    assert found.value.place.line == 2
    str(found.value).encode()  # can be printed


def test_runs_may_have_any_name(folder):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    with anytime.RunStore.init(BYTES, PLAIN) as run:
        run.resume()
        run.commit(5, lambda to: (to / BYTES).write_text("x"), data_position=BYTES)
        run.log(6, {BYTES: 1.0})
        run.attach_data(7, BYTES)
        run.flush()
        record = run.record()
        assert record.folder.name == BYTES
        assert record.checkpoints[0].files[0].name == BYTES
        assert record.checkpoints[0].data_position == BYTES
        assert record.data[-1].text == BYTES
        assert BYTES in run.log_of().columns
        assert not run.verify().problems
        for result in (record, run.log_of(), record.checkpoints[0], record.data[-1]):
            assert r"a\udcff" in repr(result)
            repr(result).encode()  # can be printed


@pytest.mark.parametrize(
    "call",
    [
        lambda: scheduled.read_log(LONE),
        lambda: scheduled.read_log("a\0b"),
        lambda: scheduled.read_run("a", LONE),
        lambda: scheduled.parse_log(LONE, "step,lr\n1,1\n"),
        lambda: scheduled.parse_log("a", f"step,lr\n1,{LONE}\n"),
        lambda: scheduled.parse_log("a", "step,lr\n1,1\n", format=LONE),
        lambda: Schedule(LONE),
        lambda: Schedule("linear", decay=LONE),
        lambda: PLAIN.with_steps(LONE),
        lambda: Schedule.from_json(LONE),
        lambda: scheduled.bound(PLAIN, T=5, criterion=LONE),
        lambda: scheduled.GradNormFamily(name=LONE),
        lambda: Trunk(PLAIN, 1).branch(5, decay=LONE),
        lambda: scheduled.law.Law(LONE, {}),
        lambda: scheduled.RunStore.init(LONE, PLAIN),
        lambda: scheduled.RunStore.repair("a\0b"),
    ],
)
def test_lone_surrogates_and_null_bytes_are_refused_in_words(call, folder):
    pytest.importorskip("scheduled.law", exc_type=ImportError)
    with pytest.raises(ArgumentError, match=r"UTF-8|surrogates|path") as found:
        call()
    str(found.value).encode()


def test_stores_refuse_them_too(folder):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    with anytime.RunStore.init("run", PLAIN) as run:
        run.resume()
        for call in (
            lambda: run.log(1, {LONE: 1.0}),
            lambda: run.log(1, {"a": 1.0}, line=LONE),
            lambda: run.attach_data(1, LONE),
            lambda: run.branch(LONE),
            lambda: run.commit(1, LONE),
            lambda: run.commit(1, lambda to: (to / "x").write_text("x"), data_position=LONE),
        ):
            with pytest.raises(ArgumentError):
                call()
        assert not run.verify().problems
        assert run.record().checkpoints == []


MASKED = np.ma.array([1.0, 2.0, 3.0], mask=[0, 1, 0])


@pytest.mark.parametrize(
    ("call", "name"),
    [
        (lambda: scheduled.omega(MASKED), "lr"),
        (lambda: scheduled.omega([1, 1, 1], MASKED), "grad_norm"),
        (lambda: scheduled.omega([1], np.ma.masked), "grad_norm"),
        (lambda: scheduled.omega_at([1, 1, 1], t=MASKED.astype(int)), "t"),
        (lambda: scheduled.omega_curve(MASKED), "lr"),
        (lambda: scheduled.OmegaStream().push_all(MASKED), "lr"),
        (lambda: scheduled.worst_case(MASKED), "lr"),
        (lambda: scheduled.optimal_schedule(3, MASKED), "grad_norm"),
        (lambda: scheduled.refine(MASKED), "grad_norm"),
        (lambda: scheduled.median_filter(MASKED, 1), "values"),
        (lambda: scheduled.nearest_spec(MASKED), "lr"),
        (lambda: Schedule.from_values(MASKED), "values"),
        (lambda: Trunk.from_rates(MASKED), "done"),
        (lambda: scheduled.with_rates(scheduled.parse_log("a", "step,loss\n1,1\n"), MASKED), "lr"),
        (lambda: scheduled.GradNormFamily(series=MASKED), "series"),
    ],
)
def test_masked_entries_are_refused(call, name):
    with pytest.raises(ArgumentError, match="must have no masked entries") as found:
        call()
    assert found.value.name == name


def test_arrays_without_a_masked_entry_are_arrays():
    assert scheduled.omega(np.ma.array([1.0, 0.5])) == scheduled.omega([1.0, 0.5])


@pytest.mark.parametrize(
    "call",
    [
        lambda: PLAIN.lr(BIG),
        lambda: PLAIN.values(BIG),
        lambda: Schedule(f"linear(steps={BIG})"),
        lambda: Schedule("linear", steps=BIG),
        lambda: PLAIN.with_steps(BIG),
        lambda: PLAIN.with_steps(str(BIG)),
        lambda: Schedule.from_function(lambda i: 1.0, BIG),
        lambda: scheduled.bound(PLAIN, T=BIG),
        lambda: scheduled.bound_rates(PLAIN, BIG),
        lambda: scheduled.power_grad_norm(0.1, BIG),
        lambda: scheduled.linear_closed_form(BIG),
        lambda: scheduled.omega([BIG, 1]),
        lambda: scheduled.omega([1.0], BIG),
        lambda: scheduled.optimal_schedule(BIG),
        lambda: scheduled.worst_case_optimal_schedule(BIG),
        lambda: scheduled.constrained_schedule(BIG),
        lambda: scheduled.linear_warmup(BIG),
        lambda: scheduled.refine([1.0, 2.0], steps=BIG),
        lambda: scheduled.extend(Schedule("wsd(steps=100)"), 50, [BIG]),
        lambda: scheduled.Sweep([Schedule("linear(steps=5)")], horizons=[BIG]),
        lambda: Trunk(PLAIN, BIG),
        lambda: Trunk(PLAIN, 5).branch(BIG),
        lambda: Trunk(PLAIN, 5).branch(9, BIG),
        lambda: scheduled.cooldown_steps(BIG, 5),
        lambda: scheduled.cooldown_steps("20%", BIG),
        lambda: scheduled.plan_anytime(PLAIN, [BIG]),
    ],
)
def test_counts_above_2_to_the_53_are_refused(call):
    with pytest.raises(ArgumentError, match=r"2\^53"):
        call()


def test_counts_up_to_2_to_the_53_are_kept():
    assert Schedule(f"linear(steps={2**53})").steps == 2**53
    assert scheduled.cooldown_steps(2**53, 0) == 2**53


def test_stores_refuse_such_steps(folder):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    with anytime.RunStore.init("run", PLAIN) as run:
        run.resume()
        for call in (
            lambda: run.lr(BIG),
            lambda: run.commit(BIG, lambda to: (to / "x").write_text("x")),
            lambda: run.log(BIG, {"a": 1.0}),
            lambda: run.attach_data(BIG, "x"),
        ):
            with pytest.raises(ArgumentError, match=r"2\^53"):
                call()
