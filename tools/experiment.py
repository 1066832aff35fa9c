#!/usr/bin/env python3
"""Anytime training against separate runs, on real text: trains everything that docs/anytime.md reports.

usage: experiment.py TRAIN_COMMAND OUT [--corpus FILE...] [--plan full|short] [--jobs N]

Each run is a folder of `scheduled run` in OUT/runs; its log goes to OUT/logs as CSV. Killed or stopped, the same call
goes on from the last checkpoints; what is finished is not run again. Standard library only.
"""
import argparse
import concurrent.futures
import csv
import dataclasses
import hashlib
import io
import json
import math
import pathlib
import subprocess
import sys
import threading


@dataclasses.dataclass(frozen=True)
class Plan:
    """Sizes of the experiment. The sweeps begin with three learning rates a factor 2 apart and go on to the side where
    the best one is, until it is inside."""
    model: dict
    batch: int
    horizons: tuple
    warmup: int
    first_lr: dict  # of each family: the middle of the first three
    seeds: tuple
    evaluate_every: int
    evaluate_batches: int
    validation_bytes: int


PLANS = {
    "full": Plan(model={"layers": 2, "width": 64, "heads": 4, "context": 128, "mlp": 176}, batch=16,
                 horizons=(1000, 2000, 4000), warmup=100,
                 first_lr={"cosine": 4e-3, "linear": 4e-3, "constant": 2e-3, "rsqrt": 8e-3},
                 seeds=(1, 2), evaluate_every=100, evaluate_batches=16, validation_bytes=524288),
    "short": Plan(model={"layers": 1, "width": 16, "heads": 2, "context": 32, "mlp": 32}, batch=4,
                  horizons=(30, 60, 120), warmup=10,
                  first_lr={"cosine": 8e-3, "linear": 8e-3, "constant": 8e-3, "rsqrt": 8e-3},
                  seeds=(1,), evaluate_every=10, evaluate_batches=4, validation_bytes=8192),
}
SHARES = (10, 20)  # cooldown, per cent of the horizon
DECAYS = ("linear", "1-sqrt")
COLUMNS = ("step", "lr", "train_loss", "val_loss", "grad_norm", "omega")


class Diverged(RuntimeError):
    """A loss that is not finite: the learning rate is too high, which a sweep may find."""


