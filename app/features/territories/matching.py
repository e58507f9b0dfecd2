"""Conditions made into functions, and said in words. Pure.

A `Case` is one contribution prepared once (local time, folded text, zone references), so that a hundred rules
can look at it in some tens of microseconds.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property
from typing import Any
from zoneinfo import ZoneInfo

from app.core.messages import Labels, Message
from app.features.territories.packs.conditions import (
    DAY,
    All,
    AnswerBetween,
    AnswerGiven,
    AnswerHas,
    AnswerIs,
    AnyOf,
    CategoryUnder,
    ChannelIs,
    Condition,
    HoursIn,
    KindIs,
    Leaf,
    Not,
    TextHas,
    WeekdayIs,
    ZoneIn,
    fold,
    word_pattern,
)
from app.features.territories.packs.schema import WEEKDAYS

Answer = str | bool | int | float | list[str] | None
Test = Callable[["Case"], bool]


@dataclass(frozen=True, slots=True)
class RoutingFacts:
    """What rules may look at. `category_path` goes from root to leaf; `zones` is slugs by kind."""

    kind: str
    category_path: tuple[str, ...]
    at: datetime
    """When it was received; aware."""
    zones: Mapping[str, Collection[str]] = field(default_factory=dict)
    answers: Mapping[str, Answer] = field(default_factory=dict)
    channel: str = "web"
    text: str = ""


class Case:
    """Facts, prepared for the time zone of a town as far as its rules ask."""

    def __init__(self, facts: RoutingFacts, timezone: ZoneInfo) -> None:
        if facts.at.tzinfo is None:
            raise ValueError("the moment of a contribution must carry its time zone")
        self._facts, self._timezone = facts, timezone
        self.kind = facts.kind
        self.path = facts.category_path
        self.channel = facts.channel
        self.answers = facts.answers
        self.zones = facts.zones

    @cached_property
    def local(self) -> datetime:
        """When it was received, by the town's clock."""
        return self._facts.at.astimezone(self._timezone)

    @property
    def weekday(self) -> str:
        return WEEKDAYS[self.local.weekday()]

    @property
    def minute(self) -> int:
        return self.local.hour * 60 + self.local.minute

    @cached_property
    def folded_text(self) -> str:
        """The text without case and accents."""
        return fold(self._facts.text)


def rules_out(condition: Condition, kind: str, path: tuple[str, ...], channel: str) -> bool:
    """Whether nothing of this kind, category and channel can meet it, whatever else is said of it.

    Never where a look at the answers could fail first: that failure has to be heard of.
    """
    match condition:
        case KindIs(values):
            return kind not in values
        case CategoryUnder(values):
            return not set(values) & set(path)
        case ChannelIs(values):
            return channel not in values
        case AnyOf(parts):
            return all(rules_out(part, kind, path, channel) for part in parts)
        case All(parts):
            for part in parts:
                if rules_out(part, kind, path, channel):
                    return True
                if _asks_answers(part):
                    return False
    return False


def _asks_answers(condition: Condition) -> bool:
    match condition:
        case All(parts) | AnyOf(parts):
            return any(_asks_answers(part) for part in parts)
        case Not(part):
            return _asks_answers(part)
    return isinstance(condition, AnswerIs | AnswerGiven | AnswerBetween | AnswerHas)


def compile_condition(condition: Condition) -> Test:
    """Says whether a case meets the condition. May raise on answers of an unforeseen shape."""
    match condition:
        case All(parts):
            return _every(tuple(compile_condition(part) for part in parts))
        case AnyOf(parts):
            return _some(tuple(compile_condition(part) for part in parts))
        case Not(part):
            inner = compile_condition(part)
            return lambda case: not inner(case)
    return _leaf(condition)


def _every(tests: tuple[Test, ...]) -> Test:
    if len(tests) == 2:
        first, second = tests
        return lambda case: first(case) and second(case)

    def test(case: Case) -> bool:
        for inner in tests:  # noqa: SIM110  a generator costs more than this loop
            if not inner(case):
                return False
        return True

    return test


def _some(tests: tuple[Test, ...]) -> Test:
    def test(case: Case) -> bool:
        for inner in tests:  # noqa: SIM110  a generator costs more than this loop
            if inner(case):
                return True
        return False

    return test


