"""From a contribution to a ticket in a queue: group, route, write, in one transaction for a whole batch.

Called by the worker for what just arrived, and by the import for what arrived long ago; running it twice changes
nothing, because it takes only contributions that have no ticket.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, NamedTuple

from sqlalchemy.orm import Session

from app.core.db import statement
from app.features.contributions.addresses import NAME_PLACES
from app.features.contributions.pyramid import CellChange, change_cells
from app.features.contributions.telling import AREA
from app.features.territories.catalogue import Town, town
from app.features.territories.deciding import decide, due_date, facts_of
from app.features.territories.failing import RulesMet, note_rules
from app.features.territories.routing import RoutingFacts
from app.features.tickets.grouping import Anchors, Joined, Spot, group, lock_places, nearest_open


class Waiting(NamedTuple):
    """A contribution as grouping and routing see it."""

    id: int
    reference: str
    territory_id: int
    version: int
    category_id: int
    kind: str
    channel: str
    lon: float
    lat: float
    zone_ids: list[int]
    answers: dict[str, Any]
    title: str
    text: str
    visibility: str
    created_at: datetime


COLUMNS = """
    c.id, c.reference, c.territory_id, t.config_version AS version, c.category_id, c.kind, c.channel,
    ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, c.zone_ids, c.answers,
    coalesce(c.title, left(c.body, 90)) AS title, c.body AS text, c.visibility, c.created_at
