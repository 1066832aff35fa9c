"""scheduled run: the store as a training program in any language uses it, its errors, its locks and its damage."""

import csv
import fcntl
import io
import json
import os
import resource
import signal
import stat
import subprocess

import command
import old_run
from run_case import TRUNK, RunTest


def small_files():
    signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
    resource.setrlimit(resource.RLIMIT_FSIZE, (60000, 60000))


def no_threads():
    command.without_privileges()
    resource.setrlimit(resource.RLIMIT_NPROC, (1, 1))


class Work(RunTest):
    def test_training_from_the_command_alone(self):
        self.init()
        self.commit(100)
        rates = self.json_of("lr", "run", "--step", "95", "--count", "10")
        shown = json.loads(self.output_of("show", TRUNK, "--json", "--at", ",".join(map(str, range(95, 105)))))
        self.assertEqual(rates["lr"], shown["lr"])
        line = self.json_of("branch", "run", "b", "--cooldown", "25")
        self.assertEqual((line["start"], line["end"]), (100, 125))
        resume = self.json_of("resume", "run", "--line", "b")
        self.assertEqual(resume["step"], 100)
        self.assertEqual(resume["lr"], float(self.output_of("run", "lr", "run", "--line", "b")))
        copied = self.folder / resume["folder"] / "model.bin"
        self.assertEqual(copied.read_bytes(), (self.folder / "model.bin").read_bytes())
        self.commit(125, "b")
        self.assertTrue(self.json_of("status", "run")["lines"][1]["finished"])

    def test_a_line_that_is_spelled_as_a_path(self):
        self.init()
        for words in (["run/cd/1", "run"], ["run", "run/cd/1"]):
            which = "AB"[words.index("run/cd/1")]
            self.assert_fails(2, f"{which} = run/cd/1: is no run; a line of one is RUN:LINE, here run:cd/1", "run", "diff", *words)
        self.assert_fails(2, "folder = none: no such run folder", "run", "diff", "none", "run")
        self.assert_fails(2, "line = cd: no such line; there are trunk", "run", "diff", "run:cd", "run")

    def test_logs_in_and_out(self):
        self.init()
        rows = "".join(f"{step},{3 + 1 / step!r},{'' if step % 5 else 3.5}\n" for step in range(1, 51))
        (self.folder / "log.csv").write_text("step,train_loss,val_loss\n" + rows)
        self.assertEqual(self.json_of("log", "run", "--from", "log.csv")["values"], 60)
        self.output_of("run", "log", "run", "--step", "60", "train_loss=3", "note=nan")
        (self.folder / "out.csv").write_text(self.output_of("run", "export", "run"))
        (self.folder / "out.json").write_text(self.output_of("run", "export", "run", "--json"))
        lines = (self.folder / "out.csv").read_text().splitlines()
        self.assertEqual(len(lines), 52)
        self.assertEqual(lines[0], "step,lr,note,train_loss,val_loss")
        for name in ["out.csv", "out.json"]:
            (self.folder / "again.json").write_text(self.output_of("bound", "--log", name, "--json"))
        self.output_of("run", "log", "run", "--from", "-", input=b"step,loss\n70,3\n")
        (self.folder / "lost.csv").write_text("step,loss\n71,3\n72,nan\n")
        result = self.run_command("run", "log", "run", "--from", "lost.csv")
        self.assertEqual(result.returncode, 0)
        self.assertIn(b"lost.csv: train_loss is nan or the like in 1 row, first at step 72", result.stderr)
        self.output_of("run", "log", "run", "--step", "73", "train_loss=nan")
        result = self.run_command("run", "export", "run")
        self.assertIn(b"train_loss is nan or the like in 1 row, first at step 73: taken as not logged", result.stderr)

    def test_logs_have_the_records_rates(self):
        """Whatever rows there are, rates are those of the record; a rate in one row changes no other."""
        for run in ("some", "one", "all"):
            self.output_of("run", "init", run, "--trunk", TRUNK)
            for step in range(1, 31) if run == "all" else (10, 20, 30):
                self.output_of("run", "log", run, "--step", step, "val_loss=3")
        recorded = self.rates("one")
        self.output_of("run", "log", "one", "--step", "30", f"lr={recorded[30]!r}")
        self.assertEqual(self.rates("one"), recorded)
        bounds = [self.bounds(run) for run in ("some", "one", "all")]
        self.assertEqual(bounds[0], bounds[1])
        for step, bound in bounds[0].items():
            self.assertLess(abs(bound / bounds[2][step] - 1), 1e-12)
        text = self.output_of("log", "some")
        self.assertIn("format      run", text)
        self.assertNotIn("not used", text)

    def rates(self, run):
        rows = csv.DictReader(io.StringIO(self.output_of("run", "export", run)))
        return {int(row["step"]): float(row["lr"]) for row in rows}

    def bounds(self, run):
        rows = csv.DictReader(io.StringIO(self.output_of("bound", "--log", run, "--distance", "1", "--csv")))
        return {int(row["step"]): float(row["bound"]) for row in rows}

    def test_override_and_sessions(self):
        self.init()
        self.commit(100)
        first = self.json_of("resume", "run")["session"]
        other = "rsqrt(warmup=10, peak=2e-3)"
        text = "would jump from 0.00031622776601683794 to 0.0006324555320336759 (2 times)"
        self.assert_fails(2, text, "run", "resume", "run", "--schedule", other)
        self.assert_fails(2, "override: needs the schedule", "run", "resume", "run", "--override")
        resume = self.json_of("resume", "run", "--schedule", other, "--override")
        self.assertEqual(resume["lr"], 2 * resume["lr_before"])
        stale = ["run", "commit", "run", "--step", "200", "model.bin", "--session", str(first)]
        self.assert_fails(2, "trunk has been resumed since", *stale)


