"""Sweeps: values, threads, progress, interruption, resumption, errors."""

import pickle
import signal
import subprocess
import sys
import threading

import numpy as np
import pytest
import scheduled
from scheduled import GradNormFamily, Schedule, Sweep


def small():
    return Sweep(
        [Schedule("wsd(steps=100)"), Schedule("wsd(steps=100, decay=1-sqrt)")],
        horizons=[50, 100, 201],
        cooldowns=[0.1, 0.5],
        grad_norms=[GradNormFamily(), GradNormFamily(-0.5), GradNormFamily(series=np.full(201, 2))],
        distance=3.0,
    )


def long(count=100, steps=20_000):
    """Some tenths of a second on one thread."""
    return Sweep(
        [Schedule("wsd(steps=100)")],
        horizons=np.arange(steps, steps + count),
        grad_norms=[GradNormFamily(-0.5)],
        criterion="worst_case",
    )


def test_every_combination_is_best_base_lr():
    sweep = small()
    assert (sweep.shape, sweep.size, sweep.done) == ((2, 3, 2, 3), 36, 0)
    assert np.isnan(sweep.bound).all()
    sweep.run()
    assert sweep.done == 36
    norms = [np.ones(201), scheduled.power_grad_norm(-0.5, 201), np.full(201, 2.0)]
    for result in sweep.results:
        place = np.unravel_index(result.combination, sweep.shape)
        schedule = sweep.schedule(result.combination)
        decay = ["linear", "1-sqrt"][place[0]]
        steps, cooldown = [50, 100, 201][place[1]], ["10%", "50%"][place[2]]
        assert schedule == Schedule("wsd", steps=steps, cooldown=cooldown, decay=decay)
        best = scheduled.best_base_lr(schedule, norms[place[3]], 3.0)
        assert result.error == ""
        assert sweep.peak[place] == result.best.peak == pytest.approx(best.peak, rel=1e-13)
        assert sweep.bound[place] == result.best.bound == pytest.approx(best.bound, rel=1e-13)


def test_arrays():
    sweep = small()
    sweep.run()
    for array in (sweep.peak, sweep.bound):
        assert array.dtype == np.float64
        assert array.shape == sweep.shape
        assert array.flags.writeable
    sweep.bound[0, 0, 0, 0] = -1.0  # a new array
    assert sweep.bound.min() > 0


def test_threads_give_the_same_bits():
    one, many = small(), small()
    one.run()
    many.run(threads=5)
    np.testing.assert_array_equal(many.bound, one.bound)
    np.testing.assert_array_equal(many.peak, one.peak)


def test_what_does_not_fit_says_why():
    sweep = Sweep([Schedule("wsd(steps=100, warmup=40)")], horizons=[30, 100])
    sweep.run()
    assert np.isnan(sweep.bound[0, :, 0, 0]).tolist() == [True, False]
    assert sweep.results[0].best is None
    assert "warmup" in sweep.results[0].error


@pytest.mark.parametrize("threads", [1, 3])
def test_progress_counts_up_in_the_calling_thread(threads):
    calls = []
    sweep = small()
    sweep.run(threads, lambda done, to_do: calls.append((done, to_do, threading.get_ident())))
    done = [call[0] for call in calls]
    assert done == sorted(set(done))
    assert calls[-1][:2] == (36, 36)
    assert {call[2] for call in calls} == {threading.get_ident()}
    calls.clear()
    sweep.run(threads, lambda *call: calls.append(call))
    assert calls == []  # nothing was left to do


@pytest.mark.parametrize("threads", [1, 2])
@pytest.mark.parametrize("error", [KeyboardInterrupt, OSError])
def test_what_progress_raises_stops_and_is_passed_on(threads, error):
    def stop(done, to_do):
        raise error("stop")

    sweep = long()
    with pytest.raises(error, match="stop"):
        sweep.run(threads, stop)
    assert 1 <= sweep.done < sweep.size
    kept = sweep.bound
    assert np.isfinite(kept).sum() == sweep.done
    totals = []
    left = sweep.size - sweep.done
    sweep.run(threads, lambda done, to_do: totals.append(to_do))
    assert set(totals) == {left}
    assert sweep.done == sweep.size
    done = np.isfinite(kept)
    np.testing.assert_array_equal(sweep.bound[done], kept[done])


