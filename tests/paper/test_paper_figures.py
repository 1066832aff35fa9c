"""scheduled-paper figures without logs: every simulation of 2501.18965, its numbers, and what is said about the rest."""

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

    def test_a_second_run_into_the_same_folder(self):
        """report.md has the rows of both; what is made again, once; and a file that is no report stays as it is."""
        report = self.folder / "out/report.md"

        def make(*names):
            return self.output_of("figures", *names, "--format", "svg", "--out", "out")

        make("schedules")
        first = report.read_text()
        schedules = paper.rows_of(report)
        text = make("lr-transfer", "cosine-cycle")
        self.assertTrue(text.endswith(f" numbers checked; report.md keeps {len(schedules)} of earlier runs\n"), text)
        rows = paper.rows_of(report)
        self.assertEqual([row for row in rows if row[0] == "schedules"], schedules)
        self.assertEqual(list(dict.fromkeys(row[0] for row in rows)), ["schedules", "cosine-cycle", "lr-transfer"])
        said = "The last run made lr-transfer, cosine-cycle; the other rows are as earlier runs left them."
        self.assertIn(said, report.read_text())
        make("schedules", "lr-transfer", "cosine-cycle")
        self.assertEqual(paper.rows_of(report), rows)
        self.assertNotIn("The last run", report.read_text())
        report.write_text(first.replace("Written by", "My notes on") + "and a line of mine\n")
        mine = report.read_text()
        wrong = "out/report.md: is no report of scheduled-paper figures, and would be overwritten: 'and a line of mine'; give another folder with --out"
        self.assert_fails(2, wrong, "figures", "cosine-cycle", "--out", "out")
        self.assertEqual(report.read_text(), mine)

    def test_list(self):
        text = self.output_of("figures", "--list")
        self.assertIn("loss-openwebtext2 (:60m, 93m, 166m): ", text)
        self.assertEqual(text.count("    needs: "), text.count("\n") // 2)

    def test_bad_requests(self):
        for text, *arguments in [
            ("figure = loss-210m: needs --logs DIR (cos-210m_*, ", "loss-210m"),
            ("figure = loss: unknown; see scheduled-paper figures --list", "loss"),
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
