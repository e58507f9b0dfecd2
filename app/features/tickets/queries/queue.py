"""A queue: its lines in the order in which they fall due, page by page, and the figures on its tabs."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import ColumnElement, Row, Select, and_, false, func, literal_column, or_, select
from sqlalchemy.orm import Session, aliased

from app.core.errors import invalid
from app.features.accounts.models import Account
from app.features.accounts.policies import Actor
from app.features.contributions.models import Contribution
from app.features.territories.models import Category, Service, Territory
from app.features.territories.quarters import quarters_first
from app.features.tickets.models import STATES, Ticket
from app.features.tickets.queries.visible import visible

OPEN, CLOSED, ALL = "open", "closed", "all"
DUE, RECENT = "due", "recent"
MAX_PAGE = 200


@dataclass(frozen=True, slots=True)
class QueueLine:
    """One ticket in a queue, as dense as the desk shows it."""

    id: int
    reference: str
    kind: str
    state: str
    version: int
    title: str
    category: str
    category_label: Mapping[str, str]
    zone: str | None
    service: str
    service_name: Mapping[str, str]
    territory: str
    timezone: str
    opened_at: datetime
    due_at: datetime | None
    closed_at: datetime | None
    contributions: int
    assignee_id: int | None
    assignee: str | None
    duplicate_of: str | None
    parent: str | None


@dataclass(frozen=True, slots=True)
class Page:
    """Some lines, and where the next ones begin (None: this was the end)."""

    lines: list[QueueLine]
    next: str | None


@dataclass(frozen=True, slots=True)
class Counts:
    """The tabs of the desk: open tickets given to me, all open ones I may see, those whose day has passed."""

    mine: int
    team: int
    late: int


# A quarter says more about where than a school front, so it goes first; then whatever was drawn first.
_FIRST = quarters_first("kind")
_ZONE = f"(SELECT name FROM zone WHERE id = ANY(ticket.zone_ids) ORDER BY {_FIRST}, id LIMIT 1)"  # noqa: S608


def tickets_in_queue(
    session: Session,
    actor: Actor,
    *,
    service_ids: Collection[int] | None = None,
    state: str = OPEN,
    kind: str | None = None,
    mine: bool = False,
    late: bool = False,
    search: str | None = None,
    sort: str = DUE,
    cursor: str | None = None,
    limit: int = 50,
) -> Page:
    """Tickets this actor may see: earliest due first (those without a day last), or newest first (`recent`).

    `state` is one state, `open`, `closed` or `all`; `search` looks in numbers and titles. Raises Invalid for an
    unknown state or sort, or a cursor that is not ours.
    """
    if sort not in (DUE, RECENT):
        raise invalid("/sort", "Choose an order among %(orders)s.", orders=f"{DUE}, {RECENT}")
    limit = max(1, min(limit, MAX_PAGE))
    query = _lines().where(visible(actor), _in_state(state)).limit(limit + 1)
    if service_ids is not None:
        query = query.where(Ticket.service_id.in_(sorted(service_ids)) if service_ids else false())
    if kind is not None:
        query = query.where(Ticket.kind == kind)
    if mine:
        query = query.where(Ticket.assignee_id == actor.id)
    if late:
        query = query.where(Ticket.closed_at.is_(None), Ticket.due_at < func.now())
    if search:
        query = query.where(_matches(search))
    if cursor:
        query = query.where(_after(cursor, sort))
    if sort == RECENT:
        query = query.order_by(Ticket.opened_at.desc(), Ticket.id.desc())
    else:
        query = query.order_by(Ticket.due_at.asc().nulls_last(), Ticket.id)
    rows = session.execute(query).all()
    lines = [_line(row) for row in rows[:limit]]
    return Page(lines, _cursor(lines[-1], sort) if len(rows) > limit else None)


def counts(session: Session, actor: Actor, *, service_ids: Collection[int] | None = None) -> Counts:
    """The figures of the tabs, over the same tickets as the lists they lead to."""
    query = (
        select(
            func.count().filter(Ticket.assignee_id == actor.id),
            func.count(),
            func.count().filter(Ticket.due_at < func.now()),
        )
        .select_from(Ticket)
        .join(Service, Service.id == Ticket.service_id)
        .where(visible(actor), Ticket.closed_at.is_(None))
    )
    if service_ids is not None:
        query = query.where(Ticket.service_id.in_(sorted(service_ids)) if service_ids else false())
    mine, team, late = session.execute(query).one()
    return Counts(mine, team, late)


def _lines() -> Select[*tuple[Any, ...]]:
    first, above = aliased(Ticket), aliased(Ticket)
    target = select(first.reference).where(first.id == Ticket.duplicate_of_id).correlate(Ticket)
    parent = select(above.reference).where(above.id == Ticket.parent_id).correlate(Ticket)
    return (
        select(
            Ticket.id,
            Ticket.reference,
            Ticket.kind,
            Ticket.state,
            Ticket.version,
            Ticket.title,
            Category.slug.label("category"),
            Category.label.label("category_label"),
            literal_column(_ZONE).label("zone"),
            Service.slug.label("service"),
            Service.name.label("service_name"),
            Territory.slug.label("territory"),
            Territory.timezone.label("timezone"),
            Ticket.opened_at,
            Ticket.due_at,
            Ticket.closed_at,
            Ticket.contributions,
            Ticket.assignee_id,
            func.coalesce(func.nullif(Account.name, ""), Account.email).label("assignee"),
            target.scalar_subquery().label("duplicate_of"),
            parent.scalar_subquery().label("parent"),
        )
        .join(Service, Service.id == Ticket.service_id)
        .join(Category, Category.id == Ticket.category_id)
        .join(Territory, Territory.id == Ticket.territory_id)
        .outerjoin(Account, Account.id == Ticket.assignee_id)
    )


def _line(row: Row[Any]) -> QueueLine:
    return QueueLine(**row._mapping)


def _in_state(state: str) -> ColumnElement[bool]:
    if state == OPEN:
        return Ticket.closed_at.is_(None)
    if state == CLOSED:
        return Ticket.closed_at.is_not(None)
    if state == ALL:
        return Ticket.id.is_not(None)
    if state not in STATES:
        raise invalid("/state", "Choose a state among %(states)s.", states=", ".join((OPEN, CLOSED, ALL, *STATES)))
    return Ticket.state == state


def ticket_numbered(session: Session, actor: Actor, number: str) -> str | None:
    """The reference of the ticket that this actor may see and that has this number, or whose contribution has it."""
    return session.scalars(select(Ticket.reference).where(visible(actor), _numbered(number))).first()


def _numbered(number: str) -> ColumnElement[bool]:
    """Who telephones tells the number of their own contribution, which may have joined another's ticket."""
    said = select(Contribution.ticket_id).where(Contribution.reference == number.strip().upper()).scalar_subquery()
    return or_(Ticket.reference == number.strip().upper(), Ticket.id == said)


