"""Completion: what the command offers is what its help says, and real shells offer it."""

import os
import re
import shutil
import subprocess
import time

import command

SCRIPTS = {
    # Ctrl-T prints the line as it stands, which shows what the shell has made of it.
    "bash": ["bash", "--norc", "--noprofile", "-i"],
    "zsh": ["zsh", "-f", "-i"],
}
SETUP = {
    "bash": r"""PS1='> '; bind -x '"\C-t": printf "<<%s>>\n" "$READLINE_LINE"'; bind 'set enable-bracketed-paste off'
eval "$(scheduled completion bash)"
""",
    "zsh": r"""PS1='> '; unsetopt zle_bracketed_paste prompt_sp; autoload -Uz compinit; compinit -u -D
_line() { print -r -- "<<$BUFFER>>" }; zle -N _line; bindkey '^T' _line; unset zle_bracketed_paste
eval "$(scheduled completion zsh)"
""",
}


class Completion(command.CommandTest):
    def offered(self, line, shell="zsh"):
        """The words, without their meanings; and whether more must follow, or files could stand there."""
        first, *words = self.output_of("completion", shell, "--line", line).splitlines()
        return first, [word.split("\t")[0] for word in words]

    def words(self, line):
        return self.offered(line)[1]


class Words(Completion):
    def test_published_schedules(self):
        self.assertIn("preset:kimi-k2", self.words("scheduled show preset:k"))
        self.assertEqual(self.words('scheduled show "preset:kimi-k2('), ["preset:kimi-k2(steps=", "preset:kimi-k2(peak="])
        self.assertEqual(
            self.words('scheduled show "preset:kimi-k2(steps=9k, '), ["preset:kimi-k2(steps=9k, peak="]
        )

    def test_verbs_and_options_are_those_of_the_help(self):
        verbs = self.verbs()
        for verb in [(), *verbs]:
            line = " ".join(["scheduled", *verb, ""])
            inner = [other[-1] for other in verbs if other[:-1] == verb]
            if inner:
                self.assertEqual(self.words(line), inner)
            options = self.options(*verb)
            self.assertEqual([word for word in self.words(line + "--") if word.startswith("--")], options)
            for option in options:
                self.assertIn(option, self.words(line + option[:5]))

    def test_meanings(self):
        self.assertEqual(
            self.output_of("completion", "fish", "--line", "scheduled sho"), "words\nshow\tPrint and draw schedules\n"
        )
        self.assertEqual(self.output_of("completion", "bash", "--line", "scheduled sho"), "words\nshow\n")

    def test_words_of_options(self):
        self.assertEqual(self.words("scheduled bound wsd --criterion "), ["omega", "standard", "worst-case"])
        self.assertEqual(self.words("scheduled compare wsd --criterion=st"), ["--criterion=standard"])
        self.assertEqual(self.words("scheduled fit a.csv --law m"), ["momentum", "multi-power"])
        self.assertEqual(self.words("scheduled fit a.csv --residuals "), ["log", "plain"])
        self.assertIn("tensorboard", self.words("scheduled bound --format t"))
        self.assertEqual(self.words("scheduled bound --restarts keep"), ["keep-last", "keep-first"])
        self.assertEqual(self.words("scheduled completion "), ["bash", "zsh", "fish"])
        for verb in ["train run", "cooldown law.json", "extend wsd", "run branch r b"]:
            self.assertIn("1-sqrt", self.words(f"scheduled {verb} --decay "))

    def test_names_of_schemas(self):
        """Word by word, all that `schema` lists; after a whole name nothing of another."""
        names = re.findall(r"^(\S+(?: \S+)*)  ", self.output_of("schema"), re.M)
        self.assertIn("run plan", names)
        reached, begun = [], [[]]
        for before in begun:
            words = self.words(" ".join(["scheduled", "schema", *before, ""]))
            self.assertEqual(len(words), len(set(words)))
            for word in words:
                whole = " ".join([*before, word])
                reached += [whole] * (whole in names)
                begun.append([*before, word])
        self.assertEqual(sorted(reached), sorted(names))
        self.assertEqual(self.offered("scheduled schema run l"), ("words", ["lr", "log"]))
        self.assertEqual(self.words("scheduled schema tra"), ["transfer", "train", "train.json"])
        self.assertEqual(self.words("scheduled schema tune "), [])
        self.assertEqual(self.words("scheduled schema --"), self.words("scheduled schema tune --"))

    def test_an_option_is_offered_once(self):
        self.assertNotIn("--json", self.words("scheduled show wsd --json --"))
        self.assertNotIn("--steps", self.words("scheduled show --steps 10 --"))
        self.assertNotIn("--steps", self.words("scheduled show --steps=10 --"))
        self.assertIn("--log", self.words("scheduled bound --log a --"), "may be repeated")

    def test_values_are_not_taken_for_verbs_or_options(self):
        self.assertEqual(self.words("scheduled run init --trunk show -"), self.words("scheduled run init --trunk x -"))
        self.assertEqual(self.offered("scheduled show --steps "), ("words", []))
        self.assertEqual(self.offered("scheduled bound --log "), ("files", []))
        self.assertEqual(self.offered("scheduled train run --config "), ("files", []))
        self.assertEqual(self.words("scheduled run init folder --tr"), ["--trunk"])

    def test_what_makes_no_sense(self):
        for line in ["", " ", "scheduled", "scheduled nonsense ", 'scheduled show "', "scheduled show wsd(=", "scheduled show 'x(", "\\", "scheduled --= "]:
            self.offered(line)


