"""Commands and what they print: transcripts/*.txt, lines that start with "$ " and their output.

Every example of --help must be in one of them. After a wanted change: run with --update and read the difference.
"""

import pathlib
import re
import subprocess
import sys

import command
import old_run

TRANSCRIPTS = pathlib.Path(__file__).parent / "transcripts"

# What differs from run to run and machine to machine: processor time, and what the solver's tolerance left over.
UNSTEADY = re.compile(r'("(?:solver_seconds|gap|imbalance|violation|clipped|\w*psd_distance)":)[^,}]+')
# The certificate's ends, to the ten digits that do not depend on the BLAS behind the solver.
CERTIFICATE = re.compile(r'("certificate":\{"lower":\d\.\d{9})\d*(,"upper":\d\.\d{9})\d*')
# A trained loss differs in its digits from processor to processor.
TRAINED = re.compile(r"\d+ tokens/s|(?<=  val_loss   )[\d.]+")
SEAL = re.compile(r"\b[0-9a-f]{64}\b")  # of the last bits of a fit
GAP = re.compile(r"(\(gap )[^,]+(?=,)")
# How often a fit goes on where rounding alone decides; another compiler's or processor's sums end sooner or later.
ITERATIONS = re.compile(r"(?<=converged after )\d+(?= iterations)")


def split(text):
    """The commands of a transcript, each with its output."""
    pairs = []
    for line in text.splitlines(keepends=True):
        if line.startswith("$ "):
            pairs.append([line[2:].rstrip("\n"), ""])
        else:
            pairs[-1][1] += line
    return pairs


def run_line(line, folder):
    """As a person would type it: by a shell, standard error shown too, then the exit code where it is not 0."""
    result = subprocess.run(
        ["bash", "-c", line],
        cwd=folder,
        env=command.environment(),
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=120,
    )
    code = f"[exit code {result.returncode}]\n" if result.returncode else ""
    text = SEAL.sub("#", TRAINED.sub("#", result.stdout.decode()))
    text = CERTIFICATE.sub(r"\1\2", UNSTEADY.sub(r"\g<1>0", text))
    return ITERATIONS.sub("#", GAP.sub(r"\g<1>0", text)) + code


def replay(path, folder):
    command.write_example_logs(folder)
    if path.name == "run.txt":
        old_run.make(folder / "oldrun")
    return "".join(f"$ {line}\n{run_line(line, folder)}" for line, _ in split(path.read_text()))


NUMBER = re.compile(r"(?<![\w.])-?\d+\.?\d*(?:e[-+]?\d+)?(?![\w.])")


class Transcripts(command.CommandTest):
    maxDiff = None

    def assert_same(self, text, expected):
        """The same text, with numbers that agree to 1e-6: a minimum found numerically is known no better."""
        if NUMBER.sub("#", text) != NUMBER.sub("#", expected):
            self.assertEqual(text, expected)
        for found, wanted in zip(NUMBER.findall(text), NUMBER.findall(expected), strict=True):
            self.assertAlmostEqual(float(found), float(wanted), delta=1e-6 * abs(float(wanted)), msg=text)

    def test_all(self):
        paths = sorted(TRANSCRIPTS.glob("*.txt"))
        if not (command.COMMAND.parent / "scheduled-train").exists():
            paths = [path for path in paths if path.name != "train.txt"]
        self.assertTrue(paths)
        for path in paths:
            with self.subTest(path.name):
                text = replay(path, self.folder)
                if "--update" in sys.argv:
                    path.write_text(text)
                self.assert_same(text, path.read_text())

    def test_every_example_of_help_is_run(self):
        run = {line for path in TRANSCRIPTS.glob("*.txt") for line, _ in split(path.read_text())}
        verbs = self.verbs()
        self.assertGreaterEqual(len(verbs), 12)
        for verb in [(), *verbs]:  # (): the command's own
            text = self.output_of(*verb, "--help")
            examples = re.findall(r"^  (scheduled .*)$", text, re.M)
            if not command.verbs_of_help(text):
                self.assertTrue(examples, verb)
            for example in examples:
                self.assertIn(example, run)

    def test_every_listed_schedule_runs(self):
        lines = self.output_of("show", "--list").splitlines()
        examples = [line.strip() for line in lines if line.startswith("    ")]
        self.assertGreaterEqual(len(examples), 19)
        for example in examples:
            self.assertTrue(self.output_of("show", example).startswith(example.split("(")[0] + "("))


if __name__ == "__main__":
    command.main()
