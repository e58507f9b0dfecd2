"""The queues an actor may open."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from sqlalchemy import func, select
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.features.accounts.policies import Actor
from app.features.territories.models import Service, Territory
from app.features.tickets.models import Ticket
from app.features.tickets.queries.visible import queue_visible


@dataclass(frozen=True, slots=True)
class ServiceLine:
    """A queue with what waits in it."""

    id: int
    slug: str
    name: Mapping[str, str]
    territory_id: int
    territory: str
    territory_name: str
    is_triage: bool
    open_tickets: int


def services_seen(session: Session, actor: Actor, *, territory: str | None = None) -> list[ServiceLine]:
    """The queues this actor may open, those of one territory (slug) or all, the sorting queue first."""
    waiting = (
        select(func.count())
        .where(Ticket.service_id == Service.id, Ticket.closed_at.is_(None))
        .correlate(Service)
        .scalar_subquery()
    )
    query = (
        select(Service, Territory.slug, Territory.name, waiting)
        .join(Territory, Territory.id == Service.territory_id)
        .where(queue_visible(actor), Service.active)
        .order_by(Territory.name, Service.is_triage.desc(), Service.slug)
    )
    if territory is not None:
        query = query.where(Territory.slug == territory)
    return [
        ServiceLine(
            service.id, service.slug, service.name, service.territory_id, slug, name, service.is_triage, count or 0
        )
        for service, slug, name, count in session.execute(query)
    ]


def queue_ids(session: Session, actor: Actor, *, slug: str, territory: str | None = None) -> list[int]:
    """The queues of that slug that this actor may open: in the territory said, else in their own, else wherever.

    Raises NotFound when there is none: a queue that may not be seen is a queue that does not exist.
    """
    query = (
        select(Service.id, Service.territory_id)
        .join(Territory, Territory.id == Service.territory_id)
        .where(Service.slug == slug, Service.active, queue_visible(actor))
        .order_by(Service.id)
    )
    if territory is not None:
        query = query.where(Territory.slug == territory)
    found = session.execute(query).all()
    if not found:
        raise NotFound("No service is called %(slug)s here.", params={"slug": slug})
    own = [row.id for row in found if row.territory_id == actor.territory_id]
    return own or [row.id for row in found]
