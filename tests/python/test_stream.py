"""OmegaStream: against the curve, copies, saving, pickling, errors."""

import copy
import pickle

import numpy as np
import pytest
import scheduled


def test_agrees_with_the_curve():
    lr = scheduled.Schedule("wsd(steps=2001, warmup=100)").values(2000)
    norms = np.linspace(2.0, 0.5, 2000)
    stream = scheduled.OmegaStream(distance=1.5)
    one_by_one = np.array([stream.push(a, g) for a, g in zip(lr, norms)])
    np.testing.assert_allclose(one_by_one, scheduled.omega_curve(lr, norms, 1.5), rtol=1e-10)
    np.testing.assert_array_equal(scheduled.OmegaStream(1.5).push_all(lr, norms), one_by_one)
    assert stream.steps == 2000
    assert stream.value == one_by_one[-1]


@pytest.mark.parametrize(
    "clone",
    [
        copy.copy,
        copy.deepcopy,
        lambda s: pickle.loads(pickle.dumps(s)),
        lambda s: scheduled.OmegaStream.restore(s.save()),
    ],
)
def test_a_copy_is_a_branch(clone):
    trunk = scheduled.OmegaStream()
    trunk.push_all(np.full(300, 0.01))
    branch = clone(trunk)
    assert branch.save() == trunk.save()
    straight = copy.copy(trunk)
    branch.push_all(np.linspace(0.01, 1e-4, 50))
    assert trunk.push(0.01) == straight.push(0.01)
    assert branch.value < trunk.value


def test_errors_name_step_and_value():
    stream = scheduled.OmegaStream()
    stream.push(0.1)
    with pytest.raises(scheduled.ArgumentError, match=r"lr\[1\] = nan: must be 0 or within"):
        stream.push(float("nan"))
    with pytest.raises(scheduled.ArgumentError, match="there are 1 values for 2 steps"):
        stream.push_all([0.1, 0.1], [1.0])
    with pytest.raises(scheduled.ArgumentError, match="not a saved stream"):
        scheduled.OmegaStream.restore("[]")


def test_curve_takes_tolerance_and_threads():
    lr = scheduled.Schedule("cosine(steps=5001)").values(5000)
    tight = scheduled.omega_curve(lr)
    np.testing.assert_allclose(scheduled.omega_curve(lr, tolerance=1e-3), tight, rtol=1e-3)
    np.testing.assert_array_equal(scheduled.omega_curve(lr, threads=2), tight)
    with pytest.raises(scheduled.ArgumentError, match=r"tolerance = 2: must be within"):
        scheduled.omega_curve(lr, tolerance=2)
