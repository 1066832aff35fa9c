"""`scheduled.law`: fits, predictions, virtual cooldowns and optima through NumPy."""

import copy
import json
import pickle
import subprocess
import sys
import threading
import time

import numpy as np
import pytest
from command_outputs import COMMAND
from scheduled import ArgumentError, Schedule, parse_log

law = pytest.importorskip("scheduled.law", exc_type=ImportError)

PARAMETERS = {"L0": 2.6, "A": 0.4, "alpha": 0.5, "B": 0.3, "C": 40.0, "beta": 0.5, "gamma": 0.5}
TRUTH = law.Law("multi-power", PARAMETERS, reference_rate=1e-3, reference_sum=2.0)
STEP = np.arange(100, 2001, 25)
SPECS = ["constant(steps=2000, peak=1e-3)", "wsd(steps=2000, peak=1e-3)", "cosine(steps=2000, peak=1e-3)"]


def made(spec, noise=0.0):
    schedule = Schedule(spec)
    return law.FitRun(spec, schedule, STEP, TRUTH.curve(schedule, STEP) * (1 + noise * np.sin(STEP**2)))


RUNS = [made(spec) for spec in SPECS]


@pytest.fixture(scope="module")
def fit():
    return law.fit_law(RUNS[:2], "multi-power")


def multi_power(lr, t):
    """The formula of 2503.12811 by plain sums."""
    rate = np.asarray(lr[:t]) / 1e-3
    sums = np.concatenate([[0.0], np.cumsum(rate) * 1e-3 / 2.0])
    change = rate - np.concatenate([[0.0], rate[:-1]])
    x = 40.0 * np.maximum(rate, 1e-9) ** -0.5 * (sums[-1] - sums[:-1])
    return 2.6 + 0.4 * sums[-1] ** -0.5 + 0.3 * np.sum(change * (1 - (1 + x) ** -0.5))


def test_curve_is_the_formula():
    schedule = Schedule("wsd(steps=500, warmup=50, cooldown=40%, peak=1e-3)")
    lr = schedule.values()
    expected = [multi_power(lr, t) for t in (100, 300, 450, 500)]
    assert TRUTH.curve(schedule, [100, 300, 450, 500]) == pytest.approx(expected, abs=1e-8)
    assert np.array_equal(TRUTH.curve(lr, np.array([500])), TRUTH.curve(schedule, [500]))


def test_fit_predicts_what_was_not_run(fit):
    assert fit.converged
    assert [residual.points for residual in fit.residuals] == [77, 77]
    assert max(residual.largest for residual in fit.residuals) < 2e-3
    assert {estimate.name for estimate in fit.estimates} == set(PARAMETERS)
    unseen = law.predict(fit.fitted, RUNS[2].lr, STEP)
    assert len(unseen) == STEP.size
    assert np.abs(unseen.loss - RUNS[2].loss).max() < 1e-2
    inside = (unseen.lower <= RUNS[2].loss) & (RUNS[2].loss <= unseen.upper)
    assert inside.mean() >= 0.9
    assert (unseen.lower < unseen.loss).all()
    assert (unseen.loss < unseen.upper).all()


def test_the_noise_law():
    """Fitted to runs that it made, it follows them, and its curve is that of the fit."""
    values = [2.7, 0.13, 0.55, 0.3, 1500.0, 0.45, 0.75, 2.5, 1e-4, 0.0]
    names = ["L0", "A", "alpha", "B", "C", "beta", "kappa", "lambda", "eta0", "delta"]
    truth = law.Law("noise", dict(zip(names, values)), reference_rate=1e-3, reference_sum=2.0)
    runs = [law.FitRun(run.name, run.lr, STEP, truth.curve(run.lr, STEP)) for run in RUNS]
    found = law.fit_law(runs, "noise")
    assert list(found.fitted.law.parameters) == names
    assert max(residual.largest for residual in found.residuals) < 5e-3
    predicted = law.predict(found.fitted, runs[2].lr, STEP)
    assert np.array_equal(predicted.loss, found.fitted.law.curve(runs[2].lr, STEP))
    assert (predicted.lower < predicted.loss).all()


