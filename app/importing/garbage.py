"""Python's search for what refers to itself, while rows by the hundred thousand go through: seldom, between batches.

Rows do not refer to themselves, and are gone with their batch. Left alone, the search begins anew at each few hundred
of them and walks through all that an import holds: a tenth to a fifth of its time.
"""

from __future__ import annotations

import gc
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ParamSpec

P = ParamSpec("P")

TOLD = 50
"""Times that progress is told between two searches: some fifty thousand rows that are read, or fifty batches."""


@contextmanager
def seldom_searched(report: Callable[P, None]) -> Iterator[Callable[P, None]]:
    """Within the block nothing is searched but when the `report` given back has been told often enough."""
    was, told = gc.isenabled(), 0

    def reporting(*args: P.args, **kwargs: P.kwargs) -> None:
        nonlocal told
        told += 1
        if told % TOLD == 0:
            gc.collect()
        report(*args, **kwargs)

    gc.disable()
    try:
        yield reporting
    finally:
        if was:
            gc.enable()
