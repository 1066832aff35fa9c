"""CSDP and gnuplot end with the command, however that ends, and leave nothing behind."""

import os
import pathlib
import shutil
import signal
import subprocess
import time
import unittest

import command


def children_of(process):
    """The processes that were started by it, and by those."""
    out = []
    for entry in pathlib.Path("/proc").iterdir():
        try:
            fields = (entry / "stat").read_text().rpartition(")")[2].split()
        except (OSError, ValueError):
            continue
        if entry.name.isdigit() and int(fields[1]) == process:
            out += [int(entry.name), *children_of(int(entry.name))]
    return out


def lives(process):
    try:
        return pathlib.Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0] != "Z"
    except OSError:
        return False


class Children(command.CommandTest):
    def wait_until(self, condition, seconds=20):
        end = time.monotonic() + seconds
        while not condition():
            self.assertLess(time.monotonic(), end, "it took too long")
            time.sleep(0.01)

    def check(self, name, sent, *arguments, path=None):
        scratch = self.folder / f"scratch-{sent}"
        scratch.mkdir()
        changes = {"TMPDIR": str(scratch), **({"PATH": path} if path else {})}
        process = subprocess.Popen([command.COMMAND, *arguments], cwd=self.folder, env=command.environment(**changes),
                                   stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        found = []

        def started():
            self.assertIsNone(process.poll(), f"ended before {name} began")
            found[:] = children_of(process.pid)
            return any(name in pathlib.Path(f"/proc/{child}/comm").read_text() for child in found if lives(child))

        self.wait_until(started)
        process.send_signal(sent)
        process.wait()
        self.wait_until(lambda: not any(lives(child) for child in found))
        self.wait_until(lambda: not list(scratch.iterdir()))

    @unittest.skipUnless(shutil.which("csdp"), "needs csdp")
    def test_csdp(self):
        for sent in [signal.SIGTERM, signal.SIGKILL, signal.SIGINT]:
            self.check("csdp", sent, "worst-case", "wsd(steps=300, peak=1e-2)", "--certify")

    def test_gnuplot(self):
        fake = self.folder / "bin" / "gnuplot"
        fake.parent.mkdir()
        fake.write_text("#!/bin/sh\nexec sleep 1000\n")
        fake.chmod(0o755)
        for sent in [signal.SIGTERM, signal.SIGKILL]:
            self.check("sleep", sent, "show", "linear(steps=10)", "-o", "x.svg", path=f"{fake.parent}{os.pathsep}{os.environ['PATH']}")


if __name__ == "__main__":
    command.main()
