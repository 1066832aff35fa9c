"""Standard input and output: several specs, pipes that close, disks that are full."""

import os
import subprocess

import command

SHORT = "cosine(steps=10)"


class StandardInput(command.CommandTest):
    def test_one_spec_per_line(self):
        text = b"# schedules\ncosine(steps=10)\n\n  linear(steps=10)  \n"
        self.assertEqual(
            self.output_of("compare", "-", input=text), self.output_of("compare", SHORT, "linear(steps=10)")
        )

    def test_horizon_for_those_without(self):
        self.assertEqual(
            self.output_of("compare", "-", "--steps", "10", input=b"cosine\nwsd(steps=10)\n"),
            self.output_of("compare", SHORT, "wsd(steps=10)"),
        )


    def test_is_read_once(self):
        self.assert_fails(2, "standard input: is read already; give one of its readers a file", "compare", "-", "-", input=b"cosine(steps=9)")
        self.assert_fails(2, "standard input: is read already", "bound", "-", "-G", "-", input=b"1\n")


class StandardOutput(command.CommandTest):
    def test_reader_that_leaves(self):
        """Endless rows and a reader of one line: no word, no error."""
        reader = subprocess.run(
            ["bash", "-c", "set -o pipefail; scheduled show 'constant(peak=1e-3)' --until 1e12 --csv | head -1"],
            cwd=self.folder,
            env=command.environment(),
            capture_output=True,
            timeout=60,
        )
        self.assertEqual((reader.returncode, reader.stdout, reader.stderr), (0, b"step,lr\n", b""))

    def test_full(self):
        for arguments in [["show", SHORT], ["show", SHORT, "--json"], ["tune", SHORT, "--csv"], ["--help"]]:
            with open("/dev/full", "wb") as full:
                result = subprocess.run(
                    [command.COMMAND, *arguments], stdout=full, stderr=subprocess.PIPE, timeout=60
                )
            self.assertEqual(result.returncode, 1)
            error = "scheduled: error: standard output: cannot be written: No space left on device\n"
            self.assertEqual(result.stderr.decode(), error)

    def test_closed(self):
        result = subprocess.run(
            [command.COMMAND, "show", SHORT], stderr=subprocess.PIPE, preexec_fn=lambda: os.close(1), timeout=60
        )
        self.assertEqual(result.returncode, 1)
        self.assertIn(b"standard output: cannot be written", result.stderr)

    def test_unicode_follows_the_locale(self):
        self.assertTrue(self.output_of("show", SHORT).isascii())
        drawn = self.output_of("show", SHORT, env=command.environment(LC_ALL="C.UTF-8"))
        self.assertTrue(any("\u2800" < character <= "\u28ff" for character in drawn))


if __name__ == "__main__":
    command.main()
