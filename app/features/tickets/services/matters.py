"""What the rules look at when something already placed is judged again."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.territories.catalogue import Town
from app.features.territories.deciding import Chosen, decide, facts_of
from app.features.territories.failing import RulesMet, note_rules
from app.features.tickets.models import Ticket
from app.features.tickets.placing import Waiting

_OF_TICKET = """
    SELECT c.id, c.reference, c.territory_id, y.config_version AS version, c.category_id, c.kind, c.channel,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.zone_ids, c.answers,
           coalesce(c.title, left(c.body, 90)) AS title, c.body AS text, c.visibility, c.created_at
    FROM contribution c JOIN territory y ON y.id = c.territory_id
    WHERE c.ticket_id = :ticket_id
"""

# The contribution that opened the ticket carries the same reference; the rest of the group says no more to the rules.
_FIRST = text(f"{_OF_TICKET} ORDER BY c.reference <> :reference, c.created_at, c.id LIMIT 1")
_ONE = text(f"{_OF_TICKET} AND c.reference = :reference FOR UPDATE OF c")


def matter_of(session: Session, ticket: Ticket) -> Waiting:
    """The ticket's first contribution, as it now stands."""
    row = session.execute(_FIRST, {"ticket_id": ticket.id, "reference": ticket.reference}).one()
    return Waiting(**row._mapping)


def member_of(session: Session, ticket: Ticket, *, reference: str) -> Waiting | None:
    """One contribution of the ticket, locked, or None."""
    row = session.execute(_ONE, {"ticket_id": ticket.id, "reference": reference}).one_or_none()
    return Waiting(**row._mapping) if row else None


def judge(session: Session, town: Town, matter: Waiting) -> Chosen:
    """Which service the town's rules give it today, and why; a rule that fails is flagged."""
    facts = facts_of(
        town,
        kind=matter.kind,
        category=town.categories_by_id[matter.category_id],
        at=matter.created_at,
        zone_ids=matter.zone_ids,
        answers=matter.answers,
        channel=matter.channel,
        text=matter.text,
    )
    chosen, met = decide(town, facts), RulesMet()
    met.hear(chosen)
    note_rules(session, met)
    return chosen