class Experiment:
    def __init__(self, command, out, corpus, plan, jobs):
        self.command, self.out, self.corpus, self.plan = command, out, corpus, plan
        self.slots = threading.Semaphore(jobs)  # for training; the pools only wait
        self.sweeps = concurrent.futures.ThreadPoolExecutor(16)
        self.runs = concurrent.futures.ThreadPoolExecutor(64)
        self.lock = threading.Lock()
        self.logs = out / "logs"
        for folder in (self.logs, out / "runs", out / "configs"):
            folder.mkdir(parents=True, exist_ok=True)

    # one run

    def name(self, family, lr, seed, horizon=None):
        end = "" if horizon is None else f"-{horizon}"
        return f"{family}{end}-lr{lr:g}-seed{seed}"

    def config(self, name, schedule, seed):
        """The config file of a run, written once: the same text is part of what the run is."""
        path = self.out / "configs" / f"{name}.json"
        text = json.dumps({
            "data": {"train": [str(file.resolve()) for file in self.corpus],
                     "validation_bytes": self.plan.validation_bytes},
            "model": self.plan.model, "batch": self.plan.batch, "seed": seed, "threads": 1, "schedule": schedule,
            "log_every": 10, "evaluate": {"every": self.plan.evaluate_every, "batches": self.plan.evaluate_batches},
            "checkpoint_every": 500}, indent=1)
        if not path.exists() or path.read_text() != text:
            path.write_text(text)
        return path

    def call(self, *arguments):
        done = subprocess.run([self.command, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            kind = Diverged if "training diverged" in done.stderr else RuntimeError
            raise kind(f"{' '.join(map(str, arguments))}\n{done.stderr.strip()}")
        return done.stdout

    def line_of(self, run, line):
        """Step and end of a line in the record; nothing where there is no such run or line."""
        if not (self.out / "runs" / run).exists():
            return None
        record = json.loads(self.call("run", "status", self.out / "runs" / run, "--json"))
        return next((one for one in record["lines"] if one["name"] == line), None)

    def train(self, run, config, line, until, *options):
        """Trains a line to `until` where it is not there yet."""
        at = self.line_of(run, line)
        if at is None or at["step"] < until:
            with self.slots:
                self.call("train", self.out / "runs" / run, "--config", config, *options)
            with self.lock:
                print(f"{run} {line}: step {until}", file=sys.stderr)

    def export(self, run, line, first=0):
        """The part of a line's log from step `first` on, as CSV; returns the last validation loss."""
        text = self.call("run", "export", self.out / "runs" / run, "--line", line, "--csv")
        rows = [row for row in csv.DictReader(io.StringIO(text)) if int(row["step"]) >= max(first, 1)]
        rows = [row for row in rows if row["val_loss"] or int(row["step"]) % 50 == 0 or row is rows[-1]]
        file = self.logs / (f"{run}.csv" if line == "trunk" else f"{run}-{line}.csv")
        with open(file, "w", newline="") as out:
            writer = csv.DictWriter(out, COLUMNS, extrasaction="ignore", lineterminator="\n")
            writer.writeheader()
            writer.writerows(rows)
        return float([row["val_loss"] for row in rows if row["val_loss"]][-1])

    # what is compared

    def separate(self, family, lr, seed, horizon):
        """A run planned for one horizon; its final validation loss."""
        run = self.name(family, lr, seed, horizon)
        schedule = f"{family}(steps={horizon}, warmup={self.plan.warmup}, peak={lr:g})"
        self.train(run, self.config(run, schedule, seed), "trunk", horizon)
        return self.export(run, "trunk")

    def anytime(self, family, lr, seed, variants):
        """A trunk with branches of the given (share, decay) at all horizons; their final losses."""
        run = self.name(family, lr, seed)
        config = self.config(run, f"{family}(warmup={self.plan.warmup}, peak={lr:g})", seed)
        starts = sorted({horizon - horizon * share // 100 for horizon in self.plan.horizons for share in SHARES})
        keep = ",".join(map(str, starts))
        self.train(run, config, "trunk", starts[-1], "--until", starts[-1], "--keep", keep)
        self.export(run, "trunk")
        losses = {}
        for horizon in self.plan.horizons:
            for share, decay in variants:
                cooldown = horizon * share // 100
                line = f"{horizon}-{decay}-{share}"
                self.train(run, config, line, horizon, "--branch", line, "--at", horizon - cooldown, "--cooldown",
                           cooldown, "--decay", decay)
                losses[horizon, share, decay] = self.export(run, line, horizon - cooldown)
        return losses

    def best(self, family, score):
        """The LR of the smallest score on a grid of factor 2 that is extended until the best is inside."""
        middle = self.plan.first_lr[family]
        scores = {}

        def measured(lr):
            try:
                return score(family, lr)
            except Diverged:
                return math.inf

        def look(rates):
            rates = [lr for lr in rates if lr not in scores]
            scores.update(zip(rates, self.runs.map(measured, rates)))

        look([middle / 2, middle, 2 * middle])
        for _ in range(4):
            best = min(scores, key=scores.get)
            if min(scores) < best < max(scores):
                break
            look([best / 2, best * 2])
        return min(scores, key=scores.get)

    def about(self, run):
        """What the report says of the setting: the plan, the text, and the size of the model of a run."""
        model = next(self.out.glob(f"runs/{run}/checkpoints/*/model.safetensors"))
        with open(model, "rb") as file:
            header = json.loads(file.read(int.from_bytes(file.read(8), "little")))
        tensors = [value for name, value in header.items() if name != "__metadata__"]
        text = b"".join(file.read_bytes() for file in self.corpus)
        (self.logs / "experiment.json").write_text(json.dumps({
            **dataclasses.asdict(self.plan), "parameters": sum(math.prod(one["shape"]) for one in tensors),
            "corpus_bytes": len(text), "corpus_sha256": hashlib.sha256(text).hexdigest()}, indent=1) + "\n")

    def run(self):
        first, *others = self.plan.seeds
        variants = [(share, decay) for share in SHARES for decay in DECAYS]

        def trunk_score(family, lr):
            """One LR serves all horizons: the mean over them, with the linear cooldown of 20 %."""
            losses = self.anytime(family, lr, first, [(20, "linear")])
            return sum(losses.values()) / len(losses)

        def trunks(family):
            lr = self.best(family, trunk_score)
            list(self.runs.map(lambda seed: self.anytime(family, lr, seed, variants), self.plan.seeds))
            self.about(self.name(family, lr, first))

        def planned(family, horizon):
            lr = self.best(family, lambda _, rate: self.separate(family, rate, first, horizon))
            list(self.runs.map(lambda seed: self.separate(family, lr, seed, horizon), others))

        tasks = [self.sweeps.submit(trunks, family) for family in ("rsqrt", "constant")]
        tasks += [self.sweeps.submit(planned, family, horizon)
                  for horizon in reversed(self.plan.horizons) for family in ("cosine", "linear")]
        for task in tasks:
            task.result()


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("command")
    parser.add_argument("out", type=pathlib.Path)
    parser.add_argument("--corpus", type=pathlib.Path, nargs="+", required=True)
    parser.add_argument("--plan", choices=PLANS, default="full")
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    try:
        Experiment(options.command, options.out, options.corpus, PLANS[options.plan], options.jobs).run()
    except RuntimeError as error:
        sys.exit(f"experiment: {error}")


if __name__ == "__main__":
    main()
