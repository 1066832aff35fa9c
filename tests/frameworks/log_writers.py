"""Logs as the real tools write them: each function writes one into a folder and returns what `read_log` takes.

    python tests/frameworks/log_writers.py FOLDER

writes those whose tools are there, for tools/log_table.py. All of them log the same run (`ROWS`), as far as the tool logs
it: steps, rates, losses and gradient norms.
"""

import importlib
import math
import os
import pathlib
import sys

os.environ.setdefault("KERAS_BACKEND", "torch")
STEPS = 40
ROWS = [
    {"step": step, "lr": 1e-3 * (1 - step / (STEPS + 1)), "loss": 2 + 1 / step, "grad_norm": 1 + step / 100}
    for step in range(1, STEPS + 1)
]
EVERY = 10  # a validation loss each so many steps


def eval_loss(row):
    return row["loss"] + 0.1


def tensorboard_torch(folder):
    """PyTorch's SummaryWriter: scalars as simple values."""
    from torch.utils.tensorboard import SummaryWriter

    writer = SummaryWriter(folder / "tensorboard-torch")
    for row in ROWS:
        writer.add_scalar("train/lr", row["lr"], row["step"])
        writer.add_scalar("train/loss", row["loss"], row["step"])
        writer.add_scalar("train/grad_norm", row["grad_norm"], row["step"])
        if row["step"] % EVERY == 0:
            writer.add_scalar("eval/loss", eval_loss(row), row["step"])
    writer.close()
    return folder / "tensorboard-torch"


def tensorboard_tensors(folder):
    """The protobufs that TensorFlow 2 writes: scalars as tensors."""
    from tensorboard.compat.proto.event_pb2 import Event
    from tensorboard.compat.proto.summary_pb2 import Summary
    from tensorboard.compat.proto.tensor_pb2 import TensorProto
    from tensorboard.summary.writer.event_file_writer import EventFileWriter

    writer = EventFileWriter(str(folder / "tensorboard-tensors"))
    for row in ROWS:
        values = {"learning_rate": row["lr"], "loss": row["loss"]}
        if row["step"] % EVERY == 0:
            values["val_loss"] = eval_loss(row)
        for tag, number in values.items():
            tensor = TensorProto(dtype=1, float_val=[number])
            summary = Summary(value=[Summary.Value(tag=tag, tensor=tensor)])
            writer.add_event(Event(step=row["step"], summary=summary))
    writer.close()
    return folder / "tensorboard-tensors"


def wandb_offline(folder):
    """wandb's own file of an offline run."""
    import wandb

    settings = wandb.Settings(silent=True, x_disable_stats=True, x_disable_meta=True, console="off")
    run = wandb.init(project="p", mode="offline", dir=str(folder), settings=settings, config={"steps": STEPS})
    for row in ROWS:
        values = {f"train/{key}": value for key, value in row.items() if key != "step"}
        if row["step"] == 20:
            values["train/grad_norm"] = math.nan
        if row["step"] % EVERY == 0:
            values["eval/loss"] = eval_loss(row)
        run.log({"train/global_step": row["step"], **values})
    run.finish()
    wandb.teardown()  # its service writes the file, and may be behind
    (file,) = folder.glob("wandb/offline-run-*/run-*.wandb")
    return file


def mlflow_store(folder):
    """A run in MLflow's file store, which MLflow 3 must be told that it may use."""
    os.environ |= {"MLFLOW_ALLOW_FILE_STORE": "true", "MLFLOW_DISABLE_TELEMETRY": "true"}
    import mlflow

    mlflow.set_tracking_uri((folder / "mlruns").as_uri())
    with mlflow.start_run() as run:
        for row in ROWS:
            mlflow.log_metric("learning_rate", row["lr"], step=row["step"])
            mlflow.log_metric("train_loss", row["loss"], step=row["step"])
            if row["step"] % EVERY == 0:
                mlflow.log_metric("val_loss", eval_loss(row), step=row["step"])
    (found,) = folder.glob(f"mlruns/*/{run.info.run_id}")
    return found


