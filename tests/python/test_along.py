"""Runs, trunks and the bound along a log, against NumPy."""

import pathlib
import pickle
import re

import numpy as np
import pytest
import scheduled
from reference import omega
from scheduled import ArgumentError, Schedule, Trunk

ROOT = pathlib.Path(__file__).resolve().parents[2]


def write(path, steps, lr, loss):
    path.write_text("step,lr,val_loss\n" + "".join(f"{s},{r!r},{v!r}\n" for s, r, v in zip(steps, map(float, lr), map(float, loss))))
    return path


@pytest.fixture
def logs(tmp_path):
    """Every 50th step of a cosine run, a constant one, and a cooldown that leaves it at step 800."""
    for name, spec, first in [
        ("cosine", "cosine(steps=1001, peak=1e-3)", 50),
        ("stable", "constant(peak=5e-4)", 50),
        ("wsd", "wsd(steps=1001, cooldown=20%, peak=5e-4)", 800),
    ]:
        steps = np.arange(first, 1001, 50)
        rates = [Schedule(spec).lr(int(step) - 1) for step in steps]
        write(tmp_path / f"{name}.csv", steps, rates, 3.0 + 20.0 / steps + 100.0 * np.array(rates))
    return tmp_path


def value(lr, grad_norm, distance):
    return float(sum(omega(lr, grad_norm, distance)))


def dense(steps, lr, last):
    return np.interp(np.arange(1, last + 1), steps, lr)


def test_the_bound_along_a_log_is_that_of_its_rates(logs):
    log = scheduled.read_log(logs / "cosine.csv")
    run = scheduled.bound_along(log, distance=2.0, grad_norm=0.5)
    rates = dense(log.step, log["lr"], 1000)
    np.testing.assert_allclose(run.rates, rates, rtol=1e-13)
    assert run.grad_norm.tolist() == [0.5] * 1000
    assert (run.T, run.distance, run.norm_source, run.loss_column) == (1000, 2.0, "given", "val_loss")
    assert run.step.tolist() == log.step.tolist()
    assert run.loss.tolist() == log["val_loss"].tolist()
    expected = [value(rates[:step], 0.5, 2.0) for step in run.step]
    np.testing.assert_allclose(run.bound, expected, rtol=1e-12)
    shorter = scheduled.bound_along(log, distance=2.0, grad_norm=0.5, T=500)
    assert shorter.step.tolist() == list(range(50, 501, 50))
    np.testing.assert_allclose(shorter.bound, run.bound[:10], rtol=1e-14)


def test_logged_norms_and_the_distance_that_suits_the_run():
    log = scheduled.parse_log("run", "step,lr,loss,grad_norm\n1,0.1,4,2\n3,0.1,3,1\n4,0.05,2.9,1\n")
    run = scheduled.bound_along(log)
    assert run.norm_source == "logged"
    assert run.grad_norm.tolist() == [2.0, 1.5, 1.0, 1.0]
    rates = np.array([0.1, 0.1, 0.1, 0.05])
    assert run.distance == pytest.approx(scheduled.matching_distance(rates, run.grad_norm))
    np.testing.assert_allclose(run.bound[-1], value(rates, run.grad_norm, run.distance), rtol=1e-12)
    standard = scheduled.bound_along(log, criterion="standard", distance=1.0)
    noise = np.cumsum((rates * run.grad_norm) ** 2)
    expected = (1.0 + noise) / (2 * np.cumsum(rates))
    np.testing.assert_allclose(standard.bound, expected[[0, 2, 3]], rtol=1e-14)
    assert scheduled.bound_along(scheduled.parse_log("a", "step,lr\n1,1\n2,1\n")).norm_note == "the log has none"


