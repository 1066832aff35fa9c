"""scheduled figures without logs: every simulation of 2501.18965, its numbers, and what is said about the rest."""

import command
import paper


class Simulations(command.CommandTest):
    def test_all_that_need_no_logs(self):
        text = self.output_of("figures", "--format", "svg", "--threads", "2", "--out", "out")
        self.assertRegex(text, r"without --logs left out: loss-210m, .*real-single-model\n$")
        made = paper.rows_of(self.folder / "out/report.md")
        self.assertGreater(len(made), 20)
        paper.check_verdicts(self, made)
        paper.compare(self, made, [row for row in paper.rows_of(paper.COMMITTED) if not real(row)])
        paper.check_files(self, self.folder / "out", "svg")

    def test_one_by_name_in_two_formats(self):
        self.output_of("figures", "cosine-cycle", "--format", "png,pdf", "--out", "out")
        names = sorted(path.name for path in (self.folder / "out").iterdir())
        pictures = {name.rpartition(".")[0] for name in names if name.endswith(".png")}
        self.assertTrue(pictures)
        wanted = {f"{name}.{suffix}" for name in pictures for suffix in ("png", "pdf", "csv")}
        self.assertEqual(set(names), wanted | {"report.md"})

    def test_the_same_twice(self):
        for folder in ("one", "two"):
            self.output_of("figures", "schedules", "--format", "svg", "--out", folder)
        for path in (self.folder / "one").iterdir():
            self.assertEqual(path.read_bytes(), (self.folder / "two" / path.name).read_bytes(), path.name)

    def test_list(self):
        text = self.output_of("figures", "--list")
        self.assertIn("loss-openwebtext2 (:60m, 93m, 166m): ", text)
        self.assertEqual(text.count("    needs: "), text.count("\n") // 2)

    def test_bad_requests(self):
        for text, *arguments in [
            ("figure = loss-210m: needs --logs DIR (cos-210m_*, ", "loss-210m"),
            ("figure = loss: unknown; see scheduled figures --list", "loss"),
            ("variant = 1b of real-horizon-transfer: must be 124m, 210m", "real-horizon-transfer:1b"),
            ("variant = x of schedules: it has none", "schedules:x"),
            ("nowhere: is not a folder of logs", "schedules", "--logs", "nowhere"),
        ]:
            with self.subTest(text):
                self.assert_fails(2, text, "figures", *arguments)


def real(row):
    return row[0].startswith(("real-", "loss-"))


if __name__ == "__main__":
    command.main()
