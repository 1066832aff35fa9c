"""The verb forecast: what a book says is enough to fit its law again."""

import hashlib
import json
import os
import pathlib

import command
from test_laws import LawTest

TIME = ("--time", "2026-11-27T09:00:00Z")


class Forecasts(LawTest):
    def book(self):
        return [json.loads(line) for line in (self.folder / "forecasts.jsonl").read_text().splitlines()]

    def register(self, *arguments):
        done = self.run_command("forecast", "register", *arguments, *TIME)  # which warns of what no run has
        self.assertEqual(done.returncode, 0, done.stderr)
        return self.book()[-1]["forecast"]

    def fitted_again(self, said):
        """The hash of the law that the command fits by what a line says, from the files with its hashes."""
        files = {name: hashlib.sha256((self.folder / name).read_bytes()).hexdigest() for name in said["data"]}
        self.assertEqual(files, said["data"])
        how = dict(said["how"])
        words = ["fit", "--law", said["law"], "--column", said["column"], "--save", "again.json"]
        for number in range(1, 1 + sum(key.startswith("log ") for key in said["how"])):
            words += [f"--{key}={how.pop(f'{key} {number}')}" for key in ("log", "base", "label") if f"{key} {number}" in how]
        for name in ("version", "candidates", "starts", "max_iterations"):  # those of this program
            how.pop(name)
        for name, value in how.items():
            kind, _, parameter = name.partition(" ")
            if kind == "run":
                continue
            words.append("--calibrate" if name == "calibrate" else f"--fix={parameter}={value}" if kind == "fix" else f"--{name}={value}")
        self.output_of(*words)
        return hashlib.sha256((self.folder / "again.json").read_text().rstrip("\n").encode()).hexdigest()

    def test_a_line_says_how_its_law_is_fitted_again(self):
        run = "linear(steps=3k, warmup=100, peak=1e-3)"
        logs = ("--log", "cosine-decay.csv", "--log", "decay.csv", "--base", "trunk.csv", "--label", "later", "--log", "trunk.csv")
        settings = ("--log-warmup", "100", "--first", "200", "--prior", "0.5", "--fix", "memory=40", "--bootstrap", "3", "--calibrate")
        said = self.register(*logs, *settings, "--law", "momentum", "--to", run)
        self.assertEqual((said["how"]["log 2"], said["how"]["base 2"]), ("decay.csv", "trunk.csv"))
        self.assertEqual(said["how"]["first"], "200")
        self.assertEqual(said["how"]["run 2"], "later, steps 1525 to 2000")
        self.assertEqual(self.fitted_again(said), said["law_hash"])
        plain = self.register("trunk.csv", "cosine-decay.csv", "--log-warmup", "100", "--to", run, "--name", "plain")
        self.assertNotIn("first", plain["how"])
        self.assertEqual(self.fitted_again(plain), plain["law_hash"])

    def test_a_schedule_without_a_horizon_needs_a_step(self):
        self.output_of("fit", "trunk.csv", "cosine-decay.csv", "--log-warmup", "100", "--save", "law.json")
        register = ("forecast", "register", "--law", "law.json", "--to", "constant(peak=1e-3)", "--name", "on")
        self.assert_fails(2, "to = constant(peak=1e-3): has no horizon; give steps=N in it, or --at STEP", *register)
        self.assert_fails(2, "to = cosine(peak=1e-3): has no horizon; give steps=N in it", "forecast", "register", "--law", "law.json", "--to", "cosine(peak=1e-3)")
        result = self.run_command(*register, "--at", "4000", "--json")
        self.assertEqual(json.loads(result.stdout)["forecast"]["step"], 4000)
        self.assertIn(b"warning: 4000 steps are more than the longest run had (2000)", result.stderr)

    def test_a_fitted_law_knows_how_it_was_made(self):
        fit = ("fit", "trunk.csv", "cosine-decay.csv", "--log-warmup", "100", "--law", "momentum", "--prior", "0.25")
        self.output_of(*fit, "--save", "law.json")
        said = self.register("--law", "law.json", "--to", "linear(steps=3k, warmup=100, peak=1e-3)")
        self.assertEqual(said["how"]["prior"], "0.25")
        self.assertEqual(said["how"]["run 1"], "trunk, steps 200 to 2000")
        self.assertEqual(list(said["data"]), ["law.json"])

    def test_books_of_before_go_on(self):
        seeds = pathlib.Path(os.environ.get("SCHEDULED_TEST_DIR", pathlib.Path(__file__).parents[1])) / "fuzz/corpus/forecasts/scored"
        (self.folder / "forecasts.jsonl").write_bytes(seeds.read_bytes())
        report = self.json_of("forecast", "report")
        self.assertEqual([(said["forecast"]["run"], said["forecast"]["how"]) for said in report["forecasts"]], [("a", {})])
        self.register("trunk.csv", "--law", "bu", "--to", "constant(steps=4k, peak=1e-3)", "--name", "b")
        self.output_of("forecast", "score", "b", "--loss", "2.8", "--time", "2026-11-28T09:00:00Z")
        self.assertIn("2 ", self.output_of("forecast", "report"))
        self.assertEqual(self.output_of("forecast", "report", "--book", "forecasts.jsonl"), self.output_of("forecast", "report"))

    def test_files_of_laws_of_before(self):
        self.output_of("fit", "trunk.csv", "cosine-decay.csv", "--law", "momentum", "--save", "law.json")
        spec = "linear(steps=2k, warmup=100, peak=1e-3)"
        now = self.json_of("predict", "law.json", spec)
        law = json.loads((self.folder / "law.json").read_text())
        for seen in (None, []):
            (self.folder / "before.json").write_text(json.dumps({**law, "seen": seen}))
            before = self.json_of("predict", "before.json", spec)
            self.assertEqual(before["loss"], now["loss"])
            self.assertEqual(before["warnings"], [])
        for run in law["seen"]:
            for key in ("warmup", "rise", "spike", "final", "to_zero", "first"):
                del run[key]
        del law["how"]
        (self.folder / "before.json").write_text(json.dumps(law))
        self.assertEqual(self.json_of("predict", "before.json", spec), now)
        (self.folder / "bad.json").write_text(json.dumps({**law, "seen": "none"}))
        refused = self.run_command("predict", "bad.json", spec)
        self.assertEqual(refused.returncode, 2)
        self.assertIn(b'bad.json: seen = "none": must be a list of runs', refused.stderr)


if __name__ == "__main__":
    command.main()
