"""The experiment of docs/anytime.md: its page is what its logs say, and a small one trains, is killed, and goes on."""
import pathlib
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BIN, ROOT = (pathlib.Path(sys.argv.pop(1)) for _ in range(2))
TRAINER = (BIN / "scheduled-train").exists()
NEED_TRAINER = "the trainer is not built: LibTorch is missing"


def report(logs):
    return subprocess.run([BIN / "scheduled-paper", "anytime", logs], check=True, capture_output=True, text=True).stdout


class Page(unittest.TestCase):
    def test_is_what_the_logs_say(self):
        self.assertEqual((ROOT / "docs/anytime.md").read_text(), report(ROOT / "docs/anytime-logs"))

    def test_a_missing_log_is_named(self):
        with tempfile.TemporaryDirectory() as folder:
            logs = pathlib.Path(folder) / "logs"
            shutil.copytree(ROOT / "docs/anytime-logs", logs)
            next(logs.glob("rsqrt-*-seed2-*-linear-10.csv")).unlink()
            done = subprocess.run([BIN / "scheduled-paper", "anytime", logs], capture_output=True, text=True)
            self.assertEqual(done.returncode, 2)
            self.assertRegex(done.stderr, r"no log of rsqrt at \d+, lr [0-9.]+, seed 2")


@unittest.skipUnless(TRAINER, NEED_TRAINER)
class Short(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.out = pathlib.Path(cls.folder.name)
        text = b"".join(file.read_bytes() for file in sorted((ROOT / "docs").glob("**/*.md")))
        cls.corpus = cls.out / "corpus.txt"
        cls.corpus.write_bytes(text[:120_000])

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def call(self, out):
        return [sys.executable, ROOT / "tools/experiment.py", BIN / "scheduled", out, "--corpus", self.corpus,
                "--plan", "short"]

    def logs(self, out):
        return {file.name: file.read_bytes() for file in sorted((out / "logs").iterdir())}

    def test_killed_it_goes_on_to_the_same_logs(self):
        straight, killed = self.out / "straight", self.out / "killed"
        subprocess.run(self.call(straight), check=True, capture_output=True)
        process = subprocess.Popen(self.call(killed), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
                                   start_new_session=True)
        for _ in range(600):  # until it is in the middle of it
            if len(list(killed.glob("logs/*.csv"))) >= 8:
                break
            time.sleep(0.1)
        self.assertIsNone(process.poll(), "it ended before it was killed")
        subprocess.run(["kill", f"-{signal.SIGKILL.value}", "--", f"-{process.pid}"], check=True)
        process.wait()
        subprocess.run(self.call(killed), check=True, capture_output=True)
        self.assertEqual(self.logs(straight), self.logs(killed))
        page = report(straight / "logs")
        for heading in ("## Losses", "## What it says of the claims", "## Cost", "## Sweeps", "## The bound beside the loss"):
            self.assertIn(heading, page)
        again = subprocess.run(self.call(straight), check=True, capture_output=True, text=True)
        self.assertEqual(again.stderr, "", "what is finished is not trained again")


if __name__ == "__main__":
    unittest.main()