def test_options(fit):
    fixed = law.fit_law(RUNS, "multi-power", fixed={"gamma": 0.4}, log_residuals=False, huber=0.0)
    assert fixed.fitted.law.parameters["gamma"] == pytest.approx(0.4, rel=1e-14)
    noisy = [made(spec, 1e-3) for spec in SPECS]
    options = {"law": "momentum", "bootstrap": 4, "calibrate": True}
    one, three = (law.fit_law(noisy, threads=threads, **options) for threads in (1, 3))
    assert one.fitted == three.fitted
    assert len(one.fitted.bootstrap) == 4
    assert one.fitted.inflation >= 1.0
    assert one.fitted != fit.fitted


def test_text_and_pickles_read_back(fit):
    fitted = fit.fitted
    assert law.FittedLaw.from_json(fitted.to_json()) == fitted
    assert law.Law.from_json(TRUTH.to_json()) == TRUTH
    for value in (fitted, fitted.law, copy.deepcopy(fitted)):
        assert pickle.loads(pickle.dumps(value)) == value
    again = pickle.loads(pickle.dumps(fit))
    assert again.fitted == fitted
    assert repr(again.estimates) == repr(fit.estimates)
    assert fitted.law.parameters == law.Law.from_json(fitted.law.to_json()).parameters


def test_runs_from_logs():
    text = "step,lr,val_loss\n" + "".join(f"{t},1,{3 + 1 / t}\n" for t in (10, 20, 30))
    run = law.fit_run(parse_log("run", text), first_step=15, warmup=5)
    assert (run.name, run.step.tolist(), len(run.lr)) == ("run", [20, 30], 30)
    assert run.lr[0] == pytest.approx(0.2)
    branch = parse_log("branch", "step,lr,val_loss\n20,1,3.05\n30,0,2.9\n")
    assert law.fit_branch(parse_log("run", text), branch).loss.tolist() == [2.9]
    with pytest.raises(ValueError, match="read-only"):
        run.lr[0] = 1.0


def test_runs_leave_out_what_the_command_does(tmp_path):
    def rows(rate, first=10, last=1000):
        return "step,lr,val_loss\n" + "".join(f"{t},{rate(t)},{2 + 30 / (t + 20) + 50 * rate(t)}\n" for t in range(first, last + 1, 10))

    texts = {
        "trunk": rows(lambda t: 1e-3),
        "short": rows(lambda t: 1e-3 * (1 - t / 410), last=400),
        "branch": rows(lambda t: 1e-3 * (1010 - t) / 310, first=700),
    }
    for name, text in texts.items():
        (tmp_path / f"{name}.csv").write_text(text)
    logs = {name: parse_log(name, text) for name, text in texts.items()}
    runs = law.fit_runs([logs["trunk"], logs["short"], (logs["trunk"], logs["branch"])])
    words = ["trunk.csv", "short.csv", "--log", "branch.csv", "--base", "trunk.csv", "--law", "momentum", "--json"]
    done = subprocess.run([COMMAND, "fit", *words], cwd=tmp_path, capture_output=True, text=True, check=True)
    said = json.loads(done.stdout)
    assert [run.step[0] for run in runs] == [50, 50, 710]
    assert said["fitted"] == json.loads(law.fit_law(runs, "momentum").fitted.to_json())
    assert law.fit_run(logs["trunk"]) == runs[0]
    branch = law.fit_branch(logs["trunk"], logs["branch"])
    assert (branch.step.tolist(), branch.loss.tolist(), branch.lr.tolist()) == (runs[2].step.tolist(), runs[2].loss.tolist(), runs[2].lr.tolist())
    assert law.fit_run(logs["trunk"], first_step=1).step[0] == 10
    early = law.fit_law([law.fit_run(log, first_step=1) for log in (logs["trunk"], logs["short"])], "momentum")
    assert any("where laws do not hold" in warning for warning in early.warnings)
    assert not any("where laws do not hold" in warning for warning in law.fit_law(runs, "momentum").warnings)


