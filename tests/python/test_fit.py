"""`scheduled.fit`: the law C + M Omega_t on losses that follow it, and on bad input."""

import numpy as np
import pytest
import reference
from scheduled import ArgumentError, CosineSchedule, Schedule, WSDSchedule

pd = pytest.importorskip("pandas")
pytest.importorskip("scipy")

from scheduled.fit import RateFitter, huber_loss  # noqa: E402

LAW = {
    "D": 1.0,
    "G_1": 2.0,
    "G_2": 0.5,
    "A_1": -3e-3,
    "A_2": -0.3,
    "B": 0.8,
    "C": 2.5,
    "M": 3.0,
}
RUNS = {"wsd": WSDSchedule(steps=801, base_lr=7.0), 3: Schedule("cosine(steps=801)")}


@pytest.fixture(scope="module")
def rows():
    return pd.DataFrame(
        [(key, t, lr) for key in RUNS for lr in (0.01, 0.03) for t in range(50, 801, 50)],
        columns=["id", "t", "lr"],
    ).sample(frac=1.0, random_state=0)


@pytest.fixture(scope="module")
def losses(rows):
    return RateFitter().set_params(**LAW).predict(rows, RUNS)


def test_predictions_are_the_law(rows, losses):
    t = np.arange(1.0, 802.0)
    norms = 2.0 * np.exp(-3e-3 * t) + 0.5 * t**-0.3 + 0.8
    shapes = {"wsd": WSDSchedule(steps=801).schedule, 3: CosineSchedule(steps=801).schedule}
    for k in (0, 1, 20, 63):
        row = rows.iloc[k]
        lr = row.lr * shapes[row.id][: row.t]
        expected = 2.5 + 3.0 * sum(reference.omega(lr, norms[: row.t]))
        assert losses[k] == pytest.approx(float(expected), rel=1e-13)


def test_least_squares_recovers_the_law(rows, losses):
    fitter = RateFitter()
    assert fitter.fit(rows, losses, RUNS) is fitter
    assert fitter.result.success
    assert fitter.params == pytest.approx(LAW, rel=1e-6)
    assert fitter.predict(rows) == pytest.approx(losses, rel=1e-10)
    assert fitter.predict(rows[:3], RUNS) == pytest.approx(losses[:3], rel=1e-10)


def test_huber_ignores_outliers(rows, losses):
    spoiled = losses.copy()
    spoiled[::9] *= 1.5
    start = {**LAW, "C": 2.3, "M": 3.5, "B": 1.0}
    kwargs = {"max_iter": 300, "huber_mu": 1e-3, "use_log": True}
    huber = RateFitter(start).fit(rows, spoiled, RUNS, method="huber", **kwargs)
    square = RateFitter(start).fit(rows, spoiled, RUNS, maxfev=50)
    errors = [np.median(np.abs(f.predict(rows) - losses)) for f in (huber, square)]
    assert errors[0] < 3e-3 < 0.03 < errors[1]


def test_huber_without_logarithms(rows, losses):
    start = {**LAW, "C": 2.3, "M": 3.5}
    fitter = RateFitter(start).fit(rows, losses, RUNS, method="huber", use_log=False)
    assert fitter.predict(rows) == pytest.approx(losses, abs=2e-3)


def test_other_solver(rows, losses):
    fitter = RateFitter(LAW).fit(
        rows, losses, RUNS, method="huber", solver="Nelder-Mead", max_iter=5
    )
    assert fitter.result.nit == 5


def test_maxfev_bounds_the_work(rows, losses):
    fitter = RateFitter().fit(rows, losses, RUNS, maxfev=2)
    assert not fitter.result.success
    assert fitter.result.nfev == 2


def test_upper_bounds(rows, losses):
    fitter = RateFitter().fit(rows, losses, RUNS, ub={"C": 2.0, "B": 1.0}, maxfev=30)
    assert fitter.params["C"] <= 2.0
    assert fitter.params["B"] <= 1.0
    assert fitter.params["D"] == 1.0


def test_params():
    fitter = RateFitter({"D": 2.0, "C": 3.0})
    names = ["D", "G_1", "G_2", "A_1", "A_2", "B", "C", "M"]
    assert list(fitter.params) == names
    assert (fitter.params["D"], fitter.params["C"]) == (2.0, 3.0)
    assert fitter.set_params(M=5).params["M"] == 5.0
    assert fitter.set_params(range(8)).params == {name: k for k, name in enumerate(names)}
    assert RateFitter(list(range(8))).params == fitter.params


def test_scaling_D_and_grad_norms_changes_nothing(rows, losses):
    scaled = {**LAW, "D": 2.0, "M": LAW["M"] / 4}
    for name in ("G_1", "G_2", "B"):
        scaled[name] = 2 * LAW[name]
    again = RateFitter(scaled).predict(rows, RUNS)
    assert again == pytest.approx(losses, rel=1e-13)


