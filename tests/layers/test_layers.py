"""tools/check_layers.py passes on the repository, and fails on each include that is planted against the layers."""

import pathlib
import shutil
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(__file__).resolve().parents[2]
CODE = {".h", ".hpp", ".c", ".cpp"}

# A file, what it is made to include, and what is said of that.
PLANTED = [
    ("src/schedule/text.hpp", "scheduled/bound.hpp", "layer 2 from layer 1"),
    ("src/runlog/table.hpp", "scheduled/schedule.hpp", "layer 1 from layer 1"),
    ("src/base/sum.hpp", "schedule/part.hpp", "layer 1 from layer 0"),
    ("include/scheduled/bound.hpp", "scheduled/design.hpp", "layer 3 from layer 2"),
    ("src/bound/omega.cpp", "shell/text.hpp", "which is no module's"),
    ("apps/cli/show.cpp", "trainer/config.hpp", "apps/cli may not include apps/trainer"),
    ("apps/trainer/config.cpp", "cli/verbs.hpp", "apps/trainer may not include apps/cli"),
    ("apps/trainer/train.cpp", "../cli/verbs.hpp", "apps/trainer may not include apps/cli"),
    ("apps/shell/text.cpp", "plot/figure.hpp", "apps/shell may not include apps/plot"),
    ("apps/plot/script.cpp", "cli/draw.hpp", "apps/plot may not include apps/cli"),
    ("apps/main.cpp", "plot/figure.hpp", "apps may not include apps/plot"),
    ("apps/cli/show.cpp", "schedule/part.hpp", "a private header of the library"),
    ("apps/cli/show.cpp", "support/throws.hpp", "apps/cli may not include tests/support"),
    ("paper/figures/shared.cpp", "shell/text.hpp", "paper/figures may not include apps/shell"),
    ("python/src/planted.cpp", "schedule/part.hpp", "a private header of the library"),
    ("bench/omega.cpp", "plot/figure.hpp", "bench may not include apps/plot"),
    ("tools/planted.cpp", "base/sum.hpp", "unknown module 'tools'"),
    ("examples/embed.cpp", "base/sum.hpp", "a private header of the library"),
    ("tests/unit/json_test.cpp", "cli/draw.hpp", "tests may not include apps/cli"),
    ("tests/support/throws.hpp", "plot/figure.hpp", "tests/support may not include apps/plot"),
    ("apps/cli/tune.cpp", "CLI/CLI.hpp", "only apps/shell/options.cpp may"),
    ("apps/trainer/data.cpp", "nlohmann/json.hpp", "only src/base/json.cpp and src/runlog/formats may"),
    ("elsewhere/planted.hpp", "scheduled/bound.hpp", "unknown module 'elsewhere'"),
]


def check(root):
    command = [sys.executable, ROOT / "tools" / "check_layers.py", root]
    return subprocess.run(command, capture_output=True, text=True, check=False)


class Layers(unittest.TestCase):
    def setUp(self):
        folder = tempfile.TemporaryDirectory()
        self.addCleanup(folder.cleanup)
        self.root = pathlib.Path(folder.name)
        for top in ROOT.iterdir():
            if not top.is_dir() or top.name.startswith((".", "build")):
                continue
            for path in top.rglob("*"):
                if path.suffix in CODE and path.is_file():
                    copy = self.root / path.relative_to(ROOT)
                    copy.parent.mkdir(parents=True, exist_ok=True)
                    shutil.copyfile(path, copy)

    def test_the_repository(self):
        result = check(ROOT)
        self.assertEqual(result.returncode, 0, result.stdout)
        self.assertRegex(result.stdout, r"^\d{4} includes in \d{3,} files point down$")

    def test_planted_includes(self):
        for name, header, _ in PLANTED:
            path = self.root / name
            path.parent.mkdir(exist_ok=True)
            with path.open("a", encoding="utf-8") as file:
                file.write(f'\n#include "{header}"\n')
        result = check(self.root)
        self.assertEqual(result.returncode, 1)
        lines = result.stdout.splitlines()
        self.assertEqual(len(lines), len(PLANTED), result.stdout)
        for name, header, said in PLANTED:
            with self.subTest(name=name, header=header):
                about = [line for line in lines if line.startswith(f"{name}: ") and said in line]
                self.assertEqual(len(about), 1, result.stdout)

    def test_nothing_to_look_at(self):
        with tempfile.TemporaryDirectory() as empty:
            self.assertEqual(check(empty).returncode, 1)


if __name__ == "__main__":
    unittest.main()
