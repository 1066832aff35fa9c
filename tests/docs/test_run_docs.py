"""run_docs.py must fail where a page is wrong: it is what all other claims about the documentation rest on."""

import pathlib
import subprocess
import sys
import tempfile
import unittest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parent.parent


class RunDocs(unittest.TestCase):
    def run_page(self, text, *more):
        with tempfile.TemporaryDirectory() as folder:
            page = pathlib.Path(folder, "page.md")
            page.write_text(text, encoding="utf-8")
            pathlib.Path(folder, "other.md").write_text("x", encoding="utf-8")
            result = subprocess.run(
                [sys.executable, HERE / "run_docs.py", page, "--bin", folder, "--python", sys.executable, "--root", ROOT, *list(more)],
                capture_output=True, text=True, timeout=60,
            )  # fmt: skip
            return result.returncode, result.stdout, page.read_text(encoding="utf-8")

    def assert_fails(self, text, expected):
        code, printed, _ = self.run_page(text)
        self.assertEqual(code, 1, printed)
        self.assertIn(expected, printed)

    def test_right_pages(self):
        for text in [
            "```console\n$ echo a; echo b\na\nb\n```\n",
            "```console\n$ echo a; echo b; echo c\na\n...\n```\n",
            "```console\n$ echo a; exit 3\na\n[exit code 3]\n```\n",
            "```console\n$ echo a; exit 3\n...\n[exit code 3]\n```\n",
            "```console\n$ echo a > file\n```\n```yaml\njobs:\n  a:\n    steps:\n      - uses: b\n      - run: grep -q a file\n```\n",
            "```sh\nmake test   # all of it\ngit clone … && cd x\n```\n[other](other.md#part) [web](https://x.y/z) [here](#a)",
        ]:
            code, printed, _ = self.run_page(text)
            self.assertEqual(code, 0, printed)

    def test_output(self):
        self.assert_fails("```console\n$ echo a\nb\n```\n", "--- printed\na")

    def test_exit_code(self):
        self.assert_fails("```console\n$ echo a; exit 3\na\n```\n", "[exit code 3]")
        self.assert_fails("```console\n$ echo a; exit 3\n...\n```\n", "ended with exit code 3")
        self.assert_fails("```console\n$ exit 3 | cat\n```\n", "[exit code 3]")
        self.assert_fails("```console\n$ true\n[exit code 3]\n```\n", "--- printed")

    def test_setup(self):
        self.assert_fails("```sh\nmake no-such-target\n```\n", "no-such-target")
        self.assert_fails("```sh\nrm -rf x\n```\n", "rm -rf x: not run")

    def test_workflow(self):
        steps = "```yaml\njobs:\n  a:\n    steps:\n      - uses: b\n      - {}\n```\n"
        self.assert_fails(steps.format("run: echo a; exit 3"), "exit code 3\na")
        self.assert_fails(steps.format("run: |"), "is understood")
        self.assert_fails(steps.format("shell: x"), "is understood")
        self.assert_fails("```yaml\nkey: 1\n```\n", "nothing to run")

    def test_links(self):
        self.assert_fails("```console\n$ true\n```\n[x](missing.md)\n", "link to missing.md")
        self.assert_fails("```console\n$ true\n```\n![x](missing.png)\n", "link to missing.png")

    def test_update(self):
        code, _, page = self.run_page("```console\n$ echo a; exit 3\nold\n```\n", "--update")
        self.assertEqual((code, page), (0, "```console\n$ echo a; exit 3\na\n[exit code 3]\n```\n"))

    def test_measured_numbers(self):
        """Speed and trained loss may differ, everything around them may not; --update keeps them where nothing else changed."""
        said = "is at 5, 812 tokens/s\n  val_loss   1.25\n"
        for first, second, code in [
            ("is at 5, 99 tokens/s", "  val_loss   1.3", 0),
            ("is at 6, 812 tokens/s", "  val_loss   1.25", 1),
            ("is at 5, many tokens/s", "  val_loss   1.25", 1),
            ("is at 5, 812 tokens/s", "  val_loss   nan", 1),
            ("is at 5, 812 tokens/s", "  loss   1.25", 1),
        ]:
            page = f"```console\n$ echo '{first}'; echo '{second}'\n{said}```\n"
            self.assertEqual(self.run_page(page)[0], code, page)
            kept = self.run_page(page, "--update")[2]
            self.assertIn(said if code == 0 else f"{first}\n{second}\n", kept)

    def test_nothing_to_run(self):
        self.assert_fails("text\n", "nothing to run")


if __name__ == "__main__":
    unittest.main()
