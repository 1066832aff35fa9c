"""A run on a shared file system that has no locks between machines and shows late what others did: test_shared.py BUILD.

Two machines are two sets of namespaces (mounts, host name, processes), each with its own mount of one server folder
(far_folder.py). Exit code 77: this machine has no FUSE for Python, or no right to mount.
"""
import json
import os
import pathlib
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import unittest

BUILD = pathlib.Path(sys.argv.pop(1)).resolve()
COMMAND = BUILD / "scheduled"
DRIVER = BUILD / "tests" / "torture_driver"
FAR = pathlib.Path(__file__).resolve().parent / "far_folder.py"
LATE = 1.0  # seconds


def python_with_fuse():
    for python in (sys.executable, "/usr/bin/python3"):
        if subprocess.run([python, "-c", "try: import fuse\nexcept ImportError: import fusepy"],
                          capture_output=True).returncode == 0:
            return python
    return None


class Machine:
    """A machine with the server's folder at `mount`, until it is switched off."""

    def __init__(self, name, server, mount, *options):
        self.mount = mount
        script = f"hostname {name} && exec {PYTHON} {FAR} {server} {mount} {LATE} {' '.join(options)}"
        self.shell = subprocess.Popen(["unshare", "--mount", "--uts", "--pid", "--fork", "--mount-proc", "--kill-child",
                                       "sh", "-c", script], stderr=subprocess.DEVNULL)
        end = time.monotonic() + 20
        while not self.ready():
            if time.monotonic() > end or self.shell.poll() is not None:
                self.off()
                raise unittest.SkipTest("this machine cannot mount FUSE file systems in namespaces")
            time.sleep(0.05)

    def ready(self):
        children = pathlib.Path(f"/proc/{self.shell.pid}/task/{self.shell.pid}/children").read_text().split()
        self.first = int(children[0]) if children else 0
        # The mount is in its own namespace; what its root shows there tells whether it is made.
        return self.first and subprocess.run(["nsenter", "-t", str(self.first), "-m", "mountpoint", "-q", self.mount],
                                             capture_output=True).returncode == 0

    def enter(self, *command):
        return ["nsenter", "-t", str(self.first), "-m", "-u", "-p", *map(str, command)]

    def run(self, *arguments):
        return subprocess.run(self.enter(COMMAND, "run", *arguments), capture_output=True, text=True, timeout=300)

    def off(self):
        """With all that it did not send to the server."""
        if self.shell.poll() is None:
            if getattr(self, "first", 0):
                os.kill(self.first, signal.SIGKILL)
            self.shell.wait()


