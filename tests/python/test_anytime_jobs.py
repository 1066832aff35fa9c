"""A plan as jobs of a cluster, and how far they are by what squeue and sacct say."""

import json
import os
import subprocess

import pytest
import scheduled
from command_outputs import COMMAND
from scheduled import Schedule

anytime = pytest.importorskip("scheduled.anytime", exc_type=ImportError)

GIVEN = {"step_seconds": 3.6, "checkpoint_bytes": 10, "command": "train {run} {line} {to}"}


def two_results():
    return scheduled.plan_anytime(Schedule("rsqrt(warmup=50, peak=1e-2)"), [1000, 2000])


def test_jobs_and_their_costs(tmp_path):
    plan = anytime.plan_jobs(two_results(), tmp_path / "run", nodes=4, clock="24h", checkpoint_every=100, **GIVEN)
    assert [(job.line, job.from_, job.to, job.after, job.starts) for job in plan.jobs] == [
        ("trunk", 0, 800, [], 1),
        ("result-1000", 800, 1000, [0], 1),
        ("trunk", 800, 1600, [0], 1),
        ("result-2000", 1600, 2000, [2], 1),
    ]
    assert plan.node_hours == pytest.approx(8.8) and plan.wall_seconds == pytest.approx(7200)
    assert plan.jobs[1].command == f"train {tmp_path}/run result-1000 1000"
    assert not list(tmp_path.iterdir())
    same = anytime.plan_jobs(two_results(), tmp_path / "run", nodes=4, clock=86400, checkpoint_every=100, **GIVEN)
    assert same.to_json() == plan.to_json()


@pytest.mark.skipif(COMMAND is None, reason="the command is not built")
@pytest.mark.parametrize(
    "engine, launcher, settings",
    [
        ("local", "run.sh", []),
        ("nemo-run", "experiment.py", []),
        ("skypilot", "pipeline.yaml", ["resources.accelerators=H100:8", "volumes./mnt/runs=runs"]),
    ],
)
def test_scripts_are_those_of_the_command(tmp_path, engine, launcher, settings):
    anytime.plan_jobs(two_results(), tmp_path / "run", engine=engine, settings=settings, into=tmp_path / "a", **GIVEN)
    words = ["--trunk", "rsqrt(warmup=50, peak=1e-2)", "--results", "1k,2k", "--emit", engine, "--run", str(tmp_path / "run")]
    words += [f"--set={setting}" for setting in settings]
    words += ["--step-seconds", "3.6", "--checkpoint-bytes", "10", "--train", GIVEN["command"], "--into", str(tmp_path / "b")]
    subprocess.run([COMMAND, "run", "plan", *words], check=True, capture_output=True)
    names = sorted(str(file.relative_to(tmp_path / "a")) for file in (tmp_path / "a").rglob("*") if file.is_file())
    assert launcher in names and "jobs/04-result-2000-2000.sh" in names
    for name in names:
        mine, other = ((tmp_path / folder / name).read_text().replace(f"{tmp_path}/{folder}", "") for folder in "ab")
        assert mine == other, name


def test_what_is_refused(tmp_path):
    with pytest.raises(scheduled.ArgumentError, match="clock = 'soon': must be a time such as"):
        anytime.plan_jobs(two_results(), tmp_path / "run", clock="soon", **GIVEN)
    with pytest.raises(scheduled.ArgumentError, match="there is no {runs}"):
        anytime.plan_jobs(two_results(), tmp_path / "run", **{**GIVEN, "command": "train {runs}"})
    with pytest.raises(scheduled.ArgumentError, match="engine = .*must be slurm, local, nemo-run or skypilot"):
        anytime.plan_jobs(two_results(), tmp_path / "run", engine="k8s", **GIVEN)
    anytime.plan_jobs(two_results(), tmp_path / "run", into=tmp_path / "jobs", **GIVEN)
    with pytest.raises(scheduled.ArgumentError, match="holds the jobs of a plan already"):
        anytime.plan_jobs(two_results(), tmp_path / "run", into=tmp_path / "jobs", **GIVEN)


def test_states(tmp_path, monkeypatch):
    jobs = tmp_path / "jobs"
    anytime.plan_jobs(two_results(), tmp_path / "run", into=jobs, **GIVEN)
    programs = tmp_path / "bin"
    programs.mkdir()
    monkeypatch.setenv("PATH", f"{programs}{os.pathsep}{os.environ['PATH']}")

    def says(program, text, code=0):
        (programs / program).write_text(f"#!/bin/sh\ncat <<'END'\n{text}\nEND\nexit {code}\n")
        (programs / program).chmod(0o755)

    says("squeue", "5|PENDING|Dependency\n3|RUNNING|None\n99|RUNNING|None")
    says("sacct", "3|PENDING\n2|CANCELLED by 1000\n4|COMPLETED")
    assert anytime.job_states(jobs) == []  # nothing was submitted
    (jobs / "submitted").write_text("01-trunk-800 2\n01-trunk-800 3\n02-result-1000-1000 4\n03-trunk-1600 5\n04-result-2000-2000 6\n")
    states = anytime.job_states(jobs)
    assert [(s.id, s.line, s.to, s.state, s.reason) for s in states] == [
        ("2", "trunk", 800, "CANCELLED", ""),
        ("3", "trunk", 800, "RUNNING", ""),  # squeue knows it better than sacct
        ("4", "result-1000", 1000, "COMPLETED", ""),
        ("5", "trunk", 1600, "PENDING", "Dependency"),
    ]
    says("sacct", "", 1)  # there is no accounting
    assert [s.id for s in anytime.job_states(jobs)] == ["3", "5"]
    says("squeue", "", 1)
    assert anytime.job_states(jobs) == []
    assert json.loads(states[3].to_json())["reason"] == "Dependency"
