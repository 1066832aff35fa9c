"""Leases of writers of a run: taken over from machines that fell silent, binding, in the way."""

import os
import signal
import subprocess
import time

import command
from run_case import TRUNK, RunTest


class Leases(RunTest):
    def claim_from_elsewhere(self, seconds):
        """The run was written on another machine, which fell silent an hour ago."""
        newest = sorted((self.run_folder / "lease").glob("0*"))[-1]
        line = f"scheduled lease held {seconds} 1 elsewhere/pid:[1] 17 node17 123"
        newest.write_text(line.ljust(511) + "\n")
        os.utime(newest, (time.time() - 3600, time.time() - 3600))
        return newest

    def test_a_lease(self):
        self.assert_fails(2, "lease = -1: must be > 0 seconds", "run", "init", "none", "--trunk", TRUNK, "--lease", "-1")
        self.output_of("run", "init", "run", "--trunk", TRUNK, "--lease", "9")
        self.assert_fails(2, "lease = -1: must be > 0 seconds", "run", "merge", "run", "merged", "--lease", "-1")
        self.assertIn("scheduled lease free 9 ", (self.run_folder / "lease/000001").read_text())
        self.claim_from_elsewhere(9)
        begin = time.monotonic()
        done = self.run_command("run", "commit", "run", "--step", "100", "model.bin", "--lease", "9")
        self.assertEqual(done.returncode, 0)
        # Once, and about the machine that has the run.
        text = "process 17 on node17 wrote to this run and was not heard of for 9 s; it is taken over where that is so in 3 s, too\n"
        self.assertEqual(done.stderr.decode(), f"scheduled: {self.run_folder}: {text}")
        self.assertGreater(time.monotonic() - begin, 3)
        self.claim_from_elsewhere(600)
        waits = subprocess.Popen([command.COMMAND, "run", "gc", "run", "--lease", "600"], cwd=self.folder, stderr=subprocess.PIPE)
        self.assertIn(b"in 200 s, too", waits.stderr.readline())
        waits.send_signal(signal.SIGINT)
        self.assertNotEqual(waits.wait(timeout=10), 0)
        waits.stderr.close()
        # A second writer that waits says whom for.
        fresh = self.claim_from_elsewhere(600)
        os.utime(fresh)
        done = self.run_command("run", "commit", "run", "--step", "200", "model.bin", "--lease", "600", "--wait", "4s")
        self.assertEqual(done.returncode, 1)
        told = done.stderr.decode().splitlines()
        self.assertEqual(len(told), 2, told)
        self.assertRegex(told[0], "process 17 on node17 writes to this run; .*; waiting for it, [23] s at most$")

    def test_a_lease_binds_those_who_ask_for_none(self):
        self.output_of("run", "init", "run", "--trunk", TRUNK, "--lease", "9")
        newest = self.claim_from_elsewhere(9)
        os.utime(newest)
        for verb in (["commit", "run", "--step", "100", "model.bin"], ["gc", "run"], ["branch", "run", "cd", "--cooldown", "10"],
                     ["log", "run", "--step", "1", "--line", "trunk", "loss=1"], ["repair", "run"]):
            self.assert_fails(1, "process 17 on node17 writes to this run; it was heard of ", "run", *verb)
        self.output_of("run", "status", "run")
        os.utime(newest, (time.time() - 3600, time.time() - 3600))  # stale
        done = self.run_command("run", "commit", "run", "--step", "100", "model.bin")
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertIn("scheduled lease free 60 ", (self.run_folder / "lease/000002").read_text())

    def test_what_lies_where_leases_are(self):
        self.init()
        (self.run_folder / "lease").write_text("mine")
        self.output_of("run", "commit", "run", "--step", "100", "model.bin")
        self.assert_fails(1, "lease: is a file, not a folder: writers of a run have their leases there; move it away",
                          "run", "commit", "run", "--step", "200", "model.bin", "--lease", "9")
        (self.run_folder / "lease").unlink()
        (self.folder / "elsewhere").mkdir()
        (self.run_folder / "lease").symlink_to(self.folder / "elsewhere")
        self.assert_fails(1, "lease: is a link, not a folder: writers of a run have their leases there; move it away",
                          "run", "commit", "run", "--step", "200", "model.bin")
        self.assertEqual(list((self.folder / "elsewhere").iterdir()), [])


if __name__ == "__main__":
    command.main()
