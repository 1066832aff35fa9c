"""A plan on a real Slurm, with our trainer: jobs that are killed, requeued, stopped before their limit, chained."""

import json
import os
import re
import subprocess
import sys
import time

import command
import plan_case
import slurm_cluster
import train_case


class SlurmTest(plan_case.PlanTest):
    cluster = None

    def start_cluster(self, **options):
        slurm = self.folder / "slurm"
        slurm.mkdir()
        self.cluster = slurm_cluster.Cluster(slurm, **options)
        self.addCleanup(self.cluster.stop)

    def environment(self):
        path = os.pathsep.join((str(command.COMMAND.parent), slurm_cluster.search_path()))
        return command.environment(PATH=path, OMP_NUM_THREADS="1", **self.cluster.variables)

    def submit(self):
        done = subprocess.run([self.jobs / "submit.sh"], env=self.environment(), capture_output=True, timeout=120)
        self.assertEqual((done.returncode, done.stderr.decode()), (0, ""))
        return dict(re.findall(r"^(\S+) is job (\d+)$", done.stdout.decode(), re.M)), done.stdout.decode()

    def log(self, name):
        file = self.jobs / "logs" / f"{name}.out"
        return file.read_text() if file.exists() else ""

    def wait_until(self, ready, what, seconds=240):
        end = time.monotonic() + seconds
        while not ready():
            if time.monotonic() > end:
                logs = "".join(f"{file.name}:\n{file.read_text()}" for file in sorted((self.jobs / "logs").iterdir()))
                self.fail(f"{what}: {self.cluster.states()}\n{logs}")
            time.sleep(0.1)

    def wait_for_end(self, ids, *states):
        states = states or ("COMPLETED",)

        def ended():
            now = self.cluster.states()
            return all(now.get(number, "COMPLETED") in ("COMPLETED", "FAILED", "CANCELLED") for number in ids)

        self.wait_until(ended, "jobs do not end")
        now = self.cluster.states()
        self.assertTrue({now.get(number, "COMPLETED") for number in ids} <= set(states), (now, self.log("01-trunk-300")))

    def test_a_plan_goes_through_with_a_job_killed(self):
        self.start_cluster()
        comment = "it's \"5 $HOME\" `x` #1 \\ end\\"
        planned = self.emit("--clock", "30m", "--sbatch=--mem=10", f"--sbatch=--comment={comment}")
        self.assertEqual([job["name"] for job in planned["jobs"]], ["01-trunk-300", "02-result-400-400", "03-trunk-600", "04-result-800-800"])
        ids, _ = self.submit()
        self.assertEqual(set(ids), {job["name"] for job in planned["jobs"]})
        first = ids["01-trunk-300"]
        self.assertEqual(self.cluster.output("squeue", "-h", "-o", "%k", "-j", first), comment + "\n")
        self.wait_until(lambda: "trunk-60" in self.checkpoints(self.run_folder), "no checkpoint")
        # States stand beside the lines, and of lines that have not begun.
        status = self.output_of("run", "status", self.run_folder, env=self.environment())
        self.assertRegex(status, rf"^trunk: at step .*; job {first} to 300 RUNNING, job {ids['03-trunk-600']} to 600 PENDING \(Dependency\)")
        self.assertRegex(status, rf"(?m)^result-800: not begun; job {ids['04-result-800-800']} to 800 PENDING \(Dependency\)$")
        # Submitting again leaves alone what waits or runs.
        again, text = self.submit()
        self.assertEqual(again, {})
        self.assertEqual(text.count(" already"), 4, text)
        # Killed and requeued, as a cluster does for a node that fails or for another job.
        self.cluster.output("scontrol", "requeue", first)
        self.wait_until(lambda: self.cluster.states().get(first) == "PENDING", "not requeued")
        before = int(self.output_of("run", "status", self.run_folder, "--reached"))
        self.assertLess(before, 300, "the job was too quick to be killed")
        self.wait_until(lambda: "done, at step 300" in self.log("01-trunk-300"), "the first job does not end")
        # The next stretch of the trunk: the trainer alone is killed, without a chance to commit.
        self.wait_until(lambda: "trunk-420" in self.checkpoints(self.run_folder), "no checkpoint of the second job")
        self.kill_trainer("--until 600")
        self.wait_for_end(ids.values())
        self.assertIn("back into the queue at step", self.log("03-trunk-600"))
        states = json.loads(self.output_of("run", "status", self.run_folder, "--json", env=self.environment()))["jobs"]
        self.assertEqual([(job["line"], job["to"], job["state"]) for job in states], [(j["line"], j["to"], "COMPLETED") for j in planned["jobs"]])
        self.train_by_hand()
        self.assert_same_bits()
        self.assertIn("sound: ", self.output_of("run", "verify", self.run_folder))
        _, text = self.submit()
        self.assertEqual(text.count(" is done"), 4, text)

    def test_before_its_limit_a_job_commits_and_goes_back(self):
        self.start_cluster()
        self.emit("--clock", "20m")
        ids, _ = self.submit()
        first = ids["01-trunk-300"]
        self.wait_until(lambda: "trunk-60" in self.checkpoints(self.run_folder), "no checkpoint")
        self.cluster.output("scancel", "--batch", "--signal=USR1", first)  # as Slurm does before the limit
        self.wait_until(lambda: "back into the queue at step" in self.log("01-trunk-300"), "not back in the queue")
        step = int(re.search(r"back into the queue at step (\d+)", self.log("01-trunk-300"))[1])
        self.assertIn(f"trunk-{step}", self.checkpoints(self.run_folder))
        self.wait_for_end(ids.values())
        self.train_by_hand()
        self.assert_same_bits()

    def test_a_real_time_limit(self):
        """One minute, for 75 seconds of work, in a program of the user's."""
        self.start_cluster()
        program = self.folder / "slow.sh"
        program.write_text(
            'trap "stop=1" USR2\n'
            'at=$(scheduled run status "$1" --line "$2" --reached)\n'
            'while [ "$at" -lt "$3" ] && [ -z "$stop" ]; do\n'
            "  for k in 1 2 3 4 5; do sleep 1 & wait $!; done\n"
            '  at=$((at + 20)); echo "$at" >"$1.model"\n'
            '  scheduled run commit "$1" --line "$2" --step "$at" "$1.model" --keep --wait 1m || exit 1\n'
            "done\n"
        )
        words = ["--trunk", plan_case.TRUNK, "--results", "310", "--cooldown", "10", "--emit", "slurm", "--run", self.run_folder]
        words += ["--train", "bash slow.sh {run} {line} {to}", "--stop-signal", "USR2", "--clock", "1m", "--commit-seconds", "40"]
        words += ["--step-seconds", "0.25", "--checkpoint-every", "20", "--checkpoint-bytes", "10", "--json"]
        planned = json.loads(self.output_of("run", "plan", *words))["jobs"]
        self.assertEqual([job["starts"] for job in planned["jobs"]], [4, 1])
        ids, _ = self.submit()
        self.wait_until(lambda: "done, at step 300" in self.log("01-trunk-300"), "the trunk does not end", 400)
        log = self.log("01-trunk-300")
        self.assertIn("the time limit is near", log)
        self.assertIn("back into the queue at step", log)
        self.assertNotIn("DUE TO TIME LIMIT", log)

    def test_a_chain_of_jobs_where_none_may_be_requeued(self):
        self.start_cluster(requeue=False)
        self.emit("--clock", "20m", "--continue", "singleton")
        ids, text = self.submit()
        self.assertEqual(text.count(" is job "), 8, text)  # one more of each than its time takes
        self.wait_until(lambda: "trunk-60" in self.checkpoints(self.run_folder), "no checkpoint")
        self.kill_trainer("--until 300")
        numbers = re.findall(r" is job (\d+)$", text, re.M)
        self.wait_for_end(numbers)
        self.assertIn("the next job of its name goes on", self.log("01-trunk-300"))
        self.train_by_hand()
        self.assert_same_bits()

    def test_what_fails_stops_what_depends_on_it(self):
        self.start_cluster()
        self.emit()
        (self.folder / "text").rename(self.folder / "away")
        ids, _ = self.submit()
        self.wait_for_end(ids.values(), "FAILED", "CANCELLED")
        self.assertIn("the command ended with exit code 2 at step 0 of 300", self.log("01-trunk-300"))
        (self.folder / "away").rename(self.folder / "text")
        ids, text = self.submit()
        self.assertEqual(text.count(" is job "), 4, text)
        self.wait_for_end(ids.values())
        self.train_by_hand()
        self.assert_same_bits()


if __name__ == "__main__":
    why = slurm_cluster.missing()
    if why:
        print(f"skipped: {why}")
        sys.exit(command.SKIPPED)
    train_case.main()
