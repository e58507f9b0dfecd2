"""One ticket in full: what was said, shown and done, as far as the actor may read it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import NotFound
from app.features.accounts.policies import Actor
from app.features.territories.quarters import quarters_first
from app.features.tickets import policies
from app.features.tickets.policies import Whereabouts
from app.features.tickets.queries.relatives import Relative, children_of, parent_of
from app.features.tickets.workflow import next_states


@dataclass(frozen=True, slots=True)
class ContactFace:
    """How to reach an author; `masked` says that there is one which this actor may not read."""

    name: str | None
    email: str | None
    phone: str | None
    silent: bool
    masked: bool


@dataclass(frozen=True, slots=True)
class PhotoLine:
    """A photo whose derivatives exist."""

    key: str
    placeholder: str | None
    width: int
    height: int
    contribution: str
    public: bool


@dataclass(frozen=True, slots=True)
class ContributionLine:
    """One contribution of the group; degrees in WGS84."""

    id: int
    reference: str
    channel: str
    title: str | None
    body: str
    answers: Mapping[str, Any]
    address: str | None
    lon: float
    lat: float
    language: str
    visibility: str
    created_at: datetime
    supports: int | None
    contact: ContactFace | None
    photos: tuple[PhotoLine, ...]


@dataclass(frozen=True, slots=True)
class EventLine:
    """One fact of the history; `account` is the colleague's name, never shown outside the desk."""

    id: int
    type: str
    at: datetime
    account: str | None
    state_from: str | None
    state_to: str | None
    body: str | None
    public: bool
    contribution: str | None
    data: Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Neighbour:
    """Another ticket close by that this actor may see; metres and degrees."""

    reference: str
    kind: str
    state: str
    title: str
    lon: float
    lat: float
    distance_m: float
    same_category: bool


@dataclass(frozen=True, slots=True)
class TicketDetail:
    """A ticket with its contributions, history and neighbours. `row` holds its columns, `lon`, `lat` in degrees."""

    row: Any
    where: Whereabouts
    contributions: tuple[ContributionLine, ...]
    history: tuple[EventLine, ...]
    neighbours: tuple[Neighbour, ...]
    duplicates: tuple[str, ...]
    parent: Relative | None
    children: tuple[Relative, ...]
    told: int
    """How many people would receive a public answer."""
    given_to: Mapping[int, str]
    """Names of the colleagues whom the history says it was given to, by account id."""
    next_states: tuple[str, ...]
    """Where this actor may bring it now; empty for who only reads."""
    may_work: bool
    may_assign_others: bool
    may_move: bool

    @property
    def photos(self) -> tuple[PhotoLine, ...]:
        return tuple(photo for contribution in self.contributions for photo in contribution.photos)


_TICKET = text(
    f"""
    SELECT t.id, t.reference, t.kind, t.state, t.version, t.title, t.opened_at, t.last_at, t.updated_at, t.due_at,
           t.closed_at, t.waiting_for, t.contributions, t.assignee_id, t.routing, t.zone_ids,
           t.category_id, t.parent_id,
           ST_X(t.anchor) AS lon, ST_Y(t.anchor) AS lat, t.service_id, t.territory_id,
           s.territory_id AS service_territory_id, s.slug AS service, s.name AS service_name, s.is_triage,
           y.slug AS territory, y.name AS territory_name, y.timezone,
           c.slug AS category, c.label AS category_label, c.icon AS category_icon,
           coalesce(nullif(a.name, ''), a.email) AS assignee, d.reference AS duplicate_of,
           (SELECT name FROM zone WHERE id = ANY(t.zone_ids) ORDER BY {quarters_first("kind")}, id LIMIT 1) AS zone,
           CASE WHEN t.state = 'duplicate' THEN
             (SELECT state_from FROM event WHERE ticket_id = t.id AND state_to = 'duplicate' ORDER BY id DESC LIMIT 1)
           END AS former
    FROM ticket t
    JOIN service s ON s.id = t.service_id
    JOIN territory y ON y.id = t.territory_id
    JOIN category c ON c.id = t.category_id
    LEFT JOIN account a ON a.id = t.assignee_id
    LEFT JOIN ticket d ON d.id = t.duplicate_of_id
    WHERE t.reference = :reference
    """  # noqa: S608
)

