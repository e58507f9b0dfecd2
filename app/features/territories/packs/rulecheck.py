"""Rules checked when they are saved: known names only, possible, and reached by somebody."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from app.core.messages import Labels, Message
from app.features.territories.packs.conditions import (
    All,
    AnswerBetween,
    AnswerGiven,
    AnswerHas,
    AnswerIs,
    AnyOf,
    CategoryUnder,
    Condition,
    Leaf,
    Not,
    Path,
    ZoneIn,
    parse_condition,
)
from app.features.territories.packs.reachability import Reach, reach, shadow
from app.features.territories.packs.schema import Category, Pack, Question


@dataclass(frozen=True, slots=True)
class RuleIssue:
    """`rule` is an index in the list given; `path` leads to the wrong place inside that rule's data."""

    rule: int
    path: Path
    message: Message
    severity: Literal["error", "warning"] = "error"


@dataclass(frozen=True, slots=True)
class Town:
    """What rules may refer to. None for services means: not known here."""

    categories: Mapping[str, Category]
    zones: Mapping[str, Collection[str]]
    """Slugs by zone kind; a kind that is declared but empty is allowed as `kind/*`."""
    services: Collection[str] | None
    parent_services: Collection[str] | None = None
    children: Mapping[str, tuple[str, ...]] = field(init=False)

    def __post_init__(self) -> None:
        children: dict[str, tuple[str, ...]] = {}
        for category in self.categories.values():
            if category.parent is not None:
                children[category.parent] = (*children.get(category.parent, ()), category.slug)
        object.__setattr__(self, "children", children)

    @classmethod
    def of(cls, pack: Pack) -> Town:
        """The references a pack defines."""
        zones: dict[str, set[str]] = {kind: set() for kind in pack.town.zone_kinds}
        for group in pack.zones:
            zones.setdefault(group.kind, set()).update(zone.slug for zone in group.zones)
        return cls(
            {category.slug: category for category in pack.categories},
            zones,
            {service.slug for service in pack.services},
        )

    def below(self, slug: str) -> set[str]:
        """The category and everything under it."""
        found, waiting = set(), [slug]
        while waiting:
            current = waiting.pop()
            if current not in found:
                found.add(current)
                waiting.extend(self.children.get(current, ()))
        return found

    def question(self, slug: str, categories: Collection[str] | None = None) -> list[Question]:
        """Every question of that name, in those categories or anywhere."""
        return [
            question
            for category in self.categories.values()
            if categories is None or category.slug in categories
            for question in category.questions
            if question.slug == slug
        ]


@dataclass(frozen=True, slots=True)
class RuleToCheck:
    """The plain data of a rule, in the order in which rules are read."""

    name: Labels | str
    when: Any
    service: str
    active: bool = True


def check_rules(rules: Sequence[RuleToCheck], town: Town) -> list[RuleIssue]:
    """Everything wrong with these rules, several at once, each with its place."""
    issues: list[RuleIssue] = []
    earlier: list[tuple[int, Reach]] = []
    for index, rule in enumerate(rules):
        issues.extend(RuleIssue(index, ("then", "service"), words) for words in _service(rule.service, town))
        condition, problems = parse_condition(rule.when)
        issues.extend(RuleIssue(index, ("when", *found.path), found.message) for found in problems)
        if condition is None:
            continue
        unknown = list(_unknown(condition, town, ("when",)))
        issues.extend(RuleIssue(index, path, words) for path, words in unknown)
        if unknown or not rule.active:
            continue
        space = reach(condition, town)
        if not space.possible and space.reason is not None:
            issues.append(RuleIssue(index, ("when",), space.reason))
            continue
        before = shadow(space, earlier, town)
        if before is not None:
            params = {"number": before + 1, "name": rules[before].name}
            sentence = (
                "Nobody reaches this rule: rule %(number)s (“%(name)s”) already takes everything it would "
                "take. Move it before, or narrow that one."
            )
            issues.append(RuleIssue(index, ("when",), Message(sentence, params)))
        earlier.append((index, space))
    return issues


def _service(reference: str, town: Town) -> list[Message]:
    above, _, slug = reference.rpartition(":")
    known = town.parent_services if above else town.services
    if known is None or slug in known:
        return []
    where = "the territory above" if above else "this town"
    return [
        Message(
            "There is no service “%(slug)s” in %(where)s. Add it, or choose one that exists.",
            {"slug": slug, "where": Message(where)},
        )
    ]


def _unknown(condition: Condition, town: Town, path: Path) -> list[tuple[Path, Message]]:
    match condition:
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            return [found for index, part in enumerate(parts) for found in _unknown(part, town, (*path, key, index))]
        case Not(part):
            return _unknown(part, town, (*path, "not"))
    return _unknown_leaf(condition, town, path)


def _unknown_leaf(leaf: Leaf, town: Town, path: Path) -> list[tuple[Path, Message]]:
    match leaf:
        case CategoryUnder(values):
            return [
                (
                    (*path, "category"),
                    Message("There is no category “%(slug)s”. Correct its slug.", {"slug": value}),
                )
                for value in values
                if value not in town.categories
            ]
        case ZoneIn(values):
            return [((*path, "zone"), words) for value in values for words in _zone(value, town)]
        case AnswerIs() | AnswerGiven() | AnswerBetween() | AnswerHas():
            return [((*path, "answer"), words) for words in _answer(leaf, town)]
    return []


def _zone(reference: str, town: Town) -> list[Message]:
    kind, _, slug = reference.partition("/")
    if kind not in town.zones:
        return [
            Message(
                "There is no kind of zone “%(kind)s”. Known: %(known)s.",
                {"kind": kind, "known": tuple(sorted(town.zones)) or Message("nothing")},
            )
        ]
    if slug != "*" and slug not in town.zones[kind]:
        return [
            Message("There is no zone “%(slug)s” of kind “%(kind)s”.", {"slug": slug, "kind": kind}),
        ]
    return []


def _answer(leaf: AnswerIs | AnswerGiven | AnswerBetween | AnswerHas, town: Town) -> list[Message]:
    questions = town.question(leaf.question)
    if not questions:
        return [Message("No category asks the question “%(slug)s”.", {"slug": leaf.question})]
    if isinstance(leaf, AnswerBetween) and all(question.type != "number" for question in questions):
        return [Message("The answer to “%(slug)s” is not a number.", {"slug": leaf.question})]
    if not isinstance(leaf, AnswerIs):
        return []
    possible: set[str] = set()
    for question in questions:
        choices = question.values()
        if choices is None:
            return []
        possible.update(choices)
    return [
        Message(
            "“%(value)s” is not an answer to “%(slug)s”. Its answers are %(known)s.",
            {"value": value, "slug": leaf.question, "known": tuple(sorted(possible))},
        )
        for value in leaf.values
        if value not in possible
    ]
