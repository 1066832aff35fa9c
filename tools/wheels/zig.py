"""Zig's compiler from the Python index, which makes programs for any glibc and processor, as CMake's toolchains."""

import pathlib
import shutil
import subprocess

GLIBC = "2.28"
MACHINES = ("x86_64", "aarch64")


def root(compiler):
    """Where an environment's Python has the compiler."""
    where = [compiler, "-c", "import ziglang; print(ziglang.__path__[0])"]
    return pathlib.Path(subprocess.run(where, capture_output=True, text=True, check=True).stdout.strip())


def write_toolchain(folder, zig, machine, emulator):
    """Programs that call the compiler for a machine, and what CMake reads of them; the emulator runs what it made."""
    folder.mkdir(parents=True, exist_ok=True)
    target = f"-target {machine}-linux-gnu.{GLIBC} -fno-sanitize=undefined "  # which Zig turns on below -O2, as for bindings
    for name, words in {"cc": "cc " + target, "c++": "c++ " + target, "ar": "ar ", "ranlib": "ranlib "}.items():
        program = folder / f"zig-{name}"
        program.write_text(f'#!/bin/sh\nexec "{zig}/zig" {words}"$@"\n')
        program.chmod(0o755)
    lines = [
        f'set(CMAKE_{language}_COMPILER "{folder}/zig-{name}")' for language, name in (("C", "cc"), ("CXX", "c++"))
    ]
    lines += [f'set(CMAKE_{name.upper()} "{folder}/zig-{name}" CACHE FILEPATH "")' for name in ("ar", "ranlib")]
    lines += ['set(CMAKE_CXX_FLAGS_INIT "-ffunction-sections -fdata-sections")']
    lines += [f'set(CMAKE_{kind}_LINKER_FLAGS_INIT "-s -Wl,--gc-sections")' for kind in ("EXE", "MODULE", "SHARED")]
    if machine != MACHINES[0]:
        lines += ["set(CMAKE_SYSTEM_NAME Linux)", f"set(CMAKE_SYSTEM_PROCESSOR {machine})"]
        lines += [f'set(CMAKE_CROSSCOMPILING_EMULATOR "{";".join(map(str, emulator))}")']
    text = "\n".join([*lines, ""])
    path = folder / "zig.cmake"
    if not path.exists() or path.read_text() != text:  # a newer one would compile everything again
        path.write_text(text)
    return path


def licences(zig, folder):
    """Of what the compiler links into programs: C++'s library, and the parts of glibc that are linked statically."""
    files = {"zig": "LICENSE", "glibc": "lib/libc/glibc/LICENSES"}
    files |= {name: f"lib/{name}/LICENSE.TXT" for name in ("libcxx", "libcxxabi", "libunwind")}
    for name, file in files.items():
        shutil.copyfile(zig / file, folder / f"{name}.txt")
