#!/usr/bin/env python3
"""Merges of a trunk's checkpoints against real cooldowns and a running average, on real text: docs/merges.md.

usage: merges.py train COMMAND OUT --corpus FILE... [--plan full|short] [--jobs N]
       merges.py page LOGS

Every number comes from the command as a user calls it: `train` for trunks and cooldowns, `run merge` for merges, whose
loss `train` says where a branch of them begins. OUT/runs has the runs, OUT/merges.csv and OUT/merges.json what is
measured, of which `page` writes the page. Killed or stopped, the same call goes on. Standard library only.
"""
import argparse
import concurrent.futures
import csv
import dataclasses
import hashlib
import io
import json
import pathlib
import subprocess
import sys


@dataclasses.dataclass(frozen=True)
class Plan:
    model: dict
    batch: int
    warmup: int
    peaks: tuple
    seeds: tuple
    horizons: tuple
    checkpoint_every: int
    half_life: str  # of the trainer's running average
    evaluate_batches: int
    validation_bytes: int
    shares: tuple = (10, 20, 50)  # of the horizon, per cent: cooldowns and windows of merges
    decays: tuple = (("linear", 10), ("linear", 20), ("linear", 50), ("1-sqrt", 10), ("1-sqrt", 20))


PLANS = {
    "full": Plan(model={"layers": 2, "width": 32, "heads": 2, "context": 64, "mlp": 88}, batch=16, warmup=100,
                 peaks=(4e-3, 8e-3, 16e-3), seeds=(1, 2), horizons=(1000, 2000), checkpoint_every=20, half_life="5%",
                 evaluate_batches=32, validation_bytes=524288),
    "short": Plan(model={"layers": 1, "width": 16, "heads": 2, "context": 32, "mlp": 32}, batch=4, warmup=10,
                  peaks=(8e-3,), seeds=(1,), horizons=(40, 80), checkpoint_every=2, half_life="5%", evaluate_batches=4,
                  validation_bytes=8192),
}
TAKEN = "state.json,optimizer.safetensors,average.safetensors"
COLUMNS = ("peak", "seed", "horizon", "way", "shape", "share", "checkpoints", "loss")


