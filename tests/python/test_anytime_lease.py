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


def test_a_live_lease_binds_those_who_ask_for_none(folder):
    RunStore.init(folder, Schedule(TRUNK), lease=3).close()
    claim_from_elsewhere(folder, 3)
    newest = folder / "lease/000001"
    os.utime(newest)
    for opened in (lambda: RunStore.open(folder), lambda: RunStore.repair(folder)):
        with pytest.raises(scheduled.anytime.StoreBusy, match="process 17 on node17 writes to this run; it was heard of "):
            opened()
    os.utime(newest, (time.time() - 3600, time.time() - 3600))
    RunStore.open(folder).close()
    assert "scheduled lease free 60 " in (folder / "lease/000002").read_text()


@pytest.mark.parametrize("raised", [KeyboardInterrupt, SystemExit])
def test_ctrl_c_while_a_wait_is_told_ends_it(folder, monkeypatch, raised):
    class Stream:
        def write(self, text):
            raise raised

    RunStore.init(folder, Schedule(TRUNK), lease=9).close()
    claim_from_elsewhere(folder, 9)
    monkeypatch.setattr("sys.stderr", Stream())
    with pytest.raises(raised):
        RunStore.open(folder, lease=9)
    assert not (folder / "lease/000002").exists()


def test_a_stream_that_fails_does_not_end_a_wait(folder, monkeypatch):
    class Stream:
        def write(self, text):
            raise OSError("closed")

    RunStore.init(folder, Schedule(TRUNK), lease=9).close()
    claim_from_elsewhere(folder, 9)
    monkeypatch.setattr("sys.stderr", Stream())
    RunStore.open(folder, lease=9).close()
    assert (folder / "lease/000002").exists()
