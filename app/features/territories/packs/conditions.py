"""The language of routing rules: plain data in, a small tree of conditions out, and what is wrong with it.

A condition is a mapping with one key, the same in YAML, in JSON and in the database:

    {all: [...]}  {any: [...]}  {not: {...}}
    {kind: problem}                     or a list; so for all the others
    {category: lighting}                that category or one below it
    {zone: [quarter/port, park/*]}      inside that zone, or inside any zone of that kind
    {answer: {question: lamp, is: off}} or given: true, at_least: 3, at_most: 5, contains: [word]
    {weekday: [sat, sun]}               in the town's time zone
    {hours: "22:00-06:00"}              the first minute counts, the last does not; may cross midnight
    {channel: phone}
    {text: [mast, candelab*]}           whole words, without regard to case or accents; * ends a beginning

`{all: []}` always holds.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any

from app.core.messages import Message
from app.features.territories.packs.schema import CHANNELS, KINDS, WEEKDAYS

Path = tuple[str | int, ...]

MAX_DEPTH = 8
MAX_NODES = 200
DAY = 24 * 60


@dataclass(frozen=True, slots=True)
class Problem:
    """`path` leads from the rule's `when` to the wrong place; with it, a sentence."""

    path: Path
    message: Message


@dataclass(frozen=True, slots=True)
class All:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    parts: tuple[Condition, ...]


@dataclass(frozen=True, slots=True)
class Not:
    part: Condition


@dataclass(frozen=True, slots=True)
class KindIs:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class CategoryUnder:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class ZoneIn:
    values: tuple[str, ...]
    """`kind/slug`, or `kind/*`."""


@dataclass(frozen=True, slots=True)
class AnswerIs:
    question: str
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class AnswerGiven:
    question: str
    given: bool


@dataclass(frozen=True, slots=True)
class AnswerBetween:
    question: str
    low: float | None
    high: float | None


@dataclass(frozen=True, slots=True)
class AnswerHas:
    question: str
    words: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class WeekdayIs:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class HoursIn:
    ranges: tuple[tuple[int, int], ...]
    """Minutes of the local day, first included, last excluded; first > last crosses midnight."""


@dataclass(frozen=True, slots=True)
class ChannelIs:
    values: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class TextHas:
    words: tuple[str, ...]


AnswerCondition = AnswerIs | AnswerGiven | AnswerBetween | AnswerHas
Leaf = KindIs | CategoryUnder | ZoneIn | AnswerCondition | WeekdayIs | HoursIn | ChannelIs | TextHas
Condition = All | AnyOf | Not | Leaf

_ZONE = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*/(\*|[a-z0-9]+(-[a-z0-9]+)*)\Z")
_SLUG = re.compile(r"[a-z0-9]+(-[a-z0-9]+)*\Z")
_CLOCK = re.compile(r"([01][0-9]|2[0-3]):([0-5][0-9])\Z")


def fold(text: str) -> str:
    """Small letters without accents, so that `Mât` is found by `mat`."""
    decomposed = unicodedata.normalize("NFKD", text.casefold())
    return "".join(c for c in decomposed if not unicodedata.combining(c))


def word_pattern(words: tuple[str, ...]) -> re.Pattern[str]:
    """Finds any of the words in folded text."""

    def one(word: str) -> str:
        begins = word.endswith("*")
        return re.escape(fold(word.rstrip("*"))) + ("" if begins else r"(?!\w)")

    return re.compile(r"(?<!\w)(?:" + "|".join(one(word) for word in words) + ")")


def parse_condition(data: Any) -> tuple[Condition | None, list[Problem]]:
    """The condition that `data` says, or None with every problem and its place."""
    parser = _Parser()
    condition = parser.condition(data, ())
    return (None if parser.problems else condition), parser.problems


def leaves(condition: Condition) -> Iterator[Leaf]:
    """Every simple condition inside."""
    if isinstance(condition, All | AnyOf):
        for part in condition.parts:
            yield from leaves(part)
    elif isinstance(condition, Not):
        yield from leaves(condition.part)
    else:
        yield condition