# What was written in answer to a question (a plate, a name) is for who does the work; what was chosen is a figure.
_CONTRIBUTIONS = text(
    """
    SELECT c.id, c.reference, c.channel, c.title, c.body, c.address, c.language, c.visibility, c.created_at,
           CASE WHEN :all OR c.answers = '{}' THEN c.answers ELSE (
             SELECT jsonb_object_agg(a.key, CASE WHEN EXISTS (
               SELECT FROM category g, jsonb_array_elements(g.questions) AS q
               WHERE g.id = c.category_id AND q ->> 'slug' = a.key AND q ->> 'type' <> 'text') THEN a.value END)
             FROM jsonb_each(c.answers) AS a) END AS answers,
           c.supports, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
           (k.contribution_id IS NOT NULL) AS has_contact, k.silent, k.name, k.email, k.phone
    FROM contribution c LEFT JOIN contribution_contact k ON k.contribution_id = c.id
    WHERE c.ticket_id = :id AND (:all OR c.visibility = 'public')
    ORDER BY c.created_at, c.id
    """
)

_PHOTOS = text(
    """
    SELECT p.public_key AS key, p.placeholder, p.width, p.height, c.reference AS contribution,
           c.visibility = 'public' AS public
    FROM photo p JOIN contribution c ON c.id = p.contribution_id
    WHERE c.ticket_id = :id AND (:all OR c.visibility = 'public')
      AND p.state = 'ready' AND p.public_key IS NOT NULL AND NOT p.hidden
    ORDER BY c.created_at, c.id, p.position
    """
)

_HISTORY = text(
    """
    SELECT e.id, e.type, e.at, coalesce(nullif(a.name, ''), a.email) AS account, e.state_from, e.state_to, e.body,
           e.public, c.reference AS contribution, e.data
    FROM event e LEFT JOIN account a ON a.id = e.account_id LEFT JOIN contribution c ON c.id = e.contribution_id
    WHERE (e.ticket_id = :id OR (e.ticket_id IS NULL AND c.ticket_id = :id)) AND (:all OR e.public)
    ORDER BY e.at DESC, e.id DESC
    """
)

_NEIGHBOURS = text(
    """
    SELECT t.id, t.reference, t.kind, t.state, t.title, ST_X(t.anchor) AS lon, ST_Y(t.anchor) AS lat,
           ST_Distance(t.anchor::geography, here.geog) AS distance_m, t.category_id = :category AS same_category,
           t.service_id, t.territory_id, s.territory_id AS service_territory_id
    FROM (SELECT ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography AS geog) AS here, category c
    JOIN ticket t ON t.category_id = c.id
    JOIN service s ON s.id = t.service_id
    WHERE c.territory_id = ANY(:territories) AND t.closed_at IS NULL AND t.kind = 'problem' AND t.id <> :id
      AND ST_DWithin(t.anchor::geography, here.geog, :metres)
    ORDER BY distance_m, t.id LIMIT :most
    """
)

NEAR_M = 150
"""Metres around a ticket within which its neighbours are drawn."""


def ticket_detail(session: Session, actor: Actor, *, reference: str) -> TicketDetail:
    """The ticket of that reference; who sees one of its children may read it, without contacts nor notes.

    Raises NotFound for one that does not exist or that this actor may not see.
    """
    row = session.execute(_TICKET, {"reference": reference.strip().upper()}).one_or_none()
    if row is None:
        raise NotFound("No ticket has this number.")
    where = Whereabouts(row.service_id, row.service_territory_id, row.territory_id)
    children = children_of(session, actor, row.id)
    if not (policies.may_see(actor, where) or policies.may_read_parent(actor, (child.where for child in children))):
        raise NotFound("No ticket has this number.")
    works = policies.may_work(actor, where)
    return TicketDetail(
        row=row,
        where=where,
        contributions=_contributions(
            session, row.id, everything=works, contact=policies.may_read_contact(actor, where)
        ),
        history=_history(session, row.id, everything=policies.may_read_notes(actor, where)),
        neighbours=_neighbours(session, actor, row),
        duplicates=tuple(
            session.scalars(
                text("SELECT reference FROM ticket WHERE duplicate_of_id = :id ORDER BY id"), {"id": row.id}
            )
        ),
        parent=parent_of(session, row.parent_id),
        children=children,
        told=0 if row.parent_id else _told(session, row.id),
        given_to=_given_to(session, row.id) if works else {},
        next_states=next_states(row.kind, row.state, actor.role or "", former=row.former) if works else (),
        may_work=works,
        may_assign_others=policies.may_assign_others(actor, where),
        may_move=policies.may_move(actor, where),
    )