@pytest.mark.parametrize(
    ("options", "name"),
    [({"T": 9}, "T"), ({"T": 0}, "T"), ({"distance": -1.0}, "distance"), ({"grad_norm": [1.0]}, "grad_norm"),
     ({"criterion": "best"}, "criterion"), ({"warmup": -1}, "warmup")],
)
def test_what_is_wrong_is_named(options, name):
    log = scheduled.parse_log("run", "step,lr,loss\n2,0.1,4\n3,0.1,3\n")
    with pytest.raises(ArgumentError) as found:
        scheduled.bound_along(log, **options)
    assert found.value.name == name
    with pytest.raises(ArgumentError, match='no column "grad_norm"'):
        scheduled.bound_along(log, must_be_logged=True)


def test_a_run_is_joined_to_the_one_it_left(logs):
    run = scheduled.read_run(logs / "wsd.csv", logs / "stable.csv")
    assert run == scheduled.merge_branch(scheduled.read_log(logs / "stable.csv"), scheduled.read_log(logs / "wsd.csv"))
    assert run == scheduled.read_run(str(logs / "wsd.csv"), [str(logs / "stable.csv")])
    assert run.step.tolist() == list(range(50, 1001, 50))
    assert scheduled.read_run(logs / "wsd.csv") == scheduled.read_log(logs / "wsd.csv")
    with pytest.raises(ArgumentError, match="ends at step"):
        scheduled.read_run(logs / "stable.csv", write(logs / "short.csv", [10, 20], [1, 1], [3, 3]))
    with pytest.raises(ArgumentError, match="bases: must be a path or a sequence of paths"):
        scheduled.read_run(logs / "wsd.csv", 5)


def test_given_rates_take_the_place_of_logged_ones():
    log = scheduled.parse_log("run", "step,lr,val_loss\n2,0.1,4\n4,0.2,3\n")
    rates = [0.1, 0.15, 0.2, 0.25]
    given = scheduled.with_rates(log, rates)
    assert given.rates.tolist() == rates
    assert scheduled.densify(given, "lr", 4).tolist() == rates
    assert pickle.loads(pickle.dumps(given)).rates.tolist() == rates
    assert given.notes == ["lr = 0.1 was logged after step 2; the rate given for that update is 0.15, and counts"]
    assert log.rates.size == 0
    by_schedule = scheduled.with_rates(log, Schedule("constant(peak=0.3)"))
    assert by_schedule.rates.tolist() == [0.3] * 4
    assert scheduled.with_rates(log, "linear(peak=0.3)").rates.tolist() == Schedule("linear(steps=5, peak=0.3)").values(4).tolist()
    run = scheduled.bound_along(given, distance=1.0)
    np.testing.assert_allclose(run.bound, [value(np.array(rates[:t]), 1.0, 1.0) for t in (2, 4)], rtol=1e-13)
    for wrong in ([0.1] * 3, [0.1, -1.0, 0.1, 0.1], [0.1, np.nan, 0.1, 0.1], "linear(stps=3)"):
        with pytest.raises(ArgumentError, match=r"lr|stps"):
            scheduled.with_rates(log, wrong)


def test_logs_are_joined_by_step():
    a = scheduled.parse_log("a", "step,lr\n1,0.5\n3,0.5\n")
    b = scheduled.parse_log("b", "step,lr,loss\n2,0.4,3.5\n3,0.4,3\n")
    joined = scheduled.join_logs([a, b])
    assert joined.step.tolist() == [1, 2, 3]
    assert joined["lr"].tolist() == [0.5, 0.4, 0.4]
    assert joined.notes
    with pytest.raises(ArgumentError):
        scheduled.join_logs([])


def test_all_formats_are_listed():
    formats = scheduled.log_formats()
    assert all(len(line) == 3 and all(line[:2]) for line in formats)
    assert scheduled.parse_log("run", "step,lr\n1,1\n").format in [name for name, _, _ in formats]


