"""An installed package makes bounds, laws, certificates, a run store; and its command. usage: smoke.py [COMMAND]"""

import json
import pathlib
import subprocess
import sys
import tempfile

import numpy as np
import scheduled
import scheduled.law
import scheduled.pep

schedule = scheduled.Schedule("wsd(steps=50k)")
bound = scheduled.best_base_lr(schedule).bound
assert abs(bound - 0.00965989) < 5e-9, bound
rates = [0.5, 0.5]
certified = scheduled.pep.certify_upper(scheduled.pep.PepProblem(rates), np.eye(3), np.ones(2), 1.0)
assert certified.bound >= scheduled.worst_case(rates).value
with tempfile.TemporaryDirectory() as temporary:
    folder = pathlib.Path(temporary) / "run"
    trunk = scheduled.Schedule("rsqrt(warmup=50, peak=0.5)")
    plan = scheduled.plan_anytime(trunk, [500, 1000], cooldown="20%", decay="1-sqrt")
    with scheduled.RunStore.init(folder, plan.trunk) as run:
        for step in range(1, 401):
            run.log(step, {"train_loss": 3 + step**-0.5})
        run.commit(400, lambda place: (place / "model.bin").write_bytes(bytes(1000)))
    with scheduled.RunStore.open(folder, "read") as run:
        losses = run.log_of("trunk")["train_loss"]
        assert losses.shape == (400,) and np.all(np.diff(losses) < 0), losses
        assert not run.verify().problems
        fit = scheduled.law.fit_law(run.fit_runs("train_loss"), "momentum")
        assert max(residual.largest for residual in fit.residuals) < 0.1, fit

if len(sys.argv) > 1:
    for command in ([sys.argv[1]], [sys.executable, "-I", "-m", "scheduled"]):
        words = [*command, "tune", "wsd(steps=50k)", "--json"]
        said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
        assert json.loads(said)["bound"] == bound, (said, bound)
print(f"scheduled {scheduled.__version__} on Python {sys.version.split()[0]}, {bound}")
