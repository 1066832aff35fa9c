"""bound --stream: lines as they come, logs as they grow, Ctrl-C, saved states, malformed lines."""

import json
import math
import os
import select
import signal
import subprocess

import command

RATES = [0.1 / math.sqrt(1 + k) for k in range(60)]


def lines_of(rates):
    return "".join(f"{lr!r}\n" for lr in rates)


class Live(command.CommandTest):
    def bounds(self, *arguments, **options):
        text = self.output_of("bound", "--stream", *arguments, "--json", **options)
        return [json.loads(line)["bound"] for line in text.splitlines()]

    def start(self, *arguments):
        process = subprocess.Popen(
            [command.COMMAND, "bound", "--stream", *arguments],
            cwd=self.folder,
            env=command.environment(),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
        )
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        for pipe in (process.stdin, process.stdout, process.stderr):
            self.addCleanup(pipe.close)
        return process

    def read_line(self, process):
        """The next line, waited for at most ten seconds; pipes are read byte by byte, so that none is held back."""
        line = b""
        while not line.endswith(b"\n"):
            ready, _, _ = select.select([process.stdout], [], [], 10)
            self.assertTrue(ready, f"nothing came after {line!r}")
            byte = os.read(process.stdout.fileno(), 1)
            self.assertTrue(byte, f"the output ended after {line!r}")
            line += byte
        return line.decode().strip()

    def stop(self, process, how):
        process.send_signal(how)
        out, error = process.communicate(timeout=10)
        self.assertEqual((process.returncode, error), (0, b""))
        return out.decode()

    def test_agrees_with_the_curve(self):
        (self.folder / "rates.txt").write_text(lines_of(RATES))
        curve = json.loads(self.output_of("bound", "@rates.txt", "--curve", "--json", "-D", "3"))["bound"]
        for found in [self.bounds("rates.txt", "-D", "3"), self.bounds("-", "-D", "3", input=lines_of(RATES).encode())]:
            self.assertEqual(len(found), len(curve))
            for value, wanted in zip(found, curve, strict=True):
                self.assertAlmostEqual(value / wanted, 1, delta=1e-10)

    def test_agrees_with_the_log(self):
        command.write_example_logs(self.folder)
        log = json.loads(self.output_of("bound", "--log", "cosine.csv", "-D", "1", "--json"))
        found = self.bounds("cosine.csv")
        self.assertEqual(len(found), len(log["bound"]))
        for value, wanted in zip(found, log["bound"], strict=True):
            self.assertAlmostEqual(value / wanted, 1, delta=1e-10)

    def test_prints_before_the_input_ends(self):
        process = self.start("-", "--csv")
        for step, row in enumerate(["0.1 1", "0.1 2", "0.05 1"], start=1):
            process.stdin.write(f"{row}\n".encode())
            process.stdin.flush()
            if step == 1:
                self.assertEqual(self.read_line(process), "step,lr,grad_norm,bound")
            self.assertEqual(self.read_line(process).split(",")[0], str(step))
        self.assertEqual(self.stop(process, signal.SIGINT), "")

    def test_follows_a_growing_log(self):
        log = self.folder / "run.csv"
        log.write_text("step,lr\n10,0.1\n2")
        process = self.start("run.csv", "--follow", "--csv", "--state", "run.state")
        self.assertEqual(self.read_line(process), "step,lr,grad_norm,bound")
        self.assertEqual(self.read_line(process).split(",")[0], "10")
        with log.open("a") as more:
            more.write("0,0.1\n30,0.2\n40,0")
        self.assertEqual(self.read_line(process).split(",")[:2], ["20", "0.1"])
        self.assertEqual(self.read_line(process).split(",")[:2], ["30", "0.2"])
        self.assertEqual(self.stop(process, signal.SIGTERM), "")
        self.assertEqual(json.loads((self.folder / "run.state").read_text())["steps"], 30)
        with log.open("a") as more:
            more.write(".1\n")
        rest = self.bounds("run.csv", "--state", "run.state")
        self.assertEqual(rest, self.bounds("run.csv")[-1:])

    def test_a_log_that_shrinks(self):
        log = self.folder / "run.csv"
        log.write_text("step,lr\n10,0.1\n20,0.1\n")
        process = self.start("run.csv", "--follow")
        for _ in range(3):
            self.read_line(process)
        log.write_text("step,lr\n")
        _, error = process.communicate(timeout=10)
        self.assertEqual(process.returncode, 2)
        self.assertIn(b"run.csv: has become shorter", error)

    def test_a_state_from_standard_input(self):
        whole = self.bounds("-", input=lines_of(RATES).encode())
        (self.folder / "rest").write_text(lines_of(RATES[25:]))
        self.bounds("-", "--state", "first", input=lines_of(RATES[:25]).encode())
        saved = (self.folder / "first").read_bytes()
        self.assertEqual(self.bounds("rest", "--state", "-", input=saved), whole[25:])
        self.assertFalse((self.folder / "-").exists(), "nothing is saved")
        self.assert_fails(2, "--state: standard input holds the stream already", "bound", "--stream", "-", "--state", "-", input=saved)
        self.assert_fails(2, "standard input: stream state", "bound", "--stream", "rest", "--state", "-", input=b"{}")

    def test_states(self):
        whole = self.bounds("-", "--state", "whole", input=lines_of(RATES).encode())
        first = self.bounds("-", "--state", "parts", input=lines_of(RATES[:25]).encode())
        second = self.bounds("-", "--state", "parts", input=lines_of(RATES[25:]).encode())
        self.assertEqual(first + second, whole)
        self.assertEqual((self.folder / "parts").read_bytes(), (self.folder / "whole").read_bytes())
        before = (self.folder / "parts").read_bytes()
        self.assertEqual(self.run_command("bound", "--stream", "-", "--state", "parts", input=b"0.1\nx\n").returncode, 2)
        self.assertEqual((self.folder / "parts").read_bytes(), before)
        self.assertEqual(sorted(path.name for path in self.folder.iterdir()), ["parts", "whole"])

    def test_every(self):
        text = self.output_of("bound", "--stream", "-", "--every", "25", "--csv", input=lines_of(RATES).encode())
        self.assertEqual([row.split(",")[0] for row in text.splitlines()], ["step", "25", "50", "60"])

    def test_without_a_file(self):
        first = self.output_of("bound", "--stream", input=b"0.1\n")
        self.assertEqual(self.output_of("bound", "--stream", "-", input=b"0.1\n"), first)
        self.assertEqual(self.output_of("bound", "--stream", "-D", "1", input=b"0.1\n"), first)

    def test_no_line_break_at_the_end(self):
        self.assertEqual(len(self.bounds("-", input=b"0.1\n0.1")), 2)

    def test_malformed_lines(self):
        cases = [
            (b"0.1\nx\n", 'standard input, line 2: lr = "x": must be a number'),
            (b"0.1 1\n0.1\n", "standard input, line 2: grad_norm: is missing"),
            (b"\n# rates\n-1\n", "standard input, line 3: lr = -1: must be finite and >= 0"),
            (b"0.1\n1e-200\n", "line 2: lr[1] = 1e-200: must be 0 or within"),
            (b"step,lr\n1,0.1\n2,0.1,3\n", "standard input, line 3: has 3 cells, the header line has 2"),
            (b'{"step":1,"lr":0.1}\n{"step":2,\n', "standard input, line 2: step: the object does not end on its line"),
            (b"loss,acc\n1,2\n", "standard input, line 2: not a training log: no column step"),
            (b"", "--stream: no line in the input"),
        ]
        for text, expected in cases:
            result = self.run_command("bound", "--stream", "-", input=text)
            self.assertEqual(result.returncode, 2)
            self.assertIn(expected, result.stderr.decode())
            self.assertEqual(result.stderr.count(b"\n"), 1)

    def test_a_schedule_for_a_log_without_rates(self):
        spec = "linear(steps=21, peak=0.105)"
        (self.folder / "log.csv").write_text("step,loss\n" + "".join(f"{t},1\n" for t in range(4, 21, 4)))
        direct = json.loads(self.output_of("bound", spec, "--curve", "--json"))["bound"]
        for bound, t in zip(self.bounds("log.csv", "--lr", spec), range(4, 21, 4), strict=True):
            self.assertAlmostEqual(bound, direct[t - 1], delta=1e-12)
        (self.folder / "rounded.csv").write_text("step,lr\n11,0.053\n16,0.04\n20,0.005\n")
        result = self.run_command("bound", "--stream", "rounded.csv", "--lr", spec)
        self.assertEqual(result.returncode, 0)
        self.assertEqual(
            result.stderr.decode(),
            "scheduled: warning: rounded.csv: lr = 0.04 was logged after step 16; the rate given for that update is 0.02625, "
            "and counts\n",
        )

    def test_norms_that_do_not_count_need_not_be_sound(self):
        text = b"step,lr,grad_norm\n1,0.1,\n2,0.1,nan\n3,0.1,2\n"
        self.assertEqual(self.bounds("-", "-G", "1", input=text), self.bounds("-", input=b"0.1\n0.1\n0.1\n"))

    def test_bad_options(self):
        (self.folder / "rates").write_text("0.1\n")
        (self.folder / "state").write_text("{}")
        for text, arguments in [
            ("nowhere: no such file", ["nowhere"]),
            (".: is a directory", ["."]),
            ("--follow: only with a FILE", ["-", "--follow"]),
            ("every = 0: must be >= 1", ["rates", "--every", "0"]),
            ("grad_norm = t^-1: must be a number", ["rates", "-G", "t^-1"]),
            ("distance = 0: must be within [1e-40, 1e40]", ["rates", "-D", "0"]),
            ("state: stream state", ["rates", "--state", "state"]),
            ("no/state: cannot be written", ["rates", "--state", "no/state"]),
            ("--T: not with --stream", ["rates", "-T", "3"]),
            ("rates, line 1: lr: is given for all updates", ["rates", "--lr", "constant(peak=1)"]),
            ("steps", ["rates", "--lr", "linear(peak=1)"]),
            ("only one of them", ["rates", "--log", "rates"]),
            ("columns = x: must be SOURCE=STANDARD", ["rates", "--columns", "x"]),
        ]:
            self.assert_fails(2, text, "bound", "--stream", *arguments)
        self.assert_fails(2, "error: --follow: only with --stream", "bound", "cosine(steps=9)", "--follow")
        self.bounds("rates", "--state", "new", "-D", "2")
        self.assert_fails(2, "distance = 3: the stream saved in new has 2", "bound", "--stream", "rates", "--state",
                          "new", "-D", "3")

    def test_a_reader_that_leaves(self):
        process = subprocess.run(
            ["bash", "-c", "set -o pipefail; yes 0.001 | head -1000000 | scheduled bound --stream - | head -1 >/dev/null"],
            cwd=self.folder,
            env=command.environment(),
            capture_output=True,
            timeout=60,
        )
        self.assertEqual(process.stderr, b"")


if __name__ == "__main__":
    command.main()
