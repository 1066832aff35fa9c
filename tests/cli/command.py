"""Runs the command in a folder of its own."""

import os
import pathlib
import subprocess
import sys
import tempfile
import unittest

COMMAND = pathlib.Path(os.environ["SCHEDULED_COMMAND"])
DATA = pathlib.Path(os.environ.get("SCHEDULED_DATA_DIR", ""))
SKIPPED = 77


def environment(**changes):
    values = {**os.environ, "LC_ALL": "C", **changes}
    values["PATH"] = changes.get("PATH", f"{COMMAND.parent}{os.pathsep}{os.environ['PATH']}")
    return values


def without_privileges():
    """preexec_fn: root may read and write everything, so that the command must not be root to be refused."""
    if os.geteuid() == 0:
        os.setgroups([])
        os.setgid(65534)
        os.setuid(65534)


class CommandTest(unittest.TestCase):
    """A test whose commands run in an empty folder, `self.folder`."""

    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.folder = pathlib.Path(folder.name)

    def run_command(self, *arguments, env=None, **options):
        return subprocess.run(
            [COMMAND, *map(str, arguments)],
            cwd=self.folder,
            env=env or environment(),
            capture_output=True,
            timeout=120,
            **options,
        )

    def output_of(self, *arguments, **options):
        """Standard output of a command that must succeed without a word on standard error."""
        result = self.run_command(*arguments, **options)
        self.assertEqual((result.returncode, result.stderr.decode()), (0, ""), arguments)
        return result.stdout.decode()

    def assert_fails(self, code, text, *arguments, **options):
        """One line on standard error that starts as all errors do, nothing on standard output, and no new file."""
        before = sorted(self.folder.iterdir())
        result = self.run_command(*arguments, **options)
        error = result.stderr.decode()
        self.assertEqual(result.returncode, code, error)
        self.assertTrue(error.startswith("scheduled: error: "), error)
        self.assertEqual(error.count("\n"), 1, error)
        self.assertIn(text, error)
        self.assertEqual(result.stdout, b"")
        self.assertEqual(sorted(self.folder.iterdir()), before)


def write_log(path, steps, every, rate, loss):
    """A CSV log: one row each `every` steps with the rate and loss that the functions give."""
    rows = [f"{step},{rate(step)!r},{loss(step)!r}\n" for step in steps if step % every == 0]
    path.write_text("step,lr,val_loss\n" + "".join(rows))


def write_example_logs(folder):
    """The logs that the examples of --help name: a run, a cooldown that branches off, a cosine run, grad norms."""
    import math

    write_log(folder / "run.csv", range(10, 1001), 10, lambda s: 1e-3, lambda s: 3 + 20 / s)
    write_log(
        folder / "cooldown.csv",
        range(800, 1001),
        10,
        lambda s: 1e-3 * (1001 - s) / 201,
        lambda s: 3.02 + 5 / s - (s - 800) * 1e-4,
    )
    write_log(
        folder / "cosine.csv",
        range(10, 1001),
        10,
        lambda s: 1e-3 * (1 + math.cos(math.pi * (s - 1) / 1000)),
        lambda s: 3 + 15 / s,
    )
    # Grad norms that fall by half, with noise that the filter takes out.
    rows = [(s, 1e-3, (2 - s / 1000) * (1 + 0.2 * math.sin(s))) for s in range(10, 1001, 10)]
    text = "".join(f"{s},{lr!r},{norm!r}\n" for s, lr, norm in rows)
    (folder / "norms.csv").write_text("step,lr,grad_norm\n" + text)


def main():
    unittest.main(argv=[sys.argv[0]], verbosity=1)
