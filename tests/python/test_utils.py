"""`scheduled.utils` and the plots."""

import shutil

import numpy as np
import pytest
import reference
from scheduled import ArgumentError, CosineSchedule, WSDSchedule
from scheduled.utils import FIGSIZE11, FIGSIZE12, harmonic_number


@pytest.mark.parametrize("n", [0, 1, 2, 63, 64, 65, 66, 1000, 100_000])
def test_harmonic_numbers(n):
    assert harmonic_number(n) == pytest.approx(float(reference.harmonic(n)), rel=3e-16)
    assert harmonic_number(np.int64(n)) == harmonic_number(n)


def test_large_and_bad_harmonic_numbers():
    assert harmonic_number(10**18) == pytest.approx(18 * np.log(10) + 0.5772156649015329, rel=1e-15)
    with pytest.raises(ArgumentError, match="n = -1: must be a whole number >= 0"):
        harmonic_number(-1)
    with pytest.raises(ArgumentError, match=r"n = 2.5: must be a whole number >= 0"):
        harmonic_number(2.5)
    with pytest.raises(ArgumentError, match="n = 'ten': must be a number"):
        harmonic_number("ten")


def test_figure_sizes():
    assert (FIGSIZE11, FIGSIZE12) == ((4, 3), (8, 3))


def test_plot():
    pytest.importorskip("matplotlib")
    S = WSDSchedule(steps=50, base_lr=0.3)
    fig, ax = S.plot()
    (line,) = ax.lines
    assert line.get_xdata().tolist() == list(range(1, 51))
    assert line.get_ydata().tolist() == S.schedule.tolist()
    assert ax.get_xlabel() == "iteration t"
    assert ax.get_ylabel() == "learning rate"
    assert ax.get_ylim()[0] == 0
    fig.canvas.draw()
    other, _ = CosineSchedule(steps=5).plot()
    assert other is not fig


@pytest.mark.parametrize("installed", [True, False])
def test_aesthetics(monkeypatch, installed):
    mpl = pytest.importorskip("matplotlib")
    from scheduled.utils import set_plot_aesthetics

    monkeypatch.setattr(shutil, "which", lambda tool: f"/usr/bin/{tool}" if installed else None)
    set_plot_aesthetics()
    assert mpl.rcParams["font.family"] == ["serif"]
    assert mpl.rcParams["font.size"] == 12
    assert mpl.rcParams["text.usetex"] is installed


def test_fancy_legend():
    plt = pytest.importorskip("matplotlib.pyplot")
    from matplotlib.colors import to_rgba
    from matplotlib.lines import Line2D
    from scheduled.utils import do_fancy_legend

    fig, ax = plt.subplots(figsize=FIGSIZE11)
    colors = [["red", "blue", "green"], ["black"]]
    legend = do_fancy_legend(ax, ["wsd", "cosine"], colors, loc="lower left", lw=2.0, fontsize=9)
    fig.canvas.draw()
    assert [text.get_text() for text in legend.get_texts()] == ["wsd", "cosine"]
    assert legend.get_texts()[0].get_fontsize() == 9
    lines = legend.findobj(Line2D)
    assert [to_rgba(line.get_color()) for line in lines] == [
        to_rgba(color) for entry in colors for color in entry
    ]
    assert all(line.get_linewidth() == 2.0 for line in lines)
    heights = [line.get_ydata()[0] for line in lines]
    assert heights[0] > heights[1] > heights[2]
    assert heights[3] == pytest.approx(heights[1])
    with pytest.raises(ArgumentError, match="color_list: has 1 entries for 2 labels"):
        do_fancy_legend(ax, ["a", "b"], [["red"]])
