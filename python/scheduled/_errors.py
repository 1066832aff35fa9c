"""The error of a bad argument, as a value."""

from __future__ import annotations

import errno
import os
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from typing import Any, NamedTuple

from scheduled._core import argument_text


class Place(NamedTuple):
    """Where in a text an argument stands; lines and columns count from 1, 0 is not known."""

    source: str
    line: int
    column: int


class ArgumentError(AssertionError, ValueError):
    """An argument is not allowed; the text names it, its value and what is required.

    It is a ValueError, and also the AssertionError that users of the paper's package catch.

    Attributes
    ----------
    name : str
        Of the argument; empty where none can be named.
    index : int or None
        0-based entry of a series.
    value : str
        As text; empty where no single value is at fault.
    requirement : str
        What is wrong, or what it must be.
    limit, limit_value : str
        Another argument that the requirement compares with.
    place : Place or None
        The file, line and column where it was read.
    """

    def __init__(
        self,
        text: str = "",
        *,
        name: str = "",
        index: int | None = None,
        value: str = "",
        requirement: str = "",
        limit: str = "",
        limit_value: str = "",
        place: Place | None = None,
    ) -> None:
        super().__init__(text)
        self.name = name
        self.index = index
        self.value = value
        self.requirement = requirement or text
        self.limit = limit
        self.limit_value = limit_value
        self.place = place

    @classmethod
    def of(
        cls,
        name: str,
        value: object,
        requirement: str,
        index: int | None = None,
        limit: str = "",
        limit_value: str = "",
    ) -> ArgumentError:
        """The error of these fields; `value` may be empty."""
        text = argument_text(name, index, str(value), requirement, limit, limit_value)
        return cls(
            text,
            name=name,
            index=index,
            value=str(value),
            requirement=requirement,
            limit=limit,
            limit_value=limit_value,
        )


class MissingFileError(ArgumentError, FileNotFoundError):
    """A file or folder that was to be read is not there: an ArgumentError that is a FileNotFoundError, too.

    `errno` and `filename` are set as Python sets them.
    """

    def __init__(self, text: str = "", *, filename: str | None = None, **fields: Any) -> None:
        super().__init__(text, **fields)
        self.errno, self.strerror, self.filename = errno.ENOENT, os.strerror(errno.ENOENT), filename

    def __str__(self) -> str:
        return "".join(self.args)

    def __reduce__(self) -> tuple[Any, ...]:
        return partial(type(self), filename=self.filename), self.args, self.__dict__


class StoreError(RuntimeError):
    """Work of a `RunStore` that failed: disk full, a record that is not sound, nothing left to resume from.

    The text names the file. What was committed before stays as it was.
    """


class StoreBusy(StoreError):
    """Another process writes to this run; the text names it."""


for _error in (ArgumentError, MissingFileError, StoreError, StoreBusy):
    _error.__module__ = "scheduled"


@contextmanager
def renamed(names: Mapping[str, str], base_lr: float = 1.0) -> Iterator[None]:
    """Lets errors of the core name its argument as the caller knows it: core name -> ours.

    What the core reads as a percentage is a share of the base LR to the caller.
    """
    try:
        yield
    except ArgumentError as error:
        name = names.get(error.name, error.name)
        limit = names.get(error.limit, error.limit)
        value = error.value
        if value.endswith("%"):
            value = f"{float(value[:-1]) / 100:.15g} (share of base_lr = {base_lr:g})"
        if (name, value, limit) == (error.name, error.value, error.limit):
            raise
        raise ArgumentError.of(
            name, value, error.requirement, error.index, limit, error.limit_value
        ) from None