class Holder:
    """A process on a machine that keeps the run open."""

    def __init__(self, machine):
        self.process = subprocess.Popen(machine.enter(DRIVER), stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def ask(self, *arguments):
        self.process.stdin.write(json.dumps([str(argument) for argument in arguments]) + "\n")
        self.process.stdin.flush()
        return json.loads(self.process.stdout.readline())

    def end(self):
        self.process.stdin.close()
        self.process.stdout.close()
        self.process.wait()


class Shared(unittest.TestCase):
    OPTIONS = ()

    def setUp(self):
        self.folder = pathlib.Path(tempfile.mkdtemp(prefix="scheduled-shared-"))
        self.addCleanup(shutil.rmtree, self.folder, ignore_errors=True)
        self.server, self.mount = self.folder / "server", self.folder / "mount"
        for folder in (self.server, self.mount):
            folder.mkdir()
        self.run_folder = self.mount / "run"
        (self.folder / "model").write_text("weights\n")
        self.east, self.west = self.machine("east"), self.machine("west")
        self.done(self.east.run("init", self.run_folder, "--trunk", "constant(peak=1e-3)"))

    def machine(self, name):
        machine = Machine(name, self.server, self.mount, *self.OPTIONS)
        self.addCleanup(machine.off)
        return machine

    def holder(self, machine):
        holder = Holder(machine)
        self.addCleanup(holder.end)
        return holder

    def done(self, answer):
        self.assertEqual(answer.returncode, 0, answer.stderr)
        return answer.stdout

    def commit(self, machine, step):
        (self.folder / f"model-{step}").write_text(f"weights {step}\n")
        return machine.run("commit", self.run_folder, "--step", step, self.folder / f"model-{step}")

    def steps(self):
        record = json.loads(self.done(subprocess.run([COMMAND, "run", "status", self.server / "run", "--json"],
                                                     capture_output=True, text=True)))
        return [checkpoint["step"] for checkpoint in record["checkpoints"]]

    def age(self, seconds):
        """As if the machines had waited: the newest claim was last heard of before."""
        newest = max((self.server / "run" / "lease").glob("0*"))
        then = time.time() - seconds
        os.utime(newest / "it" if newest.is_dir() else newest, (then, then))

    def test_two_machines_take_turns_and_see_what_the_other_did(self):
        for step in range(1, 7):
            self.done(self.commit([self.east, self.west][step % 2], step))
        self.assertEqual(self.steps(), [1, 2, 3, 4, 5, 6])
        self.assertEqual(len(list((self.server / "run" / "record").glob("0*"))), 1)
        for machine in (self.east, self.west):
            self.assertIn("sound: 6 checkpoints", self.done(machine.run("verify", self.run_folder)))

    def test_second_writer_on_another_machine_is_told_who_writes(self):
        holder = self.holder(self.east)
        self.assertEqual(holder.ask("hold", self.run_folder)["code"], 0)
        for machine in (self.west, self.east):
            refused = self.commit(machine, 1)
            self.assertEqual(refused.returncode, 1)
            self.assertIn("process", refused.stderr)
            self.assertIn("one writes at a time" if machine is self.west else "one at a time", refused.stderr)
        self.assertIn("on east writes to this run; it was heard of ", self.commit(self.west, 1).stderr)
        self.assertIn("trunk", self.done(self.west.run("status", self.run_folder)))  # readers always can
        self.assertEqual(holder.ask("release", self.run_folder)["code"], 0)
        self.done(self.commit(self.west, 1))

    def test_machine_that_died_is_followed_after_its_lease(self):
        self.done(self.commit(self.east, 1))
        holder = self.holder(self.east)
        holder.ask("hold", self.run_folder)
        (self.folder / "two").write_text("2")
        self.assertEqual(holder.ask("commit", self.run_folder, "--step", 2, self.folder / "two")["code"], 0)
        self.east.off()
        refused = self.commit(self.west, 3)
        self.assertEqual(refused.returncode, 1)
        self.assertIn("the run is free 60 s after that", refused.stderr)
        self.age(61)
        self.done(self.commit(self.west, 3))  # looks twice, 20 seconds apart
        self.assertEqual(self.steps(), [1, 2, 3])
        east = self.machine("east")
        self.done(self.commit(east, 4))
        self.assertIn("sound: 4 checkpoints", self.done(east.run("verify", self.run_folder)))

    def test_machine_that_comes_back_loses_and_is_told(self):
        holder = self.holder(self.east)
        holder.ask("hold", self.run_folder)
        os.kill(self.child_of(holder), signal.SIGSTOP)  # its machine has other things to do
        self.age(61)
        self.done(self.commit(self.west, 1))
        for process in (self.child_of(holder), holder.process.pid):  # nsenter stops with its child
            os.kill(process, signal.SIGCONT)
        (self.folder / "two").write_text("2")
        lost = holder.ask("commit", self.run_folder, "--step", 2, self.folder / "two")
        self.assertEqual(lost["code"], 1)
        self.assertIn("took the run over, as nothing was heard of this one for 60 s; open the run anew", lost["err"])
        self.assertEqual(self.steps(), [1])
        holder.ask("release", self.run_folder)
        self.done(self.commit(self.east, 2))
        self.assertEqual(self.steps(), [1, 2])

    def child_of(self, holder):
        """nsenter may have forked for the namespace of processes."""
        children = pathlib.Path(f"/proc/{holder.process.pid}/task/{holder.process.pid}/children").read_text().split()
        return int(children[0]) if children else holder.process.pid

    def test_kills_lose_nothing_that_was_promised(self):
        """Commands on both machines, some of them killed at random moments; now and then a machine goes with its memory."""
        moments = random.Random(20261127)
        machines, promised, kills = {"east": self.east, "west": self.west}, [1], 0
        begun = time.monotonic()
        self.done(self.commit(self.east, 1))
        usual = time.monotonic() - begun
        self.age(1000)
        for step in range(2, 32):
            name = moments.choice(list(machines))
            (self.folder / f"model-{step}").write_text(f"weights {step}\n")
            command = machines[name].enter(COMMAND, "run", "commit", self.run_folder, "--step", step, "--wait", "1s",
                                           self.folder / f"model-{step}")
            process = subprocess.Popen(command, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            begun = time.monotonic()
            time.sleep(moments.uniform(0, usual))
            if process.poll() is None and moments.random() < 0.2:
                machines[name].off()
                process.wait()
                kills += 1
                machines[name] = self.machine(name)
            elif process.poll() is None and moments.random() < 0.5:
                target = pathlib.Path(f"/proc/{process.pid}/task/{process.pid}/children").read_text().split()
                os.kill(int(target[0]) if target else process.pid, signal.SIGKILL)
                process.wait()
                kills += 1
            elif process.wait() == 0:
                promised.append(step)
                # Of the quickest yet: on a machine that was busy at first hardly a kill would find a command.
                usual = min(usual, time.monotonic() - begun)
            self.age(1000)
        self.done(machines["east"].run("verify", self.run_folder))
        self.assertLessEqual(set(promised), set(self.steps()))
        self.assertGreater(kills, 3)
        self.assertGreater(len(promised), 5)

    def test_old_store_is_migrated_only_when_asked(self):
        old_run = pathlib.Path(__file__).resolve().parents[1] / "cli" / "old_run.py"
        subprocess.run([sys.executable, old_run, self.server / "old"], check=True)
        before = sorted(str(path) for path in (self.server / "old").rglob("*"))
        old = self.mount / "old"
        self.done(self.west.run("status", old))
        refused = self.west.run("commit", old, "--step", 9999, self.folder / "model")
        self.assertEqual(refused.returncode, 2)
        self.assertIn("scheduled run migrate", refused.stderr)
        self.assertEqual(before, sorted(str(path) for path in (self.server / "old").rglob("*")))
        self.done(self.west.run("migrate", old))
        self.done(self.east.run("verify", old))


class WithoutLinks(Shared):
    """The same where a claim and a segment get their names as folders."""

    OPTIONS = ("nolinks",)
    test_second_writer_on_another_machine_is_told_who_writes = None
    test_machine_that_died_is_followed_after_its_lease = None
    test_old_store_is_migrated_only_when_asked = None

    def tearDown(self):
        self.assertTrue((self.server / "run" / "lease" / "000001").is_dir())


if __name__ == "__main__":
    PYTHON = python_with_fuse()
    if PYTHON is None or not os.path.exists("/dev/fuse") or os.geteuid() != 0:
        print("skipped: needs root, /dev/fuse and fusepy (tools/setup.sh shared)")
        sys.exit(77)
    unittest.main()
