"""log and watch: what a log holds, a run that grows, conditions, folders of our own runs."""

import json
import subprocess
import time

import binary_logs
import command

HEAD = "step,lr,val_loss\n"


def rows(first, last):
    return "".join(f"{step},1e-3,{3 + 100 / step!r}\n" for step in range(first, last + 1, 10))


class Watch(command.CommandTest):
    def start(self, *arguments):
        process = subprocess.Popen(
            [command.COMMAND, "watch", *arguments],
            cwd=self.folder,
            env=command.environment(),
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        self.addCleanup(process.stdout.close)
        self.addCleanup(process.stderr.close)
        return process

    def replace(self, text):
        """As a whole: whoever reads meanwhile sees the file of before, or this one."""
        (self.folder / "run.csv.part").write_text(text)
        (self.folder / "run.csv.part").rename(self.folder / "run.csv")

    def test_follows_until_the_condition_holds(self):
        self.replace(HEAD + rows(10, 100) + "110,1e-")  # half a line is not there yet
        process = self.start("run.csv", "--json", "--every", "0.05", "--until", "step>=150")
        first = json.loads(process.stdout.readline())
        self.assertEqual((first["step"], first["loss"], first["notice"]), (100, 4.0, "none"))
        self.replace(HEAD + rows(10, 140))
        self.assertEqual(json.loads(process.stdout.readline())["step"], 140)
        self.replace("")  # said, and looked at again
        while b"not read this time" not in (said := process.stderr.readline()):
            self.assertTrue(said, "ended without a word of the empty file")
        self.replace(HEAD + rows(10, 150))
        out, _ = process.communicate(timeout=20)
        self.assertEqual((process.returncode, json.loads(out.splitlines()[-1])["step"]), (0, 150))

    def test_a_gap_is_explained_once(self):
        (self.folder / "late.csv").write_text(HEAD + rows(310, 1000))
        text = self.output_of("log", "late.csv")
        self.assertEqual(text.count("--log-warmup N"), 1)
        self.assertIn("  fit         needs learning rates of every step: see rates\n", text)

    def test_a_loss_that_creeps_up_is_no_divergence_yet(self):
        creeping = "".join(f"{step},1e-3,{3 + max(step - 1000, 0) * 5e-5 + 1e-3 * (step % 7)!r}\n" for step in range(10, 1801, 10))
        self.replace(HEAD + creeping)
        self.assertIn("plateau: the loss has risen of late", self.output_of("watch", "run.csv", "--once"))

    def follow_binary(self, watched, file, rows):
        """Row after row, each first cut within its bytes, as it is while the run is writing it."""
        log = self.folder / file
        log.parent.mkdir(exist_ok=True)
        with open(log, "wb", buffering=0) as out:
            out.write(rows[0] + rows[1][:-3])
            process = self.start(watched, "--json", "--every", "0.05", "--until", "step>=30")
            seen = json.loads(process.stdout.readline())
            self.assertEqual((seen["step"], seen["loss"], seen["lr"]), (10, 4.0, 0.5))
            out.write(rows[1][-3:])
            self.assertEqual(json.loads(process.stdout.readline())["step"], 20)
            out.write(rows[2])
            out, error = process.communicate(timeout=20)
        self.assertEqual((process.returncode, json.loads(out.splitlines()[-1])["loss"]), (0, 3.0))
        self.assertEqual(error.count(b"as of a run that is writing it"), 1)

    def test_a_file_of_weights_and_biases_that_grows(self):
        rows = [binary_logs.wandb_row(_step=10 * k, lr=0.5, **{"train/loss": 4.5 - k / 2}) for k in (1, 2, 3)]
        rows[0] = binary_logs.WANDB_HEAD + rows[0]
        self.follow_binary("run-x.wandb", "run-x.wandb", rows)
        self.follow_binary("offline-run-x", "offline-run-x/run-x.wandb", rows)

    def test_event_files_that_grow(self):
        rows = [binary_logs.event(10 * k, lr=0.5, loss=4.5 - k / 2) for k in (1, 2, 3)]
        self.follow_binary("events", "events/events.out.tfevents.1", rows)

    def test_several_event_files_are_one_run(self):
        for k in (1, 2):
            rows = [binary_logs.event(20 * k + t, lr=0.5, loss=3.0) for t in (0, 10)]
            (self.folder / f"events.out.tfevents.{k}").write_bytes(b"".join(rows))
        for files in (["events.out.tfevents.1", "events.out.tfevents.2"], ["events.out.*"], ["./ev*.1", "ev*.[2-9]"]):
            run = json.loads(self.output_of("watch", *files, "--once", "--json"))
            self.assertEqual((run["step"], run["lr"]), (50, 0.5))
        (self.folder / "events[1]").write_bytes(b"".join(rows))  # a name, not a pattern
        self.assertEqual(json.loads(self.output_of("watch", "events[1]", "--once", "--json"))["step"], 50)
        self.assert_fails(2, "none*: no such file", "watch", "none*", "--once")

    def test_files_that_match_later_are_followed(self):
        (self.folder / "a1.csv").write_text("step,lr,loss\n10,0.5,4\n")
        with subprocess.Popen(
            [command.COMMAND, "watch", "a*.csv", "--json", "--every", "0.05", "--until", "step>=20"],
            cwd=self.folder, env=command.environment(), stdout=subprocess.PIPE, text=True,
        ) as watch:  # fmt: skip
            self.assertEqual(json.loads(watch.stdout.readline())["step"], 10)
            (self.folder / "part").write_text("step,lr,loss\n20,0.5,3\n")
            (self.folder / "part").rename(self.folder / "a2.csv")
            self.assertEqual(json.loads(watch.stdout.readline())["step"], 20)
            self.assertEqual(watch.wait(timeout=20), 0)

    def test_the_law_is_a_kind_or_a_file(self):
        (self.folder / "run.csv").write_text(HEAD + rows(10, 100))
        self.assert_fails(2, "law = 'lawless': must be", "watch", "run.csv", "--once", "--law", "lawless")
        self.assert_fails(2, "or the file of a fitted law", "watch", "run.csv", "--once", "--law", "lawless")
        self.assert_fails(2, "law.txt: no such file", "watch", "run.csv", "--once", "--law", "law.txt")
        self.assert_fails(2, "is the file of a fitted law; to fit one a kind is needed", "fit", "run.csv", "--law", "run.csv")
        self.assert_fails(2, "LAW = momentum: is a kind of law", "predict", "momentum", "cosine(steps=9, peak=1)")

    def test_a_half_written_line_is_not_there_yet(self):
        log = self.folder / "run.csv"
        log.write_text(HEAD + rows(10, 100) + "110,1e-3,3.9")  # of 3.909...: it could be whole
        self.assertEqual(json.loads(self.output_of("watch", "run.csv", "--once", "--json"))["step"], 100)
        log.write_text('{"step": 10, "lr": 1e-3, "loss": 4}\n{"step": 20, "lr": 1e-3, "loss": 3}')
        self.assertEqual(json.loads(self.output_of("watch", "run.csv", "--once", "--json"))["step"], 10)
        log.write_text("step,lr")
        self.assert_fails(2, "run.csv: has no whole line yet", "watch", "run.csv", "--once")

    def test_every_is_the_pace(self):
        log = self.folder / "run.csv"
        log.write_text(HEAD + rows(10, 100))
        process = self.start("run.csv", "--json", "--every", "1", "--until", "step>=5000")
        process.stdout.readline()
        begin = time.monotonic()
        for last in range(110, 200, 10):  # it grows all the time
            log.write_text(HEAD + rows(10, last))
            time.sleep(0.02)
        process.stdout.readline()
        self.assertGreater(time.monotonic() - begin, 0.8)

    def test_standard_input_is_looked_at_once(self):
        text = (HEAD + rows(10, 100)).encode()
        result = self.run_command("watch", "-", "--json", "--until", "step>=100", input=text)
        self.assertEqual((result.returncode, json.loads(result.stdout)["step"]), (0, 100))
        result = self.run_command("watch", "-", "--json", "--until", "step>100", input=text)
        self.assertEqual(result.returncode, 1)
        self.assertEqual(self.run_command("watch", "-", "--json", input=text).returncode, 0)

    def test_other_runs_are_read_once(self):
        log = self.folder / "run.csv"
        log.write_text(HEAD + rows(10, 500))
        other = self.folder / "other.csv"
        other.write_text(HEAD + rows(10, 500) + "500,1e-3,9\n")
        options = ["--log", "other.csv", "--law", "momentum", "--json", "--every", "0.05", "--until", "step>=1000"]
        process = self.start("run.csv", *options)
        process.stdout.readline()
        other.unlink()
        log.write_text(HEAD + rows(10, 1000))  # a new fit
        out, error = process.communicate(timeout=60)
        self.assertEqual(process.returncode, 0)
        self.assertNotIn("other.csv", json.loads(out.splitlines()[-1])["no_prediction"])
        self.assertEqual(error.count(b"other.csv"), 1)
        self.assert_fails(2, "other.csv: no such file", "watch", "run.csv", "--once", "--log", "other.csv")

    def test_a_run_that_starts_again_is_fitted_again(self):
        self.replace(HEAD + rows(10, 500))
        process = self.start("run.csv", "--law", "momentum", "--json", "--every", "0.05")
        alone = json.loads(process.stdout.readline())
        self.assertIsNotNone(alone["now"])
        self.assertIn("no run that the law was fitted to shows what that gains", " ".join(alone["warnings"]))
        self.replace(HEAD + rows(10, 30))
        self.assertIn("no law fits yet", json.loads(process.stdout.readline())["no_prediction"])

    def test_once(self):
        (self.folder / "run.csv").write_text(HEAD + rows(10, 100))
        text = self.output_of("watch", "run.csv", "--once", "--until", "loss<=4")
        self.assertIn("step        100", text)
        result = self.run_command("watch", "run.csv", "--once", "--until", "loss<4")
        self.assertEqual((result.returncode, result.stderr), (1, b"scheduled: error: --until loss<4: does not hold\n"))
        self.assert_fails(2, "no such file", "watch", "missing.csv", "--once")
        self.assert_fails(2, "must be > 0", "watch", "run.csv", "--every", "0")

    def test_what_no_fitted_run_has_is_named_as_predict_does(self):
        command.write_law_logs(self.folder)
        self.output_of("fit", "trunk.csv", "cosine-decay.csv", "--save", "law.json")
        run = json.loads(self.output_of("watch", "trunk.csv", "--law", "law.json", "--cooldown", "500", "--once", "--json"))
        spec = "wsd(steps=2.5k, warmup=200, cooldown=500, peak=1e-3)"
        said = json.loads(self.output_of("predict", "law.json", spec, "--json"))["warnings"]
        self.assertIn("2500 steps are more than the longest run had (2000)", run["warnings"])
        self.assertEqual([text for text in said if "steps are" in text or "falls over" in text], [text for text in run["warnings"] if "drops" not in text and "shape" not in text])
        text = self.output_of("watch", "trunk.csv", "--law", "law.json", "--cooldown", "500", "--once")
        self.assertIn("extrapolated, so less sure than the intervals say\n  - 2500 steps", text)
        done = json.loads(self.output_of("watch", "cosine-decay.csv", "--law", "law.json", "--once", "--json"))
        self.assertEqual((done["now"], done["warnings"]), (None, []))
        self.assertIn("the rate is 0 at step 2000: a cooldown starts from a rate above 0", done["no_prediction"])

    def test_a_run_that_diverges_says_so_without_a_law_too(self):
        self.replace(HEAD + "".join(f"{step},1e-3,{3 if step < 40 else step / 10}\n" for step in range(5, 51, 5)))
        run = json.loads(self.output_of("watch", "run.csv", "--once", "--json"))
        self.assertEqual(run["notice"], "diverging")
        self.assertEqual(run["no_prediction"], "the loss is above its lowest by more than its noise, which no law describes")

    def test_losses_are_logged_more_seldom_than_rates(self):
        text = "".join(f"{step},1e-3,{3 + 100 / step if step % 100 == 0 else ''}\n" for step in range(10, 1091, 10))
        (self.folder / "run.csv").write_text(HEAD + text)
        run = json.loads(self.output_of("watch", "run.csv", "--once", "--json"))
        self.assertEqual((run["step"], run["loss_step"], run["loss"]), (1090, 1000, 3.1))
        (self.folder / "rates.csv").write_text("step,lr\n" + "".join(f"{step},1e-3\n" for step in range(10, 1091, 10)))
        rates = json.loads(self.output_of("watch", "rates.csv", "--once", "--json"))
        self.assertEqual((run["bound"], run["distance"]), (rates["bound"], rates["distance"]))
        self.assertIn("loss        3.1 (val_loss, of step 1000)", self.output_of("watch", "run.csv", "--once"))

    def test_losses_that_are_not_finite(self):
        lost = "".join(f"{step},1e-3,nan\n" for step in range(110, 1001, 10))
        (self.folder / "run.csv").write_text(HEAD + rows(10, 100) + lost)
        result = self.run_command("watch", "run.csv", "--once", "--until", "loss<=4")
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"notice      diverging: losses are not finite since step 110", result.stdout)
        self.assertIn(b"run.csv: val_loss is nan or the like in 90 rows, first at step 110", result.stderr)
        found = json.loads(self.run_command("watch", "run.csv", "--once", "--json", "--until", "notice=diverging").stdout)
        self.assertEqual((found["not_finite_since"], found["loss"], found["loss_step"]), (110, 4.0, 100))

    def test_several_files_are_one_run(self):
        (self.folder / "lr.csv").write_text("step,lr\n10,1e-3\n20,1e-3\n")
        (self.folder / "loss.csv").write_text("step,loss\n10,3\n20,2\n")
        run = json.loads(self.output_of("watch", "lr.csv", "loss.csv", "--once", "--json"))
        self.assertEqual((run["lr"], run["loss"]), (1e-3, 2.0))
        (self.folder / "val.csv").write_text("step,val_loss\n10,3\n20,2\n30,2\n")  # a decay to the end of both
        given = ["--lr", "linear(peak=1e-3)", "--once", "--json"]
        apart = json.loads(self.output_of("watch", "loss.csv", "val.csv", *given))
        joined = json.loads(self.output_of("watch", "loss.csv+val.csv", *given))
        self.assertEqual((apart["bound"], apart["lr"]), (joined["bound"], joined["lr"]))
        about = json.loads(self.output_of("log", "lr.csv+loss.csv", "--json"))
        self.assertEqual({use["verb"] for use in about["uses"] if use["works"]}, {"bound", "cooldown", "extend"})

    def test_table_reads_back(self):
        (self.folder / "run.csv").write_text(HEAD + rows(10, 100) + "110,,\n")
        table = self.output_of("log", "run.csv", "--csv")
        (self.folder / "again.csv").write_text(table)
        self.assertEqual(self.output_of("log", "again.csv", "--csv"), table)
        self.output_of("log", "run.csv", "-o", "run.svg")
        self.assertIn("learning rate", (self.folder / "run.svg").read_text())


