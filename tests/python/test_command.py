"""The command's --json and --csv say what Python's results say, by the names of the same descriptions: of schedules."""

import csv
import importlib
import io
import json
import re
import subprocess

import numpy as np
import pytest
import scheduled
from command_outputs import (
    COMMAND,
    ROOT,
    assert_cell,
    assert_named,
    assert_rows,
    assert_says,
    assert_series,
    command_tests,
    outputs_in,
    pairs,
    same,
)
from scheduled import Schedule

#: Keys in the sources that are no result: what `run export` and `log` print is a log, in the form that reads back; a column
#: for each horizon; the text of a schedule; the trainer's files.
BY_HAND = {
    "run_read.cpp": {"step"},
    "log_options.cpp": {"step"},
    "forecast.cpp": {"first"},  # of `how`, by the names of options
    "extend.cpp": {"stopped_"},
    "print.cpp": {"spec"},  # beside every schedule
}
FILE_FORMATS = {"checkpoint.cpp", "config.cpp", "safetensors.cpp"}
KEY = re.compile(
    r'\[\s*"([\w.]+)"\s*\]'  # json["key"]
    r'|(?:object|array)\(\s*\{?\s*\{\s*"([\w.]+)"'  # Json::object({{"key", ...
    r'|[{,]\s*\{\s*"([\w.]+)",'  # ... {"key", ...
    r'|\.add\(\s*"([a-z][\w.]*)",'  # json.add("key", ...
    r'|csv_line\(\s*\{\s*"([\w.]+)"'  # csv_line({"column", ...
    r'|write\(\s*"(\w+)[,\\]'  # write("column,...
    r'|(?:header|row|cells|names|columns)\{\s*"([a-z][\w.]*)"\}'  # std::vector<std::string> names{"column"}
    r'|header\.(?:push_back|emplace_back)\([^;]*?"([a-z]\w*)\{?\}?"'  # header.push_back("column")
)
#: {"words", ...} of other kinds: what an option is called here and there, rows of tables, examples.
NO_KEY = re.compile(r"renamed\(|UserNames|TextTable|text\.add|fail_|verb\.add|insert\(|TextTable|text_of|plot::|Line|kinds\{")


def test_verbs_spell_no_key():
    found = {}
    for path in sorted(set(ROOT.glob("apps/*/*.cpp")) - {ROOT / "apps/trainer" / name for name in FILE_FORMATS}):
        for statement in re.split(r"(?<=[;{}])\s*\n", path.read_text()):
            if NO_KEY.search(statement):
                continue
            keys = {key for match in KEY.finditer(statement) for key in match.groups() if key}
            if keys - BY_HAND.get(path.name, set()):
                found.setdefault(path.name, set()).update(keys - BY_HAND.get(path.name, set()))
    assert found == {}


@pytest.fixture
def run(tmp_path):
    return outputs_in(tmp_path)


WSD = "wsd(steps=101, warmup=5, peak=0.1)"


def test_show(run):
    values, rows = run("show", WSD, "--every", "7")
    assert_series(values, rows)
    schedule = Schedule(WSD)
    assert values[0]["spec"] == str(schedule)
    assert values[0]["lr"] == [schedule.lr(step) for step in values[0]["step"]]


def test_bound(run):
    (value,), rows = run("bound", WSD, "-D", "2")
    assert_rows([value], rows)
    schedule = Schedule(WSD)
    best = scheduled.best_base_lr(schedule, distance=2.0)
    assert_says(value["best"], best)
    assert (value["peak"], value["criterion"], value["distance"], value["grad_norm"]) == (0.1, "omega", 2, 1)
    assert same(value["bound"], scheduled.bound(schedule, distance=2.0))
    (value,), rows = run("bound", WSD, "--split")
    assert_rows([value], rows)
    assert_says(value["split"], scheduled.omega_split(schedule.values()[:100]))
    explained = json.loads(run.output("bound", WSD, "--explain", "--json"))
    assert_says(explained["closed_forms"], scheduled.bound_facts(schedule))
    assert_named(explained)


