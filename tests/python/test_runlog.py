"""Training logs in Python; tests/unit has the formats."""

import json

import numpy as np
import pytest
from scheduled import ArgumentError, densify, merge_branch, omega_curve, parse_log, read_log

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
