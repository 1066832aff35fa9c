"""scheduled run plan: branches, their losses by a law, the picture, bad input."""

import csv
import io
import json

import command

TRUNK = "rsqrt(warmup=10, peak=1e-3)"


class Plans(command.CommandTest):
    def json_of(self, *arguments):
        return json.loads(self.output_of("run", *arguments, "--json"))

    def check(self, text, *arguments):
        self.assert_fails(2, text, "run", "plan", *arguments, "-o", "plan.svg")

    def test_bad_input(self):
        some = ["--results", "100,200"]
        self.check("trunk = cosine(steps=100, peak=1): must have no horizon", "--trunk", "cosine(steps=100)", *some)
        self.check("warmp = '10': is no key of rsqrt", "--trunk", "rsqrt(warmp=10)", *some)
        self.check("must have no cooldown", "--trunk", "wsd-s(results=[50], cooldown=10%)", *some)
        self.check("results = x: must be a length", "--trunk", "constant", "--results", "x")
        self.check("results[1] = 50 steps: must be above", "--trunk", "constant", "--results", "100,50")
        self.check("needs tokens_per_step", "--trunk", "constant", "--results", "1e9tok")
        self.check("must be at most 1e9 steps", "--trunk", "constant", "--results", "1e12")
        self.check("cooldown = 0%", "--trunk", "constant", *some, "--cooldown", "0%")
        self.check("decay = 'exp': must be linear, 1-sqrt", "--trunk", "constant", *some, "--decay", "exp")
        self.check("decay = 'a b': must be linear, 1-sqrt", "--trunk", "constant", *some, "--decay", "a b")
        self.check("final = 2: must not be above", "--trunk", "constant", *some, "--final", "2")
        self.check("overhead = 5: must be a share", "--trunk", "constant", *some, "--overhead", "5")
        self.check("overhead = 0%: must be at least 0.5%", "--trunk", "constant", *some, "--overhead", "0%")
        self.check("--trunk is required", *some)
        real = ["--trunk", "constant(peak=1e-3)", *some]
        self.check("trunk = constant: has no peak; --law needs the learning rate of the run, peak=LR", "--trunk", "constant", *some, "--law", "law.json")
        self.check("nowhere.json: no such file", *real, "--law", "nowhere.json")
        (self.folder / "law.json").write_text("{}")
        self.check("law.json: law JSON: must be an object with the key 'law'", *real, "--law", "law.json")

    def test_losses_by_a_law(self):
        command.write_example_logs(self.folder)
        plan = ["plan", "--trunk", "rsqrt(warmup=300, peak=1e-3)", "--results", "5k,10k", "--law", "law.json"]
        branches = self.json_of(*plan)["branches"]
        rows = list(csv.DictReader(io.StringIO(self.output_of("run", *plan, "--csv"))))
        for branch, row in zip(branches, rows):
            loss = branch["loss"]
            self.assertLess(loss["lower"], loss["loss"])
            self.assertLess(loss["loss"], loss["upper"])
            self.assertEqual([float(row[name]) for name in ["loss.loss", "loss.lower", "loss.upper"]], [loss["loss"], loss["lower"], loss["upper"]])
        self.assertLess(branches[1]["loss"]["loss"], branches[0]["loss"]["loss"])
        self.assertIsNone(self.json_of(*plan[:-2])["branches"][0]["loss"])
        self.output_of("run", *plan, "-o", "plan.svg")
        picture = (self.folder / "plan.svg").read_text()
        self.assertIn("predicted loss", picture)
        self.assertRegex(picture, "at the trunk.{1,6}s own peak 0.001")

    def test_figure(self):
        for name in ["plan.svg", "plan.png", "plan.pdf"]:
            self.output_of("run", "plan", "--trunk", "rsqrt(warmup=100)", "--results", "1k,2k", "-o", name)
            self.assertGreater((self.folder / name).stat().st_size, 1000)
        svg = (self.folder / "plan.svg").read_text()
        for text in ["trunk", "branches", "cosine runs", "learning rate", "bound"]:
            self.assertIn(text, svg)

    def test_branches_are_schedules(self):
        plan = self.json_of("plan", "--trunk", TRUNK, "--results", "100,1k", "--cooldown", "10%")
        for branch in plan["branches"]:
            shown = json.loads(self.output_of("show", branch["schedule"], "--json", "--at", str(branch["start"] - 1)))
            trunk = json.loads(self.output_of("show", TRUNK, "--json", "--at", str(branch["start"] - 1)))
            self.assertEqual(shown["lr"], trunk["lr"])
            self.assertEqual(shown["layout"]["steps"], branch["result"])


if __name__ == "__main__":
    command.main()
