"""The error of a bad argument."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager


class ArgumentError(AssertionError, ValueError):
    """An argument is not allowed; the text names it, its value and what is required.

    It is a ValueError, and also the AssertionError that users of the paper's package catch.
    """


ArgumentError.__module__ = "scheduled"


@contextmanager
def renamed(names: Mapping[str, str]) -> Iterator[None]:
    """Lets errors of the core name its argument as the caller knows it: core name -> ours."""
    try:
        yield
    except ArgumentError as error:
        text = re.sub(r"^\w+", lambda first: names.get(first[0], first[0]), str(error))
        raise ArgumentError(text) from None
