"""Can a rule ever hold, and does an earlier rule take all that it would take? Sound, not complete.

A condition becomes a few *boxes* (a disjunction of conjunctions). In a box, kind and category are one
exact set of pairs; weekday, minute, channel are exact sets; zones, answers and words stay literals, since
places overlap and texts are free. What this says is certain; what it does not see is only not said.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from app.core.messages import Message
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
)
from app.features.territories.packs.schema import CHANNELS, WEEKDAYS

if TYPE_CHECKING:
    from app.features.territories.packs.rulecheck import Town

MAX_BOXES = 64
ALL_MINUTES = (1 << DAY) - 1

Literal_ = tuple[str, frozenset[str]]
"""What is looked at (`zone`, `text`, `answer:question`…), and the values of which one must (not) be there."""


@dataclass(frozen=True, slots=True)
class Box:
    """A conjunction: everything here must hold together."""

    pairs: frozenset[tuple[str, str]]
    weekdays: frozenset[str] = frozenset(WEEKDAYS)
    minutes: int = ALL_MINUTES
    channels: frozenset[str] = frozenset(CHANNELS)
    required: frozenset[Literal_] = frozenset()
    refused: frozenset[Literal_] = frozenset()


@dataclass(frozen=True, slots=True)
class Reach:
    """The boxes of a rule. Not `exact`: too large to unfold, and then nothing is concluded."""

    boxes: tuple[Box, ...]
    exact: bool
    reason: Message | None = None
    """Why no box is left."""

    @property
    def possible(self) -> bool:
        """False only when it is certain that the rule never holds."""
        return bool(self.boxes) or not self.exact


class _TooMany(Exception):
    """More than MAX_BOXES."""


def reach(condition: Condition, town: Town) -> Reach:
    """What the condition can hold for, in this town."""
    everything = Box(frozenset(_pairs(town)))
    try:
        boxes = _unfold(condition, True, (everything,), town)
    except _TooMany:
        return Reach((), exact=False)
    alive = tuple(box for box in boxes if _alive(box, town))
    return Reach(alive, exact=True, reason=None if alive else _why(boxes))


def shadow(space: Reach, earlier: Sequence[tuple[int, Reach]], town: Town) -> int | None:
    """The index of the earlier rule that takes the last case of `space`, or None when some case may be left."""
    if not space.exact or not space.boxes:
        return None
    last = -1
    for box in space.boxes:
        taker = _taker(box, earlier, town)
        if taker is None:
            return None
        last = max(last, taker)
    return last


def _taker(box: Box, earlier: Sequence[tuple[int, Reach]], town: Town) -> int | None:
    """The earlier rule after which nothing of the box is left, the ones before it having taken the rest."""
    left = [box]
    for index, other in earlier:
        for one in other.boxes if other.exact else ():
            if _implies(box, one, town):
                left = [rest for piece in left for rest in _subtract(piece, one)]
        if not left:
            return index
        if len(left) > MAX_BOXES:
            return None
    return None


def _subtract(box: Box, other: Box) -> list[Box]:
    """What is left of the box's exact sets once the other's are taken away."""
    rest = [replace(box, pairs=box.pairs - other.pairs)]
    inside = replace(box, pairs=box.pairs & other.pairs)
    rest.append(replace(inside, weekdays=inside.weekdays - other.weekdays))
    inside = replace(inside, weekdays=inside.weekdays & other.weekdays)
    rest.append(replace(inside, minutes=inside.minutes & ~other.minutes))
    inside = replace(inside, minutes=inside.minutes & other.minutes)
    rest.append(replace(inside, channels=inside.channels - other.channels))
    return [piece for piece in rest if _filled(piece)]


def _pairs(town: Town) -> Iterable[tuple[str, str]]:
    """Category and kind, for the categories in which one can contribute."""
    for category in town.categories.values():
        if category.slug not in town.children:
            for kind in category.kinds:
                yield category.slug, kind


def _unfold(condition: Condition, wanted: bool, boxes: tuple[Box, ...], town: Town) -> tuple[Box, ...]:
    match condition:
        case Not(part):
            return _unfold(part, not wanted, boxes, town)
        case All(parts) | AnyOf(parts):
            if isinstance(condition, All) is wanted:
                for part in parts:
                    boxes = _unfold(part, wanted, boxes, town)
                return boxes
            gathered = [box for part in parts for box in _unfold(part, wanted, boxes, town)]
            if len(gathered) > MAX_BOXES:
                raise _TooMany
            return tuple(dict.fromkeys(gathered))
    return tuple(_narrow(box, condition, wanted, town) for box in boxes)


def _narrow(box: Box, leaf: Leaf, wanted: bool, town: Town) -> Box:
    match leaf:
        case KindIs(values):
            return replace(box, pairs=frozenset(p for p in box.pairs if (p[1] in values) is wanted))
        case CategoryUnder(values):
            under = set().union(*(town.below(value) for value in values))
            return replace(box, pairs=frozenset(p for p in box.pairs if (p[0] in under) is wanted))
        case WeekdayIs(values):
            return replace(box, weekdays=box.weekdays & _side(values, WEEKDAYS, wanted))
        case ChannelIs(values):
            return replace(box, channels=box.channels & _side(values, CHANNELS, wanted))
        case HoursIn(ranges):
            mask = _mask(ranges)
            return replace(box, minutes=box.minutes & (mask if wanted else ALL_MINUTES & ~mask))
        case ZoneIn(values):
            return _literal(box, ("zone", frozenset(values)), wanted)
        case TextHas(words):
            return _literal(box, ("text", frozenset(fold(word) for word in words)), wanted)
        case AnswerHas(question, words):
            found = _literal(box, (f"words:{question}", frozenset(fold(word) for word in words)), wanted)
            return _asked(found, question, town) if wanted else found
        case AnswerIs(question, values):
            found = _literal(box, (f"answer:{question}", frozenset(values)), wanted)
            return _asked(found, question, town) if wanted else found
        case AnswerGiven(question, given):
            found = _literal(box, (f"given:{question}", frozenset({"yes"})), given is wanted)
            return _asked(found, question, town) if given is wanted else found
        case AnswerBetween(question, low, high):
            found = _literal(box, (f"number:{question}", frozenset({f"{low}..{high}"})), wanted)
            return _asked(found, question, town) if wanted else found


def _side(values: Iterable[str], every: Sequence[str], wanted: bool) -> frozenset[str]:
    chosen = frozenset(values)
    return chosen if wanted else frozenset(every) - chosen


def _literal(box: Box, literal: Literal_, wanted: bool) -> Box:
    if wanted:
        return replace(box, required=box.required | {literal})
    return replace(box, refused=box.refused | {literal})


def _asked(box: Box, question: str, town: Town) -> Box:
    """Only categories that ask a question can have its answer."""
    asking = {c.slug for c in town.categories.values() if any(q.slug == question for q in c.questions)}
    return replace(box, pairs=frozenset(pair for pair in box.pairs if pair[0] in asking))


def _mask(ranges: Iterable[tuple[int, int]]) -> int:
    mask = 0
    for start, end in ranges:
        if start < end:
            mask |= ((1 << end) - 1) & ~((1 << start) - 1)
        else:
            mask |= (ALL_MINUTES & ~((1 << start) - 1)) | ((1 << end) - 1)
    return mask


def _alive(box: Box, town: Town) -> bool:
    return _filled(box) and not _contradictory(box, town)


def _filled(box: Box) -> bool:
    return bool(box.pairs and box.weekdays and box.minutes and box.channels)


def _contradictory(box: Box, town: Town) -> bool:
    for subject, values in box.required:
        refused = frozenset().union(*(other for name, other in box.refused if name == subject))
        if refused and _covered(subject, values, refused, town):
            return True
        if subject.startswith("answer:") and _single(subject.partition(":")[2], town):
            for name, other in box.required:
                if name == subject and not values & other:
                    return True
    return False


def _single(question: str, town: Town) -> bool:
    """Whether one can give only one answer to it, wherever it is asked."""
    return all(found.type in ("choice", "yes_no") for found in town.question(question))


def _covered(subject: str, values: frozenset[str], wide: frozenset[str], town: Town) -> bool:
    """Whether having one of `values` means having one of `wide`."""
    if subject != "zone":
        return values <= wide
    return all(_zone_covered(value, wide, town) for value in values)


def _zone_covered(value: str, wide: frozenset[str], town: Town) -> bool:
    kind, _, slug = value.partition("/")
    if value in wide or f"{kind}/*" in wide:
        return True
    known = town.zones.get(kind, ())
    return slug == "*" and bool(known) and all(f"{kind}/{one}" in wide for one in known)


def _implies(box: Box, other: Box, town: Town) -> bool:
    """Whether the zones, answers and words of every case of `box` are what `other` wants."""
    for subject, wide in other.required:
        if not any(name == subject and _covered(subject, values, wide, town) for name, values in box.required):
            return False
    for subject, refused in other.refused:
        own = frozenset().union(*(values for name, values in box.refused if name == subject))
        if not _covered(subject, refused, own, town):
            return False
    return True


def _why(boxes: Sequence[Box]) -> Message:
    """The first thing that makes the rule impossible, in words."""
    if not boxes:
        return Message("This rule can never hold: nothing is left of its conditions. Correct them.")
    box = boxes[0]
    if not box.weekdays:
        return Message("This rule can never hold: its weekdays exclude one another. Correct them.")
    if not box.minutes:
        return Message("This rule can never hold: its hours exclude one another. Correct them.")
    if not box.channels:
        return Message("This rule can never hold: its channels exclude one another. Correct them.")
    if not box.pairs:
        return Message(
            "This rule can never hold: no category that takes contributions fits its categories, kinds and "
            "questions together. Check which kinds the category accepts and which questions it asks."
        )
    return Message("This rule can never hold: what it requires is also what it refuses. Correct its conditions.")
