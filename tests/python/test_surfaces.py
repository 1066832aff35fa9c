"""A result says the same everywhere: attributes, JSON, repr and pickles come from one description, with one spelling."""

import copy
import inspect
import json
import math
import os
import pathlib
import pickle
import re
import struct
import tempfile

import jsonschema
import numpy as np
import pytest
import scheduled
from scheduled import Schedule, _core

RECORDS = _core._records()
RNG_STATE = b"\x00\xff bytes"


def restored(name, *state):
    """An object of the class from the values of its stored attributes, as a pickle makes it."""
    kind = getattr(_core, name)
    made = kind.__new__(kind)
    made.__setstate__(state)
    return made


def of_core():
    schedule = Schedule("wsd(steps=101, peak=0.1)")
    lr = schedule.values()[:100]
    log = scheduled.parse_log("run", "step,lr,loss\n1,0.5,\n2,0.25,3\n")
    rows = "".join(f"{step},{1 - step / 100}\n" for step in range(0, 80, 10))
    about = scheduled.describe_log(scheduled.parse_log("run", f"step,lr\n{rows}100,\n900,\n"), max_gap=1000)
    sweep = scheduled.Sweep([schedule], horizons=[1, 50])
    sweep.run()
    worst = scheduled.schedule_worst_case(schedule)
    foreign = scheduled.import_schedule("--lr 1 --train-iters 9 --lr-decay-style cosine")
    refined = scheduled.refine(np.linspace(2, 1, 50))
    report = scheduled.lint("cosine(steps=100, final=20%)")
    losses = scheduled.parse_log("run", "step,lr,loss\n1,0.5,4\n2,0.25,2\n")
    difference = scheduled.diff(losses, scheduled.parse_log("run", "step,lr,loss\n1,0.5,4\n2,0.125,3\n"))
    return [
        log,
        scheduled.omega_split(lr),
        scheduled.linear_closed_form(9),
        scheduled.bound_facts(schedule),
        scheduled.worst_case(lr, np.linspace(1, 2, 100)),
        scheduled.worst_case_best_scale(lr),
        scheduled.worst_case_function(lr),
        scheduled.run_worst_case(scheduled.worst_case_function(lr)),
        scheduled.average_bound(lr, scheduled.uniform_weights(100, 20)),
        scheduled.drop_and_average(100, 20, 0.1),
        scheduled.constant_endings(100, 0.1, 20)[0],
        worst,
        worst.own,
        scheduled.best_base_lr(schedule),
        scheduled.lr_sensitivity(schedule),
        scheduled.compare([schedule])[0],
        scheduled.optimal_schedule(9),
        scheduled.compare_optima(9),
        scheduled.compare_optima(9).omega_optimal,
        scheduled.constrained_schedule(9, max_lr=0.2),
        scheduled.transfer_base_lr(schedule, Schedule("linear(steps=50)")),
        *of_lr_sweep(),
        scheduled.nearest_spec(lr),
        refined,
        scheduled.extend(schedule, 80, [120, 150])[2],
        scheduled.GradNormFamily(series=[1.0, 2.0], name="a"),
        about,
        about.columns[0],
        foreign,
        foreign.taken[0],
        scheduled.export_schedule(schedule, "torchtitan"),
        about.gaps[0],
        about.uses[0],
        about.tail,
        scheduled.describe_log(scheduled.parse_log("run", "step,lr\n10,1\n20,2\n30,3\n")).head,
        report,
        report.findings[0],
        scheduled.lint_rules()[0],
        difference,
        difference.first,
        difference.bound,
        difference.loss,
        scheduled.diff_rates(losses, losses),
        scheduled.bound_along(log, max_gap=9),
        scheduled.refine_log(scheduled.parse_log("run", "step,lr,grad_norm\n1,0.1,2\n2,0.1,1\n3,0.1,1\n")),
        *sweep.results,  # one horizon is too short: no best, an error
    ]


def of_lr_sweep():
    runs = [
        scheduled.LrSweepRun(peak, steps, 3 - steps / 1e4 + 0.02 * math.log(peak / 1e-3 * (steps / 1000) ** 0.3) ** 2)
        for peak in (5e-4, 1e-3, 2e-3)
        for steps in (1000, 2000)
    ]
    fit = scheduled.fit_lr_sweep(runs, [scheduled.LrSweepQuestion(4000)])
    answer = fit.answers[0]
    rules = [fit.rules[0], fit.rules[0].rule, answer.rules[0]]
    return [runs[0], fit, fit.budgets[0], fit.curvature, fit.exponents[0], answer, answer.question, *rules]


