"""A plan as jobs: its scripts, and running them on this machine with any training command. Slurm itself: test_slurm.py."""

import json
import os
import pathlib
import platform
import random
import signal
import subprocess
import sys
import time

import command

TRUNK = "rsqrt(warmup=20, peak=1e-2)"

# A training program on the run store: commits every 50 updates; SIGTERM: it commits and ends with 0.
TOY = """\
#!/bin/bash
run=$1 line=$2 to=$3
trap 'stop=1' TERM
at=$(scheduled run status "$run" --line "$line" --reached)
while [ "$at" -lt "$to" ] && [ -z "$stop" ]; do
  sleep 0.02
  at=$((at + 50 < to ? at + 50 : to))
  echo "$at $4" >>"$run.model"
  scheduled run commit "$run" --line "$line" --step "$at" "$run.model" --keep --wait 1m >/dev/null || exit 3
done
exit 0
"""


class ClusterTest(command.CommandTest):
    def setUp(self):
        super().setUp()
        self.base = self.folder / "it's \"here\" $HOME"
        self.base.mkdir()
        self.toy = self.base / "toy.sh"
        self.toy.write_text(TOY)
        self.toy.chmod(0o755)

    def words(self, *arguments, engine="local", run="run", train="./toy.sh {run} {line} {to} {data}", trunk=TRUNK, seconds="0.01", cooldown="25%"):
        words = ["run", "plan", "--trunk", trunk, "--results", "400,800", "--cooldown", cooldown, "--emit", engine]
        words += ["--run", run, "--train", train, "--step-seconds", seconds, "--checkpoint-bytes", "60k", *arguments]
        return words

    def in_base(self, *words):
        return subprocess.run([command.COMMAND, *map(str, words)], cwd=self.base, env=command.environment(), capture_output=True, timeout=120)

    def emit(self, *arguments, **options):
        done = self.in_base(*self.words(*arguments, "--json", **options))
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        return json.loads(done.stdout)["jobs"]

    def refused(self, text, *arguments, **options):
        done = self.in_base(*self.words(*arguments, **options))
        error = done.stderr.decode()
        self.assertEqual((done.returncode, error.count("\n")), (2, 1), error)
        self.assertIn(text, error)
        self.assertFalse(list(self.base.glob("*.jobs*")))

    def begin(self):
        return subprocess.Popen([self.base / "run.jobs" / "run.sh"], env=command.environment(), stdout=subprocess.PIPE, stderr=subprocess.PIPE)

    def finish(self, process, code=0):
        out, error = (stream.decode() for stream in process.communicate(timeout=120))
        self.assertEqual(process.returncode, code, out + error)
        return out + error

    def reached(self, line="trunk"):
        done = self.in_base("run", "status", "run", "--line", line, "--reached")
        self.assertEqual(done.stderr, b"")
        return int(done.stdout)

    def lines(self):
        return {line["name"]: line for line in json.loads(self.in_base("run", "status", "run", "--json").stdout)["lines"]}

    def test_other_launchers(self):
        self.refused("set: must be given for nemo-run or skypilot", "--set", "a=b")
        self.refused("sbatch: must be given for slurm", "--sbatch=--mem=1", engine="nemo-run")
        self.refused("continue: singleton must be for slurm", "--continue", "singleton", engine="skypilot")
        self.refused("set = 'run=x': must be SECTION.KEY=VALUE", "--set", "run=x", engine="skypilot")
        done = self.in_base(*self.words("--set", "resources.accelerators=H100:8", engine="skypilot"))
        self.assertEqual(done.stdout.decode().splitlines()[-1], "launch with sky jobs launch run.jobs/pipeline.yaml")
        # A job on two nodes, as SkyPilot starts it on each: the second process makes nothing and waits for the line.
        environment = {**command.environment(), "SKYPILOT_NODE_RANK": "1"}
        script = self.base / "run.jobs/jobs/01-trunk-300.sh"
        other = subprocess.Popen([script, "task"], env=environment, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        time.sleep(0.5)
        self.assertEqual((other.poll(), self.reached()), (None, 0))
        self.assertEqual(self.in_base("run", "init", "run", "--trunk", TRUNK).returncode, 0)
        self.assertIn("trains trunk to step 300", self.finish(other))

    def status(self, *words):
        done = self.in_base("run", "status", "run", *words)
        self.assertEqual((done.returncode, done.stderr), (0, b""))
        return done.stdout.decode()

    def states(self):
        return [(job["name"], job["system"], job["id"], job["state"]) for job in json.loads(self.status("--json")).get("jobs", [])]

    def begin_task(self, name, **variables):
        """As SkyPilot runs it on a node: a signal goes to this process alone."""
        self.task = subprocess.Popen(
            ["bash", "-c", f"exec bash run.jobs/jobs/{name}.sh task"], cwd=self.base, env={**command.environment(), **variables},
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
        )
        return self.task

    def wait_for_step(self, step, line="trunk"):
        end = time.monotonic() + 60
        while self.reached(line) < step:
            self.assertIsNone(self.task.poll())
            self.assertLess(time.monotonic(), end)
            time.sleep(0.01)

    def test_a_signal_to_the_script_alone_stops_its_command(self):
        careful = TOY.replace("  scheduled run commit", "  (trap '' TERM; exec scheduled run commit").replace(">/dev/null ||", ">/dev/null) ||")
        self.toy.write_text(careful.replace("exit 0", 'echo "ended with $stop" >>"$run.ends"\nexit 0'))
        self.emit(engine="skypilot")
        task = self.begin_task("01-trunk-300", SKYPILOT_TASK_ID="sky-managed-17_a")
        self.wait_for_step(50)
        self.assertEqual(self.states(), [("01-trunk-300", "skypilot", "sky-managed-17_a", "STARTED")])
        self.assertIn("; job sky-managed-17_a to 300 STARTED\n", self.status())
        task.send_signal(signal.SIGTERM)
        text = self.finish(task, 143)
        self.assertIn("is to end", text)
        self.assertIn(f"stopped at step {self.reached()} of 300", text)
        self.assertEqual((self.base / "run.ends").read_text(), "ended with 1\n")  # by itself, with 0
        self.assertEqual(self.states(), [("01-trunk-300", "skypilot", "sky-managed-17_a", "STOPPED")])
        self.assertIn("done, at step 300", self.finish(self.begin_task("01-trunk-300", SKYPILOT_TASK_ID="sky-managed-17_a")))
        self.assertEqual(self.states(), [("01-trunk-300", "skypilot", "sky-managed-17_a", "COMPLETED")])
        self.assertIn("; job sky-managed-17_a to 300 COMPLETED\n", self.status())

    def test_by_which_process_a_line_is_trained(self):
        hold = self.base / "hold"  # while it is there a command waits at its first step, and says in it who it is
        hold.touch()
        self.toy.write_text(TOY.replace("|| exit 3\n", '|| exit 3\n  [ ! -e hold ] || echo "$$" >hold\n  while [ -e hold ]; do sleep 0.05; done\n'))
        self.emit(engine="nemo-run")
        self.assertEqual((self.in_base("run", "init", "run", "--trunk", TRUNK).returncode, self.states()), (0, []))
        task = self.begin_task("01-trunk-300")
        self.wait_for_step(50)
        (first,) = self.states()
        self.assertEqual((first[0], first[1], first[3]), ("01-trunk-300", "process", "RUNNING"))
        self.assertEqual(first[2], f"{platform.node()}:{task.pid}")
        self.assertIn(f"; job {platform.node()}:{task.pid} to 300 RUNNING\n", self.status())
        while not hold.read_text().endswith("\n"):
            time.sleep(0.01)
        os.killpg(task.pid, signal.SIGKILL)  # nobody notes that
        os.killpg(os.getpgid(int(hold.read_text())), signal.SIGKILL)  # its command has a group of its own
        task.communicate()
        hold.unlink()
        self.assertIn(f"; job {platform.node()}:{task.pid} to 300 FAILED (its process is gone)\n", self.status())
        again = self.begin_task("01-trunk-300", SLURM_JOB_ID="4711", SLURM_PROCID="1")  # not the first of its processes
        self.finish(again)
        self.assertEqual(len(self.states()), 1)
        self.finish(self.begin_task("03-trunk-600"))
        self.assertEqual([state[3] for state in self.states()], ["FAILED", "COMPLETED"])
        self.assertNotIn("; job", self.status())  # others have trained to there and beyond
        self.assertIn("done before", self.finish(self.begin_task("01-trunk-300")))
        self.assertEqual([state[3] for state in self.states()], ["COMPLETED", "COMPLETED"])
        # On another machine: what it noted. A line that is torn or of no job is no job.
        with open(self.base / "run.jobs/started", "a") as notes:
            notes.write("03-trunk-600 STARTED process 17 node17 123\n02-result-400-400 STARTED slurm 4711\nno-such STARTED slurm 1\n03-trunk")
        self.assertEqual(self.states()[1:], [("03-trunk-600", "process", "node17:17", "STARTED"), ("02-result-400-400", "slurm", "4711", "STARTED")])
        self.assertIn("result-400: not begun; job 4711 to 400 STARTED\n", self.status())

    def test_the_last_of_a_chain_is_a_job_of_slurm(self):
        self.emit("--continue", "singleton", engine="slurm")
        ways = {"last": ("slurm", "4711"), "next": ("slurm", "4711"), "requeue": ("slurm", "4711"), "local": ("process",)}
        for how, noted in ways.items():
            done = subprocess.run(["bash", "run.jobs/jobs/01-trunk-300.sh", how], cwd=self.base, env={**command.environment(), "SLURM_JOB_ID": "4711"}, capture_output=True, timeout=60)
            self.assertEqual(done.returncode, 0, done.stderr)
            self.assertEqual(tuple((self.base / "run.jobs/started").read_text().splitlines()[-1].split()[1:2 + len(noted)]), ("COMPLETED", *noted), how)

    def test_notes_that_cannot_be_checked(self):
        self.emit()
        self.in_base("run", "init", "run", "--trunk", TRUNK)
        host, mine = platform.node(), f"{pathlib.Path('/proc/sys/kernel/random/boot_id').read_text().strip()}/{os.readlink('/proc/self/ns/pid')}"
        started, began = self.base / "run.jobs/started", pathlib.Path(f"/proc/{os.getpid()}/stat").read_text().rpartition(")")[2].split()[19]
        for note, state in [
            (f"process {os.getpid()} {host} {began} {mine}\n", "RUNNING"),
            (f"process {os.getpid()} {host} 1{began} {mine}\n", "FAILED"),
            (f"process {os.getpid()} {host} 1{began} other/pid:[1]\n", "STARTED"),  # in another container
            (f"process {os.getpid()} {host} - {mine}\n", "STARTED"),
            (f"process 2147483647 {host} - {mine}\n", "FAILED"),
            (f"process {os.getpid()} {host} {began} {mine}", None),  # torn
            (f"process {os.getpid()}\n", None),
            (f"process -1 {host} {began} {mine}\n", None),
            (f"process x {host} {began} {mine}\n", None),
            ("slurm 4711 and more\n", "STARTED"), ("slurm 47x11\n", None),
        ]:
            started.write_text(f"01-trunk-300 STARTED {note}")
            self.assertEqual([job[3] for job in self.states()], [state] if state else [], note)
        os.mkfifo(self.base / "pipe")
        (self.base / "pipe").replace(started)
        self.assertEqual(self.states(), [])

    def test_a_plan_that_is_damaged_hides_no_line(self):
        self.emit()
        self.in_base("run", "init", "run", "--trunk", TRUNK)
        plan = self.base / "run.jobs/jobs.json"
        whole = plan.read_bytes()
        for text, why in [(b"", "is no valid JSON"), (whole[:200], "is no valid JSON"), (b"[1]", "is not the plan of jobs"), (b'{"jobs": [{}]}', "is not the plan of jobs")]:
            plan.write_bytes(text)
            done = self.in_base("run", "status", "run")
            error = done.stderr.decode()
            self.assertEqual((done.returncode, error.count("\n"), done.stdout[:16]), (0, 1, b"trunk: at step 0"), error)
            self.assertIn(f"scheduled: warning: {plan}: {why}", error)
            self.assertIn("emit the plan again into another folder (--into) and copy its jobs.json here", error)

    def test_an_experiment_that_is_done_is_no_failure(self):
        self.emit(engine="nemo-run")
        (self.base / "nemo_run.py").write_text("# in the place of NeMo-Run, of which nothing is needed here\n")
        for name in ("01-trunk-300", "02-result-400-400", "03-trunk-600", "04-result-800-800"):
            self.finish(self.begin_task(name))
        for words, out in [(["dry"], "all is done\n"), ([], "")]:
            done = subprocess.run([sys.executable, self.base / "run.jobs/experiment.py", *words], env={**command.environment(), "PYTHONPATH": str(self.base)}, capture_output=True, timeout=60)
            self.assertEqual((done.returncode, done.stdout.decode(), done.stderr.decode()), (0, out, ""))

    def test_the_others_do_not_wait_for_ever(self):
        self.emit(engine="skypilot")
        common = self.base / "run.jobs/job.sh"
        text = common.read_text()
        self.assertEqual(text.count("-lt 600 ]"), 1)
        common.write_text(text.replace("-lt 600 ]", "-lt 1 ]"))
        environment = {**command.environment(), "SKYPILOT_NODE_RANK": "1"}
        script = self.base / "run.jobs/jobs/01-trunk-300.sh"
        other = subprocess.run([script, "task"], env=environment, capture_output=True, timeout=60)
        self.assertEqual(other.returncode, 1)
        self.assertIn("the first process has not made run and line in ten minutes", other.stderr.decode())

    def test_a_job_waits_for_the_one_before(self):
        self.emit(engine="nemo-run")
        job = self.base / "run.jobs/jobs/03-trunk-600.sh"
        run = subprocess.run([job], env=command.environment(), capture_output=True, timeout=60)
        self.assertEqual((run.returncode, self.reached()), (1, 0))
        self.assertIn("trunk is at step 0; the job before, to step 300, is not done", run.stderr.decode())
        done = self.in_base(*self.words("--into", "more", engine="nemo-run"))
        self.assertEqual(done.stdout.decode().splitlines()[-1], "run with python more/experiment.py")

    def test_the_whole_plan_on_this_machine(self):
        self.assertEqual(self.reached(), 0)  # no run yet
        planned = self.emit("--data", "it's a mix", "--names", "cd/1,cd/2", "--branch-data", "other")
        self.assertEqual([job["after"] for job in planned["jobs"]], [[], [0], [1], [2]])  # one at a time
        self.assertEqual(planned["wall_seconds"], 9.0)  # 900 updates
        text = self.finish(self.begin())
        self.assertEqual(text.count("done, at step"), 4, text)
        lines = self.lines()
        self.assertEqual([(n, lines[n]["step"], lines[n]["finished"]) for n in lines], [("trunk", 600, False), ("cd/1", 400, True), ("cd/2", 800, True)])
        self.assertEqual(lines["cd/2"]["start"], 600)
        record = json.loads(self.in_base("run", "status", "run", "--json").stdout)
        self.assertEqual({(row["line"], row["step"], row["text"]) for row in record["data"]}, {("trunk", 0, "it's a mix"), ("cd/1", 300, "other"), ("cd/2", 600, "other")})
        self.assertIn("800 other\n", (self.base / "run.model").read_text())
        text = self.finish(self.begin())  # again: nothing is left
        self.assertEqual(text.count("done before, at step"), 4, text)

    def test_stopped_it_goes_on(self):
        self.emit()
        for _ in range(2):
            process = self.begin()
            before = self.reached()
            while self.reached() < before + 50:
                self.assertIsNone(process.poll())
                time.sleep(0.01)
            process.send_signal(signal.SIGTERM)
            self.finish(process, 143)
            self.assertLess(self.reached(), 600)
        text = self.finish(self.begin())
        self.assertEqual(self.reached("result-800"), 800)
        self.assertIn("02-result-400-400: done, at step 400", text)

    def test_it_stops_at_the_first_failure(self):
        for train, why in [
            ("false {run}", "the command ended with exit code 1 at step 0 of 300"),
            ("true {run}", "the command ended with 0 at step 0; it is to commit trunk at step 300"),
            ("kill -9 $$; echo {run}", "the command ended with exit code 137 at step 0 of 300"),
        ]:
            self.emit(train=train)
            text = self.finish(self.begin(), 1)
            self.assertIn(why, text)
            self.assertNotIn("02-result", text)
            subprocess.run(["rm", "-r", self.base / "run.jobs", self.base / "run"], check=True)

    def test_what_is_killed_goes_on_where_it_has_committed(self):
        # Dies at 150 and 300, each time with something committed since it began.
        killer = self.base / "killer.sh"
        killer.write_text('#!/bin/bash\nif [ "$2" = trunk ] && [ "$3" = 300 ]; then ./toy.sh "$1" "$2" 150; kill -9 $$; fi\n./toy.sh "$@"\n')
        killer.chmod(0o755)
        self.emit(train="./killer.sh {run} {line} {to}")
        text = self.finish(self.begin(), 1)
        self.assertIn("the command ended with exit code 137 at step 150 of 300", text)  # the second time nothing was
        self.assertEqual(text.count("trains trunk to step 300"), 2, text)

    def test_scripts_of_slurm(self):
        self.emit("--nodes", "4", "--clock", "1-12:00:00", "--sbatch=--partition=gpu", "--setup", "module load x", "--stop-signal", "USR2", engine="slurm")
        jobs = self.base / "run.jobs"
        script = (jobs / "jobs" / "03-trunk-600.sh").read_text()
        for line in ["--nodes=4", "--time=1-12:00:00", "--signal=B:USR1@120", "--requeue", "--partition=gpu", "--output=logs/03-trunk-600.out"]:
            self.assertIn(f"#SBATCH {line}\n", script)
        self.assertIn("\nmodule load x\n", script)
        self.assertIn("\nstop_signal=USR2\n", script)
        submit = (jobs / "submit.sh").read_text()
        self.assertIn("submit 04-result-800-800 result-800 800 requeue 03-trunk-600\n", submit)
        for file in [*jobs.glob("*.sh"), *jobs.glob("jobs/*.sh")]:
            subprocess.run(["bash", "-n", file], check=True)
        self.assert_directives()
        names = {re_name(file) for file in jobs.glob("jobs/*trunk*.sh")}
        self.assertEqual(len(names), 1)  # of the trunk's jobs: singletons
        self.refused_again()
        chain = self.base / "chain"
        self.emit("--continue", "singleton", "--serial", "--clock", "130s", "--checkpoint-every", "100", "--into", chain, seconds="0.1", engine="slurm")
        self.assertEqual(len({re_name(file) for file in chain.glob("jobs/*.sh")}), 1)
        self.assertIn("#SBATCH --no-requeue\n", (chain / "jobs" / "01-trunk-300.sh").read_text())
        self.assertIn("submit 01-trunk-300 trunk 300 4\n", (chain / "submit.sh").read_text())  # 30 s of work, 10 s each

    def assert_directives(self):
        """Words as sbatch reads them, which is no shell; test_slurm.py asks a real one."""
        given = ["--comment=it's \"5 $HOME\" `x` #1 \\ end", "--comment plain words", "-J my name", "-Jmy#name", " -H "]
        self.emit(*(f"--sbatch={option}" for option in given), "--into", "quoted", engine="slurm")
        lines = (self.base / "quoted/jobs/01-trunk-300.sh").read_text().splitlines()
        wanted = ['--comment="it\'s \\"5 $HOME\\" `x` \\#1 \\\\ end"', '--comment "plain words"', '-J "my name"', '-J"my\\#name"', "-H"]
        self.assertEqual([line for line in lines if line.startswith("#SBATCH ")][-5:], [f"#SBATCH {option}" for option in wanted])

    def refused_again(self):
        done = self.in_base(*self.words(engine="slurm"))
        self.assertEqual(done.returncode, 2)
        self.assertIn("holds the jobs of a plan already; name another folder", done.stderr.decode())

    def test_where_there_is_no_slurm(self):
        self.emit(engine="slurm")
        (self.base / "bin").mkdir()
        for name in ("bash", "dirname"):
            (self.base / "bin" / name).symlink_to(f"/bin/{name}")
        environment = command.environment(PATH=f"{command.COMMAND.parent}:{self.base / 'bin'}")
        done = subprocess.run(["/bin/bash", self.base / "run.jobs" / "submit.sh"], env=environment, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stdout.decode()), (1, ""))
        self.assertIn("there is no sbatch here", done.stderr.decode())
        self.in_base("run", "init", "run", "--trunk", TRUNK)
        (self.base / "run.jobs" / "submitted").write_text("01-trunk-300 17\n")
        done = subprocess.run([command.COMMAND, "run", "status", "run"], cwd=self.base, env=environment, capture_output=True, timeout=60)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        self.assertNotIn("job", done.stdout.decode())

    def test_what_is_refused(self):
        self.refused("step-seconds: is missing", seconds="0")
        self.refused("train = 'x {rn}': there is no {rn}; there are {run}, {line}", train="x {rn}")
        self.refused("stands within quotes", train='x "{run}"')
        self.refused("config: is missing", train="")
        self.refused("clock = 00:02:10: a job of 00:02:10 trains for 00:00:10", "--clock", "130s", "--checkpoint-every", "2000", seconds="1")
        self.refused("checkpoint-every: is missing", "--clock", "130s", seconds="1")
        self.refused("sbatch = 'partition=gpu'", "--sbatch", "partition=gpu")
        self.refused("sbatch = '--mem=10 -p gpu': must be one option; give each of several by itself", "--sbatch=--mem=10 -p gpu", engine="slurm")
        self.refused("sbatch = '--exclude = n1': must have no blank before its =: --exclude=n1", "--sbatch=--exclude = n1", engine="slurm")
        self.refused("sbatch = '--': must be an option of sbatch", "--sbatch=--", engine="slurm")
        self.refused("must be a time such as", "--clock", "soon")
        self.refused("no such folder", run="no/run")
        self.refused("is the name of another line", "--names", "a,a")
        done = self.in_base("run", "plan", "--trunk", TRUNK, "--results", "400", "--nodes", "2")
        self.assertIn("emit: is missing", done.stderr.decode())
        done = self.in_base("run", "plan", "--trunk", "rsqrt(warmup=20)", "--results", "400", "--emit", "local", "--run", "run")
        self.assertIn("has no peak; --emit needs the learning rate", done.stderr.decode())

    def test_a_run_that_is_ahead_of_the_plan(self):
        self.in_base("run", "init", "run", "--trunk", TRUNK)
        self.in_base("run", "commit", "run", "--step", "350", "toy.sh")
        self.refused("leaves the trunk at step 300; the trunk of run is at step 350 already and has no checkpoint there")
        self.refused("the trunk of run has rsqrt(peak=0.01, warmup=20); plan with that", trunk="constant(peak=1)")
        planned = self.emit(cooldown="50")  # leaves at 350 and 750
        self.assertEqual([job["reached"] for job in planned["jobs"]], [350, 350, 350, 350])
        text = self.finish(self.begin())
        self.assertIn("01-trunk-350: done before, at step 350", text)
        self.assertEqual(self.reached("result-800"), 800)

    def test_killed_while_it_writes(self):
        draw = random.Random(7)
        whole = None
        for k in range(40):
            into = self.base / f"jobs-{k % 4}"
            process = subprocess.Popen([command.COMMAND, *self.words("--into", into)], cwd=self.base, env=command.environment(), stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
            time.sleep(draw.uniform(0.0, 0.08))
            process.kill()
            process.wait()
            if into.exists():
                files = sorted(str(file.relative_to(into)) for file in into.rglob("*"))
                whole = whole or files
                self.assertEqual(files, whole)
                subprocess.run(["rm", "-r", into], check=True)
        for k in range(4):  # what was left is in nobody's way
            self.emit("--into", self.base / f"jobs-{k}")
        self.assertFalse(list(self.base.glob("*.part")))


def re_name(script: pathlib.Path):
    """The directive with the name of a job."""
    return next(line for line in script.read_text().splitlines() if line.startswith("#SBATCH --job-name="))


if __name__ == "__main__":
    command.main()
