"""Bad input: exit code 2, one clear line, no output file. Failed work: the same with exit code 1."""

import os
import re
import resource
import signal
import stat

import command

SHORT = "cosine(steps=10)"


def little_memory():
    resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))


class BadSchedules(command.CommandTest):
    def check(self, spec, text):
        for verb in ["show", "bound", "tune", "compare"]:
            with self.subTest(spec, verb=verb):
                self.assert_fails(2, text, verb, spec, "-o", "figure.svg")

    def test_names_and_keys(self):
        self.check("wsdd(steps=10)", "schedule = 'wsdd': must be constant, wsd, linear")
        self.check("wsd(steps=10, cooldwn=20%)", "cooldwn = '20%': is no key of wsd; must be steps, peak, warmup")
        self.check("wsd(steps=10, steps=20)", "steps")
        self.check("", "starts with the schedule's name")
        twice = '{"schedule":"wsd","steps":10,"steps":20}'
        self.check(twice, f"schedule = '{twice}': key 'steps' is given twice")
        self.check('{"schedule":' + twice + '}', "key 'schedule.steps' is given twice")

    def test_of_several_the_one_at_fault_is_named(self):
        beside = "constant(steps=1, warmup=1)"
        self.assert_fails(2, "constant(steps=1, peak=1, warmup=1): lr: none of", "compare", SHORT, beside, "--criterion", "worst-case")

    def test_lengths(self):
        self.check("wsd(steps=50k, cooldown=120%)", "cooldown = 120%: must be between 0% and 100%")
        self.check("wsd(steps=0)", "steps = 0: must be at least 1")
        self.check("wsd(steps=9007199254740993)", "steps = 9007199254740993: must be at most 2^53")
        self.check("wsd(steps=-5)", "steps = -5: must not be negative")
        self.check("wsd(steps=100, warmup=90, cooldown=20)", "warmup + cooldown = 90 + 20 steps: must be at most")
        self.check("wsd(cooldown=20%)", "horizon")

    def test_rates(self):
        self.check("constant(steps=10, peak=nan)", "peak = nan: must be finite and > 0")
        self.check("constant(steps=10, peak=-1e-3)", "peak = -0.001: must be finite and > 0")
        self.check("cosine(steps=10, peak=1e-3, final=2e-3)", "final = 0.002: must not be above peak = 0.001")
        self.check("exponential(steps=10)", "final = 0: exponential decay never reaches 0")
        self.check("wsd(steps=10, decay=exponential)", "exponential decay never reaches 0")
        self.check("table(values=[0.1, nan])", "values[1] = nan")
        self.check("table(values=[0.1, -0.1])", "values[1] = -0.1")


