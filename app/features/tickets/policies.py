"""Who may see and do what with a ticket. Pure predicates: an actor, the facts that decide, yes or no.

Seeing: an agent or a manager sees what stands in the queues of their services; a dispatcher, a planner or an
administrator sees what lies in their territory (or one that nests in it) or stands in the queue of one of its services.
Working: only where the queue itself is theirs. A town's dispatcher therefore reads what the agglomeration does in
their town, and does not do it in its place.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from app.features.accounts.policies import MANAGER, PLANNER, Actor, oversees_territory, works_in_services


@dataclass(frozen=True, slots=True)
class Whereabouts:
    """What decides about a ticket: its queue, the territory of that queue, and the territory where it lies."""

    service_id: int
    service_territory_id: int
    territory_id: int


def may_see(actor: Actor, ticket: Whereabouts) -> bool:
    if works_in_services(actor):
        return ticket.service_id in actor.service_ids
    if oversees_territory(actor) or actor.role == PLANNER:
        return actor.reaches(ticket.territory_id) or actor.reaches(ticket.service_territory_id)
    return False


def may_work(actor: Actor, ticket: Whereabouts) -> bool:
    """Accept, answer, plan, close, decline, note, join, separate, correct category or place."""
    return may_work_in(actor, service_id=ticket.service_id, service_territory_id=ticket.service_territory_id)


def may_work_in(actor: Actor, *, service_id: int, service_territory_id: int) -> bool:
    """Work in a queue."""
    if works_in_services(actor):
        return service_id in actor.service_ids
    return oversees_territory(actor) and actor.reaches(service_territory_id)


def may_read_parent(actor: Actor, children: Iterable[Whereabouts]) -> bool:
    """Read the ticket that gathers others: who holds one of them must know what it is part of, and changes nothing."""
    return any(may_see(actor, child) for child in children)


def may_move(actor: Actor, ticket: Whereabouts) -> bool:
    """Give it to another service: whoever holds it may say that it belongs elsewhere."""
    return may_work(actor, ticket)


def may_assign_others(actor: Actor, ticket: Whereabouts) -> bool:
    """Give it to a colleague; taking it oneself is work like any other."""
    return may_work(actor, ticket) and (actor.role == MANAGER or oversees_territory(actor))


def may_read_contact(actor: Actor, ticket: Whereabouts) -> bool:
    """Read how to reach an author: only who answers them."""
    return may_work(actor, ticket)


def may_read_notes(actor: Actor, ticket: Whereabouts) -> bool:
    """Read what a service writes for itself."""
    return may_work(actor, ticket)


def may_see_queue(actor: Actor, *, service_id: int, service_territory_id: int) -> bool:
    """Open a service's queue."""
    if works_in_services(actor):
        return service_id in actor.service_ids
    return (oversees_territory(actor) or actor.role == PLANNER) and actor.reaches(service_territory_id)
