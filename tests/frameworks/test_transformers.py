"""ScheduledMixin, RunStoreCallback and spec_from_arguments with the real Trainer."""

import pytest
import torch
from cases import rates
from scheduled import ArgumentError, RunStore, Schedule
from scheduled.transformers import RunStoreCallback, ScheduledMixin, spec_from_arguments
from transformers import Trainer, TrainerCallback, TrainingArguments
from transformers.optimization import get_scheduler

SPEC = "wsd(steps=12, warmup=3, cooldown=5, peak=0.02)"
TRUNK = "rsqrt(warmup=3, peak=0.01)"
BRANCH = "rsqrt(steps=12, warmup=3, cooldown=4, peak=0.01)"


class Model(torch.nn.Module):
    def __init__(self):
        super().__init__()
        torch.manual_seed(0)
        self.linear = torch.nn.Linear(3, 1)

    def forward(self, x, labels=None):
        return {"loss": (self.linear(x) - labels).square().mean()}


class Data(torch.utils.data.Dataset):
    def __len__(self):
        return 1000

    def __getitem__(self, i):
        x = torch.tensor([i % 7, i % 5, 1.0])
        return {"x": x, "labels": x.sum()[None]}


class Used(TrainerCallback):
    """The rates that updates were made with."""

    def __init__(self):
        self.rates = []

    def on_pre_optimizer_step(self, args, state, control, optimizer=None, **kwargs):
        self.rates.append([group["lr"] for group in optimizer.param_groups])


class MyTrainer(ScheduledMixin, Trainer):
    pass


def arguments(folder, **options):
    usual = {"max_steps": 12, "per_device_train_batch_size": 2, "logging_steps": 1, "save_steps": 1, "disable_tqdm": True}
    return TrainingArguments(str(folder), report_to=[], use_cpu=True, save_total_limit=None, **{**usual, **options})


def train(folder, spec, *callbacks, resume=None, how="same", trainer=MyTrainer, **options):
    used = Used()
    made = trainer(
        Model(), arguments(folder, **options), train_dataset=Data(), callbacks=[used, *callbacks], schedule=spec, resume=how
    )
    made.train(resume_from_checkpoint=resume)
    return [pair[0] for pair in used.rates], made


def logged(trainer):
    return {row["step"]: row["learning_rate"] for row in trainer.state.log_history if "learning_rate" in row}


def test_rates_logs_and_resume_at_every_step(tmp_path):
    used, trainer = train(tmp_path, SPEC)
    assert used == rates(SPEC, 12)
    assert logged(trainer) == {step + 1: rate for step, rate in enumerate(rates(SPEC, 12))}
    weights = trainer.model.linear.weight.detach()
    for step in range(1, 12):
        used, trainer = train(tmp_path, SPEC, resume=str(tmp_path / f"checkpoint-{step}"), save_strategy="no")
        assert used == rates(SPEC, 12, step)
        assert torch.equal(weights, trainer.model.linear.weight)


def test_the_horizon_is_the_trainers(tmp_path):
    used, _ = train(tmp_path, "wsd(warmup=3, cooldown=5, peak=0.02)", save_strategy="no")
    assert used == rates(SPEC, 12)


def test_accumulation(tmp_path):
    used, _ = train(tmp_path, SPEC, gradient_accumulation_steps=3, save_strategy="no")
    assert used == rates(SPEC, 12)


def test_groups_keep_their_ratio(tmp_path):
    class TwoRates(MyTrainer):
        def create_optimizer(self, *args, **kwargs):
            linear = self.model.linear
            self.optimizer = torch.optim.AdamW([{"params": [linear.weight]}, {"params": [linear.bias], "lr": 1e-4}], lr=1e-3)
            return self.optimizer

    _, trainer = train(tmp_path, SPEC, trainer=TwoRates, save_strategy="no", max_steps=5)
    assert trainer.lr_scheduler.scale == pytest.approx([1.0, 0.1])
    assert [group["lr"] for group in trainer.optimizer.param_groups] == pytest.approx([0.02, 0.002])


