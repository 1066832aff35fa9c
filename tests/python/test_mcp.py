"""scheduled.mcp: each tool returns what its verb prints as JSON, and the SDK's client gets the same."""

import asyncio
import inspect
import json
import os
import subprocess
import sys

import jsonschema
import pytest
from command_outputs import COMMAND, outputs_in
from scheduled import mcp


@pytest.fixture
def folder(tmp_path, monkeypatch):
    outputs_in(tmp_path)  # writes logs there
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("SCHEDULED_COMMAND", COMMAND)
    return tmp_path


WSD = "wsd(steps=101, warmup=5, peak=0.1)"
CALLS = {
    "show": ({"schedules": [WSD, "cosine"], "steps": "50", "at": "0,50%"}, ["show", WSD, "cosine", "--steps", "50", "--at", "0,50%"]),
    "bound": ({"schedules": [WSD], "grad_norm": "t^-0.5"}, ["bound", WSD, "-G", "t^-0.5"]),
    "tune": ({"schedules": [WSD], "criterion": "worst-case"}, ["tune", WSD, "--criterion", "worst-case"]),
    "compare": ({"schedules": [WSD, "linear(steps=90)"]}, ["compare", WSD, "linear(steps=90)"]),
    "extend": ({"to": "120,150", "schedule": WSD, "at": "70"}, ["extend", WSD, "--at", "70", "--to", "120,150"]),
    "log": ({"files": ["trunk.csv"]}, ["log", "trunk.csv"]),
    "cooldown": (
        {"logs": ["trunk.csv", "cooled.csv"], "lengths": "100,20%", "decay": "1-sqrt"},
        ["cooldown", "--log", "trunk.csv", "--log", "cooled.csv", "--cooldown", "100,20%", "--decay", "1-sqrt"],
    ),
    "run_status": ({"folder": "run"}, ["run", "status", "run"]),
}


def printed(folder, words):
    text = subprocess.run([COMMAND, *words, "--json"], cwd=folder, capture_output=True, text=True, check=True).stdout
    return [json.loads(line) for line in text.splitlines()]


@pytest.fixture
def cooled(folder):
    """A run that lowers its rate at its end, for a law."""
    rows = [(step, 1e-3 * min(1, (1000 - step) / 200)) for step in range(20, 1000, 20)]
    text = "step,lr,val_loss\n" + "".join(f"{step},{lr},{3 + 20 / step + 200 * lr}\n" for step, lr in rows)
    (folder / "cooled.csv").write_text(text)
    return folder


def test_every_tool_is_called():
    assert {function.__name__ for function in mcp.TOOLS} == set(CALLS)
    assert len(mcp.TOOLS) <= 8


@pytest.mark.parametrize("name", CALLS)
def test_a_tool_says_what_its_verb_prints(cooled, name):
    arguments, words = CALLS[name]
    if name == "run_status":
        subprocess.run([COMMAND, "run", "init", "run", "--trunk", "constant(peak=1e-3)"], check=True, capture_output=True)
    said = getattr(mcp, name)(**arguments)
    assert said == printed(cooled, words)
    assert said


def test_extend_reads_logs(folder):
    assert mcp.extend("4000", log="trunk.csv") == printed(folder, ["extend", "--log", "trunk.csv", "--to", "4000"])


def test_errors_are_the_command_s(folder):
    with pytest.raises(ValueError, match="no-such"):
        mcp.tune(["no-such(steps=10)"])
    with pytest.raises(ValueError, match="error"):
        mcp.show(["--list"])  # words are no options


@pytest.mark.parametrize(
    ("tool", "given", "said"),
    [
        (mcp.show, "step", "show has no argument 'step': it takes schedules, steps, at; did you mean 'steps'?"),
        (mcp.bound, "gradnorm", "bound has no argument 'gradnorm': it takes .*; did you mean 'grad_norm'?"),
        (mcp.cooldown, "colour", "cooldown has no argument 'colour': it takes logs, trunk, at, lengths, decay$"),
    ],
)
def test_unknown_arguments_are_refused(tool, given, said):
    mcp._check_arguments(tool, inspect.signature(tool).parameters)
    with pytest.raises(ValueError, match=said):
        mcp._check_arguments(tool, [given])


def test_without_the_command(folder, monkeypatch):
    monkeypatch.setenv("SCHEDULED_COMMAND", str(folder / "missing"))
    with pytest.raises(RuntimeError, match="missing is not there; wheels have it"):
        mcp.show([WSD])


def test_without_the_sdk(monkeypatch):
    monkeypatch.setitem(sys.modules, "mcp.server", None)
    with pytest.raises(ImportError, match="pip install 'mcp>=2'"):
        mcp.server()
    with pytest.raises(SystemExit, match="scheduled: error: scheduled.mcp needs mcp"):
        mcp.main()


def test_a_client_over_standard_input_and_output(folder):
    pytest.importorskip("mcp")
    from mcp import Client, StdioServerParameters

    arguments, words = CALLS["compare"]
    parameters = StdioServerParameters(command=sys.executable, args=["-m", "scheduled.mcp"], cwd=folder, env={**os.environ})

    async def talk():
        async with Client(parameters) as client:
            tools = (await client.list_tools()).tools
            refused = await client.call_tool("show", {"schedules": ["cosine"], "step": "50"})
            return tools, await client.call_tool("compare", arguments), await client.call_tool("tune", {"schedules": ["no-such"]}), refused

    tools, good, bad, refused = asyncio.run(talk())
    assert refused.is_error
    assert "show has no argument 'step'" in refused.content[0].text
    assert "did you mean 'steps'?" in refused.content[0].text
    assert all(tool.input_schema["additionalProperties"] is False for tool in tools)
    assert {tool.name for tool in tools} == set(CALLS)
    assert all(tool.description for tool in tools)
    assert good.structured_content == {"result": printed(folder, words)}
    assert not good.is_error
    assert bad.is_error
    assert "schedule = 'no-such': must be" in bad.content[0].text
    assert tools[0].input_schema["required"] == ["schedules"]
    for tool in tools:  # they declare what they return: the schemas of the command
        verb = tool.name.split("_")
        said = json.loads(subprocess.run([COMMAND, "schema", *verb], capture_output=True, text=True, check=True).stdout)
        assert tool.output_schema["$defs"] == said["$defs"], tool.name
        assert tool.output_schema["properties"]["result"]["type"] == "array"
    (compare,) = [tool for tool in tools if tool.name == "compare"]
    validator = jsonschema.Draft202012Validator(compare.output_schema)
    validator.validate(good.structured_content)
    assert not validator.is_valid({"result": [{**good.structured_content["result"][0], "extra": 1}]})
