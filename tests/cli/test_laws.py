"""The verbs that fit loss laws and predict with them: what they print agrees between verbs."""

import csv
import io
import json
import math
import os
import re
import subprocess
import time

import command
from law_case import FIT, LawTest

LOGS = command.DATA / "paper-logs"


class Laws(LawTest):
    def test_fit_finds_the_law_of_the_logs(self):
        """The logs are made by the multi-power law plus noise of 0.002."""
        found = self.json_of(*FIT, "--law", "multi-power")
        self.assertTrue(found["converged"])
        for run in found["residuals"]:
            self.assertLess(run["rms"], 0.003)
            self.assertLess(run["largest"], 0.008)
        rows = self.rows_of(*FIT, "--law", "multi-power")
        for name, run in zip(["trunk", "cosine-decay", "decay"], found["residuals"], strict=True):
            errors = [float(row["fitted"]) - float(row["loss"]) for row in rows if row["name"] == name]
            self.assertEqual(len(errors), run["points"])
            self.assertAlmostEqual(sum(errors) / len(errors), run["mean"], delta=1e-12)
            self.assertAlmostEqual(math.sqrt(sum(e * e for e in errors) / len(errors)), run["rms"], delta=1e-12)
            self.assertAlmostEqual(max(map(abs, errors)), run["largest"], delta=1e-15)

    def test_a_branch_counts_its_own_losses_when_its_base_is_fitted_too(self):
        points = {run["name"]: run["points"] for run in self.json_of(*FIT, "--law", "bu")["residuals"]}
        self.assertEqual(points, {"trunk": 73, "cosine-decay": 73, "decay": 20})
        alone = self.json_of("fit", "cosine-decay.csv", "--log", "decay.csv", "--base", "trunk.csv", "--law", "bu")
        self.assertEqual(alone["residuals"][1]["points"], 73)  # the trunk's to step 1500, then the branch's

    def write_start(self, name, first, spacing, last=4000):
        """The rows from `first` on of a run with a warmup of 300 steps."""
        self.write_run(name, lambda step: 2.6 + 8 / step**0.5, range(first, last + 1, spacing), lambda step: 1e-3 * min(step / 300, 1))

    def test_a_log_that_begins_within_its_warmup(self):
        """Its rows tell the rates before them, as --log-warmup does; --log-warmup 0 holds the first one."""
        self.write_start("run.csv", 100, 50)
        fit = ("fit", "run.csv", "--law", "bu")
        told, said, held = (self.json_of(*fit, *more)["fitted"]["law"] for more in [(), ("--log-warmup", "100"), ("--log-warmup", "0")])
        self.assertEqual(told, said)
        self.assertAlmostEqual(told["reference_sum"], 3.8505, delta=1e-9)  # 300 steps of warmup: 1e-3 (4000 - 149.5)
        self.assertAlmostEqual(held["reference_sum"], 3.867, delta=1e-9)
        head = self.json_of("log", "run.csv")["head"]
        self.assertEqual((head["from"], head["start"], head["rows"]), (100, 0, 5))
        self.assertIn("begins      at step 100, on the line of its first 5 rows from 0", self.output_of("log", "run.csv"))
        self.assertIsNone(self.json_of("log", "run.csv", "--log-warmup", "100")["head"])
        self.write_start("seldom.csv", 200, 200)
        result = self.run_command("fit", "seldom.csv", "--law", "bu")
        self.assertEqual(result.returncode, 0)
        self.assertIn(b"a linear warmup from 0 is taken before it; --log-warmup 0 holds 0.000666667 instead", result.stderr)
        self.output_of("fit", "seldom.csv", "--law", "bu", "--log-warmup", "200")  # says it: no note

    def test_given_rates_leave_no_note_of_logged_ones(self):
        """Neither of a log nor of one that it is joined to."""
        self.write_run("base.csv", lambda step: 2.6 + 8 / step**0.5, rate=lambda step: 1e-3 * (1 - step / 4000))
        text = (self.folder / "base.csv").read_text()
        (self.folder / "base.csv").write_text(re.sub(r"^(1[6-9]\d\d|2000),[^,]*", r"\1,", text, flags=re.M))
        self.write_run("on.csv", lambda step: 2.6 + 8 / step**0.5, range(1950, 3001, 50), lambda step: 1e-3 * (1 - step / 4000))
        fit = ("fit", "--log", "on.csv", "--base", "base.csv", "--law", "bu")
        self.assertIn(b"no lr is logged after step 1550", self.run_command(*fit).stderr)
        self.output_of(*fit, "--lr", "linear(steps=4k, peak=1e-3)")

    def test_what_is_wrong_with_a_run_is_named(self):
        self.write_run("lost.csv", lambda step: 2.6 + 8 / step**0.5 if step <= 1500 else step / 300)
        self.assert_fails(2, "lost.csv: is no fitted law, which is JSON, as scheduled fit --save writes it", "watch", "lost.csv", "--law", "lost.csv", "--once")
        self.assert_fails(2, "lost.csv: is no fitted law", "predict", "lost.csv", "linear(steps=9, peak=1)")
        self.assert_fails(2, "next = cosine(peak=1): has no horizon; give steps=N", "fit", "lost.csv", "--next", "cosine(peak=1)")
        self.assertIn("'lost' diverges: its loss is", " ".join(self.json_of("fit", "lost.csv")["warnings"]))
        self.write_run("silent.csv", lambda step: 2.6 + 8 / step**0.5 if step <= 1500 else float("nan"))
        self.assertIn(b"'silent' has no loss after step 1500 of 2000: ", self.run_command("fit", "silent.csv").stdout)
        self.write_run("sinking.csv", lambda step: 4 - 0.35 * math.log(step), range(50, 6001, 50), rate=lambda step: 1e-3)
        self.assertIn("L0 is below 0, as none of these losses is", " ".join(self.json_of("fit", "sinking.csv")["warnings"]))
        short = self.run_command("fit", "lost.csv", "--lr", "wsd(steps=1500, peak=1e-3)")
        self.assertIn(b"the schedule given has 1500 steps, the log goes on to 2000: its last rate is held", short.stderr)
        for lacking in (("fit", "lost.csv"), ("cooldown", "--log", "lost.csv")):
            self.assert_fails(2, "lr = constant(warmup=100): has no peak; a law needs the learning rate", *lacking, "--lr", "constant(warmup=100)")
        self.write_run("zero.csv", lambda step: 0 if step == 900 else 3)
        result = self.run_command("fit", "zero.csv")
        self.assertIn(b"run 'zero': loss[16] = 0: must be > 0 with log residuals; it is of step 900", result.stderr)
        self.write_run("still.csv", lambda step: 2.6 + 8 / step**0.5, rate=lambda step: 0)
        self.assert_fails(2, "run 'still': step[0] = 100: must be after the first positive rate (there is none)", "fit", "still.csv")

    def test_threads_change_nothing(self):
        options = [*FIT, "--law", "momentum", "--bootstrap", "5", "--calibrate"]
        self.assertEqual(self.output_of(*options, "--json", "--threads", "1"), self.output_of(*options, "--json", "--threads", "3"))

    def test_every_law_fits_and_predicts(self):
        last = (self.folder / "decay.csv").read_text().splitlines()[-1]
        for law in ["angular", "noise", "multi-power", "functional", "momentum", "omega", "worst-case", "bu"]:
            self.output_of(*FIT, "--law", law, "--save", "law.json")
            found = self.json_of("predict", "law.json", "wsd(steps=2k, warmup=100, cooldown=25%, peak=1e-3)")
            self.assertEqual(found["law"], law)
            self.assertLess(found["final"]["lower"], found["final"]["loss"])
            if law in ("angular", "noise", "multi-power"):  # the others do not describe such logs as well
                self.assertAlmostEqual(found["final"]["loss"], float(last.split(",")[2]), delta=0.005)

    def test_saved_and_printed_laws_are_the_same(self):
        saved = self.json_of(*FIT, "--law", "momentum", "--bootstrap", "3", "--save", "law.json")
        self.assertEqual(json.loads((self.folder / "law.json").read_text()), saved["fitted"])
        (self.folder / "printed.json").write_text(json.dumps(saved))
        spec = "wsd(steps=1k, peak=1e-3)"
        self.assertEqual(self.output_of("predict", "law.json", spec, "--csv"), self.output_of("predict", "printed.json", spec, "--csv"))

    def test_options_of_the_fit(self):
        plain = self.json_of(*FIT, "--law", "momentum", "--residuals", "plain", "--huber", "0", "--prior", "0")
        self.assertFalse(plain["fitted"]["log_residuals"])
        fixed = self.json_of(*FIT, "--law", "momentum", "--fix", "memory=50", "--fix", "alpha=0.5")
        values = {estimate["name"]: estimate["value"] for estimate in fixed["estimates"]}
        self.assertAlmostEqual(values["memory"], 50, delta=1e-9)
        self.assertAlmostEqual(values["alpha"], 0.5, delta=1e-9)
        late = self.json_of(*FIT, "--law", "momentum", "--first", "1k")
        self.assertEqual([run["points"] for run in late["residuals"]], [41, 41, 20])
        self.assertGreaterEqual(self.json_of(*FIT, "--law", "momentum", "--calibrate")["fitted"]["inflation"], 1)
        (self.folder / "renamed.csv").write_text((self.folder / "trunk.csv").read_text().replace("val_loss", "nll").replace("lr", "rate"))
        renamed = self.json_of("fit", "renamed.csv", "--columns", "rate=lr", "--column", "nll", "--law", "bu")
        self.assertEqual(renamed["residuals"][0]["points"], 73)

    def test_training_losses_where_there_are_no_others(self):
        (self.folder / "train.csv").write_text((self.folder / "trunk.csv").read_text().replace("val_loss", "loss"))
        self.assertEqual(self.json_of("fit", "train.csv", "--law", "bu")["residuals"][0]["points"], 73)
        self.assert_fails(2, "column: neither val_loss nor train_loss is in all logs; name one that is with --column", "fit", "train.csv", "cosine-decay.csv")
        (self.folder / "own.csv").write_text("step,lr,nll\n" + "".join(f"{step},1e-3,{3 + 1 / step}\n" for step in range(1, 30)))
        self.assert_fails(2, "; own.csv has lr, nll: --columns SOURCE=val_loss says which is its loss", "fit", "own.csv")
        self.output_of("fit", "own.csv", "--columns", "nll=val_loss", "--law", "bu")

    def test_predictions_agree(self):
        """Text, CSV, JSON, and the cooldown of the same run."""
        self.output_of(*FIT, "--save", "law.json")
        spec = "wsd(steps=2k, warmup=100, cooldown=500, peak=1e-3)"
        found = self.json_of("predict", "law.json", spec)
        last = self.rows_of("predict", "law.json", spec, "--every", "300")
        self.assertEqual([int(row["step"]) for row in last], [300, 600, 900, 1200, 1500, 1800, 2000])
        self.assertEqual(float(last[-1]["loss"]), found["final"]["loss"])
        self.assertEqual(found["loss"][-1], found["final"]["loss"])
        trunk = self.json_of("cooldown", "law.json", "--trunk", "constant(warmup=100, peak=1e-3)", "--at", "1500", "--cooldown", "500,25%")
        self.assertEqual([row["length"] for row in trunk["answers"]], [500])  # 25 % of 2000 are the same
        self.assertAlmostEqual(trunk["answers"][0]["loss"]["loss"], found["final"]["loss"], delta=1e-12)
        longer = self.json_of("predict", "law.json", "wsd(steps=3k, warmup=100, cooldown=500, peak=1e-3)")
        gain = trunk["answers"][0]["gain"]
        self.assertAlmostEqual(gain["loss"], found["final"]["loss"] - longer["final"]["loss"], delta=1e-12)
        self.assertIn("3000 steps are more than the longest run had (2000)", longer["warnings"])

    def test_cooldown_fits_in_one_call(self):
        self.output_of("fit", "trunk.csv", "--log", "decay.csv", "--base", "trunk.csv", "--save", "law.json")
        two = self.json_of("cooldown", "law.json", "--trunk", "trunk.csv", "--at", "1k", "--cooldown", "100")
        one = self.json_of("cooldown", "--log", "trunk.csv", "--log", "decay.csv", "--base", "trunk.csv", "--at", "1k", "--cooldown", "100")
        self.assertEqual(one["answers"], two["answers"])

    def test_the_trunk_goes_to_its_last_row(self):
        self.write_run("seldom.csv", lambda step: 3 + 10 / step if step <= 1000 else "", steps=range(50, 1501, 50))
        self.output_of("fit", "seldom.csv", "--law", "momentum", "--save", "law.json")
        one = self.json_of("cooldown", "--log", "seldom.csv", "--law", "momentum", "--cooldown", "100")
        two = self.json_of("cooldown", "law.json", "--trunk", "seldom.csv", "--cooldown", "100")
        self.assertEqual((one["now"], one["answers"]), (1500, two["answers"]))
        self.assertEqual(self.json_of("cooldown", "--log", "seldom.csv", "--law", "momentum", "--at", "1200")["now"], 1200)

    def test_the_final_rate_is_a_rate_or_a_share(self):
        self.output_of("fit", "trunk.csv", "--log", "decay.csv", "--base", "trunk.csv", "--save", "law.json")
        question = ["cooldown", "law.json", "--trunk", "constant(peak=1e-3)", "--at", "1k", "--cooldown", "100"]
        rate, share = self.json_of(*question, "--final", "5e-4"), self.json_of(*question, "--final", "50%")
        self.assertEqual(rate["answers"], share["answers"])
        self.assertNotEqual(rate["answers"], self.json_of(*question)["answers"])
        self.assert_fails(2, "final = 0.5: must be at least 0 and below the trunk's rate, 0.001; a share of it has a %", *question, "--final", "0.5")
        self.assert_fails(2, "final = 100%: must be at least 0 and below 100%", *question, "--final", "100%")

    def test_a_trunk_in_two_files(self):
        self.output_of("fit", "trunk.csv", "--log", "decay.csv", "--base", "trunk.csv", "--save", "law.json")
        rows = [line.split(",") for line in (self.folder / "trunk.csv").read_text().splitlines()]
        for name, column in (("rates", rows[0].index("lr")), ("losses", rows[0].index("val_loss"))):
            (self.folder / f"{name}.csv").write_text("".join(f"{row[0]},{row[column]}\n" for row in rows))
        one = self.json_of("cooldown", "law.json", "--trunk", "trunk.csv", "--cooldown", "100")
        two = self.json_of("cooldown", "law.json", "--trunk", "rates.csv+losses.csv", "--cooldown", "100")
        self.assertEqual(one["answers"], two["answers"])

    def test_a_trunk_that_went_on_from_another_run(self):
        self.output_of(*FIT, "--save", "law.json")
        rows = (self.folder / "trunk.csv").read_text().splitlines(keepends=True)
        steps = [int(row.split(",")[0]) for row in rows[1:]]
        begin = 1 + sum(step <= 1000 for step in steps)
        (self.folder / "early.csv").write_text("".join(rows[:begin]))
        (self.folder / "late.csv").write_text("".join(rows[:1] + rows[begin - 1 :]))
        question = ["--at", "1500", "--cooldown", "100", "--log-warmup", "100"]
        whole = self.json_of("cooldown", "law.json", "--trunk", "trunk.csv", *question)
        joined = self.json_of("cooldown", "law.json", "--trunk", "late.csv", "--trunk-base", "early.csv", *question)
        self.assertEqual(joined["answers"], whole["answers"])
        self.assert_fails(
            2,
            "--trunk-base: --trunk must be the log of a run that went on from it",
            *("cooldown", "law.json", "--trunk", "constant(peak=1e-3)", "--at", "10", "--trunk-base", "early.csv"),
        )

    def test_optimum_reads_back_and_nothing_beside_it_is_better(self):
        self.output_of(*FIT, "--save", "law.json")
        found = self.json_of("predict", "law.json", "--optimize", "--steps", "900", "--warmup", "50", "--cap", "8e-4", "--out", "best.txt")
        self.assertTrue(found["converged"])
        (self.folder / "best.json").write_text(json.dumps(found))
        for name in ["@best.txt", "@best.json"]:
            self.assertEqual(self.json_of("predict", "law.json", name)["final"], found["final"])
        rates = found["schedule"]["values"]
        self.assertEqual(len(rates), 900)
        self.assertLessEqual(max(rates), 8e-4)
        self.assertEqual(sorted(rates[50:], reverse=True), rates[50:])
        self.assertAlmostEqual(rates[0] * 50, rates[50], delta=1e-12)
        self.assertEqual([float(row["lr"]) for row in self.rows_of("predict", "law.json", "--optimize", "--steps", "900", "--warmup", "50", "--cap", "8e-4")], rates)
        self.assertEqual(len(found["beside"]), 6)
        for row in found["beside"]:
            self.assertGreater(row["final"]["loss"], found["final"]["loss"] - found["gap"])
            again = self.json_of("predict", "law.json", row["spec"])["final"]["loss"]
            self.assertAlmostEqual(again, row["final"]["loss"], delta=1e-12)

    def test_an_optimum_says_what_no_run_has_shown(self):
        self.output_of(*FIT, "--save", "law.json")
        law = json.loads((self.folder / "law.json").read_text())
        self.assertEqual([run["name"] for run in law["seen"]], [run["name"] for run in self.json_of(*FIT)["residuals"]])
        asked = ("predict", "law.json", "--optimize", "--steps", "900", "--warmup", "50")
        found = self.json_of(*asked)
        text = self.output_of(*asked)
        self.assertLessEqual(found["bound"], found["final"]["loss"])
        self.assertIn(f"none of this warmup and cap that never rises afterwards is below {found['bound']:.4f} by the law", text)
        seen = found["seen"]
        self.assertIn(seen["run"], [run["name"] for run in law["seen"]])
        self.assertGreaterEqual(seen["above_optimum"]["loss"], -1e-5)
        (self.folder / "seen.txt").write_text("".join(f"{rate!r}\n" for rate in seen["schedule"]["values"]))
        itself = self.json_of("predict", "law.json", "@seen.txt")
        self.assertEqual(itself["warnings"], [])
        self.assertAlmostEqual(itself["final"]["loss"], seen["final"]["loss"], delta=1e-12)
        for row in found["beside"]:
            self.assertEqual(row["warnings"], self.json_of("predict", "law.json", row["spec"])["warnings"])
        for warning in found["warnings"]:
            self.assertIn("  - " + warning, text)
        del law["seen"]  # a file of before
        (self.folder / "before.json").write_text(json.dumps(law))
        before = self.json_of("predict", "before.json", *asked[2:])
        self.assertEqual(before["final"]["loss"], found["final"]["loss"])
        self.assertIsNone(before["seen"])
        # By the momentum law a sudden drop is best: no run shows one.
        self.output_of(*FIT, "--law", "momentum", "--save", "momentum.json")
        drop = self.output_of("predict", "momentum.json", *asked[2:])
        self.assertIn("No fitted run is like the optimum", drop)
        self.assertIn("better by the law: none is below", drop)

    def test_the_noise_law_is_the_default(self):
        self.assertEqual(self.json_of(*FIT), self.json_of(*FIT, "--law", "noise"))
        self.assertEqual(self.json_of(*FIT)["fitted"]["law"]["kind"], "noise")
        self.assertNotEqual(self.json_of(*FIT)["fitted"], self.json_of(*FIT, "--law", "angular")["fitted"])

    def test_what_theory_calls_best(self):
        self.output_of(*FIT, "--save", "law.json")
        self.output_of(*FIT, "--law", "functional", "--save", "theory.json")
        asked = ("predict", "law.json", "--optimize", "--steps", "900", "--warmup", "50", "--functional", "theory.json")
        found = self.json_of(*asked)
        law, theory, bound = found["theory"]["judged"]
        self.assertEqual([law["name"], theory["name"], bound["name"]], ["law", "functional", "bound"])
        self.assertEqual(law["final"], found["final"])
        self.assertEqual(law["schedule"], found["schedule"])
        self.assertEqual(bound["bound_ratio"], 1)
        for one in (law, theory):  # each is the best by its own measure
            self.assertGreater(one["bound_ratio"], 1)
        self.assertLess(theory["functional"], min(law["functional"], bound["functional"]))
        self.assertGreater(theory["above_optimum"]["loss"], 0)
        self.assertGreater(bound["above_optimum"]["loss"], 0)
        exponents = found["theory"]["exponents"]
        self.assertAlmostEqual(found["theory"]["exponent"], 2 * exponents["beta"]["value"] - 1, delta=1e-12)
        self.assertAlmostEqual(exponents["margin"]["value"], exponents["s"]["value"] - 1 + 1 / exponents["beta"]["value"], delta=1e-12)
        (self.folder / "best.txt").write_text("".join(f"{rate!r}\n" for rate in theory["schedule"]["values"]))
        again = self.json_of("predict", "theory.json", "@best.txt")
        self.assertAlmostEqual(again["final"]["loss"], theory["functional"], delta=1e-12)
        itself = self.json_of("predict", "theory.json", "--optimize", "--steps", "900", "--warmup", "50")
        numeric, closed, _ = itself["theory"]["judged"]  # the optimum by a search and in closed form
        self.assertAlmostEqual(numeric["final"]["loss"], closed["final"]["loss"], delta=1e-4)
        self.assertNotIn("theory", self.json_of("predict", "law.json", "--optimize", "--steps", "90"))
        self.assertIn("learning rate", self.output_of(*asked))
        self.output_of(*asked, "-o", "figure.svg")

    def test_which_run_next(self):
        asked = "linear(steps=2k, warmup=100, peak=2e-3)"
        found = self.json_of(*FIT, "--law", "noise", "--next", asked, "--try", "constant(steps=600, warmup=100, peak=2e-3)")
        self.assertEqual({**found, "next": None}, {**self.json_of(*FIT, "--law", "noise"), "next": None})
        runs = found["next"]["experiments"]
        self.assertEqual(runs[-1]["name"], "constant(steps=600, peak=0.002, warmup=100)")
        self.assertEqual(runs[-1]["cost"], 600)
        best = runs[found["next"]["best"]]
        for run in runs:
            self.assertLessEqual(run["half_width"], found["next"]["half_width"])
            self.assertGreaterEqual(run["half_width"], found["next"]["least"])
            if "cooldown of trunk" in run["name"]:  # only runs at that peak tell of it
                self.assertEqual(run["first"] + run["cost"], 2000)
                self.assertLess(run["narrowed"], best["narrowed"])
        self.assertIn("Make this one: ", self.output_of(*FIT, "--law", "noise", "--next", asked))

    def test_trunks_at_two_peaks_leave_decays_open(self):
        """One trunk gives an interval; two at two peaks, and no decay, are refused by all verbs alike."""
        for name, peak in (("low.csv", 1e-3), ("high.csv", 2e-3)):
            self.write_run(name, lambda step, peak=peak: 2.6 + 8 * (1e-3 / peak / step) ** 0.5, rate=lambda step, peak=peak: peak)
        self.output_of("fit", "low.csv", "--save", "one.json")
        self.output_of("fit", "low.csv", "high.csv", "--save", "two.json")
        falls = "wsd(steps=2k, peak=1e-3)"
        found = self.json_of("predict", "one.json", falls)["final"]
        self.assertLess(found["lower"], found["upper"])
        text = "what a decay gains is not identified: the law was fitted to runs at several peaks none of which lowers its rate"
        self.assert_fails(2, text, "predict", "two.json", falls)
        self.assert_fails(2, text, "cooldown", "two.json", "--trunk", "low.csv", "--cooldown", "200")
        self.output_of("predict", "two.json", "constant(steps=2k, peak=1e-3)")
        self.assertIn(text, self.output_of("watch", "low.csv", "--law", "two.json", "--once"))
        self.assertIn("next: " + text, " ".join(self.json_of("fit", "low.csv", "high.csv", "--next", falls)["warnings"]))
        advice = self.output_of("fit", "low.csv", "high.csv", "--next", falls)
        self.assertIn("  not predicted: " + text, advice)
        self.assertNotIn("as predict says", advice)
        self.assert_fails(2, text, "predict", "two.json", "--optimize", "--steps", "2k")
        plan = ("run", "plan", "--trunk", "constant(peak=1e-3)", "--results", "1k,2k", "--law")
        self.assertEqual(self.run_command(*plan, "one.json").returncode, 0)
        self.assert_fails(2, text, *plan, "two.json")
        self.assert_fails(2, text, *plan, "two.json", "--compare", "merge,ema", "--merge", "20%")
        sweep = ("transfer", "--from-sweep", "low.csv", "high.csv", "--plan", "wsd(steps=3k, peak=1e-3)", "--to", "6k")
        self.assert_fails(2, "low: " + text, *sweep)
        self.assertIsNone(self.json_of("fit", "low.csv", "high.csv", "--next", falls)["next"]["predicted"])
        self.assertIn("Make this one: ", advice)

    def test_the_next_run_has_the_interval_of_a_prediction(self):
        asked = "linear(steps=2k, warmup=100, peak=1e-3)"
        found = self.json_of(*FIT, "--next", asked, "--save", "law.json")["next"]
        said = self.json_of("predict", "law.json", asked)
        self.assertEqual(found["predicted"], {"loss": said["loss"][-1], "lower": said["lower"][-1], "upper": said["upper"][-1]})
        text = self.output_of(*FIT, "--next", asked)
        interval = f"{said['lower'][-1]:.4f} to {said['upper'][-1]:.4f}"
        self.assertIn(f"predicted: {said['loss'][-1]:.4f}, 90 % interval {interval}, as predict says", text)
        self.assertIn(f"give or take {found['half_width']:.4f} now", text)
        self.assertIn(interval, self.output_of("predict", "law.json", asked))

    def test_figures(self):
        for arguments in [FIT, ("predict", "law.json", "linear(steps=900, peak=1e-3)", "cosine(steps=900, peak=1e-3)"), ("predict", "law.json", "--optimize", "--steps", "300"), ("cooldown", "law.json", "--trunk", "trunk.csv")]:
            self.output_of(*arguments, "-o", "figure.svg", *(["--save", "law.json"] if arguments == FIT else []))
            self.assertIn("<svg", (self.folder / "figure.svg").read_text())

    def test_a_long_fit_says_so_on_a_terminal(self):
        """Bootstraps for several seconds: standard error, a terminal, counts them, and is clean at the end."""
        main, terminal = command.open_terminal(self)
        work = [command.COMMAND, *FIT, "--bootstrap", "300", "--threads", "1", "--csv"]
        with subprocess.Popen(work, cwd=self.folder, stdout=subprocess.DEVNULL, stderr=terminal) as process:
            os.close(terminal)
            said = b""
            begin = time.monotonic()
            while time.monotonic() - begin < 100:
                try:
                    part = os.read(main, 4096)
                except OSError:  # the other end is closed
                    break
                if not part:
                    break
                said += part
            self.assertEqual(process.wait(), 0)
        os.close(main)
        self.assertIn(b"computing, 1 s", said)
        self.assertTrue(said.endswith(b"\x1b[K"))