def test_a_trunk_of_a_schedule():
    trunk = Trunk(Schedule("wsd(steps=1000, warmup=100, peak=0.1)"), 500)
    assert trunk.step == 500
    assert trunk.schedule.steps is None
    ramp = 0.1 * np.arange(1, 101) / 100
    np.testing.assert_allclose(trunk.values(600), np.r_[ramp, np.full(500, 0.1)], rtol=1e-15)
    branch = trunk.branch(600, "20%", decay="1-sqrt", final="10%")
    assert (branch.steps, branch.cooldown_steps) == (750, 150)
    assert branch.values()[:600].tolist() == trunk.values(600).tolist()
    x = np.arange(1, 151) / 150
    np.testing.assert_allclose(branch.values()[600:], 0.1 * (0.1 + 0.9 * (1 - np.sqrt(x))), rtol=1e-12)
    assert trunk.branch(600, 150, decay="1-sqrt", final="10%").values().tolist() == branch.values().tolist()
    assert repr(trunk) == "<Trunk: 500 updates of constant(peak=0.1, warmup=100)>"
    for wrong in (lambda: trunk.branch(499), lambda: trunk.branch(600, 0), lambda: trunk.branch(600, "100%"),
                  lambda: trunk.branch(600, decay="none"), lambda: Trunk(Schedule("cosine(steps=10)"), 5)):
        with pytest.raises(ArgumentError):
            wrong()


def test_a_branch_of_a_trunk_in_tokens():
    trunk = Trunk(Schedule("constant(warmup=10Mtok, peak=0.1, tokens_per_step=100k)"), 500)
    assert trunk.branch(600, "20Mtok").values().tolist() == trunk.branch(600, 200).values().tolist()


def test_a_trunk_of_rates():
    done = np.array([0.1, 0.3, 0.2])
    trunk = Trunk.from_rates(done)
    assert trunk.values(5).tolist() == [0.1, 0.3, 0.2, 0.2, 0.2]
    np.testing.assert_allclose(trunk.branch(4, 2).values(), [0.1, 0.3, 0.2, 0.2, 0.1, 0.0], rtol=1e-15)
    assert trunk == Trunk.from_rates(list(done)) != Trunk.from_rates([0.1, 0.2, 0.2])
    assert repr(trunk) == "<Trunk: 3 updates of given rates, goes on as constant(peak=0.2)>"
    with pytest.raises(ArgumentError, match=r"done\[2\]"):
        Trunk.from_rates([0.1, 0.1, 0.0])


@pytest.mark.parametrize(
    "trunk", [Trunk(Schedule("rsqrt(warmup=10)"), 50), Trunk.from_rates([0.1, 0.2]), Trunk(Schedule("wsd(steps=9)"), 5)]
)
def test_trunks_pickle(trunk):
    again = pickle.loads(pickle.dumps(trunk))
    assert again == trunk
    assert repr(again) == repr(trunk)
    assert again.values(60).tolist() == trunk.values(60).tolist()


def test_lengths_of_cooldowns():
    assert scheduled.cooldown_steps("20%", 40_000) == 10_000
    assert scheduled.cooldown_steps("5k", 0) == scheduled.cooldown_steps(5000, 9) == 5000
    with pytest.raises(ArgumentError, match="cooldown = 1%: must be at least 1 step"):
        scheduled.cooldown_steps("1%", 20)


def test_the_title_picture_in_three_lines(logs, monkeypatch):
    pytest.importorskip("matplotlib")
    text = (ROOT / "docs/guide/start.md").read_text(encoding="utf-8")
    program = next(p for p in re.findall(r"^```py\n(.*?)^```", text, re.DOTALL | re.MULTILINE) if "bound_along" in p)
    assert len(program.splitlines()) == 3
    monkeypatch.chdir(logs)
    names = {"scheduled": scheduled}
    exec(compile(program, "start.md", "exec"), names)
    assert (logs / "figure.png").read_bytes().startswith(b"\x89PNG")
    above, below = scheduled.plot_along(names["cosine"], names["wsd"]).axes
    assert [len(line.get_xdata()) for line in above.lines] == [20, 20]
    assert below.lines[1].get_ydata().tolist() == (names["wsd"].bound / names["wsd"].distance).tolist()
    assert above.get_ylabel() == "val_loss"
