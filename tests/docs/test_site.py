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


if __name__ == "__main__":
    unittest.main()
