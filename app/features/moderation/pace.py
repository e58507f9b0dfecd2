"""How often each source sends, counted in this process's memory: the intake path asks nobody. Pure."""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable

WINDOW_S = 600.0
"""Seconds over which a pace is measured."""


class Pace:
    """A sliding window of two buckets: what came in the last `WINDOW_S` seconds, near enough, one number a source."""

    def __init__(self) -> None:
        self._window = 0
        self._before: Counter[Hashable] = Counter()
        self._now: Counter[Hashable] = Counter()

    def hit(self, key: Hashable, *, now: float) -> float:
        """Count one more from `key` at `now` (seconds); returns how many came in the window, this one included."""
        window, passed = divmod(now, WINDOW_S)
        if window != self._window:
            self._before = self._now if window == self._window + 1 else Counter()
            self._window, self._now = int(window), Counter()
        self._now[key] += 1
        return self._before[key] * (1 - passed / WINDOW_S) + self._now[key]
