#!/usr/bin/env python3
"""The table "Real logs" of docs/guide/logs.md: what `scheduled log` says of each log.

usage: log_table.py COMMAND [FILE...]; a FILE may be a folder of TensorBoard or MLflow. Prints the table, or with
--write puts it into the page. A FILE is named in the table by its last two parts, or as in FILE=NAME.
"""

import json
import pathlib
import subprocess
import sys

PAGE = pathlib.Path(__file__).parents[1] / "docs" / "guide" / "logs.md"
BEGIN, END = "<!-- log table -->\n", "<!-- end of log table -->"


def row(command, argument):
    file, _, name = argument.partition("=")
    result = subprocess.run([command, "log", file, "--json"], capture_output=True, text=True)
    name = name or "/".join(pathlib.Path(file).parts[-2:])
    if result.returncode != 0:
        return f"| {name} | | | {result.stderr.strip().removeprefix('scheduled: error: ').replace(file, name)} | |"
    about = json.loads(result.stdout)
    columns = ", ".join(column["name"] for column in about["columns"] if column["source"])
    works = ", ".join(use["verb"] for use in about["uses"] if use["works"])
    lacks = {use["needs"].split(":")[0] for use in about["uses"] if not use["works"]}
    verbs = works + (" (lacks " + ", ".join(sorted(lacks)) + ")" if lacks else "")
    return f"| {name} | `{about['format']}` | {about['rows']} | {columns} | {verbs} |"


def main(command, *files):
    write = "--write" in files
    rows = [row(command, file) for file in files if file != "--write"]
    header = ["| log | read as | rows | columns used | verbs that work |", "|---|---|---|---|---|"]
    table = "\n".join([*header, *rows]) + "\n"
    if not write:
        print(table, end="")
        return
    text = PAGE.read_text()
    begin, end = text.index(BEGIN) + len(BEGIN), text.index(END)
    PAGE.write_text(text[:begin] + table + text[end:])


if __name__ == "__main__":
    main(*sys.argv[1:])
