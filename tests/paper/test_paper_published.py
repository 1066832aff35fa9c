"""docs/published.md is what `scheduled-paper published` prints, and its picture can be drawn."""

import pathlib
import tempfile

import command

PAGE = pathlib.Path(__file__).resolve().parents[2] / "docs/published.md"


class Published(command.CommandTest):
    def test_the_page_is_what_the_command_prints(self):
        self.assertEqual(self.output_of("published"), PAGE.read_text(encoding="utf-8"))

    def test_it_draws_the_picture(self):
        with tempfile.TemporaryDirectory() as folder:
            self.output_of("published", folder)
            self.assertEqual([path.name for path in pathlib.Path(folder).iterdir()], ["published.png"])


if __name__ == "__main__":
    command.main()