def changed(**columns):
    frame = pd.DataFrame({"id": ["wsd", "wsd"], "t": [10, 20], "lr": [0.1, 0.1]})
    for name, values in columns.items():
        frame[name] = values
    return frame


FRAME = changed()
BAD = [
    (lambda f: f.fit(FRAME.drop(columns="lr"), [1, 2], RUNS), r"inputs: no column lr; must have"),
    (lambda f: f.fit(changed(id="cos"), [1, 2], RUNS), r"row 0: id = 'cos': must be in id_map"),
    (lambda f: f.fit(changed(t=[10, 900]), [1, 2], RUNS), r"row 1: t = 900: must be at most 801"),
    (lambda f: f.fit(changed(t=[10, 0]), [1, 2], RUNS), r"row 1: t = 0: must be a step, 1 or"),
    (lambda f: f.fit(changed(t=[10, 2.5]), [1, 2], RUNS), r"row 1: t = 2.5: must be a step"),
    (lambda f: f.fit(changed(t=[np.nan, 2]), [1, 2], RUNS), r"inputs row 0: t is missing"),
    (lambda f: f.fit(changed(id=["wsd", None]), [1, 2], RUNS), r"inputs row 1: id is missing"),
    (lambda f: f.fit(changed(lr=[0.1, -0.1]), [1, 2], RUNS), r"row 1: lr = -0.1: must be fin"),
    (lambda f: f.fit(changed(lr=["a", "b"]), [1, 2], RUNS), r"row 0: lr = 'a': must be a number"),
    (lambda f: f.fit(changed(t=["a", "b"]), [1, 2], RUNS), r"inputs: t: must hold numbers"),
    (lambda f: f.fit([1, 2], [1, 2], RUNS), r"inputs of type list: must be a DataFrame"),
    (lambda f: f.fit(FRAME, [1, 2], None), r"id_map of type NoneType: must be a dict"),
    (lambda f: f.fit(FRAME, [1, 2], {"wsd": 5}), r"id_map\['wsd'\] = 5: must be a schedule"),
    (lambda f: f.fit(FRAME, [1, "a"], RUNS), r"targets: must hold numbers"),
    (lambda f: f.set_params(5), r"params = 5: must be a sequence of numbers"),
    (lambda f: f.set_params(C="a"), r"params: C = 'a': must be a number"),
    (lambda f: huber_loss([1.0], "a"), r"mu = 'a': must be a number"),
    (lambda f: huber_loss("a", 1.0), r"r: must hold numbers"),
    (lambda f: f.fit(FRAME, [1, 2, 3], RUNS), r"targets of shape \(3,\): must hold 2"),
    (lambda f: f.fit(FRAME, [1, np.nan], RUNS), r"targets\[1\] = nan: must be finite"),
    (lambda f: f.fit(FRAME[:0], [], RUNS), r"targets: must hold at least one loss"),
    (lambda f: f.fit(FRAME, [1, 2], RUNS, method="l1"), r"method = 'l1': must be 'least-squares'"),
    (lambda f: f.fit(FRAME, [1, -2], RUNS, method="huber"), r"targets\[1\] = -2.0: must be > 0"),
    (lambda f: f.fit(FRAME, [1, 2], RUNS, ub={"c": 1}), r"ub: unknown 'c'; allowed: D, G_1"),
    (lambda f: f.fit(FRAME, [1, 2], RUNS, ub={"C": 0.5}), r"p0: C = 1.0: must be between"),
    (lambda f: f.predict(FRAME), r"id_map: must be given before the first fit"),
    (lambda f: f.set_params([1, 2]), r"params: has 2 values; must be 8"),
    (lambda f: f.set_params(G=1), r"params: unknown 'G'"),
    (lambda f: RateFitter({"x": 1}), r"p0: unknown 'x'"),
    (lambda f: huber_loss([1.0], 0.0), r"mu = 0.0: must be > 0"),
]


@pytest.mark.parametrize(("call", "text"), BAD)
def test_bad_arguments(call, text):
    with pytest.raises(ArgumentError, match=text):
        call(RateFitter())


def test_unknown_options_are_type_errors():
    with pytest.raises(TypeError, match="huber_mu"):
        RateFitter().fit(FRAME, [1, 2], RUNS, huber_mu=1e-3)


def test_huber_loss():
    loss = huber_loss([-2.0, -0.5, 0.0, 0.5, 1.0, 4.0], mu=1.0)
    assert loss.tolist() == [1.5, 0.125, 0.0, 0.125, 0.5, 3.5]
    assert huber_loss(3.0, 2.0) == 4.0