class BadOptions(command.CommandTest):
    def check(self, text, *arguments, **options):
        self.assert_fails(2, text, *arguments, "-o", "figure.svg", **options)

    def test_bound(self):
        for verb in ["bound", "tune", "compare"]:
            self.check("distance = 0: must be finite and > 0", verb, SHORT, "--distance", "0")
            self.check("distance = -1", verb, SHORT, "--distance=-1")
            self.check("distance = x: must be a number", verb, SHORT, "-D", "x")
            self.check("T = 11: must be at most the horizon, steps = 10", verb, SHORT, "--T", "11")
            self.check("T = 0: must be at least 1", verb, SHORT, "--T", "0")
            self.check("T = 9007199254740993: must be at most 2^53", verb, SHORT, "--T", "9007199254740993")
            self.check("T: must be a length such as", verb, SHORT, "--T", "")
            self.check("T = -5: must not be negative", verb, SHORT, "--T", "-5")
            self.check("T = 50%: must be a number of steps", verb, SHORT, "-T", "50%")
            self.check("has no horizon", verb, "rsqrt(warmup=10)")
            self.check("grad_norm = nan", verb, SHORT, "--grad-norm", "nan")
            self.check("grad_norm = -1", verb, SHORT, "--grad-norm=-1")
            self.check("exponent = x: must be a number", verb, SHORT, "--grad-norm", "t^x")
            self.check("criterion = 'best': must be omega", verb, SHORT, "--criterion", "best")
            self.check("did you mean 'standard'?", verb, SHORT, "--criterion", "standart")
        self.check("--split", "bound", SHORT, "--split", "--criterion", "standard")

    def test_curve(self):
        self.check("--tolerance, --threads: only with --curve", "bound", SHORT, "--tolerance", "1e-6")
        self.check("tolerance = 2: must be within", "bound", SHORT, "--curve", "--tolerance", "2")
        self.check("threads = 0: must be a whole number between 1 and 256", "bound", SHORT, "--curve", "--threads", "0")
        for text in ["1k", "10%", "x"]:
            self.check(f"threads = {text}: must be a whole number between 1 and 256", "bound", SHORT, "--curve", "--threads", text)
        self.check("every = 0: must be >= 1", "bound", SHORT, "--curve", "--csv", "--every", "0")
        self.check("--every: only with --csv or --json", "bound", SHORT, "--curve", "--every", "2")
        self.check("--every: only with --curve", "bound", SHORT, "--every", "2", "--csv")
        self.check("only for the last-iterate bound", "bound", SHORT, "--curve", "--criterion", "standard")
        self.check("--split: not with --gradient", "bound", SHORT, "--gradient", "--split")
        self.check("error: --curve: only for SPECs", "bound", "--log", "run.csv", "--curve")
        for verb in ["bound", "tune", "worst-case"]:
            self.check("--explain: not with --csv", verb, SHORT, "--explain", "--csv")

    def test_worst_case(self):
        self.check("at = x: must be a length", "worst-case", SHORT, "--at", "x")
        self.check("at = 1,,2: an entry is empty", "worst-case", SHORT, "--at", "1,,2")
        self.check("t[1] = 10: must be", "worst-case", SHORT, "--at", "1,10")
        self.check("distance = 0: must be finite and > 0", "worst-case", SHORT, "-D", "0")
        self.check("has no horizon", "worst-case", "rsqrt(warmup=10)")
        self.check("--tolerance: only with --certify", "worst-case", SHORT, "--tolerance", "1e-3")
        self.check("tolerance = 2: must be", "worst-case", SHORT, "--certify", "--tolerance", "2")
        self.check("--certify: T = 4999 steps are too many", "worst-case", "cosine(steps=5k)", "--certify")
        self.check("lr[0] = 0: must be", "worst-case", "cosine(steps=9, warmup=2, warmup_start=0)", "--certify")
        self.check("--sdpa: T = 4999 steps are too many", "worst-case", "cosine(steps=5k)", "--sdpa", "p")
        self.check("--sdpa: only for one SPEC", "worst-case", SHORT, SHORT, "--sdpa", "p")
        self.assert_fails(2, "no/p: cannot be written", "worst-case", SHORT, "--sdpa", "no/p")
        self.assert_fails(2, "--criterion", "worst-case", SHORT, "--criterion", "omega")
        self.check("--function = f.txt: must end in .json or .npz", "worst-case", SHORT, "--function", "f.txt")
        self.check("--function: only for one SPEC", "worst-case", SHORT, SHORT, "--function", "f.json")
        self.assert_fails(2, "no/f.json: cannot be written", "worst-case", SHORT, "--function", "no/f.json")
        self.check("--run: has 149999 steps; a run of it takes at most 100000", "worst-case", "cosine(steps=150k)", "--run")
        self.check("which only average and compare take", "worst-case", SHORT + " | average(last=20%)")

    def test_average(self):
        self.check("has no average; write", "average", SHORT)
        self.check("did you mean 'last'?", "average", SHORT + " | average(lst=20%)")
        self.check("must read like average(last=20%)", "average", SHORT + " | mean")
        self.check("last = 20: is 20 iterates; must be 1 to 9", "average", SHORT + " | average(last=20)")
        self.check("did you mean 'step'?", "average", SHORT + " | average(last=20%, weights=stap)")
        self.check("half_life stands alone", "average", SHORT + " | average(half_life=2, last=3)")
        self.check("has last twice", "average", SHORT + " | average(last=2, last=3)")
        self.check("criterion = omega: must be worst-case for average(last=20%)", "compare", SHORT + " | average(last=20%)")

    def test_horizons_too_long_to_sum(self):
        for verb in ["bound", "tune", "compare"]:
            for arguments in [["cosine(steps=1001M)"], ["constant", "-T", "1001M"], ["cosine", "--steps", "1e12"]]:
                steps = 10**12 if "1e12" in arguments else 1001 * 10**6
                for more in [[], ["-G", "t^-0.5"]]:
                    text = f"T = {steps}: must be at most 1e9 steps to be summed"
                    self.check(text, verb, *arguments, *more, preexec_fn=little_memory)
        self.output_of("bound", "cosine(steps=1e12)", "-T", "100")

    def test_grad_norm_files(self):
        (self.folder / "short.txt").write_text("1\n1\n1\n")
        (self.folder / "words.txt").write_text("1\none\n")
        self.check("there are 3 values for 9 steps", "bound", SHORT, "-G", "short.txt")
        self.check("words.txt, line 2: 'one': must be a number", "bound", SHORT, "-G", "words.txt")
        self.check("nowhere.txt: no such file", "bound", SHORT, "-G", "nowhere.txt")

    def test_steps(self):
        self.check("at = x: must be a length", "show", SHORT, "--at", "1,x")
        self.check("at = 120%", "show", SHORT, "--at", "120%")
        self.check("every = 0: must be >= 1", "show", SHORT, "--every", "0", "--csv")
        self.check("until = 0: must be >= 1", "show", SHORT, "--until", "0")
        self.check("steps = many", "show", "wsd", "--steps", "many")

    def test_usage(self):
        self.assert_fails(2, "a verb is missing")
        self.assert_fails(2, "unknown option '--bogus'; see scheduled --help", "--bogus")
        self.assert_fails(2, "unknown verb 'tunne': must be show, diff", "tunne", SHORT)
        self.assert_fails(2, "; did you mean 'tune'?", "tunne", SHORT)
        self.assert_fails(2, "SPEC", "show")
        self.assert_fails(2, "SPEC is required; see scheduled compare --help", "compare")
        self.assert_fails(2, "SPEC, --log or --stream: is missing", "bound")
        self.assert_fails(2, "only one of them", "bound", SHORT, "--log", "run.csv")
        self.assert_fails(2, "must come after the --log", "bound", "--base", "run.csv")
        self.assert_fails(2, "error: --max-gap: only with --log or --stream", "bound", SHORT, "--max-gap", "10")

    def test_usage_of_every_verb(self):
        verbs = self.verbs()
        for outer in {verb[:-1] for verb in verbs}:
            names = [verb[-1] for verb in verbs if verb[:-1] == outer]
            text = f"{', '.join(names[:-1])} or {names[-1]}"
            self.assert_fails(2, f"a verb is missing: {text}; see {' '.join(['scheduled', *outer])} --help", *outer)
            self.assert_fails(2, f"unknown verb '{' '.join([*outer, 'xyz'])}': must be {text}", *outer, "xyz")
        for verb in verbs:
            options = self.options(*verb)
            with self.subTest(verb):
                self.assert_fails(2, f"unknown option '--bogus'; see {' '.join(['scheduled', *verb])} --help", *verb, "--bogus")
                for option in options:
                    slip = "--" + option[2].swapcase() + option[3:]
                    self.assert_fails(2, f"unknown option '{slip}'; did you mean '{option}'?", *verb, slip)
                if {"--json", "--csv"} <= set(options):
                    self.assert_fails(2, "excludes --", *verb, *self.needed(verb), "--csv", "--json")

    def needed(self, verb):
        """What the verb cannot do without, so that it is not what is reported."""
        usage = self.output_of(*verb, "--help")
        positional = re.findall(r"^  ([A-Z]+) TEXT.* REQUIRED", usage, re.M)
        named = re.findall(r"^  (?:-\w,)?(--[\w-]+) .*REQUIRED", usage, re.M)
        return [SHORT for _ in positional] + [word for name in named for word in (name, "9")]


