"""A Trainer of Transformers or Lightning on a run store, on any number of ranks; test_trainers.py kills it and goes on.

trainer_run.py transformers|lightning FOLDER [--go-on] [--kill-at STEP]: prints "rank step rate" before each update, then weights.
"""

import argparse
import os
import signal
from contextlib import nullcontext
from pathlib import Path

import torch
from ranks import leave
from scheduled import RunStore, Schedule

TRUNK = "rsqrt(warmup=3, peak=0.01)"
STEPS = 10


def say(text):
    os.write(1, f"{os.environ.get('RANK', 0)} {text}\n".encode())


def before_update(step, optimizer, kill_at):
    if step == kill_at:
        os.kill(os.getpid(), signal.SIGKILL)
    say(f"{step} {optimizer.param_groups[0]['lr']!r}")


class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 200

    def __getitem__(self, i):
        x = torch.tensor([i % 7, i % 5, 1.0])
        return {"x": x, "labels": x.sum()[None]}


def by_transformers(folder, run, at, kill_at):
    from scheduled.transformers import RunStoreCallback, ScheduledMixin
    from transformers import Trainer, TrainerCallback, TrainingArguments

    class Model(torch.nn.Module):
        def __init__(self):
            super().__init__()
            self.linear = torch.nn.Linear(3, 1)

        def forward(self, x, labels=None):
            return {"loss": (self.linear(x) - labels).square().mean()}

    class Watch(TrainerCallback):
        def on_pre_optimizer_step(self, args, state, control, optimizer=None, **kwargs):
            before_update(state.global_step, optimizer, kill_at)

    class MyTrainer(ScheduledMixin, Trainer):
        pass

    args = TrainingArguments(
        str(folder / "hf"), max_steps=STEPS, per_device_train_batch_size=2, logging_steps=1, save_steps=2, report_to=[],
        use_cpu=True, disable_tqdm=True, gradient_accumulation_steps=2,
    )  # fmt: skip
    torch.manual_seed(0)
    model = Model()
    callbacks = [Watch(), RunStoreCallback(run, "trunk", at)]
    trainer = MyTrainer(model, args, train_dataset=Data(), callbacks=callbacks, schedule=TRUNK)
    trainer.train(resume_from_checkpoint=None if at is None or at.folder is None else str(at.folder))
    return model.linear.weight


def by_lightning(folder, run, at, kill_at):
    import lightning.pytorch as pl
    from scheduled.lightning import BoundCallback, RunStoreCheckpoint, lr_scheduler
    from torchdata.stateful_dataloader import StatefulDataLoader

    class Module(pl.LightningModule):
        def __init__(self):
            super().__init__()
            torch.manual_seed(0)
            self.linear = torch.nn.Linear(3, 1)

        def training_step(self, batch, index):
            loss = (self.linear(batch["x"]) - batch["labels"]).square().mean()
            self.log("train_loss", loss)
            return loss

        def on_before_optimizer_step(self, optimizer):
            before_update(self.trainer.global_step, optimizer, kill_at)

        def configure_optimizers(self):
            optimizer = torch.optim.AdamW(self.parameters())
            return {"optimizer": optimizer, "lr_scheduler": lr_scheduler(optimizer, TRUNK)}

    module = Module()
    ranks = int(os.environ.get("WORLD_SIZE", 1))
    trainer = pl.Trainer(
        max_steps=STEPS, max_epochs=-1, accelerator="cpu", devices=ranks, strategy="ddp" if ranks > 1 else "auto", logger=False,
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=folder, log_every_n_steps=1,
        callbacks=[BoundCallback(), RunStoreCheckpoint(run, 2, "trunk", at)], accumulate_grad_batches=2,
        use_distributed_sampler=False,
    )  # fmt: skip
    there = at is not None and at.folder is not None
    trainer.fit(
        module, StatefulDataLoader(Data(), batch_size=2), ckpt_path=at.folder / "lightning.ckpt" if there else None,
        weights_only=False,
    )  # fmt: skip
    return module.linear.weight


def main():
    parser = argparse.ArgumentParser()
    parser.add_argument("framework", choices=["transformers", "lightning"])
    parser.add_argument("folder", type=Path)
    parser.add_argument("--go-on", action="store_true")
    parser.add_argument("--kill-at", type=int)
    arguments = parser.parse_args()
    rank = int(os.environ.get("RANK", 0))
    arguments.folder.mkdir(exist_ok=True)
    store = arguments.folder / "run"
    opened = nullcontext()
    if rank == 0:
        opened = RunStore.open(store) if arguments.go_on else RunStore.init(store, Schedule(TRUNK))
    train = by_transformers if arguments.framework == "transformers" else by_lightning
    with opened as run:
        # Only rank 0 holds the store; the others read where it will go on.
        if run is not None:
            at = run.resume("trunk")
        elif arguments.go_on:
            with RunStore.open(store, "read") as reader:
                at = reader.resume("trunk", dry_run=True)
        else:
            at = None
        weights = train(arguments.folder, run, at, arguments.kill_at)
    say(f"weights {weights.detach().flatten().tolist()}")
    leave()


if __name__ == "__main__":
    main()
