"""ScheduledLR under accelerate, on two processes."""

from pathlib import Path

import pytest
from cases import SPECS, python, rates


@pytest.mark.parametrize("spec, accumulate", [(SPECS[0], 1), (SPECS[3], 2)])
def test_a_prepared_scheduler_is_not_doubled(tmp_path, spec, accumulate):
    output = python(Path(__file__).with_name("accelerate_run.py"), spec, accumulate, tmp_path, ranks=2)
    for rank in (0, 1):
        used = [float(line.split()[2]) for line in output.splitlines() if line.startswith(f"{rank} ")]
        assert used == rates(spec, 12)
