"""A vocabulary that forgives: it finds words by their beginning and with one or two slips."""

from __future__ import annotations

import math
from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable


class Vocabulary:
    """The words of a set of names, each with the names that hold it, and its weight: rare words say more."""

    def __init__(self, names: Iterable[Iterable[str]]) -> None:
        self.holders: dict[str, list[int]] = defaultdict(list)
        count = 0
        for index, words in enumerate(names):
            count += 1
            for word in set(words):
                self.holders[word].append(index)
        self._count = max(count, 1)
        self._sorted = sorted(self.holders)
        self._shortened: dict[str, list[str]] = defaultdict(list)
        for word in self._sorted:
            if len(word) >= 4 and not word.isdigit():
                for short in _without_one(word):
                    self._shortened[short].append(word)

    def weight(self, word: str) -> float:
        """How much a word tells names apart: 0.7 when all have it, more as fewer do; most when it is unknown."""
        return math.log(1 + self._count / max(len(self.holders.get(word, ())), 1))

    def resembling(self, typed: str, *, unfinished: bool) -> dict[str, float]:
        """The known words that `typed` may stand for, with a likeness from 0 to 1.

        `unfinished` allows longer words that begin so, as when somebody is still typing.
        """
        found: dict[str, float] = {}
        if not typed.isdigit() and len(typed) >= 4:
            for word in self._one_slip(typed):
                found[word] = 0.8
            if len(typed) >= 8:
                for short in _without_one(typed):
                    for word in self._one_slip(short):
                        if word not in found and _distance_within(typed, word, 2):
                            found[word] = 0.65
        if unfinished and len(typed) >= 2:
            start = bisect_left(self._sorted, typed)
            for word in self._sorted[start : start + 200]:
                if not word.startswith(typed):
                    break
                found[word] = 0.9
        if typed in self.holders:
            found[typed] = 1.0
        return found

    def _one_slip(self, typed: str) -> set[str]:
        """Words at one letter added, dropped, changed or two exchanged."""
        near = set(self._shortened.get(typed, ()))
        for short in _without_one(typed):
            if short in self.holders and len(short) >= 4:
                near.add(short)
            near.update(word for word in self._shortened.get(short, ()) if _distance_within(typed, word, 1))
        return near


def _without_one(word: str) -> set[str]:
    return {word[:i] + word[i + 1 :] for i in range(len(word))}


def _distance_within(a: str, b: str, limit: int) -> bool:
    """Whether Damerau's distance (optimal string alignment) between two words is at most `limit`."""
    if abs(len(a) - len(b)) > limit:
        return False
    before: list[int] = []
    row = list(range(len(b) + 1))
    for i, letter in enumerate(a, 1):
        above, before = before, row
        row = [i]
        for j, other in enumerate(b, 1):
            cost = min(row[j - 1] + 1, before[j] + 1, before[j - 1] + (letter != other))
            if i > 1 and j > 1 and letter == b[j - 2] and a[i - 2] == other:
                cost = min(cost, above[j - 2] + 1)
            row.append(cost)
        if min(row) > limit:
            return False
    return row[-1] <= limit