def test_bound_at_every_step(run):
    values, rows = run("bound", WSD, "--curve", "--gradient")
    assert_series(values, rows)
    lr = Schedule(WSD).values()[:100]
    assert same(values[0]["bound"], scheduled.omega_curve(lr).tolist())
    assert same(values[0]["gradient"], scheduled.omega_gradient(lr).tolist())
    assert_series(*run("bound", WSD, "linear(steps=50)", "--curve", "--every", "20"))


def test_tune(run):
    values, rows = run("tune", WSD, "cosine(steps=50, warmup=5, final=1e-3)", "--within", "5%")
    assert_rows(values, rows)
    for value, spec in pairs(values, [WSD, "cosine(steps=50, warmup=5, final=1e-3)"]):
        found = scheduled.lr_sensitivity(Schedule(spec), share=0.05)
        assert_says(value, found, "best", "closed_form")
        assert_says(value, found.best)


def test_compare(run):
    (value,), rows = run("compare", WSD, "linear(steps=90)", "--criterion", "worst-case")
    assert_rows(value["rows"], rows)
    assert_named(value)
    for row, found in pairs(value["rows"], scheduled.compare([Schedule(WSD), Schedule("linear(steps=90)")], criterion="worst-case")):
        assert_says(row, found, "best")
        assert_says(row, found.best)


def test_compare_over_a_grid(run):
    (value,), rows = run("compare", "wsd", "--horizons", "1,50", "--cooldowns", "10%,20%")
    assert_rows(value["rows"], rows)
    assert_named(value)
    sweep = scheduled.Sweep([Schedule("wsd(steps=50)")], horizons=[1, 50], cooldowns=[0.1, 0.2])
    sweep.run()
    for row, found in pairs(value["rows"], sweep.results):
        assert_says(row, found, "best")
        if found.best:
            assert_says(row, found.best)


def test_worst_case(run):
    values, rows = run("worst-case", WSD, "cosine(steps=9, peak=0.1, final=1e-3)")
    assert_rows(values, rows)
    for value, spec in pairs(values, [WSD, "cosine(steps=9, peak=0.1, final=1e-3)"]):
        found = scheduled.schedule_worst_case(Schedule(spec))
        assert_says(value, found, "own", "best")
        for there, place in [(value, found.own), (value["best"], found.best)]:
            if place is None:
                assert there is None
                continue
            assert_says(there, place, "worst_case")
            assert_says(there, place.worst_case, "value", "exact")
            assert same(there["worst_case"], place.worst_case.value)
    (value,), rows = run("worst-case", WSD, "--at", "3,9")
    assert_named(value)
    assert_series([{**value["at"], "schedule": value["spec"]}], rows)


def test_worst_case_function(run, tmp_path):
    file = tmp_path / "worst.npz"
    (value,), _ = run("worst-case", WSD, "--run", "--function", str(file))
    assert_named(value)
    lr = scheduled.bound_rates(Schedule(WSD))
    f = scheduled.worst_case_function(lr)
    assert_says(value["run"], scheduled.run_worst_case(f))
    assert value["run"]["last"] == pytest.approx(value["worst_case"], rel=1e-12)
    with np.load(file) as arrays:
        for name in ["a", "b", "q", "lr", "step"]:
            assert arrays[name].tolist() == getattr(f, name).tolist()
        assert arrays["slope"][0] == f.slope
    run("worst-case", WSD, "--function", str(tmp_path / "worst.json"))
    assert json.loads((tmp_path / "worst.json").read_text())["b"] == f.b.tolist()


def test_average(run):
    specs = [f"{WSD} | average(last=20%)", "constant(steps=60, peak=0.1) | average(half_life=5%)"]
    values, rows = run("average", *specs)
    assert_rows(values, rows)
    for value, spec in pairs(values, specs):
        assert_named(value)
        schedule, average = spec.split(" | ")
        lr = scheduled.bound_rates(Schedule(schedule))
        assert value["average"] == average
        assert_says(value, scheduled.average_bound(lr, scheduled.average_weights(average, lr)))
        assert same(value["last_iterate"], scheduled.worst_case(lr).value)
    (value,), _ = run("compare", *specs, "--criterion", "worst-case")
    for row, found in pairs(value["rows"], scheduled.compare(specs, criterion="worst-case")):
        assert_says(row, found, "best")
        assert row["average"] == found.average != ""


