"""The function that attains the worst case, as an oracle for NumPy loops; guarantees of averages of iterates."""

import pickle

import numpy as np
import pytest
import scheduled
from scheduled import Schedule


def run(f, lr):
    """The subgradient method, with nothing but the oracle."""
    x = f.start()
    for eta in lr[:-1]:
        x = x - eta * f.subgradient(x)
    return x


@pytest.mark.parametrize("name", ["constant", "linear", "cosine", "wsd", "1-sqrt"])
@pytest.mark.parametrize("T", [2, 20, 200])
def test_the_worst_case_is_attained(name, T):
    lr = scheduled.bound_rates(Schedule(f"{name}(steps={T + 1})"), T)
    lr = lr * scheduled.worst_case_best_scale(lr).scale
    value = scheduled.worst_case(lr).value
    f = scheduled.worst_case_function(lr)
    assert f(run(f, lr)) == pytest.approx(value, rel=1e-12)
    assert scheduled.run_worst_case(f).last == pytest.approx(value, rel=1e-12)
    np.testing.assert_allclose(run(f, lr), f.iterate(T), atol=1e-12)
    assert f(np.zeros(f.dimension)) == 0
    assert np.linalg.norm(f.subgradient(f.start())) == pytest.approx(1, rel=1e-12)


def test_without_ties_any_oracle_is_forced():
    lr = np.full(20, 0.2)
    f = scheduled.worst_case_function(lr).without_ties()
    x = run(f, lr)
    assert f(x) == pytest.approx(f.attained, rel=1e-12)
    assert f.attained >= f.value - 20 * f.epsilon
    with pytest.raises(ValueError, match="must be > 0 and at most"):
        scheduled.worst_case_function(lr).without_ties(1.0)


def test_other_methods_do_no_worse_than_the_minimax_rate_allows():
    lr = np.full(50, 0.1)
    f = scheduled.worst_case_function(lr)
    x, mean = f.start(), np.zeros(f.dimension)
    for eta in lr:  # the average of the same run
        mean += x / len(lr)
        x = x - eta * f.subgradient(x)
    assert f(mean) <= scheduled.average_bound(lr, scheduled.uniform_weights(50, 50)).value


def test_a_function_is_a_value():
    f = scheduled.worst_case_function([0.3, 0.2, 0.1], [1.0, 2.0, 1.5], 2.0)
    again = pickle.loads(pickle.dumps(f))
    assert again.a.tolist() == f.a.tolist() and again(again.start()) == f(f.start())
    assert f.value == pytest.approx(f(f.iterate(3)), rel=1e-10)


def test_averages():
    lr = [0.01] * 1000
    decay = scheduled.average_bound(lr, scheduled.uniform_weights(1000, 200))
    assert decay.rule == "decay" and decay.value == decay.imitated and decay.exact_imitated
    sparse = scheduled.average_bound(lr, scheduled.uniform_weights(1000, 200, every=2))
    assert sparse.rule == "filled" and sparse.value == pytest.approx(decay.value + 0.01 / 2, rel=1e-9)
    falling = scheduled.average_bound(lr, scheduled.one_minus_sqrt_weights(1000, 200))
    assert falling.rule == "mixture" and falling.value > falling.imitated
    text = scheduled.average_weights("average(last=20%, every=2)", lr)
    np.testing.assert_array_equal(text, scheduled.uniform_weights(1000, 200, 2))
    assert scheduled.best_window(1000, 1.0) == 1000
    with pytest.raises(ValueError, match="did you mean 'last'"):
        scheduled.average_weights("average(lst=2)", lr)


def test_endings_of_constant_rates():
    endings = scheduled.constant_endings(1000, 0.016, 200)
    assert [one.way for one in endings] == ["cooldown", "drop and cooldown", "average", "drop and average"]
    assert endings[2].spec == f"constant(steps=1000, peak=0.016) | average(last={scheduled.best_window(1000, 0.016)})"
    assert endings[1].bound < endings[0].bound and endings[3].bound == pytest.approx(endings[1].bound, rel=1e-2)
    again = scheduled.compare([endings[2].spec], criterion="worst-case")[0]
    assert again.best.bound <= endings[2].bound
    with pytest.raises(ValueError, match="less than T"):
        scheduled.constant_endings(10, 0.1, 10)


def test_compare_takes_texts():
    rows = scheduled.compare(
        [Schedule("wsd(steps=1000)"), "constant(steps=1000) | average(last=20%)"], criterion="worst-case"
    )
    assert [row.average for row in rows] == ["", "average(last=20%)"]
    assert rows[1].best.bound < 1.1 * rows[0].best.bound
    with pytest.raises(ValueError, match="must be worst-case"):
        scheduled.compare(["constant(steps=1000) | average(last=20%)"])
