"""JSON Schemas of the command: every verb with --json has one, and what it really prints is as it says."""

import copy
import json
import re
import shlex
import shutil
import subprocess

import jsonschema
import pytest
from command_outputs import COMMAND, ROOT, command_tests
from scheduled import Schedule, _core, schedule_help

WSD = "wsd(steps=101, warmup=5, peak=0.1)"

#: Commands of the verbs that no transcript runs with --json, and of the forms that none prints, in the order in which they
#: can run. The first words of each are its verb.
RUNS = [
    f"show {shlex.quote(WSD)} cosine --steps 50 --every 7",
    f"bound {shlex.quote(WSD)} --curve --gradient",
    f"bound {shlex.quote(WSD)} --split --explain",
    "bound --log run.csv",
    f"worst-case {shlex.quote(WSD)} --at 3,9 --run --explain",
    "compare wsd --horizons 1,50 --cooldowns 10%,20%",
    "lint --rules",
    "diff 'wsd(steps=100)' 'wsd(steps=100, cooldown=40%)'",
    "fit trunk.csv cosine-decay.csv --law bu",
    "fit trunk.csv cosine-decay.csv --law noise --next 'linear(steps=2k, warmup=100, peak=2e-3)'",
    "fit trunk.csv cosine-decay.csv --law functional --save theory.json",
    f"predict law.json {shlex.quote(WSD)}",
    "predict law.json --optimize --steps 2k --warmup 100",
    "predict law.json --optimize --steps 900 --functional theory.json",
    "cooldown law.json --trunk trunk.csv --cooldown 200,500",
    "forecast register trunk.csv --law bu --to 'constant(steps=3000, peak=1e-3)' --result long.csv --time 2026-11-27T09:00:00Z",
    "forecast score --time 2026-11-27T09:00:00Z",
    "forecast report",
    "run plan --trunk 'rsqrt(warmup=300, peak=1e-3)' --results 10k,20k --law law.json --compare cooldown,merge --merge 20%",
    "run init myrun --trunk 'constant(peak=1e-3)' --data a --batch 8",
    "run lr myrun --step 0 --count 9",
    "run commit myrun --step 100 text.txt --data-position 7",
    "run log myrun --step 100 train_loss=2.5",
    "run commit myrun --step 200 text.txt",
    "run commit myrun --step 300 --external s3://bucket/300 --listing listing.txt",
    "run resume myrun",
    "run commit myrun --step 400 text.txt",
    "run branch myrun result --cooldown 20% --at 100",
    "run commit myrun --line result --step 110 text.txt",
    "run merge myrun --plan --last 200",
    "run diff myrun:trunk myrun:result",
    "run status myrun",
    "run export myrun",
    "run verify myrun",
    "run gc myrun",
    "run repair myrun",
]


@pytest.fixture(scope="module")
def outputs(tmp_path_factory):
    """Every schema, held against the outputs of all transcripts and of RUNS; and one value for each form."""
    command = command_tests()
    import old_run
    import schemas

    folder = tmp_path_factory.mktemp("schemas")
    command.write_example_logs(folder)
    (folder / "listing.txt").write_text("2026-11-20 10:00:00  4096 300/.metadata\n2026-11-20 10:00:00 65536 300/__0_0.distcp\n")

    def output_of(*arguments, codes=(0, 1)):
        made = subprocess.run([COMMAND, *arguments], cwd=folder, capture_output=True, text=True)
        assert made.returncode in codes, (arguments, made.stderr)
        return made.stdout

    checked = schemas.Schemas(output_of)
    checked.values, checked.folder = {}, folder

    def check(words, text):
        name = checked.name_of(words)
        for value in checked.check(words, text):
            for form in checked.forms(name):
                if checked.validator(name, form).is_valid(value):
                    checked.values.setdefault((name, form), value)

    for path in sorted((ROOT / "tests/cli/transcripts").glob("*.txt")):
        for line, text in re.findall(r"^\$ (.*)\n((?:(?!\$ ).*\n)*)", path.read_text(), re.M):
            if "--json" not in line or re.search(r"[|>;&]", re.sub(r'"[^"]*"', "", line)):
                continue
            words = shlex.split(line)
            if words[0] == "scheduled":
                lines = [one for one in text.splitlines(keepends=True) if not one.startswith(("scheduled: ", "[exit code "))]
                check(words[1:], "".join(lines))
    for line in RUNS:
        words = shlex.split(line)
        check(words, output_of(*words, "--json"))
        if "--result" in words:  # of a forecast: now it may exist
            (folder / "long.csv").write_text("step,val_loss\n3000,2.6\n")
    old_run.make(folder / "oldrun")
    check(["run", "migrate"], output_of("run", "migrate", "oldrun", "--json"))
    return checked


def verbs_with_json():
    """Of the command itself, as its help has them."""
    command = command_tests()
    found = set()

    def look(*outer):
        text = subprocess.run([COMMAND, *outer, "--help"], capture_output=True, text=True, check=True).stdout
        if re.search(r"^  (?:-\w,)?--json\b", text, re.M):
            found.add(" ".join(outer))
        for verb in command.verbs_of_help(text):
            look(*outer, verb)

    look()
    return found


