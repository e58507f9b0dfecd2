"""Which service takes a contribution, and why: the town's rules in order, the first that holds wins. Pure.

Without a rule, the category's service (that of the kind first); without one, the nearest category above;
without one, the service that sorts. Never nowhere: a rule that cannot be read, that fails on a case or that
sends to a service that is no longer there is skipped and flagged, and the next one is asked.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection, Hashable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from threading import Lock
from typing import Any, Literal
from zoneinfo import ZoneInfo

from app.core.messages import Labels, Message
from app.features.territories.matching import Case, Names, RoutingFacts, Test, compile_condition, describe, rules_out
from app.features.territories.packs.conditions import (
    All,
    AnyOf,
    Condition,
    Leaf,
    Not,
    parse_condition,
)

__all__ = [
    "CategoryService",
    "Decision",
    "Explanation",
    "Flag",
    "Names",
    "RoutingFacts",
    "Rule",
    "RuleSet",
    "RuleSets",
    "explain",
    "reason_in_words",
    "route",
]

Reason = Literal["rule", "category", "ancestor", "triage"]

RULE = "rule %(number)s: %(name)s → %(service)s"
CATEGORY = "category %(category)s → %(service)s"
TRIAGE = "no rule and no service for %(category)s → to be sorted"


@dataclass(frozen=True, slots=True)
class Rule:
    """A rule as stored. `number` is its place in the order, from 1; `when` is plain data."""

    id: int | str
    number: int
    name: Labels | str
    when: Any
    service: str
    active: bool = True


@dataclass(frozen=True, slots=True)
class CategoryService:
    """Who takes a category when no rule speaks: `by_kind` first, then `default`."""

    default: str | None = None
    by_kind: Mapping[str, str] = field(default_factory=dict)

    def of(self, kind: str) -> str | None:
        """The service for a contribution of this kind, if the category names one."""
        return self.by_kind.get(kind) or self.default


@dataclass(frozen=True, slots=True)
class Flag:
    """A rule that was skipped; an administrator should be told."""

    rule_id: int | str
    number: int
    message: Message


@dataclass(frozen=True, slots=True)
class Decision:
    """Where it goes. `service` is None for the queue that sorts."""

    service: str | None
    code: Reason
    rule_id: int | str | None = None
    params: Mapping[str, Any] = field(default_factory=dict)
    flags: tuple[Flag, ...] = ()

    def to_json(self) -> dict[str, Any]:
        """What a ticket keeps: `{"rule", "code", "reason", "params"}`; `reason` is a message id."""
        reason = {"rule": RULE, "triage": TRIAGE}.get(self.code, CATEGORY)
        return {"rule": self.rule_id, "code": self.code, "reason": reason, "params": dict(self.params)}


@dataclass(frozen=True, slots=True)
class Step:
    """One simple condition of a rule, tried: its place in `when`, whether it held, in words."""

    path: tuple[str | int, ...]
    held: bool
    message: Message


@dataclass(frozen=True, slots=True)
class Explanation:
    """What a rule said of a case. `later`: it would have held, after the one that decided."""

    rule_id: int | str
    number: int
    name: Labels | str
    outcome: Literal["decided", "later", "failed", "skipped", "inactive"]
    message: Message
    steps: tuple[Step, ...] = ()


@dataclass(frozen=True, slots=True)
class _Compiled:
    rule: Rule
    condition: Condition | None
    test: Test | None
    problem: Message | None


@dataclass(frozen=True, slots=True)
class _Met:
    """The rules that may hold for a kind, a category and a channel, and what is decided when none does."""

    rules: tuple[tuple[Test, Rule], ...]
    otherwise: Decision


class RuleSet:
    """A town's rules, compiled once; `route` then costs some microseconds. Immutable, safe between threads.

    `services`: the slugs that exist (`parent:` included), or None to trust the rules.
    """

    def __init__(
        self,
        rules: Sequence[Rule],
        *,
        timezone: str | ZoneInfo,
        categories: Mapping[str, CategoryService] | None = None,
        services: Collection[str] | None = None,
    ) -> None:
        self.timezone = timezone if isinstance(timezone, ZoneInfo) else ZoneInfo(timezone)
        self.categories = dict(categories or {})
        self.services = None if services is None else frozenset(services)
        self.compiled = tuple(self._compile(rule) for rule in sorted(rules, key=lambda rule: rule.number))
        self._broken = tuple(
            Flag(one.rule.id, one.rule.number, one.problem)
            for one in self.compiled
            if one.problem is not None and one.rule.active
        )
        self._met: dict[tuple[str, tuple[str, ...], str], _Met] = {}

    def _compile(self, rule: Rule) -> _Compiled:
        condition, problems = parse_condition(rule.when)
        if condition is None:
            what = problems[0].message if problems else Message("nothing")
            return _Compiled(rule, None, None, Message("The rule cannot be read: %(problem)s", {"problem": what}))
        if self.services is not None and rule.service not in self.services:
            gone = Message("Its service “%(service)s” no longer exists.", {"service": rule.service})
            if not rule.service:
                gone = Message("Its service no longer exists.")
            return _Compiled(rule, condition, None, gone)
        return _Compiled(rule, condition, compile_condition(condition), None)

    def route(self, facts: RoutingFacts) -> Decision:
        """The decision for one contribution. Raises ValueError only when `facts.at` has no time zone."""
        met = self._met_with(facts.kind, facts.category_path, facts.channel)
        flags = self._broken
        case = Case(facts, self.timezone)
        for test, rule in met.rules:
            try:
                held = test(case)
            except Exception as error:  # noqa: BLE001  a rule must never stop a contribution
                flags = (*flags, Flag(rule.id, rule.number, _failure(error)))
                continue
            if held:
                params = {"number": rule.number, "name": rule.name, "service": rule.service}
                return Decision(rule.service, "rule", rule.id, params, flags)
        return met.otherwise if flags is self._broken else replace(met.otherwise, flags=flags)

    def _met_with(self, kind: str, path: tuple[str, ...], channel: str) -> _Met:
        """Found once for each kind, category and channel: most rules speak of other categories."""
        known = self._met.get((kind, path, channel))
        if known is None:
            rules = tuple(
                (one.test, one.rule)
                for one in self.compiled
                if one.test and one.condition and one.rule.active and not rules_out(one.condition, kind, path, channel)
            )
            known = self._met[kind, path, channel] = _Met(rules, self._fallback(kind, path))
        return known

    def _fallback(self, kind: str, path: tuple[str, ...]) -> Decision:
        leaf = path[-1] if path else ""
        for category in reversed(path):
            known = self.categories.get(category)
            service = known.of(kind) if known else None
            if service and (self.services is None or service in self.services):
                code: Reason = "category" if category == leaf else "ancestor"
                return Decision(service, code, None, {"category": category, "service": service}, self._broken)
        return Decision(None, "triage", None, {"category": leaf}, self._broken)

    def explain(self, facts: RoutingFacts, names: Names | None = None) -> list[Explanation]:
        """What each rule says of this contribution, in order."""
        case, said, decided = Case(facts, self.timezone), [], False
        for one in self.compiled:
            explanation = _explain_one(one, case, names or Names(), decided)
            decided = decided or explanation.outcome == "decided"
            said.append(explanation)
        return said


def route(
    rules: Sequence[Rule],
    facts: RoutingFacts,
    *,
    timezone: str | ZoneInfo,
    categories: Mapping[str, CategoryService] | None = None,
    services: Collection[str] | None = None,
) -> Decision:
    """Compile and route once; keep a `RuleSet` to route many."""
    return RuleSet(rules, timezone=timezone, categories=categories, services=services).route(facts)


def explain(
    rules: Sequence[Rule], facts: RoutingFacts, *, timezone: str | ZoneInfo, names: Names | None = None
) -> list[Explanation]:
    """Compile and explain once."""
    return RuleSet(rules, timezone=timezone).explain(facts, names)


def reason_in_words(stored: Mapping[str, Any], names: Names | None = None) -> Message:
    """The sentence of a stored decision (`Decision.to_json`), with the names people know."""
    known, params = names or Names(), dict(stored.get("params") or {})
    if "service" in params:
        slug = params["service"]
        params["service"] = known.services.get(slug, slug)
    if "category" in params:
        slug = params["category"]
        params["category"] = known.categories.get(slug, slug)
    return Message(stored.get("reason", TRIAGE), params)


class RuleSets:
    """Compiled rules by town, kept while their version does not change. Safe between threads."""

    def __init__(self, limit: int = 500) -> None:
        self._kept: OrderedDict[Hashable, tuple[Hashable, RuleSet]] = OrderedDict()
        self._limit = limit
        self._lock = Lock()

    def get(self, key: Hashable, version: Hashable, build: Callable[[], RuleSet]) -> RuleSet:
        """The rules of `key` at `version`; `build` is called when they are not known yet."""
        with self._lock:
            kept = self._kept.get(key)
            if kept is not None and kept[0] == version:
                self._kept.move_to_end(key)
                return kept[1]
        made = build()
        with self._lock:
            self._kept[key] = (version, made)
            self._kept.move_to_end(key)
            while len(self._kept) > self._limit:
                self._kept.popitem(last=False)
        return made


def _failure(error: Exception) -> Message:
    return Message("It failed on this contribution: %(error)s", {"error": f"{type(error).__name__}: {error}"[:200]})


def _explain_one(one: _Compiled, case: Case, names: Names, decided: bool) -> Explanation:
    rule = one.rule
    if not rule.active:
        return Explanation(rule.id, rule.number, rule.name, "inactive", Message("The rule is switched off."))
    if one.problem is not None or one.condition is None or one.test is None:
        problem = one.problem or NEVER
        return Explanation(rule.id, rule.number, rule.name, "skipped", problem)
    try:
        steps = tuple(_steps(one.condition, case, names, (), True))
        held = one.test(case)
    except Exception as error:  # noqa: BLE001  the same net as in `route`
        return Explanation(rule.id, rule.number, rule.name, "skipped", _failure(error))
    if held:
        outcome: Literal["decided", "later"] = "later" if decided else "decided"
        words = "It would hold too, but an earlier rule decided." if decided else "All its conditions hold."
        return Explanation(rule.id, rule.number, rule.name, outcome, Message(words), steps)
    missing = next((step.message for step in steps if not step.held), NEVER)
    return Explanation(rule.id, rule.number, rule.name, "failed", missing, steps)


NEVER = Message("It can never hold.")


def _steps(condition: Condition, case: Case, names: Names, path: tuple[str | int, ...], wanted: bool) -> Iterator[Step]:
    """Each simple condition that counts against what is `wanted` of it (False under a `not`)."""
    match condition:
        case All(parts) | AnyOf(parts):
            key = "all" if isinstance(condition, All) else "any"
            # One that holds is enough here: the others that fail are no reason.
            enough = (key == "any") is wanted and compile_condition(condition)(case) is wanted
            for index, part in enumerate(parts):
                for step in _steps(part, case, names, (*path, key, index), wanted):
                    if step.held or not enough:
                        yield step
        case Not(part):
            yield from _steps(part, case, names, (*path, "not"), not wanted)
        case _:
            yield _step(condition, case, names, path, wanted)


def _step(leaf: Leaf, case: Case, names: Names, path: tuple[str | int, ...], wanted: bool) -> Step:
    words, actual = describe(leaf, names)
    held = compile_condition(leaf)(case)
    if held is wanted:
        sentence = "%(condition)s: yes" if wanted else "not (%(condition)s): yes"
        return Step(path, True, Message(sentence, {"condition": words}))
    sentence = (
        "%(condition)s: no, here it is %(actual)s" if wanted else "not (%(condition)s): no, here it is %(actual)s"
    )
    return Step(path, False, Message(sentence, {"condition": words, "actual": actual(case)}))