def test_trunk_and_branch_on_a_run_store(tmp_path):
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        used, _ = train(tmp_path / "hf", TRUNK, RunStoreCallback(run), max_steps=8, save_steps=4)
        assert used == rates(TRUNK, 8)
        assert [saved.step for saved in run.record().checkpoints] == [4, 8]
        run.branch("result-12", cooldown=4)
        at = run.resume("result-12")
        used, _ = train(
            tmp_path / "branch", at.schedule, RunStoreCallback(run, "result-12", at), resume=str(at.folder), how="branch",
            max_steps=12, save_steps=4,
        )  # fmt: skip
        assert used == rates(BRANCH, 12, 8)
        assert run.record().line("result-12").finished
        log = run.log_of("result-12")
        assert list(log.step) == list(range(1, 13)) and {"train_loss", "grad_norm"} <= set(log.columns)
        with pytest.raises(ArgumentError, match="would jump from"):
            train(tmp_path / "again", at.schedule, resume=str(at.folder), max_steps=12)
    other = RunStore.init(tmp_path / "other", Schedule(TRUNK))
    with other, pytest.raises(ArgumentError, match=r"learning_rate = .*update 0 of trunk has the rate"):
        train(tmp_path / "false", SPEC, RunStoreCallback(other))


def test_a_scale_is_no_false_rate(tmp_path):
    class TwoGroups(MyTrainer):
        def create_optimizer(self, *args, **kwargs):
            linear = self.model.linear
            self.optimizer = torch.optim.AdamW([{"params": [linear.weight]}, {"params": [linear.bias]}])
            return self.optimizer

    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        args = arguments(tmp_path / "hf", max_steps=4, save_steps=2)
        TwoGroups(
            Model(), args, train_dataset=Data(), schedule=TRUNK, scale=[0.5, 1.0], callbacks=[RunStoreCallback(run)]
        ).train()
        assert [saved.step for saved in run.record().checkpoints] == [2, 4]


class Overflows(torch.optim.AdamW):
    """Skips some updates, as GradScaler makes fused optimizers do."""

    made = 0

    def step(self, closure=None):
        self.made += 1
        self.found_inf = torch.tensor(float(self.made in (1, 2, 6)))
        return super().step(closure)


def test_skipped_updates_delay_the_rates(tmp_path):
    class Half(MyTrainer):
        def create_optimizer(self, *args, **kwargs):
            self.optimizer = Overflows(self.model.parameters(), fused=True)
            return self.optimizer

    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        args = arguments(tmp_path / "hf", max_steps=9, save_steps=3)
        trainer = Half(Model(), args, train_dataset=Data(), schedule=TRUNK, callbacks=[RunStoreCallback(run)])
        with pytest.warns(RuntimeWarning, match="of trunk has .* updates earlier"):
            trainer.train()
        assert trainer.lr_scheduler.last_epoch == 6
        assert run.record().line("trunk").step == 9


def test_on_from_a_checkpoint_of_the_plain_trainer(tmp_path):
    args = arguments(tmp_path, max_steps=10, save_steps=5, lr_scheduler_type="linear", learning_rate=1e-3, warmup_steps=2)
    Trainer(Model(), args, train_dataset=Data()).train()
    schedule = spec_from_arguments(args, 10)
    used = Used()
    again = MyTrainer(Model(), args, train_dataset=Data(), schedule=schedule, callbacks=[used])
    again.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))
    assert [pair[0] for pair in used.rates] == [schedule.lr(step) for step in range(5, 10)]
    other = MyTrainer(Model(), args, train_dataset=Data(), schedule="linear(steps=10, peak=1e-3)")
    with pytest.raises(ArgumentError, match=r"would jump from .*, by the checkpoint of another scheduler, to"):
        other.train(resume_from_checkpoint=str(tmp_path / "checkpoint-5"))