def test_every_verb_with_json_has_a_schema(outputs):
    files = {name for name in outputs.names if name.endswith((".json", ".jsonl"))}
    assert set(outputs.names) - files == verbs_with_json()


def test_every_form_was_printed(outputs):
    """Each record that a verb says it prints, it did print: an output that no test shows is not known to be right."""
    needs_libtorch = {"train"}  # tests/cli/test_train.py holds its output against the schema
    missing = {name: set(outputs.forms(name)) - outputs.seen[name] for name in verbs_with_json() - needs_libtorch}
    assert {name: forms for name, forms in missing.items() if forms} == {}


def test_what_is_not_so_fails(outputs):
    """A member less, one more, one of another type: never valid."""
    assert len(outputs.values) > 40
    for (name, form), value in outputs.values.items():
        validator = outputs.validator(name)
        required = outputs.schema(name)["$defs"][form]["required"]
        assert required
        for key in required:
            assert not validator.is_valid({k: v for k, v in value.items() if k != key}), (name, form, key)
        for key in value:
            assert not validator.is_valid({**value, key: [{"no": [None]}]}), (name, form, key)
        assert not validator.is_valid({**value, "extra": 1}), (name, form)


def test_what_is_not_so_fails_within(outputs):
    """The same in the objects within results."""
    count = 0
    for (name, form), value in outputs.values.items():
        for path in paths(value):
            changed = copy.deepcopy(value)
            inner = changed
            for step in path:
                inner = inner[step]
            inner["extra"] = {"no": [None]}
            assert not outputs.validator(name).is_valid(changed), (name, form, path)
            count += 1
    assert count > 100


def paths(value, path=()):
    """Places of objects within a value."""
    if isinstance(value, dict):
        if path:
            yield path
        for key, inner in value.items():
            yield from paths(inner, (*path, key))
    elif isinstance(value, list):
        for index, inner in enumerate(value[:2]):
            yield from paths(inner, (*path, index))


def test_schemas_say_what_all_is(outputs):
    version = subprocess.run([COMMAND, "--version"], capture_output=True, text=True, check=True).stdout.split()[-1]
    for name in outputs.names:
        schema = outputs.schema(name)
        assert schema["$id"] == f"urn:scheduled:{name.replace(' ', '-')}:{version}"
        assert schema["title"] and schema["description"]
        for record, definition in schema["$defs"].items():
            assert definition["description"], record
            if record == "Bytes":  # a text, or an object
                continue
            for key, member in definition["properties"].items():
                assert member["description"], (record, key)
            assert record == "ExportedColumns" or definition["additionalProperties"] is False


def test_they_can_be_written_to_files(outputs, tmp_path):
    made = subprocess.run([COMMAND, "schema", "--out", str(tmp_path / "all")], capture_output=True, text=True)
    assert (made.returncode, made.stdout) == (0, "")
    files = {path.name: json.loads(path.read_text()) for path in (tmp_path / "all").iterdir()}
    assert files == {f"{name.replace(' ', '-')}.schema.json": outputs.schema(name) for name in outputs.names}


def test_python_has_the_same(outputs):
    """A class of the package and the definition of the same record in the command's schemas."""
    compared = 0
    for name in outputs.names:
        for record, definition in outputs.schema(name)["$defs"].items():
            kind = getattr(_core, record, None)
            if kind is not None:
                compared += 1
                schema = json.loads(kind.json_schema())
                assert schema["$defs"][record] == definition
                assert schema["$id"].split(":")[:3] == ["urn", "scheduled", record]
    assert compared > 100


SPECS = [
    WSD,
    "cosine(steps=777, warmup=1%, final=10%, peak=3e-4)",
    "wsd(steps=100, cooldown=20%, decay=exponential, half_life=5%)",
    "polynomial(steps=90, power=2, floor=1e-3)",
    "piecewise(steps=90, milestones=[30, 60], factors=[0.3, 0.1])",
    "table(values=[0.1, 0.30000000000000004, 1e-300])",
    "wsd(steps=20Mtok, cooldown=20%, batch=[0:8, 4Mtok:16], seq_length=1k, clock=tokens)",
    "stages(steps=100, pieces=[hold until 80%, linear to 0], after=cosine(steps=50), at=40)",
]


def test_specs(outputs):
    """Every schedule as an object; and what is none."""
    validator = outputs.validator("schedule.json")
    examples = [example for _, example, _ in schedule_help()]
    assert len(examples) > 20
    for spec in SPECS + examples:
        value = json.loads(Schedule(spec).to_json())
        validator.validate(value)
        jsonschema.Draft202012Validator(json.loads(Schedule.json_schema())).validate(value)
        for wrong in [{"steps": True}, {"peak": "much"}, {"extra": 1}, {"schedule": "none"}, {"schedule": 1}]:
            assert not validator.is_valid({**value, **wrong}), (spec, wrong)
        assert not validator.is_valid({key: inner for key, inner in value.items() if key != "schedule"})
    assert not validator.is_valid({"schedule": "piecewise", "milestones": [3]})  # factors are missing
    assert not validator.is_valid({"schedule": "constant", "milestones": [3]})  # no key of this one
    assert not validator.is_valid({"schedule": "wsd", "decay": "steep"})


