"""What the verbs that fit loss laws say of bad logs, options and questions."""

import json
import math

import command
from law_case import FIT, LawTest


class BadRequests(command.CommandTest):
    def setUp(self):
        super().setUp()
        command.write_example_logs(self.folder)

    def test_a_law_needs_rates_in_its_unit(self):
        text = "has no peak; a law needs the learning rate, peak=LR"
        self.assert_fails(2, text, "predict", "law.json", "wsd(steps=2k)")
        self.assert_fails(2, text, "cooldown", "law.json", "--trunk", "constant", "--at", "1k")
        self.assert_fails(2, "trunk = nofile: is no file, and as a schedule: schedule = 'nofile': must be constant", "cooldown", "law.json", "--trunk", "nofile", "--at", "1k")

    def test_a_log_twice(self):
        self.assert_fails(2, "trunk.csv: is given twice; its losses would count double", "fit", "trunk.csv", "decay.csv", "trunk.csv")

    def test_options_of_a_fit_with_a_fitted_law(self):
        arguments = ["cooldown", "law.json", "--trunk", "constant(peak=1e-3)", "--at", "1k"]
        self.assertIn("Is it worth going on", self.output_of(*arguments))
        self.assert_fails(2, "options of the fit: not with a fitted law", *arguments, "--huber", "1")

    def test_a_plan_says_where_it_extrapolates(self):
        plan = ["run", "plan", "--trunk", "constant(peak=1e-3)", "--law", "law.json", "--results"]
        self.assertEqual(self.run_command(*plan, "10k").stderr, b"")
        self.assertIn(b"extrapolated, so less sure", self.run_command(*plan, "900k").stderr)


