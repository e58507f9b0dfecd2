"""A geocoder that asks nobody: an index in memory, from a table of addresses.

It is made for a town (the demo has some 700 rows, Paris 158,000): the index answers in milliseconds and fits a web
worker. It forgives accents, abbreviations, unfinished words and a slip in each.
"""

from __future__ import annotations

import heapq
import math
import re
from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np
import shapely
from numpy.typing import NDArray
from shapely import LineString, MultiLineString, Point

from geodata.crs import distance_m, transformer
from geodata.geocoding.base import REVERSE_REACH_M, Proposal
from geodata.geocoding.tables import AddressRow, read_addresses
from geodata.geocoding.words import Vocabulary
from geodata.text import fold

_NUMBER = re.compile(r"(\d{1,4})\s?(bis|ter|quater|quinquies|[a-h])?\b(?!\s?\d{3}\b)")
_POSTCODE = re.compile(r"\b\d{5}\b")
#: Below this share of agreement a proposal would only puzzle.
_LEAST = 0.45
_CLOSE_LOOKS = 200
#: Among equals, what one more often means when one names a place.
_EXPECTED = {"street": 0.02, "square": 0.03, "townhall": 0.03, "town": 0.03, "bus_stop": -0.03, "parking": -0.03}
#: A house number this close is preferred to the street it stands in (metres).
_AT_THE_DOOR_M = 25.0


@dataclass(slots=True)
class _Entry:
    """A street with its numbers, or a place."""

    name: str
    kind: str
    postcode: str
    town: str
    words: tuple[str, ...]
    town_words: frozenset[str]
    lon: float = 0.0
    lat: float = 0.0
    numbers: dict[str, tuple[float, float]] = field(default_factory=dict)

    def label(self, number: str = "") -> str:
        if self.kind == "town":
            return f"{self.postcode} {self.name}".strip()
        return _label(f"{number} {self.name}".strip(), self.postcode, self.town)

    def place(self, number: str) -> tuple[float, float]:
        """Where a number is, or on its street the nearest known one, of the same side if there is one."""
        if not number or not self.numbers:
            return self.lon, self.lat
        if number in self.numbers:
            return self.numbers[number]
        wanted = _whole(number)
        nearest = min(self.numbers, key=lambda known: ((_whole(known) - wanted) % 2, abs(_whole(known) - wanted)))
        return self.numbers[nearest]


@dataclass(frozen=True, slots=True)
class StreetLine:
    """The course of a street, for reverse searches where few house numbers are known."""

    name: str
    postcode: str
    town: str
    line: LineString | MultiLineString


@dataclass(frozen=True, slots=True)
class _Question:
    words: tuple[str, ...]
    number: str
    postcode: str


