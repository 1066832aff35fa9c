"""The name of the distribution, what happens beside another one of the package's name, and ``python -m scheduled``."""

import os
import pathlib
import subprocess
import sys

import pytest
import scheduled
from scheduled._distribution import check_alone


@pytest.fixture
def site(tmp_path):
    """An environment's folder of packages, with this one in it."""
    folder = tmp_path / "lib/site-packages"
    (folder / "scheduled").mkdir(parents=True)
    for path in pathlib.Path(scheduled.__path__[0]).iterdir():
        (folder / "scheduled" / path.name).symlink_to(path)
    return folder


def python(site, *arguments):
    return subprocess.run(
        [sys.executable, "-B", *arguments], capture_output=True, text=True, env={**os.environ, "PYTHONPATH": str(site)}, cwd=site.parent
    )


def install(site, name, version, *files):
    """What pip leaves of a distribution."""
    info = site / f"{name}-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n")
    (info / "RECORD").write_text("".join(f"{file},,\n" for file in files))


SAID = "the distribution scheduled 0.0.1 is installed in"


def test_another_distribution_of_the_name_is_an_error(site):
    assert python(site, "-c", "import scheduled").returncode == 0
    install(site, "scheduled", "0.0.1")
    for program in (["-c", "import scheduled"], ["-c", "import scheduled.law"], ["-m", "scheduled"]):
        done = python(site, *program)
        assert done.returncode == 1
        assert SAID in done.stderr
        assert "pip uninstall scheduled scheduled-lr, then install scheduled-lr again" in done.stderr


def test_where_its_files_overwrote_ours_the_module_says_so(site):
    """Then `import scheduled` is theirs, but not `python -m scheduled`."""
    install(site, "scheduled", "0.0.1")
    (site / "scheduled/__init__.py").unlink()
    (site / "scheduled/__init__.py").write_text("def main(): pass\n")
    done = python(site, "-m", "scheduled")
    assert done.returncode == 1
    assert done.stderr.startswith("scheduled: error: " + SAID)


@pytest.mark.parametrize("beside", ["scheduled_lr-0.1.0.dist-info", "scheduled_tasks-1.0.dist-info", "scheduled", "schedule-1.0.dist-info"])
def test_others_are_none_of_ours(tmp_path, beside):
    (tmp_path / beside).mkdir()
    check_alone(str(tmp_path / "scheduled"))
    (tmp_path / "scheduled-2.0.egg-info").mkdir()
    with pytest.raises(ImportError, match=r"scheduled 2\.0 is installed"):
        check_alone(str(tmp_path / "scheduled"))


def test_the_module_is_the_command(site):
    program = site.parent.parent / "bin/scheduled"
    program.parent.mkdir()
    program.write_text('#!/bin/sh\necho "$@"; exit 3\n')
    program.chmod(0o755)
    install(site, "scheduled_lr", scheduled.__version__, "scheduled/__init__.py", "../../bin/scheduled")
    done = python(site, "-m", "scheduled", "show", "a b")
    assert (done.returncode, done.stdout) == (3, "show a b\n")


def test_without_a_command_the_module_says_how_to_get_it(site):
    install(site, "scheduled_lr", scheduled.__version__, "scheduled/__init__.py")
    done = python(site, "-m", "scheduled", "show")
    assert done.returncode == 1
    assert "SCHEDULED_BUILD_CLI=ON" in done.stderr
    assert done.stdout == ""
