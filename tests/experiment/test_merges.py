"""docs/merges.md is what its logs say; and a small experiment of it trains, merges, and is not done again."""
import csv
import pathlib
import subprocess
import sys
import tempfile
import unittest

BIN, ROOT = (pathlib.Path(sys.argv.pop(1)) for _ in range(2))
TOOL = ROOT / "tools/merges.py"


def page(logs):
    return subprocess.run([sys.executable, TOOL, "page", logs], check=True, capture_output=True, text=True).stdout


class Merges(unittest.TestCase):
    def test_page_is_what_the_logs_say(self):
        self.assertEqual((ROOT / "docs/merges.md").read_text(), page(ROOT / "docs/merge-logs"))

    @unittest.skipUnless((BIN / "scheduled-train").exists(), "the trainer is not built: LibTorch is missing")
    def test_a_small_one_trains_and_is_not_done_again(self):
        with tempfile.TemporaryDirectory() as folder:
            out = pathlib.Path(folder)
            text = b"".join(file.read_bytes() for file in sorted((ROOT / "docs").glob("**/*.md")))
            (out / "corpus.txt").write_bytes(text[:120_000])
            call = [sys.executable, TOOL, "train", BIN / "scheduled", out, "--corpus", out / "corpus.txt", "--plan", "short"]
            subprocess.run(call, check=True, capture_output=True)
            written = (out / "merges.csv").read_bytes()
            rows = list(csv.DictReader(written.decode().splitlines()))
            of_trunk = [row for row in rows if row["horizon"] == "80"]
            self.assertEqual([row["way"] for row in of_trunk].count("merge"), 6)
            merged = next(row for row in of_trunk if (row["way"], row["shape"], row["share"]) == ("merge", "linear", "50"))
            self.assertEqual(merged["checkpoints"], "20")  # of every second update among the last 40
            self.assertEqual(len({row["loss"] for row in of_trunk}), len(of_trunk), "each is another model")
            before = {file: file.stat().st_mtime_ns for file in out.glob("runs/*/checkpoints/*")}
            subprocess.run(call, check=True, capture_output=True)
            self.assertEqual((out / "merges.csv").read_bytes(), written)
            self.assertEqual({file: file.stat().st_mtime_ns for file in out.glob("runs/*/checkpoints/*")}, before)
            self.assertIn("## Merge against cooldown", page(out))


if __name__ == "__main__":
    unittest.main()