class Merges:
    def __init__(self, command, out, corpus, plan):
        self.command, self.out, self.corpus, self.plan = command, out, corpus, plan
        for folder in ("runs", "configs"):
            (out / folder).mkdir(parents=True, exist_ok=True)

    def call(self, *arguments):
        done = subprocess.run([self.command, *map(str, arguments)], capture_output=True, text=True)
        if done.returncode != 0:
            raise RuntimeError(f"{' '.join(map(str, arguments))}\n{done.stderr.strip()}")
        return done.stdout

    def config(self, peak, seed):
        path = self.out / "configs" / f"{peak:g}-{seed}.json"
        path.write_text(json.dumps({
            "data": {"train": [str(file.resolve()) for file in self.corpus],
                     "validation_bytes": self.plan.validation_bytes},
            "model": self.plan.model, "batch": self.plan.batch, "seed": seed, "threads": 1,
            "schedule": f"constant(warmup={self.plan.warmup}, peak={peak:g})", "log_every": 10,
            "evaluate": {"every": self.plan.horizons[0], "batches": self.plan.evaluate_batches},
            "checkpoint_every": self.plan.checkpoint_every, "average": {"half_life": self.plan.half_life}}, indent=1))
        return path

    def lines(self, run):
        """The steps of the lines that there are."""
        if not run.exists():
            return {}
        return {line["name"]: line["step"] for line in json.loads(self.call("run", "status", run, "--json"))["lines"]}

    def losses(self, run, line, step):
        """Validation losses there: of the weights, and of their running average."""
        text = self.call("run", "export", run, "--line", line, "--csv")
        row = next(row for row in csv.DictReader(io.StringIO(text)) if int(row["step"]) == step)
        return float(row["val_loss"]), float(row["val_loss_average"])

    def merged(self, run, config, horizon, share, *rule):
        """Number of checkpoints in the merge, and its loss, which the trainer says where a branch of it begins."""
        name = "-".join(["merge", str(horizon), str(share), *(word.lstrip("-") for word in rule)])
        look = name + "-look"
        lines = self.lines(run)
        if name not in lines:
            self.call("run", "merge", run, name, "--at", horizon, "--last", f"{share}%", *rule, "--take", TAKEN)
        if look not in lines:
            self.call("run", "branch", run, look, "--line", name, "--cooldown", 1)
        if lines.get(look, horizon) == horizon:
            self.call("train", run, "--config", config, "--line", look)
        record = json.loads(self.call("run", "status", run, "--json"))
        count = len(next(line["merged"] for line in record["lines"] if line["name"] == name))
        return count, self.losses(run, look, horizon)[0]

    def run(self, peak, seed):
        """All that is measured on one trunk."""
        plan, run, config = self.plan, self.out / "runs" / f"{peak:g}-{seed}", self.config(peak, seed)
        last = plan.horizons[-1]
        starts = {horizon - horizon * share // 100 for horizon in plan.horizons for share in plan.shares}
        keep = ",".join(map(str, sorted(starts | set(plan.horizons))))
        if self.lines(run).get("trunk", 0) < last:
            self.call("train", run, "--config", config, "--until", last, "--keep", keep)
        for horizon in plan.horizons:
            own, average = self.losses(run, "trunk", horizon)
            yield horizon, "trunk", "", 0, 0, own
            yield horizon, "average", plan.half_life, 0, 0, average
            for decay, share in plan.decays:
                line, cooldown = f"cooldown-{horizon}-{decay}-{share}", horizon * share // 100
                if self.lines(run).get(line, 0) < horizon:
                    self.call("train", run, "--config", config, "--branch", line, "--at", horizon - cooldown,
                              "--cooldown", cooldown, "--decay", decay)
                yield horizon, "cooldown", decay, share, 0, self.losses(run, line, horizon)[0]
                yield horizon, "merge", decay, share, *self.merged(run, config, horizon, share, "--decay", decay)
            half_life = horizon * 5 // 100
            yield horizon, "merge", "ema", 50, *self.merged(run, config, horizon, 50, "--rule", "ema", "--half-life",
                                                            str(half_life))
        print(f"{peak:g}, seed {seed}: done", file=sys.stderr)

    def rows(self, of):
        return [(f"{of[0]:g}", of[1], *row) for row in self.run(*of)]

    def write(self, jobs):
        trunks = [(peak, seed) for peak in self.plan.peaks for seed in self.plan.seeds]
        with concurrent.futures.ThreadPoolExecutor(jobs) as pool, io.StringIO() as text:
            writer = csv.writer(text, lineterminator="\n")
            writer.writerow(COLUMNS)
            for rows in pool.map(self.rows, trunks):
                writer.writerows(rows)
            (self.out / "merges.csv").write_text(text.getvalue())
        corpus = b"".join(file.read_bytes() for file in self.corpus)
        (self.out / "merges.json").write_text(json.dumps({
            **dataclasses.asdict(self.plan), "corpus_bytes": len(corpus),
            "corpus_sha256": hashlib.sha256(corpus).hexdigest()}, indent=1) + "\n")


def mean(values):
    return sum(values) / len(values)


class Page:
    def __init__(self, logs):
        self.about = json.loads((logs / "merges.json").read_text())
        with open(logs / "merges.csv", newline="") as file:
            self.rows = list(csv.DictReader(file))
        self.trunks = [(peak, horizon) for peak in self.unique("peak") for horizon in self.unique("horizon")]

    def unique(self, column):
        return list(dict.fromkeys(row[column] for row in self.rows))

    def losses(self, trunk, way, shape="", share="0"):
        """By seed."""
        wanted = (*trunk, way, shape, share)
        return {row["seed"]: float(row["loss"]) for row in self.rows
                if (row["peak"], row["horizon"], row["way"], row["shape"], row["share"]) == wanted}

    def count(self, horizon, shape, share):
        return next(row["checkpoints"] for row in self.rows
                    if (row["horizon"], row["way"], row["shape"], row["share"]) == (horizon, "merge", shape, share))

    def ways(self):
        return list(dict.fromkeys((row["way"], row["shape"], row["share"]) for row in self.rows))

    def name(self, way, shape, share):
        if way == "trunk":
            return "trunk, nothing done"
        if way == "average":
            return f"running average of the trainer, half-life {shape.replace('%', ' %')} of the updates"
        counts = " and ".join(self.count(horizon, shape, share) for horizon in self.unique("horizon"))
        what = "ema, half-life 5 %," if shape == "ema" else shape + ","
        merge = f"merge, {what} last {share} % ({counts} checkpoints)"
        return f"cooldown, {shape}, {share} %" if way == "cooldown" else merge

    def pairs(self):
        return [(shape, share) for way, shape, share in self.ways() if way == "cooldown"]

    def outcome(self, trunk, shape, share):
        """Merge minus cooldown by seed, and the share of the cooldown's gain that the merge has."""
        own, merged, cooled = (self.losses(trunk, *way) for way in
                               (("trunk",), ("merge", shape, share), ("cooldown", shape, share)))
        differences = [merged[seed] - cooled[seed] for seed in own]
        gain = mean(list(own.values())) - mean(list(cooled.values()))
        return differences, (mean(list(own.values())) - mean(list(merged.values()))) / gain if gain > 0 else None

    def best(self, trunk, way):
        """Smallest mean loss over the seeds, and of what."""
        return min((mean(list(self.losses(trunk, *one).values())), one) for one in self.ways() if one[0] == way)

    def text(self):
        about, model = self.about, self.about["model"]
        seeds = self.unique("seed")
        head = " | ".join(f"peak {peak}, {horizon}" for peak, horizon in self.trunks)
        out = [f"""# Merging instead of cooling down, on real text

Written by `tools/merges.py page docs/merge-logs > docs/merges.md` from docs/merge-logs; `tools/merges.py train COMMAND
OUT --corpus corpus.txt` trains the models with the command and makes the logs again (`tools/corpus.sh` makes the text).

A small transformer ({model["layers"]} layers, width {model["width"]}, context {model["context"]}, bytes as tokens),
AdamW (.9, .95), warmup of {about["warmup"]} updates, {about["batch"] * model["context"]} tokens an update, then a constant
rate: peaks {", ".join(self.unique("peak"))}, seeds {", ".join(seeds)}. The text is that of [anytime.md](anytime.md).
The trunk keeps a checkpoint every {about["checkpoint_every"]} updates. A cooldown of 20 % leaves it 20 % before its end
and goes to 0; a merge of the last 20 % takes the trunk's checkpoints from there on, with the weights that imitate that
decay (`scheduled run merge --last 20% --decay linear`). So both have read the same bytes, and only the cooldown is a
training run beside the trunk. Losses are in nats per byte on text that no run trains on, means over the seeds. All this
is small, and no statement on large models.

## Losses

At the peak and after the number of updates that the column says; in brackets the difference to the trunk there.

| | {head} |
|---|{"---:|" * len(self.trunks)}"""]
        for way in self.ways():
            cells = [(mean(list(self.losses(trunk, *way).values())), mean(list(self.losses(trunk, "trunk").values())))
                     for trunk in self.trunks]
            texts = [f"{loss:.4f} ({loss - own:+.4f})" for loss, own in cells]
            out.append(" | ".join([f"| {self.name(*way)}", *texts]) + " |")
        out.append(f"""
## Merge against cooldown

Merge minus cooldown of the same shape and length, mean over the seeds. *Wins*: smaller at every seed; *loses*: larger
at every seed; else a tie. In brackets the share of the cooldown's gain over the trunk that the merge has.

| | {head} |
|---|{"---|" * len(self.trunks)}""")
        verdicts = []
        for shape, share in self.pairs():
            cells = []
            for trunk in self.trunks:
                differences, gained = self.outcome(trunk, shape, share)
                signs = {difference < 0 for difference in differences}
                verdicts.append("ties" if len(signs) > 1 else "wins" if True in signs else "loses")
                part = f"{100 * gained:.0f} %" if gained is not None else "the cooldown gains nothing"
                cells.append(f"{verdicts[-1]}, {mean(differences):+.4f} ({part})")
            out.append(f"| {shape}, {share} % | " + " | ".join(cells) + " |")
        out.append(f"""
Of {len(verdicts)} pairs a merge wins {verdicts.count("wins")}, ties {verdicts.count("ties")} and loses
{verdicts.count("loses")}.

## The best of each

| | best cooldown | best merge | running average |
|---|---|---|---|""")
        for trunk in self.trunks:
            cells = [f"{loss:.4f} ({what[1].replace('%', ' %')}{', ' + what[2] + ' %' if what[2] != '0' else ''})"
                     for loss, what in (self.best(trunk, way) for way in ("cooldown", "merge", "average"))]
            out.append(f"| peak {trunk[0]}, {trunk[1]} updates | " + " | ".join(cells) + " |")
        return "\n".join([*out, "", self.conclusion()]) + "\n"

    def conclusion(self):
        def gained(*ways):
            parts = [self.outcome(trunk, *way)[1] for trunk in self.trunks for way in ways]
            shares = [part for part in parts if part is not None]
            return f"{100 * min(shares):.0f} to {100 * max(shares):.0f} %" if shares else "nothing to compare with"

        better = sum(self.best(trunk, "average")[0] < self.best(trunk, "merge")[0] for trunk in self.trunks)
        linear, roots = (gained((shape, "10"), (shape, "20")) for shape in ("linear", "1-sqrt"))
        return (f"Of the gain of the cooldown that it imitates a merge has {linear} with linear\n"
                f"weights over the last 10 or 20 %, {roots} with those of 1-sqrt, and\n"
                f"{gained(('linear', '50'))} over the last half of the run, whose first weights are too old to be averaged"
                " in.\n"
                "The trainer's running average, which needs no checkpoints, is better than the best merge in\n"
                f"{better} of {len(self.trunks)} columns.")


def main():
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    verbs = parser.add_subparsers(required=True)
    train = verbs.add_parser("train")
    train.add_argument("command")
    train.add_argument("out", type=pathlib.Path)
    train.add_argument("--corpus", type=pathlib.Path, nargs="+", required=True)
    train.add_argument("--plan", choices=PLANS, default="full")
    train.add_argument("--jobs", type=int, default=2)
    train.set_defaults(run=lambda asked: Merges(asked.command, asked.out, asked.corpus,
                                                PLANS[asked.plan]).write(asked.jobs))
    page = verbs.add_parser("page")
    page.add_argument("logs", type=pathlib.Path)
    page.set_defaults(run=lambda asked: sys.stdout.write(Page(asked.logs).text()))
    options = parser.parse_args()
    try:
        options.run(options)
    except RuntimeError as error:
        sys.exit(f"merges: {error}")


if __name__ == "__main__":
    main()
