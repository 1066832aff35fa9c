"""A standing attack on the run store: python3 torture.py BUILD [--minutes M | --seconds S] [--seed N] [--only PART].

Rounds until the time is over, each with a seed of its own, which is printed first; a round that failed is played again by
--seed. The parts: operations at random against a model, with damage, disk errors and full disks on the way; kills at random
moments; bits flipped in everything a run consists of; readers beside a writer. Exit code 1 where anything was violated.
"""

import argparse
import json
import os
import random
import shutil
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import model as store_model

TRUNK = "constant(warmup=10, peak=1e-3)"


class Violation(Exception):
    pass


def in_memory():
    """A kill, a full disk or a flipped bit does not ask what the files are on, and a disk's fsync takes its time."""
    return "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


class Operations:
    """One run, operated on by the driver, now and then by the command, and by the model alike."""

    def __init__(self, build, seed, steps):
        self.command, self.steps = build / "scheduled", steps
        shim = build / "tests" / "libtorture_shim.so"
        self.shim = str(shim) if shim.exists() else ""
        self.random = random.Random(seed)
        self.folder = Path(tempfile.mkdtemp(prefix="scheduled-torture-", dir=in_memory()))
        self.driver = subprocess.Popen([build / "tests" / "torture_driver"], cwd=self.folder, text=True,
                                       stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        self.of_command = random.Random(seed) if self.command.exists() else None
        self.run_folder = self.folder / "run"
        self.model = store_model.Model()
        self.contents = {}
        self.logged = 0
        self.done = 0

    def call(self, *arguments):
        arguments = [str(argument) for argument in arguments]
        if self.of_command and self.of_command.random() < 0.1:
            return self.start([self.command, "run", *arguments])
        return self.ask(*arguments)

    def ask(self, *arguments):
        """The driver."""
        self.driver.stdin.write(json.dumps(arguments) + "\n")
        self.driver.stdin.flush()
        return self.answer(arguments, self.driver.stdout.readline())

    def start(self, arguments, text=None, **environment):
        done = subprocess.run([*map(str, arguments)], cwd=self.folder, capture_output=True, text=True, input=text,
                              env={**os.environ, **environment}, timeout=120)
        if done.returncode not in (0, 1, 2):
            raise Violation(f"{arguments}: exit code {done.returncode}: {done.stderr}")
        return done

    def failing(self, *arguments, **environment):
        """In a process of its own, for which the disk fails."""
        arguments = [str(argument) for argument in arguments]
        done = self.start([self.driver.args[0]], json.dumps(arguments) + "\n", LD_PRELOAD=self.shim, **environment)
        return self.answer(arguments, done.stdout)

    def answer(self, arguments, text):
        answer = json.loads(text)
        if answer["code"] not in (0, 1, 2):
            raise Violation(f"{arguments}: {answer}")
        return subprocess.CompletedProcess(arguments, answer["code"], answer["out"], answer["err"])

    def both(self, change, *arguments):
        """The same in the run and in the model, where it may be refused."""
        try:
            expected = change()
        except store_model.Refused:
            expected = store_model.Refused
        done = self.call(*arguments)
        if (done.returncode != 0) != (expected is store_model.Refused):
            raise Violation(f"{arguments}: exit code {done.returncode}, model {expected}: {done.stdout}{done.stderr}")
        return done if done.returncode == 0 else None

    def file_of(self, c):
        return self.run_folder / c.folder / "model"

    def commit(self):
        line = self.random.choice(list(self.model.lines))
        step = self.model.step(line) + self.random.randint(0, 40)
        text = f"{line} {step} {self.random.random()}"
        (self.folder / "model").write_text(text)
        folder = f"checkpoints/{line}-{step}"
        for n in range(2, 1000):
            taken = any(c.folder == folder and c.mark != "deleted" for c in self.model.checkpoints)
            if not taken and not (self.run_folder / folder).exists():
                break
            folder = f"checkpoints/{line}-{step}-{n}"
        keep = ["--keep"] if self.random.random() < 0.1 else []
        done = self.both(lambda: self.model.commit(line, step, bool(keep), folder),
                         "commit", "run", "--line", line, "--step", step, "model", *keep)
        if done:
            self.contents[self.model.checkpoints[-1].id] = text

    def branch(self):
        name = f"b{self.random.randint(1, 6)}"
        length = self.random.randint(1, 60)
        line = self.random.choice(["trunk", self.random.choice(list(self.model.lines))])
        self.both(lambda: self.model.branch(name, length, line), "branch", "run", name, "--line", line,
                  "--cooldown", length)

    def resume(self):
        line = self.random.choice(list(self.model.lines))
        step = None
        own = [c.step for c in self.model.checkpoints if c.line == line]
        if own and self.random.random() < 0.4:
            step = self.random.choice(own)
        expected = []
        done = self.both(lambda: expected.append(self.model.resume(line, step)), "resume", "run", "--line", line, "--json",
                         *(["--step", step] if step is not None else []))
        if done and json.loads(done.stdout)["step"] != expected[0]:
            raise Violation(f"resume {line} {step}: at {json.loads(done.stdout)['step']}, not {expected[0]}")

    def gc(self):
        keep = self.random.randint(1, 3)
        self.both(lambda: self.model.gc(keep), "gc", "run", "--keep", keep)

    def clear(self):
        self.model.clear()
        self.call("verify", "run", "--clear")

    def log(self):
        self.call("log", "run", "--step", self.random.randint(0, 5), f"m{self.random.randint(0, 3)}={self.random.random()}")

    def damage(self):
        there = [c for c in self.model.checkpoints if c.mark != "deleted"]
        if not there:
            return
        c = self.random.choice(there)
        away = self.folder / f"away-{c.id}"
        if c.bytes == "away":
            away.rename(self.run_folder / c.folder)
            c.bytes = "sound"
        elif c.bytes == "flipped":
            self.file_of(c).write_text(self.contents[c.id])
            c.bytes = "sound"
        elif self.random.random() < 0.5:
            (self.run_folder / c.folder).rename(away)
            c.bytes = "away"
        else:
            self.file_of(c).write_text(self.contents[c.id].swapcase())
            c.bytes = "flipped"

    def failing_disk(self):
        """Whatever the disk does, the run stays what it was: the operation fails, or did not meet the fault."""
        before = self.ask("status", "run").stdout
        kind = self.random.choice(["eio", "enospc", "nosync"])
        what = self.random.choice([["commit", "run", "--step", self.model.step("trunk") + 1, "model"],
                                   ["log", "run", "--step", 3, "x=1"], ["verify", "run"], ["status", "run"]])
        (self.folder / "model").write_text("x")
        done = self.failing(*what, SCHEDULED_SHIM=kind,
                            SCHEDULED_SHIM_PATH=self.random.choice(["/record/", "/staging/", "/checkpoints"]),
                            SCHEDULED_SHIM_BYTES=str(self.random.randint(0, 400)))
        if done.returncode == 0 and what[0] == "commit":
            folder = json.loads(self.call("status", "run", "--json").stdout)["checkpoints"][-1]["folder"]
            self.model.commit("trunk", what[3], False, folder)
            self.contents[self.model.checkpoints[-1].id] = "x"
        elif self.ask("status", "run").stdout != before:
            raise Violation(f"{what} with {kind} failed and changed the run: {done.stderr}")

    def compare(self):
        record = json.loads(self.call("status", "run", "--json").stdout)
        states = [c["state"] for c in record["checkpoints"]]
        expected = [self.model.state(c) for c in self.model.checkpoints]
        if states != expected:
            raise Violation(f"states {states}, not {expected}")
        for line in record["lines"]:
            if line["step"] != self.model.step(line["name"]):
                raise Violation(f"{line['name']} is at {line['step']}, not {self.model.step(line['name'])}")
        for c in self.model.checkpoints:
            if c.mark != "deleted" and c.bytes == "sound" and self.file_of(c).read_text() != self.contents[c.id]:
                raise Violation(f"{c.folder} has other bytes")
        report = json.loads(self.call("verify", "run", "--json").stdout)
        bad = sum(c.mark != "deleted" and c.bytes != "sound" for c in self.model.checkpoints)
        if len(report["problems"]) != bad:
            raise Violation(f"{bad} checkpoints are damaged, verify says {report['problems']}")

    def play(self):
        try:
            self.call("init", "run", "--trunk", TRUNK)
            weights = {self.commit: 8, self.resume: 4, self.gc: 2, self.damage: 4, self.branch: 1, self.log: 1, self.clear: 1,
                       self.failing_disk: 2 if self.shim else 0}
            while self.done < self.steps:
                self.random.choices(list(weights), list(weights.values()))[0]()
                self.done += 1
                if self.done % 4 == 0:
                    self.compare()
            self.compare()
        finally:
            self.driver.stdin.close()
            self.driver.wait()
            self.driver.stdout.close()
            shutil.rmtree(self.folder, ignore_errors=True)


def test_program(build, program, only, **environment):
    done = subprocess.run([build / "tests" / program, f"--gtest_filter={only}"], capture_output=True, text=True,
                          env={**os.environ, **{name: str(value) for name, value in environment.items()}})
    if done.returncode != 0:
        raise Violation(f"{program} {only} {environment}:\n{done.stdout[-4000:]}")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("build", type=Path)
    parser.add_argument("--minutes", type=float, default=0)
    parser.add_argument("--seconds", type=float, default=0)
    parser.add_argument("--seed", type=int, help="this round only")
    parser.add_argument("--only", choices=["operations", "kills", "flips", "readers"])
    options = parser.parse_args()
    build = options.build.resolve()
    end = time.monotonic() + 60 * options.minutes + options.seconds
    seeds = random.Random(options.seed if options.seed is not None else 20261126 + int(options.minutes * 60))
    counts = {"operations": 0, "kills": 0, "flips": 0, "readers": 0}
    while True:
        seed = options.seed if options.seed is not None else seeds.randrange(1 << 30)
        print(f"torture: seed {seed}, done so far {counts}", flush=True)
        try:
            for part in [options.only] if options.only else counts:
                if part == "operations":
                    game = Operations(build, seed, 200)
                    game.play()
                    counts[part] += game.done
                elif part == "kills":
                    test_program(build, "test_crash", "Crash.KilledAtRandomMoments", SCHEDULED_CRASH_MOMENTS=20, SCHEDULED_SEED=seed)
                    counts[part] += 20
                elif part == "flips":
                    test_program(build, "test_store", "Record.EveryFlippedBitIsFound", SCHEDULED_FLIPS=200, SCHEDULED_SEED=seed)
                    counts[part] += 200
                else:
                    test_program(build, "test_crash", "Race.*", SCHEDULED_RACE_VERIFIES=50)
                    counts[part] += 50
        except Violation as violation:
            print(f"torture: VIOLATION in {part}, seed {seed}: {violation}", flush=True)
            return 1
        if options.seed is not None or time.monotonic() > end:
            print(f"torture: no violation in {counts}")
            return 0


if __name__ == "__main__":
    sys.exit(main())