PROGRAM = """
import pickle, signal, sys, threading
sys.path.insert(0, sys.argv[1])
from test_sweep import long

signal.signal(signal.SIGINT, signal.default_int_handler)
sweep = long(100_000)
threading.Timer(0.5, signal.raise_signal, [signal.SIGINT]).start()
try:
    sweep.run(threads=2)
except KeyboardInterrupt:
    print("interrupted", 0 < sweep.done < sweep.size, len(pickle.dumps(sweep)) > 1000)
"""


def test_ctrl_c_without_progress(request):
    run = subprocess.run(
        [sys.executable, "-c", PROGRAM, str(request.path.parent)],
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert run.stdout == "interrupted True True\n", run.stderr


def test_a_handler_of_signals_that_goes_on():
    before = signal.getsignal(signal.SIGINT)
    seen = []
    signal.signal(signal.SIGINT, lambda *_: seen.append(1))
    try:
        sweep = long(60)
        sweep.run(progress=lambda *_: None if seen else signal.raise_signal(signal.SIGINT))
    finally:
        signal.signal(signal.SIGINT, before)
    assert seen == [1]
    assert sweep.done == 60


def test_a_pickle_is_resumed_elsewhere():
    sweep = long(30, steps=2000)
    with pytest.raises(KeyboardInterrupt):
        sweep.run(progress=lambda done, _: (_ for _ in ()).throw(KeyboardInterrupt))
    done = sweep.done
    assert 0 < done < 30
    again = pickle.loads(pickle.dumps(sweep))
    assert again.done == done
    again.run()
    sweep.run()
    np.testing.assert_array_equal(again.bound, sweep.bound)
    assert again.shape == sweep.shape


def test_python_goes_on_beside_a_sweep():
    sweep = long(60)
    worker = threading.Thread(target=sweep.run)
    worker.start()
    turns = 0
    while worker.is_alive():
        worker.join(1e-3)
        turns += 1
    assert turns > 10
    assert sweep.done == 60


def test_one_run_at_a_time():
    sweep = long(20)
    errors = []

    def again(done, to_do):
        try:
            sweep.run()
        except scheduled.ArgumentError as error:
            errors.append(str(error))

    sweep.run(progress=again)
    assert errors
    assert set(errors) == {"Sweep.run: is running already"}


WSD = Schedule("wsd(steps=10)")


@pytest.mark.parametrize(
    ("call", "text"),
    [
        (lambda: Sweep([]), "schedules: none to sweep over"),
        (lambda: Sweep([WSD, Schedule("constant")]), r"schedules\[1\] = .*: must have a horizon"),
        (
            lambda: Sweep([Schedule("constant(steps=5)")], cooldowns=[0.2]),
            r"schedules\[0\] = .*: must have a cooldown where cooldowns are given",
        ),
        (lambda: Sweep([WSD], [5, 0]), r"horizons\[1\] = 0: must be at least 1"),
        (lambda: Sweep([WSD], cooldowns=[0.0]), r"cooldowns\[0\] = 0: must be a share of the run"),
        (
            lambda: Sweep([WSD], grad_norms=[GradNormFamily(series=[1.0, 1.0])]),
            r"grad_norms\[0\].series: there are 2 values for 10 steps",
        ),
        (lambda: Sweep([WSD], grad_norms=[GradNormFamily(np.nan)]), r"grad_norms\[0\].alpha = nan"),
        (lambda: Sweep([WSD], distance=0.0), "distance = 0: must be finite and > 0"),
        (lambda: Sweep([WSD], criterion="best"), "criterion = 'best'"),
        (lambda: Sweep([WSD]).run(threads=0), "threads = 0: must be at least 1"),
        (lambda: Sweep([WSD]).schedule(1), "combination = 1: must be between 0 and 0"),
    ],
)
def test_errors(call, text):
    with pytest.raises(scheduled.ArgumentError, match=text):
        call()
