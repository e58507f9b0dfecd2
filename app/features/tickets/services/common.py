"""What every verb shares: take the ticket's lock, check who and which version, write down what happened."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, NotFound
from app.features.accounts.policies import Actor
from app.features.contributions.pyramid import CellChange, change_cells
from app.features.territories.models import Service
from app.features.tickets import policies
from app.features.tickets.models import Event, Ticket
from app.features.tickets.policies import Whereabouts
from app.features.tickets.shapes import FreshState

CHANGED = "ticket.changed"
"""The topic that tells followers; its payload is `{"ticket_id", "event_id"}`."""

MAX_TEXT = 4_000

_CHANGED_AT = text("UPDATE contribution SET changed_at = :at WHERE ticket_id = :ticket_id")
_FACES = text(
    """
    SELECT id, territory_id, category_id, kind, state, visibility, created_at, ST_X(geom) AS lon, ST_Y(geom) AS lat
    FROM contribution WHERE ticket_id = ANY(:ticket_ids) ORDER BY id FOR UPDATE
    """
)


@dataclass(frozen=True, slots=True)
class Done:
    """What a verb did: the ticket as it now is, and the event that says so."""

    ticket: Ticket
    event: Event


def locked_ticket(
    session: Session,
    actor: Actor,
    *,
    reference: str,
    version: int | None,
    may: Callable[[Actor, Whereabouts], bool] = policies.may_work,
) -> Ticket:
    """The ticket, locked until the transaction ends.

    Raises NotFound (unknown, or not for this actor's eyes), Denied (may see, may not do), Conflict (another version:
    its `extra` carries the fresh state). `version` None skips the check, for a second ticket that is only pointed at.
    """
    row = session.execute(
        select(Ticket, Service.territory_id)
        .join(Service, Service.id == Ticket.service_id)
        .where(Ticket.reference == reference.strip().upper())
        .with_for_update(of=Ticket)
        .execution_options(populate_existing=True)
    ).one_or_none()
    if row is None:
        raise NotFound("No ticket has this number.")
    ticket: Ticket = row[0]
    where = Whereabouts(ticket.service_id, row[1], ticket.territory_id)
    if not policies.may_see(actor, where):
        raise NotFound("No ticket has this number.")
    if not may(actor, where):
        raise Denied("Your role does not allow this on this ticket.")
    if version is not None and version != ticket.version:
        raise Conflict("A colleague changed this ticket meanwhile.", extra={"ticket": fresh_state(ticket)})
    return ticket


def lock_in_order(session: Session, *references: str) -> None:
    """Take the locks of several tickets in one order everywhere, so that nobody waits in a ring."""
    session.execute(
        select(Ticket.id).where(Ticket.reference.in_(references)).order_by(Ticket.reference).with_for_update()
    )


def fresh_state(ticket: Ticket) -> FreshState:
    """What a late writer needs to try again."""
    return {
        "reference": ticket.reference,
        "state": ticket.state,
        "version": ticket.version,
        "updated_at": ticket.updated_at.isoformat(),
    }


def record(
    session: Session,
    ticket: Ticket,
    actor: Actor,
    *,
    kind: str,
    public: bool = True,
    state_from: str | None = None,
    state_to: str | None = None,
    body: str | None = None,
    contribution_id: int | None = None,
    data: dict[str, Any] | None = None,
    tell: bool = True,
) -> Done:
    """Raise the version, append the event and, when it is public, date the contributions by it and leave word for the
    followers (unless not to `tell`).

    A child leaves no word: its parent speaks for all, and ten children must not write ten times about one flood.
    """
    ticket.version = ticket.version + 1
    ticket.updated_at = datetime.now(UTC)
    event = append(
        session,
        ticket,
        actor,
        kind=kind,
        public=public,
        state_from=state_from,
        state_to=state_to,
        body=body,
        contribution_id=contribution_id,
        data=data,
    )
    if public:
        session.execute(_CHANGED_AT, {"ticket_id": ticket.id, "at": ticket.updated_at})
    if public and tell and ticket.parent_id is None:
        outbox.add(session, topic=CHANGED, subject_id=ticket.id, payload={"ticket_id": ticket.id, "event_id": event.id})
    return Done(ticket, event)


def append(session: Session, ticket: Ticket, actor: Actor, *, kind: str, **facts: Any) -> Event:
    """One more fact in the history, without a new version."""
    facts["data"] = facts.get("data") or {}
    event = Event(ticket_id=ticket.id, account_id=actor.id, type=kind, **facts)
    session.add(event)
    session.flush()
    return event


def mirror(session: Session, ticket: Ticket, *children: Ticket, category_id: int | None = None) -> None:
    """Give the ticket's state (and category, if said) to its contributions, and the difference to the map; `children`
    have come to the same state with it."""
    ids = [ticket.id, *(child.id for child in children)]
    before = session.execute(_FACES, {"ticket_ids": ids}).all()
    session.execute(
        text(
            """
            UPDATE contribution SET state = :state, category_id = coalesce(CAST(:category_id AS int), category_id)
            WHERE ticket_id = ANY(:ticket_ids)
            """
        ),
        {"state": ticket.state, "category_id": category_id, "ticket_ids": ids},
    )
    changes = []
    for row in before:
        if row.visibility == "public":
            changes.append(cell_change(row, sign=-1))
            changes.append(cell_change(row, sign=1, state=ticket.state, category_id=category_id))
    change_cells(session, changes)


def cell_change(row: Any, *, sign: int, **now: Any) -> CellChange:
    """A face of a contribution for the pyramid: its row, with what is different in `now`."""
    face = {name: value for name, value in now.items() if value is not None}
    for name in ("territory_id", "category_id", "kind", "state", "lon", "lat"):
        if name not in face:
            face[name] = getattr(row, name)
    return CellChange(contribution_id=row.id, created_at=row.created_at, sign=sign, **face)


def concentrations_changed(session: Session, *partitions: tuple[int, int, str]) -> None:
    """Ask for the hotspots of these (territory, category, kind) again, soon."""
    outbox.add(session, topic="hotspots", payload={"partitions": [list(p) for p in partitions]}, delay_s=2)
