"""What make wheels rests on and is quick to see: its checks find what is missing, the lists agree, the Dockerfile's files are there.

usage: test_wheels.py REPOSITORY
"""

import ast
import io
import pathlib
import re
import subprocess
import sys
import tarfile
import tempfile
import unittest
import zipfile

ROOT = pathlib.Path(sys.argv.pop(1))
sys.dont_write_bytecode = True
sys.path.insert(0, str(ROOT / "tools/wheels"))
import checks  # noqa: E402
import wheels  # noqa: E402
import zig  # noqa: E402

# An ELF file without sections or segments, which needs nothing.
PROGRAM = b"\x7fELF\x02\x01\x01" + bytes(57)


def text(path):
    return (ROOT / path).read_text()


def wheel_files():
    files = {"scheduled/_core.abi3.so": PROGRAM, "a.data/scripts/scheduled": PROGRAM}
    files |= {"scheduled/_core.pyi": b"", "scheduled/py.typed": b""}
    files |= {f"a.data/data/share/{page}": b"page" for page in checks.PAGES}
    wanted = checks.LIBRARIES | checks.OF_COMPILER | checks.OF_BINDINGS
    return (
        files
        | {f"a.dist-info/licenses/{name}.txt": b"text" for name in wanted}
        | {"a.dist-info/licenses/LICENSE": b"text"}
    )


def sdist_files():
    names = checks.OF_SDIST + [f"third_party/licences/{name}.txt" for name in checks.LIBRARIES]
    return {f"scheduled_lr-1/{name}": b"text" for name in names}


class Checks(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory()
        self.addCleanup(temporary.cleanup)
        self.folder = pathlib.Path(temporary.name)

    def wheel(self, files):
        path = self.folder / "scheduled_lr-1.0-cp312-abi3-manylinux_2_28_x86_64.whl"
        with zipfile.ZipFile(path, "w") as made:
            for name, data in files.items():
                made.writestr(name, data)
        return path

    def tar(self, name, files):
        with tarfile.open(self.folder / name, "w:gz") as made:
            for file, data in files.items():
                member = tarfile.TarInfo(file)
                member.size = len(data)
                made.addfile(member, io.BytesIO(data))
        return self.folder / name

    def test_of_a_wheel_each_file_is_missed(self):
        files = wheel_files()
        self.assertEqual(checks.check(self.wheel(files)), [])
        for name in files:
            found = checks.check(self.wheel({key: data for key, data in files.items() if key != name}))
            self.assertEqual(len(found), 1, (name, found))
        self.assertEqual(
            checks.check(self.wheel(files | {"a.dist-info/licenses/zlib.txt": b" \n"})), ["no licence of zlib"]
        )

    def test_of_an_sdist_each_file_is_missed(self):
        files = sdist_files()
        self.assertEqual(checks.check(self.tar("scheduled_lr-1.tar.gz", files)), [])
        for name in files:
            found = checks.check(
                self.tar("scheduled_lr-1.tar.gz", {key: data for key, data in files.items() if key != name})
            )
            self.assertEqual(len(found), 1, (name, found))

    def test_an_archive_is_made_of_a_wheel(self):
        archive = checks.archive(self.wheel(wheel_files()), self.folder)
        self.assertEqual(archive.name, "scheduled-1.0-linux-x86_64.tar.gz")
        files = checks.contents(archive)
        self.assertEqual(checks.check(archive), [])
        for name in files:
            found = checks.check(self.tar(archive.name, {key: data for key, data in files.items() if key != name}))
            self.assertEqual(len(found), 1, (name, found))
        with tarfile.open(checks.archive(self.wheel(wheel_files()), self.folder)) as made:
            modes = {member.name.rpartition("/")[2]: member.mode for member in made if "/bin/" in member.name}
        self.assertEqual(modes, {"scheduled": 0o755})

    def test_programs_of_this_machine_are_read(self):
        program = pathlib.Path("/usr/bin/env").read_bytes()
        self.assertIn("libc.so.6", checks.needed(program))
        shown = subprocess.run(["objdump", "-p", "/usr/bin/env"], capture_output=True, text=True, check=True).stdout
        self.assertEqual(checks.needed(program), set(re.findall(r"NEEDED +(\S+)", shown)))
        self.assertEqual(
            checks.glibc(program), max(tuple(map(int, found)) for found in re.findall(r"GLIBC_(\d+)\.(\d+)", shown))
        )
        python = pathlib.Path(sys.executable).resolve().read_bytes()
        self.assertEqual(checks.of_program("a", PROGRAM + b"GLIBC_2.29\0"), ["a needs glibc (2, 29)"])
        self.assertTrue(checks.needed(python))

    def test_a_large_wheel_is_refused(self):
        files = wheel_files() | {"scheduled/table.bin": bytes(checks.LARGEST[".whl"] + 1)}
        self.assertIn(f"more than {checks.LARGEST['.whl']}", checks.check(self.wheel(files))[0])


class Lists(unittest.TestCase):
    def test_libraries_are_collected_compiled_and_checked(self):
        collected = set(re.findall(r"^(?:cd .* && )?take (\w+) ", text("tools/wheels/third_party.sh"), re.M))
        compiled = set(re.findall(r"\{third_party\}/(\w+)\)$", text("cmake/third_party.cmake"), re.M))
        compiled |= set(re.findall(r"^scheduled_third_party\((\w+) ", text("cmake/third_party.cmake"), re.M))
        self.assertEqual(collected, checks.LIBRARIES)
        self.assertEqual(compiled, checks.LIBRARIES)

    def test_python_versions_agree(self):
        lowest = re.search(r'^requires-python = ">=3\.(\d+)"', text("pyproject.toml"), re.M)[1]
        self.assertIn(f"find_package(Python 3.{lowest} REQUIRED", text("python/CMakeLists.txt"))
        self.assertEqual(wheels.OLDEST, (3, int(lowest)))
        for path in (ROOT / "python/scheduled").rglob("*.py"):
            tree = ast.parse(path.read_text(), path, feature_version=wheels.OLDEST)
            calls = [node for node in ast.walk(tree) if isinstance(node, ast.Call)]
            zips = [call for call in calls if isinstance(call.func, ast.Name) and call.func.id == "zip"]
            self.assertFalse([call.lineno for call in zips if call.keywords], path)  # strict is of Python 3.10

    def test_glibc_and_platform_agree(self):
        self.assertEqual(tuple(map(int, zig.GLIBC.split("."))), checks.GLIBC)

    def test_pip_of_debian_12_knows_the_options(self):
        """Its pip, 23.0, has --config-settings and no -C."""
        for path in ["Dockerfile", "docs/guide/install.md", "README.md", "python/scheduled/__main__.py"]:
            self.assertNotRegex(text(path), r"pip3? install\b.* -C\b", path)
        self.assertIn("--config-settings=cmake.define.SCHEDULED_BUILD_CLI=ON", text("Dockerfile"))

    def test_dockerfile_copies_what_is_there(self):
        copied = [
            word for line in re.findall(r"^COPY (?!--from)(.*)", text("Dockerfile"), re.M) for word in line.split()[:-1]
        ]
        self.assertTrue(copied)
        for name in copied:
            self.assertTrue((ROOT / name).exists(), name)


if __name__ == "__main__":
    unittest.main()
