"""A plan by NeMo-Run, on this machine and on a Slurm, and by SkyPilot's files, with our trainer: the packages themselves.

They are in an environment of their own (`make launchers`); SCHEDULED_LAUNCHERS names its Python.
"""

import json
import os
import pathlib
import re
import signal
import subprocess
import sys
import time
import unittest

import command
import plan_case
import slurm_cluster
import train_case

PYTHON = pathlib.Path(os.environ.get("SCHEDULED_LAUNCHERS", pathlib.Path(__file__).parents[2] / ".venv-launchers/bin/python"))

# A pipeline as SkyPilot itself reads it.
READ_PIPELINE = """\
import json, sys
from sky.utils import dag_utils
dag = dag_utils.load_chain_dag_from_yaml(sys.argv[1])
assert dag.is_chain()
tasks = [{"name": task.name, "nodes": task.num_nodes, "run": task.run, "envs": dict(task.envs), "volumes": dict(task.volumes or {}),
          "resources": [dict(r.to_yaml_config()) for r in task.resources]} for task in dag.tasks]
print(json.dumps({"name": dag.name, "tasks": tasks}))
"""


class LaunchersTest(plan_case.PlanTest):
    cluster = None

    def environment(self):
        """Of NeMo-Run and SkyPilot: their files are in this test's folder."""
        path = os.pathsep.join((str(command.COMMAND.parent), slurm_cluster.search_path()))
        variables = self.cluster.variables if self.cluster else {}
        return command.environment(PATH=path, HOME=str(self.folder), NEMORUN_HOME=str(self.folder / "nemo"), OMP_NUM_THREADS="1", **variables)

    def run_python(self, *words, code=0):
        done = subprocess.run([PYTHON, *words], cwd=self.folder, env=self.environment(), capture_output=True, timeout=300)
        self.assertEqual(done.returncode, code, done.stdout.decode() + done.stderr.decode())
        return done.stdout.decode() + done.stderr.decode()

    def test_nemo_run_on_this_machine(self):
        self.emit(engine="nemo-run")
        (self.folder / "text").rename(self.folder / "away")
        text = self.run_python(self.jobs / "experiment.py", code=1)
        # NeMo-Run goes on after a job that failed; what comes after it must not.
        self.assertIn("not done: 01-trunk-300 02-result-400-400 03-trunk-600 04-result-800-800", text)
        self.assertEqual(self.checkpoints(self.run_folder), set())
        (self.folder / "away").rename(self.folder / "text")
        self.run_python(self.jobs / "experiment.py")
        self.train_by_hand()
        self.assert_same_bits()
        self.assertEqual(self.run_python(self.jobs / "experiment.py"), "")  # nothing is left
        self.assertIn("all is done", self.run_python(self.jobs / "experiment.py", "dry"))
        states = json.loads(self.output_of("run", "status", self.run_folder, "--json"))["jobs"]
        states = sorted((job["to"], job["system"], job["state"]) for job in states)  # two run at a time
        self.assertEqual(states, [(to, "process", "COMPLETED") for to in (300, 400, 600, 800)])

    def test_nemo_run_begins_where_the_record_is(self):
        self.emit(engine="nemo-run")
        self.train(self.run_folder, "--until", 300, "--keep", 300)
        self.train(self.run_folder, "--until", 420)
        self.run_python(self.jobs / "experiment.py")
        self.train_by_hand()
        self.assert_same_bits()

    @unittest.skipIf(slurm_cluster.missing(), slurm_cluster.missing())
    def test_nemo_run_on_a_slurm(self):
        slurm = self.folder / "slurm"
        slurm.mkdir()
        self.configure(batch=16)  # so that it takes a while
        self.cluster = slurm_cluster.Cluster(slurm)
        self.addCleanup(self.cluster.stop)
        self.emit("--clock", "20m", "--set", "account=me", "--set", "mem=10", engine="nemo-run")
        script = self.jobs / "experiment.py"
        # While a job of it is in the queue nothing is submitted.
        (title,) = re.findall(r'^TITLE = "(.*)"$', script.read_text(), re.M)
        self.cluster.output("sbatch", "--hold", f"--job-name={title}.01-trunk-300", "--wrap=true")
        self.assertIn("still in the queue; run this again when they have ended", self.run_python(script, code=1))
        self.cluster.output("scancel", "1")
        self.wait_until(lambda: not self.cluster.output("squeue", "-h", "-o", "%i").strip(), "the job stays")
        # It looks at the jobs for some seconds after it has submitted them.
        submits = subprocess.Popen([PYTHON, script], cwd=self.folder, env=self.environment(), stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.wait_until(lambda: "trunk-60" in self.checkpoints(self.run_folder), "no checkpoint")
        # As Slurm does so long before the limit: the command commits, and the job goes back into the queue.
        self.cluster.output("scancel", "--signal=TERM", "2")
        self.wait_until(lambda: "trunk-360" in self.checkpoints(self.run_folder), "no checkpoint of the second job")
        self.kill_trainer("--until 600")
        out = submits.communicate(timeout=240)[0].decode()
        self.assertEqual(submits.returncode, 0, out)
        names = self.cluster.output("squeue", "-h", "--states=all", "-o", "%j %i %l %E")
        ids = dict(re.findall(r"-[0-9a-f]{6}\.(\S+) (\d+) 20:00", names))
        self.assertEqual(set(ids), {"01-trunk-300", "02-result-400-400", "03-trunk-600", "04-result-800-800"}, names)
        self.wait_until(lambda: not self.cluster.output("squeue", "-h", "-o", "%i").strip(), "jobs do not end")
        restarts = [self.cluster.output("scontrol", "show", "job", ids[name]) for name in ("01-trunk-300", "03-trunk-600")]
        states = json.loads(self.output_of("run", "status", self.run_folder, "--json", env=self.environment()))["jobs"]
        self.assertEqual({job["name"]: job["id"] for job in states}, ids)
        self.assertEqual({(job["system"], job["state"]) for job in states}, {("slurm", "COMPLETED")})
        for shown in restarts:
            self.assertIn("Restarts=1", shown)
            self.assertIn("COMPLETED", shown)
        self.train_by_hand()
        self.assert_same_bits()

    def wait_until(self, ready, what, seconds=240):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = "".join(f"{file.name}:\n{file.read_text()}" for file in sorted((self.folder / "nemo").rglob("*.out")))
                self.fail(f"{what}: {self.cluster.states()}\n{logs}")
            time.sleep(0.1)

    def run_task(self, task, rank=0):
        environment = {**self.environment(), **task["envs"], "SKYPILOT_NODE_RANK": str(rank), "SKYPILOT_NUM_NODES": "1"}
        return subprocess.Popen(["bash", "-c", task["run"]], cwd="/", env=environment, stdout=subprocess.PIPE, stderr=subprocess.STDOUT)

    def test_skypilot(self):
        words = ["--set", "resources.accelerators=H100:8", "--set", "resources.use_spot=true", "--set", "volumes./mnt/runs=runs"]
        planned = self.emit(*words, engine="skypilot")
        pipeline = json.loads(self.run_python("-c", READ_PIPELINE, self.jobs / "pipeline.yaml").splitlines()[-1])
        self.assertEqual(pipeline["name"], "a.model.s.run")
        tasks = pipeline["tasks"]
        self.assertEqual([task["name"] for task in tasks], [job["name"] for job in planned["jobs"]])
        for task, job in zip(tasks, planned["jobs"]):
            self.assertEqual((task["envs"]["SCHEDULED_LINE"], task["envs"]["SCHEDULED_TO"]), (job["line"], str(job["to"])))
            (resources,) = task["resources"]
            self.assertEqual((resources["accelerators"], resources["use_spot"]), ({"H100": 8}, True))
            self.assertEqual(resources["job_recovery"]["recover_on_exit_codes"], [143])
            self.assertEqual(task["volumes"], {"/mnt/runs": "runs"})
        # What SkyPilot runs on a node, which it starts again after these exit codes.
        killed = self.run_task(tasks[0])
        while "trunk-120" not in self.checkpoints(self.run_folder):  # so that the one before is on record
            self.assertIsNone(killed.poll())
            time.sleep(0.01)
        self.kill_trainer("--until 300")
        out = killed.communicate(timeout=60)[0].decode()
        self.assertEqual(killed.returncode, 143, out)
        self.assertIn("goes on when it is started again", out)
        # Stopped, and nobody but the script is told.
        stopped = self.run_task(tasks[0])
        before = self.checkpoints(self.run_folder)
        while self.checkpoints(self.run_folder) == before:
            self.assertIsNone(stopped.poll())
            time.sleep(0.01)
        stopped.send_signal(signal.SIGTERM)
        out = stopped.communicate(timeout=60)[0].decode()
        self.assertEqual(stopped.returncode, 143, out)
        (step,) = re.findall(r"01-trunk-300: stopped at step (\d+) of 300", out)
        self.assertIn(f"trunk-{step}", self.checkpoints(self.run_folder))
        self.assertIn(f"trunk stopped at step {step} of ", out)  # said by the trainer, which ends with 0 then
        for task in tasks:
            process = self.run_task(task)
            out = process.communicate(timeout=120)[0].decode()
            self.assertEqual(process.returncode, 0, out)
        self.train_by_hand()
        self.assert_same_bits()


if __name__ == "__main__":
    if not PYTHON.exists():
        print("skipped: make launchers (NeMo-Run and SkyPilot)")
        sys.exit(command.SKIPPED)
    train_case.main()