def _contributions(
    session: Session, ticket_id: int, *, everything: bool, contact: bool
) -> tuple[ContributionLine, ...]:
    asked = {"id": ticket_id, "all": everything}
    photos: dict[str, list[PhotoLine]] = {}
    for photo in session.execute(_PHOTOS, asked):
        photos.setdefault(photo.contribution, []).append(PhotoLine(**photo._mapping))
    return tuple(
        ContributionLine(
            id=row.id,
            reference=row.reference,
            channel=row.channel,
            title=row.title,
            body=row.body,
            answers=row.answers,
            address=row.address,
            lon=row.lon,
            lat=row.lat,
            language=row.language,
            visibility=row.visibility,
            created_at=row.created_at,
            supports=row.supports,
            contact=_contact(row, readable=contact),
            photos=tuple(photos.get(row.reference, ())),
        )
        for row in session.execute(_CONTRIBUTIONS, asked)
    )


def _contact(row: Any, *, readable: bool) -> ContactFace | None:
    if not row.has_contact:
        return None
    if not readable:
        return ContactFace(None, None, None, row.silent, masked=True)
    return ContactFace(row.name, row.email, row.phone, row.silent, masked=False)


def _history(session: Session, ticket_id: int, *, everything: bool) -> tuple[EventLine, ...]:
    rows = session.execute(_HISTORY, {"id": ticket_id, "all": everything})
    return tuple(EventLine(**row._mapping) for row in rows)


def _neighbours(session: Session, actor: Actor, row: Any) -> tuple[Neighbour, ...]:
    found = session.execute(
        _NEIGHBOURS,
        {
            "id": row.id,
            "lon": row.lon,
            "lat": row.lat,
            "category": row.category_id,
            "territories": [row.territory_id, row.service_territory_id],
            "metres": NEAR_M,
            "most": 60,
        },
    )
    return tuple(
        Neighbour(n.reference, n.kind, n.state, n.title, n.lon, n.lat, n.distance_m, n.same_category)
        for n in found
        if policies.may_see(actor, Whereabouts(n.service_id, n.service_territory_id, n.territory_id))
    )[:20]


def _given_to(session: Session, ticket_id: int) -> dict[int, str]:
    rows = session.execute(
        text(
            """
            SELECT DISTINCT account.id, coalesce(nullif(account.name, ''), account.email) AS name
            FROM event JOIN account ON account.id = CAST(event.data->>'to' AS int)
            WHERE event.ticket_id = :id AND event.type = 'assigned'
            """
        ),
        {"id": ticket_id},
    )
    return {row.id: row.name for row in rows}


def _told(session: Session, ticket_id: int) -> int:
    """Authors of the ticket and of its duplicates who left an address and did not ask for silence."""
    count = session.scalar(
        text(
            """
            WITH RECURSIVE together AS (
              SELECT CAST(:id AS bigint) AS id
              UNION SELECT t.id FROM ticket t JOIN together ON t.duplicate_of_id = together.id
              WHERE t.parent_id IS NULL)
            SELECT count(DISTINCT lower(k.email)) FROM together JOIN contribution c ON c.ticket_id = together.id
            JOIN contribution_contact k ON k.contribution_id = c.id WHERE k.email IS NOT NULL AND NOT k.silent
            """
        ),
        {"id": ticket_id},
    )
    return int(count or 0)
