"""What values show in notebooks: well-formed SVG and HTML that say the numbers."""

import xml.etree.ElementTree as ET

import numpy as np
import pytest
import scheduled
from scheduled import RunStore, Schedule, plan_anytime

law = pytest.importorskip("scheduled.law")


def svg_of(value):
    return ET.fromstring(value._repr_svg_())


def html_of(value):
    return ET.fromstring(value._repr_html_())


def lines_of(picture):
    space = "{http://www.w3.org/2000/svg}"
    return [
        [tuple(map(float, point.split(","))) for point in line.get("points").split()]
        for line in picture.iter(f"{space}polyline")
    ]


@pytest.mark.parametrize("example", [example for _, example, _ in scheduled.schedule_help()])
def test_every_schedule_has_a_picture(example):
    schedule = Schedule(example)
    (line,) = lines_of(svg_of(schedule))
    assert len(line) < 400
    assert [x for x, _ in line] == sorted(x for x, _ in line)
    assert str(schedule) in "".join(html_of(schedule).itertext())


def test_the_picture_is_the_schedule():
    (line,) = lines_of(svg_of(Schedule("wsd(steps=100, warmup=10, cooldown=20%, peak=2)")))
    (top,) = {y for x, y in line if 0.15 < (x - 64) / 486 < 0.75}
    assert min(y for _, y in line) == top == 10.0
    assert line[-1] == (550.0, 148.0)  # the last update has the rate 0


def test_a_long_table_is_cut():
    assert len(Schedule.from_values(np.linspace(1, 0.1, 5000))._repr_html_()) < 20_000


def test_a_bound_along_a_log():
    steps = np.arange(10, 1001, 10)
    log = scheduled.parse_log("run <&>", "step,lr,val_loss\n" + "".join(f"{s},0.1,{3 + 1 / s}\n" for s in steps))
    run = scheduled.bound_along(log)
    ((*points,),) = lines_of(svg_of(run))
    assert len(points) == 90
    assert points[0][1] == 10.0  # the highest of those drawn
    text = " ".join(html_of(run).itertext())
    assert "run <&>" in text and "val_loss" in text and f"{run.bound[-1] / run.distance:.6g}" in text


def test_a_plan_and_a_run(tmp_path):
    plan = plan_anytime(Schedule("rsqrt(warmup=10, peak=0.1)"), [100, 200])
    assert len(lines_of(svg_of(plan))) == 3
    text = " ".join(html_of(plan).itertext())
    assert "leaves the trunk at" in text and "loss" not in text and f"{plan.branches[1].ratio:.3f}" in text
    with RunStore.init(tmp_path / "run <&>", plan.trunk) as run:
        assert "at step 0" in "".join(html_of(run.record()).itertext())
        run.commit(80, lambda folder: (folder / "x").write_bytes(b"x"))
        run.branch("result-100", 80, 20)
        for value in (run, run.record()):
            page = html_of(value)
            text = "".join(page.itertext())
            assert "run <&>" in text and "at step 80 of 100" in text and "result-100" in text
            assert len([part for part in page.iter() if part.tag.endswith("circle")]) == 1


def test_laws():
    truth = law.Law("bu", {"L_inf": 2.5, "a": 0.2, "b": 0.1}, reference_rate=1e-3, reference_sum=1.0)
    assert "L_inf" in "".join(html_of(truth).itertext())
    steps = np.arange(50, 1001, 50)
    lr = np.full(1000, 1e-3)
    fit = law.fit_law([law.FitRun("run", lr, steps, truth.curve(lr, steps))], "bu", fixed={"b": 0.1})
    for value in (fit, fit.fitted):
        assert len(lines_of(svg_of(value))) == 2
        assert "noise" in "".join(html_of(value).itertext())