class Schedules(Completion):
    def test_names(self):
        names = re.findall(r"^(\S+): ", self.output_of("show", "--list"), re.M)
        self.assertEqual(self.offered("scheduled show "), ("words", names))
        self.assertEqual(self.offered('scheduled show "'), ("open", [name + "(" for name in names]))

    def test_keys_are_those_of_the_reader(self):
        for name in self.words("scheduled show "):
            words = self.words(f'scheduled compare wsd "{name}(')
            given, said = "nonsense=1" + (", cooldown=10%" if f"{name}(cooldown=" in words else ""), ""
            while not (said := self.run_command("show", f"{name}({given})").stderr.decode()).startswith("scheduled: error: nonsense"):
                given += ", " + re.search(r"must be given, such as (.*)", said)[1]
            keys = re.split(", | or ", re.search(r"must be ((?:\w+, )*\w+ or \w+)", said)[1])
            self.assertEqual(words, [f"{name}({key}=" for key in keys])

    def test_inside_of_a_spec(self):
        def after(typed):
            first, words = self.offered(f'scheduled show "{typed}')
            self.assertEqual(first, "open" if words else "words")
            return [word[len(typed):] for word in words]

        self.assertEqual(after("wsd(st"), ["eps="])
        self.assertEqual(after("wsd(steps=50k, st"), [])
        self.assertEqual(after("wsd(steps=50k,coo"), ["ldown="])
        self.assertIn("1-sqrt", after("wsd(steps=50k, decay="))
        self.assertEqual(after("wsd(steps=50k, cooldown="), ["20%"])
        self.assertEqual(after("wsd(steps=50k, decay=polynomial, pow"), ["er="])
        self.assertEqual(after("wsd(steps=50k, decay=linear, pow"), [])
        self.assertIn("rsqrt(warmup=", self.words("scheduled run plan --trunk 'rsqrt(warm"))

    def test_files(self):
        (self.folder / "rates").touch()
        (self.folder / "runs").mkdir()
        (self.folder / "runs" / "one").touch()
        self.assertEqual(self.offered("scheduled show @r"), ("open", ["@rates", "@runs/"]))
        self.assertEqual(self.offered("scheduled show @runs/"), ("words", ["@runs/one"]))


class Shells(Completion):
    """The scripts in real shells. A line of keys (\t, Ctrl-T) makes lines of text."""

    def terminal(self, shell):
        if shutil.which(shell) is None:
            self.skipTest(f"no {shell} here")
        ours, theirs = command.open_terminal(self)
        environment = command.environment(TERM="dumb", HOME=str(self.folder), ZDOTDIR=str(self.folder), COLUMNS="200", INPUTRC="/dev/null")
        process = subprocess.Popen(SCRIPTS[shell], cwd=self.folder, env=environment, stdin=theirs, stdout=theirs, stderr=theirs, start_new_session=True)
        os.close(theirs)
        self.addCleanup(os.close, ours)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        (self.folder / "setup").write_text(SETUP[shell])
        os.write(ours, b". ./setup; echo rea''dy\n")
        self.read_until(ours, b"ready")
        return ours

    def read_until(self, terminal, text):
        shown, end = b"", time.monotonic() + 60
        while text not in shown:
            self.assertLess(time.monotonic(), end, shown)
            shown += os.read(terminal, 4096)
        return shown

    def line(self, terminal, keys):
        """What the line is after these keys."""
        os.write(terminal, keys.encode() + b"\x14")
        shown = self.read_until(terminal, b">>")
        os.write(terminal, b"\x15")  # Ctrl-U: an empty line again
        return re.search(rb"<<(.*?)>>", shown, re.S)[1].decode()

    def check(self, shell):
        terminal = self.terminal(shell)
        (self.folder / "log.csv").touch()
        for keys, line in {
            "scheduled sho\t": "scheduled show ",
            "scheduled ru\tpla\t": "scheduled run plan ",
            "scheduled bound --crit\to\t": "scheduled bound --criterion omega ",
            "scheduled bound --criterion=st\t": "scheduled bound --criterion=standard ",
            "scheduled compare wsd cosi\t": "scheduled compare wsd cosine ",
            'scheduled show "wsd(st\t': 'scheduled show "wsd(steps=',
            'scheduled show "wsd(steps=50k, coo\t20\t': 'scheduled show "wsd(steps=50k, cooldown=20%',
            "scheduled show 'wsd(steps=50k, decay=1-s\t": "scheduled show 'wsd(steps=50k, decay=1-sqrt",
            "scheduled bound --log lo\t": "scheduled bound --log log.csv ",
            "scheduled schema ru\tpl\t": "scheduled schema run plan ",
        }.items():
            with self.subTest(keys=keys):
                self.assertEqual(self.line(terminal, keys), line)

    def test_bash(self):
        self.check("bash")

    def test_zsh(self):
        self.check("zsh")

    def test_fish(self):
        if shutil.which("fish") is None:
            self.skipTest("no fish here")
        (self.folder / "log.csv").touch()
        for line, words in {
            "scheduled sho": ["show"],
            "scheduled run pla": ["plan"],
            "scheduled bound --criterion ": ["omega", "standard", "worst-case"],
            'scheduled show "wsd(st': ["wsd(steps="],
            "scheduled bound --log lo": ["log.csv"],
            "scheduled schema run pl": ["plan"],
        }.items():
            result = subprocess.run(
                ["fish", "--no-config", "-c", "scheduled completion fish | source; complete -C $argv[1]", line],
                cwd=self.folder, env=command.environment(HOME=str(self.folder)), capture_output=True, text=True, timeout=60, check=True,
            )
            with self.subTest(line=line):
                self.assertEqual([word.split("\t")[0] for word in result.stdout.splitlines()], words, result.stderr)


if __name__ == "__main__":
    command.main()