def objects_of_files(outputs):
    """What the files of RUNS and of some more commands hold, by the names of their schemas."""
    folder = outputs.folder
    for line in [
        f"worst-case {shlex.quote(WSD)} --function function.json",
        "fit trunk.csv cosine-decay.csv --law bu --save saved.json",
        "run plan --trunk 'rsqrt(warmup=10, peak=1e-2)' --results 1k,2k --emit slurm --run model --config train.json --step-seconds 2 "
        "--checkpoint-bytes 7k --clock 30m --checkpoint-every 100",
    ]:
        subprocess.run([COMMAND, *shlex.split(line)], cwd=folder, capture_output=True, text=True, check=True)
    for name, files in {"function.json": ["function.json"], "law.json": ["saved.json"], "jobs.json": ["model.jobs/jobs.json"]}.items():
        for file in files:
            yield name, json.loads((folder / file).read_text())
    for line in (folder / "forecasts.jsonl").read_text().splitlines():
        yield "forecasts.jsonl", json.loads(line)
    for file in sorted((folder / "myrun/record").iterdir()):
        for line in file.read_bytes().decode(errors="replace").splitlines():
            if line.startswith("{"):
                yield "record.jsonl", json.loads(line)
    for file in (folder / "myrun/checkpoints").rglob(".scheduled.json"):
        yield "commit.json", json.loads(file.read_text().splitlines()[0])
    for file in (folder / "myrun/checkpoints").rglob("external.json"):
        yield "external.json", json.loads(file.read_text())


def test_files(outputs):
    """The files of runs, plans and laws are as their schemas say; and what is not so fails."""
    seen = {}
    for name, value in objects_of_files(outputs):
        validator = outputs.validator(name)
        validator.validate(value)
        forms = [form for form in outputs.forms(name) if outputs.validator(name, form).is_valid(value)]
        assert len(forms) == 1, (name, forms)
        seen.setdefault(name, set()).update(forms)
        for key in outputs.schema(name)["$defs"][forms[0]]["required"]:
            assert not validator.is_valid({k: v for k, v in value.items() if k != key}), (name, key)
        for key in value:
            assert not validator.is_valid({**value, key: [{"no": [None]}]}), (name, key)
        assert not validator.is_valid({**value, "extra": 1}), name
    files = {name for name in outputs.names if "." in name} - {"schedule.json", "train.json"}
    files -= {"state.json"}  # which the trainer alone writes: tests/cli/test_train.py holds it against the schema
    assert {name: set(outputs.forms(name)) - seen.get(name, set()) for name in files} == {name: set() for name in files}


def changed(value, path=()):
    """The value with one member less, more, or of another type, anywhere within; and where."""
    for key in list(value):
        yield (*path, "without", key), {k: v for k, v in value.items() if k != key}
        yield (*path, key), {**value, key: [{"no": [None]}]}
        yield (*path, key), {**value, key: -1}
        if isinstance(value[key], dict):
            for place, inner in changed(value[key], (*path, key)):
                yield place, {**value, key: inner}
    yield (*path, "extra"), {**value, "extra": 1}


def test_the_trainer_reads_what_its_schema_allows(outputs, tmp_path):
    """The configuration's reader and its schema agree on every change. Without its trainer the command reads it itself."""
    command = shutil.copy(COMMAND, tmp_path / "scheduled")
    (tmp_path / "text").write_text("text " * 1000)
    config = {
        "data": {"train": ["text"], "validation_bytes": 100, "epochs": 2},
        "model": {"layers": 1, "width": 8, "heads": 1, "context": 8, "mlp": 8},
        "batch": 2,
        "seed": 1,
        "schedule": "rsqrt(warmup=10, peak=1e-2)",
        "weight_decay": 0.0,
        "clip": 2,
        "distance": 1.5,
        "threads": 1,
        "device": "cpu",
        "log_every": 5,
        "evaluate": {"every": 10, "batches": 2},
        "checkpoint_every": 20,
        "grad_norm_l1": True,
        "average": {"half_life": "10%", "from": 3, "every": 2},
    }
    validator = outputs.validator("train.json")
    validator.validate(config)
    definition = outputs.schema("train.json")["$defs"]["TrainConfig"]
    assert set(definition["properties"]) == set(config)
    both = {**config, "data": {**config["data"], "validation": ["text"]}}
    shares = [{**config, "average": {"half_life": share}} for share in (5, 0, "5", True)]
    for place, other in [((), config), (("both",), both), *((("share",), share) for share in shares), *changed(config)]:
        file = tmp_path / "c.json"
        file.write_text(json.dumps(other))
        said = subprocess.run([command, "train", "none", "--config", "c.json"], cwd=tmp_path, capture_output=True, text=True).stderr
        assert validator.is_valid(other) == ("c.json" not in said), (place, said)
        assert "c.json" in said or "scheduled-train is missing" in said