def test_optimize(run):
    (value,), rows = run("optimize", "--steps", "30", "--max-lr", "0.2")
    assert_named(value)
    found = scheduled.constrained_schedule(30, max_lr=0.2)
    assert_says(value, found, "reason", "lr")
    assert same(value["schedule"]["values"], found.lr.tolist())
    assert [float(row["lr"]) for row in rows] == value["schedule"]["values"]
    assert_says(value["nearest"], scheduled.nearest_spec(found.lr))


def test_lint(run):
    spec = "cosine(steps=100, warmup=10, warmup_start=0, final=20%)"
    (value,) = map(json.loads, run.output("lint", spec, "--json", "--fail-on", "never").splitlines())
    assert_named(value)
    assert_says(value, scheduled.lint(spec))
    rules = [json.loads(line) for line in run.output("lint", "--rules", "--json").splitlines()]
    for rule, wanted in pairs(rules, scheduled.lint_rules()):
        assert_named(rule)
        assert_says(rule, wanted)


def test_diff(run):
    a, b = "wsd(steps=100)", "wsd(steps=100, cooldown=40%)"
    same = json.loads(run.output("diff", a, b, "--json", "--tolerance", "1"))
    assert_named(same)
    assert_says(same, scheduled.diff(a, b, tolerance=1.0))
    rows = list(csv.DictReader(io.StringIO(run.output("diff", a, b, "--csv", "--tolerance", "1"))))
    rates = scheduled.diff_rates(a, b)
    assert [float(row["difference"]) for row in rows] == rates.difference.tolist()
    assert list(rows[0]) == ["update", "a", "b", "difference"]
    found = json.loads(run.output("diff", "run.csv", str(Schedule("constant(peak=1e-3)")), "--json"))
    assert_says(found, scheduled.diff(run.folder / "run.csv", "constant(peak=1e-3)"), "a", "b")


def test_every_verb_has_a_function():
    """What each verb of the command calls, in Python."""
    functions = {
        "average": ["average_bound", "average_weights"],
        "bound": ["bound", "bound_along", "bound_facts", "omega_curve", "OmegaStream"],
        "compare": ["compare", "Sweep"],
        "completion": [],  # of a shell
        "cooldown": ["law.virtual_cooldown", "law.extrapolations"],
        "diff": ["diff", "diff_rates"],
        "export": ["export_schedule", "foreign_tools"],
        "extend": ["extend", "planned_distance"],
        "forecast": ["law.register_forecast", "law.score_forecast", "law.report_forecasts"],
        "fit": ["law.fit_law", "law.fit_run", "law.fit_store", "law.next_run"],
        "import": ["import_schedule"],
        "lint": ["lint", "lint_rules"],
        "log": ["describe_log", "read_log"],
        "manual": [],  # of the command
        "optimize": ["optimal_schedule", "constrained_schedule", "compare_optima"],
        "predict": ["law.predict", "law.optimize", "law.best_peak", "law.functional_optimum"],
        "refine": ["refine_log", "refine"],
        "schema": ["BestBaseLr.json_schema"],
        "run": ["plan_anytime", "anytime.compare_ways", "anytime.plan_checkpoints", "anytime.plan_jobs", "anytime.job_states", "anytime.plan_merge", "merge", "RunStore"],
        "show": ["Schedule", "schedule_help", "presets"],
        "train": [],  # a program
        "transfer": ["transfer_base_lr", "fit_lr_sweep", "law.lr_sweep_of_logs"],
        "tune": ["lr_sensitivity", "best_base_lr"],
        "watch": ["law.watch_run"],
        "worst-case": ["schedule_worst_case", "worst_case", "worst_case_function", "run_worst_case", "pep.solve_pep"],
    }
    of_runs = dict.fromkeys(["init", "lr", "commit", "branch", "resume", "log", "verify", "gc", "repair", "migrate", "diff", "merge"])
    of_runs |= {"status": "record", "export": "log_of"}
    for name in (name for names in functions.values() for name in names):
        part, _, own = name.rpartition(".")
        where = scheduled.BestBaseLr if part == "BestBaseLr" else importlib.import_module(f"scheduled.{part}" if part else "scheduled")
        assert hasattr(where, own), name
    for verb, method in of_runs.items():
        assert hasattr(scheduled.RunStore, method or verb), verb

    command = command_tests()

    def verbs(*outer):
        text = subprocess.run([COMMAND, *outer, "--help"], capture_output=True, text=True, check=True).stdout
        return set(command.verbs_of_help(text))

    assert verbs() == set(functions)
    assert verbs("run") == {"plan", *of_runs}


