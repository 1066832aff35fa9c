"""lr_scheduler, BoundCallback and RunStoreCheckpoint with the real Trainer of Lightning."""

import math

import lightning.pytorch as pl
import pytest
import torch
from cases import rates
from scheduled import ArgumentError, OmegaStream, RunStore, Schedule
from scheduled.lightning import BoundCallback, RunStoreCheckpoint, lr_scheduler
from torchdata.stateful_dataloader import StatefulDataLoader

SPEC = "wsd(steps=12, warmup=3, cooldown=5, peak=0.02)"
TRUNK = "rsqrt(warmup=3, peak=0.01)"
BRANCH = "rsqrt(steps=12, warmup=3, cooldown=4, peak=0.01)"


class Module(pl.LightningModule):
    def __init__(self, spec, how="same"):
        super().__init__()
        torch.manual_seed(0)
        self.linear = torch.nn.Linear(3, 1)
        self.spec, self.how = spec, how
        self.used, self.norms = [], []

    def training_step(self, batch, index):
        loss = (self.linear(batch) - batch.sum(1, keepdim=True)).square().mean()
        self.log("train_loss", loss)
        return loss

    def optimizer_step(self, epoch, batch, optimizer, closure):
        super().optimizer_step(epoch, batch, optimizer, closure)
        self.used.append([group["lr"] for group in optimizer.param_groups])
        self.norms.append(float(torch.nn.utils.get_total_norm([p.grad for p in self.parameters()])))

    def configure_optimizers(self):
        groups = [{"params": [self.linear.weight], "lr": 1e-3}, {"params": [self.linear.bias], "lr": 2e-3}]
        optimizer = torch.optim.AdamW(groups)
        return {"optimizer": optimizer, "lr_scheduler": lr_scheduler(optimizer, self.spec, resume=self.how)}


def fit(folder, spec, *callbacks, steps=12, ckpt=None, how="same", **options):
    module = Module(spec, how)
    trainer = pl.Trainer(
        max_steps=steps, max_epochs=-1, accelerator="cpu", devices=1, logger=False, enable_checkpointing=bool(callbacks),
        enable_progress_bar=False, enable_model_summary=False, default_root_dir=folder, callbacks=list(callbacks),
        log_every_n_steps=1, **options,
    )  # fmt: skip
    # PyTorch's own loader begins anew in the middle of an epoch, and other data give other weights.
    data = StatefulDataLoader(torch.arange(300.0).reshape(100, 3) % 7, batch_size=2)
    trainer.fit(module, data, ckpt_path=ckpt, weights_only=False)
    return module


def expected(spec, count, first=0):
    return [[rate, 2 * rate] for rate in rates(spec, count, first)]


def test_rates_and_resume_at_every_step(tmp_path):
    bound = BoundCallback()
    with RunStore.init(tmp_path / "run", Schedule(SPEC)) as run:
        whole = fit(tmp_path, SPEC, bound, RunStoreCheckpoint(run, 1))
        assert whole.used == expected(SPEC, 12)
        stream = OmegaStream()
        for (rate, _), norm in zip(whole.used, whole.norms):
            stream.push(rate, norm)
        assert bound.monitor.value == pytest.approx(stream.value, rel=1e-6)
        for step in range(1, 12):
            folder = run.resume(step=step, dry_run=True).folder
            again = BoundCallback()
            module = fit(tmp_path, SPEC, again, ckpt=folder / "lightning.ckpt")
            assert module.used == expected(SPEC, 12, step)
            assert again.monitor.value == bound.monitor.value
            assert torch.equal(module.linear.weight, whole.linear.weight)


def test_a_state_of_another_version():
    with pytest.raises(ArgumentError, match="state_dict: is of another version of BoundCallback: it has no monitors"):
        BoundCallback().load_state_dict(BoundCallback().monitor.state_dict())