def of_pep():
    pep = pytest.importorskip("scheduled.pep", exc_type=ImportError)
    problem = pep.PepProblem([0.5])
    lower = pep.certify_lower(problem, np.ones((2, 2)), [1.0])
    upper = pep.certify_upper(problem, [[0, 1], [0, 0]], [0.5], 0.5)
    primal = restored("PepPrimal", np.ones(4), np.ones(1))
    dual = restored("PepDual", np.array([0.0, 1.0, 0.0, 0.0]), np.array([0.5]), 0.5)
    result = restored("PepResult", lower, upper, True, 1, 0, 0, 0, 0.5, primal, dual)
    return [lower, upper, primal, dual, result, restored("PepAverage", 0.5, 0.5, 0)]


def of_law(folder):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    step = np.arange(100, 1001, 100)
    truth = law.Law("momentum", {"L0": 2.5, "A": 0.5, "alpha": 0.5, "B": 0.3, "memory": 50.0})
    schedules = [Schedule("constant(steps=1000)"), Schedule("cosine(steps=1000)")]
    runs = [law.FitRun(str(s), s, step, truth.curve(s, step)) for s in schedules]
    fit = law.fit_law(runs, "momentum", prior=0.0)
    theory = law.fit_law(runs, "functional").fitted
    next_run = law.next_run(theory, runs, schedules[1])
    cooldown = law.virtual_cooldown(fit.fitted, schedules[0], [100])
    book = pathlib.Path(folder) / "book.jsonl"
    law.register_forecast(book, "r", fit.fitted, schedules[1], time="2026-11-27T09:00:00Z", data={"a": "b"})
    sealed = law.score_forecast(book, "r", 2.5, time="2026-11-28T09:00:00Z")
    report = law.report_forecasts([law.read_forecasts(book)])
    (pathlib.Path(folder) / "run.csv").write_text("step,lr,loss\n10,0.5,3\n20,0.25,2\n")
    return [
        runs[0],
        fit,
        fit.fitted,
        fit.estimates[0],
        fit.residuals[0],
        cooldown,
        cooldown.answers[0],
        cooldown.trunk,
        sealed,
        sealed.forecast,
        sealed.score,
        law.read_forecasts(book),
        report,
        report.laws[0],
        law.lr_sweep_of_logs([str(pathlib.Path(folder) / "run.csv")]),
        law.predict(fit.fitted, schedules[0], [500, 1000]),
        law.optimize(truth, 50),
        fit.fitted.seen[0],
        law.optimize_seen(fit.fitted, 50),
        law.best_peak(truth, schedules[0], 1.0),
        law.functional_optimum(theory.law, 50),
        law.functional_exponents(theory),
        law.usual_experiments(runs, schedules[0])[0],
        next_run,
        next_run.experiments[0],
        law.watch_run(scheduled.parse_log("run", "step,lr,loss\n10,0.5,3\n20,0.25,2\n"), fit.fitted)[0],
    ]


def write_safetensors(path, value):
    """A model of one number."""
    path.parent.mkdir(exist_ok=True)
    header = b'{"x": {"dtype": "F32", "shape": [1], "data_offsets": [0, 4]}}'.ljust(64)
    path.write_bytes(struct.pack("<Q", len(header)) + header + struct.pack("<f", value))


def state_of_a_job(anytime, folder):
    """As a squeue would say it that has one job."""
    (folder / "jobs" / "submitted").write_text("01-trunk-80 7\n")
    (folder / "bin").mkdir()
    (folder / "bin" / "squeue").write_text("#!/bin/sh\necho '7|RUNNING|None'\n")
    (folder / "bin" / "squeue").chmod(0o755)
    path = os.environ["PATH"]
    os.environ["PATH"] = f"{folder / 'bin'}{os.pathsep}{path}"
    try:
        return anytime.job_states(folder / "jobs")[0]
    finally:
        os.environ["PATH"] = path


