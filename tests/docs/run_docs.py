#!/usr/bin/env python3
"""Runs the commands of a Markdown page and compares what they print.

usage: run_docs.py PAGE --bin DIR --python PROGRAM --root REPOSITORY [--data DIR] [--update]

```console blocks hold "$ command" lines, each followed by its exact output; a line "..." stands for any lines, and what
MEASURED matches may be another number. A command must succeed, or its output end with "[exit code N]".
```sh blocks hold what a reader types to set things up, which is not done here: their make targets must exist, and
other commands be in SET_UP.
```yaml blocks with `jobs:` are workflows of a CI: each command of theirs must succeed after what stands above, but those of SET_UP.
```python blocks run in the page's order in one interpreter, ">>> " lines as doctests.
```cpp blocks must be part of a file in examples/, which is compiled and run elsewhere.
Links to files must lead somewhere. Everything runs in an empty folder. --data links the folder of logs there as `logs`; pages that mention `logs/` are
skipped (exit 77) without it. --update writes the real outputs into the page.
"""
import argparse
import os
import pathlib
import re
import shlex
import subprocess
import sys
import tempfile

SKIPPED = 77
FENCE = re.compile(r"^```(\w+)\n(.*?)^```$", re.M | re.S)
LINK = re.compile(r"\]\(([^)\s]+)\)")
# What a machine measures (and a trained loss, whose digits differ from processor to processor, and the seal of a forecast, which
# depends on the last bits of a fit).
MEASURED = re.compile(r"\d+(?= tokens/s)|(?<=^  val_loss   )[\d.]+|(?<=^  seal       )[0-9a-f]{64}$", re.M)
SET_UP = ("git clone ", "cd ", "pip install .", "source ")


def matches(expected: str, printed: str) -> bool:
    expected, printed = MEASURED.sub("#", expected), MEASURED.sub("#", printed)
    pattern = "".join(
        r"(?:.*\n)*" if line.strip() == "..." else re.escape(line.rstrip()) + r"[ ]*\n"
        for line in expected.splitlines()
    )
    return re.fullmatch(pattern, printed if printed.endswith("\n") or not printed else printed + "\n") is not None