def test_a_scheduler_beside_the_schedule_is_refused(tmp_path):
    """It would be used, and the schedule forgotten."""
    optimizer = torch.optim.SGD(Model().parameters(), lr=1.0)
    given = optimizer, torch.optim.lr_scheduler.ConstantLR(optimizer)
    trainer = MyTrainer(Model(), arguments(tmp_path), train_dataset=Data(), schedule=SPEC, optimizers=given)
    with pytest.raises(ArgumentError, match=r"schedule = .*: a scheduler was given in optimizers.*\(optimizer, None\)"):
        trainer.train()
    used = Used()
    model = Model()
    given = torch.optim.SGD(model.parameters(), lr=1.0), None
    trainer = MyTrainer(
        model, arguments(tmp_path, save_strategy="no"), train_dataset=Data(), schedule=SPEC, optimizers=given, callbacks=[used]
    )
    for _ in range(2):
        trainer.train()
    assert [pair[0] for pair in used.rates] == 2 * rates(SPEC, 12)


def test_a_trainer_that_begins_before_the_line_is_refused(tmp_path):
    """Before it writes rows of updates that the record has already."""
    with RunStore.init(tmp_path / "run", Schedule(TRUNK)) as run:
        train(tmp_path / "hf", TRUNK, RunStoreCallback(run), max_steps=8, save_steps=4)
        before = list(run.log_of()["train_loss"])
        said = "resume_from_checkpoint: the Trainer begins at update 0, but trunk is at 8 by the record; go on from the folder"
        with pytest.raises(ArgumentError, match=said):
            train(tmp_path / "again", TRUNK, RunStoreCallback(run), max_steps=10)
        assert list(run.log_of()["train_loss"]) == before
        at = run.resume(step=4)  # the line goes back
        used, _ = train(tmp_path / "back", at.schedule, RunStoreCallback(run, at=at), resume=str(at.folder), max_steps=6)
        assert used == rates(TRUNK, 6, 4) and run.record().line("trunk").step == 6


def test_refusals_before_the_training(tmp_path):
    with pytest.raises(TypeError, match=r"stands after Trainer, .*; class Wrong\(ScheduledMixin, Trainer\)"):
        type("Wrong", (Trainer, ScheduledMixin), {})
    with RunStore.init(tmp_path / "run", Schedule(SPEC)) as run:
        with pytest.raises(ArgumentError, match="max_steps = 20: trunk ends after 12 updates"):
            train(tmp_path, SPEC, RunStoreCallback(run), max_steps=20)
        with pytest.raises(ArgumentError, match="line = result-7: no such line"):
            train(tmp_path, SPEC, RunStoreCallback(run, "result-7"))


def test_a_trainer_of_trl(tmp_path):
    trl = pytest.importorskip("trl")
    from datasets import Dataset
    from tokenizers import Tokenizer, models, pre_tokenizers
    from transformers import LlamaConfig, LlamaForCausalLM, PreTrainedTokenizerFast

    class Mine(ScheduledMixin, trl.SFTTrainer):
        pass

    words = {word: i for i, word in enumerate(["<pad>", "<eos>", "<unk>", "a", "b", "c"])}
    tokenizer = Tokenizer(models.WordLevel(words, unk_token="<unk>"))
    tokenizer.pre_tokenizer = pre_tokenizers.Whitespace()
    processing = PreTrainedTokenizerFast(tokenizer_object=tokenizer, pad_token="<pad>", eos_token="<eos>", unk_token="<unk>")
    config = LlamaConfig(
        vocab_size=8, hidden_size=8, intermediate_size=8, num_hidden_layers=1, num_attention_heads=1, num_key_value_heads=1
    )
    used = Used()
    trainer = Mine(
        LlamaForCausalLM(config),
        trl.SFTConfig(
            str(tmp_path), max_steps=12, per_device_train_batch_size=2, report_to=[], use_cpu=True, save_strategy="no",
            disable_tqdm=True, bf16=False, gradient_checkpointing=False,
        ),
        train_dataset=Dataset.from_dict({"text": ["a b c a"] * 40}),
        processing_class=processing,
        callbacks=[used],
        schedule=SPEC,
    )  # fmt: skip
    trainer.train()
    assert [pair[0] for pair in used.rates] == rates(SPEC, 12)