def test_virtual_cooldown(fit):
    trunk = Schedule("constant(steps=1500, peak=1e-3)")
    now = law.virtual_cooldown(fit.fitted, trunk, [100, 500], decay="1-sqrt", further=250)
    assert [answer.worth_going_on for answer in now.answers] == ["yes" if answer.gain.lower > 0 else "unsure" for answer in now.answers]
    assert {answer.better_spent for answer in now.answers} <= {"trunk", "cooldown", "alike"}
    assert (now.now, [answer.length for answer in now.answers]) == (1500, [100, 500])
    whole = Schedule("wsd(steps=2000, cooldown=500, decay=1-sqrt, peak=1e-3)")
    at_end = law.predict(fit.fitted, whole, [2000])
    assert now.answers[1].loss.loss == pytest.approx(at_end.loss[0], rel=1e-12)
    assert now.answers[1].loss.upper == pytest.approx(at_end.upper[0], rel=1e-12)
    later = Schedule("wsd(steps=2250, cooldown=500, decay=1-sqrt, peak=1e-3)")
    gain = law.predict_difference(fit.fitted, whole, later)
    assert now.answers[1].gain.loss == pytest.approx(gain.loss, rel=1e-9)
    longer = Schedule("wsd(steps=2250, cooldown=750, decay=1-sqrt, peak=1e-3)")
    assert now.answers[1].longer.loss == pytest.approx(
        at_end.loss[0] - law.predict(fit.fitted, longer, [2250]).loss[0], rel=1e-9
    )
    (shape,) = law.extrapolations(fit.fitted, whole)
    assert shape.startswith("its rate falls in another shape than any that was fitted: by 25 % of the peak from that of 'wsd(")
    assert law.not_identified(fit.fitted, whole) == ""
    assert law.extrapolations(fit.fitted, later)[0] == "2250 steps are more than the longest run had (2000)"
    assert law.extrapolations(fit.fitted, Schedule("wsd(steps=2000, peak=1e-3)")) == []


def test_what_was_seen_and_the_best_of_it(fit):
    (run,) = [run for run in fit.fitted.seen if run.name.startswith("wsd(")]
    assert (run.steps, run.peak, run.decay) == (2000, 1e-3, pytest.approx(0.2, abs=1e-3))
    assert run.shape == pytest.approx(np.linspace(1, 0, 9), abs=3e-3)
    assert law.FittedLaw.from_json(fit.fitted.to_json()) == fit.fitted
    seen = law.optimize_seen(fit.fitted, 1000, warmup=50)
    best = law.optimize(fit.fitted.law, 1000, warmup=50)
    assert best.bound <= best.loss <= seen.loss + 1e-5
    assert law.extrapolations(fit.fitted, seen.lr) == []
    assert fit.fitted.law.curve(seen.lr, [1000])[0] == pytest.approx(seen.loss, abs=1e-12)
    assert seen.lr.max() == pytest.approx(seen.peak)


def test_losses_of_a_run_count_as_forty():
    schedules = [Schedule("constant(steps=1000, peak=1e-3)"), Schedule("wsd(steps=1000, peak=1e-3)")]

    def fitted(stride):
        step = np.arange(100, 1001, stride)
        lasting = 1 + 2e-3 * np.sin(step / 100)
        return law.fit_law([law.FitRun(str(s), s, step, TRUTH.curve(s, step) * lasting) for s in schedules])

    few, many = fitted(20), fitted(2)
    assert few.fitted.law.kind == "noise"
    assert many.objective == pytest.approx(few.objective, rel=0.1)
    end = [many.fitted.law.curve(schedules[1], [1000])[0], few.fitted.law.curve(schedules[1], [1000])[0]]
    assert end[0] == pytest.approx(end[1], abs=1e-3)


