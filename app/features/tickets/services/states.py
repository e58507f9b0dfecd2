"""Verbs about a ticket's state, its words and who holds it."""

from __future__ import annotations

from datetime import UTC, date, datetime, time

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import invalid
from app.features.accounts.policies import Actor
from app.features.territories.catalogue import current_town
from app.features.tickets import policies, workflow
from app.features.tickets.deciding import due_date
from app.features.tickets.models import Ticket
from app.features.tickets.services.common import MAX_TEXT, Done, locked_ticket, mirror, record
from app.features.tickets.services.matters import matter_of

ANSWER_HOUR = 18
"""A planned day is promised for six in the evening, in the town's time."""


def change_state(
    session: Session,
    actor: Actor,
    *,
    reference: str,
    state: str,
    version: int,
    text: str = "",
    planned_for: date | None = None,
    waiting_for: str | None = None,
) -> Done:
    """Bring a ticket to another state, with the words that go with it.

    Raises Invalid when the table of transitions refuses (both states are named) or when the state wants a sentence;
    NotFound, Denied and Conflict as every verb. Whoever accepts a ticket that nobody holds, holds it.
    """
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    was = ticket.state
    check_transition(ticket, state)
    words = checked_text(text, needed=workflow.needs_text(state))
    data: dict[str, str] = {}
    if state == "planned" and planned_for is not None:
        data["planned_for"] = planned_for.isoformat()
        ticket.due_at = _evening(session, ticket, planned_for)
    if (
        state == "accepted"
        and ticket.assignee_id is None
        and actor.service_ids
        and ticket.service_id in actor.service_ids
    ):
        ticket.assignee_id = actor.id
    enter(session, ticket, state)
    ticket.waiting_for = (waiting_for or "").strip() or None if state == "waiting" else None
    mirror(session, ticket)
    return record(session, ticket, actor, kind="state", state_from=was, state_to=state, body=words or None, data=data)


def answer(session: Session, actor: Actor, *, reference: str, text: str, version: int, public: bool = True) -> Done:
    """Say something: to everyone (`public`), or to colleagues only."""
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    words = checked_text(text, needed=True)
    return record(session, ticket, actor, kind="answer" if public else "note", public=public, body=words)


def assign(session: Session, actor: Actor, *, reference: str, assignee_id: int | None, version: int) -> Done:
    """Give a ticket to somebody who works in its service, or to nobody."""
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    if assignee_id not in (None, actor.id) or ticket.assignee_id not in (None, actor.id):
        locked_ticket(session, actor, reference=reference, version=version, may=policies.may_assign_others)
    if assignee_id is not None and assignee_id != actor.id and not _works_there(session, ticket, assignee_id):
        raise invalid("/assignee", "This person does not work in the service that holds the ticket.")
    was = ticket.assignee_id
    ticket.assignee_id = assignee_id
    return record(session, ticket, actor, kind="assigned", public=False, data={"from": was, "to": assignee_id})


def check_transition(ticket: Ticket, state: str) -> None:
    """Raise Invalid with both names when the table does not lead from one to the other."""
    if state not in workflow.STATES:
        raise invalid("/state", "Choose a state among %(states)s.", states=", ".join(workflow.STATES))
    if not workflow.may_pass(ticket.kind, ticket.state, state):
        raise invalid("/state", "A ticket cannot go from “%(old)s” to “%(new)s”.", old=ticket.state, new=state)


def enter(session: Session, ticket: Ticket, state: str) -> None:
    """Set the state and what follows from it: the moment of closing, and a fresh promise when work begins again."""
    was_closed = ticket.closed_at is not None
    ticket.state = state
    ticket.closed_at = datetime.now(UTC) if state in workflow.CLOSED else None
    if state != "duplicate":
        ticket.duplicate_of_id = None
    if was_closed and ticket.closed_at is None:
        town = current_town(session, ticket.territory_id)
        again = matter_of(session, ticket, at=datetime.now(UTC))
        ticket.due_at = due_date(town, town.categories_by_id[ticket.category_id], again)


def checked_text(words: str, *, needed: bool) -> str:
    """The words without outer spaces; raises Invalid when they are needed and absent, or too many."""
    words = words.strip()
    if needed and not words:
        raise invalid("/text", "Write a sentence: people will read it.")
    if len(words) > MAX_TEXT:
        raise invalid("/text", "At most %(most)s characters.", most=MAX_TEXT)
    if "\x00" in words:
        raise invalid("/text", "The text holds a character that cannot be kept.")
    return words


def _evening(session: Session, ticket: Ticket, day: date) -> datetime:
    zone = current_town(session, ticket.territory_id).timezone
    if day < datetime.now(zone).date():
        raise invalid("/planned_for", "Choose a day to come.")
    return datetime.combine(day, time(ANSWER_HOUR), tzinfo=zone)


def _works_there(session: Session, ticket: Ticket, account_id: int) -> bool:
    found = session.scalar(
        text(
            """
            SELECT 1 FROM membership JOIN account ON account.id = account_id
            WHERE account_id = :account AND service_id = :service AND disabled_at IS NULL
            """
        ),
        {"account": account_id, "service": ticket.service_id},
    )
    return found is not None