@pytest.mark.parametrize("updates, warmup", [(1, 0), (2, 1), (50, 0), (50, 7), (50, 0.03), (1010, 0.03)])
@pytest.mark.parametrize(
    "kind, more",
    [
        ("constant", {}),
        ("constant_with_warmup", {}),
        ("linear", {}),
        ("cosine", {}),
        ("cosine_with_restarts", {"num_cycles": 3}),
        ("cosine_with_min_lr", {"min_lr": 1e-5}),
        ("cosine_with_min_lr", {"min_lr_rate": 0.1}),
        ("polynomial", {"power": 2.0}),
        ("inverse_sqrt", {"timescale": 40}),
        ("inverse_sqrt", {}),
        ("warmup_stable_decay", {"num_decay_steps": 1, "min_lr_ratio": 0.1}),
        ("warmup_stable_decay", {"num_decay_steps": 1, "decay_type": "linear"}),
        ("warmup_stable_decay", {"num_decay_steps": 1, "decay_type": "1-sqrt"}),
    ],
)
def test_spec_from_arguments(tmp_path, kind, more, updates, warmup):
    check_spec(tmp_path, kind, more, updates, warmup)


@pytest.mark.parametrize("updates, warmup", [(2, 1), (50, 1), (50, 7), (1010, 0.03)])
@pytest.mark.parametrize("more", [{"min_lr_rate": 0.1}, {"min_lr": 1e-5, "warmup_lr_rate": 0.01}])
def test_spec_of_their_cosine_without_a_virtual_last_step(tmp_path, more, updates, warmup):
    if warmup == 1 and "warmup_lr_rate" in more:  # its only update of warmup has the start, the next is below the peak
        with pytest.raises(ArgumentError, match="must not be 1 with warmup_lr_rate"):
            check_spec(tmp_path, "cosine_warmup_with_min_lr", more, updates, warmup)
    else:
        check_spec(tmp_path, "cosine_warmup_with_min_lr", more, updates, warmup)


def check_spec(tmp_path, kind, more, updates, warmup):
    args = TrainingArguments(
        str(tmp_path), lr_scheduler_type=kind, lr_scheduler_kwargs=more, warmup_steps=warmup, learning_rate=3e-4, use_cpu=True
    )
    if "num_decay_steps" in more:
        more = {**more, "num_decay_steps": max(1, updates // 5)}
        args.lr_scheduler_kwargs = more
    optimizer = torch.optim.SGD([torch.nn.Parameter(torch.zeros(1))], lr=3e-4)
    theirs = get_scheduler(kind, optimizer, args.get_warmup_steps(updates), updates, more)
    schedule = spec_from_arguments(args, updates)
    for step in range(updates):
        assert schedule.lr(step) == pytest.approx(theirs.get_last_lr()[0], rel=0, abs=4e-16 * 3e-4), step
        optimizer.step()
        theirs.step()


@pytest.mark.parametrize(
    "kind, more, said",
    [
        ("linear", {"odd": 1}, "lr_scheduler_kwargs.odd = 1: is no key that is known"),
        ("cosine", {"num_cycles": 0}, "num_cycles = 0: must be above 0"),
        ("reduce_lr_on_plateau", {}, "lr_scheduler_type = reduce_lr_on_plateau: follows the losses"),
        ("warmup_stable_decay", {}, "lr_scheduler_type = warmup_stable_decay: needs num_decay_steps"),
        ("cosine_with_min_lr", {}, "lr_scheduler_type = cosine_with_min_lr: needs min_lr or min_lr_rate"),
        ("cosine_warmup_with_min_lr", {"min_lr": 0.0, "min_lr_rate": 0.1}, "min_lr = 0.0: contradicts"),
    ],
)
def test_what_is_not_translated(tmp_path, kind, more, said):
    evaluated = {"eval_strategy": "steps", "eval_steps": 10} if kind == "reduce_lr_on_plateau" else {}  # they insist
    args = TrainingArguments(
        str(tmp_path), lr_scheduler_type=kind, lr_scheduler_kwargs=more, warmup_steps=5, use_cpu=True, **evaluated
    )
    with pytest.raises(ArgumentError, match=f"TrainingArguments: .*{said}"):
        spec_from_arguments(args, 100)
