"""A group of ideas is decided as one: what is said of one of them holds for all, and each keeps its page."""

from __future__ import annotations

from typing import Any

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.features.accounts.policies import Actor
from app.features.tickets.models import Ticket
from app.features.tickets.services.common import mirror, record
from app.features.tickets.services.states import enter
from app.features.tickets.workflow import CLOSED, State

DECIDED = (State.PLANNED, State.DONE, State.DECLINED)
"""Kept, made real, not kept."""

# What came to an idea with its group is not passed on again, nor what was changed since.
_GROUPED = text(
    """
    SELECT DISTINCT ON (other.ticket_id) other.ticket_id, u.id AS union_id, u.title, c.reference, e.state_to, e.body,
           e.data, e.account_id
    FROM event e
    JOIN ticket t ON t.id = e.ticket_id AND t.kind = 'proposal' AND t.state = e.state_to
    JOIN contribution c ON c.ticket_id = t.id AND c.kind = 'proposal'
    JOIN idea_union_part own ON own.contribution_id = c.id
    JOIN idea_union u ON u.id = own.union_id AND u.kind = 'group' AND u.undone_at IS NULL AND u.at <= e.at
    JOIN idea_union_part ip ON ip.union_id = u.id AND ip.contribution_id <> c.id
    JOIN contribution other ON other.id = ip.contribution_id AND other.ticket_id IS NOT NULL
    WHERE e.id = :event_id AND e.public AND e.type = 'state' AND e.state_to = ANY(CAST(:decided AS text[]))
      AND NOT e.data ? 'group'
    ORDER BY other.ticket_id, u.id DESC
    """
)


def decide_together(session: Session, *, event_id: int) -> int:
    """Bring the other ideas of a group to the state that this public event gave to one; the caller commits.

    Each gets an event of its own with the same words, by the same account, which names the group and the idea. Those
    that are closed stay as they are. Returns how many followed; run again, it changes nothing.
    """
    rows = session.execute(_GROUPED, {"event_id": event_id, "decided": list(DECIDED)}).all()
    return sum(_follow(session, row) for row in rows)


def _follow(session: Session, row: Any) -> bool:
    ticket = session.scalars(select(Ticket).where(Ticket.id == row.ticket_id).with_for_update()).one()
    if ticket.state in CLOSED or ticket.state == row.state_to:
        return False
    was = ticket.state
    enter(session, ticket, row.state_to)
    ticket.waiting_for = None
    mirror(session, ticket)
    told = {name: row.data[name] for name in ("reason", "planned_on") if name in row.data}
    record(
        session,
        ticket,
        Actor(id=row.account_id),
        kind="state",
        state_from=was,
        state_to=row.state_to,
        body=row.body,
        data=told | {"group": row.title, "union": row.union_id, "with": row.reference},
    )
    return True
