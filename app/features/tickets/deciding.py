"""Which service takes a contribution, and until when it promised: the town's rules applied to one case."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import TYPE_CHECKING, Any

from app.features.territories.catalogue import CategoryFacts, Town
from app.features.tickets.routing import CategoryService, Names, RoutingFacts, Rule, RuleSet, RuleSets, reason_in_words

if TYPE_CHECKING:
    from app.features.tickets.placing import Waiting

_compiled = RuleSets()


@dataclass(frozen=True)
class Chosen:
    """The service, and the reason as it is kept with the ticket. `flags` name rules that could not be used."""

    service_id: int
    routing: dict[str, Any]
    flags: tuple[tuple[int | str, str], ...] = ()


def rules_of(town: Town) -> RuleSet:
    """The town's rules, compiled once for each version of the town."""
    return _compiled.get((town.id, town.slug), town.version, lambda: _compile(town))


def facts_of(town: Town, item: Waiting) -> RoutingFacts:
    """What rules may look at of a contribution."""
    zones: dict[str, list[str]] = {}
    for zone_id in item.zone_ids:
        kind, slug, _ = town.zone_keys.get(zone_id, ("", "", ""))
        zones.setdefault(kind, []).append(slug)
    return RoutingFacts(
        kind=item.kind,
        category_path=town.categories_by_id[item.category_id].path,
        at=item.created_at,
        zones=zones,
        answers=item.answers,
        channel=item.channel,
        text=item.text,
    )


def decide(town: Town, item: Waiting) -> Chosen:
    """The service that must act: first rule that holds, else the category's, else the queue that sorts."""
    decision = rules_of(town).route(facts_of(town, item))
    service = town.service_keys.get(decision.service or "", town.triage)
    stored = decision.to_json()
    words = reason_in_words(stored, names_of(town))
    routing = {"rule": stored["rule"], "code": stored["code"], "message": words.to_json()}
    return Chosen(service.id, routing, tuple((flag.rule_id, str(flag.message)) for flag in decision.flags))


def names_of(town: Town) -> Names:
    """What people call the services, categories and zones of a town, in every language."""
    return Names(
        services={key: service.name for key, service in town.service_keys.items()},
        categories={slug: category.label for slug, category in town.categories.items()},
        zones={f"{kind}/{slug}": {"fr": name} for kind, slug, name in town.zone_keys.values()},
        zone_kinds=town.settings.get("zone_kinds", {}),
    )


def due_date(town: Town, category: CategoryFacts, item: Waiting) -> datetime | None:
    """When the service promised to have answered; praise and proposals promise nothing."""
    return None


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
