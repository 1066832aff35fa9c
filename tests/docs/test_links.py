"""Links of pages lead to files that are there, and those to a section of a page to a heading of it.

usage: test_links.py REPOSITORY. Headings are called as GitHub calls them: small letters, without punctuation, "-" for a blank.
"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
FENCE = re.compile(r"^```.*?^```$", re.M | re.S)
LINK = re.compile(r"\]\(<?([^)\s>]+)>?\)")
PAGES = [*ROOT.glob("*.md"), ROOT / "llms.txt", *sorted((ROOT / "docs").rglob("*.md"))]


def anchors(page):
    """The sections of a page; one that is called like an earlier one has a number after it."""
    found, count = set(), {}
    for title in re.findall(r"^#{1,6} +(.*?) *#*$", FENCE.sub("", page.read_text(encoding="utf-8")), re.M):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title).lower()
        name = re.sub(r"[^\w\- ]", "", text).replace(" ", "-")
        found.add(f"{name}-{count[name]}" if name in count else name)
        count[name] = count.get(name, 0) + 1
    return found


def wrong_links(page):
    text = re.sub(r"`[^`\n]*`", "", FENCE.sub("", page.read_text(encoding="utf-8")))
    for target in LINK.findall(text):
        if re.match(r"[a-z]+:", target):
            continue
        name, _, section = target.partition("#")
        file = page.parent / name if name else page
        if not file.exists():
            yield f"{page.relative_to(ROOT)}: {target}: there is no such file"
        elif section and file.suffix == ".md" and section not in anchors(file):
            yield f"{page.relative_to(ROOT)}: {target}: {file.name} has no such section"


class Links(unittest.TestCase):
    def test_all_lead_somewhere(self):
        self.assertGreater(len(PAGES), 30)
        self.assertEqual([wrong for page in PAGES for wrong in wrong_links(page)], [])

    def test_sections_are_called_as_on_github(self):
        sections = anchors(ROOT / "docs/guide/logs.md")
        self.assertIn("the-logs-of-these-pages", sections)
        self.assertNotIn("the logs of these pages", sections)


if __name__ == "__main__":
    unittest.main()
