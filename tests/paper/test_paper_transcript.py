"""transcript.txt: every example of scheduled-paper figures --help, and its errors. --update writes it anew."""

import pathlib
import re
import sys

import command
import test_transcripts

TRANSCRIPT = pathlib.Path(__file__).parent / "transcript.txt"


class Transcript(test_transcripts.Transcripts):
    def test_all(self):
        text = test_transcripts.replay(TRANSCRIPT, self.folder)
        if "--update" in sys.argv:
            TRANSCRIPT.write_text(text)
        self.assert_same(text, TRANSCRIPT.read_text())

    def test_every_example_of_help_is_run(self):
        run = {line for line, _ in test_transcripts.split(TRANSCRIPT.read_text())}
        examples = re.findall(r"^  (scheduled-paper .*)$", self.output_of("figures", "--help"), re.M)
        self.assertTrue(examples)
        self.assertLessEqual(set(examples), run)

    test_every_listed_schedule_runs = None


if __name__ == "__main__":
    command.main()