def of_anytime(folder):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    trunk = Schedule("rsqrt(warmup=5)")
    plan = anytime.plan_anytime(trunk, [100, 200])
    with anytime.RunStore.init(folder / "run", trunk, data="corpus") as run:
        fresh = run.resume()
        for step in (40, 60):
            run.commit(step, lambda to: (to / "x").write_text("x"), rng_state=RNG_STATE)
        run.branch("short", cooldown="20%")
        for line in ("trunk", "short"):
            run.log(61, {"train_loss": 2.0}, line)
        run.flush()
        diff = run.diff("trunk", "short")
        record, at, report, gone = run.record(), run.resume(), run.verify(), run.gc(1)
    repaired = anytime.RunStore.repair(folder / "run")
    checkpoint = record.checkpoints[0]
    for step in (10, 20):
        write_safetensors(folder / str(step) / "model.safetensors", float(step))
    merged = anytime.merge_safetensors([folder / "10", folder / "20"], [0.5, 0.5], folder / "out")
    with anytime.RunStore.init(folder / "merges", trunk) as run:
        for step in (10, 20):
            run.commit(step, folder / str(step))
        mean = run.merge("mean", {10: 0.5, 20: 0.5})
        external = run.commit_external(30, "s3://bucket/one", listing="21 .metadata")
    jobs = anytime.plan_jobs(plan, folder / "planned", step_seconds=1, checkpoint_bytes=1, command="x {run}", into=folder / "jobs")
    return [
        plan,
        plan.branches[0],
        plan.checkpoints[0],
        jobs,
        jobs.jobs[0],
        state_of_a_job(anytime, folder),
        record,
        record.lines[1],
        record.sessions[0],
        record.data[0],
        checkpoint,
        checkpoint.files[0],
        fresh,
        at,
        report,
        anytime.plan_merge([0.01] * 20, [10, 20]),
        anytime.plan_merge([0.01] * 20, [10, 20]).weights[0],
        external.external,
        (way := anytime.compare_ways(anytime.plan_anytime(scheduled.Schedule("constant"), [100]), ["ema"])[0]),
        way.results[0],
        anytime.plan_checkpoints([800], [1000], [1000]),
        anytime.plan_checkpoints([800], [1000], [1000]).checkpoints[0],
        merged,
        mean,
        mean.merged[0],
        diff,
        diff.facts[0],
        diff.losses[0],
        gone,
        repaired,
    ]


PARTS = {"core": of_core, "pep": of_pep, "law": of_law, "anytime": of_anytime}


def results_of(part, folder):
    return PARTS[part](folder) if part in ("anytime", "law") else PARTS[part]()


@pytest.fixture(params=PARTS)
def results(request, tmp_path):
    return results_of(request.param, tmp_path)


def plain(value):
    """An attribute's value as JSON has it."""
    if isinstance(value, float):
        return value if math.isfinite(value) else None
    if isinstance(value, np.ndarray):
        return [plain(entry) for entry in value.ravel().tolist()]
    if isinstance(value, (list, tuple)):
        return [plain(entry) for entry in value]
    if isinstance(value, dict):
        return {key: plain(entry) for key, entry in value.items()}
    if isinstance(value, (Schedule, pathlib.Path)):
        return str(value)
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    if type(value).__name__ in RECORDS:
        return {spelled(name): plain(getattr(value, name)) for name, _, _ in RECORDS[type(value).__name__]}
    if hasattr(value, "to_json"):
        return json.loads(value.to_json())
    assert value is None or isinstance(value, (bool, int, str))
    return value


def spelled(name):
    """`from_` of Python is `from` elsewhere."""
    return name.removesuffix("_")


def test_no_class_is_forgotten(tmp_path):
    made = {type(result).__name__ for part in PARTS for result in results_of(part, tmp_path)}
    assert made == set(RECORDS)


def test_json_has_the_names_and_values_of_the_attributes(results):
    for result in results:
        assert json.loads(result.to_json()) == plain(result), type(result).__name__


def test_json_is_as_the_schema_of_its_class_says(results):
    for result in results:
        value, validator = json.loads(result.to_json()), jsonschema.Draft202012Validator(json.loads(type(result).json_schema()))
        validator.validate(value)
        assert not validator.is_valid({**value, "no_such_field": 1}), type(result).__name__
        for name in value:
            assert not validator.is_valid({key: inner for key, inner in value.items() if key != name}), (type(result).__name__, name)


def test_attributes_are_documented_with_their_units(results):
    for result in results:
        kind = type(result)
        assert inspect.getdoc(kind)
        for name, doc, stored in RECORDS[kind.__name__]:
            attribute = getattr(kind, name)
            assert attribute.__doc__.strip(), f"{kind.__name__}.{name}"
            assert doc.endswith(".")
            assert isinstance(stored, bool)
            assert re.fullmatch("[A-Za-z][A-Za-z0-9_]*", name)
            with pytest.raises(AttributeError):
                setattr(result, name, None)


def test_all_results_compare_by_value_and_have_no_hash(results):
    """Equal ones had different hashes, so that sets and dicts held them twice."""
    for result in results:
        name = type(result).__name__
        assert result == copy.copy(result), name
        assert not result == object(), name
        assert not result == None and result != None and result not in [None], name  # noqa: E711
        with pytest.raises(TypeError, match="unhashable"):
            hash(result)


def test_results_that_differ_are_not_equal(results):
    """Each number, text and array of each result counts."""
    others = {float: lambda x: x + 1.0 if math.isfinite(x) else 1.0, int: lambda x: x + 1, str: lambda x: x + "x"}
    others |= {bool: lambda x: not x, np.ndarray: lambda x: np.append(x, 1)}
    tried = set()
    for result in results:
        kind = type(result)
        state = result.__getstate__()
        for i, part in enumerate(state):
            if type(part) not in others:
                continue
            changed = kind.__new__(kind)
            try:
                changed.__setstate__((*state[:i], others[type(part)](part), *state[i + 1 :]))
            except (TypeError, ValueError):  # a word that is none of those it may be
                continue
            tried.add(type(part))
            assert changed != result, (kind.__name__, i)
    assert float in tried


