"""Arguments of the Python classes as the core takes them, or an ArgumentError."""

from __future__ import annotations

import math
import numbers
import operator
import reprlib
from collections.abc import Callable, Mapping
from typing import Any, TypeVar

import numpy as np
from numpy.typing import ArrayLike, NDArray

from scheduled._core import Schedule
from scheduled._errors import ArgumentError

T = TypeVar("T")

_LARGEST_COUNT = 2**53


def number(name: str, value: Any, index: int | None = None) -> float:
    """A number of any numeric type; no text, no bool."""
    if not isinstance(value, (str, bytes, bytearray, bool, np.bool_)):
        try:
            return float(value)
        except (TypeError, ValueError, OverflowError):
            pass
    raise rejected(name, value, "must be a number", index)


def whole(name: str, value: Any, index: int | None = None) -> int:
    """A number of steps: an integer, or a whole number of another type."""
    why = "must be a whole number of steps"
    try:
        count = None if isinstance(value, bool) else operator.index(value)
    except TypeError:
        count = None
    if count is None:
        try:
            real = number(name, value)
        except ArgumentError:
            raise rejected(name, value, why, index) from None
        if not real.is_integer():
            raise rejected(name, value, why, index)
        count = int(real)
    if abs(count) > _LARGEST_COUNT:
        raise rejected(name, value, f"{why}, at most 2^53", index)
    return count


def number_or_array(name: str, value: ArrayLike) -> float | NDArray[Any]:
    """One number, or an array that the core checks."""
    try:
        array = np.asarray(value)
    except (TypeError, ValueError):
        raise ArgumentError.of(name, "", "must be a number or an array of numbers") from None
    if array.ndim > 0:
        return array
    try:
        return number(name, value)
    except ArgumentError:
        raise rejected(name, value, "must be a number or an array of numbers") from None


def items(name: str, values: Any, convert: Callable[[str, Any, int], T]) -> list[T]:
    """The converted items of a sequence."""
    try:
        listed = None if isinstance(values, (str, bytes)) else list(values)
    except TypeError:
        listed = None
    if listed is None:
        raise rejected(name, values, "must be a sequence of numbers")
    return [convert(name, value, i) for i, value in enumerate(listed)]


def options(name: str, given: Any, defaults: Mapping[str, Any]) -> dict[str, Any] | None:
    """A dict with the missing keys filled in; each value of the type of its default."""
    if given is None:
        return None
    if not isinstance(given, Mapping):
        raise rejected(name, given, "must be a dict or None")
    for key in given:
        if key not in defaults:
            raise ArgumentError.of(name, "", f"unknown key {key!r}; allowed: {', '.join(defaults)}")
    converted = {**defaults, **given}
    for key, default in defaults.items():
        if isinstance(default, float):
            converted[key] = number(key, converted[key])
        elif isinstance(default, int) and not isinstance(default, bool):
            part = name.partition("_")[0]  # warmup_kwargs: the warmup's
            converted[key] = whole(f"{part} {key}", converted[key])
    return converted


def choice(name: str, value: Any, allowed: Mapping[str, T]) -> T:
    """What `value` stands for."""
    if not isinstance(value, str) or value not in allowed:
        raise rejected(name, value, f"must be {' or '.join(map(repr, allowed))}")
    return allowed[value]


def native_of(name: str, schedule: Any) -> Schedule:
    """The native value of a schedule of either kind."""
    native = schedule if isinstance(schedule, Schedule) else getattr(schedule, "native", None)
    if not isinstance(native, Schedule):
        raise rejected(name, schedule, "must be a schedule")
    return native


def rate(name: str, value: float, absolute: bool) -> object:
    """A learning rate as the core reads it. 0 is the same share of every base LR."""
    if not 0.0 <= value < math.inf:
        raise rejected(name, value, "must be finite and >= 0")
    return value if absolute or value == 0 else f"{100.0 * value!r}%"


def rejected(name: str, value: Any, requirement: str, index: int | None = None) -> ArgumentError:
    """The error of a value, which is shortened where it is long."""
    said = str(value) if isinstance(value, numbers.Number) else reprlib.repr(value)
    return ArgumentError.of(name, said, requirement, index)
