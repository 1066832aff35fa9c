"""--json and --csv: what they print reads back exactly."""

import csv
import io
import json

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
            self.assertAlmostEqual(sum(bound["split"].values()) / best["bound"], 1, delta=1e-12)
            for side in ["at_half", "at_twice"]:
                self.assertTrue(best[side] is None or best[side] >= best["bound"])

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
        """THEORY section 3: T = 400 and G = D = 1, where `steps` counts the final 0 too."""
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

    def test_standard_criterion(self):
        found = self.json_of("tune", "constant(steps=100)", "--criterion", "standard", "-D", "2", "-G", "3")
        self.assertAlmostEqual(found["peak"], 2 / (3 * 10), delta=1e-15)
        self.assertAlmostEqual(found["bound"], 2 * 3 / 10, delta=1e-14)


if __name__ == "__main__":
    command.main()