def _matches(search: str) -> ColumnElement[bool]:
    words = search.strip()[:100]
    escaped = words.replace("\\", "\\\\").replace("%", "\\%").replace("_", "\\_")
    return or_(_numbered(words), Ticket.title.ilike(f"%{escaped}%", escape="\\"))


def _cursor(line: QueueLine, sort: str) -> str:
    at = line.opened_at if sort == RECENT else line.due_at
    mark = f"{sort}|{at.isoformat() if at else ''}|{line.id}"
    return base64.urlsafe_b64encode(mark.encode()).decode().rstrip("=")


def _after(cursor: str, sort: str) -> ColumnElement[bool]:
    try:
        kind, at_text, id_text = base64.urlsafe_b64decode(cursor + "=" * (-len(cursor) % 4)).decode().split("|")
        at, last = datetime.fromisoformat(at_text) if at_text else None, int(id_text)
        if kind != sort or not 0 <= last < 2**63 or (at is None and sort == RECENT):
            raise ValueError(cursor)
    except (ValueError, binascii.Error):
        raise invalid("/cursor", "This page mark is not one of ours.") from None
    if sort == RECENT:
        return or_(Ticket.opened_at < at, and_(Ticket.opened_at == at, Ticket.id < last))
    if at is None:
        return and_(Ticket.due_at.is_(None), Ticket.id > last)
    return or_(Ticket.due_at > at, and_(Ticket.due_at == at, Ticket.id > last), Ticket.due_at.is_(None))
