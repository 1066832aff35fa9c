"""The largest differences that the tests of imported configurations see.

`python import_table.py --write` puts them into docs/guide/foreign.md.
"""

import pathlib
import sys

import pytest
from import_grids import SEEN


def table(seen):
    rows = ["| program | compared with | configurations | updates | largest difference, of the peak |", "|---|---|---|---|---|"]
    for tool, (by, configurations, updates, largest, _) in sorted(seen.items()):
        rows.append(f"| `{tool}` | {by} | {configurations} | {updates} | {largest:.1e} |")
    return "\n".join(rows) + "\n"


if __name__ == "__main__":
    tests = [str(pathlib.Path(__file__).parent / name) for name in ("test_import.py", "test_import_formulas.py", "test_import_nemo.py", "test_batch_ramp.py")]
    ended = pytest.main(["-q", "-p", "no:cacheprovider", *tests])
    page = pathlib.Path(__file__).parents[2] / "docs" / "guide" / "foreign.md"
    begin, end = "<!-- table -->\n", "<!-- end of table -->"
    if ended == 0 and "--write" in sys.argv:
        text = page.read_text()
        page.write_text(text[: text.index(begin) + len(begin)] + table(SEEN) + text[text.index(end) :])
    else:
        print(table(SEEN))
    sys.exit(ended)
