"""Which service takes a contribution, and until when it promises: a town's rules applied to one case."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from functools import lru_cache
from typing import Any

from app.core.messages import Message
from app.features.territories.catalogue import CategoryFacts, ServiceFacts, Town
from app.features.territories.delays import Delay, WorkCalendar, due_at, work_calendar
from app.features.territories.routing import (
    CategoryService,
    Decision,
    Names,
    RoutingFacts,
    Rule,
    RuleSet,
    RuleSets,
    reason_in_words,
)

_compiled = RuleSets()


@dataclass(frozen=True)
class Chosen:
    """The service, and the reason as a ticket keeps it: `rule` (its slug or null), `code`, `message`; to be read only.

    `skipped` are the rules (ids) that could not be used, each with why; `mended` those that failed lately and did not
    this time. Both are empty in a town that is well.
    """

    service: ServiceFacts
    routing: dict[str, Any]
    skipped: tuple[tuple[int, Message], ...] = ()
    mended: tuple[int, ...] = ()


def rules_of(town: Town) -> RuleSet:
    """The town's rules, compiled once for each version of the town."""
    return _compiled.get((town.id, town.slug), town.version, lambda: _compile(town))


def facts_of(
    town: Town,
    *,
    kind: str,
    category: CategoryFacts,
    at: datetime,
    zone_ids: Sequence[int],
    answers: Mapping[str, Any],
    channel: str,
    text: str,
) -> RoutingFacts:
    """What rules may look at of a contribution."""
    zones: dict[str, list[str]] = {}
    for zone_id in zone_ids:
        zone_kind, slug, _ = town.zone_keys.get(zone_id, ("", "", ""))
        zones.setdefault(zone_kind, []).append(slug)
    return RoutingFacts(
        kind=kind, category_path=category.path, at=at, zones=zones, answers=answers, channel=channel, text=text
    )


def decide(town: Town, facts: RoutingFacts) -> Chosen:
    """The service that must act: first rule that holds, else the category's, else the queue that sorts."""
    decision = rules_of(town).route(facts)
    # There are as many reasons as rules and categories: each is put in words once.
    reasons = _reasons_of(town)
    key = (decision.code, decision.rule_id, decision.service, decision.params.get("category"))
    chosen = reasons.get(key)
    if chosen is None:
        stored = decision.to_json()
        words = reason_in_words(stored, names_of(town))
        routing = {"rule": stored["rule"], "code": stored["code"], "message": words.to_json()}
        chosen = reasons[key] = Chosen(town.service_keys.get(decision.service or "", town.triage), routing)
    if decision.flags or town.failing:
        skipped = tuple((town.rules[flag.number - 1].id, flag.message) for flag in decision.flags)
        return replace(chosen, skipped=skipped, mended=_mended(town, decision))
    return chosen


def _mended(town: Town, decision: Decision) -> tuple[int, ...]:
    """Of the rules that failed lately, those that were asked and answered."""
    last = decision.params["number"] if decision.code == "rule" else len(town.rules)
    skipped = {flag.number for flag in decision.flags}
    return tuple(rule.id for rule in town.failing if rule.number <= last and rule.number not in skipped)


@lru_cache(maxsize=500)
def _reasons_of(town: Town) -> dict[tuple[Any, ...], Chosen]:
    return {}


@lru_cache(maxsize=500)
def names_of(town: Town) -> Names:
    """What people call the services, categories, zones, questions and answers of a town, in every language."""
    asked = [question for category in town.categories.values() for question in category.questions]
    return Names(
        services={key: service.name for key, service in town.service_keys.items()},
        categories={slug: category.label for slug, category in town.categories.items()},
        zones={f"{kind}/{slug}": {"fr": name} for kind, slug, name in town.zone_keys.values()},
        zone_kinds=town.settings.get("zone_kinds", {}),
        questions={one["slug"]: one["label"] for one in reversed(asked)},
        answers={
            (one["slug"], option["slug"]): option["label"]
            for one in reversed(asked)
            for option in one.get("options") or ()
        },
    )


@lru_cache(maxsize=500)
def calendar_of(town: Town) -> WorkCalendar:
    """When the town works."""
    return work_calendar(town.settings.get("delays"), timezone=town.timezone)


def promise_of(town: Town, category: CategoryFacts, kind: str) -> Delay | None:
    """The delay promised for a category; praise and proposals are promised nothing."""
    if kind != "problem":
        return None
    return Delay.of(category.target_delay or town.settings.get("delays", {}).get("default"))


def due_date(town: Town, category: CategoryFacts, *, kind: str, at: datetime) -> datetime | None:
    """When the service promises to have answered (UTC), or None."""
    delay = promise_of(town, category, kind)
    return due_at(at, delay, calendar_of(town)) if delay else None


def _compile(town: Town) -> RuleSet:
    return RuleSet(
        [
            Rule(rule.slug, rule.number, rule.name, rule.conditions, town.service_key(rule.service_id))
            for rule in town.rules
        ],
        timezone=town.timezone,
        categories={
            slug: CategoryService(
                town.service_key(category.service_id) if category.service_id else None, category.kind_services
            )
            for slug, category in town.categories.items()
        },
        services=town.service_keys.keys(),
    )
