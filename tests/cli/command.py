"""Runs the command in a folder of its own."""

import json
import os
import pathlib
import pty
import re
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


def open_terminal(test):
    """Both ends of a pseudo-terminal; where the system has none, as in a container without /dev/pts, the test is skipped."""
    try:
        return pty.openpty()
    except OSError as error:
        test.skipTest(f"no pseudo-terminal here: {error}")


def verbs_of_help(text):
    """The verbs that a text of --help lists, under whatever headings."""
    if not re.search(r"^Usage: .*\[VERB\]", text, re.M):
        return []
    sections = re.findall(r"^(\w.*):\n((?:  .*\n)+)", text, re.M)
    lists = (lines for title, lines in sections if title not in ("Options", "Positionals", "Examples"))
    return [name for lines in lists for name in re.findall(r"^  (\S+)", lines, re.M)]


class CommandTest(unittest.TestCase):
    """A test whose commands run in an empty folder, `self.folder`."""

    schemas = None

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
        text = result.stdout.decode()
        if "--json" in arguments:
            self.check_schema(list(map(str, arguments)), text)
        return text

    def check_schema(self, words, text):
        """What --json printed is as the command's schema says, where jsonschema is there to tell."""
        if CommandTest.schemas is None:
            try:
                import schemas
            except ImportError:
                return
            CommandTest.schemas = schemas.Schemas(lambda *words: subprocess.run([COMMAND, *words], capture_output=True, text=True, check=True).stdout)
        CommandTest.schemas.check(words, text)

    def verbs(self, *outer):
        """Every verb as its words, from --help: ("show",), ..., ("run", "plan"), ..."""
        found = []
        for name in verbs_of_help(self.output_of(*outer, "--help")):
            found.append((*outer, name))
            found += self.verbs(*outer, name)
        return found

    def options(self, *verb):
        """The long names of a verb's options, from --help."""
        return re.findall(r"^  (?:-\w,)?(--[\w-]+)", self.output_of(*verb, "--help"), re.M)

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


#: A fitted law as `--law` reads it: rates near 1e-3, runs of some 10,000 steps.
LAW = {
    "fitted": {"law": "momentum", "reference_rate": 1e-3, "reference_sum": 20.0, "parameters": {"L0": 2.7, "A": 0.2, "alpha": 0.5, "B": 0.25, "memory": 700.0}},
    "log_residuals": True,
    "noise": 0.01,
    "time": 20000.0,
    "inflation": 1.0,
    "decays": 2,
    "covariance": [1e-6 if k % 6 == 0 else 0.0 for k in range(25)],
    "bootstrap": [],
}


def write_example_logs(folder):
    """The files that the examples of --help name: logs of a run, a cooldown that branches off, a cosine run, grad norms; a
    text and the configuration of a small model."""
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
    (folder / "trainer_args.json").write_text('{"learning_rate": 2e-5, "lr_scheduler_type": "cosine", "warmup_ratio": 0.03, "num_train_epochs": 3, "weight_decay": 0.1}')
    (folder / "debug_model.toml").write_text(
        "[model]\nname = 'llama3'\n\n[optimizer]\nlr = 8e-4\n\n[lr_scheduler]\nwarmup_steps = 2\ndecay_ratio = 0.8\nmin_lr_factor = 0.1\n\n[training]\nsteps = 10\n"
    )
    (folder / "law.json").write_text(json.dumps(LAW))
    write_law_logs(folder)
    (folder / "text.txt").write_text("".join(f"{number}\n" for number in range(20000)))
    (folder / "train.json").write_text(
        """{
  "data": {"train": ["text.txt"], "validation_bytes": 5000},
  "model": {"layers": 1, "width": 8, "heads": 1, "context": 16, "mlp": 16},
  "batch": 2, "seed": 1, "schedule": "rsqrt(warmup=10, peak=1e-2)"
}
"""
    )


def multi_power_losses(rates, steps):
    """The multi-power law of 2503.12811 by plain sums, for rates of at most 1e-3, plus a little noise."""
    import math

    sums = [0.0]
    for rate in rates:
        sums.append(sums[-1] + rate)
    changes = [(k, rate - before, rate) for k, (before, rate) in enumerate(zip([0.0, *rates], rates)) if rate != before]
    losses = []
    for t in steps:
        gain = sum(
            change * (1 - (1 + 25 * (max(rate, 1e-12) / 1e-3) ** -0.5 * (sums[t] - sums[k])) ** -0.45)
            for k, change, rate in changes
            if k < t
        )
        losses.append(2.6 + 0.5 * sums[t] ** -0.45 + 300 * gain + 0.002 * math.sin(t * t))
    return losses


def write_law_logs(folder):
    """The logs that the examples of the loss laws name: a trunk, its cooldown, a cosine run; 2000 steps at 1e-3."""
    import math

    warmup = [(k + 1) / 100 * 1e-3 for k in range(100)]
    trunk = warmup + [1e-3] * 1900
    decay = trunk[:1500] + [1e-3 * (1 - (k + 1) / 500) for k in range(500)]
    cosine = warmup + [5e-4 * (1 + math.cos(math.pi * (k + 1) / 1900)) for k in range(1900)]
    for name, rates, first in [("trunk", trunk, 200), ("decay", decay, 1500), ("cosine-decay", cosine, 200)]:
        steps = list(range(first, 2001, 25))
        losses = multi_power_losses(rates, steps)
        rows = [f"{step},{rates[step - 1]!r},{loss!r}\n" for step, loss in zip(steps, losses)]
        (folder / f"{name}.csv").write_text("step,lr,val_loss\n" + "".join(rows))


def main():
    unittest.main(argv=[sys.argv[0]], verbosity=1)