def test_extend(run):
    (value,), rows = run("extend", WSD, "--at", "70", "--to", "120,150")
    assert_named(value)
    stopped = [column for column in rows[0] if column.startswith("stopped_")]
    assert stopped == ["stopped_120", "stopped_150"]
    for output, row in pairs(value["rows"], rows):
        for column, bound in pairs(stopped, output["stopped"]):
            assert_cell(row.pop(column), bound, column)
        assert row.pop("distance") == f"{value['distance']!r}"
    assert_rows([{k: v for k, v in row.items() if k != "stopped"} for row in value["rows"]], rows)
    for row, found in pairs(value["rows"], scheduled.extend(Schedule(WSD), 70, [120, 150])):
        assert_says(row, found, "lr", "distance")
        assert same(value["distance"], found.distance)


def test_transfer(run):
    values, rows = run("transfer", WSD, "linear(steps=90)")
    assert_rows(values, rows)
    assert_says(values[0], scheduled.transfer_base_lr(Schedule(WSD), Schedule("linear(steps=90)")))
    assert values[0]["tuned"] == str(Schedule(WSD))
    (value,) = map(json.loads, run.output("transfer", WSD, "linear(steps=90)", "--exponent", "-0.3", "--json").splitlines())
    assert_says(value, scheduled.transfer_base_lr(Schedule(WSD), Schedule("linear(steps=90)"), exponent=-0.3))


def test_transfer_from_a_sweep(run):
    table = "steps,lr,loss\n" + "".join(
        f"{steps},{peak},{3 - steps / 1e4 + 0.02 * np.log(peak / 1e-3 * (steps / 1000) ** 0.3) ** 2}\n"
        for peak in (5e-4, 1e-3, 2e-3)
        for steps in (1000, 2000, 4000)
    )
    (run.folder / "sweep.csv").write_text(table)
    (value,), rows = run("transfer", "--from-sweep", "sweep.csv", "--to", "8k")
    assert_named(value)
    found = scheduled.fit_lr_sweep(scheduled.parse_lr_sweep("sweep.csv", table)[0], [scheduled.LrSweepQuestion(8000)])
    assert_says(value, found)
    assert found.exponents[0].exponent.value == pytest.approx(-0.3, abs=1e-6)
    assert_rows(value["budgets"], rows)


def test_forecast(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    time = ["--time", "2026-11-27T09:00:00Z"]
    said = ["trunk.csv", "--law", "bu", "--to", "constant(steps=3000, peak=1e-3)", "--result", "long.csv"]
    (value,) = map(json.loads, run.output("forecast", "register", *said, *time, "--json").splitlines())
    assert_named(value)
    (sealed,) = law.read_forecasts(run.folder / "forecasts.jsonl").forecasts
    assert_says(value, sealed)
    assert sealed.forecast.data == {"trunk.csv": law.sha256((run.folder / "trunk.csv").read_bytes())}
    refused = subprocess.run([COMMAND, "forecast", "register", *said, *time], cwd=run.folder, capture_output=True, text=True)
    assert refused.returncode == 2 and "has a forecast already" in refused.stderr
    (run.folder / "long.csv").write_text(f"step,val_loss\n3000,{sealed.forecast.loss.loss}\n")
    (value,) = map(json.loads, run.output("forecast", "score", *time, "--json").splitlines())
    assert_says(value, law.read_forecasts(run.folder / "forecasts.jsonl").forecasts[0])
    (report,) = map(json.loads, run.output("forecast", "report", "--json").splitlines())
    assert_named(report)
    assert report["laws"][-1]["coverage"] == 1.0
    late = [*said[:-1], "long.csv", "--name", "late"]
    refused = subprocess.run([COMMAND, "forecast", "register", *late, *time], cwd=run.folder, capture_output=True, text=True)
    assert refused.returncode == 2 and "no forecast any more" in refused.stderr