def _torch_model():
    import torch

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(4, 1)

        def forward(self, x, labels=None):
            loss = ((self.linear(x).squeeze(-1) - labels) ** 2).mean()
            return {"loss": loss, "logits": self.linear(x)}

    torch.manual_seed(0)
    x = torch.randn(80, 4)
    return Model(), [{"x": a, "labels": b} for a, b in zip(x, x.sum(1), strict=True)]


def huggingface_trainer(folder):
    """trainer_state.json of Hugging Face's Trainer, with the summary row at its end."""
    from transformers import Trainer, TrainingArguments

    model, data = _torch_model()
    arguments = TrainingArguments(
        output_dir=str(folder / "huggingface"),
        max_steps=STEPS,
        per_device_train_batch_size=4,
        learning_rate=1e-3,
        logging_steps=2,
        eval_strategy="steps",
        eval_steps=EVERY,
        save_strategy="no",
        report_to=[],
        use_cpu=True,
        disable_tqdm=True,
    )
    trainer = Trainer(model=model, args=arguments, train_dataset=data, eval_dataset=data[:8])
    trainer.train()
    trainer.save_state()
    return folder / "huggingface" / "trainer_state.json"


def lightning_csv(folder):
    """metrics.csv of Lightning's CSVLogger with its LearningRateMonitor."""
    import lightning_fabric  # noqa: F401  of pytorch-lightning
    import pytorch_lightning as lightning
    import torch
    from pytorch_lightning.callbacks import LearningRateMonitor
    from pytorch_lightning.loggers import CSVLogger

    model, data = _torch_model()

    class Module(lightning.LightningModule):
        def __init__(self):
            super().__init__()
            self.model = model

        def training_step(self, batch, _):
            loss = self.model(**batch)["loss"]
            self.log("train_loss", loss)
            return loss

        def validation_step(self, batch, _):
            self.log("val_loss", self.model(**batch)["loss"])

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters(), lr=1e-3)
            schedule = torch.optim.lr_scheduler.LinearLR(optimizer, 1.0, 0.0, STEPS)
            return [optimizer], [{"scheduler": schedule, "interval": "step"}]

    loader = torch.utils.data.DataLoader(data, batch_size=4)
    trainer = lightning.Trainer(
        max_steps=STEPS,
        log_every_n_steps=1,
        val_check_interval=EVERY,
        accelerator="cpu",
        logger=CSVLogger(folder, name="lightning"),
        callbacks=[LearningRateMonitor("step")],
        enable_progress_bar=False,
        enable_model_summary=False,
        enable_checkpointing=False,
    )
    trainer.fit(Module(), loader, loader)
    return folder / "lightning" / "version_0" / "metrics.csv"


def keras_csv(folder):
    """Keras' CSVLogger: a row for each epoch."""
    import keras
    import numpy

    model = keras.Sequential([keras.layers.Dense(1)])
    model.compile(optimizer=keras.optimizers.SGD(1e-3), loss="mse")
    x = numpy.random.default_rng(0).normal(size=(80, 4))
    file = folder / "keras.csv"
    model.fit(x, x.sum(1), epochs=4, validation_split=0.2, verbose=0, callbacks=[keras.callbacks.CSVLogger(file)])
    return file


# The function, and the packages that it needs.
WRITERS = {
    tensorboard_torch: ("torch", "tensorboard"),
    tensorboard_tensors: ("tensorboard",),
    wandb_offline: ("wandb",),
    mlflow_store: ("mlflow",),
    huggingface_trainer: ("torch", "transformers", "accelerate"),
    lightning_csv: ("torch", "pytorch_lightning"),
    keras_csv: ("keras",),
}


def main(folder):
    folder.mkdir(parents=True, exist_ok=True)
    for write, packages in WRITERS.items():
        try:
            for package in packages:
                importlib.import_module(package)
        except ImportError as error:
            print(f"# {write.__name__}: {error}", file=sys.stderr)
            continue
        print(write(folder))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
