"""Every file and folder of ours that a page or a comment names is there.

usage: test_paths.py REPOSITORY. A name is a word that ends as code does, or begins with one of our folders; it may leave out
the folders before it, or its end. Names that are examples or belong to others are listed below.
"""
import pathlib
import re
import sys
import unittest

ROOT = pathlib.Path(sys.argv.pop(1))
FOLDERS = ["apps", "bench", "docs", "examples", "include", "paper", "python", "src", "tests", "tools"]
WORD = re.compile(
    r"(?<![\w./@<-])(?:\.\./)*((?:[\w-]+/)*[\w-]+\.(?:hpp|cpp|h|c|py)(?!\w|\.\w)|(?:"
    + "|".join(FOLDERS)
    + r")/[\w/-]*[\w](?![\w.*{]))"
)
EXAMPLES = re.compile(r"NAME|VERB|toy|hwy/|^llm\.c$|^_|^(?:train|my\w*|script|program)\.py$")


def here():
    """The files and folders of ours, without what is built or installed."""
    for folder in FOLDERS:
        for path in [ROOT / folder, *(ROOT / folder).rglob("*")]:
            parts = path.relative_to(ROOT).parts
            if not any(part.startswith((".", "build", "__pycache__", "node_modules")) for part in parts):
                yield path


def named(path):
    """(line number, name) for each of a page or of a source's comments."""
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        text = line if path.suffix == ".md" else line.partition("//")[2]
        for word in WORD.findall(text):
            if not EXAMPLES.search(word):
                yield number, word


class Paths(unittest.TestCase):
    def test_all_are_there(self):
        paths = list(here())
        there = {f"/{path.relative_to(ROOT)}" for path in paths}
        ends = {name[k:] for name in there for k in range(len(name)) if name[k] == "/"}
        pages = [path for path in [*paths, *ROOT.glob("*.md")] if path.suffix in {".md", ".hpp", ".cpp", ".h", ".c"} and path.is_file()]
        self.assertGreater(len(pages), 300)
        starts = {name[:k] for name in there for k in range(len(name) + 1)}  # "docs/adr/0008" is the beginning of one
        gone = [
            f"{path.relative_to(ROOT)}:{number}: {word}"
            for path in pages
            for number, word in named(path)
            if f"/{word}" not in ends and f"/{word}" not in starts
        ]
        self.assertEqual(gone, [], "\n".join(gone))


if __name__ == "__main__":
    unittest.main()
