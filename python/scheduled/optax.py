"""Schedules as optax takes them: functions of the update's number that JAX can trace.

Examples
--------
>>> import jax, optax
>>> from scheduled.optax import as_optax
>>> rate = as_optax("wsd(steps=100, warmup=10, cooldown=20%, peak=1e-3)")
>>> optimizer = optax.adamw(learning_rate=rate)
>>> round(float(jax.jit(rate)(90)), 8), jax.vmap(rate)(jax.numpy.arange(3)).shape
(0.00045, (3,))
"""

from __future__ import annotations

from typing import Any

import numpy as np

from scheduled._adapters import needs, read_schedule

try:
    import jax
    import jax.numpy as jnp
except ImportError as error:
    raise needs("optax", "jax", "jax", error) from error

from scheduled._core import Schedule
from scheduled._errors import ArgumentError
from scheduled._optax_formulas import Rate, largest_integer, rate_formula

__all__ = ["as_optax"]


def as_optax(schedule: Schedule | str, *, steps: int | None = None, dtype: str = "float32") -> Rate:
    """The schedule as a function of the 0-based number of an update, as in optax: ``optax.adamw(as_optax(s))``.

    Named shapes are computed from their formula, so that a compiled program holds no table of rates, and a schedule
    without a horizon needs none. These become a table in it: `table`, `stages`, `restarts` with `cycles` that are no
    whole number or meet steps only but for a rounding, a cooldown that begins with the end of the warmup, and a batch
    that changes or a `clock` of tokens or examples.
    Works under jit, vmap, scan and grad (numbers of updates have no gradient).

    Parameters
    ----------
    schedule : Schedule or str
        Or its spec.
    steps : int, optional
        Horizon of a schedule that names none.
    dtype : str
        Of the result, and of the arithmetic: in float32 the relative error is at most 1e-6, or 4e-7 times the
        `exponent` of a cosine where that is more; 'float64' needs jax_enable_x64.

    Returns
    -------
    callable
        Of an integer or an array of integers; past the horizon the last rate, as `Schedule.lr`. Negative numbers
        count as 0, and those past JAX's own integers (2^31 - 1 without jax_enable_x64) as the largest.
    """
    native = read_schedule(schedule, steps)
    try:
        result = jnp.dtype(dtype)
    except TypeError:
        result = None
    if result is None or not jnp.issubdtype(result, jnp.floating):
        raise ArgumentError.of("dtype", dtype, "must be a floating-point type, such as 'float32'")
    real = jnp.dtype("float64" if result == jnp.dtype("float64") else "float32")
    if real == jnp.dtype("float64") and not jax.config.read("jax_enable_x64"):
        raise ArgumentError.of("dtype", "float64", "needs jax.config.update('jax_enable_x64', True)")
    formula = rate_formula(native, real) or _table(native, real)
    last = None if native.steps is None else native.steps - 1

    def rate(count: Any) -> Any:
        i = _whole(count)
        return formula(i if last is None else jnp.minimum(i, last)).astype(result)

    return rate


def _whole(count: Any) -> Any:
    """The count as JAX's own integer, 0 where negative and the largest where it is larger."""
    integer = jnp.dtype("int64" if jax.config.read("jax_enable_x64") else "int32")
    most = largest_integer()
    if isinstance(count, int):
        count = max(min(count, most), 0)
    elif isinstance(count, (np.ndarray, np.integer)) and count.dtype.kind in "iu":
        count = np.clip(count, 0, min(most, np.iinfo(count.dtype).max))  # before JAX cuts off the upper bits
    array = jnp.asarray(count)
    if jnp.issubdtype(array.dtype, jnp.unsignedinteger) and jnp.iinfo(array.dtype).max > most:
        array = jnp.minimum(array, jnp.asarray(most, array.dtype))
    return jnp.maximum(array.astype(integer), 0)


def _table(schedule: Schedule, real: Any) -> Rate:
    if schedule.steps is None:
        raise ArgumentError.of("schedule", schedule, "has no formula here and no horizon for a table; give steps")
    rates = jnp.asarray(schedule.values(), real)
    return lambda i: rates[i]