class BadLogs(LawTest):
    """What the issue lists: too few points, constant loss, losses <= 0, NaN, no LR variation, different units."""

    def test_too_few_points(self):
        self.write_run("few.csv", lambda step: 3 + 10 / step, steps=[100, 200, 300, 400])
        self.assert_fails(2, "loss: 4 points of 'few' for 10 parameters: must be at least 11", "fit", "few.csv")
        self.assert_fails(2, "few.csv: column 'val_loss' has no value from step 500 on", "fit", "few.csv", "--first", "500")

    def test_constant_loss(self):
        self.write_run("flat.csv", lambda step: 3.0)
        self.assert_fails(2, "loss = 3: the same at every step: there is nothing to fit", "fit", "flat.csv")

    def test_losses_below_0(self):
        self.write_run("negative.csv", lambda step: 1.0005 - step / 1000)
        self.assert_fails(2, "run 'negative': loss[19] = -0.04", "fit", "negative.csv")
        self.assertFalse(self.json_of("fit", "negative.csv", "--residuals", "plain", "--law", "momentum")["fitted"]["log_residuals"])

    def test_not_a_number(self):
        self.write_run("high.csv", lambda step: "high" if step == 1000 else 3 + 10 / step)
        self.assert_fails(2, 'high.csv, line 20: val_loss = "high": must be a finite number', "fit", "high.csv")

    def test_a_loss_that_is_not_finite_is_not_logged(self):
        for name, text in [("nan", "nan"), ("empty", "")]:
            self.write_run(f"{name}.csv", lambda step, text=text: text if step == 1000 else 3 + 10 / step)
        nan = self.run_command("fit", "nan.csv", "--law", "momentum", "--json")
        note = "scheduled: warning: nan.csv: val_loss is nan or the like in 1 row, first at step 1000: taken as not logged\n"
        self.assertEqual((nan.returncode, nan.stderr.decode()), (0, note))
        empty = self.json_of("fit", "empty.csv", "--law", "momentum")
        without = json.loads(nan.stdout)["fitted"]
        for fitted, name in [(without, "nan"), (empty["fitted"], "empty")]:
            self.assertEqual([run.pop("name") for run in fitted["seen"]][0], name)
        self.assertEqual(without, empty["fitted"])

    def test_no_change_of_the_rate(self):
        found = self.json_of("fit", "trunk.csv", "--law", "multi-power")
        self.assertIn("lr: no run lowers its rate after the peak: what a decay gains is not identified", found["warnings"])
        unknown = {estimate["name"] for estimate in found["estimates"] if not estimate["identified"]}
        self.assertLessEqual({"B", "gamma"}, unknown)

    def test_other_units(self):
        rows = [line.split(",") for line in (self.folder / "decay.csv").read_text().splitlines()]
        for name, change in [("perplexity", math.exp), ("bits", lambda x: x / math.log(2)), ("per byte", lambda x: 0.3 * x)]:
            text = "step,lr,val_loss\n" + "".join(f"{step},{lr},{change(float(loss))!r}\n" for step, lr, loss in rows[1:])
            (self.folder / "decay.csv").write_text(text)
            found = self.json_of(*FIT, "--law", "bu")
            units = [warning for warning in found["warnings"] if warning.startswith("units: run 'decay' has the loss")]
            self.assertEqual(len(units), 1, name)
            self.assertIn(f": {name} where the others are ", units[0])
            self.assertIn(units[0], self.output_of(*FIT, "--law", "bu"))

    def test_bad_options(self):
        self.output_of(*FIT, "--law", "bu", "--save", "law.json")
        (self.folder / "broken.json").write_text('{"fitted":')
        (self.folder / "other.json").write_text('{"kind":"bu"}')
        (self.folder / "deep.json").write_text('{"fitted":{"fitted":' + 10**6 * "[" + 10**6 * "]" + "}}")
        (self.folder / "twice.json").write_text((self.folder / "law.json").read_text().replace('"a":', '"a":1,"a":'))
        (self.folder / "wrapped.json").write_text('{"fitted":' + (self.folder / "twice.json").read_text() + "}")
        spec = "linear(steps=100, peak=1e-3)"
        for text, *arguments in [
            ("RUN: at least one log is needed", "fit"),
            ("law = 'chinchilla': must be omega, worst-case,", *FIT, "--law", "chinchilla"),
            ("parameter = 'lambda': the law bu has L_inf, a, b", *FIT, "--law", "bu", "--fix", "lambda=1"),
            ("fix = a: must be NAME=VALUE, e.g. lambda=0.1", *FIT, "--law", "bu", "--fix", "a"),
            ("fix a = x: must be a number", *FIT, "--law", "bu", "--fix", "a=x"),
            ("huber = -1: must be finite and >= 0", *FIT, "--huber=-1"),
            ("nowhere.csv: ", "fit", "nowhere.csv"),
            ("trunk.csv: no column \"nll\"; there are lr, val_loss", "fit", "trunk.csv", "--column", "nll"),
            ("runs: a bootstrap over runs needs 2, there is 1", "fit", "trunk.csv", "--law", "bu", "--bootstrap", "5"),
            ("nowhere/law.json", *FIT, "--save", "nowhere/law.json"),
            ("broken.json: law JSON: is no valid JSON: it ends too soon; the text may be cut off", "predict", "broken.json", spec),
            ("other.json: law JSON: must be an object with the key 'law'", "predict", "other.json", spec),
            ("deep.json: law JSON: is nested more than 64 deep", "predict", "deep.json", spec),
            ("twice.json: law JSON: key 'law.parameters.a' is given twice", "predict", "twice.json", spec),
            ("wrapped.json: law JSON: key 'fitted.law.parameters.a' is given twice", "predict", "wrapped.json", spec),
            ("SPEC: at least one schedule, or --optimize", "predict", "law.json"),
            ("constant(peak=1): has no horizon; give steps=N, or --steps N for all", "predict", "law.json", "constant"),
            ("every = 0: must be at least 1", "predict", "law.json", spec, "--every", "0"),
            ("--cap, --warmup, --out: only with --optimize", "predict", "law.json", spec, "--cap", "1"),
            ("--steps: is missing", "predict", "law.json", "--optimize"),
            ("SPEC: not with --optimize", "predict", "law.json", spec, "--optimize"),
            ("warmup = 10: must be within 0 ... 9, below the number of steps", "predict", "law.json", "--optimize", "--steps", "10", "--warmup", "10"),
            ("cap = 0: must be finite and > 0", "predict", "law.json", "--optimize", "--steps", "10", "--cap", "0"),
            ("LAW: is missing: a fitted law, or --log RUN to fit one now", "cooldown"),
            ("--trunk: is missing: a log, or a schedule", "cooldown", "law.json"),
            ("--at: is missing: how many steps of the trunk are done", "cooldown", "law.json", "--trunk", "constant(peak=1e-3)"),
            ("at = 2001: must be between 1 and 2000, where trunk.csv ends", "cooldown", "law.json", "--trunk", "trunk.csv", "--at", "2001"),
            ("cooldown = 100%: must be below 100%", "cooldown", "law.json", "--trunk", "trunk.csv", "--cooldown", "100%"),
            ("--log: not with a fitted law", "cooldown", "law.json", "--log", "trunk.csv"),
            ("further = 0: must be >= 1", "cooldown", "law.json", "--trunk", "trunk.csv", "--further", "0"),
            ("at = 2000: the LR of cosine-decay.csv is 0 there; must be > 0, as it goes on; --at STEP of at most 1999 is", "cooldown", "law.json", "--trunk", "cosine-decay.csv"),
            ("at = 2000: the LR of cosine-decay is 0 there; must be > 0, as it goes on; --at STEP of at most 19", "cooldown", "--log", "cosine-decay.csv", "--log", "trunk.csv"),
            ("is 0 there; must be > 0, as it goes on; --at STEP of at most 999 is", "cooldown", "law.json", "--trunk", "linear(steps=1k, peak=1e-3, final=0)", "--at", "1001"),
        ]:
            with self.subTest(text):
                self.assert_fails(2, text, *arguments)


if __name__ == "__main__":
    command.main()
