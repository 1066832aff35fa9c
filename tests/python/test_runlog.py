"""Training logs in Python; tests/unit has the formats."""

import copy
import errno
import json
import pickle
import re

import numpy as np
import pytest
from scheduled import (
    ArgumentError,
    RunLog,
    Schedule,
    densify,
    describe_log,
    merge_branch,
    omega_curve,
    parse_log,
    read_log,
    read_run,
)

CSV = "step,lr,loss,grad_norm\n1,0.1,4.0,\n2,0.2,3.5,1.5\n4,0.2,3.0,1.0\n"


def test_a_log_is_a_table():
    log = parse_log("run", CSV)
    assert log.name == "run"
    assert log.step.tolist() == [1, 2, 4]
    assert log.step.dtype == np.int64
    assert len(log) == 3
    assert sorted(log.columns) == ["grad_norm", "lr", "train_loss"]
    assert log["lr"].tolist() == [0.1, 0.2, 0.2]
    assert np.isnan(log["grad_norm"][0])
    assert "lr" in log
    assert "val_loss" not in log
    assert repr(log) == "<RunLog 'run': 3 rows>"
    with pytest.raises(ArgumentError, match="val_loss"):
        log["val_loss"]


def test_columns_outlive_the_log_and_cannot_be_written():
    column = parse_log("run", CSV)["lr"]
    assert column.tolist() == [0.1, 0.2, 0.2]
    with pytest.raises(ValueError, match="read-only"):
        column[0] = 1.0


@pytest.mark.parametrize("as_path", [str, lambda path: path])
def test_read_log(tmp_path, as_path):
    file = tmp_path / "run.csv"
    file.write_text(CSV.replace("loss", "perplexity"))
    log = read_log(as_path(file), columns={"perplexity": "train_loss"})
    assert log["train_loss"].tolist() == [4.0, 3.5, 3.0]


def test_json_log_with_meta(tmp_path):
    train = {"iter": [10, 20, 20], "train_loss": [5.0, 4.0, 3.0], "train_lr": [0.1, 0.2, 0.2]}
    content = {"config": {"lr": 0.2, "scheduler": "wsd"}, "history": {"train": train}}
    file = tmp_path / "run.json"
    file.write_text(json.dumps(content))
    log = read_log(file)
    assert log.step.tolist() == [10, 20]
    assert log["train_loss"].tolist() == [5.0, 3.5]
    assert log.meta["lr"] == 0.2
    assert log.meta["scheduler"] == "wsd"
    with pytest.raises(ArgumentError, match=r"run\.json"):
        read_log(file, restarts="error")


def test_bytes_that_are_no_text(tmp_path):
    file = tmp_path / "run.csv"
    file.write_bytes(b"step,lr\n1,\xff\xfe\n")
    with pytest.raises(ArgumentError, match=r"run\.csv"):
        read_log(file)


def test_from_a_log_to_its_bound():
    base = parse_log("base", "step,lr\n1,1\n2,1\n3,1\n4,1\n")
    branch = parse_log("branch", "step,lr\n3,0.5\n4,0.25\n")
    log = merge_branch(base, branch)
    assert log.step.tolist() == [1, 2, 3, 4]
    lr = densify(log, "lr", last_step=4)
    assert lr.tolist() == [1.0, 1.0, 0.5, 0.25]
    assert omega_curve(lr).shape == (4,)
    assert densify(parse_log("run", "step,lr\n4,1\n"), "lr", 4, warmup=4).tolist() == [
        0.25,
        0.5,
        0.75,
        1.0,
    ]
    with pytest.raises(ArgumentError, match="lr"):
        densify(parse_log("run", "step,lr\n1,1\n100,1\n"), "lr", 100, max_gap=10)
    with pytest.raises(ArgumentError):
        merge_branch(branch, parse_log("late", "step,lr\n90,1\n"))


COLUMNS = {"Step": [10, 20, 30], "learning_rate": [1e-3, 1e-3, 5e-4], "loss": [3.0, None, 2.5], "note": ["a", "b", "c"]}


def check_columns(log):
    assert log.columns == ["lr", "train_loss"]
    assert log.step.tolist() == [10, 20, 30]
    assert log["lr"].tolist() == [1e-3, 1e-3, 5e-4]
    assert np.isnan(log["train_loss"]).tolist() == [False, True, False]
    assert log.source["lr"] == "learning_rate"


def test_from_columns():
    check_columns(RunLog.from_columns(COLUMNS))
    check_columns(RunLog.from_columns({name: np.array(values, dtype=object) for name, values in COLUMNS.items()}))
    log = RunLog.from_columns({"t": [1, 2], "rate": [0.5, 0.25]}, "mine", columns={"t": "step", "rate": "lr"})
    assert (log.name, log["lr"].tolist()) == ("mine", [0.5, 0.25])
    with pytest.raises(ArgumentError, match="mine: column lr has 1 entries, column step has 2"):
        RunLog.from_columns({"step": [1, 2], "lr": [1.0]}, "mine")
    with pytest.raises(ArgumentError, match="must hold numbers"):
        RunLog.from_columns({"step": [1], "lr": ["x"]}, columns={"lr": "lr"})


