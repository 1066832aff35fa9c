"""A Slurm of one machine for tests: Debian's munged, slurmctld and slurmd in the foreground, in a folder of their own."""

import contextlib
import os
import pathlib
import pwd
import shutil
import signal
import socket
import subprocess
import time

PROGRAMS = ("munged", "slurmctld", "slurmd", "sbatch", "squeue", "scontrol", "scancel", "sinfo")
PACKAGES = "slurmctld slurmd slurm-client munge"

# cred_expire: what is requeued waits for so long before it starts again.
CONFIGURATION = """\
ClusterName=test
SlurmctldHost={host}(127.0.0.1)
SlurmUser={user}
SlurmdUser={user}
AuthType=auth/munge
AuthInfo=socket={folder}/munge/socket,cred_expire=5
StateSaveLocation={folder}/state
SlurmdSpoolDir={folder}/spool
SlurmctldPidFile={folder}/slurmctld.pid
SlurmdPidFile={folder}/slurmd.pid
SlurmctldPort={controller}
SlurmdPort={node}
ProctrackType=proctrack/linuxproc
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MpiDefault=none
SlurmdParameters=config_overrides
JobRequeue={requeue}
SchedulerParameters=sched_interval=1,bf_interval=1,sched_min_interval=1
NodeName={host} NodeAddr=127.0.0.1 CPUs=4 RealMemory=1000 State=UNKNOWN
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
"""


def search_path():
    return os.pathsep.join((os.environ.get("PATH", ""), "/usr/sbin", "/sbin"))


def missing():
    """Why there can be no Slurm here; nothing where there can."""
    absent = [name for name in PROGRAMS if shutil.which(name, path=search_path()) is None]
    return f"no {', '.join(absent)} here: apt-get install {PACKAGES}" if absent else None


def free_ports(count):
    sockets = [socket.socket() for _ in range(count)]
    for at in sockets:
        at.bind(("127.0.0.1", 0))
    ports = [at.getsockname()[1] for at in sockets]
    for at in sockets:
        at.close()
    return ports


class Cluster:
    """`requeue`: whether jobs may be put back into the queue."""

    def __init__(self, folder, requeue=True):
        self.folder = pathlib.Path(folder).resolve()
        self.daemons = []
        for name in ("munge", "state", "spool"):
            (self.folder / name).mkdir(mode=0o755)
        munge = self.folder / "munge"
        (munge / "key").write_bytes(os.urandom(1024))
        (munge / "key").chmod(0o400)
        configuration = self.folder / "slurm.conf"
        controller, node = free_ports(2)
        configuration.write_text(
            CONFIGURATION.format(
                host=socket.gethostname().split(".")[0],
                user=pwd.getpwuid(os.geteuid()).pw_name,
                folder=self.folder,
                requeue=int(requeue),
                controller=controller,
                node=node,
            )
        )
        self.variables = {"SLURM_CONF": str(configuration)}
        self.environment = {**os.environ, **self.variables, "PATH": search_path(), "LC_ALL": "C"}
        try:
            self.start_daemons(munge)
        except BaseException:
            self.stop()
            raise

    def start_daemons(self, munge):
        self.start(
            "munged",
            "--foreground",
            "--force",
            f"--socket={munge}/socket",
            f"--key-file={munge}/key",
            f"--pid-file={munge}/pid",
            f"--log-file={munge}/log",
            f"--seed-file={munge}/seed",
        )
        self.wait((munge / "socket").exists, "munged")
        self.start("slurmctld", "-D")
        self.start("slurmd", "-D")
        self.wait(lambda: "idle" in self.output("sinfo", "-h", "-o", "%T"), "slurmd")

    def start(self, program, *arguments):
        with open(self.folder / f"{program}.log", "wb") as log:
            daemon = subprocess.Popen(
                [program, *arguments],
                env=self.environment,
                stdout=log,
                stderr=log,
                stdin=subprocess.DEVNULL,
                cwd=self.folder,
            )
        self.daemons.append(daemon)

    def wait(self, ready, what, seconds=60):
        end = time.monotonic() + seconds
        while not ready():
            dead = [daemon.args[0] for daemon in self.daemons if daemon.poll() is not None]
            if dead or time.monotonic() > end:
                logs = "".join(log.read_text(errors="replace")[-2000:] for log in sorted(self.folder.glob("*.log")))
                raise RuntimeError(f"{what} does not come (ended: {dead}): {logs}")
            time.sleep(0.1)

    def output(self, *command):
        """What a command of Slurm prints, whatever its exit code."""
        done = subprocess.run([str(word) for word in command], env=self.environment, capture_output=True, timeout=60)
        return done.stdout.decode()

    def states(self):
        """{number: state} of all jobs."""
        lines = self.output("squeue", "-h", "--states=all", "-o", "%i %T").splitlines()
        return dict(line.split() for line in lines)

    def stop(self):
        """Ends the jobs, then the daemons; only what was started here."""
        with contextlib.suppress(subprocess.TimeoutExpired):  # a controller that does not answer
            self.output("scancel", "--state=PENDING", f"--user={pwd.getpwuid(os.geteuid()).pw_name}")
            self.output("scancel", f"--user={pwd.getpwuid(os.geteuid()).pw_name}")
            end = time.monotonic() + 20
            while time.monotonic() < end and self.output("squeue", "-h", "-o", "%i").strip():
                time.sleep(0.2)
        for daemon in reversed(self.daemons):
            daemon.send_signal(signal.SIGTERM)
        for daemon in reversed(self.daemons):
            try:
                daemon.wait(20)
            except subprocess.TimeoutExpired:
                daemon.kill()
                daemon.wait()
