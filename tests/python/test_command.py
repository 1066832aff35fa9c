"""The command's --json and --csv say what Python's results say, by the names of the same descriptions."""

import csv
import importlib
import io
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

import numpy as np
import pytest
import scheduled
from scheduled import Schedule
from test_surfaces import RECORDS, plain

ROOT = pathlib.Path(__file__).parents[2]
BUILT = ROOT / "build/release/scheduled"
COMMAND = os.environ.get("SCHEDULED_COMMAND") or (str(BUILT) if BUILT.exists() else shutil.which("scheduled"))

#: The names that descriptions give: of the library's results, and of what verbs put together of these.
NAMES = {
    name
    for path in [*ROOT.glob("src/*/records.hpp"), *ROOT.glob("apps/*/*.hpp"), *ROOT.glob("python/src/*/*.hpp")]
    for name in re.findall(r'Field\{\s*"(\w+)"', path.read_text())
}

#: Keys in the sources that are no result: what `run export` and `log` print is a log, in the form that reads back; a column
#: for each horizon; the text of a schedule; the trainer's files.
BY_HAND = {
    "run_read.cpp": {"iter", "train", "config", "run", "line", "schedule", "record", "history", "metric.iter", "step"},
    "log_options.cpp": {"step"},
    "extend.cpp": {"stopped_"},
    "print.cpp": {"spec"},  # beside every schedule
}
FILE_FORMATS = {"checkpoint.cpp", "safetensors.cpp"}
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
NO_KEY = re.compile(r"renamed\(|TextTable|text\.add|fail_|verb\.add|insert\(|TextTable|text_of|plot::|Line|kinds\{")


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
    if COMMAND is None:
        pytest.skip("the command is not built")
    os.environ.setdefault("SCHEDULED_COMMAND", COMMAND)
    sys.path.insert(0, str(ROOT / "tests/cli"))
    import command

    command.write_example_logs(tmp_path)

    def output(*arguments):
        made = subprocess.run([COMMAND, *map(str, arguments)], cwd=tmp_path, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        return made.stdout

    def both(*arguments):
        """What it prints as JSON, a value for each line, and as CSV, a dict for each row."""
        values = [json.loads(line) for line in output(*arguments, "--json").splitlines()]
        return values, list(csv.DictReader(io.StringIO(output(*arguments, "--csv"))))

    both.folder = tmp_path
    both.output = output
    return both


def same(found, wanted):
    """The same value, numbers but for rounding: the package may be built by other flags."""
    if isinstance(wanted, float) and isinstance(found, (int, float)):
        return math.isclose(found, wanted, rel_tol=1e-9, abs_tol=1e-12)
    if isinstance(wanted, dict) and isinstance(found, dict):
        return found.keys() == wanted.keys() and all(same(found[key], wanted[key]) for key in wanted)
    if isinstance(wanted, list) and isinstance(found, list):
        return len(found) == len(wanted) and all(map(same, found, wanted))
    return found == wanted


def assert_says(output, result, *left_out):
    """The output has the result's fields by their names, but for those left out."""
    said = plain(result)
    assert set(left_out) <= said.keys()
    for name in said.keys() - set(left_out):
        assert name in output, name
        text = output["spec"] if isinstance(output[name], dict) and name == "schedule" else output[name]
        assert same(text, said[name]), name


def assert_named(output):
    """All keys are names of descriptions; schedules and laws have languages of their own."""
    for key, value in output.items():
        assert key in NAMES or key == "spec", key
        if key in ("schedule", "layout", "fitted"):
            continue
        for inner in value if isinstance(value, list) else [value]:
            if isinstance(inner, dict):
                assert_named(inner)


def at(output, path):
    for name in path.split("."):
        output = None if output is None else output[name]
    return output


def assert_cell(cell, value, name):
    if value is None:
        assert cell == "", name
    elif isinstance(value, bool):
        assert cell == str(value).lower(), name
    elif isinstance(value, (int, float)):
        assert float(cell) == value, name
    else:
        assert cell == value, name


def value_of(output, column):
    """The JSON value of a column; a schedule is its text in CSV."""
    if column == "schedule" or column.endswith(".schedule"):
        outer = at(output, column.rpartition(".")[0]) if "." in column else output
        return None if outer is None else outer["schedule"] if isinstance(outer["schedule"], str) else outer["spec"]
    return at(output, column)


def assert_rows(outputs, rows):
    """A row for each value, with columns that are the paths of its fields; and no field is left out but series."""
    assert len(outputs) == len(rows) > 0
    for output, row in zip(outputs, rows, strict=True):
        for column, cell in row.items():
            assert_cell(cell, value_of(output, column), column)
        assert_named(output)
        columns = {column.partition(".")[0] for column in row}
        settings = {"criterion", "distance", "grad_norm"}  # of all rows alike: in JSON only
        for key, value in output.items():
            assert key in columns or key == "spec" or key in settings or isinstance(value, (list, dict)), key


def assert_series(outputs, rows):
    """A row for each entry of the series of all values."""
    for output in outputs:
        assert_named(output)
    row = iter(rows)
    for output in outputs:
        columns = [column for column in rows[0] if isinstance(output.get(column), list)]
        assert len(columns) >= 2
        for k in range(len(output[columns[0]])):
            cells = next(row)
            for column, cell in cells.items():
                value = output[column][k] if column in columns else value_of(output, column)
                assert_cell(cell, value, column)
    assert next(row, None) is None


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


def test_bound_along_logs(run):
    values, rows = run("bound", "--log", "run.csv", "--log", "cosine.csv")
    assert_series(values, rows)
    assert [value["name"] for value in values] == ["run", "cosine"]
    found = scheduled.bound_along(scheduled.read_log(run.folder / "run.csv"))
    assert_says(values[0], found, "name", "loss", "rates", "grad_norm")
    assert same(values[0][found.loss_column], plain(found)["loss"])


def test_bound_of_a_stream(run):
    (run.folder / "stream").write_text("0.1\n0.1\n0.05\n")
    values, rows = run("bound", "--stream", "stream")
    assert_rows(values, rows)
    stream = scheduled.OmegaStream()
    for value in values:
        stream.push(value["lr"])
        assert value["step"] == stream.steps
        assert same(value["bound"], stream.value)


def test_tune(run):
    values, rows = run("tune", WSD, "cosine(steps=50, warmup=5, final=1e-3)", "--within", "5%")
    assert_rows(values, rows)
    for value, spec in zip(values, [WSD, "cosine(steps=50, warmup=5, final=1e-3)"], strict=True):
        found = scheduled.lr_sensitivity(Schedule(spec), share=0.05)
        assert_says(value, found, "best", "closed_form")
        assert_says(value, found.best)


def test_compare(run):
    (value,), rows = run("compare", WSD, "linear(steps=90)", "--criterion", "worst-case")
    assert_rows(value["rows"], rows)
    assert_named(value)
    for row, found in zip(value["rows"], scheduled.compare([Schedule(WSD), Schedule("linear(steps=90)")], criterion="worst-case"), strict=True):
        assert_says(row, found, "best")
        assert_says(row, found.best)


def test_compare_over_a_grid(run):
    (value,), rows = run("compare", "wsd", "--horizons", "1,50", "--cooldowns", "10%,20%")
    assert_rows(value["rows"], rows)
    assert_named(value)
    sweep = scheduled.Sweep([Schedule("wsd(steps=50)")], horizons=[1, 50], cooldowns=[0.1, 0.2])
    sweep.run()
    for row, found in zip(value["rows"], sweep.results, strict=True):
        assert_says(row, found, "best")
        if found.best:
            assert_says(row, found.best)


def test_worst_case(run):
    values, rows = run("worst-case", WSD, "cosine(steps=9, peak=0.1, final=1e-3)")
    assert_rows(values, rows)
    for value, spec in zip(values, [WSD, "cosine(steps=9, peak=0.1, final=1e-3)"], strict=True):
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
    for value, spec in zip(values, specs, strict=True):
        assert_named(value)
        schedule, average = spec.split(" | ")
        lr = scheduled.bound_rates(Schedule(schedule))
        assert value["average"] == average
        assert_says(value, scheduled.average_bound(lr, scheduled.average_weights(average, lr)))
        assert same(value["last_iterate"], scheduled.worst_case(lr).value)
    (value,), _ = run("compare", *specs, "--criterion", "worst-case")
    for row, found in zip(value["rows"], scheduled.compare(specs, criterion="worst-case"), strict=True):
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


def test_refine(run):
    (value,), rows = run("refine", "--log", "norms.csv", "--close", "100%")
    assert_named(value)
    assert list(rows[0]) == ["step", "lr", "grad_norm"]
    assert [float(row["grad_norm"]) for row in rows] == value["grad_norm"]
    assert [float(row["lr"]) for row in rows] == pytest.approx([value["peak"] * lr for lr in value["schedule"]["values"]], rel=1e-12)
    log = scheduled.read_log(run.folder / "norms.csv")
    found = scheduled.refine_log(log, close=1.0)
    assert_says(value, found, "refined", "own")
    assert_says(value, found.refined, "schedule", "dropped")
    assert found.schedule == found.refined.schedule.with_peak(value["peak"])
    assert found.own == Schedule.from_values([1e-3] * 1000)
    refined = found.refined.schedule
    assert_says(value["transfer"], scheduled.transfer_base_lr(found.own, refined, grad_norm=found.refined.grad_norm))


def test_lint(run):
    spec = "cosine(steps=100, warmup=10, warmup_start=0, final=20%)"
    (value,) = map(json.loads, run.output("lint", spec, "--json", "--fail-on", "never").splitlines())
    assert_named(value)
    assert_says(value, scheduled.lint(spec))
    rules = [json.loads(line) for line in run.output("lint", "--rules", "--json").splitlines()]
    for rule, wanted in zip(rules, scheduled.lint_rules(), strict=True):
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
        "fit": ["law.fit_law", "law.fit_run", "law.fit_store"],
        "import": ["import_schedule"],
        "lint": ["lint", "lint_rules"],
        "log": ["describe_log", "read_log"],
        "optimize": ["optimal_schedule", "constrained_schedule", "compare_optima"],
        "predict": ["law.predict", "law.optimize", "law.best_peak"],
        "refine": ["refine_log", "refine"],
        "run": ["plan_anytime", "RunStore"],
        "show": ["Schedule", "schedule_help"],
        "train": [],  # a program
        "transfer": ["transfer_base_lr"],
        "tune": ["lr_sensitivity", "best_base_lr"],
        "watch": ["law.watch_run"],
        "worst-case": ["schedule_worst_case", "worst_case", "worst_case_function", "run_worst_case", "pep.solve_pep"],
    }
    of_runs = dict.fromkeys(["init", "lr", "commit", "branch", "resume", "log", "verify", "gc", "repair", "migrate"])
    of_runs |= {"status": "record", "export": "log_of"}
    for name in (name for names in functions.values() for name in names):
        part, _, own = name.rpartition(".")
        assert hasattr(importlib.import_module(f"scheduled.{part}" if part else "scheduled"), own), name
    for verb, method in of_runs.items():
        assert hasattr(scheduled.RunStore, method or verb), verb

    def verbs(*outer):
        text = subprocess.run([COMMAND, *outer, "--help"], capture_output=True, text=True, check=True).stdout
        return set(re.findall(r"^  (\S+)", re.search(r"^Verbs:\n((?:  .*\n)+)", text, re.M)[1], re.M))

    if COMMAND is None:
        pytest.skip("the command is not built")
    assert verbs() == set(functions)
    assert verbs("run") == {"plan", *of_runs}