def test_trunk_and_branch_on_a_run_store(tmp_path):
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        trunk = fit(tmp_path, TRUNK, RunStoreCheckpoint(run, 4, keep=True), steps=8)
        assert trunk.used == expected(TRUNK, 8)
        run.branch("result-12", cooldown=4)
        at = run.resume("result-12")
        saver = RunStoreCheckpoint(run, 4, "result-12", at)
        branch = fit(tmp_path, at.schedule, saver, ckpt=at.folder / "lightning.ckpt", how="branch")
        assert branch.used == expected(BRANCH, 12, 8)
        assert run.record().line("result-12").finished
        assert {"train_loss"} <= set(run.log_of("result-12").columns)
        again = RunStore.init(tmp_path / "again", Schedule(TRUNK))
        with again, pytest.raises(ArgumentError, match=r"has the rate .* at update 8, the record of trunk 0.006"):
            fit(tmp_path, at.schedule, RunStoreCheckpoint(again, 5), ckpt=at.folder / "lightning.ckpt", how="branch")
        with pytest.raises(ArgumentError, match="ckpt_path: the fit begins at update 0, but trunk is at 8 by the record"):
            fit(tmp_path, TRUNK, RunStoreCheckpoint(run, 4))
        with pytest.raises(ArgumentError, match="every = 0: must be at least 1"):
            RunStoreCheckpoint(run, 0)
        with pytest.raises(ArgumentError, match="would jump from"):
            fit(tmp_path, at.schedule, ckpt=at.folder / "lightning.ckpt")


def test_accumulation(tmp_path):
    with RunStore.init(tmp_path / "run", Schedule(SPEC)) as run:
        module = fit(tmp_path, SPEC, BoundCallback(), RunStoreCheckpoint(run, 5), accumulate_grad_batches=3)
        assert module.used == expected(SPEC, 12)
        assert [saved.step for saved in run.record().checkpoints] == [5, 10, 12]
        assert math.isfinite(run.log_of()["omega"][-1])


class Two(pl.LightningModule):
    """Two optimizers by hand, the second with its own schedule; global_step counts both."""

    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.automatic_optimization = False
        self.parts = torch.nn.ModuleList([torch.nn.Linear(3, 1), torch.nn.Linear(3, 1)])
        self.used = []

    def training_step(self, batch, index):
        for part, optimizer, scheduler in zip(self.parts, self.optimizers(), self.lr_schedulers()):
            optimizer.zero_grad()
            self.manual_backward(part(batch).square().mean())
            self.used.append(optimizer.param_groups[0]["lr"])
            optimizer.step()
            scheduler.step()

    def configure_optimizers(self):
        optimizers = [torch.optim.AdamW(part.parameters()) for part in self.parts]
        specs = [TRUNK, "linear(steps=50, peak=0.3)"]
        return optimizers, [lr_scheduler(optimizer, spec) for optimizer, spec in zip(optimizers, specs)]


def test_manual_optimization_with_two_optimizers(tmp_path):
    quiet = {"accelerator": "cpu", "logger": False, "enable_progress_bar": False, "enable_model_summary": False}
    data = StatefulDataLoader(torch.arange(300.0).reshape(100, 3) % 7, batch_size=2)

    def fit_two(updates, at, run):
        module, bound = Two(), BoundCallback()
        saver = RunStoreCheckpoint(run, 3, at=at)
        trainer = pl.Trainer(
            max_steps=2 * updates, max_epochs=-1, log_every_n_steps=1, default_root_dir=tmp_path, callbacks=[bound, saver], **quiet
        )
        trainer.fit(module, data, ckpt_path=None if at is None else at.folder / "lightning.ckpt", weights_only=False)
        return module.used, bound

    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        used, _ = fit_two(8, None, run)
        assert used[::2] == rates(TRUNK, 8) and used[1::2] == rates("linear(steps=50, peak=0.3)", 8)
        assert [saved.step for saved in run.record().checkpoints] == [3, 6, 8]  # the last one, too
        used, bound = fit_two(11, run.resume(), run)
        assert used[::2] == rates(TRUNK, 11, 8) and used[1::2] == rates("linear(steps=50, peak=0.3)", 11, 8)
        log = run.log_of()
        assert list(log.step) == list(range(1, 12))
        assert log["omega"][-1] == pytest.approx(bound.monitors[0].value)
        assert log["omega/1"][-1] == pytest.approx(bound.monitors[1].value) and log["omega"][-1] != log["omega/1"][-1]


def test_the_end_by_epochs_is_committed(tmp_path):
    with RunStore.init(tmp_path / "run", Schedule(SPEC)) as run:
        trainer = pl.Trainer(
            max_epochs=2, accelerator="cpu", logger=False, enable_progress_bar=False, enable_model_summary=False,
            default_root_dir=tmp_path, callbacks=[RunStoreCheckpoint(run, 7)],
        )  # fmt: skip
        trainer.fit(Module(SPEC), StatefulDataLoader(torch.ones(10, 3), batch_size=2))
        assert [saved.step for saved in run.record().checkpoints] == [7, 10]
