"""Fits the bound Omega_t to logged losses; needs SciPy (``pip install scheduled-lr[fit]``)."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Union

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scheduled._arguments import choice, items, native_of, number
from scheduled._core import Schedule, omega_at
from scheduled._errors import ArgumentError, renamed
from scheduled.schedules.base import ScheduleBase

if TYPE_CHECKING:
    import pandas as pd

FloatArray = NDArray[np.float64]
Parameters = Union[Mapping[str, float], Sequence[float]]
Schedules = Mapping[Any, Union[ScheduleBase, Schedule]]

_START = {
    "D": 1.0,
    "G_1": 1.0,
    "G_2": 1.0,
    "A_1": -1e-3,
    "A_2": -0.5,
    "B": 1.0,
    "C": 1.0,
    "M": 1.0,
}
_NAMES = tuple(_START)
_LOWER = {"G_1": 0.0, "G_2": 0.0, "B": 0.0, "C": 0.0, "M": 0.0}
_UPPER = {"A_1": 0.0, "A_2": 1.0}

# Keeps a trial far from the data from overflowing; its square is still a number.
_LARGEST_GRAD_NORM = 1e100


def huber_loss(r: ArrayLike, mu: float) -> FloatArray:
    """Huber's loss of each residual: r^2/2 where abs(r) <= mu, else mu (abs(r) - mu/2).

    Examples
    --------
    >>> from scheduled.fit import huber_loss
    >>> huber_loss([0.5, -3.0], mu=1.0)
    array([0.125, 2.5  ])
    """
    threshold = number("mu", mu)
    if not threshold > 0:
        raise ArgumentError.of("mu", mu, "must be > 0")
    size = np.abs(_floats("r", r))
    near = np.minimum(size, threshold)
    return near * (size - 0.5 * near)


class RateFitter:
    """The law ``loss(t) = C + M Omega_t`` with grad norms ``G_1 exp(A_1 t) + G_2 t^A_2 + B``.

    Scaling D and the grad norms by a factor and M by the inverse of its square changes no
    prediction, so a fit keeps D where it starts.

    Parameters
    ----------
    p0 : dict or sequence of float, optional
        Where fits start: D, G_1, G_2, A_1, A_2, B, C, M. What a dict leaves out keeps its default.

    Attributes
    ----------
    params : dict
        The eight parameters by name.
    result : scipy.optimize.OptimizeResult or None
        What SciPy said of the last fit: `success`, `message`, `nfev`, ...

    Examples
    --------
    >>> import pandas as pd
    >>> from scheduled import WSDSchedule
    >>> from scheduled.fit import RateFitter
    >>> runs = {"wsd": WSDSchedule(steps=1001, cooldown_len=0.2)}
    >>> rows = pd.DataFrame({"id": "wsd", "t": [200, 600, 1000], "lr": 0.01})
    >>> law = RateFitter().set_params(G_1=0.0, G_2=0.0, C=3.0)
    >>> law.predict(rows, runs).round(4)
    array([3.2844, 3.1232, 3.0768])
    """

    def __init__(self, p0: Parameters | None = None) -> None:
        self._start = {**_START, **_named("p0", p0)}
        self.params: dict[str, float] = dict(self._start)
        self.result: Any = None
        self._id_map: Schedules | None = None

    def set_params(self, params: Parameters | None = None, /, **named: float) -> RateFitter:
        """Sets parameters: all eight as a sequence, or some by name."""
        self.params = {**self.params, **_named("params", params), **_named("params", named)}
        return self

    def fit(
        self,
        inputs: pd.DataFrame,
        targets: ArrayLike,
        id_map: Schedules,
        method: str = "least-squares",
        ub: Parameters | None = None,
        **kwargs: Any,
    ) -> RateFitter:
        """Fits all parameters but D.

        Parameters
        ----------
        inputs : pandas.DataFrame
            Columns `id`, `t` (1-based step) and `lr` (base LR of the row's run).
        targets : array_like
            The losses, one per row.
        id_map : dict
            id -> schedule; its own base LR does not matter.
        method : {'least-squares', 'huber'}
        ub : dict or sequence of float, optional
            Upper bounds, as for `p0`; A_1 <= 0 and A_2 <= 1 without it.
        **kwargs
            least-squares: `maxfev`, the largest number of evaluations. huber: `solver`, a method of
            ``scipy.optimize.minimize`` ('L-BFGS-B'), `max_iter`, `huber_mu` (1e-3), `use_log`
            (True: residuals of the logarithms).

        Returns
        -------
        RateFitter
            Itself, with `params` and `result` set.
        """
        fits: dict[str, Callable[..., Any]] = {
            "least-squares": _least_squares,
            "huber": _huber,
        }
        run_fit = choice("method", method, fits)
        runs = _runs(inputs, id_map)
        losses = _losses(targets, len(inputs))
        free = [name for name in _NAMES if name != "D"]
        upper = {**_UPPER, **_named("ub", ub)}
        low = np.array([_LOWER.get(name, -np.inf) for name in free])
        high = np.array([upper.get(name, np.inf) for name in free])
        start = np.array([self._start[name] for name in free])
        for name, value, least, most in zip(free, start, low, high):
            if not least <= value <= most:
                raise ArgumentError.of(
                    f"p0: {name}", value, f"must be between its bounds {least} and {most}"
                )

        def predict(values: FloatArray) -> FloatArray:
            return _predict({**self._start, **dict(zip(free, values))}, runs, losses.size)

        self.result = run_fit(predict, losses, start, (low, high), **kwargs)
        self.params = {**self._start, **dict(zip(free, self.result.x.tolist()))}
        self._id_map = id_map
        return self

    def predict(self, inputs: pd.DataFrame, id_map: Schedules | None = None) -> FloatArray:
        """Predicted losses, one per row; `id_map` is that of the last fit unless given."""
        schedules = self._id_map if id_map is None else id_map
        if schedules is None:
            raise ArgumentError.of("id_map", "", "must be given before the first fit")
        return _predict(self.params, _runs(inputs, schedules), len(inputs))


@dataclass(frozen=True)
class _Run:
    """The rows of one schedule at one base LR."""

    rates: FloatArray
    t: NDArray[np.int64]
    rows: NDArray[np.int64]


def _predict(params: Mapping[str, float], runs: Iterable[_Run], rows: int) -> FloatArray:
    steps = np.arange(1.0, 1.0 + max((run.rates.size for run in runs), default=0))
    with np.errstate(over="ignore"):
        grad_norms = (
            params["G_1"] * np.exp(params["A_1"] * steps)
            + params["G_2"] * steps ** params["A_2"]
            + params["B"]
        )
    grad_norms = np.minimum(grad_norms, _LARGEST_GRAD_NORM)
    losses = np.empty(rows)
    for run in runs:
        bounds = omega_at(run.rates, grad_norms, params["D"], t=run.t)
        losses[run.rows] = params["C"] + params["M"] * bounds
    return losses


def _runs(inputs: pd.DataFrame, id_map: Schedules) -> list[_Run]:
    if not hasattr(inputs, "columns"):
        raise ArgumentError.of(f"inputs of type {type(inputs).__name__}", "", "must be a DataFrame")
    if not isinstance(id_map, Mapping):
        raise ArgumentError.of(f"id_map of type {type(id_map).__name__}", "", "must be a dict")
    missing = [name for name in ("id", "t", "lr") if name not in inputs.columns]
    if missing:
        raise ArgumentError.of(
            "inputs",
            "",
            f"no column {', '.join(missing)}; must have id, t and lr, "
            f"has {', '.join(map(str, inputs.columns))}",
        )
    for name in ("id", "t", "lr"):
        if inputs[name].isna().any():
            row = int(np.flatnonzero(inputs[name].isna())[0])
            raise ArgumentError.of(f"inputs row {row}", "", f"{name} is missing")
    t = _floats("inputs: t", inputs["t"])
    bad = np.flatnonzero((t < 1) | (t != np.floor(t)))
    if bad.size:
        raise ArgumentError.of(f"inputs row {bad[0]}: t", f"{t[bad[0]]:g}", "must be a step, 1 or more")
    runs = []
    for (key, lr), rows in inputs.groupby(["id", "lr"], sort=False).indices.items():
        if key not in id_map:
            raise ArgumentError.of(f"inputs row {rows[0]}: id", repr(key), "must be in id_map")
        native = native_of(f"id_map[{key!r}]", id_map[key])
        last = rows[np.argmax(t[rows])]
        if native.steps is not None and t[last] > native.steps:
            raise ArgumentError.of(
                f"inputs row {last}: t",
                f"{t[last]:g}",
                f"must be at most {native.steps}, the steps of id {key!r}",
            )
        peak = number(f"inputs row {rows[0]}: lr", lr)
        with renamed({"peak": f"inputs row {rows[0]}: lr"}):
            rates = native.with_peak(peak).values(int(t[last]))
        runs.append(_Run(rates, t[rows].astype(np.int64), rows))
    return runs


def _losses(targets: ArrayLike, rows: int) -> FloatArray:
    losses = _floats("targets", targets)
    if losses.shape != (rows,):
        raise ArgumentError.of(
            f"targets of shape {losses.shape}", "", f"must hold {rows}, one per input row"
        )
    if not rows:
        raise ArgumentError.of("targets", "", "must hold at least one loss")
    bad = np.flatnonzero(~np.isfinite(losses))
    if bad.size:
        raise ArgumentError.of("targets", losses[bad[0]], "must be finite", int(bad[0]))
    return losses


def _named(argument: str, values: Parameters | None) -> dict[str, float]:
    if values is None:
        return {}
    if not isinstance(values, Mapping):
        listed = items(argument, values, number)
        if len(listed) != len(_NAMES):
            raise ArgumentError.of(argument, "", f"has {len(listed)} values; must be {len(_NAMES)}")
        values = dict(zip(_NAMES, listed))
    for name in values:
        if name not in _NAMES:
            raise ArgumentError.of(argument, "", f"unknown {name!r}; allowed: {', '.join(_NAMES)}")
    return {name: number(f"{argument}: {name}", value) for name, value in values.items()}


def _floats(name: str, values: ArrayLike) -> FloatArray:
    try:
        return np.asarray(values, dtype=np.float64)
    except (TypeError, ValueError):
        raise ArgumentError.of(name, "", "must hold numbers") from None


def _least_squares(
    predict: Callable[[FloatArray], FloatArray],
    losses: FloatArray,
    start: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
    maxfev: int | None = None,
) -> Any:
    from scipy.optimize import least_squares

    return least_squares(
        lambda values: predict(values) - losses,
        start,
        bounds=bounds,
        x_scale="jac",
        max_nfev=maxfev,
    )


def _huber(
    predict: Callable[[FloatArray], FloatArray],
    losses: FloatArray,
    start: FloatArray,
    bounds: tuple[FloatArray, FloatArray],
    solver: str = "L-BFGS-B",
    max_iter: int | None = None,
    huber_mu: float = 1e-3,
    use_log: bool = True,
) -> Any:
    from scipy.optimize import Bounds, minimize

    if use_log and losses.min() <= 0:
        row = int(losses.argmin())
        raise ArgumentError.of("targets", losses[row], "must be > 0 with use_log", row)
    # In units of the start, which is of the size of each parameter; the loss in units of mu.
    scale = np.where(start == 0.0, 1.0, np.abs(start))
    wanted = np.log(losses) if use_log else losses

    def objective(values: FloatArray) -> float:
        predicted = predict(values * scale)
        residuals = (np.log(predicted) if use_log else predicted) - wanted
        return float(huber_loss(residuals, huber_mu).sum() / huber_mu)

    result = minimize(
        objective,
        start / scale,
        method=solver,
        bounds=Bounds(bounds[0] / scale, bounds[1] / scale, keep_feasible=True),
        options=None if max_iter is None else {"maxiter": max_iter},
    )
    result.x = result.x * scale
    return result