class BadDesigns(command.CommandTest):
    def check(self, text, *arguments, **options):
        self.assert_fails(2, text, *arguments, "-o", "figure.svg", **options)

    def test_tune(self):
        self.check("within = x: must be a share", "tune", SHORT, "--within", "x")
        self.check("within = 0: must be > 0", "tune", SHORT, "--within", "0")
        self.check("within = 5: must be a share such as 20% or 0.2; did you mean '5%'?", "tune", SHORT, "--within", "5")
        self.check("--explain: not with --criterion worst-case", "tune", SHORT, "--explain", "--criterion", "worst-case")

    def test_optimize(self):
        (self.folder / "zero.txt").write_text("1\n0\n1\n")
        (self.folder / "nan.txt").write_text("1\nnan\n1\n")
        (self.folder / "one.txt").write_text("1\n")
        (self.folder / "done.txt").write_text("0.3\n0.3\n")
        (self.folder / "none.txt").write_text("# nothing\n")
        self.check("grad_norm[1] = 0: must be", "optimize", "--steps", "3", "-G", "zero.txt")
        self.check("grad_norm[1] = nan: must be", "optimize", "--steps", "3", "-G", "nan.txt")
        self.check("there are 1 values for 3 steps", "optimize", "--steps", "3", "-G", "one.txt")
        self.output_of("optimize", "--steps", "1", "-G", "one.txt")
        self.check("grad_norm = 0: must be", "optimize", "--steps", "3", "-G", "0")
        self.check("--steps is required", "optimize")
        self.check("steps = 0: must be at least 1", "optimize", "--steps", "0")
        self.check("steps = 50%: must be a number of steps", "optimize", "--steps", "50%")
        self.check("must be at most 1e9 steps", "optimize", "--steps", "2B", preexec_fn=little_memory)
        self.check("prefix[0] = 0.3: must be", "optimize", "--steps", "9", "--prefix", "done.txt", "--max-lr", "0.2")
        self.check("steps = 2: must be at least 3", "optimize", "--steps", "2", "--prefix", "done.txt")
        self.check("steps = 1: must be at least 2", "optimize", "--steps", "1", "--final", "0.1")
        self.check("none.txt: holds no rates", "optimize", "--steps", "9", "--prefix", "none.txt")
        self.check("no such file", "optimize", "--steps", "9", "--prefix", "nowhere.txt")
        self.check("max-lr = -1: must be", "optimize", "--steps", "9", "--max-lr=-1")
        self.check("max-lr = x: must be a number", "optimize", "--steps", "9", "--max-lr", "x")
        self.check("final = 0: must be", "optimize", "--steps", "9", "--final", "0")
        self.check("only for --criterion omega", "optimize", "--steps", "9", "--max-lr", "1", "--criterion", "worst-case")
        self.check("--tolerance: only with a constraint", "optimize", "--steps", "9", "--tolerance", "1e-3")
        self.check("tolerance = 2: must be", "optimize", "--steps", "9", "--max-lr", "1", "--tolerance", "2")
        self.check("nowhere/best.txt: cannot be written", "optimize", "--steps", "9", "--out", "nowhere/best.txt")

    def test_no_such_schedule(self):
        """Failed work: exit code 1, and nothing is written."""
        (self.folder / "done.txt").write_text("0.01\n")
        arguments = ["optimize", "--steps", "9", "--prefix", "done.txt", "--non-increasing", "--final", "0.1"]
        self.assert_fails(1, "infeasible: final = 0.1 is above", *arguments, "--out", "best.txt", "-o", "figure.svg")
        self.assert_fails(1, "infeasible: final = 0.2 is above max-lr = 0.1", "optimize", "--steps", "9", "--max-lr", "0.1", "--final", "0.2")
        hard = ["optimize", "--steps", "3000", "-G", "t^3", "--final", "1", "--tolerance", "1e-12"]
        self.assert_fails(1, "not converged: after", *hard, "--out", "best.txt", "-o", "figure.svg")

    def test_refine(self):
        (self.folder / "nonorms.csv").write_text("step,lr,loss\n1,0.1,3\n2,0.1,2\n")
        (self.folder / "zero.csv").write_text("step,grad_norm\n1,2\n2,0\n3,1\n")
        (self.folder / "nan.csv").write_text("step,grad_norm\n1,2\n2,nan\n3,1\n")
        (self.folder / "two.csv").write_text("step,grad_norm\n1,2\n3,1\n")
        (self.folder / "all.csv").write_text("step,grad_norm\n1,nan\n2,inf\n")
        (self.folder / "one.csv").write_text("step,grad_norm\n1,2\n")
        (self.folder / "empty.csv").write_text("step,lr,grad_norm\n1,2,\n2,2,\n")
        self.check("--log: is missing", "refine")
        self.check('nonorms.csv: no column "grad_norm"; there are lr, train_loss', "refine", "--log", "nonorms.csv")
        self.check("empty.csv: 0 rows of grad_norm; must be at least 2", "refine", "--log", "empty.csv")
        self.check("zero.csv: grad_norm at step 2 = 0: must be > 0; leave the cell of a skipped step empty", "refine", "--log", "zero.csv")
        skipped = self.run_command("refine", "--log", "nan.csv")
        note = "scheduled: warning: nan.csv: grad_norm is nan or the like in 1 row, first at step 2: taken as not logged\n"
        self.assertEqual((skipped.returncode, skipped.stderr.decode()), (0, note))
        none = self.run_command("refine", "--log", "all.csv")
        self.assertEqual(none.returncode, 2)
        self.assertTrue(none.stderr.endswith(b"scheduled: error: all.csv: 0 rows of grad_norm; must be at least 2\n"), none.stderr)
        self.check("one.csv: 1 row of grad_norm; must be at least 2", "refine", "--log", "one.csv")
        self.check("one.csv: 1 row of grad_norm; must be at least 2", "refine", "--log", "one.csv", "--steps", "1")
        self.check("width = 1.5: must be between 0 and 1", "refine", "--log", "two.csv", "--steps", "9", "--width", "150%")
        self.check("norm = 'l3': must be l2 or l1", "refine", "--log", "one.csv", "--norm", "l3")
        self.check("nowhere: no such file", "refine", "--log", "nowhere")

    def test_cooldown_of_less_than_a_step(self):
        self.check("cooldown = 1%: must be at least 1 step", "show", "wsd(steps=40, cooldown=1%)")
        self.assertIn("\nwsd ", self.output_of("compare", "linear", "--steps", "40", "--cooldowns", "20%"))  # no linear any more
        rows = self.output_of("compare", "wsd", "--horizons", "40", "--cooldowns", "1%,10%")
        self.assertIn("cooldown = 1%: must be at least 1 step", rows)

    def test_extend(self):
        trunk = "wsd(steps=400, peak=0.025)"
        (self.folder / "nolr.csv").write_text("step,loss\n1,3\n2,2\n")
        (self.folder / "run.csv").write_text("step,lr\n1,0.1\n2,0.1\n3,0\n")
        self.check("cooldown = 1%: must be at least 1 step", "extend", "wsd(steps=400, cooldown=1%)", "--at", "20", "--to", "60")
        self.check("to = 300: must be at least 322", "extend", trunk, "--at", "320", "--to", "300")
        self.check("at = 430: must be between 1 and the trunk's 400 steps", "extend", trunk, "--at", "430", "--to", "2x")
        self.check("at = 400: must be where the trunk's rate is still > 0", "extend", "cosine(steps=400)", "--at", "400", "--to", "2x")
        self.check("--at: is missing", "extend", trunk, "--to", "2x")
        self.check("--to is required", "extend", trunk, "--at", "320")
        self.check("to = y: must be a number", "extend", trunk, "--at", "320", "--to", "yx")
        self.check("to = 1x,: an entry is empty", "extend", trunk, "--at", "320", "--to", "1x,")
        self.check("SPEC or --log", "extend", "--to", "2x")
        self.check("SPEC or --log", "extend", trunk, "--log", "run.csv", "--to", "2x")
        self.check("exactly one trunk", "extend", trunk, trunk, "--at", "320", "--to", "2x")
        self.check("only with --log", "extend", trunk, "--at", "320", "--to", "2x", "--cooldown", "10%")
        self.check("grad_norm", "extend", trunk, "--at", "320", "--to", "2x", "-G", "0")
        self.check("distance = x: must be a number", "extend", trunk, "--at", "320", "--to", "2x", "-D", "x")
        self.check('nolr.csv: no column "lr"', "extend", "--log", "nolr.csv", "--to", "2x")
        self.check("at = 4: must be between 1 and 3, where run.csv ends", "extend", "--log", "run.csv", "--at", "4", "--to", "2x")
        self.check("at = 3: the LR of run.csv is 0 there; must be > 0", "extend", "--log", "run.csv", "--to", "9")
        self.check("decay = 'wiggly'", "extend", "--log", "run.csv", "--at", "2", "--to", "9", "--decay", "wiggly")

    def test_transfer(self):
        self.check("TO: a schedule to move the LR to is missing", "transfer", SHORT)
        self.check("SPEC is required", "transfer")
        self.check("wsd: has no horizon; give --steps N, or steps=N in the SPEC", "transfer", SHORT, "wsd")
        tuned = "SPEC: the first one has no peak, the tuned LR; give peak=LR in it, or --best-lr LR"
        self.check(tuned, "transfer", "wsd(steps=9)", "linear(steps=9)")
        self.check("best-lr = 2: wsd(steps=9, peak=1, cooldown=20%, decay=linear) says its own LR", "transfer", "wsd(steps=9, peak=1)", "linear(steps=9)", "--best-lr", "2")
        self.check("best-lr = 0: must be finite and > 0", "transfer", "wsd(steps=9)", "linear(steps=9)", "--best-lr", "0")
        critical = "critical-batch = 512: goes with a rule that has one, e.g. --batch-rule critical --batch 256,1024"
        self.check(critical, "transfer", "wsd(steps=9, peak=1)", "linear(steps=9)", "--critical-batch", "512")
        self.check(critical, "transfer", "wsd(steps=9, peak=1)", "linear(steps=9)", "--critical-batch", "512", "--batch", "256,1024")
        self.check("grad_norm = -1", "transfer", SHORT, SHORT, "--best-lr", "1", "--grad-norm=-1")

    def test_sweeps(self):
        wsd = ["compare", "wsd", "--steps", "100"]
        self.check("only with --horizons", "compare", SHORT, "--threads", "2")
        self.check("cooldowns[0] = 0: must be a share of the run", *wsd, "--cooldowns", "0,10%")
        self.check("wsd: has no horizon; give --steps N", "compare", "wsd", "--cooldowns", "10%,20%")
        self.check("cooldowns = x: must be a share", *wsd, "--cooldowns", "x")
        self.check("must have a cooldown where cooldowns are given", "compare", "constant(steps=9)", "--cooldowns", "10%,20%")
        self.check("horizons = 5%: must be a number of steps", *wsd, "--horizons", "5%")
        self.check("horizons[0] = 0: must be at least 1", *wsd, "--horizons", "0,9")
        self.check("horizons = 1:9: must be FROM:TO:COUNT", *wsd, "--horizons", "1:9")
        self.check("cooldowns = 20%:10%:3: must rise", *wsd, "--cooldowns", "20%:10%:3")
        self.check("cooldowns: a value stands twice", *wsd, "--cooldowns", "10%,0.1")
        self.check("threads = 0: must be a whole number between 1 and 256", *wsd, "--cooldowns", "10%,20%", "--threads", "0")
        self.check("-o: needs --horizons or --cooldowns", *wsd, "--grad-norms", "1,t^-1")
        many = ["--grad-norms", ",".join(f"t^-0.{k}" for k in range(1, 8)), "--horizons", "9,19", "--cooldowns", "1,0.5"]
        self.check("-o: there would be 7 heat maps", "compare", "wsd", *many)
        self.check("--T, --grad-norm: not in a sweep", *wsd, "--cooldowns", "10%,20%", "-T", "5")
        self.assert_fails(2, "--value: only with -o", *wsd, "--cooldowns", "10%,20%", "--value", "peak")
        self.check("no combination could be computed: grad_norm: all are 0", *wsd, "--cooldowns", "10%,20%", "--grad-norms", "0")
        (self.folder / "notes.csv").write_text("my notes\n")
        self.check("notes.csv, line 1: is not the file of a sweep", *wsd, "--cooldowns", "10%,20%", "--out", "notes.csv")
        self.check("nowhere/x.csv: cannot be written", *wsd, "--cooldowns", "10%,20%", "--out", "nowhere/x.csv")
        self.output_of(*wsd, "--cooldowns", "10%,20%", "--out", "sweep.csv")
        self.check("sweep.csv, line 2: is not a result of this sweep", *wsd, "--cooldowns", "10%,30%,20%", "-D", "2", "--out", "sweep.csv")


