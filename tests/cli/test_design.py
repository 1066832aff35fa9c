"""The verbs that choose a schedule: what they print reads back, agrees between verbs, and survives Ctrl-C."""

import csv
import io
import json
import math
import signal
import subprocess
import time

import command

LOGS = command.DATA / "paper-logs"


class Design(command.CommandTest):
    def setUp(self):
        super().setUp()
        command.write_example_logs(self.folder)

    def json_of(self, *arguments):
        return json.loads(self.output_of(*arguments, "--json"))

    def rows_of(self, *arguments):
        return list(csv.DictReader(io.StringIO(self.output_of(*arguments, "--csv"))))

    def test_sensitivity(self):
        """docs/theory.md, section 2: (k + 1/k)/2 at k times the best peak."""
        tuned = self.json_of("tune", "wsd(steps=1k)", "--within", "25%")
        self.assertAlmostEqual(tuned["low"] * 2 / tuned["peak"], 1, delta=1e-12)
        self.assertAlmostEqual(tuned["high"] / 2 / tuned["peak"], 1, delta=1e-12)
        worst = self.json_of("tune", "wsd(steps=1k)", "--criterion", "worst-case")
        self.assertLess(worst["bound"], tuned["bound"])
        self.assertLess(worst["low"], worst["peak"])
        self.assertEqual(float(self.rows_of("tune", "wsd(steps=1k)")[0]["low"]), self.json_of("tune", "wsd(steps=1k)")["low"])

    def test_optimum_reads_back(self):
        """By --json and --out it is a schedule of the other verbs, with the bound that was said."""
        for more in [[], ["-G", "t^-0.5", "--warmup", "9", "--max-lr", "0.1", "--non-increasing"]]:
            norms = more[:2]
            found = self.json_of("optimize", "--steps", "90", *more, "--out", "best.txt")
            (self.folder / "best.json").write_text(json.dumps(found))
            for name in ["@best.txt", "@best.json"]:
                bound = self.json_of("bound", name, *norms)
                self.assertAlmostEqual(bound["bound"] / found["bound"], 1, delta=1e-12)
            self.assertEqual(found["status"], "optimal")
            self.assertLess(found["gap"], 1e-9)
            self.assertLessEqual(found["lower_bound"], found["bound"] * (1 + 1e-12))
            rates = [float(row["lr"]) for row in self.rows_of("optimize", "--steps", "90", *more)]
            self.assertEqual(rates, found["schedule"]["values"])
            if more:
                self.assertLessEqual(max(rates), 0.1 * (1 + 1e-9))
                self.assertAlmostEqual(rates[0] / rates[9], 1 / 9, delta=1e-6)

    def test_the_words_say_what_the_numbers_say(self):
        """optimize: also where the gain is a hundredth of a percent, and where the table's other column prefers linear decay."""
        for steps in (100, 20000):
            found, text = self.json_of("optimize", "--steps", steps), self.output_of("optimize", "--steps", steps)
            linear = found["linear_bounds"]
            worse = 100 * (found["optimum_bounds"]["worst_case"] / linear["worst_case"] - 1)
            self.assertIn(f"{100 * (1 - found['bound'] / linear['omega']):.3g} % better bound than linear decay", text)
            self.assertIn(f"Its worst case is {worse:.3g} % higher, because it is the best by Ω only", text)
            self.assertIn(f"its bound is {100 * (found['nearest_bound'] / found['bound'] - 1):.3g} % higher:", text)
        self.assertNotIn("by Ω only", self.output_of("optimize", "--steps", 100, "--criterion", "worst-case"))
        free = self.output_of("optimize", "--steps", 100, "--max-lr", 1)
        self.assertIn("The constraints cost nothing: without them the best bound is the same.", free)

    def test_published_optima(self):
        """docs/theory.md, section 4: constant G, and the minimax rate of section 6."""
        for T, bound in [(2, 0.910180), (3, 0.839278), (10, 0.578013), (100, 0.200114), (400, 0.100187)]:
            self.assertAlmostEqual(self.json_of("optimize", "--steps", T)["bound"], bound, delta=6e-7)
        worst = self.json_of("optimize", "--steps", "25", "--criterion", "worst-case")
        self.assertAlmostEqual(worst["bound"], 0.2, delta=1e-12)
        self.assertAlmostEqual(worst["optimum_bounds"]["worst_case"], 0.2, delta=1e-12)

    def test_prefix_is_kept(self):
        done = [0.01 * k for k in range(1, 11)] + [0.1] * 20
        (self.folder / "done.txt").write_text("\n".join(map(repr, done)))
        found = self.json_of("optimize", "--steps", "60", "--prefix", "done.txt")
        self.assertEqual(found["schedule"]["values"][:30], done)
        planned = self.json_of("extend", "constant(warmup=10, peak=0.1)", "--at", "30", "--to", "60")
        self.assertAlmostEqual(found["distance"] / planned["distance"], 1, delta=1e-9)
        extended = self.json_of("extend", "wsd(steps=40, warmup=10, peak=0.1, cooldown=10)", "--at", "30", "--to", "60", "-D", "1")
        optimal = next(row for row in extended["rows"] if row["method"] == "optimal")
        # The trunk's T is one less where its last rate is 0.
        again = self.json_of("optimize", "--steps", "59", "--prefix", "done.txt", "-D", "1")
        self.assertAlmostEqual(again["bound"] / optimal["omega"], 1, delta=1e-8)

    def test_published_extensions(self):
        """docs/theory.md, section 5: T1 = 4000, where `steps` counts the final 0 too."""
        trunk = "wsd(steps=4001, peak=0.00811829, cooldown=800)"
        rows = self.json_of("extend", trunk, "--at", "3200", "--to", "6001,8001", "-D", "1")["rows"]
        at = {(row["method"], row["steps"]): row for row in rows}
        self.assertAlmostEqual(at["optimal", 6001]["omega"], 0.0262367, delta=3e-6)
        self.assertAlmostEqual(at["optimal", 8001]["omega"], 0.0224882, delta=3e-6)
        self.assertAlmostEqual(at["adapted-cooldown", 6001]["parameter"], 0.4375, delta=0.03)  # its grid has steps of .03
        self.assertTrue(at["adapted-cooldown", 8001]["at_limit"])  # .6344 would start before step 3200
        for steps in [6001, 8001]:
            best = at["optimal", steps]["omega"]
            for method in ["naive", "drop", "adapted-cooldown"]:
                row = at[method, steps]
                self.assertGreaterEqual(row["omega"], best * (1 - 1e-9))
                bound = self.json_of("bound", row["spec"])
                self.assertAlmostEqual(bound["bound"] / row["omega"], 1, delta=1e-9)
        self.assertEqual([value is None for value in at["naive", 6001]["stopped"]], [False, True])

    def test_extension_of_a_log(self):
        found = self.json_of("extend", "--log", "run.csv", "--at", "800", "--to", "2x,4x")
        self.assertEqual(found["to"], [1600, 3200])
        self.assertEqual(len(found["rows"]), 8)
        same = self.json_of("extend", "constant(peak=1e-3)", "--at", "800", "--to", "1600,3200")
        self.assertEqual([row["omega"] for row in same["rows"]], [row["omega"] for row in found["rows"]])

    def test_transfer(self):
        """docs/theory.md, section 3: from a cooldown of 20 % to linear decay by exp(.6645)."""
        found = self.json_of("transfer", "wsd(steps=100k, peak=1e-3)", "linear(steps=100k)")
        self.assertAlmostEqual(math.log(found["limit"]), 0.6645, delta=1e-4)
        self.assertAlmostEqual(found["factor"] / found["limit"], 1, delta=1e-3)
        self.assertEqual(found["peak"], 1e-3 * found["factor"])
        tuned = [self.json_of("tune", spec)["peak"] for spec in ["wsd(steps=100k)", "linear(steps=100k)"]]
        self.assertAlmostEqual(tuned[1] / tuned[0] / found["factor"], 1, delta=1e-12)
        self.assertEqual(float(self.rows_of("transfer", "wsd(steps=100k, peak=1e-3)", "linear(steps=100k)")[0]["peak"]), found["peak"])

    def test_transfer_of_a_spec_without_a_peak(self):
        said = self.json_of("transfer", "wsd(steps=1k, peak=1e-3)", "linear(steps=2k)")
        by_option = self.json_of("transfer", "wsd(steps=1k)", "linear(steps=2k)", "--best-lr", "1e-3")
        self.assertEqual(said, by_option)
        rates = self.json_of("show", "wsd(steps=1k, peak=1e-3)", "--every", "1")["lr"]
        (self.folder / "rates.txt").write_text("\n".join(map(repr, rates)))  # rates have a scale of their own
        moved = self.json_of("transfer", "@rates.txt", "linear(steps=2k)")
        self.assertAlmostEqual(moved["peak"] / said["peak"], 1, delta=1e-12)

    def test_worst_case_with_different_norms_is_searched(self):
        for norms, closed in [("1", True), ("t^-0.5", False)]:
            tuned = self.json_of("tune", "wsd(steps=100)", "--criterion", "worst-case", "-G", norms)
            self.assertEqual(tuned["closed_form"], closed)
            self.assertIn("(closed form)" if closed else "(numeric)", self.output_of("tune", "wsd(steps=100)", "--criterion", "worst-case", "-G", norms))

    def test_norms_do_not_rise_with_an_unlogged_warmup(self):
        rows = "".join(f"{step},0.1,2\n" for step in range(100, 1001, 50))
        (self.folder / "late.csv").write_text("step,lr,grad_norm\n" + rows)
        warm = ["--log", "late.csv", "--log-warmup", "100"]
        self.assertEqual(set(self.json_of("refine", *warm)["grad_norm"]), {2.0})
        self.assertEqual(self.json_of("bound", *warm)["bound"], self.json_of("bound", *warm, "-G", "2")["bound"])

    def test_skipped_steps_are_no_norms(self):
        rows = [f"{step},0.1,{1 + 1 / step}\n" for step in range(10, 501, 10)]
        (self.folder / "whole.csv").write_text("step,lr,grad_norm\n" + "".join(rows))
        rows[20], rows[21] = "210,0.1,nan\n", "220,0.1,inf\n"
        (self.folder / "skipped.csv").write_text("step,lr,grad_norm\n" + "".join(rows))
        rows[20], rows[21] = "210,0.1,\n", "220,0.1,\n"
        (self.folder / "empty.csv").write_text("step,lr,grad_norm\n" + "".join(rows))
        whole, empty = (self.json_of("refine", "--log", name) for name in ["whole.csv", "empty.csv"])
        result = self.run_command("refine", "--log", "skipped.csv", "--json")
        skipped = json.loads(result.stdout)
        note = "scheduled: warning: skipped.csv: grad_norm is nan or the like in 2 rows, first at step 210: taken as not logged\n"
        self.assertEqual((result.returncode, result.stderr.decode()), (0, note))
        self.assertEqual((whole["norms"], skipped["norms"], empty["norms"]), (50, 48, 48))
        self.assertEqual(skipped["schedule"], empty["schedule"])
        bounds = [json.loads(self.run_command("bound", "--log", name, "--json").stdout)["bound"] for name in ["skipped.csv", "empty.csv"]]
        self.assertEqual(*bounds)

    def test_specs_after_a_log_have_its_warmup(self):
        rows = "".join(f"{step},{min(step / 50, 1) * 1e-3!r}\n" for step in range(1, 401))
        (self.folder / "warm.csv").write_text("step,lr\n" + rows)
        found = self.json_of("extend", "--log", "warm.csv", "--to", "800")
        for row in found["rows"]:
            self.assertIn("warmup=50", row["spec"])
            bound = self.json_of("bound", row["spec"], "-D", repr(found["distance"]))
            self.assertAlmostEqual(bound["bound"] / row["spec_omega"], 1, delta=1e-9)

    def test_pictures_of_extensions(self):
        trunk = ["extend", "wsd(steps=400, warmup=20, peak=0.02)", "--at", "320", "-o", "figure.svg", "--to"]
        for targets, titles in [("2x", ["800"]), ("1.5x,2x,4x", ["600", "800", "1600"])]:
            self.output_of(*trunk, targets)
            picture = (self.folder / "figure.svg").read_text()
            for title in titles:
                self.assertIn(f"to {title} steps, 320 of them done", picture)
            self.assertEqual(picture.count("of them done"), len(titles))

    def test_one_norm_is_no_series(self):
        (self.folder / "one.csv").write_text("step,lr,grad_norm\n10,1e-3,2\n20,1e-3,\n")
        self.assert_fails(2, "one.csv: 1 row of grad_norm; must be at least 2", "refine", "--log", "one.csv")

    def test_refined_schedule_reads_back(self):
        found = self.json_of("refine", "--log", "norms.csv", "--out", "refined.txt")
        (self.folder / "refined.json").write_text(json.dumps(found))
        rates = [self.json_of("show", name, "--every", "1")["lr"] for name in ["@refined.txt", "@refined.json"]]
        self.assertEqual(rates[0], rates[1])
        self.assertEqual(len(rates[0]), found["steps"])
        self.assertLess(found["transfer"]["bound_ratio"], 1)
        self.assertEqual(max(rates[0]), found["peak"])

    def test_norms_count_at_the_steps_they_were_logged(self):
        rows = [(step, 1.0) for step in range(1, 101)] + [(step, 10.0) for step in range(200, 10001, 100)]
        text = "".join(f"{step},0.1,{norm}\n" for step, norm in rows)
        (self.folder / "uneven.csv").write_text("step,lr,grad_norm\n" + text)
        found = self.json_of("refine", "--log", "uneven.csv", "--width", "0", "--max-gap", "200")
        self.assertEqual(found["steps"], 10000)
        self.assertEqual([found["grad_norm"][step - 1] for step in (1, 100, 150, 200, 5000)], [1, 1, 5.5, 10, 10])

    def test_a_branch_without_its_base_gives_its_own_steps(self):
        rows = "".join(f"{step},0.1,{1 + step % 3}\n" for step in range(4000, 5001, 10))
        (self.folder / "branch.csv").write_text("step,lr,grad_norm\n" + rows)
        found = self.json_of("refine", "--log", "branch.csv")
        self.assertEqual((found["steps"], found["first_step"], found["last_step"]), (1001, 4000, 5000))
        self.assertIn("no grad norms before step 4000; --base RUN", found["why_no_transfer"])
        self.assertIn("a schedule of 1001 steps, for steps 4000 to 5000 only", self.output_of("refine", "--log", "branch.csv"))

    def test_every_paper_log_with_grad_norms(self):
        if not LOGS.is_dir():
            self.skipTest(f"no logs in {LOGS}")
        refined = 0
        for log in sorted((LOGS / "grad_norm").glob("*.json")):
            for norm in ["l1", "l2"]:
                found = self.json_of("refine", "--log", log, "--steps", "2k", "--norm", norm)
                self.assertEqual((found["steps"], found["norm"]), (2000, norm))
                refined += 1
        self.assertGreater(refined, 0)


