"""Verbs about parents: several tickets gathered under one, each still the work of its own service.

A flooded street is work for the roads and for the sewers: two tickets, one parent. One level, at most ten children.
"""

from __future__ import annotations

from collections.abc import Sequence

from sqlalchemy import func, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import Denied, NotFound, invalid
from app.features.accounts.policies import Actor
from app.features.tickets.models import Ticket
from app.features.tickets.services.common import Done, lock_in_order, locked_ticket, record
from app.features.tickets.workflow import CLOSED, State

MAX_CHILDREN = 10


def attach(
    session: Session, actor: Actor, *, reference: str, version: int, parent: str | None = None, child: str | None = None
) -> Done:
    """Put a ticket under `parent`, or `child` under it; both get a new version, so that nobody closes what they have
    not seen.

    Raises Invalid when the other one is not the actor's to act on, when either is no problem or a duplicate, the
    parent is closed, has a parent or is full, the child has one or has children, or they lie in different towns.
    """
    pointer, named = ("/parent", parent) if parent else ("/child", child or "")
    mine, other = reference.strip().upper(), named.strip().upper()
    if mine == other:
        raise invalid(pointer, "A ticket cannot be its own parent.")
    lock_in_order(session, mine, other)
    ticket = locked_ticket(session, actor, reference=mine, version=version)
    try:
        second = locked_ticket(session, actor, reference=other, version=None)
    except (NotFound, Denied):
        raise invalid(pointer, "No ticket on which you may act has the number %(number)s.", number=other) from None
    below, above = (ticket, second) if parent else (second, ticket)
    _check_pair(session, below, above, pointer)
    below.parent_id = above.id
    done = [
        record(session, below, actor, kind="attached", public=False, data={"to": above.reference}),
        record(session, above, actor, kind="gathered", public=False, data={"reference": below.reference}),
    ]
    return next(one for one in done if one.ticket is ticket)


def detach(session: Session, actor: Actor, *, reference: str, version: int, child: str | None = None) -> Done:
    """Undo `attach`: a ticket leaves its parent, or lets `child` go. Who may act on one of the two may part them."""
    lock_family(session, reference)
    ticket = locked_ticket(session, actor, reference=reference, version=version)
    if child is None:
        if ticket.parent_id is None:
            raise invalid("/parent", "This ticket has no parent.")
        below, above = ticket, session.get_one(Ticket, ticket.parent_id, populate_existing=True)
    else:
        number = child.strip().upper()
        found = session.scalar(
            select(Ticket)
            .where(Ticket.reference == number, Ticket.parent_id == ticket.id)
            .execution_options(populate_existing=True)
        )
        if found is None:
            raise invalid("/child", "%(number)s is not a child of this ticket.", number=number)
        below, above = found, ticket
    below.parent_id = None
    done = [
        record(session, below, actor, kind="detached", public=False, data={"from": above.reference}),
        record(session, above, actor, kind="released", public=False, data={"reference": below.reference}),
    ]
    return next(one for one in done if one.ticket is ticket)


def lock_family(session: Session, reference: str) -> None:
    """Take the locks of a ticket, its parent and its children, in the order in which every verb takes them."""
    mine = aliased(Ticket)
    here = select(mine.id).where(mine.reference == reference.strip().upper()).scalar_subquery()
    above = select(mine.parent_id).where(mine.reference == reference.strip().upper()).scalar_subquery()
    session.execute(
        select(Ticket.id)
        .where(or_(Ticket.id == here, Ticket.parent_id == here, Ticket.id == above))
        .order_by(Ticket.reference)
        .with_for_update(of=Ticket)
    )


def open_children(session: Session, parent: Ticket) -> Sequence[Ticket]:
    """What the parent gathers and is not closed, locked, as it now stands."""
    return session.scalars(
        select(Ticket)
        .where(Ticket.parent_id == parent.id, Ticket.closed_at.is_(None))
        .order_by(Ticket.reference)
        .with_for_update()
        .execution_options(populate_existing=True)
    ).all()


def has_children(session: Session, ticket: Ticket) -> bool:
    """Whether it gathers others, open or closed."""
    return _children(session, ticket) > 0


def _children(session: Session, ticket: Ticket) -> int:
    return session.scalar(select(func.count()).select_from(Ticket).where(Ticket.parent_id == ticket.id)) or 0


def _check_pair(session: Session, below: Ticket, above: Ticket, pointer: str) -> None:
    for one in (below, above):
        if one.kind != "problem":
            raise invalid(pointer, "Only problems are gathered: %(number)s is not one.", number=one.reference)
        if one.state == State.DUPLICATE:
            raise invalid(
                pointer, "%(number)s is a duplicate: choose the ticket it was joined to.", number=one.reference
            )
    if below.territory_id != above.territory_id:
        raise invalid(pointer, "Both tickets must lie in the same town.")
    if below.parent_id is not None:
        raise invalid(pointer, "%(number)s already has a parent: detach it first.", number=below.reference)
    if above.parent_id is not None:
        raise invalid(pointer, "%(number)s is itself a child: choose its parent.", number=above.reference)
    if has_children(session, below):
        raise invalid(pointer, "%(number)s has children: it cannot become one.", number=below.reference)
    if above.state in CLOSED:
        raise invalid(pointer, "%(number)s is closed: reopen it first.", number=above.reference)
    if _children(session, above) >= MAX_CHILDREN:
        raise invalid(pointer, "%(number)s already has %(most)s children.", number=above.reference, most=MAX_CHILDREN)