class _Parser:
    def __init__(self) -> None:
        self.problems: list[Problem] = []
        self.count = 0
        self.simple: dict[str, Callable[[Any, Path], Condition | None]] = {
            "kind": lambda data, path: _made(KindIs, self.words(data, path, KINDS)),
            "category": lambda data, path: _made(CategoryUnder, self.words(data, path, _SLUG)),
            "zone": lambda data, path: _made(ZoneIn, self.words(data, path, _ZONE)),
            "weekday": lambda data, path: _made(WeekdayIs, self.words(data, path, WEEKDAYS)),
            "channel": lambda data, path: _made(ChannelIs, self.words(data, path, CHANNELS)),
            "text": lambda data, path: _made(TextHas, self.texts(data, path)),
            "hours": self.hours,
            "answer": self.answer,
        }

    def wrong(self, path: Path, sentence: str, **params: Any) -> None:
        self.problems.append(Problem(path, Message(sentence, params)))

    def condition(self, data: Any, path: Path) -> Condition | None:
        self.count += 1
        if self.count > MAX_NODES or len(path) > 2 * MAX_DEPTH:
            if self.count <= MAX_NODES + 1:
                self.wrong(path, "Split this rule: its conditions are too many or too deep.")
            return None
        if not isinstance(data, dict) or len(data) != 1:
            self.wrong(path, "Write one condition here, such as {category: lighting}; several go in all or any.")
            return None
        key, value = next(iter(data.items()))
        here = (*path, str(key))
        if key in ("all", "any"):
            return self.several(key, value, here)
        if key == "not":
            part = self.condition(value, here)
            return None if part is None else Not(part)
        if key not in self.simple:
            self.wrong(
                here,
                "“%(given)s” is not a condition; the conditions are %(known)s.",
                given=str(key)[:40],
                known=("all", "any", "not", *self.simple),
            )
            return None
        return self.simple[key](value, here)

    def several(self, key: str, value: Any, path: Path) -> Condition | None:
        if not isinstance(value, list) or (key == "any" and not value):
            self.wrong(path, "Write a list of conditions under “%(key)s”.", key=key)
            return None
        parts = [self.condition(item, (*path, index)) for index, item in enumerate(value)]
        found = tuple(part for part in parts if part is not None)
        if len(found) != len(parts):
            return None
        return All(found) if key == "all" else AnyOf(found)

    def listed(self, data: Any, path: Path) -> list[tuple[Path, str]]:
        """One word or a list of words, each with its own place."""
        items = data if isinstance(data, list) else [data]
        places = [(*path, index) if isinstance(data, list) else path for index in range(len(items))]
        if not items:
            self.wrong(path, "Give at least one value.")
        result = []
        for place, item in zip(places, items, strict=True):
            if isinstance(item, str):
                result.append((place, item))
            else:
                self.wrong(place, "Write a word here instead of “%(given)s”.", given=str(item)[:40])
        return result

    def words(self, data: Any, path: Path, allowed: tuple[str, ...] | re.Pattern[str]) -> tuple[str, ...]:
        result = []
        for place, word in self.listed(data, path):
            if isinstance(allowed, tuple) and word not in allowed:
                self.wrong(place, "Write one of %(known)s instead of “%(given)s”.", known=allowed, given=word[:40])
            elif isinstance(allowed, re.Pattern) and not allowed.match(word):
                wanted = "kind/slug or kind/*" if allowed is _ZONE else "slug"
                self.wrong(place, "Write a %(wanted)s instead of “%(given)s”.", wanted=wanted, given=word[:40])
            else:
                result.append(word)
        return tuple(result)

    def texts(self, data: Any, path: Path) -> tuple[str, ...]:
        result = []
        for place, word in self.listed(data, path):
            if len(word) > 80 or not fold(word.rstrip("*")).strip():
                self.wrong(place, "Write a word of 1 to 80 letters here.")
            else:
                result.append(word)
        return tuple(result)

    def hours(self, data: Any, path: Path) -> Condition | None:
        ranges = []
        for place, text in self.listed(data, path):
            first, dash, last = (part.strip() for part in text.partition("-"))
            start = _minute(first)
            end = DAY if last == "24:00" else _minute(last)
            if not dash or start is None or end is None:
                column = 1 if start is None else len(text.partition("-")[0]) + 2
                self.wrong(
                    place,
                    "Write hours as 22:00-06:00 instead of “%(given)s” (wrong from character %(column)s on).",
                    given=text[:40],
                    column=column,
                )
            elif start == end:
                self.wrong(place, "These hours never come: “%(given)s” ends when it begins.", given=text[:40])
            else:
                ranges.append((start, end))
        return HoursIn(tuple(ranges)) if ranges else None

    def answer(self, data: Any, path: Path) -> Condition | None:
        if not isinstance(data, dict) or not isinstance(data.get("question"), str):
            self.wrong(path, "Name the question: {question: its-slug, is: an-answer}.")
            return None
        question = data["question"]
        if not _SLUG.match(question):
            self.wrong((*path, "question"), "Write a %(wanted)s instead of “%(given)s”.", wanted="slug",
                       given=question[:40])  # fmt: skip
        tests = set(data) - {"question"}
        if tests == {"is"}:
            return AnswerIs(question, self.words(_plain(data["is"]), (*path, "is"), _SLUG))
        if tests == {"contains"}:
            return AnswerHas(question, self.texts(data["contains"], (*path, "contains")))
        if tests == {"given"} and isinstance(data["given"], bool):
            return AnswerGiven(question, data["given"])
        if tests and tests <= {"at_least", "at_most"}:
            return self.between(question, data, path)
        self.wrong(path, "Say what the answer must be: is, contains, given (true or false), at_least or at_most.")
        return None

    def between(self, question: str, data: dict[str, Any], path: Path) -> Condition | None:
        low, high = data.get("at_least"), data.get("at_most")
        for key in ("at_least", "at_most"):
            if key in data and (isinstance(data[key], bool) or not isinstance(data[key], int | float)):
                self.wrong((*path, key), "Write a number here.")
                return None
        if low is not None and high is not None and low > high:
            self.wrong(path, "No number is at least %(low)s and at most %(high)s.", low=low, high=high)
            return None
        return AnswerBetween(question, low, high)


def _made(shape: Callable[[tuple[str, ...]], Condition], values: tuple[str, ...]) -> Condition | None:
    return shape(values) if values else None


def _plain(value: Any) -> Any:
    """`true` and `false` are the answers yes and no."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return [_plain(item) for item in value] if isinstance(value, list) else value


def _minute(text: str) -> int | None:
    found = _CLOCK.match(text)
    return int(found[1]) * 60 + int(found[2]) if found else None