class OwnRuns(command.CommandTest):
    def test_all_lines_at_once(self):
        self.output_of("run", "init", "demo", "--trunk", "constant(peak=1.2345e-3)")
        self.log("trunk", 1, 200)
        self.commit("trunk", 200)
        self.output_of("run", "branch", "demo", "B", "--at", "200", "--cooldown", "50")
        self.log("trunk", 201, 400)
        self.commit("trunk", 400)
        self.output_of("run", "resume", "demo", "--line", "B")
        self.log("B", 201, 250)
        whole = json.loads(self.output_of("fit", "demo", "--law", "momentum", "--first", "1", "--json"))
        points = {residual["name"]: residual["points"] for residual in whole["residuals"]}
        self.assertEqual(points, {"trunk": 40, "B": 5})  # what they share counts once
        # The same of exported logs, which begin at step 1.
        for line in ("trunk", "B"):
            (self.folder / f"{line}.csv").write_text(self.output_of("run", "export", "demo", "--line", line, "--csv"))
        files = ["trunk.csv", "--log", "B.csv", "--base", "trunk.csv"]
        again = json.loads(self.output_of("fit", *files, "--law", "momentum", "--first", "1", "--json"))
        self.assertEqual([residual["points"] for residual in again["residuals"]], [40, 5])
        bounds = [json.loads(line) for line in self.output_of("bound", "--log", "demo", "--json").splitlines()]
        self.assertEqual([(run["name"], run["T"]) for run in bounds], [("trunk", 400), ("B", 250)])
        self.assertEqual(json.loads(self.output_of("log", "demo:B", "--json"))["last_step"], 250)
        self.assertEqual(json.loads(self.output_of("watch", "demo", "--once", "--json"))["step"], 400)
        named = json.loads(self.output_of("log", "demo:B", "--columns", "val_loss=train_loss", "--json"))
        self.assertEqual([(column["name"], column["source"]) for column in named["columns"]],
                         [("lr", "the record"), ("train_loss", "val_loss")])
        self.assert_fails(2, "demo:B: is a run of ours", "log", "demo:B", "--step-offset", "1")
        self.assert_fails(2, "no column \"nll\"; there are lr, val_loss", "log", "demo:B", "--columns", "nll=val_loss")
        self.output_of("fit", "demo", "--law", "momentum", "--first", "1", "--save", "law.json")
        for trunk in ("demo", "demo:trunk"):
            question = ["cooldown", "law.json", "--trunk", trunk, "--cooldown", "50", "--json"]
            found = json.loads(self.run_command(*question).stdout)
            self.assertEqual((found["now"], found["answers"][0]["length"]), (400, 50))

    def test_names_of_metrics(self):
        self.output_of("run", "init", "demo", "--trunk", "constant(peak=1e-3)")
        for step in ("10", "20"):
            self.output_of("run", "log", "demo", "--step", step, "train_loss=3", f"val_loss={'nan' if step == '20' else 2}")

        def columns(*renamed):
            about = json.loads(self.output_of("log", "demo", "--columns", ",".join(renamed), "--json"))
            return {column["name"]: (column["source"], column["values"]) for column in about["columns"]}, about["notes"]

        lost = "val_loss is nan or the like in 1 row, first at step 20: taken as not logged"
        swapped, notes = columns("val_loss=train_loss", "train_loss=val_loss")
        self.assertEqual(swapped, {"lr": ("the record", 2), "train_loss": ("val_loss", 1), "val_loss": ("train_loss", 2)})
        self.assertEqual(notes, [lost])
        found, notes = columns("val_loss=train_loss")
        self.assertEqual(found, {"lr": ("the record", 2), "train_loss": ("val_loss", 1)})
        self.assertEqual(notes, [lost, "column train_loss is left out: another column has its name"])
        two = "val_loss=train_loss,train_loss=train_loss"
        self.assert_fails(2, 'demo: the options give two columns "train_loss"', "log", "demo", "--columns", two)
        for wrong in ("lr=train_loss", "step=train_loss", "val_loss=lr"):
            text = f"columns = {wrong}: demo has its steps and rates from the record"
            self.assert_fails(2, text, "log", "demo", "--columns", wrong)
        watched = ["watch", "demo", "--once", "--json", "--until", "step>0"]
        for renamed in ([], ["--columns", "val_loss=val_loss"]):
            found = json.loads(self.run_command(*watched, *renamed).stdout)
            self.assertEqual(found["not_finite_since"], None, "train_loss goes on")
        self.output_of("run", "log", "demo", "--step", "20", "train_loss=nan")
        for renamed in ([], ["--columns", "val_loss=val_loss"]):
            found = json.loads(self.run_command(*watched, *renamed).stdout)
            self.assertEqual(found["not_finite_since"], 20)

    def test_runs_are_joined_to_files(self):
        self.output_of("run", "init", "demo", "--trunk", "constant(peak=1e-3)")
        self.output_of("run", "log", "demo", "--step", "10", "train_loss=3")
        (self.folder / "later.csv").write_text("step,val_loss\n20,2\n")
        about = json.loads(self.output_of("log", "demo+later.csv", "--json"))
        self.assertEqual([column["name"] for column in about["columns"]], ["lr", "train_loss", "val_loss"])
        self.assertEqual((about["name"], about["last_step"]), ("demo:trunk + later.csv", 20))
        (self.folder / "own.csv").write_text("step,nll\n20,2\n")
        for columns in ("nll=val_loss", "train_loss=train_loss,nll=val_loss"):
            about = json.loads(self.output_of("log", "demo+own.csv", "--columns", columns, "--json"))
            self.assertEqual([column["name"] for column in about["columns"]], ["lr", "train_loss", "val_loss"])
        text = 'demo:trunk + own.csv: no column "lost", which the options name'
        self.assert_fails(2, text, "log", "demo+own.csv", "--columns", "lost=val_loss")
        self.output_of("run", "init", "other", "--trunk", "constant(peak=1e-3)")
        for name in ("demo:trunk+later.csv", "later.csv+demo:trunk"):
            about = json.loads(self.output_of("log", name, "--json"))
            self.assertEqual([column["name"] for column in about["columns"]], ["lr", "train_loss", "val_loss"])
        (self.folder / "text.log").write_text("at 20: nll 2\n")
        about = json.loads(self.output_of("log", "demo:trunk+text.log", "--pattern", "at {step}: nll {val_loss}", "--json"))
        self.assertEqual(about["last_step"], 20)
        self.assert_fails(2, "line = nothing: no such line; there are trunk", "log", "demo:nothing+later.csv")
        self.assert_fails(2, "error: missing.csv: no such file", "log", "demo:trunk+missing.csv")
        self.assert_fails(2, "error: missing.csv: no such file", "log", "missing.csv+later.csv")
        self.assert_fails(2, "error: missing.csv+lost.csv: no such file", "log", "missing.csv+lost.csv")
        (self.folder / "empty").mkdir()
        self.assert_fails(2, "of the folder of a run, RUNFOLDER:LINE is the log of a line\n", "log", "empty")

    def test_the_record_s_schedule_is_said(self):
        self.output_of("run", "init", "demo", "--trunk", "rsqrt(warmup=10, peak=1e-3)")
        self.log("trunk", 1, 200)
        self.commit("trunk", 200)
        self.output_of("run", "branch", "demo", "B", "--at", "200", "--cooldown", "50")
        self.output_of("run", "resume", "demo", "--line", "B")
        self.log("B", 201, 250)
        about = json.loads(self.output_of("log", "demo", "--json"))
        self.assertEqual((about["recorded"], about["shape"]["distance"]), (True, 0))
        self.assertIn("rates       rsqrt(peak=0.001, warmup=10) (the record)", self.output_of("log", "demo"))
        self.assertTrue(json.loads(self.output_of("log", "demo:B", "--json"))["recorded"])
        (self.folder / "loss.csv").write_text("step,val_loss\n10,3\n20,2\n")
        given = self.output_of("log", "loss.csv", "--lr", "rsqrt(warmup=10, peak=1e-3)")
        self.assertIn("rates       rsqrt(steps=21, peak=0.001, warmup=10) (given)", given)
        self.assertIn("lr           given", given)

    def log(self, line, first, last):
        for step in range(first, last + 1):
            if step % 10 == 0:
                loss = f"val_loss={3 + 100 / (step + 100) - (line == 'B') / 8!r}"
                self.output_of("run", "log", "demo", "--line", line, "--step", str(step), loss)

    def commit(self, line, step):
        (self.folder / "weights").write_text(f"{line} {step}")
        self.output_of("run", "commit", "demo", "--line", line, "--step", str(step), "weights")


if __name__ == "__main__":
    command.main()
