"""Manual pages: one for each verb, with all that its help says, and man(1) has nothing against them."""

import shutil
import subprocess
import unittest

import command


class Manual(command.CommandTest):
    def pages(self):
        self.output_of("manual", "--out", "man1")
        return {path.name: path.read_text() for path in (self.folder / "man1").iterdir()}

    def test_every_verb_has_a_page_with_its_options(self):
        pages = self.pages()
        verbs = [(), *self.verbs()]
        self.assertEqual(set(pages), {"-".join(["scheduled", *verb]) + ".1" for verb in verbs})
        for verb in verbs:
            page = pages["-".join(["scheduled", *verb]) + ".1"]
            self.assertEqual(page, self.output_of("manual", *verb))
            for option in self.options(*verb):
                self.assertIn("\\fB" + option.replace("-", "\\-") + "\\fR", page, verb)
            for inner in command.verbs_of_help(self.output_of(*verb, "--help")):
                name = "\\-".join(["scheduled", *verb, inner.replace("-", "\\-")])
                self.assertIn(f".BR {name} (1)", page)

    def test_pages_are_correct_for_man(self):
        if shutil.which("groff") is None:
            self.skipTest("needs groff")
        self.pages()
        for path in sorted((self.folder / "man1").iterdir()):
            made = subprocess.run(["groff", "-man", "-ww", "-z", "-Tutf8", path], capture_output=True, text=True)
            self.assertEqual((made.returncode, made.stderr), (0, ""), path.name)
        text = subprocess.run(
            ["groff", "-man", "-Tascii", "-P-cbou", self.folder / "man1/scheduled-tune.1"], capture_output=True, text=True
        ).stdout
        self.assertIn("--distance, -D D", text)
        self.assertIn("scheduled tune \"wsd(steps=50k, cooldown=20%)\"", text)

    def test_verbs_that_there_are_not(self):
        self.assert_fails(2, "verbs = 'tun': must be show, diff", "manual", "tun")
        self.assert_fails(2, "did you mean 'tune'?", "manual", "tun")
        self.assert_fails(2, "plan: was not expected; scheduled tune has no verbs", "manual", "tune", "plan")
        self.assert_fails(2, "with --out, which writes all", "manual", "tune", "--out", "man1")
        self.assert_fails(2, "out = /dev/null/man1: cannot be made: Not a directory", "manual", "--out", "/dev/null/man1")


if __name__ == "__main__":
    unittest.main()
