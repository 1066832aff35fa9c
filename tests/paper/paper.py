"""The numbers of `scheduled-paper figures`: report.md of a run beside docs/paper.md, row by row."""

import math
import pathlib

COMMITTED = pathlib.Path(__file__).resolve().parents[2] / "docs/paper.md"


def rows_of(path):
    """(figure, number, published, here, difference, verdict) of each row."""
    rows = [line.strip("| ").split(" | ") for line in path.read_text(encoding="utf-8").splitlines() if "|" in line]
    return rows[2:]  # without the header and the rule under it


def half_digit(published):
    mantissa, _, exponent = published.lower().partition("e")
    return 0.5 * 10.0 ** (int(exponent or 0) - len(mantissa.partition(".")[2]))


def compare(test, made, committed):
    """The same rows. The numbers computed here may differ in the digits beyond the published ones, no more."""
    test.assertEqual([row[:3] + row[5:] for row in made], [row[:3] + row[5:] for row in committed])
    for row, old in zip(made, committed, strict=True):
        test.assertLessEqual(abs(float(row[3]) - float(old[3])), 0.02 * half_digit(row[2]) + 1e-9, row)


def check_verdicts(test, rows):
    """What a row says about itself is so: it agrees to the published digits, or it says why not."""
    for _, _, published, here, difference, verdict in rows:
        test.assertTrue(math.isfinite(float(here)))
        # `here` is rounded to the published digits in the table; the difference is not.
        agrees = abs(float(difference)) <= 1.02 * half_digit(published)
        test.assertRegex(verdict, r"^agrees(: .+)?$" if agrees else r"^differs: .+$")


def check_files(test, folder, suffix):
    """Every picture has its data."""
    pictures = sorted(folder.glob(f"*.{suffix}"))
    test.assertTrue(pictures)
    for picture in pictures:
        lines = picture.with_suffix(".csv").read_text(encoding="utf-8").splitlines()
        test.assertEqual(lines[0], "panel,line,name,x,y")
        test.assertGreater(len(lines), 2, picture.name)
    test.assertEqual([path.name for path in folder.iterdir() if path.suffix == ".part"], [])
