"""Three letters that open a territory's references, as BAY in BAY-4817."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations, product
from string import ascii_uppercase

from geodata.text import fold

_SMALL_WORDS = frozenset({
    "a", "au", "aux", "d", "de", "des", "du", "en", "et", "l", "la", "las", "le", "les", "lez", "los", "sous",
    "sur",
})  # fmt: skip
#: Three letters nobody wants to say on the phone to a town hall.
_UNFORTUNATE = frozenset({
    "ANO", "CON", "CUL", "FDP", "FOU", "KKK", "MST", "NUL", "PET", "PIP", "PUE", "PUT", "SEX", "SOT", "TUE",
    "VIH", "VIT", "ZIZ", "ZOB",
})  # fmt: skip


def prefix_candidates(name: str) -> Iterator[str]:
    """Every possible prefix for a place, the most telling first, each once, always in the same order.

    First letters of a single-word name (Bayonne → BAY), initials of a longer one (Saint-Jean-de-Luz → SJL),
    then the name's letters in their order (BYN, BON…), at last any three letters: take the first that
    nobody has.
    """
    seen = set(_UNFORTUNATE)
    for candidate in _ideas(name):
        if candidate not in seen:
            seen.add(candidate)
            yield candidate


def _ideas(name: str) -> Iterator[str]:
    words = [word.upper() for word in fold(name).split()]
    words = [word for word in words if word.isalpha()] or ["X"]
    telling = [word for word in words if word.lower() not in _SMALL_WORDS] or words
    if len(telling) >= 3:
        yield telling[0][0] + telling[1][0] + telling[2][0]
    elif len(telling) == 2 and telling[0] in {"SAINT", "SAINTE"}:
        yield (telling[0][0] + telling[1] + "XX")[:3]
    letters = "".join(telling)
    yield (letters + "XX")[:3]
    if len(telling) == 2:
        yield (telling[0][0] + telling[1] + "XX")[:3]
    for second, third in combinations(letters[1:], 2):
        yield letters[0] + second + third
    for second, third in product(ascii_uppercase, repeat=2):
        yield letters[0] + second + third
    yield from map("".join, product(ascii_uppercase, repeat=3))