def test_every_class_of_the_core_is_hashed_as_it_is_compared():
    """Those without a description, too: a schedule by its value, as it may be a key."""
    classes = [kind for kind in vars(_core).values() if isinstance(kind, type)]
    compared = {kind.__name__ for kind in classes if kind.__eq__ is not object.__eq__ and kind.__hash__ is not None}
    assert compared - {kind.__name__ for kind in classes if issubclass(kind, BaseException)} == {"Schedule"}
    assert hash(Schedule("linear(steps=9)")) == hash(Schedule("linear(steps = 9)"))
    assert {"Law", "Trunk", "Forecast"} <= {kind.__name__ for kind in classes if kind.__hash__ is None}


def test_words_have_one_spelling(results):
    def words(value):
        if isinstance(value, dict):
            for entry in value.values():
                yield from words(entry)
        elif isinstance(value, list):
            for entry in value:
                yield from words(entry)
        elif isinstance(value, str):
            yield value

    for result in results:
        for word in words(json.loads(result.to_json())):
            assert word not in ("worst_case", "adapted_cooldown", "not_converged", "match_base_lr"), result


def test_reprs_name_what_is_stored(results):
    for result in results:
        kind, text = type(result).__name__, repr(result)
        assert text.startswith((f"{kind}(", f"<{kind}"))
        if text.startswith(f"{kind}("):
            for name, _, stored in RECORDS[kind]:
                assert (f"{name}=" in text) >= stored, text


@pytest.mark.parametrize("clone", [copy.copy, copy.deepcopy, lambda r: pickle.loads(pickle.dumps(r))])
def test_all_results_pickle_and_copy(results, clone):
    for result in results:
        again = clone(result)
        assert type(again) is type(result)
        assert again.to_json() == result.to_json()
        assert repr(again) == repr(result)
        if type(result).__eq__ is not object.__eq__:
            assert result == result
            assert again == result or isinstance(result, scheduled.RunLog)  # which may hold NaN
            assert (again == 5) is False


def values_beside_results():
    """One of each class of the extension that is no result; a run store is no value."""
    schedule = Schedule("wsd(steps=101, peak=0.1)")
    stream = scheduled.OmegaStream()
    stream.push(0.1)
    values = [schedule, stream, scheduled.Sweep([schedule]), scheduled.Trunk(schedule, 50)]
    if hasattr(_core, "Law"):
        with tempfile.TemporaryDirectory() as folder:
            fit = of_law(folder)[1]
        values += [fit.fitted, fit.fitted.law]
    if hasattr(_core, "PepProblem"):
        values.append(_core.PepProblem([0.5]))
    return values


def test_all_classes_pickle():
    values = values_beside_results()
    for value in values:
        for protocol in range(2, pickle.HIGHEST_PROTOCOL + 1):
            again = pickle.loads(pickle.dumps(value, protocol))
            assert type(again) is type(value)
            assert repr(again) == repr(value)
            assert pickle.dumps(again, protocol) == pickle.dumps(value, protocol)
    named = {name: kind for name, kind in vars(_core).items() if isinstance(kind, type)}
    classes = {name for name, kind in named.items() if not issubclass(kind, Exception)}
    assert classes == set(RECORDS) | {type(value).__name__ for value in values} | {"RunStore"} & classes


def test_empty_lists_show_as_such():
    assert repr(scheduled.GradNormFamily(name="a")) == "GradNormFamily(name='a', alpha=0, series=[])"


def test_any_bytes_survive_a_pickle(tmp_path):
    checkpoint = next(r for r in of_anytime(tmp_path) if type(r).__name__ == "RecordedCheckpoint")
    assert checkpoint.rng_state == RNG_STATE
    assert pickle.loads(pickle.dumps(checkpoint)).rng_state == RNG_STATE


def test_a_wrong_state_is_refused():
    best = scheduled.best_base_lr(Schedule("linear(steps=5)"))
    for state in [(), (1.0,), (1.0, 1.0, 1, True, True, 1)]:
        with pytest.raises(ValueError, match="another version"):
            restored("BestBaseLr", *state)
    with pytest.raises(TypeError):
        best.__setstate__(best.__getstate__())  # made already: its views would dangle
    with pytest.raises(TypeError):
        type(best).peak.fget(5)
    unmade = type(best).__new__(type(best))
    with pytest.raises(TypeError):
        type(best).peak.fget(unmade)
