"""What the tests of plans on a cluster share: a plan of two results, the same by hand, and that both have the same bits."""

import json
import os
import pathlib

import train_case

TRUNK = "rsqrt(warmup=20, peak=1e-2)"


class PlanTest(train_case.TrainTest):
    def setUp(self):
        super().setUp()
        self.run_folder = "a model's run"
        self.jobs = self.folder / f"{self.run_folder}.jobs"

    def emit(self, *arguments, trunk=TRUNK, config="c.json", engine="slurm"):
        words = ["--trunk", trunk, "--results", "400,800", "--cooldown", "25%", "--emit", engine, "--run", self.run_folder]
        words += ["--config", config, "--step-seconds", "0.01", "--checkpoint-bytes", "60k", "--json"]
        return json.loads(self.output_of("run", "plan", *words, *arguments))["jobs"]

    def checkpoints(self, run):
        folder = self.folder / run / "checkpoints"
        return {file.name for file in folder.iterdir()} if folder.is_dir() else set()

    def train_by_hand(self, run="by hand", config="c.json"):
        """The same plan without any of it: no cluster, no stop, one process at a time."""
        self.train(run, "--until", 300, "--keep", 300, config=config)
        self.train(run, "--branch", "result-400", "--at", 300, "--cooldown", 100, config=config)
        self.train(run, "--until", 600, "--keep", 600, config=config)
        self.train(run, "--branch", "result-800", "--at", 600, "--cooldown", 200, config=config)

    def assert_same_bits(self):
        for line, step in [("result-400", 400), ("trunk", 600), ("result-800", 800)]:
            mine, other = self.files(self.run_folder, line, step), self.files("by hand", line, step)
            self.assertEqual(mine["model.safetensors"], other["model.safetensors"], (line, step))
            self.assertEqual(mine["optimizer.safetensors"], other["optimizer.safetensors"], (line, step))
        for line in ("trunk", "result-400", "result-800"):
            mine, other = ({s: r["train_loss"] for s, r in self.rows(run, line).items() if "train_loss" in r} for run in (self.run_folder, "by hand"))
            self.assertEqual(mine, other, line)
            self.assertGreater(len(mine), 40)

    def kill_trainer(self, mark):
        """kill -9 of the process of ours that trains with these options in this test's folder."""
        found = []
        for entry in os.listdir("/proc"):
            try:
                words = pathlib.Path(f"/proc/{entry}/cmdline").read_bytes().decode(errors="replace").split("\0")
            except OSError:
                continue
            if words[0].endswith("scheduled-train") and str(self.folder) in words[1] and mark in " ".join(words):
                found.append(int(entry))
        self.assertEqual(len(found), 1)
        os.kill(found[0], 9)