def _leaf(condition: Leaf) -> Test:
    match condition:
        case KindIs(values):
            kinds = frozenset(values)
            return lambda case: case.kind in kinds
        case CategoryUnder(values):
            categories = frozenset(values)
            return lambda case: not categories.isdisjoint(case.path)
        case ZoneIn(values):
            return _zones(values)
        case WeekdayIs(values):
            days = frozenset(values)
            return lambda case: case.weekday in days
        case HoursIn(ranges):
            minutes = minute_table(ranges)
            return lambda case: bool(minutes[case.minute])
        case ChannelIs(values):
            channels = frozenset(values)
            return lambda case: case.channel in channels
        case TextHas(words):
            return _words(words)
    return _answer(condition)


def _zones(values: tuple[str, ...]) -> Test:
    wanted = tuple(value.split("/") for value in values)

    def test(case: Case) -> bool:
        for kind, slug in wanted:
            inside = case.zones.get(kind)
            if inside and (slug == "*" or slug in inside):
                return True
        return False

    return test


def _words(words: tuple[str, ...]) -> Test:
    found = word_pattern(words).search
    stems = tuple(fold(word.rstrip("*")) for word in words)

    def test(case: Case) -> bool:
        # Looking for the letters first spares the expression, ten times dearer, on nearly every text.
        text = case.folded_text
        for stem in stems:
            if stem in text:
                return found(text) is not None
        return False

    return test


def _answer(condition: AnswerIs | AnswerGiven | AnswerBetween | AnswerHas) -> Test:
    question = condition.question
    match condition:
        case AnswerIs(_, values):
            wanted = frozenset(values)
            return lambda case: not wanted.isdisjoint(_chosen(case.answers.get(question)))
        case AnswerGiven(_, given):
            return lambda case: bool(_chosen(case.answers.get(question))) is given
        case AnswerBetween(_, low, high):
            return lambda case: _between(case.answers.get(question), low, high)
        case AnswerHas(_, words):
            found = word_pattern(words).search
            return lambda case: any(found(fold(text)) for text in _chosen(case.answers.get(question)))


def _chosen(answer: Answer) -> tuple[str, ...]:
    if answer is None or answer == "":
        return ()
    if isinstance(answer, bool):
        return ("yes" if answer else "no",)
    if isinstance(answer, list):
        return tuple(answer)
    return (str(answer),)


def _between(answer: Answer, low: float | None, high: float | None) -> bool:
    if answer is None or answer == "":
        return False
    if isinstance(answer, list):
        raise TypeError("several answers where a number was expected")
    number = float(answer)
    return (low is None or number >= low) and (high is None or number <= high)


def minute_table(ranges: tuple[tuple[int, int], ...]) -> bytes:
    """1,440 bytes, one a minute of the local day: 1 inside the ranges."""
    table = bytearray(DAY)
    for start, end in ranges:
        for minute in range(start, end if start < end else end + DAY):
            table[minute % DAY] = 1
    return bytes(table)


@dataclass(frozen=True, slots=True)
class Names:
    """How to say slugs to people: labels by slug, `kind/slug` for zones. The unknown shows its slug."""

    categories: Mapping[str, Labels] = field(default_factory=dict)
    zones: Mapping[str, Labels] = field(default_factory=dict)
    zone_kinds: Mapping[str, Labels] = field(default_factory=dict)
    services: Mapping[str, Labels] = field(default_factory=dict)
    questions: Mapping[str, Labels] = field(default_factory=dict)
    answers: Mapping[tuple[str, str], Labels] = field(default_factory=dict)
    """What is said by each answer that may be chosen, by question and value."""

    def said(self, question: str, values: Collection[str]) -> tuple[Any, ...]:
        """Answers in the words of their question; what somebody wrote is said as it is."""
        return tuple(self.answers.get((question, value)) or YES_NO.get(value, value) for value in values)

    def zone(self, reference: str) -> Any:
        """The zone's name, or “any …” for a whole kind."""
        kind, _, slug = reference.partition("/")
        if slug == "*":
            return Message("any %(zone_kind)s", {"zone_kind": self.zone_kinds.get(kind, kind)})
        return self.zones.get(reference, slug)


