"""The best peak by the runs of a sweep, and forecasts with a seal."""

import math
import random

import pytest
import scheduled
from scheduled import LrSweepQuestion, LrSweepRun, Schedule


def sweep(exponent, noise=0.0):
    chance = random.Random(1)
    return [
        LrSweepRun(p, t, 3 + 0.02 * math.log(p / (1e-3 * (t / 1000) ** exponent)) ** 2 + chance.gauss(0, noise))
        for t in (500, 1000, 2000, 4000)
        for p in (2.5e-4, 5e-4, 1e-3, 2e-3, 4e-3)
    ]


def test_finds_what_made_the_runs():
    runs = sweep(-0.3)
    found = scheduled.fit_lr_sweep(runs, [LrSweepQuestion(8000)])
    assert found.exponents[0].exponent.value == pytest.approx(-0.3, abs=1e-6)
    assert found.answers[0].peak.value == pytest.approx(1e-3 * 8**-0.3, rel=1e-5)
    assert found.loss_at(found.budgets[1], 1e-3) == pytest.approx(3, abs=1e-6)
    assert not found.rules[0].within and found.rules[0].rule.exponent == -0.5
    fixed = scheduled.fit_lr_sweep(runs, exponent=-0.5)
    assert not fixed.exponents[0].fitted and fixed.rules == []


def test_order_does_not_matter():
    runs = sweep(-0.4, 1e-3)
    one = scheduled.fit_lr_sweep(runs)
    random.Random(2).shuffle(runs)
    assert scheduled.fit_lr_sweep(runs).to_json() == one.to_json()
    assert one.exponents[0].exponent.lower < -0.4 < one.exponents[0].exponent.upper


def test_verdicts():
    edge = [run for run in sweep(-0.3) if run.peak >= 1e-3]
    assert "extend the sweep downwards" in scheduled.fit_lr_sweep(edge).verdicts[0]
    diverged = [LrSweepRun(1e-3, 100, math.nan)]
    with pytest.raises(scheduled.ArgumentError, match="all of them diverged"):
        scheduled.fit_lr_sweep(diverged)
    with pytest.raises(scheduled.ArgumentError, match=r"runs\[0\].peak = -1: must be finite and > 0"):
        scheduled.fit_lr_sweep([LrSweepRun(-1.0, 100, 3.0)])


def test_axes_that_grow_together_are_not_told_apart():
    runs = [LrSweepRun(run.peak, run.steps, run.loss, size=1e3 * run.steps) for run in sweep(-0.5)]
    found = scheduled.fit_lr_sweep(runs, [LrSweepQuestion(4000, size=4e6)])
    assert found.exponents == [] and found.rules == []
    assert sum("is not identified" in verdict for verdict in found.verdicts) == 2
    assert found.answers[0].peak.value == pytest.approx(5e-4, rel=1e-5)


def test_transfer_by_other_exponents_and_batches():
    a, b = Schedule("wsd(steps=10001, peak=1e-3)"), Schedule("wsd(steps=100001)")
    assert scheduled.transfer_base_lr(a, b, exponent=-0.3).factor == pytest.approx(10**-0.3, rel=1e-2)
    moved = scheduled.transfer_base_lr(a, a, batch_rule="square_root", batch_from=256, batch_to=1024)
    assert moved.peak == pytest.approx(2e-3)
    with pytest.raises(scheduled.ArgumentError, match="critical_batch = 512.*needs a batch rule"):
        scheduled.transfer_base_lr(a, b, critical_batch=512)
    with pytest.raises(scheduled.ArgumentError, match="did you mean 'linear'"):
        scheduled.batch_factor("liner", 1, 2)


def test_a_book_that_was_changed(tmp_path):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    step = range(20, 1001, 20)
    loss = [2 + 30 / t**0.5 + (-1) ** (t // 20) * 1e-3 for t in step]
    fitted = law.fit_law([law.FitRun("r0", Schedule("constant(steps=1000, peak=1e-3)"), step, loss)], "bu").fitted
    book = tmp_path / "book.jsonl"
    for name in ("a", "b"):
        sealed = law.register_forecast(book, name, fitted, Schedule("linear(steps=2000, peak=1e-3)"), time="2026-11-27T09:00:00Z")
    law.check_seal(book, sealed.seal)
    text = book.read_text()
    book.write_text(text.replace('"run":"a"', '"run":"c"'))
    with pytest.raises(scheduled.ArgumentError, match="line 1: its seal does not fit"):
        law.read_forecasts(book)
    book.write_text(text.splitlines(keepends=True)[0])
    with pytest.raises(scheduled.ArgumentError, match="the book was cut"):
        law.check_seal(book, sealed.seal)