class Errors(RunTest):
    def test_not_a_run(self):
        (self.folder / "empty").mkdir()
        for verb, *more in [["status"], ["verify"], ["export"], ["lr"], ["gc"], ["resume"], ["log", "--step", "1", "a=1"],
                            ["commit", "--step", "1", "model.bin"], ["branch", "b"]]:
            self.assert_fails(2, "nowhere: no such run folder", "run", verb, "nowhere", *more)
            self.assert_fails(2, "empty: is not a run folder", "run", verb, "empty", *more)
            self.assert_fails(2, "model.bin: is a file, not a run folder", "run", verb, "model.bin", *more)

    def test_newer_version(self):
        self.init()
        record = self.run_folder / "record" / "000001"
        record.write_bytes(record.read_bytes().replace(b"scheduled record 2", b"scheduled record 7", 1))
        self.assert_fails(2, "was written by a newer scheduled: its format is 7", "run", "status", "run")

    def test_init(self):
        self.assert_fails(2, "pek = '1': is no key of constant", "run", "init", "run", "--trunk", "constant(pek=1)")
        self.assert_fails(2, "trunk = constant: has no peak; give the learning rate", "run", "init", "run", "--trunk", "constant")
        self.assert_fails(2, "no such folder", "run", "init", "no/run", "--trunk", TRUNK)
        self.init()
        self.assert_fails(2, "is a run already", "run", "init", "run", "--trunk", TRUNK)

    def test_a_plain_run(self):
        self.init("cosine(steps=200, warmup=10, peak=1e-3)")
        self.commit(100)
        self.assertIn("trunk: at step 100 of 200, next LR", self.output_of("run", "status", "run"))
        branch = self.json_of("branch", "run", "b", "--cooldown", "20%", "--to", "1%")
        self.assertEqual((branch["start"], branch["end"], branch["parent"]), (100, 125, "trunk"))
        self.commit(200)
        self.assertIn("trunk: finished at step 200; cosine(steps=200", self.output_of("run", "status", "run"))
        self.assert_fails(2, "trunk: is finished at step 200; there is nothing to resume", "run", "resume", "run")
        self.assert_fails(2, "trunk ends after 200 steps, its last is 199", "run", "lr", "run")
        self.assertEqual(len(self.json_of("lr", "run", "--step", "0", "--count", "200")["lr"]), 200)

    def test_rules(self):
        self.init()
        self.assert_fails(2, "no committed checkpoint to leave from", "run", "branch", "run", "b")
        self.commit(100)
        self.assert_fails(2, "must be above 100", "run", "commit", "run", "--step", "100", "model.bin")
        self.assert_fails(2, "step = 50%: must be a number", "run", "commit", "run", "--step", "50%", "model.bin")
        self.assert_fails(2, "no such file", "run", "commit", "run", "--step", "200", "nothing.bin")
        self.assert_fails(2, "must be at most 100", "run", "branch", "run", "b", "--at", "150")
        self.assert_fails(2, "no committed checkpoint there", "run", "branch", "run", "b", "--at", "50")
        self.assert_fails(2, "line = x: no such line; there are trunk", "run", "lr", "run", "--line", "x")
        self.assert_fails(2, "step = -1", "run", "lr", "run", "--step=-1")
        self.assert_fails(2, "give either", "run", "log", "run")
        self.assert_fails(2, "step: is missing", "run", "log", "run", "a=1")
        self.assert_fails(2, "a: must be NAME=VALUE", "run", "log", "run", "--step", "1", "a")
        self.assert_fails(2, "a = x: must be a number", "run", "log", "run", "--step", "1", "a=x")
        self.assert_fails(2, "keep = 0", "run", "gc", "run", "--keep", "0")
        self.output_of("run", "branch", "run", "b", "--cooldown", "10")
        self.commit(110, "b")
        self.assert_fails(2, "b: is finished at step 110", "run", "resume", "run", "--line", "b")
        self.assertEqual(self.json_of("verify", "run")["notes"], [])


