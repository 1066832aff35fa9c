"""The writer's lock of a run store is not kept by forked DataLoader workers."""

import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

from cases import python
from scheduled import RunStore

PROGRAM = Path(__file__).with_name("dataloader_run.py")


def test_a_closed_store_opens_again_beside_living_workers(tmp_path):
    assert python(PROGRAM, "reopen", tmp_path / "run") == "reopened at 5\n"


def test_a_killed_trainer_starts_again_while_its_workers_live(tmp_path):
    # Without a pipe, which the workers would hold open.
    killed = subprocess.Popen([sys.executable, PROGRAM, "killed", tmp_path / "run"], start_new_session=True)
    try:
        assert killed.wait() == -signal.SIGKILL
        began = time.monotonic()
        with RunStore.open(tmp_path / "run") as run:
            assert run.resume().step == 5
        assert time.monotonic() - began < 2.0  # workers sleep for longer
    finally:
        with contextlib.suppress(ProcessLookupError):
            os.killpg(killed.pid, signal.SIGKILL)  # the workers, which would wait for the trainer for ever
