"""Every formula and section that comments and pages cite stands in docs/theory.md, and only once.

usage: test_citations.py REPOSITORY. A formula is cited by its number in brackets, `(1.2)` or `(4.1)-(4.3)`, a section as
`docs/theory.md, section 6`. Formulas are defined by `**(1.2)**` at the start of a line of that page.
"""
import collections
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
PAGE = ROOT / "docs/theory.md"
FOLDERS = ["include", "src", "python", "apps", "paper", "docs", "bench", "tests"]
CODE = {".hpp": "//", ".h": "//", ".cpp": "//", ".c": "//", ".py": "#"}
NOT_OURS = {"build", ".venv", "fuzz", "anytime-logs", "forecast-logs", "images"}

FORMULA = re.compile(r"(?<![\w)\]([`.])\(([1-9]\.\d{1,2})\)")  # not a call, not a number in a table's code
SECTION = re.compile(r"theory(?:\.md\]?(?:\([^)]*\))?)?,? sections? (\d+a?)((?:,? (?:and|to) \d+a?)?)")
# Numbers in brackets that are values: a default, a rate. A page's table of defaults has them after code.
VALUE = re.compile(r"`[^`]*` \(|factor \(")


def files():
    for folder in FOLDERS:
        for path in sorted((ROOT / folder).rglob("*")):
            if path.suffix in [*CODE, ".md"] and not NOT_OURS & set(path.relative_to(ROOT).parts):
                yield path
    yield from (ROOT / name for name in ["README.md", "HACKING.md"])


def prose(path):
    """(line number, text) of a page, or of a source's comments and docstrings."""
    docstring = False
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        if path.suffix == ".md":
            yield number, VALUE.sub("", line)
            continue
        inside = docstring
        if path.suffix == ".py" and line.count('"""') % 2:
            docstring = not docstring
        if inside or line.count('"""'):
            yield number, line
        elif CODE[path.suffix] in line:
            yield number, line[line.index(CODE[path.suffix]) :]


class Citations(unittest.TestCase):
    theory = PAGE.read_text(encoding="utf-8")
    formulas = re.findall(r"^\s*\*\*\((\d\.\d{1,2})\)\*\*", theory, re.M)
    sections = re.findall(r"^## (\d+a?)\. ", theory, re.M)

    def test_formulas_are_defined_once_in_their_section(self):
        twice = [number for number, count in collections.Counter(self.formulas).items() if count > 1]
        self.assertEqual(twice, [])
        for part in re.split(r"^## ", self.theory, flags=re.M)[1:]:
            section = part.split(".")[0]
            for number in re.findall(r"^\s*\*\*\((\d)\.\d{1,2}\)\*\*", part, re.M):
                self.assertEqual(number, section.rstrip("a"))

    def test_every_citation_resolves(self):
        unknown = []
        found = 0
        for path in files():
            for number, text in prose(path):
                cited = FORMULA.findall(text)
                found += len(cited)
                for formula in cited:
                    if formula not in self.formulas:
                        unknown.append(f"{path.relative_to(ROOT)}:{number}: ({formula})")
                for first, more in SECTION.findall(text):
                    for section in [first, *re.findall(r"\d+a?", more)]:
                        if section not in self.sections:
                            unknown.append(f"{path.relative_to(ROOT)}:{number}: section {section}")
        self.assertEqual(unknown, [])
        self.assertGreater(found, 80)

    def test_no_source_is_cited_that_readers_do_not_have(self):
        word = "THEO" + "RY"
        self.assertEqual([str(path) for path in files() if re.search(rf"\b{word}\b", path.read_text(encoding="utf-8"))], [])


if __name__ == "__main__":
    unittest.main()
