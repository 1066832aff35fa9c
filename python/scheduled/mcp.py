"""Eight verbs of the command as tools for language models, over the Model Context Protocol.

``scheduled-mcp`` (or ``python -m scheduled.mcp``) is a server on standard input and output; it needs the SDK of the protocol
(``pip install scheduled-lr[mcp]``, Python 3.10 or later) and the command. A tool returns what its verb prints with ``--json``: a
list with one object for each line. Tools read files that are named to them and write none.
"""

import difflib
import functools
import inspect
import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterable, Sequence
from typing import Any, Optional

from scheduled import __main__ as _module

__all__ = ["TOOLS", "bound", "compare", "cooldown", "extend", "log", "main", "run_status", "server", "show", "tune"]

#: Seconds that one call may take.
LIMIT = 600

Answer = list[dict[str, Any]]


def _command() -> str:
    named = os.environ.get("SCHEDULED_COMMAND")
    path = named or _module.command() or shutil.which("scheduled")
    if path is None or not os.access(path, os.X_OK):
        raise RuntimeError(
            f"{path or 'the command scheduled'} is not there; wheels have it, make build makes it; then put it on PATH, or its "
            "path into SCHEDULED_COMMAND"
        )
    return path


def _ask(verb: Sequence[str], words: Sequence[str], **options: object) -> Answer:
    """What the verb prints as JSON. Options that are None are left out; words are never options."""
    command = [_command(), *verb, "--json"]
    for name, value in options.items():
        option = "--" + name.replace("_", "-")
        for one in value if isinstance(value, (list, tuple)) else [value]:
            if one is not None:
                command.append(f"{option}={one}")
    done = subprocess.run([*command, "--", *words], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
    if done.returncode != 0:
        raise ValueError(done.stderr.strip())
    return [json.loads(line) for line in done.stdout.splitlines()]


def show(schedules: list[str], steps: Optional[str] = None, at: Optional[str] = None) -> Answer:
    """Learning rates of schedules, and their full specs with all defaults.

    Parameters
    ----------
    schedules: specs such as ``wsd(steps=50k, warmup=300, cooldown=20%, peak=1e-3)``
    steps: the horizon of those without one, e.g. ``50k``
    at: only these steps, e.g. ``0,300,10k,50%`` (0 is the first update); without it the steps where a schedule turns
    """
    return _ask(["show"], schedules, steps=steps, at=at)


def bound(schedules: list[str], steps: Optional[str] = None, grad_norm: Optional[str] = None, criterion: Optional[str] = None) -> Answer:
    """The guarantee after the last step, at the schedule's own peak and at its best one.

    Parameters
    ----------
    schedules: specs
    steps: the horizon of those without one
    grad_norm: a number, ``t^ALPHA``, or a file with one value per step; 1 by default
    criterion: ``omega`` (the default: bound of the last iterate), ``standard`` (of the average iterate) or ``worst-case`` (exact)
    """
    return _ask(["bound"], schedules, steps=steps, grad_norm=grad_norm, criterion=criterion)


def tune(schedules: list[str], steps: Optional[str] = None, grad_norm: Optional[str] = None, criterion: Optional[str] = None) -> Answer:
    """The peak learning rate with the smallest bound, and how exactly it has to be met.

    Parameters
    ----------
    schedules: specs; their own peaks do not matter
    steps: the horizon of those without one
    grad_norm: a number, ``t^ALPHA``, or a file with one value per step; 1 by default
    criterion: ``omega`` (the default), ``standard`` or ``worst-case``
    """
    return _ask(["tune"], schedules, steps=steps, grad_norm=grad_norm, criterion=criterion)


def compare(schedules: list[str], steps: Optional[str] = None, grad_norm: Optional[str] = None, criterion: Optional[str] = None) -> Answer:
    """Schedules side by side, each at its best peak: which one for N steps?

    Parameters
    ----------
    schedules: specs; their own peaks do not matter
    steps: the horizon of those without one
    grad_norm: a number, ``t^ALPHA``, or a file with one value per step; 1 by default
    criterion: ``omega`` (the default), ``standard`` or ``worst-case``
    """
    return _ask(["compare"], schedules, steps=steps, grad_norm=grad_norm, criterion=criterion)


def extend(to: str, schedule: Optional[str] = None, log: Optional[str] = None, at: Optional[str] = None) -> Answer:
    """How to go on training beyond the planned horizon.

    Parameters
    ----------
    to: new horizons: steps (``100k``) or multiples (``1.5x``), separated by commas
    schedule: the spec that is trained with; or
    log: the file of the run's training log
    at: steps that are done; needed with a spec, and with a log all of it by default
    """
    return _ask(["extend"], [schedule] if schedule is not None else [], to=to, log=log, at=at)


def log(files: list[str]) -> Answer:
    """What training logs hold, the schedule that their rates are like, and what the other tools can do with them.

    Parameters
    ----------
    files: logs of Hugging Face, Lightning, TensorBoard, Weights & Biases, Megatron, CSV and others, told by their content
    """
    return _ask(["log"], files)


def cooldown(
    logs: list[str], trunk: Optional[str] = None, at: Optional[str] = None, lengths: Optional[str] = None, decay: Optional[str] = None
) -> Answer:
    """What a cooldown started now would give, by a law fitted to the logs.

    Parameters
    ----------
    logs: files of training logs, each from its first step on, one of which lowers its rate at its end
    trunk: the log, or the spec, of the run that goes on; the first of the logs by default
    at: steps of the trunk that are done; all of its log by default
    lengths: of the cooldowns, e.g. ``5k,10%,20%``
    decay: the cooldown's shape; linear by default
    """
    return _ask(["cooldown"], [], log=logs, trunk=trunk, at=at, cooldown=lengths, decay=decay)


def run_status(folder: str) -> Answer:
    """The tree of trunk, branches and checkpoints of a run without a horizon.

    Parameters
    ----------
    folder: the run's folder, which ``scheduled run init`` made
    """
    return _ask(["run", "status"], [folder])


TOOLS = (show, bound, tune, compare, extend, log, cooldown, run_status)


def _check_arguments(function: Callable[..., Answer], given: Iterable[str]) -> None:
    """Raises ValueError for a name that the tool does not take: left out in silence, it would change what is answered."""
    known = list(inspect.signature(function).parameters)
    for name in given:
        if name in known:
            continue
        near = difflib.get_close_matches(name, known, n=1, cutoff=0.7)
        meant = f"; did you mean '{near[0]}'?" if near else ""
        raise ValueError(f"{function.__name__} has no argument '{name}': it takes {', '.join(known)}{meant}")


def _schema(verb: Sequence[str]) -> Optional[dict[str, Any]]:
    """What a tool returns, as JSON Schema; None where the command is missing, or too old to say it."""
    try:
        done = subprocess.run([_command(), "schema", *verb], stdin=subprocess.DEVNULL, capture_output=True, text=True, timeout=LIMIT)
    except RuntimeError:
        return None
    if done.returncode != 0:
        return None
    said = json.loads(done.stdout)
    line = {key: said[key] for key in ("$ref", "anyOf") if key in said}
    return {
        "type": "object",
        "properties": {"result": {"type": "array", "items": line, "description": said["description"]}},
        "required": ["result"],
        "$defs": said["$defs"],
    }


def server() -> Any:
    """The server with all tools.

    Raises ImportError where the SDK is missing.
    """
    try:
        from mcp.server import MCPServer
        from mcp.server.mcpserver.exceptions import ToolError
        from mcp.server.mcpserver.tools import Tool
    except ImportError as error:
        raise ImportError("scheduled.mcp needs mcp, version 2 or later: pip install 'mcp>=2'", name=error.name) from error

    class StrictTool(Tool):  # type: ignore[misc, unused-ignore]
        """A tool that refuses arguments which it does not have; the SDK drops them."""

        async def run(self, arguments: dict[str, Any], *words: Any, **options: Any) -> Any:
            try:
                _check_arguments(self.fn, arguments)
            except ValueError as error:
                raise ToolError(f"Error executing tool {self.name}: {error}") from error
            return await super().run(arguments, *words, **options)

    def told(function: Callable[..., Answer]) -> Callable[..., Answer]:
        """The same function, whose errors reach the model: the SDK keeps all others to itself."""

        @functools.wraps(function)
        def call(*words: Any, **options: Any) -> Answer:
            try:
                return function(*words, **options)
            except (ValueError, RuntimeError, subprocess.TimeoutExpired) as error:
                raise ToolError(str(error)) from error

        return call

    def tool(function: Callable[..., Answer]) -> Any:
        made = StrictTool.from_function(told(function), description=function.__doc__)
        made.parameters["additionalProperties"] = False
        schema = _schema(function.__name__.split("_"))
        if schema is not None:
            made.fn_metadata.output_schema = schema
        return made

    return MCPServer(
        "scheduled",
        tools=[tool(function) for function in TOOLS],
        instructions="Learning-rate schedules with guarantees. A schedule is one line of text, as wsd(steps=50k, warmup=300, cooldown=20%, "
        "peak=1e-3); linear, cosine, constant, rsqrt and 1-sqrt are others. Bounds are for distance 1 and grad norm 1: trust ratios.",
    )


def main() -> None:
    """Serves on standard input and output until it is closed."""
    try:
        serving = server()
    except ImportError as error:
        raise SystemExit(f"scheduled: error: {error}") from error
    serving.run("stdio")


if __name__ == "__main__":
    main()
