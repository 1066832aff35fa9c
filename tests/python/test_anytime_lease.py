"""A writer's lease from Python: it is taken and given back, a wait for another machine is told, and Ctrl-C ends it."""

import os
import signal
import threading
import time

import pytest
import scheduled
from anytime_runs import TRUNK, RunStore
from scheduled import Schedule


def claim_from_elsewhere(folder, seconds):
    """The run was written on another machine, which fell silent an hour ago."""
    newest = sorted((folder / "lease").glob("0*"))[-1]
    newest.write_text(f"scheduled lease held {seconds} 1 elsewhere/pid:[1] 17 node17 123".ljust(511) + "\n")
    os.utime(newest, (time.time() - 3600, time.time() - 3600))


def test_a_lease_is_taken_and_given_back(folder):
    with RunStore.init(folder, Schedule(TRUNK), lease=9):
        assert "scheduled lease held 9 " in (folder / "lease/000001").read_text()
    with RunStore.open(folder, lease=2.5):
        assert "scheduled lease held 2.5 " in (folder / "lease/000002").read_text()
    assert "scheduled lease free 2.5 " in (folder / "lease/000002").read_text()
    RunStore.repair(folder, lease=3)
    assert "scheduled lease free 3 " in (folder / "lease/000003").read_text()
    with pytest.raises(scheduled.ArgumentError, match="lease = 0: must be > 0 seconds"):
        RunStore.open(folder, lease=0)


def test_a_wait_is_told(folder, capsys):
    RunStore.init(folder, Schedule(TRUNK), lease=9).close()
    claim_from_elsewhere(folder, 9)
    RunStore.open(folder, lease=9).close()
    told = capsys.readouterr().err
    assert told.startswith("scheduled: ") and told.count("\n") == 1
    assert "process 17 on node17 wrote to this run and was not heard of for 9 s; it is taken over where that is so in 3 s, too" in told


def test_ctrl_c_ends_a_wait(folder, capsys):
    RunStore.init(folder, Schedule(TRUNK), lease=9).close()
    claim_from_elsewhere(folder, 900)
    threading.Timer(0.5, lambda: os.kill(os.getpid(), signal.SIGINT)).start()
    begin = time.monotonic()
    with pytest.raises(KeyboardInterrupt):
        RunStore.open(folder, lease=900)
    assert time.monotonic() - begin < 60  # of 300
    assert not (folder / "lease/000002").exists()