class BadFiles(command.CommandTest):
    def setUp(self):
        super().setUp()
        (self.folder / "empty").write_text(" \n")
        (self.folder / "folder").mkdir()

    def test_specs(self):
        (self.folder / "rates").write_text("0.1\n# a comment\n0.2\nx\n")
        self.assert_fails(2, "nowhere: no such file", "show", "@nowhere")
        self.assert_fails(2, "folder: is a directory", "show", "@folder")
        self.assert_fails(2, "empty: empty", "show", "@empty")
        self.assert_fails(2, "@: must be followed by a file name", "show", "@")
        self.assert_fails(2, "rates, line 4: 'x': must be a number", "show", "@rates")
        self.assert_fails(2, "standard input: empty", "show", "-", input=b"")
        (self.folder / "deep").write_text('{"schedule":{"schedule":"wsd","steps":' + 10**6 * "[" + 10**6 * "]" + "}}")
        self.assert_fails(2, "deep: ", "show", "@deep")

    def test_logs(self):
        (self.folder / "gap.csv").write_text("step,lr,loss\n" + "".join(f"{k},1,2\n" for k in [10, 20, 30, 40, 5000]))
        (self.folder / "cut.json").write_text('{"history": {"train": {"iter": [1, 2')
        (self.folder / "nan.csv").write_text("step,lr\n1,0.1\n2,nan\n")
        (self.folder / "nolr.csv").write_text("step,loss\n1,3\n2,2\n")
        for log in ["nowhere", "folder", "empty", "gap.csv", "cut.json", "nan.csv", "nolr.csv"]:
            with self.subTest(log):
                self.assert_fails(2, log, "bound", "--log", log, "-o", "figure.png")
        (self.folder / "good.csv").write_text("step,lr,loss\n1,0.1,3\n2,0.1,2\n")
        self.assert_fails(2, "T = 3: good.csv ends at step 2", "bound", "--log", "good.csv", "--T", "3")
        self.assert_fails(2, "columns = lr: must be SOURCE=STANDARD", "bound", "--log", "good.csv", "--columns", "lr")
        self.assert_fails(2, "grad_norm", "bound", "--log", "good.csv", "--grad-norm", "logged")
        (self.folder / "noloss.csv").write_text("step,lr\n1,0.1\n3,0.1\n5,0.1\n")
        self.output_of("bound", "--log", "noloss.csv")
        (self.folder / "noloss.csv").write_text("step,lr\n0,0.1\n3,0.1\n6,0.1\n")
        self.assert_fails(2, "noloss.csv: no column val_loss or train_loss", "bound", "--log", "noloss.csv", "-T", "2",
                          "--lr-of", "same")
        (self.folder / "long.csv").write_text("step,lr,loss\n" + "".join(f"{k},1,2\n" for k in [10**9, 2 * 10**9]))
        self.assert_fails(2, "T = 2000000000: must be at most 1e9", "bound", "--log", "long.csv")

    def assert_refused(self, text, *arguments):
        self.folder.chmod(0o755)
        self.assert_fails(2, text, *arguments, preexec_fn=command.without_privileges)

    def test_unreadable(self):
        (self.folder / "secret").write_text(SHORT)
        (self.folder / "secret").chmod(0)
        self.assert_refused("secret: cannot be opened: Permission denied", "show", "@secret")
        self.assert_refused("secret", "bound", "--log", "secret")

    def test_unwritable_output(self):
        self.assert_fails(2, "nowhere/figure.png: cannot be written", "show", SHORT, "-o", "nowhere/figure.png")
        (self.folder / "folder.png").mkdir()
        self.assert_fails(2, "folder.png: cannot be written: Is a directory", "show", SHORT, "-o", "folder.png")
        for option in [["-o", ""], ["--output", ""]]:
            self.assert_fails(2, "-o: must name a file ending in .png, .svg or .pdf", "show", SHORT, *option)
        for name in ["figure", "figure.jpg", "figure.PNG", ".png"]:
            self.assert_fails(2, f"{name}: a figure must end in .png, .svg or .pdf", "show", SHORT, "-o", name)

    def test_read_only(self):
        (self.folder / "folder").chmod(0o555)
        (self.folder / "old.png").write_text("old")
        (self.folder / "old.png").chmod(0o444)
        for name in ["folder/figure.png", "old.png"]:
            self.assert_refused("cannot be written: Permission denied", "show", SHORT, "-o", name)


