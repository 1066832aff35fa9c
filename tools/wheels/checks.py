"""What wheels, the archive with the command and the sdist must hold, as their files show. usage: checks.py FILE..."""

import gzip
import io
import pathlib
import re
import sys
import tarfile
import zipfile

LARGEST = {".whl": 8_000_000, ".gz": 12_000_000}  # bytes
GLIBC = (2, 28)
# Of third_party/.
LIBRARIES = {"highway", "fmt", "json", "cli11", "eigen", "toml", "zlib", "zstd", "yaml", "sqlite", "xxhash"}
OF_COMPILER = {"zig", "glibc", "libcxx", "libcxxabi", "libunwind"}
OF_BINDINGS = {"nanobind", "robin-map"}
PAGES = {
    "bash-completion/completions/scheduled",
    "fish/vendor_completions.d/scheduled.fish",
    "man/man1/scheduled-run-plan.1",
    "man/man1/scheduled.1",
    "zsh/site-functions/_scheduled",
}
OF_SDIST = [
    "LICENSE",
    "CMakeLists.txt",
    "PKG-INFO",
    "cmake/third_party.cmake",
    "pyproject.toml",
    "python/scheduled/__init__.py",
    "src/base/record.hpp",
    "third_party/eigen/Eigen/Dense",
    "third_party/sqlite/sqlite3.c",
]


def contents(path):
    """{name: bytes} of an archive."""
    if path.suffix == ".whl":
        with zipfile.ZipFile(path) as archive:
            return {name: archive.read(name) for name in archive.namelist() if not name.endswith("/")}
    with tarfile.open(path) as archive:
        return {member.name: archive.extractfile(member).read() for member in archive.getmembers() if member.isfile()}


def of_licences(files, folder, wanted):
    """What is wrong with the licences in a folder: one for each of what is inside, and no empty one."""
    found = [name.rpartition("/")[2] for name, data in files.items() if folder in name and data.strip()]
    return [f"no licence of {name}" for name in sorted(wanted - {name.removesuffix(".txt") for name in found})]


def of_pages(files, share):
    """Which completions and manual pages are missing."""
    return [f"no {page}" for page in sorted(PAGES) if not any(name.endswith(f"{share}/{page}") for name in files)]


def needed(program):
    """The shared libraries that an ELF file of 64 bits asks for."""

    def read(at, size):
        return int.from_bytes(program[at : at + size], "little")

    def offset_of(address):
        return next(file + address - begin for begin, size, file in loads if begin <= address < begin + size)

    if program[:6] != b"\x7fELF\x02\x01":
        raise SystemExit("wheels: a program or extension is no ELF file of 64 bits")
    headers = [read(0x20, 8) + i * read(0x36, 2) for i in range(read(0x38, 2))]
    loads = [(read(at + 16, 8), read(at + 32, 8), read(at + 8, 8)) for at in headers if read(at, 4) == 1]
    dynamic = [(read(at + 8, 8), read(at + 32, 8)) for at in headers if read(at, 4) == 2]
    pairs = [(read(at, 8), read(at + 8, 8)) for begin, size in dynamic for at in range(begin, begin + size, 16)]
    strings = [offset_of(value) for tag, value in pairs if tag == 5]
    names = [strings[0] + value for tag, value in pairs if tag == 1]
    return {program[at : program.index(b"\0", at)].decode() for at in names}


def glibc(program):
    """The newest version of glibc that a program names."""
    versions = re.findall(rb"GLIBC_(\d+)\.(\d+)", program)
    return max(((int(major), int(minor)) for major, minor in versions), default=(0, 0))


def of_program(name, program):
    allowed = re.compile(r"lib(?:c|m|dl|pthread|rt|util)\.so\.\d|ld-linux-[\w-]+\.so\.\d")
    others = sorted(library for library in needed(program) if not allowed.fullmatch(library))
    wrong = [f"{name} needs {library}" for library in others]
    return wrong + ([f"{name} needs glibc {glibc(program)}"] if glibc(program) > GLIBC else [])


def of_wheel(files):
    wrong = of_licences(files, ".dist-info/licenses/", {"LICENSE"} | LIBRARIES | OF_COMPILER | OF_BINDINGS)
    commands = [name for name in files if name.endswith(".data/scripts/scheduled")]
    extensions = [name for name in files if re.match(r"scheduled/_core\..*so$", name)]
    if len(commands) != 1 or len(extensions) != 1:
        wrong.append(f"the command {commands}, the extension {extensions}: one of each is wanted")
    for name in commands + extensions:
        wrong += of_program(name, files[name])
    wrong += of_pages(files, ".data/data/share")
    wrong += [f"no scheduled/{name}" for name in ("_core.pyi", "py.typed") if f"scheduled/{name}" not in files]
    return wrong


def of_archive(files):
    wrong = of_licences(files, "/share/doc/scheduled/", {"LICENSE"} | LIBRARIES | OF_COMPILER)
    commands = [name for name in files if name.endswith("/bin/scheduled")]
    if len(commands) != 1:
        wrong.append(f"the command: {commands}")
    for name in commands:
        wrong += of_program(name, files[name])
    return wrong + of_pages(files, "/share")


def of_sdist(files):
    names = {name.partition("/")[2] for name in files}
    wrong = of_licences(files, "/third_party/licences/", LIBRARIES)
    return wrong + [f"no {name}" for name in OF_SDIST if name not in names]


def check(path):
    """What is wrong with a file, in words."""
    path = pathlib.Path(path)
    size = path.stat().st_size
    wrong = [f"{size} bytes, more than {LARGEST[path.suffix]}"] if size > LARGEST[path.suffix] else []
    kind = of_wheel if path.suffix == ".whl" else of_archive if "-linux-" in path.name else of_sdist
    return wrong + kind(contents(path))


def demand(path):
    wrong = check(path)
    if wrong:
        raise SystemExit("\n  ".join([f"wheels: {path.name}:", *wrong]))
    print(f"wheels: {path.name}: {path.stat().st_size} bytes, complete", flush=True)


def archive(wheel, out):
    """The command of a wheel with its pages and licences, for where Python is not. Same wheel, same bytes."""
    name, machine = re.fullmatch(r"scheduled_lr-([\w.]+)-.*_(x86_64|aarch64)\.whl", wheel.name).groups()
    top = f"scheduled-{name}-linux-{machine}"
    places = [
        (r".*\.data/scripts/scheduled$", "bin/scheduled"),
        (r".*\.data/data/share/(.*)", r"share/\1"),
        (r".*\.dist-info/licenses/(?!nanobind|robin-map)(.*)", r"share/doc/scheduled/\1"),
    ]
    path = out / f"{top}.tar.gz"
    with gzip.GzipFile(path, "wb", mtime=0) as packed, tarfile.open(fileobj=packed, mode="w") as made:
        for file, data in sorted(contents(wheel).items()):
            for pattern, place in places:
                match = re.fullmatch(pattern, file)
                if match:
                    member = tarfile.TarInfo(f"{top}/{match.expand(place)}")
                    member.size, member.mode = len(data), 0o755 if place.startswith("bin/") else 0o644
                    made.addfile(member, io.BytesIO(data))
    return path


if __name__ == "__main__":
    for argument in sys.argv[1:]:
        demand(pathlib.Path(argument))
