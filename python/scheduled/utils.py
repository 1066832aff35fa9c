"""Helpers of the paper's scripts: harmonic numbers and the look of its figures."""

from __future__ import annotations

import shutil
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from scheduled._arguments import number
from scheduled._core import harmonic
from scheduled._errors import ArgumentError

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.legend import Legend

FIGSIZE11 = (4, 3)
FIGSIZE12 = (8, 3)


def harmonic_number(n: int) -> float:
    """H_n = 1 + 1/2 + ... + 1/n, in constant time; H_0 = 0.

    Examples
    --------
    >>> from scheduled.utils import harmonic_number
    >>> harmonic_number(4)
    2.083333333333333...
    """
    count = number("n", n)
    if not (count >= 0 and count.is_integer()):
        raise ArgumentError.of("n", n, "must be a whole number >= 0")
    return harmonic(int(count))


def set_plot_aesthetics() -> None:
    """Serif type of size 12 for matplotlib, set by LaTeX where a LaTeX is installed."""
    import matplotlib as mpl

    mpl.rcParams["font.family"] = "serif"
    mpl.rcParams["font.size"] = 12
    mpl.rcParams["text.usetex"] = all(shutil.which(tool) for tool in ("latex", "dvipng"))


def do_fancy_legend(
    ax: Axes,
    labels: Sequence[str],
    color_list: Sequence[Sequence[Any]],
    loc: str = "upper right",
    lw: float = 1.0,
    handlelength: float = 2.5,
    handleheight: float = 3,
    **kwargs: Any,
) -> Legend:
    """A legend whose entries are stacks of lines.

    Parameters
    ----------
    ax : matplotlib.axes.Axes
    labels : sequence of str
        One entry each.
    color_list : sequence of sequence of color
        For each label the colours of its lines, from top to bottom.
    loc, handlelength, handleheight, **kwargs
        As in ``Axes.legend``.
    lw : float
        Width of the lines.

    Returns
    -------
    matplotlib.legend.Legend
    """
    from matplotlib.legend_handler import HandlerTuple
    from matplotlib.lines import Line2D

    if len(labels) != len(color_list):
        raise ArgumentError.of(
            "color_list", "", f"has {len(color_list)} entries for {len(labels)} labels; must be as many"
        )

    class Stack(HandlerTuple):
        """Draws the lines of an entry above each other."""

        def create_artists(  # type: ignore[override]
            self,
            legend: Legend,
            orig_handle: tuple[Line2D, ...],
            xdescent: float,
            ydescent: float,
            width: float,
            height: float,
            fontsize: float,
            trans: Any,
        ) -> list[Line2D]:
            lines = []
            for k, original in enumerate(orig_handle):
                y = height * (1 - (k + 1) / (len(orig_handle) + 1)) - ydescent
                line = Line2D([-xdescent, width - xdescent], [y, y], transform=trans)
                line.update_from(original)
                line.set_transform(trans)
                lines.append(line)
            return lines

    handles = [tuple(Line2D([], [], color=color, lw=lw) for color in each) for each in color_list]
    options = {"loc": loc, "handlelength": handlelength, "handleheight": handleheight, **kwargs}
    return ax.legend(handles, list(labels), handler_map={tuple: Stack()}, **options)
