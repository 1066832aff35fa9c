"""The picture of runs and their bounds."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from scheduled._core import RunBound

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure


def plot_along(*runs: RunBound | Mapping[str, RunBound]) -> Figure:
    """Losses of runs, and below them their bounds over D; needs matplotlib.

    Parameters
    ----------
    runs : RunBound, or dict of str to RunBound
        What `bound_along` made; a dict gives the names of the legend.

    Returns
    -------
    matplotlib.figure.Figure
        ``savefig`` writes it.

    Examples
    --------
    >>> import scheduled
    >>> log = scheduled.parse_log("run", "step,lr,val_loss\\n10,0.1,4\\n20,0.1,3\\n")
    >>> figure = scheduled.plot_along({"constant": scheduled.bound_along(log)})
    >>> [axes.get_ylabel() for axes in figure.axes]
    ['val_loss', 'bound / D']
    """
    import matplotlib.pyplot as plt

    named: list[tuple[str, RunBound]] = []
    for one in runs:
        named += one.items() if isinstance(one, Mapping) else [(one.name, one)]
    figure, (above, below) = plt.subplots(2, sharex=True, figsize=(8, 6), layout="constrained")
    for name, run in named:
        if len(run.loss):
            above.plot(run.step, run.loss, label=name)
        below.plot(run.step, run.bound / run.distance, label=name)
    above.set_ylabel(" and ".join(dict.fromkeys(run.loss_column for _, run in named if run.loss_column)))
    below.set_ylabel("bound / D")
    below.set_xlabel("step")
    for axes in (above, below):
        axes.set_ylim(top=_top(axes))
        axes.grid(lw=0.2, ls="--")
    below.legend()
    return figure


def _top(axes: Axes) -> float | None:
    """Above what its lines reach after their first tenth, so that the start does not press the rest flat."""
    late = [np.asarray(line.get_ydata())[len(line.get_xdata()) // 10 :] for line in axes.lines]
    values = np.concatenate([part[np.isfinite(part)] for part in late]) if late else np.empty(0)
    return float(values.max() + 0.05 * np.ptp(values)) if values.size and np.ptp(values) > 0 else None
