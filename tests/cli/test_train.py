"""scheduled train: what is learned and logged, exact resume, branches, signals, kills and damage, on a tiny model."""

import json
import math
import os
import random
import signal
import subprocess
import time

import command
from train_case import CONFIG, TrainTest, forward, main, tensors


class Training(TrainTest):
    def test_it_learns_and_logs(self):
        self.configure(grad_norm_l1=True)
        result = self.train("run", "--until", 210)
        self.assertEqual((result["line"], result["first"], result["step"], result["stopped"]), ("trunk", 0, 210, False))
        self.assertEqual(result["parameters"], 2 * 256 * 16 + 2 * (3 * 16 * 16 + 16 * 16 + 3 * 16 * 24) + 5 * 16)
        rows = self.rows("run")
        self.assertEqual(sorted(rows), sorted({*range(7, 211, 7), 50, 100, 150, 200}))
        self.assertGreater(rows[7]["train_loss"], 4.0)
        self.assertLess(rows[210]["train_loss"], 2.5)
        self.assertEqual(rows[210]["val_loss"], result["val_loss"])
        self.assertLess(abs(rows[210]["val_loss"] - rows[210]["train_loss"]), 0.3)
        shown = json.loads(self.output_of("show", CONFIG["schedule"], "--json", "--at", "6,13,209"))
        self.assertEqual([rows[step]["lr"] for step in (7, 14, 210)], shown["lr"])
        for step in range(7, 211, 7):
            row = rows[step]
            self.assertEqual(row["tokens"], step * 4 * 16)
            self.assertLessEqual(row["grad_norm"], row["grad_norm_l1"])
            self.assertLessEqual(row["grad_norm_l1"], math.sqrt(result["parameters"]) * row["grad_norm"])
        self.assertTrue(all("val_loss" in rows[step] for step in (50, 100, 150, 200, 210)))

    def test_omega_is_the_bound_along_the_run(self):
        self.configure(log_every=1, distance=2.0)
        self.train("run", "--until", 40)
        log = self.rows("run").values()
        stream = "".join(f"{row['lr']!r} {row['grad_norm']!r}\n" for row in log)
        lines = self.output_of("bound", "--stream", "--distance", "2", "--json", input=stream.encode()).splitlines()
        self.assertEqual([row["omega"] for row in log], [json.loads(line)["bound"] for line in lines])

    def test_an_independent_forward_pass_gives_the_same_loss(self):
        result = self.train("run", "--until", 60)
        weights = tensors(self.folder / result["folder"] / "model.safetensors")
        data = (self.folder / "text").read_bytes()[-2000:]
        there, used = (len(data) - 1) // 16, 8
        windows = [data[(k * there // used) * 16 :][:17] for k in range(used)]
        loss = sum(forward(weights, window) for window in windows) / (used * 16)
        self.assertAlmostEqual(loss, result["val_loss"], delta=2e-6 * loss)

    def test_a_run_with_a_horizon(self):
        self.configure(schedule="cosine(steps=90, warmup=9, peak=1e-2)")
        self.assertEqual(self.train("run")["step"], 90)
        self.assertIn("trunk: finished at step 90", self.output_of("run", "status", "run"))
        self.assert_fails(2, "trunk: is finished at step 90; there is nothing", "train", "run", "--config", "c.json")

    def test_a_branch_of_a_run_with_a_horizon(self):
        self.configure(schedule="cosine(steps=90, warmup=9, peak=1e-2)")
        self.train("run", "--until", 40, "--keep", 40)
        cooldown = ["--branch", "b", "--cooldown", "10", "--decay", "1-sqrt", "--final", "5%"]
        self.assertEqual(self.train("run", *cooldown, "--until", 45)["step"], 45)
        self.assertEqual(self.train("run", *cooldown)["step"], 50)
        rates = self.output_of("run", "lr", "run", "--line", "b", "--step", 39, "--count", 3).split()
        self.assertTrue(float(rates[0]) > float(rates[1]) > float(rates[2]))
        self.assert_fails(2, "there is another line of this name", "train", "run", "--config", "c.json", "--branch", "b",
                          "--cooldown", "11")

    def test_a_running_average(self):
        """It is that of the weights in the checkpoints, and goes on from a checkpoint with the same bits."""
        self.configure(average={"from": 30, "every": 10}, checkpoint_every=10)
        self.train("run", "--until", 50)
        self.train("run", "--until", 70)
        self.train("straight", "--until", 70)
        folder = self.folder / "run" / "checkpoints"
        models = [tensors(folder / f"trunk-{step}" / "model.safetensors") for step in (40, 50, 60, 70)]
        average = tensors(folder / "trunk-70" / "average.safetensors", "F64", "d")
        for name, (shape, values) in average.items():
            self.assertEqual(shape, models[0][name][0])
            for k, value in enumerate(values):
                self.assertAlmostEqual(value, sum(model[name][1][k] for model in models) / 4, delta=1e-12)
        self.assertEqual(self.files("run", "trunk", 70), self.files("straight", "trunk", 70))
        self.check_schema(["state.json"], json.dumps(json.loads((folder / "trunk-70" / "state.json").read_text())))
        log = self.output_of("run", "export", "run", "--csv").splitlines()
        column = log[0].split(",").index("val_loss_average")
        self.assertNotEqual(log[-1].split(",")[column], log[-1].split(",")[log[0].split(",").index("val_loss")])
        for other in ({"from": 30}, {"from": 40, "every": 10}, {"half_life": "10%"}):
            self.configure("other.json", average=other, checkpoint_every=10)
            self.assert_fails(2, "the average in the checkpoint of step 70 was made with from 30, every 10; go on with that, "
                              "or begin another one here, with from 70", "train", "run", "--config", "other.json", "--until", "80")
        self.configure("anew.json", average={"from": 70, "every": 10}, checkpoint_every=10)
        self.train("run", "--until", 80, config="anew.json")
        alone = tensors(folder / "trunk-80" / "average.safetensors", "F64", "d")
        self.assertEqual([value for _, value in alone.values()],
                         [value for _, value in tensors(folder / "trunk-80" / "model.safetensors").values()])
        self.configure("late.json", average={"from": 30})
        self.configure("plain.json")
        self.output_of("train", "plain", "--config", "plain.json", "--until", "40")
        plain = json.loads((self.folder / "plain" / "checkpoints" / "trunk-40" / "state.json").read_text())
        self.check_schema(["state.json"], json.dumps(plain))
        self.assertNotIn("average", plain)
        self.assert_fails(2, "average.from = 30: the checkpoint of step 40 has no average; it can begin there, from 40 on",
                          "train", "plain", "--config", "late.json", "--until", "50")
        self.configure("share.json", average={"half_life": "10%"})
        self.output_of("train", "plain", "--config", "share.json", "--until", "50")

    def test_config_from_standard_input(self):
        config = (self.folder / "c.json").read_bytes()
        first = json.loads(self.output_of("train", "run", "--config", "-", "--until", "20", "--json", input=config))
        again = self.train("straight", "--until", 20)
        self.assertEqual((first["step"], first["val_loss"]), (20, again["val_loss"]))
        self.assertEqual(self.files("run", "trunk", 20), self.files("straight", "trunk", 20))
        self.assert_fails(2, "standard input: batch = \"x\": must be a whole number", "train", "run", "--config", "-",
                          input=json.dumps({**CONFIG, "batch": "x"}).encode())

    def test_text_for_people(self):
        text = self.output_of("train", "run", "--config", "c.json", "--until", "20")
        self.assertRegex(text, r"^trunk is at step 20 of 20, \d+ tokens/s\n  val_loss   \d\.\d+\n  checkpoint run/checkpoints/trunk-20\n$")


    def test_progress_on_a_terminal(self):
        ours, theirs = command.open_terminal(self)
        arguments = [command.COMMAND, "train", "run", "--config", "c.json", "--until", "1200"]
        process = subprocess.Popen(
            arguments, cwd=self.folder, env=command.environment(), stdout=subprocess.DEVNULL, stderr=theirs
        )
        os.close(theirs)
        shown = b""
        try:
            while block := os.read(ours, 4096):
                shown += block
        except OSError:  # the other end is closed
            pass
        os.close(ours)
        self.assertEqual(process.wait(60), 0)
        line = rb"\r\[#*\.*\] step \d+ of 1200, loss \d\.\d{4}, LR [\d.e-]+, [\d.e+]+ tokens/s, \d+:\d\d left\x1b\[K"
        self.assertRegex(shown, line)
        self.assertTrue(shown.endswith(b"\r\x1b[K"), "the line is removed")


class Resume(TrainTest):
    def test_killed_and_resumed_is_the_same_bits(self):
        self.train("straight", "--until", 300)
        process = self.begin("run", "--config", "c.json", "--until", 300)
        self.wait_for_checkpoint(process, "run", 2)
        process.kill()
        process.communicate()
        result = self.train("run", "--until", 300)
        self.assertGreaterEqual(result["first"], 60)
        self.assertLess(result["first"], 300)
        self.assertEqual(self.files("run", "trunk", 300), self.files("straight", "trunk", 300))
        self.assertEqual(self.logged("run"), self.logged("straight"))

    def test_killed_while_the_run_was_made(self):
        for folder in ("checkpoints", "staging", "record.123.part/record"):
            (self.folder / "run" / folder).mkdir(parents=True)
        self.assertEqual(self.train("run", "--until", 60)["first"], 0)
        self.train("straight", "--until", 60)
        self.assertEqual(self.files("run", "trunk", 60), self.files("straight", "trunk", 60))

    def test_killed_at_random_moments(self):
        self.train("straight", "--until", 240)
        self.configure(checkpoint_every=11)
        draw = random.Random(7)
        for _ in range(6):
            process = self.begin("run", "--config", "c.json", "--until", 240)
            time.sleep(draw.uniform(0.1, 0.8))
            process.kill()
            process.communicate()
            if (self.folder / "run" / "checkpoints" / "trunk-240").is_dir():
                break
        result = self.run_command("train", "run", "--config", "c.json", "--until", "240")
        self.assertIn(result.returncode, (0, 2), result.stderr)
        if result.returncode == 2:
            self.assertIn(b"trunk is at step 240 already", result.stderr)
        self.assertEqual(self.files("run", "trunk", 240), self.files("straight", "trunk", 240))
        self.assertEqual(self.logged("run"), self.logged("straight"))
        self.assertIn("sound", self.output_of("run", "verify", "run"))

    def test_stops_in_between_change_nothing(self):
        self.train("straight", "--until", 150)
        for step in (1, 33, 150):
            self.train("run", "--until", step)
        self.assertEqual(self.files("run", "trunk", 150), self.files("straight", "trunk", 150))
        rate = float(self.output_of("run", "lr", "run", "--step", "33"))
        self.assertEqual(rate, json.loads(self.output_of("show", CONFIG["schedule"], "--json", "--at", "33"))["lr"][0])

    def test_signals_commit_and_the_same_command_goes_on(self):
        self.train("straight", "--until", 3000)
        self.configure(checkpoint_every=100000)
        for number in (signal.SIGTERM, signal.SIGINT):
            process = self.begin("run", "--config", "c.json", "--until", 3000)
            began = self.sessions("run") + (1 if number == signal.SIGTERM else 0)  # a new run makes one, and resumes it
            while self.sessions("run") <= began and process.poll() is None:
                time.sleep(0.01)
            time.sleep(0.05)
            process.send_signal(number)
            output, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, b""))
            self.assertIn(b"the same command goes on from there", output)
        lines = json.loads(self.output_of("run", "status", "run", "--json"))["lines"]
        self.assertTrue(0 < lines[0]["step"] < 3000, lines)
        self.train("run", "--until", 3000)
        self.assertEqual(self.files("run", "trunk", 3000), self.files("straight", "trunk", 3000))

    def test_signals_of_a_cluster_may_come_more_than_once(self):
        self.configure(checkpoint_every=100000)
        for k, number in enumerate((signal.SIGUSR1, signal.SIGUSR2, signal.SIGTERM)):
            run = f"run-{k}"
            process = self.begin(run, "--config", "c.json", "--until", 3000)
            while self.sessions(run) <= 1 and process.poll() is None:
                time.sleep(0.01)
            for _ in range(5):
                process.send_signal(number)
            output, error = process.communicate(timeout=60)
            self.assertEqual((process.returncode, error), (0, b""))
            self.assertIn(b"the same command goes on from there", output)

    def test_two_lines_at_the_same_time(self):
        trunk = ["--config", "c.json", "--until", 600]
        branch = ["--config", "c.json", "--branch", "b", "--at", 60, "--cooldown", 540]
        for run in ("apart", "together"):
            self.train(run, "--until", 60, "--keep", 60)
        for words in (trunk, branch):
            self.output_of("train", "apart", *words)
        processes = [self.begin("together", *words, "--shared") for words in (trunk, branch)]
        for process in processes:
            output, error = process.communicate(timeout=120)
            self.assertEqual((process.returncode, error), (0, b""), output)
        for line in ("trunk", "b"):
            self.assertEqual(self.files("together", line, 600), self.files("apart", line, 600))
            self.assertEqual(self.logged("together", line), self.logged("apart", line))
        sessions = json.loads(self.output_of("run", "status", "together", "--json"))["sessions"]
        self.assertEqual(sorted(s["line"] for s in sessions), ["b", "b", "trunk", "trunk", "trunk"])  # each its own, none twice
        self.assertIn("sound", self.output_of("run", "verify", "together"))

    def test_a_damaged_checkpoint_falls_back(self):
        self.train("straight", "--until", 150)
        self.train("run", "--until", 130)
        model = self.folder / "run" / "checkpoints" / "trunk-130" / "model.safetensors"
        data = bytearray(model.read_bytes())
        data[len(data) // 2] ^= 1
        model.write_bytes(data)
        result = self.run_command("train", "run", "--config", "c.json", "--until", "150", "--json")
        self.assertEqual(result.returncode, 0, result.stderr)
        self.assertIn(b"scheduled: warning: checkpoint trunk at step 130 is damaged", result.stderr)
        self.assertIn(b"the one before is used", result.stderr)
        self.assertEqual(json.loads(result.stdout)["first"], 120)
        self.assertEqual(self.files("run", "trunk", 150), self.files("straight", "trunk", 150))


class Branches(TrainTest):
    branch = ("--branch", "b", "--at", 100, "--cooldown", "20%", "--decay", "1-sqrt")

    def test_a_branch_leaves_the_trunk_as_it_was(self):
        self.train("straight", "--until", 200)
        self.train("run", "--until", 120, "--keep", "100")
        result = self.train("run", *self.branch)
        self.assertEqual((result["first"], result["step"]), (100, 125))
        self.train("run", "--until", 200)
        self.assertEqual(self.files("run", "trunk", 200), self.files("straight", "trunk", 200))
        status = json.loads(self.output_of("run", "status", "run", "--json"))
        self.assertTrue(status["lines"][1]["finished"])
        self.assertTrue(next(c for c in status["checkpoints"] if c["step"] == 100)["keep"])
        rows, trunk = self.rows("run", "b"), self.rows("run")
        self.assertEqual(rows[98], trunk[98])
        self.assertEqual(rows[100]["val_loss"], trunk[100]["val_loss"], "the loss before the cooldown is on record")
        self.assertLess(rows[125]["val_loss"], rows[100]["val_loss"])
        self.assertEqual(rows[125]["lr"], 0)

    def test_a_branch_reads_what_the_trunk_reads(self):
        # A cooldown that does not cool: with the peak as its final rate a constant trunk goes on as it was.
        self.configure(schedule="constant(peak=1e-2)")
        self.train("run", "--until", 125, "--keep", "100")
        self.train("run", "--branch", "b", "--at", 100, "--cooldown", 25, "--final", "100%")
        branch, trunk = self.files("run", "b", 125), self.files("run", "trunk", 125)
        self.assertEqual(branch["model.safetensors"], trunk["model.safetensors"])

    def test_interrupted_and_again(self):
        self.train("run", "--until", 100)
        self.train("straight", "--until", 100)
        self.train("straight", *self.branch)
        self.train("run", *self.branch, "--until", 110)
        self.train("run", *self.branch)
        self.assertEqual(self.files("run", "b", 125), self.files("straight", "b", 125))
        self.assert_fails(2, "b: is finished at step 125", "train", "run", "--config", "c.json", *self.branch)
        other = ["train", "run", "--config", "c.json", "--branch", "b", "--cooldown", "30%"]
        self.assert_fails(2, "branch = b: there is another line of this name, from step 100 with rsqrt(", *other)

    def test_a_branch_before_the_trunk(self):
        """The error says what to type; that, typed, makes the trunk, and then the branch begins."""
        (self.folder / "empty").mkdir()
        for run in ("run", "empty"):
            start = ["train", run, "--config", "c.json", "--branch", "b", "--at", "60", "--cooldown", "10%"]
            text = f"branch = b: there is no run in {run} yet, and a branch leaves a trunk; start that first: "
            self.assert_fails(2, text, *start)
            first = self.run_command(*start).stderr.decode().strip().partition("start that first: ")[2]
            self.assertEqual(first, f"scheduled train {run} --config c.json --until 60")
            self.output_of(*first.split()[1:])
            self.output_of(*start)
        self.assert_fails(2, "line = b: there is no run in new yet", "train", "new", "--config", "c.json", "--line", "b")
        self.assert_fails(2, "--config c.json --until STEP", "train", "new", "--config", "c.json", "--branch", "b")
        self.configure("finite.json", schedule="cosine(steps=30, peak=1e-2)")
        self.assert_fails(2, "--config finite.json --until STEP", "train", "new", "--config", "finite.json", "--branch", "b")
        self.assertFalse((self.folder / "new").exists())

    def test_bad_branches(self):
        start = ["train", "run", "--config", "c.json", "--branch", "b"]
        self.train("run", "--until", 70)
        self.assert_fails(2, "step = 100: must be at most 70, the last committed checkpoint", *start, "--at", 100)
        self.assert_fails(2, "step = 65: trunk has no committed checkpoint there", *start, "--at", 65)
        self.assert_fails(2, "line = c: no such line; there are trunk", "train", "run", "--config", "c.json", "--line", "c", "--until", 9)
        self.assert_fails(2, "--at requires --branch", "train", "run", "--config", "c.json", "--at", 60)
        self.assert_fails(2, "data.train: ", *start, "--cooldown", "99.9%")
        self.assertEqual(len(json.loads(self.output_of("run", "status", "run", "--json"))["lines"]), 1)


if __name__ == "__main__":
    main()
