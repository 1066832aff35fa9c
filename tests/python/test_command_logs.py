"""The command's --json and --csv say what Python's results say: of logs, laws and runs."""

import csv
import io
import json

import numpy as np
import pytest
import scheduled
from command_outputs import assert_named, assert_rows, assert_says, assert_series, outputs_in, pairs, same
from scheduled import Schedule
from test_surfaces import RECORDS, plain


@pytest.fixture
def run(tmp_path):
    return outputs_in(tmp_path)


def test_bound_along_logs(run):
    values, rows = run("bound", "--log", "run.csv", "--log", "cosine.csv")
    assert_series(values, rows)
    assert [value["name"] for value in values] == ["run", "cosine"]
    found = scheduled.bound_along(scheduled.read_log(run.folder / "run.csv"))
    assert_says(values[0], found, "name", "loss", "rates", "grad_norm")
    assert same(values[0][found.loss_column], plain(found)["loss"])


def test_bound_of_a_stream(run):
    (run.folder / "stream").write_text("0.1\n0.1\n0.05\n")
    values, rows = run("bound", "--stream", "stream")
    assert_rows(values, rows)
    stream = scheduled.OmegaStream()
    for value in values:
        stream.push(value["lr"])
        assert value["step"] == stream.steps
        assert same(value["bound"], stream.value)


def test_refine(run):
    (value,), rows = run("refine", "--log", "norms.csv", "--close", "100%")
    assert_named(value)
    assert list(rows[0]) == ["step", "lr", "grad_norm"]
    assert [float(row["grad_norm"]) for row in rows] == value["grad_norm"]
    assert [float(row["lr"]) for row in rows] == pytest.approx([value["peak"] * lr for lr in value["schedule"]["values"]], rel=1e-12)
    log = scheduled.read_log(run.folder / "norms.csv")
    found = scheduled.refine_log(log, close=1.0)
    assert_says(value, found, "refined", "own")
    assert_says(value, found.refined, "schedule", "dropped")
    assert found.schedule == found.refined.schedule.with_peak(value["peak"])
    assert found.own == Schedule.from_values([1e-3] * 1000)
    refined = found.refined.schedule
    assert_says(value["transfer"], scheduled.transfer_base_lr(found.own, refined, grad_norm=found.refined.grad_norm))


def test_fit(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    arguments = ["fit", "trunk.csv", "cosine-decay.csv", "--law", "momentum"]
    (value,), rows = run(*arguments)
    assert_named({key: value[key] for key in value if key != "fitted"})
    assert list(value) == [name for name, _, _ in RECORDS["LawFit"]]
    assert law.FittedLaw.from_json(json.dumps(value["fitted"])).law.kind == "momentum"
    for record, entries in [("Estimate", value["estimates"]), ("RunResiduals", value["residuals"])]:
        for entry in entries:
            assert list(entry) == [name for name, _, _ in RECORDS[record]]
    assert list(rows[0]) == ["name", "step", "lr", "loss", "fitted"]
    assert {row["name"] for row in rows} == {entry["name"] for entry in value["residuals"]}


def test_predict(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    spec = "cosine(steps=500, warmup=50, peak=1e-3)"
    values, rows = run("predict", "law.json", spec, "--every", "100")
    assert_series(values, rows)
    fitted = law.FittedLaw.from_json((run.folder / "law.json").read_text())
    found = law.predict(fitted, Schedule(spec), values[0]["step"])
    assert_says(values[0], found)
    (value,), rows = run("predict", "law.json", "--optimize", "--steps", "60", "--cap", "1e-3")
    assert_named(value)
    best = law.optimize(fitted.law, 60, cap=1e-3)
    assert_says(value, best, "lr")
    assert [float(row["lr"]) for row in rows] == value["schedule"]["values"]
    assert same(value["schedule"]["values"], np.asarray(best.lr).tolist())


def test_cooldown(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    spec = "constant(warmup=100, peak=1e-3)"
    (value,), rows = run("cooldown", "law.json", "--trunk", spec, "--at", "5k", "--cooldown", "500,1k")
    assert_rows(value["answers"], rows)
    assert_named({key: value[key] for key in value if key != "fitted"})
    fitted = law.FittedLaw.from_json((run.folder / "law.json").read_text())
    found = law.virtual_cooldown(fitted, Schedule(spec).values(5000), [500, 1000])
    assert_says(value, found, "answers")
    for row, answer in pairs(value["answers"], found.answers):
        assert_says(row, answer)


def test_run(run):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    (value,), rows = run("run", "plan", "--trunk", "rsqrt(warmup=100)", "--results", "1k,2k", "--cooldown", "20%")
    assert_rows(value["branches"], rows)
    assert_named(value)
    plan = anytime.plan_anytime(Schedule("rsqrt(warmup=100)"), [1000, 2000], cooldown="20%")
    assert_says(value, plan)
    run.output("run", "init", "a", "--trunk", "rsqrt(warmup=5, peak=0.1)")
    (value,), rows = run("run", "lr", "a", "--count", "3")
    assert_series([value], rows)
    status = json.loads(run.output("run", "status", "a", "--json"))
    assert_named(status)
    with anytime.RunStore.open(run.folder / "a") as store:
        record = plain(store.record())
    assert {key: status[key] for key in status if key != "folder"} == {key: record[key] for key in record if key != "folder"}


def names_of(kind):
    return [name.removesuffix("_") for name, _, _ in RECORDS[kind]]


def test_run_step_by_step(run):
    pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    (run.folder / "model").write_text("x")
    for kind, *arguments in [
        ("RecordedLine", "init", "a", "--trunk", "rsqrt(warmup=5, peak=0.1)"),
        ("RecordedCheckpoint", "commit", "a", "model", "--step", "100"),
        ("RecordedLine", "branch", "a", "b"),
        ("Resume", "resume", "a", "--line", "b"),
        ("VerifyReport", "verify", "a"),
        ("GcReport", "gc", "a", "--dry-run"),
        ("RunRecord", "status", "a"),
    ]:
        value = json.loads(run.output("run", *arguments, "--json"))
        assert list(value) == names_of(kind), arguments
        assert_named(value)
    assert_named(json.loads(run.output("run", "log", "a", "--step", "100", "val_loss=3", "--json")))


def test_log_and_watch(run):
    value = json.loads(run.output("log", "run.csv", "--json"))
    assert_named(value)
    rows = list(csv.DictReader(io.StringIO(run.output("log", "run.csv", "--csv"))))
    assert [int(row["step"]) for row in rows] == scheduled.read_log(run.folder / "run.csv").step.tolist()
    pytest.importorskip("scheduled.law", exc_type=ImportError)
    watched = json.loads(run.output("watch", "trunk.csv", "--law", "law.json", "--once", "--json"))
    assert_named({key: value for key, value in watched.items() if key != "meta"})