def test_optimum_beats_named_schedules_at_their_best_peaks(fit):
    fitted = fit.fitted.law
    best = law.optimize(fitted, 1000, warmup=50, cap=1e-3)
    assert best.converged
    assert best.gap <= 1e-5
    assert (best.lr <= 1e-3).all()
    assert (np.diff(best.lr[50:]) <= 0).all()
    assert best.lr[:50] == pytest.approx(best.lr[50] * np.arange(1, 51) / 50)
    assert fitted.curve(best.lr, [1000])[0] == pytest.approx(best.loss, abs=1e-8)
    keys = "steps=1000, warmup=50"
    for spec in [f"linear({keys})", f"cosine({keys})", f"wsd({keys})", f"wsd({keys}, decay=1-sqrt)"]:
        schedule = Schedule(spec)
        peak = law.best_peak(fitted, schedule, cap=1e-3)
        assert best.loss < peak.loss
        assert fitted.curve(schedule.with_peak(peak.peak), [1000])[0] == pytest.approx(peak.loss, abs=1e-12)
    stairs = law.optimize(fitted, 1000, warmup=50, cap=1e-3, stairs=True)
    assert stairs.loss <= best.loss + 1e-5


def test_the_functional_law_says_what_theory_calls_best():
    truth = law.Law("functional", {"L0": 2.5, "A": 0.3, "s": 0.5, "B": 0.3, "C": 80.0, "beta": 1.6}, 1e-3, 1.0)
    step = np.arange(50, 1001, 10)
    trunks = [Schedule(f"constant(steps=1000, peak={peak})") for peak in (1e-3, 3e-4)]
    found = law.functional_exponents(law.fit_law([law.FitRun(str(t), t, step, truth.curve(t, step)) for t in trunks], "functional").fitted)
    assert found.s.value == pytest.approx(0.5, rel=0.02)
    assert found.s.lower < 0.5 < found.s.upper
    assert found.margin.value == pytest.approx(found.s.value - 1 + 1 / found.beta.value)
    best = law.functional_optimum(truth, 1000, warmup=50, cap=1e-3)
    assert best.at_cap
    assert best.lr[49] == best.lr[50] == best.peak == 1e-3
    assert best.exponent == pytest.approx(2.2)
    assert best.loss == pytest.approx(law.optimize(truth, 1000, warmup=50, cap=1e-3).loss, abs=1e-4)


def test_gradient_is_the_derivative():
    lr = Schedule("wsd(steps=60, cooldown=50%, peak=1e-3)").values()[:-1]
    loss, gradient = law.loss_gradient(TRUTH, lr)
    assert loss == pytest.approx(multi_power(lr, 59), rel=1e-12)
    for k in (0, 20, 45, 58):
        moved = np.array([lr, lr])
        moved[0, k] += 1e-9
        moved[1, k] -= 1e-9
        difference = (multi_power(moved[0], 59) - multi_power(moved[1], 59)) / 2e-9
        assert gradient[k] == pytest.approx(difference, rel=1e-4, abs=1e-4 * np.abs(gradient).max())


def test_the_gil_is_released():
    done = threading.Event()
    counts = []

    def count():
        ticks = 0
        while not done.is_set():
            ticks += 1
            time.sleep(0.001)
        counts.append(ticks)

    thread = threading.Thread(target=count)
    thread.start()
    law.fit_law([made(spec, 1e-3) for spec in SPECS], "angular", bootstrap=10)
    done.set()
    thread.join()
    assert counts[0] > 20


