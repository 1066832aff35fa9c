"""-o: figures of every verb in every format, with their labels, and nothing in a label is a command."""

import re
import subprocess
import xml.etree.ElementTree

import command

FIGURES = {
    "show": ["show", "wsd", "cosine", "--steps", "1k"],
    "bound": ["bound", "wsd(steps=1k, peak=0.01)"],
    "log": ["bound", "--log", "cooldown.csv", "--base", "run.csv", "--log", "cosine.csv", "--label", "half a cosine"],
    "curve": ["bound", "wsd(peak=0.02)", "cosine(peak=0.03)", "--steps", "1k", "--curve", "--gradient"],
    "worst-case": ["worst-case", "linear(steps=100, peak=0.1)"],
    "tune": ["tune", "wsd", "cosine(final=1e-3)", "--steps", "1k"],
    "compare": ["compare", "wsd", "linear", "constant", "--steps", "1k"],
    "heat map": ["compare", "wsd", "wsd(decay=1-sqrt)", "--horizons", "1k:9k:5", "--cooldowns", "10%:100%:6"],
    "sweep": ["compare", "wsd", "--steps", "1k", "--cooldowns", "10%:100%:6", "--grad-norms", "1,t^-0.5"],
    "optimize": ["optimize", "--steps", "200", "--max-lr", "0.05"],
    "refine": ["refine", "--log", "norms.csv"],
    "extend": ["extend", "wsd(steps=400, peak=0.025)", "--at", "320", "--to", "2x"],
    "transfer": ["transfer", "wsd(peak=1e-3)", "linear", "--steps", "1k"],
}
TEXTS = {
    "show": ["step", "learning rate", "wsd(cooldown=20%, decay=linear)", "cosine"],
    "bound": ["bound Ω (D = G = 1)", "learning rate", "200", "1000"],
    "log": ["validation loss", "bound Ω / D (loss/distance)", "half a cosine", "cooldown"],
    "curve": ["learning rate", "bound Ω (D = G = 1)", "dΩ / d learning rate", "cosine(peak=0.03)"],
    "worst-case": ["learning rate", "loss units", "worst case", "bound Ω", "of the best method"],
    "tune": ["peak learning rate", "bound Ω (D = G = 1)", "cosine(final=0.001)"],
    "compare": ["learning rate", "bound Ω (D = G = 1)", "linear", "constant"],
    "heat map": ["steps", "cooldown (% of the steps)", "bound Ω over the best", "wsd(decay=1-sqrt)", "5k"],
    "sweep": ["cooldown (% of the steps)", "G = t^-0.5", "bound Ω over the best"],
    "optimize": ["learning rate", "optimal", "linear decay", "bound Ω (D = G = 1)"],
    "refine": ["grad norm", "logged grad norm", "filtered", "refined", "of the run"],
    "extend": ["learning rate", "bound Ω", "adapted-cooldown", "naive"],
    "transfer": ["learning rate", "wsd", "linear"],
}


def texts_of(svg):
    """The texts of an SVG; a label over several lines counts as one."""
    root = xml.etree.ElementTree.fromstring(svg)
    return ["".join(node.itertext()).strip() for node in root.iter("{http://www.w3.org/2000/svg}text")]


