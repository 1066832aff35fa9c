"""Training logs as the real tools write them, read by their content."""

import log_writers
import numpy as np
import pytest
import scheduled

FORMATS = {
    "tensorboard_torch": "tensorboard",
    "tensorboard_tensors": "tensorboard",
    "wandb_offline": "wandb",
    "mlflow_store": "mlflow",
    "huggingface_trainer": "hf",
    "lightning_csv": "csv",
    "keras_csv": "csv",
}


@pytest.mark.parametrize("write", log_writers.WRITERS, ids=lambda write: write.__name__)
def test_read(write, tmp_path):
    for package in log_writers.WRITERS[write]:
        pytest.importorskip(package)
    file = write(tmp_path)
    if write.__name__ == "keras_csv":  # which counts epochs and has no steps
        log = scheduled.read_log(file, step_offset=1)
        assert log.step.tolist() == [1, 2, 3, 4]
    else:
        log = scheduled.read_log(file, step_offset=1 if write.__name__ == "lightning_csv" else 0)  # which counts from 0
        assert log.step[-1] == log_writers.STEPS
        assert log["lr"][~np.isnan(log["lr"])][0] == pytest.approx(1e-3, rel=0.06)
        assert "bound" in {use.verb for use in scheduled.describe_log(log).uses if use.works}
    assert log.format == FORMATS[write.__name__]
    losses = {name: log[name][~np.isnan(log[name])] for name in ("train_loss", "val_loss")}
    assert len(losses["val_loss"]) == 4
    assert len(losses["train_loss"]) >= 4
    if write.__name__ in ("tensorboard_torch", "tensorboard_tensors", "wandb_offline", "mlflow_store"):
        rows = log_writers.ROWS
        assert log.step.tolist() == [row["step"] for row in rows]
        assert log["lr"] == pytest.approx([row["lr"] for row in rows], rel=1e-6)
        assert log["train_loss"] == pytest.approx([row["loss"] for row in rows], rel=1e-6)
        assert losses["val_loss"] == pytest.approx([row["loss"] + 0.1 for row in rows if row["step"] % 10 == 0])
    if write.__name__ == "wandb_offline":
        assert np.isnan(log["grad_norm"]).sum() == 1
        assert log.meta["steps"] == log_writers.STEPS
