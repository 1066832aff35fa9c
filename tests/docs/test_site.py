"""The site has every page, each in one chapter, and links between its pages lead somewhere.

usage: test_site.py REPOSITORY. What MkDocs makes of the pages is looked at by `make docs`, not here.
"""
import pathlib
import re
import subprocess
import sys
import tempfile
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
sys.path.insert(0, str(ROOT / "tools"))
import api_pages  # noqa: E402


class Site(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        subprocess.run([sys.executable, ROOT / "tools/site.py", cls.folder.name], check=True, stdout=subprocess.DEVNULL)
        cls.pages = pathlib.Path(cls.folder.name) / "pages"
        cls.configuration = (pathlib.Path(cls.folder.name) / "mkdocs.yml").read_text()

    @classmethod
    def tearDownClass(cls):
        cls.folder.cleanup()

    def test_every_page_is_in_one_chapter(self):
        named = re.findall(r"^      - '.*': (.*)$", self.configuration, re.M)
        self.assertEqual(len(named), len(set(named)))
        written = {path.relative_to(self.pages).as_posix() for path in self.pages.rglob("*.md")}
        self.assertEqual({place for place in written if not place.startswith("source/")} - set(named), set())
        self.assertEqual(set(named) - written, set())
        guides = {f"guide/{path.name}" for path in (ROOT / "docs/guide").glob("*.md")}
        self.assertEqual(guides - set(named), set())
        reference = self.configuration.partition("  - Reference:")[2]
        self.assertNotIn(": guide/", reference, "tools/site.py: a guide is in no chapter of CHAPTERS")

    def test_every_header_has_a_page(self):
        for header in (ROOT / "include/scheduled").iterdir():
            page = self.pages / f"source/include/scheduled/{header.name}.md"
            self.assertIn(header.read_text(), page.read_text())

    def test_every_header_has_an_interface_page(self):
        """With all its declarations, in their order, and their comments as text."""
        for header in (ROOT / "include/scheduled").iterdir():
            page = (self.pages / f"api/cpp/{header.name}.md").read_text()
            shown = [line for part in re.findall(r"^```(?:cpp|c)\n(.*?)^```$", page, re.M | re.S) for line in part.splitlines()]
            left_out = r"\s*(//|/?\*|$)|#|namespace|\}(\s+// namespace.*)?$|extern"
            wanted = [line for line in header.read_text().splitlines() if not re.match(left_out, line)]
            self.assertEqual([line for line in shown if line in wanted], wanted, header.name)

    def test_every_module_has_a_page_with_what_is_not_in_c(self):
        torch = (self.pages / "api/python/scheduled.torch.md").read_text()
        for text in ["# scheduled.torch\n", "## ScheduledLR { #ScheduledLR }", "### ScheduledLR.step", "- `optimizer`", ">>> import torch"]:
            self.assertIn(text, torch)
        for module in (ROOT / "python/scheduled").glob("[a-z]*.py"):
            self.assertTrue((self.pages / f"api/python/scheduled.{module.stem}.md").is_file(), module)

    def test_links_lead_to_pages(self):
        count = 0
        for page in self.pages.rglob("*.md"):
            if page.relative_to(self.pages).parts[0] == "source" and page.name != "index.md":
                continue
            text = re.sub(r"^```.*?^```$|`[^`\n]*`", "", page.read_text(), flags=re.M | re.S)
            for target in re.findall(r"\]\(([^)\s#]+)", text):
                if not re.match(r"[a-z]+:", target):
                    count += 1
                    self.assertTrue((page.parent / target).is_file(), f"{page}: {target}")
        self.assertGreater(count, 100)


STUB = '''
from typing import overload

class Result:
    """What was found."""

    @property
    def low(self) -> float:
        """From here to `high` it is at most 2 * best [loss]."""

    def to_json(self) -> str:
        """JSON text."""

    @staticmethod
    def json_schema() -> str:
        """JSON Schema."""

    def at(self, step: int) -> float:
        """The value there."""

@overload
def find(values: list[float], *, first_argument_with_a_long_name: int = 1, second_argument_with_a_long_name: str = "x") -> Result:
    """Finds a `Result` in a_b < 3.

    Parameters
    ----------
    values : list
        All of them.

    Examples
    --------
    >>> 1 + 1
    2
    """

@overload
def find(one: float) -> Result:
    """Of one."""
'''


class Pages(unittest.TestCase):
    def pages(self, names):
        with tempfile.TemporaryDirectory() as name:
            folder = pathlib.Path(name)
            (folder / "__init__.py").write_text(f'"""All of it."""\nfrom scheduled._core import Result, find\n__all__ = {names!r}\n')
            (folder / "stub.pyi").write_text(STUB)
            return dict(api_pages.Package(folder, folder / "stub.pyi").pages())

    def test_a_page_of_a_module(self):
        (text,) = self.pages(["Result", "find"]).values()
        wanted = [
            "# scheduled\n\nAll of it.\n",
            "## find { #find }\n\n```python\nfind(\n    values: list[float],\n    *,\n    first_argument_with_a_long_name: int = 1,\n",
            "Finds a [`Result`](#Result) in a_b &lt; 3.",
            "**Parameters**\n\n- `values` (`list`): All of them.",
            "```pycon\n>>> 1 + 1\n2\n```",
            "```python\nfind(one: float) -> Result\n```\n\nOf one.",
            "- `low` (`float`): From here to `high` it is at most 2 \\* best \\[loss\\].",
            "`to_json()` is all of this as JSON text",
            "### Result.at { #Result.at }\n\n```python\nat(self, step: int) -> float\n```\n\nThe value there.",
        ]
        for part in wanted:
            self.assertIn(part, text)
        self.assertNotIn("Result.to_json", text)

    def test_a_name_that_is_nowhere_is_an_error(self):
        with self.assertRaisesRegex(SystemExit, "scheduled.lost is in __all__"):
            self.pages(["Result", "lost"])


if __name__ == "__main__":
    unittest.main()