def test_extend(run):
    (value,), rows = run("extend", WSD, "--at", "70", "--to", "120,150")
    assert_named(value)
    stopped = [column for column in rows[0] if column.startswith("stopped_")]
    assert stopped == ["stopped_120", "stopped_150"]
    for output, row in zip(value["rows"], rows, strict=True):
        for column, bound in zip(stopped, output["stopped"], strict=True):
            assert_cell(row.pop(column), bound, column)
        assert row.pop("distance") == f"{value['distance']!r}"
    assert_rows([{k: v for k, v in row.items() if k != "stopped"} for row in value["rows"]], rows)
    for row, found in zip(value["rows"], scheduled.extend(Schedule(WSD), 70, [120, 150]), strict=True):
        assert_says(row, found, "lr", "distance")
        assert same(value["distance"], found.distance)


def test_transfer(run):
    values, rows = run("transfer", WSD, "linear(steps=90)")
    assert_rows(values, rows)
    assert_says(values[0], scheduled.transfer_base_lr(Schedule(WSD), Schedule("linear(steps=90)")))
    assert values[0]["tuned"] == str(Schedule(WSD))


def test_fit(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    arguments = ["fit", "trunk.csv", "cosine-decay.csv", "--law", "momentum"]
    (value,), rows = run(*arguments)
    assert_named({key: value[key] for key in value if key != "fitted"})
    assert list(value) == [name for name, _, _ in RECORDS["LawFit"]]
    assert law.FittedLaw.from_json(json.dumps(value["fitted"])).law.kind == "momentum"
    for record, entries in [("Estimate", value["estimates"]), ("RunResiduals", value["residuals"])]:
        for entry in entries:
            assert list(entry) == [name for name, _, _ in RECORDS[record]]
    assert list(rows[0]) == ["name", "step", "lr", "loss", "fitted"]
    assert {row["name"] for row in rows} == {entry["name"] for entry in value["residuals"]}


def test_predict(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    spec = "cosine(steps=500, warmup=50, peak=1e-3)"
    values, rows = run("predict", "law.json", spec, "--every", "100")
    assert_series(values, rows)
    fitted = law.FittedLaw.from_json((run.folder / "law.json").read_text())
    found = law.predict(fitted, Schedule(spec), values[0]["step"])
    assert_says(values[0], found)
    (value,), rows = run("predict", "law.json", "--optimize", "--steps", "60", "--cap", "1e-3")
    assert_named(value)
    best = law.optimize(fitted.law, 60, cap=1e-3)
    assert_says(value, best, "lr")
    assert [float(row["lr"]) for row in rows] == value["schedule"]["values"]
    assert same(value["schedule"]["values"], np.asarray(best.lr).tolist())


def test_cooldown(run):
    law = pytest.importorskip("scheduled.law", exc_type=ImportError)
    spec = "constant(warmup=100, peak=1e-3)"
    (value,), rows = run("cooldown", "law.json", "--trunk", spec, "--at", "5k", "--cooldown", "500,1k")
    assert_rows(value["answers"], rows)
    assert_named({key: value[key] for key in value if key != "fitted"})
    fitted = law.FittedLaw.from_json((run.folder / "law.json").read_text())
    found = law.virtual_cooldown(fitted, Schedule(spec).values(5000), [500, 1000])
    assert_says(value, found, "answers")
    for row, answer in zip(value["answers"], found.answers, strict=True):
        assert_says(row, answer)


def test_run(run):
    anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    (value,), rows = run("run", "plan", "--trunk", "rsqrt(warmup=100)", "--results", "1k,2k", "--cooldown", "20%")
    assert_rows(value["branches"], rows)
    assert_named(value)
    plan = anytime.plan_anytime(Schedule("rsqrt(warmup=100)"), [1000, 2000], cooldown="20%")
    assert_says(value, plan)
    run.output("run", "init", "a", "--trunk", "rsqrt(warmup=5, peak=0.1)")
    (value,), rows = run("run", "lr", "a", "--count", "3")
    assert_series([value], rows)
    status = json.loads(run.output("run", "status", "a", "--json"))
    assert_named(status)
    with anytime.RunStore.open(run.folder / "a") as store:
        record = plain(store.record())
    assert {key: status[key] for key in status if key != "folder"} == {key: record[key] for key in record if key != "folder"}


def names_of(kind):
    return [name.removesuffix("_") for name, _, _ in RECORDS[kind]]


def test_run_step_by_step(run):
    pytest.importorskip("scheduled.anytime", exc_type=ImportError)
    (run.folder / "model").write_text("x")
    for kind, *arguments in [
        ("RecordedLine", "init", "a", "--trunk", "rsqrt(warmup=5, peak=0.1)"),
        ("RecordedCheckpoint", "commit", "a", "model", "--step", "100"),
        ("RecordedLine", "branch", "a", "b"),
        ("Resume", "resume", "a", "--line", "b"),
        ("VerifyReport", "verify", "a"),
        ("GcReport", "gc", "a", "--dry-run"),
        ("RunRecord", "status", "a"),
    ]:
        value = json.loads(run.output("run", *arguments, "--json"))
        assert list(value) == names_of(kind), arguments
        assert_named(value)
    assert_named(json.loads(run.output("run", "log", "a", "--step", "100", "val_loss=3", "--json")))


def test_log_and_watch(run):
    value = json.loads(run.output("log", "run.csv", "--json"))
    assert_named(value)
    rows = list(csv.DictReader(io.StringIO(run.output("log", "run.csv", "--csv"))))
    assert [int(row["step"]) for row in rows] == scheduled.read_log(run.folder / "run.csv").step.tolist()
    pytest.importorskip("scheduled.law", exc_type=ImportError)
    watched = json.loads(run.output("watch", "trunk.csv", "--law", "law.json", "--once", "--json"))
    assert_named({key: value for key, value in watched.items() if key != "meta"})
