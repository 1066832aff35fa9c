"""What export writes as calls is run by the program itself, and has the schedule's rates."""

import numpy as np
import pytest
from scheduled import Schedule, export_schedule

SPECS = [
    "wsd(steps=201, warmup=20, warmup_start=1%, cooldown=50, peak=1e-3, final=1e-5)",
    "wsd(steps=201, warmup=20, warmup_start=1%, cooldown=50, decay=cosine, peak=1e-3)",
    "cosine(steps=201, warmup=20, warmup_start=1%, peak=1e-3, final=10%)",
    "exponential(steps=200, warmup=20, warmup_start=1%, half_life=33, peak=1e-3)",
    "piecewise(steps=200, milestones=[50, 90], factors=[0.5, 0.1], warmup=20, warmup_start=1%, peak=1e-3)",
    "cosine(steps=201, warmup=60, warmup_start=4%, warmup_curve=cosine, peak=1e-2, final=0.0004%)",
    "stages(peak=1e-3, pieces=[hold at 50% over 20, hold at 100% over 30, linear over 20])",
    "stages(peak=1e-3, warmup=9, warmup_start=1%, pieces=[hold until 60, linear to 50% over 20, hold over 30, linear over 9])",
    "constant(peak=1e-3, steps=100)",
]


def exported(spec, tool):
    schedule = Schedule.parse(spec)
    found = export_schedule(schedule, tool)
    assert not found.table, found.why
    return schedule, found


@pytest.mark.parametrize("spec", SPECS)
def test_optax_runs_it(spec):
    optax = pytest.importorskip("optax")
    import jax

    schedule, found = exported(spec, "optax")
    names = {"optax": optax}
    jax.config.update("jax_enable_x64", True)
    try:
        exec(found.text, names)
        theirs = [float(names["schedule"](i)) for i in range(found.updates)]
    finally:
        jax.config.update("jax_enable_x64", False)
    assert np.max(np.abs(theirs - np.array(schedule.values(found.updates)))) <= 1e-15 * schedule.peak


@pytest.mark.parametrize("spec", SPECS)
def test_pytorch_runs_it(spec):
    torch = pytest.importorskip("torch")
    schedule, found = exported(spec, "pytorch")
    names = {"torch": torch, "parameters": [torch.nn.Parameter(torch.zeros(()))]}
    exec(found.text, names)
    theirs = []
    for _ in range(found.updates):
        theirs.append(names["optimizer"].param_groups[0]["lr"])
        names["optimizer"].step()
        names["scheduler"].step()
    # PyTorch makes each rate from the one before.
    assert np.max(np.abs(theirs - np.array(schedule.values(found.updates)))) <= 1e-13 * schedule.peak