YES_NO = {"yes": Message("yes"), "no": Message("no")}
KIND_WORDS = {"problem": Message("problem"), "praise": Message("praise"), "proposal": Message("proposal")}
DAY_WORDS = {
    day: Message(word)
    for day, word in zip(
        WEEKDAYS,
        ("Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"),
        strict=True,
    )
}
CHANNEL_WORDS = {
    "web": Message("web form"),
    "api": Message("application"),
    "phone": Message("telephone"),
    "desk": Message("counter"),
    "paper": Message("paper"),
    "workshop": Message("workshop"),
    "chat": Message("chat"),
    "import": Message("import"),
}
NOTHING = Message("nothing")


def describe(condition: Leaf, names: Names) -> tuple[Message, Callable[[Case], Any]]:
    """The condition in words, and what to show of a case that does not meet it."""
    match condition:
        case KindIs(values):
            wanted: Any = tuple(KIND_WORDS[value] for value in values)
            return Message("the kind is %(wanted)s", {"wanted": wanted}), lambda case: KIND_WORDS.get(
                case.kind, case.kind
            )
        case CategoryUnder(values):
            wanted = tuple(names.categories.get(value, value) for value in values)
            return Message(
                "the category is under %(wanted)s", {"wanted": wanted}
            ), lambda case: names.categories.get(case.path[-1], case.path[-1]) if case.path else NOTHING
        case ZoneIn(values):
            wanted = tuple(names.zone(value) for value in values)
            return (
                Message("the place is in %(wanted)s", {"wanted": wanted}),
                lambda case: (
                    tuple(
                        names.zone(f"{kind}/{slug}") for kind in sorted(case.zones) for slug in sorted(case.zones[kind])
                    )
                    or Message("no zone")
                ),
            )
        case WeekdayIs(values):
            wanted = tuple(DAY_WORDS[value] for value in values)
            return Message("the day is %(wanted)s", {"wanted": wanted}), lambda case: DAY_WORDS[case.weekday]
        case HoursIn(ranges):
            wanted = tuple(f"{clock(start)}-{clock(end)}" for start, end in ranges)
            return Message("the hour is within %(wanted)s", {"wanted": wanted}), lambda case: clock(case.minute)
        case ChannelIs(values):
            wanted = tuple(CHANNEL_WORDS[value] for value in values)
            return Message("the channel is %(wanted)s", {"wanted": wanted}), lambda case: CHANNEL_WORDS.get(
                case.channel, case.channel
            )
        case TextHas(words):
            return Message("the text contains %(wanted)s", {"wanted": words}), lambda case: Message(
                "none of these words"
            )
    return _describe_answer(condition, names)


def _describe_answer(
    condition: AnswerIs | AnswerGiven | AnswerBetween | AnswerHas, names: Names
) -> tuple[Message, Callable[[Case], Any]]:
    slug = condition.question
    params: dict[str, Any] = {"question": names.questions.get(slug, slug)}

    def shown(case: Case) -> Any:
        return names.said(slug, _chosen(case.answers.get(slug))) or NOTHING

    match condition:
        case AnswerIs(_, values):
            return Message(
                "the answer to “%(question)s” is %(wanted)s", {**params, "wanted": names.said(slug, values)}
            ), shown
        case AnswerHas(_, words):
            return Message("the answer to “%(question)s” contains %(wanted)s", {**params, "wanted": words}), shown
        case AnswerGiven(_, True):
            return Message("“%(question)s” is answered", params), shown
        case AnswerGiven():
            return Message("“%(question)s” is not answered", params), shown
        case AnswerBetween(_, low, None):
            return Message("the answer to “%(question)s” is at least %(low)s", {**params, "low": low}), shown
        case AnswerBetween(_, None, high):
            return Message("the answer to “%(question)s” is at most %(high)s", {**params, "high": high}), shown
    both = {**params, "low": condition.low, "high": condition.high}
    return Message("the answer to “%(question)s” is between %(low)s and %(high)s", both), shown


def clock(minute: int) -> str:
    """Minutes of the day as `22:05`; 1,440 is `24:00`."""
    return f"{minute // 60:02d}:{minute % 60:02d}"