class RealRuns(command.CommandTest):
    def setUp(self):
        super().setUp()
        if not LOGS.is_dir():
            self.skipTest(f"no logs in {LOGS}")

    def one(self, begin, *having):
        return next(file for file in sorted(LOGS.iterdir()) if file.name.startswith(begin) and all(part in file.name for part in having))

    def test_cooldown_of_the_124M_run(self):
        """A trunk to step 20000 and a branch from 12000 know what the branch from 20000 gave: 3.0028."""
        trunk = self.one("stable-124m", "_lr0.001_")
        branch = self.one("ann124-0.2", "_lr0.001_", "linear", "iter15000")
        later = json.loads(self.one("ann124-0.2", "_lr0.001_", "linear", "iter25000").read_text())
        real = later["history"]["val"]["val_loss"][-1]
        cut = list(csv.reader(io.StringIO(self.output_of("bound", "--log", trunk, "-T", "20k", "--csv"))))
        (self.folder / "trunk.csv").write_text("".join(",".join(row[1:4]) + "\n" for row in cut))
        found = json.loads(self.output_of("cooldown", "--log", "trunk.csv", "--log", branch, "--base", "trunk.csv", "--cooldown", "5k", "--json"))
        self.assertEqual(found["now"], 20000)
        self.assertAlmostEqual(found["answers"][0]["loss"]["loss"], real, delta=0.01)
        self.assertGreater(found["answers"][0]["gain"]["lower"], 0)


if __name__ == "__main__":
    command.main()