class FailedWork(command.CommandTest):
    """An existing file stays as it was."""

    def setUp(self):
        super().setUp()
        (self.folder / "figure.png").write_text("old")

    def tearDown(self):
        self.assertEqual((self.folder / "figure.png").read_text(), "old")

    def test_gnuplot_missing(self):
        (self.folder / "bin").mkdir()
        self.assert_fails(
            1,
            "gnuplot, which draws the figures, is not installed; on Debian: apt-get install gnuplot-nox",
            "show", SHORT, "-o", "figure.png",
            env=command.environment(PATH=str(self.folder / "bin")),
        )  # fmt: skip

    def test_solver_missing(self):
        text = "the solver 'csdp' was not found; install CSDP (Debian and Ubuntu: apt-get install coinor-csdp)"
        (self.folder / "bin").mkdir()
        env = command.environment(PATH=str(self.folder / "bin"))
        self.assert_fails(1, text, "worst-case", SHORT, "--certify", "-o", "figure.png", env=env)
        self.assert_fails(1, "'nosuch' was not found", "worst-case", SHORT, "--certify", "--solver", "nosuch")
        self.assert_fails(1, "left no solution", "worst-case", SHORT, "--certify", "--solver", "/bin/true")

    def fake_gnuplot(self, script):
        (self.folder / "bin").mkdir()
        program = self.folder / "bin" / "gnuplot"
        program.write_text(f"#!/bin/sh\n{script}\n")
        program.chmod(program.stat().st_mode | stat.S_IXUSR)
        return command.environment(PATH=f"{self.folder / 'bin'}{os.pathsep}{os.environ['PATH']}")

    def test_gnuplot_fails(self):
        env = self.fake_gnuplot("printf 'half a pic'; echo 'no such terminal' >&2; exit 3")
        self.assert_fails(1, "gnuplot failed: no such terminal", "show", SHORT, "-o", "figure.png", env=env)

    def test_gnuplot_draws_half(self):
        env = self.fake_gnuplot("printf 'half a picture'")
        self.assert_fails(1, "its picture is incomplete", "show", SHORT, "-o", "figure.png", env=env)

    def test_disk_full(self):
        def small_files_only():
            signal.signal(signal.SIGXFSZ, signal.SIG_IGN)
            resource.setrlimit(resource.RLIMIT_FSIZE, (12000, 12000))

        self.assert_fails(1, "", "show", SHORT, "-o", "figure.png", preexec_fn=small_files_only)


if __name__ == "__main__":
    command.main()
