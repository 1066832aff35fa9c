"""What the command prints as JSON and CSV, and how it is compared with Python's results."""

import csv
import io
import json
import math
import os
import pathlib
import re
import shutil
import subprocess
import sys

import pytest
from test_surfaces import plain

ROOT = pathlib.Path(__file__).parents[2]
BUILT = ROOT / "build/release/scheduled"
COMMAND = os.environ.get("SCHEDULED_COMMAND") or (str(BUILT) if BUILT.exists() else shutil.which("scheduled"))

#: The names that descriptions give: of the library's results, and of what verbs put together of these.
NAMES = {
    name
    for path in [*ROOT.glob("src/*/*records.hpp"), *ROOT.glob("apps/*/*.hpp"), *ROOT.glob("python/src/*/*.hpp")]
    for name in re.findall(r'Field\{\s*"(\w+)"', path.read_text())
}


def pairs(*columns):
    """zip() of columns of one length, as zip(strict=True) of Python 3.10."""
    columns = [list(column) for column in columns]
    assert len({len(column) for column in columns}) == 1
    return zip(*columns)


def command_tests():
    """The module that runs the command in tests/cli; skips the test where the command is not built."""
    if COMMAND is None:
        pytest.skip("the command is not built")
    os.environ.setdefault("SCHEDULED_COMMAND", COMMAND)
    sys.path.insert(0, str(ROOT / "tests/cli"))
    import command

    return command


def outputs_in(folder):
    """Runs the command in a folder with the example logs."""
    command_tests().write_example_logs(folder)
    import schemas

    def output(*arguments):
        made = subprocess.run([COMMAND, *map(str, arguments)], cwd=folder, capture_output=True, text=True)
        assert made.returncode == 0, made.stderr
        if "--json" in arguments:
            checked.check(arguments, made.stdout)
        return made.stdout

    checked = schemas.Schemas(output)

    def both(*arguments):
        """What it prints as JSON, a value for each line, and as CSV, a dict for each row."""
        values = [json.loads(line) for line in output(*arguments, "--json").splitlines()]
        return values, list(csv.DictReader(io.StringIO(output(*arguments, "--csv"))))

    both.folder = folder
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
    """All keys are names of descriptions; schedules and laws have languages of their own, `data` is by file names, `how` by options."""
    for key, value in output.items():
        assert key in NAMES or key == "spec", key
        if key in ("schedule", "layout", "fitted", "data", "how"):
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
    for output, row in pairs(outputs, rows):
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