class Trouble(RunTest):
    def test_second_writer(self):
        self.init()
        with open(self.run_folder / "lock", "r+") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            text = "another process writes to this run (process"
            self.assert_fails(1, text, "run", "commit", "run", "--step", "100", "model.bin")
            self.assert_fails(1, text, "run", "resume", "run")
            self.output_of("run", "status", "run")
            self.output_of("run", "resume", "run", "--dry-run")
            self.output_of("run", "verify", "run")
        self.commit(100)

    def test_read_only_folder(self):
        self.init()
        self.commit(100)
        self.folder.chmod(0o755)
        for path in [*self.run_folder.rglob("*"), self.run_folder]:
            path.chmod(path.stat().st_mode & ~(stat.S_IWUSR | stat.S_IWGRP | stat.S_IWOTH))
        as_nobody = {"preexec_fn": command.without_privileges}
        self.assertIn("at step 100", self.output_of("run", "status", "run", **as_nobody))
        self.assertIn("sound", self.output_of("run", "verify", "run", **as_nobody))
        self.assert_fails(1, "Permission denied", "run", "commit", "run", "--step", "200", "model.bin", **as_nobody)
        self.assert_fails(1, "Permission denied", "run", "init", "other", "--trunk", TRUNK, **as_nobody)
        for path in [self.run_folder, *self.run_folder.rglob("*")]:
            path.chmod(path.stat().st_mode | stat.S_IWUSR)

    def test_checkpoint_that_may_not_be_read(self):
        self.init()
        self.commit(100)
        self.commit(200)
        self.folder.chmod(0o755)
        (self.run_folder / "checkpoints" / "trunk-200" / "model.bin").chmod(0)
        as_nobody = {"preexec_fn": command.without_privileges}
        text = "checkpoint trunk at step 200 is not available: checkpoints/trunk-200/model.bin cannot be read: Permission denied"
        result = self.run_command("run", "verify", "run", **as_nobody)
        self.assertEqual(result.returncode, 1)
        self.assertIn(text, result.stdout.decode())
        result = self.run_command("run", "resume", "run", "--dry-run", "--json", **as_nobody)
        self.assertEqual((result.returncode, json.loads(result.stdout)["step"]), (0, 100))
        self.assertIn(text, result.stderr.decode())
        (self.run_folder / "checkpoints" / "trunk-200" / "model.bin").chmod(0o644)
        self.assertEqual(self.json_of("resume", "run")["step"], 200)

    def test_steps_that_are_none(self):
        self.init()
        for step, text in [
            ("", "step: must be a length"),
            ("9007199254740993", "step = 9007199254740993: must be at most 2^53"),
        ]:
            with self.subTest(step=step):
                self.assert_fails(2, text, "run", "commit", "run", "--step", step, "model.bin")
        self.assertEqual(self.json_of("status", "run")["checkpoints"], [])

    def test_older_format(self):
        old_run.make(self.folder / "old")
        before = {path.name: path.read_bytes() for path in (self.folder / "old").iterdir() if path.is_file()}
        self.assertIn("trunk: at step 200", self.output_of("run", "status", "old"))
        self.assertEqual(self.json_of("status", "old")["version"], 1)
        self.assertIn("sound", self.output_of("run", "verify", "old"))
        self.assertIn("100,3.5,0.001", self.output_of("run", "export", "old"))
        self.assertEqual(self.json_of("resume", "old", "--dry-run")["step"], 200)
        text = "was written by an older scheduled, in format 1: it can be read; scheduled run migrate makes it one"
        self.assert_fails(2, text, "run", "commit", "old", "--step", "300", "model.bin")
        self.assert_fails(2, text, "run", "gc", "old")
        self.assertEqual(before, {path.name: path.read_bytes() for path in (self.folder / "old").iterdir() if path.is_file()})
        exported = self.output_of("run", "export", "old")
        status = self.json_of("status", "old")
        self.output_of("run", "migrate", "old")
        self.assertEqual(exported, self.output_of("run", "export", "old"))
        status["version"] = 2
        self.assertEqual(status, self.json_of("status", "old"))
        self.assertEqual(self.json_of("verify", "old")["notes"], [])
        self.assertEqual(self.json_of("resume", "old")["step"], 200)
        self.output_of("run", "commit", "old", "--step", "300", "model.bin")
        self.assert_fails(2, "has a record of today's format already", "run", "migrate", "old")

    def test_files_that_cannot_grow(self):
        self.init()
        self.commit(100)
        (self.folder / "large.bin").write_bytes(bytes(70000))
        result = self.run_command("run", "commit", "run", "--step", "200", "large.bin", preexec_fn=small_files)
        self.assertEqual(result.returncode, 1)
        self.assertIn("File too large", result.stderr.decode())
        self.assertEqual(self.json_of("verify", "run")["problems"], [])
        self.assertEqual(self.json_of("resume", "run")["step"], 100)
        self.commit(200)

    def test_no_threads_left(self):
        self.folder.chmod(0o777)
        self.output_of("run", "init", "run", "--trunk", TRUNK, preexec_fn=command.without_privileges)
        self.output_of("run", "commit", "run", "--step", "100", "model.bin", preexec_fn=no_threads)
        self.assertEqual(self.json_of("verify", "run")["files"], 1)

    def test_damage(self):
        self.init()
        for step in [100, 200]:
            self.commit(step)
        model = self.run_folder / "checkpoints" / "trunk-200" / "model.bin"
        content = bytearray(model.read_bytes())
        content[5000] ^= 4
        model.write_bytes(content)
        result = self.run_command("run", "verify", "run")
        self.assertEqual(result.returncode, 1)
        self.assertIn("checkpoint trunk at step 200 is damaged", result.stdout.decode())
        result = self.run_command("run", "resume", "run", "--json")
        self.assertEqual(result.returncode, 0)
        self.assertIn("scheduled: warning: checkpoint trunk at step 200 is damaged", result.stderr.decode())
        self.assertIn("the one before is used", result.stderr.decode())
        self.assertEqual(json.loads(result.stdout)["step"], 100)
        os.truncate(self.run_folder / "checkpoints" / "trunk-100" / "model.bin", 17)
        self.assert_fails(1, "no sound checkpoint of trunk is left", "run", "resume", "run")

    def test_what_is_missing_is_no_damage(self):
        self.init()
        self.commit(100)
        os.remove(self.run_folder / "checkpoints" / "trunk-100" / "model.bin")
        result = self.run_command("run", "verify", "run")
        self.assertEqual((result.returncode, result.stderr), (1, b"scheduled: error: run: 1 problem\n"))
        self.assertIn("problem: checkpoint trunk at step 100 is not available: ", result.stdout.decode())
        self.assertNotIn("damage", result.stdout.decode())

    def test_record_that_is_cut(self):
        self.init()
        self.commit(100)
        os.truncate(self.run_folder / "record" / "000001", 600)
        for verb in ["status", "verify", "resume"]:
            result = self.run_command("run", verb, "run")
            self.assertEqual(result.returncode, 1, result.stdout)
            self.assertIn("ends with entry 1, but entry 2 was written", (result.stdout + result.stderr).decode())
        self.assertIn("checkpoint trunk at step 100", self.output_of("run", "repair", "run"))
        self.assertEqual(self.json_of("resume", "run")["step"], 100)

    def test_control_characters(self):
        """Whoever wrote the record does not command the terminal of those who read it."""
        hostile = "A\x1b]0;PWNED\x07B\x1b[31mC\rD\nE\u009b31mF\x7f"
        self.output_of("run", "init", "run", "--trunk", TRUNK, "--data", hostile)
        self.output_of("run", "commit", "run", "--step", "20", "model.bin", "--data-position", hostile)
        (self.folder / "log.csv").write_text(f'step,"{hostile}"\n10,1\n')
        self.output_of("run", "log", "run", "--from", "log.csv")
        (self.run_folder / "checkpoints" / "trunk-20" / "x\x1b[31m").touch()
        for arguments in [["status"], ["status", "--json"], ["resume", "--dry-run"], ["resume", "--dry-run", "--json"], ["verify"],
                          ["verify", "--json"], ["export", "--json"]]:
            printed = self.output_of("run", arguments[0], "run", *arguments[1:])
            self.assertNotRegex(printed, "[\x00-\x09\x0b-\x1f\x7f-\x9f]", arguments)
        self.assertEqual(self.json_of("status", "run")["data"][0]["text"], hostile)
        self.assertNotIn("\nE", self.output_of("run", "status", "run"))
        result = self.run_command("run", "status", f"no{hostile}")
        self.assertNotRegex(result.stderr.decode(), "[\x00-\x09\x0b-\x1f\x7f-\x9f]")
        here, there = command.open_terminal(self)
        with os.fdopen(here, "rb", buffering=0) as terminal:
            self.run_command("run", "export", "run", "--csv")  # bytes in a pipe are the user's
            subprocess.run([command.COMMAND, "run", "export", "run", "--csv"], cwd=self.folder, env=command.environment(), stdout=there, check=True)
            os.close(there)
            self.assertNotRegex(terminal.read(4096).decode().replace("\r\n", "\n"), "[\x00-\x09\x0b-\x1f\x7f-\x9f]")

    def test_leftovers(self):
        self.init()
        self.commit(100)
        (self.run_folder / "checkpoints" / "trunk-200").mkdir()
        (self.run_folder / "checkpoints" / "trunk-200" / "model.bin").write_text("of the user")
        (self.run_folder / "staging" / "commit").mkdir()
        (self.run_folder / "staging" / "commit" / "model.bin").write_text("half")
        self.assertIn("staging/commit is left by interrupted work; gc removes it", self.output_of("run", "verify", "run"))
        self.assertIn("checkpoints/trunk-200 was not put there by the store", self.output_of("run", "verify", "run"))
        self.assertEqual(self.json_of("resume", "run")["step"], 100)
        self.assertEqual(self.commit(200)["folder"], "checkpoints/trunk-200-2")
        (self.run_folder / "staging" / "commit").mkdir()  # that commit removed the other one
        self.assertIn("left by interrupted work", self.output_of("run", "gc", "run"))
        self.assertEqual(self.json_of("verify", "run")["notes"], ["checkpoints/trunk-200 was not put there by the store"])


if __name__ == "__main__":
    command.main()