BAD = [
    (lambda: law.Law("chinchilla", {}), r"law = 'chinchilla': must be omega, worst-case"),
    (lambda: law.Law("bu", {"L_inf": 1.0}), r"parameters: 'a' is missing"),
    (lambda: law.Law("bu", {"L_inf": 1, "a": 1, "b": 1, "c": 1}), r"parameters: unknown 'c'; allowed: L_inf, a, b"),
    (lambda: law.Law("bu", {"L_inf": 1, "a": -1, "b": 1}), r"a = -1: must be finite and >= 0"),
    (lambda: law.Law.from_json("{"), r"law JSON: is no valid JSON"),
    (lambda: law.FittedLaw.from_json("{}"), r"law JSON: must be an object with the key 'law'"),
    (lambda: TRUTH.curve([1.0, -1.0], [1]), r"lr\[1\] = -1: must be finite and >= 0"),
    (lambda: TRUTH.curve([1.0, 1.0], [3]), r"step\[0\] = 3: must be within 1 ... 2"),
    (lambda: TRUTH.curve(["a"], [1]), r"lr: must"),
    (lambda: law.fit_law([]), r"runs: must hold at least one run"),
    (lambda: law.fit_law([law.FitRun("a", [1.0] * 9, [1, 2, 3], [3.0, 2.9, 2.8])]), r"loss: 3 points of 'a' for 10 parameters"),
    (lambda: law.fit_law([law.FitRun("a", [1.0] * 9, [1, 2], [3.0, np.nan])]), r"run 'a': loss\[1\] = nan"),
    (lambda: law.fit_law([law.FitRun("a", [1.0] * 20, range(1, 12), [3.0] * 11)]), r"the same at every step"),
    (lambda: law.fit_law(RUNS, "bu", fixed={"c": 1.0}), r"parameter = 'c': the law bu has L_inf, a, b"),
    (lambda: law.fit_law(RUNS, "bu", bootstrap=-1), r"replicates = -1: must be >= 1"),
    (lambda: law.fit_law(RUNS, "bu", threads=0), r"threads = 0: must be >= 1"),
    (lambda: law.fit_law(RUNS[:1], "bu", calibrate=True), r"leaving runs out needs 2, there is 1"),
    (lambda: law.optimize(TRUTH, 0), r"steps = 0: must be >= 1"),
    (lambda: law.optimize(TRUTH, 5, warmup=5), r"warmup = 5: must be within 0 ... 4"),
    (lambda: law.best_peak(TRUTH, Schedule("constant"), 1.0), r"schedule: must have a horizon"),
    (lambda: TRUTH.curve(Schedule("constant"), [1]), r"horizon"),
    (lambda: law.next_run(law.fit_law(RUNS, "bu").fitted, RUNS, [1e-3] * 9, [law.Experiment("a", [1e-3], 1)]), r"shared = 1: must be within 0 ... 0 for 'a'"),
    (lambda: law.functional_optimum(TRUTH, 5), r"law = multi-power: must be a functional law"),
]


@pytest.mark.parametrize(("call", "text"), BAD)
def test_bad_arguments(call, text):
    with pytest.raises(ArgumentError, match=text):
        call()


def test_bad_questions(fit):
    with pytest.raises(ArgumentError, match=r"length = 0: must be >= 1"):
        law.virtual_cooldown(fit.fitted, [1.0], [0])
    with pytest.raises(ArgumentError, match=r"trunk\[\d+\] = 0.*must be > 0"):
        law.virtual_cooldown(fit.fitted, [1.0, 0.0], [1])
    with pytest.raises(ArgumentError, match=r"steep"):
        law.virtual_cooldown(fit.fitted, [1.0], [1], decay="steep")


def test_watching_takes_lengths_of_both_kinds_and_reads_the_condition_first(fit):
    log = parse_log("run", "step,lr,loss\n" + "".join(f"{k},1e-3,{4 - k / 1000}\n" for k in range(100, 1001, 100)))
    (number, _), (text, _) = (law.watch_run(log, fit.fitted, cooldown=length) for length in (200, "200"))
    assert number.cooldown == 200 and number.to_json() == text.to_json()
    assert number.warnings[0] == "started in 1000 steps: 2200 steps are more than the longest run had (2000)"
    ends = np.concatenate([np.full(1000, 1e-3), 1e-3 * (1 - np.arange(1, 11) / 10)])
    short, _ = law.watch_run(log, fit.fitted, cooldown=10)
    assert short.warnings == law.extrapolations(fit.fitted, ends) and short.warnings
    with pytest.raises(ArgumentError, match=r"until = los: must be loss, step, bound, gain or notice"):
        law.watch_run(log, fit.fitted, cooldown="none", until="los<3")
    with pytest.raises(ArgumentError, match=r"further = 0: must be >= 1"):
        law.watch_run(log, further=0)


def test_without_eigen(monkeypatch):
    monkeypatch.delattr("scheduled._core.fit_law")
    monkeypatch.delitem(sys.modules, "scheduled.law")
    with pytest.raises(ImportError, match=r"built without scheduled\.law, because Eigen was not found"):
        import scheduled.law  # noqa: F401
