"""Who may say, change, answer and unite what. Pure predicates."""

from __future__ import annotations

from app.features.accounts.policies import Actor, oversees_territory
from app.features.territories.processes import ProcessFacts
from app.features.tickets.policies import may_work_in

MAX_DEPTH = 12
"""Replies to replies; beyond, one answers the last of them at the same depth."""


def may_comment(facts: ProcessFacts) -> bool:
    """Residents argue while the process is open."""
    return facts.open


def may_answer_for_town(actor: Actor, *, service_id: int | None, service_territory_id: int | None) -> bool:
    """Whoever works in the queue where the idea stands answers in its name, before and after the close."""
    if actor.anonymous or service_id is None or service_territory_id is None:
        return False
    return may_work_in(actor, service_id=service_id, service_territory_id=service_territory_id)


def may_unite(actor: Actor, *, territory_id: int) -> bool:
    """Merge or group: whoever oversees the territory."""
    return oversees_territory(actor) and actor.reaches(territory_id)
