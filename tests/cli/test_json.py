"""--json and --csv: what they print reads back exactly."""

import csv
import io
import json
import shutil
import unittest

import command

SPECS = [
    "wsd(steps=1k, warmup=30, cooldown=20%, decay=1-sqrt, peak=0.1)",
    "cosine(steps=777, warmup=1%, final=10%, peak=3e-4)",
    "wsd(steps=100, cooldown=rest, decay=exponential, final=1e-7)",
    "piecewise(steps=90, milestones=[30, 60], factors=[0.3, 0.1])",
    "table(values=[0.1, 0.30000000000000004, 1e-300])",
    "infinite(warmup=10, descent=20, plateau=25%)",
]


class Json(command.CommandTest):
    def json_of(self, *arguments, **options):
        return json.loads(self.output_of(*arguments, "--json", **options))

    def test_schedules_come_back(self):
        for spec in SPECS:
            first = self.json_of("show", spec, "--every", "1", "--until", "1k")
            for form, name in [(first["spec"], "spec"), (json.dumps(first["schedule"]), "json")]:
                (self.folder / name).write_text(form + "\n")
                self.assertEqual(self.json_of("show", f"@{name}", "--every", "1", "--until", "1k"), first)
            self.assertEqual(len(first["lr"]), 1000)

    def test_own_output_comes_back(self):
        """What the verbs print is read by @FILE and from standard input."""
        for spec in SPECS:
            shown = self.output_of("show", spec, "--until", "1k", "--json")
            (self.folder / "shown.json").write_text(shown)
            self.assertEqual(self.output_of("show", "@shown.json", "--until", "1k", "--json"), shown)
            self.assertEqual(self.output_of("show", "-", "--until", "1k", "--json", input=shown.encode()), shown)
            (self.folder / "shown.json").write_text(json.dumps(json.loads(shown), indent=2))
            self.assertEqual(self.output_of("show", "@shown.json", "--until", "1k", "--json"), shown)
        for more in [["bound", "--curve"], ["bound", "--split", "--explain"], ["worst-case", "--at", "1,9"]]:
            first = self.output_of(more[0], SPECS[0], *more[1:], "--json")
            (self.folder / "own.json").write_text(first)
            self.assertEqual(self.output_of(more[0], "@own.json", *more[1:], "--json"), first)
        tuned = self.json_of("tune", SPECS[0])
        (self.folder / "tuned.json").write_text(json.dumps(tuned))
        self.assertEqual(self.json_of("tune", "@tuned.json"), tuned)

    def test_steps_of_a_json_spec(self):
        by_json = self.output_of("show", '{"schedule":"wsd"}', "--steps", "100", "--json")
        self.assertEqual(by_json, self.output_of("show", "wsd", "--steps", "100", "--json"))
        for kept in ['{"schedule":"wsd","steps":7}', "wsd(steps=7)", "table(values=[1, 2, 3, 4, 5, 6, 7])"]:
            self.assertEqual(self.json_of("show", kept, "--steps", "100")["layout"]["steps"], 7)

    def test_rates_come_back_as_a_table(self):
        for spec in SPECS:
            rates = self.json_of("show", spec, "--every", "1", "--until", "90")["lr"]
            (self.folder / "rates.txt").write_text("\n".join(map(repr, rates)))
            again = self.json_of("show", "@rates.txt", "--every", "1")
            self.assertEqual(list(map(repr, again["lr"])), list(map(repr, rates)))
            self.assertEqual(again["schedule"]["schedule"], "table")

    def test_csv_has_the_numbers_of_json(self):
        for spec in SPECS:
            rows = list(csv.DictReader(io.StringIO(self.output_of("show", spec, "--csv", "--every", "7"))))
            asked = ",".join(row["step"] for row in rows)
            self.assertEqual([float(row["lr"]) for row in rows], self.json_of("show", spec, "--at", asked)["lr"])

    def test_layout(self):
        shown = self.json_of("show", SPECS[0])
        self.assertEqual(shown["layout"], {"steps": 1000, "warmup_steps": 30, "cooldown_steps": 200})
        self.assertEqual([step for step in (0, 29, 799, 800, 999, 1000) if step not in shown["step"]], [])
        self.assertEqual(self.json_of("show", SPECS[5])["layout"]["steps"], None)

    def test_one_object_per_line(self):
        lines = self.output_of("tune", "cosine", "linear", "--steps", "100", "--json").splitlines()
        self.assertEqual([json.loads(line)["schedule"]["schedule"] for line in lines], ["cosine", "linear"])

    def test_tuned_spec_has_the_bound_of_tune(self):
        for spec in SPECS[:4]:
            best = self.json_of("tune", spec)
            bound = self.json_of("bound", best["spec"], "--split")
            self.assertEqual(bound["peak"], best["peak"])
            self.assertAlmostEqual(bound["bound"] / best["bound"], 1, delta=1e-12)
            self.assertAlmostEqual(sum(bound["split"][term] for term in ("distance", "noise", "last")) / best["bound"], 1, delta=1e-12)
            self.assertEqual(bound["split"]["value"], bound["best"]["split"]["value"])
            for side in ["at_half", "at_double"]:
                self.assertTrue(best[side] is None or best[side] >= 1.0)

    def test_compare_agrees_with_tune(self):
        names = ["wsd", "cosine", "linear", "1-sqrt", "rsqrt(warmup=10)", "constant"]
        compared = self.json_of("compare", *names, "--steps", "400")
        smallest = min(row["bound"] for row in compared["rows"])
        table = csv.DictReader(io.StringIO(self.output_of("compare", *names, "--steps", "400", "--csv")))
        for name, row, cells in zip(names, compared["rows"], table, strict=True):
            tuned = self.json_of("tune", name, "--steps", "400")
            self.assertEqual((tuned["peak"], tuned["bound"]), (row["peak"], row["bound"]))
            self.assertEqual((float(cells["peak"]), float(cells["bound"])), (row["peak"], row["bound"]))
            self.assertEqual(cells["schedule"], row["spec"])
            self.assertEqual(row["ratio"], row["bound"] / smallest)

    def test_published_values(self):
        """docs/theory.md, section 3: T = 400 and G = D = 1, where `steps` counts the final 0 too."""
        rows = self.json_of("compare", "wsd", "linear", "cosine", "1-sqrt", "--steps", "401")["rows"]
        expected = {"wsd": 0.1093230, "linear": 0.1006299, "cosine": 0.1033859, "1-sqrt": 0.1012426}
        for row in rows:
            self.assertEqual(row["T"], 400)
            self.assertAlmostEqual(row["bound"], expected[row["schedule"]["schedule"]], delta=1e-7)

    def test_grad_norms(self):
        (self.folder / "norms.txt").write_text("".join(f"{t ** -0.5!r}\n" for t in range(1, 401)))
        by_power = self.json_of("tune", "cosine(steps=401)", "-G", "t^-0.5")
        by_file = self.json_of("tune", "cosine(steps=401)", "-G", "norms.txt")
        self.assertAlmostEqual(by_power["bound"], 0.0134364, delta=1e-7)
        self.assertAlmostEqual(by_file["bound"] / by_power["bound"], 1, delta=1e-13)
        self.assertEqual((by_power["grad_norm"], by_file["grad_norm"]), ("t^-0.5", "norms.txt"))
        self.assertEqual(repr(self.json_of("tune", "cosine(steps=401)", "-G", "2")["grad_norm"]), "2.0")

    def test_grad_norms_of_logs(self):
        """A number where one number was used, else a name; with the reason where it is not the logged ones."""
        steps = range(1, 101)
        (self.folder / "plain.csv").write_text("step,lr,loss\n" + "".join(f"{k},0.1,3\n" for k in steps))
        rows = "".join(f"{k},0.1,3,{k ** -0.5!r}\n" for k in steps)
        (self.folder / "logged.csv").write_text("step,lr,loss,grad_norm\n" + rows)
        rows = "".join(f"{k},0.1,3,{'' if 20 < k < 90 else 2}\n" for k in steps)
        (self.folder / "gap.csv").write_text("step,lr,loss,grad_norm\n" + rows)
        cases = [
            (["plain.csv"], "1.0", "the log has none"),
            (["plain.csv", "-G", "1"], "1.0", None),
            (["plain.csv", "-G", "2.5"], "2.5", None),
            (["plain.csv", "-G", "t^-0.5"], "'t^-0.5'", None),
            (["logged.csv"], "'logged'", None),
            (["gap.csv"], "1.0", "not the logged ones: gap.csv: "),
            (["gap.csv", "-G", "logged", "--max-gap", "80"], "'logged'", None),
        ]
        for arguments, expected, note in cases:
            run = self.json_of("bound", "--log", *arguments)
            self.assertEqual(repr(run["grad_norm"]), expected)
            self.assertEqual(run["norm_note"][: len(note or "")], note or "")
            self.assertEqual(run["norm_note"] == "", note is None)
            csv_text = self.output_of("bound", "--log", *arguments, "--csv")
            self.assertEqual(csv_text.splitlines()[0], "name,step,lr,val_loss,train_loss,bound")
            self.assertEqual(len(csv_text.splitlines()), 101)

    def test_automatic_distance(self):
        """It matches the last-iterate bound whatever the criterion, as --help says."""
        command.write_example_logs(self.folder)
        runs = [self.json_of("bound", "--log", "run.csv", "--criterion", name) for name in ("omega", "standard")]
        self.assertEqual(runs[0]["distance"], runs[1]["distance"])
        self.assertNotEqual(runs[0]["bound"], runs[1]["bound"])
        self.assertIn("whatever the criterion", " ".join(self.output_of("bound", "--help").split()))

    def test_curve_and_gradient(self):
        """The curve ends at the bound; csv, json and a coarser tolerance agree."""
        spec = "wsd(steps=700, warmup=20, peak=0.05)"
        curve = self.json_of("bound", spec, "--curve", "--gradient", "-D", "2")
        self.assertEqual((curve["T"], curve["step"][0], curve["step"][-1], len(curve["lr"])), (699, 1, 699, 699))
        whole = self.json_of("bound", spec, "-D", "2")
        self.assertAlmostEqual(curve["bound"][-1] / whole["bound"], 1, delta=1e-12)
        part = self.json_of("bound", spec, "-D", "2", "-T", "300")
        self.assertAlmostEqual(curve["bound"][299] / part["bound"], 1, delta=1e-12)
        # Omega is t1/gamma + gamma t2, so that at the best peak it does not change with a common factor.
        best = self.json_of("bound", whole["best"]["spec"], "-D", "2", "--gradient")
        change = sum(lr * slope for lr, slope in zip(best["lr"], best["gradient"], strict=True))
        self.assertAlmostEqual(change, 0, delta=1e-12)
        rows = list(csv.DictReader(io.StringIO(self.output_of("bound", spec, "--curve", "-D", "2", "--csv"))))
        self.assertEqual([float(row["bound"]) for row in rows], curve["bound"])
        coarse = self.json_of("bound", spec, "--curve", "-D", "2", "--tolerance", "1e-3", "--threads", "2")
        for found, wanted in zip(coarse["bound"], curve["bound"], strict=True):
            self.assertAlmostEqual(found / wanted, 1, delta=1e-3)
        still = "table(values=[0, 0.1, 0.1, 0.1])"
        bounds = self.json_of("bound", still, "--curve")["bound"]
        self.assertEqual([bound is None for bound in bounds], [True, False, False, False])
        self.assertEqual(self.output_of("bound", still, "--curve", "--csv").splitlines()[1].split(",")[-1], "inf")
        few = self.json_of("bound", spec, "--curve", "--every", "300")
        self.assertEqual(few["step"], [300, 600, 699])

    def test_worst_case(self):
        """docs/theory.md, section 6: tuned constant steps, T = 3: 4/15 and 3/5; and the order of the three values."""
        best = self.json_of("worst-case", "constant(steps=3)")["best"]
        self.assertAlmostEqual(best["peak"], 4 / 15, delta=1e-12)
        self.assertAlmostEqual(best["worst_case"], 0.6, delta=1e-12)
        again = self.json_of("worst-case", best["spec"])
        self.assertAlmostEqual(again["worst_case"], 0.6, delta=1e-12)
        for spec in SPECS[:2]:
            found = self.json_of("worst-case", spec, "--at", "1,10,77", "-D", "3")
            for side in [found, found["best"]]:
                self.assertTrue(found["minimax"] <= side["worst_case"] <= side["omega"], spec)
            for low, value, high in zip(*(found["at"][k] for k in ("minimax", "worst_case", "omega")), strict=True):
                self.assertTrue(low * (1 - 1e-14) <= value <= high)
            part = self.json_of("worst-case", spec, "-T", "77", "-D", "3")
            self.assertEqual(part["worst_case"], found["at"]["worst_case"][2])
        varying = self.json_of("worst-case", SPECS[0], "-G", "t^-0.5")
        self.assertEqual((varying["exact"], varying["minimax"]), (True, None))
        self.assertIsNone(self.json_of("worst-case", "cosine(steps=9, peak=0.1, final=1e-3)")["best"])

    @unittest.skipUnless(shutil.which("csdp"), "CSDP is not installed")
    def test_certificate(self):
        found = self.json_of("worst-case", "cosine(steps=21, peak=0.3)", "--certify", "--sdpa", "p.dat-s")
        proof = found["certificate"]
        self.assertTrue(proof["converged"])
        self.assertTrue(proof["lower"] <= found["worst_case"] * (1 + 1e-12) <= proof["upper"] * (1 + 2e-12))
        self.assertLess(proof["upper"] / proof["lower"], 1 + 1e-6)
        self.assertEqual((self.folder / "p.dat-s").read_text().splitlines()[1], "421")

    def test_explain(self):
        found = self.json_of("tune", "wsd(steps=401)", "--explain")
        forms = found["closed_forms"]
        self.assertEqual(forms["family"], "wsd")
        self.assertAlmostEqual(forms["exact"]["bound"] / found["bound"], 1, delta=1e-12)
        self.assertGreater(forms["theorem"], found["bound"])
        for verb in ["bound", "worst-case", "tune"]:
            none = self.json_of(verb, "rsqrt(warmup=10, steps=100)", "--explain")["closed_forms"]
            self.assertEqual((none["family"], none["why_none"]), ("none", "none is known for rsqrt"))
            self.assertEqual([none[key] for key in ("exact", "limit", "theorem", "linear_peak_factor")], [None] * 4)

    def test_standard_criterion(self):
        found = self.json_of("tune", "constant(steps=100)", "--criterion", "standard", "-D", "2", "-G", "3")
        self.assertAlmostEqual(found["peak"], 2 / (3 * 10), delta=1e-15)
        self.assertAlmostEqual(found["bound"], 2 * 3 / 10, delta=1e-14)


if __name__ == "__main__":
    command.main()
