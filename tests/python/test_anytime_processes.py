"""The run store among processes and threads: kills, locks, forks, the GIL."""

import json
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest
import scheduled
from anytime_runs import TRUNK, RunStore, Trainer, write
from scheduled import Schedule

WORKER = """
import sys
import numpy as np
sys.path.insert(0, sys.argv[2])
from anytime_runs import TRUNK, RunStore, Trainer, write
with RunStore.open(sys.argv[1]) as run:
    trainer = Trainer(run)
    while True:
        trainer.train(10).commit()
        print(trainer.step, flush=True)
"""


def start_worker(folder):
    command = [sys.executable, "-c", WORKER, str(folder), str(Path(__file__).parent)]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def test_a_killed_trainer_goes_on_where_it_was(folder, tmp_path):
    RunStore.init(folder, Schedule(TRUNK)).close()
    reported = 0
    for kills in range(3):
        worker = start_worker(folder)
        for _ in range(3 + kills):
            reported = int(worker.stdout.readline())
        worker.send_signal(signal.SIGKILL)
        worker.wait()
        worker.stdout.close()
    with RunStore.open(folder) as run:
        assert run.verify().sound
        trainer = Trainer(run)
        assert trainer.step >= reported
        steps = trainer.step
    with RunStore.init(tmp_path / "straight", Schedule(TRUNK)) as run:
        assert trainer.x.tobytes() == Trainer(run).train(steps).x.tobytes()


def test_one_writer_and_any_readers(folder):
    RunStore.init(folder, Schedule(TRUNK)).close()
    worker = start_worker(folder)
    try:
        seen = int(worker.stdout.readline())
        with pytest.raises(scheduled.StoreBusy, match=rf"another process writes to this run \(process {worker.pid}\)"):
            RunStore.open(folder)
        with RunStore.open(folder, "read") as reader:
            assert reader.record().line("trunk").step >= seen
            later = int(worker.stdout.readline())
            assert reader.record().line("trunk").step >= later > seen
            assert len(reader.log_of()["train_loss"]) >= later
            assert reader.lr(7) == Schedule(TRUNK).lr(7)
    finally:
        worker.kill()
        worker.wait()
        worker.stdout.close()
    with RunStore.open(folder) as run:
        assert run.verify().sound


def test_a_second_writer_of_the_same_process_is_refused_too(run, folder):
    with pytest.raises(scheduled.StoreBusy, match=f"process {os.getpid()}"):
        RunStore.open(folder)


def test_threads_share_a_store(run):
    def work(name):
        for step in range(200):
            run.log(step, {name: float(step)})
            run.lr(step)

    threads = [threading.Thread(target=work, args=(f"m{k}",)) for k in range(4)]
    for thread in threads:
        thread.start()
    run.commit(200, write)
    for thread in threads:
        thread.join()
    run.flush()
    log = run.log_of()
    for k in range(4):
        assert log[f"m{k}"].tolist()[:200] == [float(s) for s in range(200)]


def test_the_gil_is_released_while_a_checkpoint_is_written(run, tmp_path):
    (tmp_path / "large.bin").write_bytes(bytes(100_000_000))
    done = threading.Event()
    worker = threading.Thread(target=lambda: (run.commit(1, tmp_path / "large.bin"), done.set()))
    worker.start()
    turns = 0
    while not done.is_set():
        time.sleep(1e-3)
        turns += 1
    worker.join()
    assert turns > 10


def test_a_forked_process_keeps_its_hands_off(folder):
    RunStore.init(folder, Schedule(TRUNK)).close()
    program = """
import os, sys
from scheduled import RunStore
run = RunStore.open(sys.argv[1])
run.log(1, {"loss": 1.0})
child = os.fork()
if child == 0:
    try:
        run.lr(0)
    except RuntimeError as error:
        print(error, flush=True)
    del run
    sys.exit(0)
os.waitpid(child, 0)
run.close()
print(RunStore.open(sys.argv[1]).log_of()["loss"].tolist())
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder)], capture_output=True, text=True, check=True)
    said, metrics = done.stdout.splitlines()
    assert "a forked process must open its own" in said
    assert json.loads(metrics) == [1.0]


def test_a_forked_process_does_not_keep_the_run(folder):
    """As data loaders' workers do it: they live on when the store is closed, and when the trainer is killed."""
    RunStore.init(folder, Schedule(TRUNK)).close()
    program = """
import os, signal, sys
from scheduled import RunStore
run = RunStore.open(sys.argv[1])
child = os.fork()
if child == 0:
    os.close(1)
    signal.pause()
run.close()
run = RunStore.open(sys.argv[1])
print(child, flush=True)
os.kill(os.getpid(), signal.SIGKILL)
"""
    done = subprocess.run([sys.executable, "-c", program, str(folder)], stdout=subprocess.PIPE, text=True)
    worker = int(done.stdout)
    try:
        RunStore.open(folder).close()
    finally:
        os.kill(worker, signal.SIGKILL)
