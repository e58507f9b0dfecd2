"""The parent of a ticket and its children, as far as the actor may read them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.accounts.policies import Actor
from app.features.tickets import policies
from app.features.tickets.policies import Whereabouts


@dataclass(frozen=True, slots=True)
class Relative:
    """A parent or a child. Its number, state and service are for everybody who works on the whole; its title and its
    page only for who may see it."""

    reference: str
    kind: str
    state: str
    title: str
    service: str
    service_name: Mapping[str, str]
    where: Whereabouts
    seen: bool


_RELATIVES = """
    SELECT t.reference, t.kind, t.state, t.title, t.service_id, t.territory_id, s.slug AS service,
           s.name AS service_name, s.territory_id AS service_territory_id
    FROM ticket t JOIN service s ON s.id = t.service_id
"""
_CHILDREN = text(f"{_RELATIVES} WHERE t.parent_id = :id ORDER BY t.id")
_PARENT = text(f"{_RELATIVES} WHERE t.id = :id")


def children_of(session: Session, actor: Actor, ticket_id: int) -> tuple[Relative, ...]:
    """What a ticket gathers, the oldest first."""
    rows = session.execute(_CHILDREN, {"id": ticket_id})
    return tuple(_relative(row, seen=policies.may_see(actor, _where(row))) for row in rows)


def parent_of(session: Session, parent_id: int | None) -> Relative | None:
    """The ticket that gathers one which the actor sees: they may read it (`policies.may_read_parent`)."""
    if parent_id is None:
        return None
    return _relative(session.execute(_PARENT, {"id": parent_id}).one(), seen=True)


def _where(row: Any) -> Whereabouts:
    return Whereabouts(row.service_id, row.service_territory_id, row.territory_id)


def _relative(row: Any, *, seen: bool) -> Relative:
    return Relative(
        reference=row.reference,
        kind=row.kind,
        state=row.state,
        title=row.title if seen else "",
        service=row.service,
        service_name=row.service_name,
        where=_where(row),
        seen=seen,
    )
