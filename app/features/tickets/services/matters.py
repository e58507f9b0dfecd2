"""What the rules look at when an existing ticket is judged again: its first contribution, as it now stands."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.tickets.models import Ticket
from app.features.tickets.placing import Waiting

# The contribution that opened the ticket carries the same reference; the rest of the group says no more to the rules.
_FIRST = text(
    """
    SELECT c.id, c.reference, c.territory_id, y.config_version AS version, c.category_id, c.kind, c.channel,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.zone_ids, c.answers, coalesce(c.title, left(c.body, 90)) AS title,
           c.visibility, c.created_at
    FROM contribution c JOIN territory y ON y.id = c.territory_id
    WHERE c.ticket_id = :ticket_id ORDER BY c.reference <> :reference, c.created_at, c.id LIMIT 1
    """
)


def matter_of(session: Session, ticket: Ticket, *, at: datetime | None = None, **now: Any) -> Waiting:
    """The ticket's first contribution, with what is different in `now`; `at` replaces the day it was said."""
    row = session.execute(_FIRST, {"ticket_id": ticket.id, "reference": ticket.reference}).one()
    facts = dict(row._mapping) | now
    if at is not None:
        facts["created_at"] = at
    return Waiting(**facts)
