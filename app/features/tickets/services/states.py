"""Verbs about a ticket's state, its words and who holds it."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time
from typing import Final

from sqlalchemy import select, text
from sqlalchemy.orm import Session

from app.core.errors import Denied, FieldError, Invalid, invalid
from app.core.texts import clean, is_blank
from app.features.accounts.policies import Actor
from app.features.territories.catalogue import current_town
from app.features.territories.deciding import due_date
from app.features.tickets import policies, workflow
from app.features.tickets.models import Event, Ticket
from app.features.tickets.services.common import MAX_TEXT, Done, append, locked_ticket, mirror, record
from app.features.tickets.services.families import lock_family, open_children
from app.features.tickets.workflow import Change, State

_WITH_CHILDREN: Final = frozenset({State.DONE, State.DECLINED})
"""What a parent does not enter alone."""

ANSWER_HOUR = 18
"""A planned day is promised for six in the evening, in the town's time."""


def change_state(
    session: Session,
    actor: Actor,
    *,
    reference: str,
    state: str,
    version: int,
    change: Change | None = None,
) -> Done:
    """Bring a ticket to another state, with what goes with it.

    Raises Invalid when the table of transitions refuses (both states are named) or misses a text, a reason or a day;
    Denied when the move is not for this role; NotFound and Conflict as every verb. Whoever accepts a ticket that
    nobody holds, holds it. A duplicate that returns to its former state forgets its original. A parent that is done
    or declined takes its open children along, with the same words; reopened, it leaves them as they are.
    """
    if state in _WITH_CHILDREN:
        lock_family(session, reference)
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    change = replace(change or Change(), text=checked_text(change.text if change else "", needed=False))
    was, former = ticket.state, former_state(session, ticket)
    check_transition(ticket, state, actor=actor, change=change, former=former)
    data = {"reason": change.reason} if change.reason and state == State.DECLINED else {}
    if state == State.PLANNED and change.planned_on is not None:
        data["planned_on"] = change.planned_on.isoformat()
        if ticket.kind == "problem":
            # An idea has a day to hope for in its history, and no delay to be late by.
            ticket.due_at = _evening(session, ticket, change.planned_on)
    if state == State.ACCEPTED and ticket.assignee_id is None and ticket.service_id in actor.service_ids:
        ticket.assignee_id = actor.id
    kind = "state"
    if was == State.DUPLICATE:
        kind, data["of"] = "unduplicate", _let_go(session, actor, ticket)
    children = _taken_along(session, ticket, state)
    enter(session, ticket, state)
    ticket.waiting_for = change.waiting_for if state == State.WAITING else None
    mirror(session, ticket, *(child for child, _ in children))
    body = change.text or None
    for child, before in children:
        told = data | {"parent": ticket.reference}
        record(session, child, actor, kind="state", state_from=before, state_to=state, body=body, data=told)
    return record(session, ticket, actor, kind=kind, state_from=was, state_to=state, body=body, data=data)


def _taken_along(session: Session, parent: Ticket, state: str) -> list[tuple[Ticket, str]]:
    """The open children that enter a closing state with their parent, each with the state it leaves.

    Whoever gathered them could act on all of them: no more is asked of the one who closes.
    """
    if state not in _WITH_CHILDREN:
        return []
    children = [(child, child.state) for child in open_children(session, parent)]
    for child, _ in children:
        enter(session, child, state)
        child.waiting_for = None
    return children


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


def check_transition(ticket: Ticket, state: str, *, actor: Actor, change: Change, former: str | None = None) -> None:
    """Raise Invalid (no such move, something missing) or Denied (not for this role)."""
    line = workflow.transition(ticket.kind, ticket.state, state)
    if line is not None and (actor.role or "") not in line.roles:
        known = {"source": ticket.state, "target": state}
        raise Denied("Your role does not allow the move from “%(source)s” to “%(target)s”.", params=known)
    refused = workflow.refusals(
        kind=ticket.kind, source=ticket.state, target=state, role=actor.role or "", change=change, former=former
    )
    if refused:
        raise Invalid(errors=[FieldError(f"/{one.field}", one.message.id, one.message.params) for one in refused])


def former_state(session: Session, ticket: Ticket) -> str | None:
    """What a duplicate was before; None for any other ticket."""
    if ticket.state != State.DUPLICATE:
        return None
    found: str | None = session.scalar(
        select(Event.state_from)
        .where(Event.ticket_id == ticket.id, Event.state_to == State.DUPLICATE)
        .order_by(Event.id.desc())
        .limit(1)
    )
    return found


def _let_go(session: Session, actor: Actor, ticket: Ticket) -> str:
    """The other ticket forgets its duplicate; returns its reference."""
    original = session.get_one(Ticket, ticket.duplicate_of_id)
    append(session, original, actor, kind="parted", public=False, data={"reference": ticket.reference})
    return original.reference


def enter(session: Session, ticket: Ticket, state: str) -> None:
    """Set the state and what follows from it: the moment of closing, and a fresh promise when work begins again."""
    resumes = ticket.closed_at is not None and ticket.state != State.DUPLICATE and state not in workflow.CLOSED
    ticket.state = state
    ticket.closed_at = datetime.now(UTC) if state in workflow.CLOSED else None
    if state != State.DUPLICATE:
        ticket.duplicate_of_id = None
    if resumes:
        ticket.due_at = _promised(session, ticket, at=datetime.now(UTC))


def _promised(session: Session, ticket: Ticket, *, at: datetime) -> datetime | None:
    town = current_town(session, ticket.territory_id)
    return due_date(town, town.categories_by_id[ticket.category_id], kind=ticket.kind, at=at)


def checked_text(words: str, *, needed: bool) -> str:
    """The words without outer spaces; raises Invalid when they are needed and absent, or too many."""
    words = "" if is_blank(words) else clean(words)
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
        raise invalid("/planned_on", "Choose a day to come.")
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