class OfflineGeocoder:
    """See `geodata.geocoding.Geocoder` for the promises."""

    def __init__(self, rows: Iterable[AddressRow], *, lines: Iterable[StreetLine] = ()) -> None:
        self._entries = _gather(rows)
        self._vocabulary = Vocabulary(entry.words for entry in self._entries)
        self._lines = list(lines)
        # Web Mercator keeps angles, so the nearest on it is the nearest on the ground at the scale of a street.
        self._move = transformer(4326, 3857).transform
        self._doors = [(entry, number) for entry in self._entries for number in (entry.numbers or ("",))]
        places = np.array([entry.place(number) for entry, number in self._doors]).reshape(-1, 2)
        self._door_points = [Point(xy) for xy in self._projected(places)]
        self._door_tree = shapely.STRtree(self._door_points)
        self._courses = [shapely.transform(street.line, self._projected) for street in self._lines]
        self._line_tree = shapely.STRtree(self._courses)

    @classmethod
    def from_table(cls, path: Path, *, lines: Iterable[StreetLine] = ()) -> OfflineGeocoder:
        """Load a CSV(.gz): the demo's, or the national address base's. Raises BadTable."""
        return cls(read_addresses(path), lines=lines)

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        """Places that the text may name. Never raises: what is not known gives nothing."""
        question = _understood(text)
        if not question.words:
            return ()
        likeness = [
            self._vocabulary.resembling(word, unfinished=index == len(question.words) - 1)
            for index, word in enumerate(question.words)
        ]
        scored = ((self._score(self._entries[i], question, likeness), i) for i in self._candidates(likeness))
        best = heapq.nlargest(max(limit, 1) * 4, (pair for pair in scored if pair[0] >= _LEAST))
        proposals = [self._proposal(self._entries[i], question, score, near) for score, i in best]
        proposals.sort(key=lambda proposal: (-_preference(proposal), proposal.label))
        return tuple(_without_repeats(proposals)[:limit])

    def _candidates(self, likeness: list[dict[str, float]]) -> list[int]:
        """The entries worth a close look: those that share the most telling words.

        Common words ("rue") lead nowhere unless nothing else was typed.
        """
        holders = self._vocabulary.holders
        common = max(200, len(self._entries) // 10)
        telling = [
            {word: like for word, like in similar.items() if len(holders[word]) <= common} for similar in likeness
        ]
        promise: dict[int, float] = defaultdict(float)
        for similar in telling if any(telling) else likeness:
            best: dict[int, float] = {}
            for word, like in similar.items():
                value = like * self._vocabulary.weight(word)
                for index in holders[word]:
                    best[index] = max(best.get(index, 0.0), value)
            for index, value in best.items():
                promise[index] += value
        return heapq.nlargest(_CLOSE_LOOKS, promise, key=lambda index: promise[index])

    def _score(self, entry: _Entry, question: _Question, likeness: list[dict[str, float]]) -> float:
        asked = agreed = 0.0
        met: set[str] = set()
        for word, similar in zip(question.words, likeness, strict=True):
            weight = self._vocabulary.weight(word) if similar else self._vocabulary.weight("")
            if word in entry.town_words and word not in entry.words:
                weight = 1.0
                agreed += weight
            else:
                hit = max((w for w in entry.words if w in similar), key=lambda w: similar[w], default=None)
                if hit is not None:
                    agreed += weight * similar[hit]
                    met.add(hit)
            asked += weight
        if not met:
            return 0.0
        whole = sum(self._vocabulary.weight(word) for word in entry.words)
        covered = sum(self._vocabulary.weight(word) for word in met)
        score = 0.75 * agreed / asked + 0.25 * covered / whole
        if question.number and question.number not in entry.numbers:
            score *= 1.0 if question.number in entry.words else 0.9
        if question.postcode and entry.postcode and question.postcode != entry.postcode:
            score *= 0.7
        return score

    def _proposal(self, entry: _Entry, question: _Question, score: float, near: tuple[float, float] | None) -> Proposal:
        number = question.number if question.number in entry.numbers else ""
        lon, lat = entry.place(question.number)
        return Proposal(
            label=entry.label(number),
            kind="address" if number else entry.kind,
            lon=lon,
            lat=lat,
            distance_m=None if near is None else distance_m(*near, lon, lat),
            score=round(score, 3),
        )

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        """The nearest house numbers, streets and places within REVERSE_REACH_M; nothing beyond."""
        here = Point(*self._move(lon, lat))
        reach = REVERSE_REACH_M / math.cos(math.radians(lat)) * 1.01
        area = here.buffer(reach)
        doors = self._door_tree.query(area, predicate="intersects")
        nearest = heapq.nsmallest(limit * 4, doors, key=lambda i: self._door_points[i].distance(here))
        found = [self._door(self._doors[i], lon, lat) for i in nearest]
        for index in self._line_tree.query(area, predicate="intersects"):
            found.append(self._on_line(index, here, lon, lat))
        known = [p for p in found if p.distance_m is not None and p.distance_m <= REVERSE_REACH_M]
        return tuple(_without_repeats(sorted(known, key=_reverse_rank))[:limit])

    def _door(self, door: tuple[_Entry, str], lon: float, lat: float) -> Proposal:
        entry, number = door
        x, y = entry.place(number)
        metres = distance_m(lon, lat, x, y)
        kind = "address" if number else entry.kind
        return Proposal(entry.label(number), kind, x, y, metres, round(1 / (1 + metres / 50), 3))

    def _on_line(self, index: int, here: Point, lon: float, lat: float) -> Proposal:
        street, line = self._lines[index], self._courses[index]
        spot = shapely.line_interpolate_point(line, shapely.line_locate_point(line, here))
        x, y = transformer(3857, 4326).transform(spot.x, spot.y)
        metres = distance_m(lon, lat, x, y)
        label = (
            f"{street.name}, {street.postcode} {street.town}" if street.postcode else f"{street.name}, {street.town}"
        )
        return Proposal(label, "street", x, y, metres, round(1 / (1 + metres / 50), 3))

    def _projected(self, xy: NDArray[np.float64]) -> NDArray[np.float64]:
        return np.column_stack(self._move(xy[:, 0], xy[:, 1]))


def _label(name: str, postcode: str, town: str) -> str:
    return f"{name}, {postcode} {town}" if postcode else f"{name}, {town}"


def _whole(number: str) -> int:
    """The number without its suffix: 30 for "30ter"."""
    digits = re.match(r"\d+", number)
    return int(digits[0]) if digits else 0


def _gather(rows: Iterable[AddressRow]) -> list[_Entry]:
    """Streets with their numbers, and places, in the order of the table."""
    entries: dict[tuple[str, str, str, str], _Entry] = {}
    for row in rows:
        kind = "street" if row.kind in ("address", "street") else row.kind
        folded = fold(row.name)
        entry = entries.get((kind, folded, row.postcode, row.town))
        if entry is None:
            entry = _Entry(
                name=row.name,
                kind=kind,
                postcode=row.postcode,
                town=row.town,
                words=tuple(folded.split()),
                town_words=frozenset(fold(row.town).split()),
            )
            entries[(kind, folded, row.postcode, row.town)] = entry
        if row.number:
            entry.numbers.setdefault(row.number.lower().replace(" ", ""), (row.lon, row.lat))
        else:
            entry.lon, entry.lat = row.lon, row.lat
    for entry in entries.values():
        if entry.numbers and not entry.lon:
            # The middle number of the street: a point that is surely on it, where an average may be in a courtyard.
            places = sorted(entry.numbers.values())
            entry.lon, entry.lat = places[len(places) // 2]
    return list(entries.values())


def _understood(text: str) -> _Question:
    """Take the postcode and the house number out of what was typed."""
    folded = fold(text[:200])
    postcode = _POSTCODE.search(folded)
    if postcode:
        folded = f"{folded[: postcode.start()]} {folded[postcode.end() :]}".strip()
    number = ""
    first = _NUMBER.match(folded)
    words = folded.split()
    if first and len(words) > 1:
        number = first[1].lstrip("0") + (first[2] or "")
        words = folded[first.end() :].split() or words
    elif len(words) > 2 and words[-1].isdigit() and len(words[-1]) <= 3:
        number = words.pop()
    return _Question(tuple(words), number, postcode[0] if postcode else "")


def _preference(proposal: Proposal) -> float:
    """The score with a nudge for what is close and expected, never enough to beat a better match."""
    nearness = 0.0 if proposal.distance_m is None else 0.05 * math.exp(-proposal.distance_m / 1000)
    return proposal.score + nearness + _EXPECTED.get(proposal.kind, 0.0)


def _reverse_rank(proposal: Proposal) -> tuple[bool, float]:
    metres = proposal.distance_m or 0.0
    at_the_door = proposal.kind == "address" and metres <= _AT_THE_DOOR_M
    return (not at_the_door, metres)


def _without_repeats(proposals: list[Proposal]) -> list[Proposal]:
    kept: dict[str, Proposal] = {}
    for proposal in proposals:
        kept.setdefault(proposal.label, proposal)
    return list(kept.values())