def run_console(block: str, env: dict, folder: str, update: bool, errors: list) -> str:
    written = []
    entries = re.split(r"^\$ ", block, flags=re.M)
    if entries[0].strip():
        errors.append(f"console block must start with '$ ': {entries[0]!r}")
    for entry in entries[1:]:
        lines = entry.splitlines()
        command = [lines.pop(0)]
        while command[-1].endswith("\\"):
            command.append(lines.pop(0))
        expected = "\n".join(lines)
        result = subprocess.run("set -o pipefail; " + "\n".join(command), shell=True, executable="/bin/bash", cwd=folder, env=env, text=True,
                                stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
        code = [f"[exit code {result.returncode}]"] if result.returncode else []
        printed = "\n".join([line.rstrip() for line in result.stdout.splitlines()] + code)
        shown = expected.endswith("".join(code))
        if code and not shown and "..." in expected.splitlines():
            errors.append(f"$ {command[0]}\nended with exit code {result.returncode}, which the page does not show")
        same = matches(expected, printed)
        if not same:
            errors.append(f"$ {command[0]}\n--- expected\n{expected}\n--- printed\n{printed}")
        kept = expected if not update or same or "..." in expected.splitlines() else printed
        written.append("$ " + "\n".join(command) + "\n" + (kept + "\n" if kept else ""))
    return "".join(written)


def check_setup(block: str, root: pathlib.Path, errors: list) -> None:
    for line in block.splitlines():
        for command in re.split(r"&&|;", re.sub(r"(^|\s)#.*", "", line)):
            command = command.strip()
            if command.startswith("make"):
                result = subprocess.run(["make", "-n", *shlex.split(command)[1:]], cwd=root, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=60)
                if result.returncode != 0:
                    errors.append(f"sh: {command}: {result.stdout}")
            elif command and not (command + " ").startswith(SET_UP):
                errors.append(f"sh: {command}: not run; put it into a console block, or into SET_UP")


def run_workflow(block: str, env: dict, folder: str, errors: list) -> int:
    """Runs the commands of a workflow's steps; returns how many."""
    steps = re.findall(r"^ *- (?!name:|uses:).*", block, re.M)
    for step in steps:
        command = step.partition("- run: ")[2]
        if not command or command[0] in "|>'\"":
            errors.append(f"yaml: {step.strip()}: only '- run: COMMAND' in one line without quotes is understood")
        elif not command.startswith(SET_UP):
            result = subprocess.run(command, shell=True, executable="/bin/bash", cwd=folder, env=env, text=True,
                                    stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
            if result.returncode != 0:
                errors.append(f"yaml: {command}: exit code {result.returncode}\n{result.stdout}")
    return len(steps)


def check_links(page: pathlib.Path, text: str, errors: list) -> None:
    for target in LINK.findall(FENCE.sub("", text)):
        if re.match(r"[a-z]+:|#", target):
            continue
        if not (page.parent / target.partition("#")[0]).exists():
            errors.append(f"link to {target}: there is no such file")


def run_python(blocks: list, python: str, env: dict, folder: str, errors: list) -> None:
    script = [
        "import doctest, sys",
        "shared = {}",
        "failed = 0",
        "def doc(text, n):",
        "    global failed",
        "    test = doctest.DocTestParser().get_doctest(text, shared, f'block {n}', None, None)",
        "    runner = doctest.DocTestRunner(optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE)",
        "    runner.run(test, clear_globs=False); shared.update(test.globs); failed += runner.failures",
    ]
    for number, block in enumerate(blocks):
        if ">>> " in block:
            script.append(f"doc({block!r}, {number})")
        else:
            script.append(f"exec(compile({block!r}, 'block {number}', 'exec'), shared)")
    script.append("sys.exit(1 if failed else 0)")
    result = subprocess.run([python, "-c", "\n".join(script)], cwd=folder, env={**env, "MPLBACKEND": "Agg"}, text=True,
                            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, timeout=600)
    if result.returncode != 0:
        errors.append(f"python blocks failed:\n{result.stdout}")


def can_import(python: str) -> bool:
    command = [python, "-c", "import scheduled"]
    return os.path.exists(python) and subprocess.run(command, capture_output=True).returncode == 0


def main() -> int:
    parser = argparse.ArgumentParser()
    parser.add_argument("page", type=pathlib.Path)
    parser.add_argument("--bin", required=True)
    parser.add_argument("--python", required=True)
    parser.add_argument("--root", type=pathlib.Path, required=True)
    parser.add_argument("--data", type=pathlib.Path)
    parser.add_argument("--update", action="store_true")
    options = parser.parse_args()
    options.bin = os.path.abspath(options.bin)
    options.python = os.path.abspath(options.python)
    text = options.page.read_text(encoding="utf-8")
    errors: list = []
    count = 0
    if "```python" in text and not can_import(options.python):
        print(f"skipped: {options.python} has no package scheduled; run make python")
        return SKIPPED
    env = {**os.environ, "PATH": options.bin + os.pathsep + os.environ["PATH"], "LC_ALL": "C.UTF-8", "COLUMNS": "100"}
    with tempfile.TemporaryDirectory() as folder:
        if re.search(r"\blogs/", text):
            if not options.data or not options.data.is_dir():
                print(f"skipped: {options.page.name} needs the training logs; {options.data} is not there")
                return SKIPPED
            os.symlink(options.data.resolve(), os.path.join(folder, "logs"))
        python_blocks = []

        def visit(match: re.Match) -> str:
            nonlocal count
            language, block = match.groups()
            count += language in ("console", "python", "cpp", "sh")
            if language == "sh":
                check_setup(block, options.root, errors)
            if language == "console":
                return f"```console\n{run_console(block, env, folder, options.update, errors)}```"
            if language == "yaml" and re.search("^jobs:", block, re.M):
                count += run_workflow(block, env, folder, errors)
            if language == "python":
                python_blocks.append(block)
            if language == "cpp" and not any(block in f.read_text() for f in (options.root / "examples").glob("*.cpp")):
                errors.append(f"this C++ is in no file of examples/:\n{block}")
            return match.group(0)

        check_links(options.page, text, errors)
        updated = FENCE.sub(visit, text)
        if python_blocks:
            run_python(python_blocks, options.python, env, folder, errors)
    if options.update:
        options.page.write_text(updated, encoding="utf-8")
        errors = [error for error in errors if not error.startswith("$ ")]
    if errors:
        print("\n\n".join(errors))
        return 1
    if count == 0:
        print(f"{options.page}: nothing to run")
        return 1
    print(f"{count} blocks of {options.page.name} ran and printed what they say")
    return 0


if __name__ == "__main__":
    sys.exit(main())
