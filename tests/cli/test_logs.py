"""The bound along real runs: it falls in the cooldown as the loss does (figure 1 of 2501.18965, 210M models)."""

import json
import sys

import command

LOGS = command.DATA / "paper-logs"


def one(pattern):
    (path,) = LOGS.glob(pattern)
    return path


class RealRuns(command.CommandTest):
    @classmethod
    def setUpClass(cls):
        cls.cosine = ["--log", one("cos-210m_*iter22222*"), "--label", "cosine"]
        cls.wsd = ["--log", one("ann210-0.2_*iter22222*"), "--base", one("stable-210m_*"), "--label", "wsd"]

    def read(self, *arguments):
        return [json.loads(line) for line in self.output_of("bound", *arguments, "--json").splitlines()]

    @staticmethod
    def fall(run, column, first, last):
        """How much of the value at the logged step `first` is gone at `last`."""
        at = dict(zip(run["step"], run[column], strict=True))
        return 1 - at[last] / at[first]

    def test_sudden_drop_in_the_cooldown(self):
        (wsd,) = self.read(*self.wsd)
        self.assertEqual((wsd["grad_norm"], wsd["T"], wsd["step"][0]), (1, 22220, 200))
        for column, least in [("val_loss", 0.03), ("bound", 0.3)]:
            stable, cooldown = (self.fall(wsd, column, *steps) for steps in [(13400, 17800), (17800, 22200)])
            self.assertGreater(cooldown, least)
            self.assertGreater(cooldown, 2 * stable)

    def test_cosine_has_none_and_ends_equal(self):
        cosine, wsd = self.read(*self.cosine, *self.wsd)
        for column in ["val_loss", "bound"]:
            early, late = (self.fall(cosine, column, *steps) for steps in [(13400, 17800), (17800, 22200)])
            self.assertLess(late, early)
        # In units of their distances the two bounds end close to each other, as the losses do.
        self.assertAlmostEqual(cosine["val_loss"][-1], wsd["val_loss"][-1], delta=0.01)
        ends = [run["bound"][-1] / run["distance"] for run in (cosine, wsd)]
        self.assertAlmostEqual(ends[0] / ends[1], 1, delta=0.05)
        # Before the cooldown cosine is ahead in both.
        for column in ["val_loss", "bound"]:
            cosine_at, wsd_at = (dict(zip(run["step"], run[column], strict=True))[17000] for run in (cosine, wsd))
            if column == "bound":
                cosine_at, wsd_at = cosine_at / cosine["distance"], wsd_at / wsd["distance"]
            self.assertLess(cosine_at, wsd_at)

    def test_branch_alone_is_refused(self):
        self.assert_fails(2, "lr: not logged from step 0", "bound", *self.wsd[:2])

    def test_logged_grad_norms(self):
        folder = "grad_norm/"
        branch = one(folder + "ann124-0.2_*lr0.001_*decay_linear*iter50000*")
        base = one(folder + "stable-124m_*lr0.001_*iter50000*")
        (run,) = self.read("--log", branch, "--base", base)
        self.assertEqual(run["grad_norm"], "logged")
        (one_run,) = self.read("--log", branch, "--base", base, "--grad-norm", "1")
        self.assertEqual((one_run["grad_norm"], one_run["step"]), (1, run["step"]))
        self.assertNotEqual(one_run["bound"], run["bound"])

    def test_distance_scales(self):
        (auto,) = self.read(*self.cosine)
        (fixed,) = self.read(*self.cosine, "--distance", repr(auto["distance"]))
        self.assertEqual(fixed["bound"], auto["bound"])

    def test_csv_and_figure(self):
        rows = self.output_of("bound", *self.cosine, *self.wsd, "--csv", "-o", "runs.svg").splitlines()
        self.assertEqual(rows[0], "name,step,lr,val_loss,train_loss,bound")
        self.assertEqual(sum(row.startswith("wsd,") for row in rows), 111)
        self.assertIn("validation loss", (self.folder / "runs.svg").read_text())

    def test_unlogged_warmup(self):
        csv_log = command.DATA / "mpl" / "csv_100" / "cosine_24000.csv"
        (run,) = self.read("--log", csv_log, "--log-warmup", "2160")
        self.assertEqual((run["step"][0], run["lr"][0], len(run["train_loss"])), (2160, 3e-4, len(run["bound"])))


if __name__ == "__main__":
    if not LOGS.is_dir():
        print(f"skipped: no training logs in {LOGS}")
        sys.exit(command.SKIPPED)
    command.main()