class Sweeps(command.CommandTest):
    GRID = ("compare", "wsd", "wsd(decay=1-sqrt)", "--horizons", "50:500:6", "--cooldowns", "5%:100%:8", "--grad-norms", "1,t^-0.5")

    def test_agrees_with_tune(self):
        rows = json.loads(self.output_of(*self.GRID, "--json"))["rows"]
        self.assertEqual(len(rows), 192)
        for row in rows[::17]:
            tuned = json.loads(self.output_of("tune", row["tuned"], "-G", row["grad_norm"] if isinstance(row["grad_norm"], str) else "1", "--json"))
            self.assertAlmostEqual(tuned["bound"] / row["bound"], 1, delta=1e-12)
        best = {}
        for row in rows:
            key = row["steps"], row["grad_norm"]
            best[key] = min(row["bound"], best.get(key, math.inf))
        for row in rows:
            self.assertEqual(row["ratio"], row["bound"] / best[row["steps"], row["grad_norm"]])
        table = list(csv.DictReader(io.StringIO(self.output_of(*self.GRID, "--csv", "--threads", "3"))))
        self.assertEqual([float(cells["bound"]) for cells in table], [row["bound"] for row in rows])

    def test_a_cut_file_goes_on(self):
        plain = self.output_of(*self.GRID, "--csv")
        self.assertEqual(self.output_of(*self.GRID, "--csv", "--out", "sweep.csv"), plain)
        whole = (self.folder / "sweep.csv").read_bytes()
        for length in [0, 100, len(whole) // 2, len(whole) - 1]:
            (self.folder / "sweep.csv").write_bytes(whole[:length])
            self.assertEqual(self.output_of(*self.GRID, "--csv", "--out", "sweep.csv"), plain)
            self.assertEqual(sorted((self.folder / "sweep.csv").read_bytes().splitlines()), sorted(whole.splitlines()))

    def test_interrupt_keeps_what_is_done(self):
        """Ctrl-C ends it with what is done; the same command goes on to the same bits."""
        grid = ["compare", "wsd", "--horizons", "20k:100k:20", "--cooldowns", "5%:100%:30", "--out", "sweep.csv"]
        process = subprocess.Popen(
            [command.COMMAND, *grid, "--csv"], cwd=self.folder, env=command.environment(),
            stdout=subprocess.PIPE, stderr=subprocess.PIPE,
        )  # fmt: skip
        self.addCleanup(process.kill)
        deadline = time.monotonic() + 20
        file = self.folder / "sweep.csv"
        while time.monotonic() < deadline and not (file.exists() and file.stat().st_size > 1000):
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        out, error = process.communicate(timeout=20)
        kept = file.read_text().splitlines()
        self.assertEqual((process.returncode, out), (1, b""))
        self.assertIn(f"interrupted: {len(kept) - 1} of 600 combinations are done and kept in sweep.csv", error.decode())
        self.assertLess(len(kept), 601)
        resumed = self.output_of(*grid, "--csv", "--threads", "2")
        self.assertEqual(file.read_text().splitlines()[: len(kept)], kept)
        file.unlink()
        self.assertEqual(self.output_of(*grid[:-2], "--csv", "--threads", "2"), resumed)


if __name__ == "__main__":
    command.main()