class Figures(command.CommandTest):
    def setUp(self):
        super().setUp()
        command.write_example_logs(self.folder)

    def draw(self, arguments, name):
        self.output_of(*arguments, "-o", name)
        return (self.folder / name).read_bytes()

    def test_numbers_at_the_ends_of_the_range(self):
        """In files and in the terminal: drawn in units of a power of ten, or refused in words; nothing hangs."""
        (self.folder / "rates").write_text("1e308\n1e-308\n0\n1.7976931348623157e308\n")
        for spec in ["@rates", "constant(peak=1.7e308, steps=100)", "linear(peak=5e-324, steps=100)"]:
            text = self.output_of("show", spec, "-o", "a.svg")
            self.assertRegex(text, r"\nlearning rate \(1e-?3\d\d\)\n")
            self.assertNotRegex(text, r"\b(inf|nan)\b")
            self.assertRegex((self.folder / "a.svg").read_text(), r"learning rate \(10⁻?³")
        self.assert_fails(2, "the bound is above 1.8e308, the largest double", "bound", "@rates", "--curve")

    def test_formats(self):
        for name, arguments in FIGURES.items():
            with self.subTest(name):
                png = self.draw(arguments, f"{name}.png")
                self.assertEqual(png[:8], b"\x89PNG\r\n\x1a\n")
                width, height = (int.from_bytes(png[at : at + 4], "big") for at in (16, 20))
                self.assertGreater(min(width, height), 500)
                self.assertGreater(len(png), 15000)
                pdf = self.draw(arguments, f"{name}.pdf")
                self.assertTrue(pdf.startswith(b"%PDF-") and pdf.rstrip().endswith(b"%%EOF"))
                self.assertIn(b"(D:20000101000000", pdf)
        self.assertEqual([path for path in self.folder.iterdir() if path.suffix == ".part"], [])

    def test_labels(self):
        for name, arguments in FIGURES.items():
            with self.subTest(name):
                drawn = " ".join(texts_of(self.draw(arguments, f"{name}.svg")))
                for text in TEXTS[name]:
                    self.assertIn(text, drawn)

    def test_units_of_the_bound(self):
        for verb in ["bound", "tune", "compare"]:
            for arguments in [["-D", "2"], ["-G", "3"], ["-G", "t^-0.5"]]:
                drawn = " ".join(texts_of(self.draw([verb, "cosine(steps=100)", *arguments], "units.svg")))
                self.assertIn("bound Ω (loss units)", drawn)
        drawn = " ".join(texts_of(self.draw(["tune", "cosine(steps=100)", "--criterion", "standard"], "units.svg")))
        self.assertIn("average-iterate bound (D = G = 1)", drawn)

    def test_same_figure_same_bytes(self):
        for suffix in ["png", "svg", "pdf"]:
            first = self.draw(FIGURES["compare"], f"a.{suffix}")
            self.assertEqual(self.draw(FIGURES["compare"], f"b.{suffix}"), first)

    def test_nothing_outside_the_page(self):
        """The middle of every text lies on the page; long labels are wrapped or shortened."""
        long_label = "a very long name " * 30
        svg = self.draw(["bound", "--log", "cosine.csv", "--label", long_label], "long.svg").decode()
        width, height = map(float, re.search(r'viewBox="0 0 (\S+) (\S+)"', svg).groups())
        places = [tuple(map(float, at)) for at in re.findall(r'translate\(([-\d.]+),([-\d.]+)\)', svg)]
        self.assertTrue(places)
        for x, y in places:
            self.assertTrue(0 <= x <= width and 0 <= y <= height, (x, y))
        self.assertLess(max(map(len, texts_of(svg))), 80)

    def test_labels_that_begin_with_apostrophes(self):
        for k, label in enumerate(["'tuned' run", "''", "'", "a'b''c'", "'`date`' \"x\" \\n"]):
            drawn = texts_of(self.draw(["bound", "--log", "cosine.csv", "--label", label], f"label{k}.svg"))
            self.assertIn(re.sub(r"\s", "", label), re.sub(r"\s", "", "".join(drawn)))

    def test_labels_are_not_commands(self):
        hostile = "it's `touch pwned1` $(touch pwned2) {/:Bold b} a_b^c @x %d \"q\" \\n"
        drawn = texts_of(self.draw(["bound", "--log", "cosine.csv", "--label", hostile], "hostile.svg"))
        self.assertIn(re.sub(r"\s", "", hostile), re.sub(r"\s", "", "".join(drawn)))
        newline = "one\n!touch pwned3\nset output 'pwned4'\n\xff"
        self.output_of("bound", "--log", "cosine.csv", "--label", newline, "-o", "newline.svg")
        self.assertEqual([path.name for path in self.folder.glob("*pwned*")], [])

    def test_odd_file_names(self):
        for name in ["it's `odd` $x.svg", "-dash.svg", "a\nb.svg"]:
            self.draw(["show", "cosine(steps=10)", "--csv"], name)

    def test_odd_data(self):
        """One step, all-equal values, no horizon: still a figure."""
        for spec in ["constant(steps=1)", "cosine(steps=2)", "table(values=[0, 0, 1e-300])", "rsqrt(warmup=10)"]:
            self.draw(["show", spec], "odd.svg")
        self.draw(["bound", "constant(steps=1)"], "odd.svg")
        self.draw(["tune", "cosine(steps=2)"], "odd.svg")

    def test_figure_and_numbers_together(self):
        plain = self.output_of(*FIGURES["compare"], "--csv")
        self.assertEqual(self.output_of(*FIGURES["compare"], "--csv", "-o", "x.svg"), plain)
        subprocess.run(["test", "-s", "x.svg"], cwd=self.folder, check=True)


if __name__ == "__main__":
    command.main()
