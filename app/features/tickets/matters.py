"""What the rules look at when something already placed is judged again."""

from __future__ import annotations

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.territories.catalogue import Town
from app.features.territories.deciding import Chosen, decide
from app.features.territories.failing import RulesMet, note_rules
from app.features.tickets.models import Ticket
from app.features.tickets.placing import COLUMNS, Waiting, facts_about

_OF_TICKET = f"""
    SELECT {COLUMNS} FROM contribution c JOIN territory t ON t.id = c.territory_id
    WHERE c.ticket_id = :ticket_id
"""  # noqa: S608 - a constant

# The contribution that opened the ticket carries the same reference; the rest of the group says no more to the rules.
_FIRST = text(f"{_OF_TICKET} ORDER BY c.reference <> :reference, c.created_at, c.id LIMIT 1")
_ONE = text(f"{_OF_TICKET} AND c.reference = :reference FOR UPDATE OF c")


def matter_of(session: Session, *, ticket_id: int, reference: str) -> Waiting:
    """The first contribution of the ticket with that id and reference, as it now stands."""
    row = session.execute(_FIRST, {"ticket_id": ticket_id, "reference": reference}).one()
    return Waiting(**row._mapping)


def member_of(session: Session, ticket: Ticket, *, reference: str) -> Waiting | None:
    """One contribution of the ticket, locked, or None."""
    row = session.execute(_ONE, {"ticket_id": ticket.id, "reference": reference}).one_or_none()
    return Waiting(**row._mapping) if row else None


def judge(session: Session, town: Town, matter: Waiting) -> Chosen:
    """Which service the town's rules give it today, and why; a rule that fails is flagged."""
    chosen, met = decide(town, facts_about(matter, town)), RulesMet()
    met.hear(chosen)
    note_rules(session, met)
    return chosen
