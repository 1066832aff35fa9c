"""What several tests of adapters use."""

import os
import re
import signal
import subprocess
import sys
from pathlib import Path

from scheduled import Schedule

ROOT = Path(__file__).resolve().parents[2]
# The adapters, by what they say themselves, each with its framework.
ADAPTERS = dict(
    match.groups()
    for path in sorted((ROOT / "python/scheduled").glob("*.py"))
    if (match := re.search(r'raise needs\("(\w+)", "(\w+)"', path.read_text(encoding="utf-8")))
)
TRUNK = "rsqrt(warmup=4, peak=0.01)"
# One of each kind of beginning and end.
SPECS = [
    "wsd(steps=12, warmup=3, cooldown=5, decay=1-sqrt, peak=0.02, final=10%)",
    "cosine(steps=12, warmup=3, warmup_start=0, peak=3e-3)",
    "linear(steps=9, peak=0.1)",
    TRUNK,
]


def rates(spec, count, first=0):
    """What the schedule says for updates first ... count - 1."""
    schedule = Schedule(spec)
    return [schedule.lr(step) for step in range(first, count)]


def python(*arguments, ranks=1, **environment):
    """Runs Python, under torchrun where there are several ranks, and returns what it printed."""
    launcher = [] if ranks == 1 else ["-m", "torch.distributed.run", "--nproc-per-node", str(ranks), "--standalone"]
    process = subprocess.run(
        [sys.executable, *launcher, *map(str, arguments)],
        capture_output=True,
        text=True,
        env={**os.environ, "OMP_NUM_THREADS": "1", "GLOO_SOCKET_IFNAME": "lo", **environment},
        timeout=300,
    )
    if process.returncode == -signal.SIGKILL:
        return None
    assert process.returncode == 0, process.stdout + process.stderr
    return process.stdout
