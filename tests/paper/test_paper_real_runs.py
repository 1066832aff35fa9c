"""scheduled-paper figures --logs: the figures of real runs, their numbers, and logs that are not there."""

import sys

import command

import paper

LOGS = command.DATA / "paper-logs"

# From the paper and its logs: final validation losses of the runs of 100k steps (same LR, lower LR, longer cooldown),
# steps per .01 of loss, best LRs over the cooldown, and ln gamma(.994) - ln gamma(.2).
FINAL_LOSSES = {"124m": ["2.90369", "2.89754", "2.88781"], "210m": ["2.79352", "2.78434", "2.77181"]}
STEPS = {"124m": ["6461", "14620"], "210m": ["5758", "14501"]}
BEST_LRS = ["7.42e-4", "8.62e-4", "1.051e-3", "1.232e-3", "1.428e-3", "1.573e-3", "1.681e-3"]


class RealRuns(command.CommandTest):
    def make(self, *arguments):
        text = self.output_of("figures", *arguments, "--logs", LOGS, "--format", "svg", "--threads", "2", "--out", "out")
        return text, paper.rows_of(self.folder / "out/report.md")

    def test_everything(self):
        text, made = self.make()
        self.assertNotIn("left out", text)
        paper.check_verdicts(self, made)
        paper.compare(self, made, paper.rows_of(paper.COMMITTED))
        paper.check_files(self, self.folder / "out", "svg")

    def test_numbers(self):
        _, made = self.make("real-horizon-transfer", "real-cooldown-length")
        agreeing = [(number, published) for _, number, published, _, _, verdict in made if verdict.startswith("agrees")]

        def published(*words):
            return [value for number, value in agreeing if all(word in number for word in words)]

        for size in ("124m", "210m"):
            self.assertEqual(published(size, "final validation loss"), FINAL_LOSSES[size])
            self.assertEqual(published(size, "steps per .01 of loss"), STEPS[size])
        self.assertEqual(published("best LR"), BEST_LRS)
        self.assertEqual(published("ln γ(.994)"), [".668"])

    def test_the_label_of_the_norms_exponent(self):
        _, made = self.make("real-gradient-norms")
        exponents = [float(here) for _, number, _, here, _, verdict in made if verdict.startswith("differs")]
        self.assertEqual([round(exponent, 2) for exponent in exponents], [-0.47, -0.45])

    def test_variants(self):
        self.make("real-horizon-transfer:210m")
        names = {path.stem for path in (self.folder / "out").glob("*.svg")}
        wanted = {"real-horizon-transfer-210m" + part for part in ("", "-cooldown", "-steps")}
        self.assertEqual(names, wanted)

    def run_incomplete(self, *arguments):
        result = self.run_command("figures", *arguments, "--format", "svg", "--out", "out")
        self.assertEqual(result.returncode, 1)
        self.assertEqual(result.stderr.decode(), "scheduled: error: not all figures are complete, see above\n")
        return result.stdout.decode()

    def test_unpublished_size(self):
        text = self.run_incomplete("loss-openwebtext2:166m", "--logs", LOGS)
        self.assertIn("loss-openwebtext2: left out: looked for openwebtext2_*_nlayers16_nhead12_", text)
        # Asked for as a whole, the figure is what there are logs of.
        _, made = self.make("loss-openwebtext2")
        self.assertEqual(made, [])
        self.assertEqual(len(list((self.folder / "out").glob("*.svg"))), 2)

    def test_missing_logs_are_named_and_the_rest_goes_on(self):
        logs = self.folder / "some"
        (logs / "horizon_transfer").mkdir(parents=True)
        for path in LOGS.glob("*210*"):
            if "ann210-0.2" not in path.name or "iter33333" not in path.name:
                (logs / path.name).symlink_to(path)
        for path in (LOGS / "horizon_transfer").glob("*nlayers12*"):
            if "twostage" not in path.name:
                (logs / "horizon_transfer" / path.name).symlink_to(path)
        names = ["schedules", "loss-210m", "real-horizon-transfer", "real-cooldown-length"]
        text = self.run_incomplete(*names, "--logs", logs)
        self.assertIn("loss-210m: left out: looked for ann210-0.2_*_lr0.0005_*_iter33333_*.json\n", text)
        self.assertIn("real-horizon-transfer: left out: looked for horizon_transfer/extend-50k_*_nlayers12_*_sched_wsd_twostage_", text)
        self.assertIn("real-cooldown-length: left out: looked for ann124-0.1_", text)
        pictures = {path.stem for path in (self.folder / "out").glob("*.svg")}
        self.assertLessEqual({"loss-210m", "real-horizon-transfer-124m", "real-horizon-transfer-124m-steps"}, pictures)
        self.assertTrue(any(name.startswith("schedules") for name in pictures))
        rows = paper.rows_of(self.folder / "out/report.md")
        paper.check_verdicts(self, rows)
        self.assertIn("2.90369", [row[2] for row in rows])
        self.assertNotIn("2.89754", [row[2] for row in rows])


    def test_logs_that_do_not_serve(self):
        logs = self.folder / "some"
        logs.mkdir()
        (cosine,) = LOGS.glob("cos-210m_*iter22222*")
        (logs / cosine.name).symlink_to(cosine)
        (logs / cosine.name.replace("seed0", "seed1")).symlink_to(cosine)
        (logs / cosine.name.replace("iter22222", "iter33333")).write_bytes(cosine.read_bytes()[:1000])
        text = self.run_incomplete("loss-210m", "cosine-cycle", "--logs", logs)
        self.assertRegex(text, r"loss-210m: left out: \S*some: cos-210m_\S+ and cos-210m_\S+ both match cos-210m_")
        self.assertTrue((self.folder / "out/cosine-cycle.svg").is_file())
        next(logs.glob("*seed1_*")).unlink()
        text = self.run_incomplete("loss-210m", "--logs", logs)
        self.assertRegex(text, r"loss-210m: left out: cannot read \S*some/cos-210m_\S+iter33333\S+, line 1: ")
        self.assertTrue((self.folder / "out/loss-210m.svg").is_file())


if __name__ == "__main__":
    if not LOGS.is_dir():
        print(f"skipped: no training logs in {LOGS}")
        sys.exit(command.SKIPPED)
    command.main()