"""
"""The fields of `Waiting`, of a contribution `c` in a territory `t`."""

# The rows of the outbox die with this transaction: if it ends badly they are still there, for the next drain. So nobody
# waits for the disk here: a crash in the next fraction of a second gives back the rows together with their work.
_CLAIM = statement(
    f"""
    WITH hurry AS MATERIALIZED (SELECT set_config('synchronous_commit', 'off', true)),
    due AS (
      SELECT id, subject_id, attempts, payload FROM outbox
      WHERE topic = 'intake' AND failed_at IS NULL AND due_at <= now() AND EXISTS (SELECT FROM hurry)
      ORDER BY id LIMIT :limit FOR UPDATE SKIP LOCKED
    ), taken AS (DELETE FROM outbox USING due WHERE outbox.id = due.id)
    SELECT due.id AS outbox_id, due.attempts, due.payload ->> 'request_id' AS request_id, c.ticket_id, {COLUMNS}
    FROM due LEFT JOIN contribution c ON c.id = due.subject_id LEFT JOIN territory t ON t.id = c.territory_id
    ORDER BY c.created_at, c.id
    """,  # noqa: S608 - a constant
    "outbox_id",
    "attempts",
    "request_id",
    "ticket_id",
    *Waiting._fields,
)

_WRITE = statement(
    """
    WITH born AS (
      INSERT INTO ticket (reference, territory_id, category_id, service_id, kind, anchor, zone_ids, title, opened_at,
                          last_at, due_at, contributions, routing)
      SELECT n.reference, n.territory_id, n.category_id, n.service_id, n.kind,
             ST_SetSRID(ST_MakePoint(n.lon, n.lat), 4326), n.zone_ids, n.title, n.opened_at, n.last_at, n.due_at,
             n.contributions, n.routing
      FROM jsonb_to_recordset(CAST(:tickets AS jsonb)) AS n(
        reference text, territory_id int, category_id int, service_id int, kind text, lon float8, lat float8,
        zone_ids int[], title text, opened_at timestamptz, last_at timestamptz, due_at timestamptz,
        contributions int, routing jsonb)
      RETURNING id, reference, state, routing, opened_at
    ),
    grown AS (
      UPDATE ticket SET contributions = ticket.contributions + g.more, last_at = greatest(ticket.last_at, g.last_at),
                        updated_at = now()
      FROM jsonb_to_recordset(CAST(:grown AS jsonb)) AS g(id bigint, more int, last_at timestamptz)
      WHERE ticket.id = g.id
      RETURNING ticket.id, ticket.state
    ),
    ends AS (
      SELECT e.id, e.distance_m, e.leads, e.said_at, coalesce(grown.id, born.id) AS ticket_id,
             coalesce(grown.state, born.state) AS state
      FROM jsonb_to_recordset(CAST(:ends AS jsonb))
           AS e(id bigint, ticket_id bigint, leader text, distance_m float8, leads bool, said_at timestamptz)
      LEFT JOIN grown ON grown.id = e.ticket_id
      LEFT JOIN born ON born.reference = e.leader
    ),
    placed AS (
      UPDATE contribution SET ticket_id = ends.ticket_id, state = ends.state FROM ends WHERE contribution.id = ends.id
    ),
    grouped AS (
      INSERT INTO event (ticket_id, contribution_id, type, at, data)
      SELECT ticket_id, id, 'grouped', CASE WHEN CAST(:backdated AS bool) THEN said_at ELSE now() END,
             jsonb_build_object('distance_m', round(distance_m::numeric, 1))
      FROM ends WHERE NOT leads
    ),
    routed AS (
      INSERT INTO event (ticket_id, type, at, state_to, data)
      SELECT id, 'routed', CASE WHEN CAST(:backdated AS bool) THEN opened_at ELSE now() END, state, routing FROM born
    ),
    concentrated AS (
      INSERT INTO outbox (topic, payload, due_at)
      SELECT 'hotspots', CAST(:partitions AS jsonb), now() + interval '2 seconds' WHERE :has_partitions
    ),
    nameless AS (
      INSERT INTO outbox (topic, payload)
      SELECT :name_places, jsonb_build_object('contribution_ids', jsonb_agg(c.id ORDER BY c.id))
      FROM ends JOIN contribution c ON c.id = ends.id
      WHERE :has_geocoder AND c.territory_id = ANY(CAST(:geocoded AS int[])) AND coalesce(c.address, '') = ''
      HAVING count(*) > 0
    ),
    announced AS (
      INSERT INTO outbox (topic, payload)
      SELECT :area, jsonb_build_object('contribution_ids', (SELECT jsonb_agg(id ORDER BY id) FROM ends))
      WHERE NOT CAST(:backdated AS bool) AND EXISTS (SELECT FROM follow WHERE contribution_id IS NULL)
    )
    SELECT id, state FROM ends
    """,
    "id",
    "state",
)


@dataclass(frozen=True)
class Claimed:
    """A row of the outbox that this transaction holds; `waiting` is None when its contribution is gone or placed."""

    outbox_id: int
    attempts: int
    request_id: str | None
    waiting: Waiting | None


def claim_intake(session: Session, *, limit: int) -> list[Claimed]:
    """Take at most `limit` rows of what waits, in the order in which it was said; they are done when this commits."""
    return [
        Claimed(row.outbox_id, row.attempts, row.request_id, _waiting(row) if row.id and not row.ticket_id else None)
        for row in session.execute(_CLAIM, {"limit": limit})
    ]


def _waiting(row: Any) -> Waiting:
    return Waiting(*row[4:])


def drain_intake(session: Session, *, limit: int) -> int:
    """Place what waits, at most `limit`, and return how many there were; the caller commits."""
    rows = claim_intake(session, limit=limit)
    place(session, [row.waiting for row in rows if row.waiting is not None])
    return len(rows)


def place(
    session: Session, waiting: Sequence[Waiting], *, anchors: Anchors | None = None, backdated: bool = False
) -> None:
    """Give each contribution its ticket: an existing one, or a new one in the queue of the service that must act.

    `backdated`: the history says it happened when the contribution was said, as for a town's past, and not now.
    """
    if not waiting:
        return
    towns = {item.territory_id: town(session, item.territory_id, version=item.version) for item in waiting}
    spots = [spot for item in waiting if (spot := spot_of(item, towns[item.territory_id])) is not None]
    lock_places(session, spots)
    ends = group(spots, nearest_open(session, spots), anchors)
    for item in waiting:
        ends.setdefault(item.id, Joined(None, item.id, 0.0))
    met = RulesMet()
    states = _write(session, waiting, ends, towns, backdated, met)
    note_rules(session, met)
    change_cells(
        session,
        [
            CellChange(
                contribution_id=item.id,
                territory_id=item.territory_id,
                category_id=item.category_id,
                kind=item.kind,
                state=states[item.id],
                lon=item.lon,
                lat=item.lat,
                created_at=item.created_at,
                sign=1,
            )
            for item in waiting
            if item.visibility == "public"
        ],
    )


def spot_of(item: Waiting, home: Town, *, closed_at: datetime | None = None) -> Spot | None:
    """A problem as the grouping sees it; praise and proposals stand alone."""
    if item.kind != "problem":
        return None
    category = home.categories_by_id[item.category_id]
    return Spot(
        key=item.id,
        territory_id=item.territory_id,
        category_id=item.category_id,
        lon=item.lon,
        lat=item.lat,
        radius_m=category.group_radius_m,
        window_days=category.group_window_days,
        at=item.created_at,
        closed_at=closed_at,
    )


def _write(
    session: Session,
    waiting: Sequence[Waiting],
    ends: dict[int, Joined],
    towns: dict[int, Town],
    backdated: bool,
    met: RulesMet,
) -> dict[int, str]:
    by_id = {item.id: item for item in waiting}
    tickets: dict[int, dict[str, Any]] = {}
    grown: dict[int, tuple[int, datetime]] = {}
    for item in waiting:
        end = ends[item.id]
        if end.ticket_id is not None:
            more, last = grown.get(end.ticket_id, (0, item.created_at))
            grown[end.ticket_id] = (more + 1, max(last, item.created_at))
        elif end.leader == item.id:
            tickets[item.id] = new_ticket(item, towns[item.territory_id], met)
        elif end.leader is not None:
            ticket = tickets[end.leader]
            ticket["contributions"] += 1
            ticket["last_at"] = max(ticket["last_at"], item.created_at.isoformat())
    partitions = sorted({(item.territory_id, item.category_id, item.kind) for item in waiting})
    geocoded = [territory_id for territory_id, home in towns.items() if home.geocoder]
    rows = session.execute(
        _WRITE,
        {
            "tickets": json.dumps(list(tickets.values())),
            "grown": json.dumps(
                [{"id": key, "more": more, "last_at": last.isoformat()} for key, (more, last) in grown.items()]
            ),
            "ends": json.dumps([_end(item, ends[item.id], by_id) for item in waiting]),
            "backdated": backdated,
            "partitions": json.dumps({"partitions": partitions}),
            "has_partitions": bool(partitions),
            "area": AREA,
            "name_places": NAME_PLACES,
            # A town's past came with the addresses that it has.
            "geocoded": [] if backdated else geocoded,
            "has_geocoder": bool(geocoded) and not backdated,
        },
    )
    return {row.id: row.state for row in rows}


def _end(item: Waiting, end: Joined, by_id: Mapping[int, Waiting]) -> dict[str, Any]:
    return {
        "id": item.id,
        "ticket_id": end.ticket_id,
        "leader": by_id[end.leader].reference if end.leader else None,
        "distance_m": end.distance_m,
        "leads": end.leader == item.id,
        "said_at": item.created_at.isoformat(),
    }


def facts_about(item: Waiting, home: Town) -> RoutingFacts:
    """What the town's rules may look at of a contribution."""
    return facts_of(
        home,
        kind=item.kind,
        category=home.categories_by_id[item.category_id],
        at=item.created_at,
        zone_ids=item.zone_ids,
        answers=item.answers,
        channel=item.channel,
        text=item.text,
    )


def new_ticket(item: Waiting, home: Town, met: RulesMet | None = None) -> dict[str, Any]:
    """The row of the ticket that a contribution opens: in whose queue, why, and until when.

    `met` hears how the rules behaved; nobody does for what is long past.
    """
    decision = decide(home, facts_about(item, home))
    if met is not None:
        met.hear(decision)
    due = due_date(home, home.categories_by_id[item.category_id], kind=item.kind, at=item.created_at)
    at = item.created_at.isoformat()
    return {
        "reference": item.reference,
        "territory_id": item.territory_id,
        "category_id": item.category_id,
        "service_id": decision.service.id,
        "kind": item.kind,
        "lon": item.lon,
        "lat": item.lat,
        "zone_ids": item.zone_ids,
        "title": item.title,
        "opened_at": at,
        "last_at": at,
        "due_at": due.isoformat() if due else None,
        "contributions": 1,
        "routing": decision.routing,
    }
