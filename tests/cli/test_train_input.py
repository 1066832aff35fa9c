"""scheduled train: bad input, each a clear error that leaves the run as it was."""

import json
import shutil
import subprocess

import command
from train_case import CONFIG, MODEL, TrainTest, main, words


class BadInput(TrainTest):
    def check(self, text, *arguments, config="c.json"):
        self.assert_fails(2, text, "train", "run", "--config", config, *arguments)

    def test_config(self):
        self.configure("bad.json", wieght_decay=0.1)
        self.check("bad.json: wieght_decay = 0.1: is no key; must be data, ", "--until", 10, config="bad.json")
        self.check("none.json: no such file", "--until", 10, config="none.json")
        self.check(".: is a directory, not a file", "--until", 10, config=".")
        self.configure("bad.json", schedule="rsqrt(warmup=20)")
        self.assert_fails(2, "bad.json: schedule = 'rsqrt(warmup=20)': has no peak; give the learning rate", "train", "run", "--config", "bad.json", "--until", "9")
        self.configure("bad.json", schedule="rsqrt(warmup=20, peak=x)")
        self.check("bad.json: schedule: peak = 'x': must be a number", "--until", 10, config="bad.json")
        self.configure("bad.json", device="cuda:7")
        self.check("device = cuda:7: there are", "--until", 10, config="bad.json")

    def test_data(self):
        self.configure("bad.json", data={"train": ["none"], "validation_bytes": 100})
        self.check("data: none: no such file", "--until", 10, config="bad.json")
        (self.folder / "empty").touch()
        self.configure("bad.json", data={"train": ["empty"], "validation_bytes": 100})
        self.check("data: empty: is empty", "--until", 10, config="bad.json")
        (self.folder / "short").write_bytes(bytes(120))
        self.configure("bad.json", data={"train": ["short"], "validation_bytes": 60})
        self.check("60 bytes for training are not enough: an update reads 65", "--until", 10, config="bad.json")
        size = (self.folder / "text").stat().st_size - 2000
        self.check(f"100000 updates read 6400001 bytes; there are {size}, enough for", "--until", 100000)
        self.configure("long.json", schedule="cosine(steps=100000, peak=1e-2)")
        self.check(f"100000 updates read 6400001 bytes; there are {size}, enough for", config="long.json")
        self.configure("long.json", data={**CONFIG["data"], "epochs": 2}, checkpoint_every=100000, evaluate={"every": 100000, "batches": 1})
        steps = (size - 1) // 16 // 4
        self.assertEqual(self.train("two", "--until", steps + 5, config="long.json")["step"], steps + 5)

    def test_steps(self):
        self.check("until: is missing; trunk has no horizon")
        self.check("until = 2%", "--until", "2%")
        self.check("keep = 11: must be at most 10, where this training stops", "--until", 10, "--keep", 11)
        self.train("other", "--until", 10)
        self.assert_fails(2, "until = 10: trunk is at step 10 already", "train", "other", "--config", "c.json", "--until", 10)
        again = ["train", "other", "--config", "c.json", "--until", 20, "--keep", 5]
        self.assert_fails(2, "keep = 5: trunk is at step 10 and has no checkpoint there", *again)
        again[-1] = 10
        self.assert_fails(2, "keep = 10: this checkpoint was made without --keep, so run gc may delete it; begin its branch", *again)
        self.assert_fails(2, "branch = trunk: is the run's own line", "train", "other", "--config", "c.json", "--branch", "trunk")
        self.configure("finite.json", schedule="cosine(steps=30, peak=1e-2)")
        self.check("until = 31: trunk ends at step 30", "--until", 31, config="finite.json")

    def test_another_config_is_refused(self):
        self.train("run", "--until", 10)
        for key, changes in {
            "model.width = 32: the run was trained with 16 (": {"model": {**MODEL, "width": 32}},
            "seed = 4: the run was trained with 3 (": {"seed": 4},
            "batch = 5: the run was trained with 4 (": {"batch": 5},
            "weight_decay = 0.2: the run was trained with 0.1 (": {"weight_decay": 0.2},
        }.items():
            self.configure("other.json", **changes)
            self.check(key, "--until", 20, config="other.json")
            self.check("; go on with that, or begin another run in a folder of its own", "--until", 20, config="other.json")
        self.configure("other.json", schedule="rsqrt(warmup=20, peak=2e-2)")
        self.check("the LR at step 10 would jump from 0.0055000000000000005 to 0.011000000000000001 (2 times)", "--until", 20, config="other.json")
        result = self.train("run", "--until", 20, "--override", config="other.json")
        self.assertEqual(result["step"], 20)
        self.configure("free.json", schedule="rsqrt(warmup=20, peak=2e-2)", log_every=1, evaluate={"every": 3})
        self.assertEqual(self.train("run", "--until", 25, config="free.json")["step"], 25)

    def test_other_data_is_refused(self):
        """Another length, and another content of the same length: the error says so, and what to do."""
        self.train("run", "--until", 10)
        text = self.folder / "text"
        size = text.stat().st_size - 2000
        why = (
            r"\(run/checkpoints/trunk-10/state.json\); the bytes are not those of before: files were changed, exchanged or put "
            r"into another order, or data.validation_bytes is another; go on with the old ones, or begin another run in a "
            r"folder of its own$"
        )

        def refused(key, now, before, config="c.json"):
            result = self.run_command("train", "run", "--config", config, "--until", 20)
            self.assertEqual(result.returncode, 2)
            said = rf"{key} = {now} bytes, xxh3 \w{{16}}: the run was trained with {before} bytes, xxh3 \w{{16}} "
            self.assertRegex(result.stderr.decode(), said + why)

        self.configure("other.json", data={"train": ["text"], "validation_bytes": 2001})
        refused("data.train", size - 1, size, "other.json")
        (self.folder / "held").write_bytes(text.read_bytes()[-2000:])
        self.configure("other.json", data={"train": ["text"], "validation": ["held"]})
        refused("data.train", size + 2000, size, "other.json")
        original = text.read_bytes()
        text.write_bytes(original[:-2000] + original[-2000:].swapcase())
        refused("data.validation", 2000, 2000)
        text.write_bytes(b"X" + original[1:])
        refused("data.train", size, size)
        text.write_bytes(original)
        self.assertEqual(self.train("run", "--until", 20)["step"], 20)

    def test_folders_that_are_no_runs(self):
        (self.folder / "dir").mkdir()
        (self.folder / "dir" / "x").touch()
        arguments = ["--config", "c.json", "--until", 10]
        self.assert_fails(2, "dir: is not a run folder", "train", "dir", *arguments)
        self.assert_fails(2, "text: is a file, not a run folder", "train", "text", *arguments)
        self.assert_fails(2, "no such folder", "train", "no/run", *arguments)
        self.train("run", "--until", 10)
        record = self.folder / "run" / "record" / "000001"
        record.write_bytes(record.read_bytes().replace(b"scheduled record 2", b"scheduled record 7", 1))
        self.check("was written by a newer scheduled: its format is 7", "--until", 20)

    def test_checkpoints_of_another_program(self):
        self.output_of("run", "init", "run", "--trunk", CONFIG["schedule"])
        self.output_of("run", "commit", "run", "--step", 10, "text")
        self.check("this checkpoint is not one of scheduled train", "--until", 20)

    def test_a_second_writer(self):
        process = self.begin("run", "--config", "c.json", "--until", 4000)
        self.wait_for_checkpoint(process, "run")
        result = self.run_command("train", "run", "--config", "c.json", "--until", "4000")
        self.assertEqual((result.returncode, result.stdout), (1, b""))
        self.assertIn(b"another process", result.stderr.lower())
        process.kill()
        process.communicate()

    def test_divergence_stops_the_run(self):
        self.configure(schedule="constant(peak=1e30)", checkpoint_every=1)
        result = self.run_command("train", "run", "--config", "c.json", "--until", "30")
        self.assertEqual(result.returncode, 1, result.stderr)
        self.assertIn(b"scheduled: error: training diverged: update ", result.stderr)
        self.assertIn(b"the last checkpoint is that of step ", result.stderr)


class WithoutTheTrainer(command.CommandTest):
    def test_it_says_how_to_get_it(self):
        program = self.folder / "scheduled"
        shutil.copy(command.COMMAND, program)
        (self.folder / "text").write_text(words(3000))
        (self.folder / "c.json").write_text(json.dumps(CONFIG))
        result = subprocess.run([program, "train", "run", "--config", "c.json", "--until", "5"], cwd=self.folder, capture_output=True)
        self.assertEqual((result.returncode, result.stdout), (2, b""))
        self.assertIn(b"scheduled-train is missing: this scheduled was built without its trainer, as wheels are", result.stderr)
        self.assertIn(b"apt-get install libtorch-dev, then build again", result.stderr)
        text = subprocess.run([program, "train", "--help"], cwd=self.folder, capture_output=True, check=True).stdout
        self.assertIn(b"--until STEP", text)


if __name__ == "__main__":
    main()