def test_masked_entries_are_not_logged():
    loss = np.ma.masked_array([4.0, 9e9, 3.0], mask=[False, True, False])
    norm = np.ma.masked_array([1, -999, 2], mask=[False, True, False])
    log = RunLog.from_columns({"step": [1, 2, 3], "loss": loss, "grad_norm": norm})
    np.testing.assert_array_equal(log["train_loss"], [4.0, np.nan, 3.0])
    np.testing.assert_array_equal(log["grad_norm"], [1.0, np.nan, 2.0])


@pytest.mark.parametrize("error", [KeyboardInterrupt, MemoryError, RuntimeError])
def test_what_a_column_raises_is_not_swallowed(error):
    class Column:
        def __array__(self, *arguments, **more):
            raise error("while it was read")

    with pytest.raises(error, match="while it was read"):
        RunLog.from_columns({"step": [1, 2], "loss": [4.0, 3.0], "mine": Column()})


@pytest.mark.parametrize("package", ["pandas", "polars"])
def test_from_data_frames(package):
    frame = pytest.importorskip(package).DataFrame(COLUMNS)
    check_columns(RunLog.from_columns(frame))
    if package == "pandas":
        check_columns(RunLog.from_columns(frame.convert_dtypes()))


@pytest.mark.parametrize(
    "lr", ["linear(peak=1)", Schedule("linear(steps=5, peak=1)"), [1.0, 0.75, 0.5, 0.25]]
)
def test_given_rates(lr):
    log = parse_log("run", "step,loss\n1,3\n4,2\n", lr=lr)
    assert densify(log, "lr", 4).tolist() == [1.0, 0.75, 0.5, 0.25]
    assert log["lr"].tolist() == [1.0, 0.25]


def test_rates_go_on_along_their_shape():
    text = "step,lr,loss\n100,1,3\n200,1,3\n300,0.8,3\n400,0.6,3\n500,0.4,3\n700,,2\n"
    held = parse_log("run", text)
    assert "linear decay" in held.notes[-1]
    assert describe_log(held).tail.shape == "linear"
    assert densify(held, "lr", 700)[-1] == 0.4
    assert parse_log("run", text, continue_lr=True)["lr"][-1] == pytest.approx(0.0, abs=1e-12)


def test_a_log_that_begins_within_its_warmup():
    """Warmup of 300 steps, logged from step 100 on: the rows tell the rates before them."""
    rows = "".join(f"{step},{min(step / 300, 1)!r},3\n" for step in range(100, 2001, 100))
    log = parse_log("run", "step,lr,loss\n" + rows)
    truth = np.minimum(np.arange(1, 2001) / 300, 1)
    assert densify(log, "lr", 2000) == pytest.approx(truth, abs=1e-12)
    assert densify(log, "lr", 2000, warmup=100) == pytest.approx(truth, abs=1e-12)
    assert densify(log, "lr", 2000, warmup=0)[:100] == pytest.approx(1 / 3)
    head = describe_log(log).head
    assert (head.from_, head.start, head.rows) == (100, 0, 3)
    assert describe_log(log, warmup=0).head is None
    law = pytest.importorskip("scheduled.law")
    assert law.fit_run(log, "train_loss").lr == pytest.approx(truth, abs=1e-12)
    seldom = parse_log("run", "step,lr\n200,0.5\n400,1\n600,1\n800,1\n".replace("0.5", "0.6"))
    assert seldom.notes[0].endswith("a linear warmup from 0 is taken before it; warmup=0 holds 0.6 instead")


def test_describe_log():
    about = describe_log(parse_log("run", "step,lr,loss\n1,1e-3,4\n2,1e-3,3\n3,1e-3,2\n"))
    assert str(about.shape.schedule).startswith("constant(steps=3,")
    assert {use.verb: use.works for use in about.uses} == {
        "bound": True,
        "fit": False,
        "cooldown": True,
        "extend": True,
        "refine": False,
    }
    assert about.uses[1].needs.startswith("at least 11 losses for the default law: train_loss has 3 from step 1 on")
    assert [(column.name, column.low, column.high) for column in about.columns] == [
        ("lr", 1e-3, 1e-3),
        ("train_loss", 2.0, 4.0),
    ]


def test_a_missing_file_is_a_file_not_found_error(tmp_path):
    missing = tmp_path / "none.csv"
    for call in (lambda: read_log(missing), lambda: read_run(missing), lambda: read_run(missing, bases=[missing])):
        with pytest.raises(FileNotFoundError, match=r"none\.csv: no such file$") as found:
            call()
        for error in (found.value, copy.copy(found.value), pickle.loads(pickle.dumps(found.value))):
            assert isinstance(error, ArgumentError)
            assert (error.errno, error.filename) == (errno.ENOENT, str(missing))
            assert str(error) == str(found.value) and error.place.source == str(missing)


@pytest.mark.parametrize(
    ("content", "advice"),
    [
        ("time,loss\n1,2\n2,1\n", "columns={'time': 'step'} says that it is the step"),
        ("hello\nworld\n", 'patterns=["step {step}: loss {train_loss}"] says how its lines look'),
    ],
)
def test_advice_names_arguments_of_python(content, advice):
    with pytest.raises(ArgumentError, match=re.escape(advice)):
        parse_log("run", content)
    log = parse_log("run", "step,mystery_loss\n1,2\n2,1\n")
    with pytest.raises(ArgumentError, match=re.escape("lr=SPEC gives the schedule, columns={'NAME': 'lr'} names its column")):
        log["lr"]
    assert not any("--" in use.needs for use in describe_log(log).uses)
