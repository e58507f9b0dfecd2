"""A batch of rows becomes tickets, contributions, history and cells: planned in memory, kept in one transaction.

The live way keeps a contribution first and gives it a ticket later; here both are known at once, so that each row is
written once. Who joins whom, who acts and until when is decided by the same functions as live.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import COUNT_AGAIN, CellChange, change_cells, rebuild_cells
from app.features.territories.catalogue import Town
from app.features.tickets.grouping import Joined, group
from app.features.tickets.placing import Waiting, new_ticket, spot_of
from app.importing.history import History
from app.importing.staging import copy_line, copying

# References and ids are taken here, in the order in which things were said.
_TAKE = """
    SELECT b.*, {ids}
    FROM (
      SELECT t.seq, r.created_at, r.closed_at, r.state, r.kind, r.category, r.channel, r.title, r.body, r.lon, r.lat,
             r.hidden, p.territory_id, p.zone_ids::text AS zones, town.prefix
      FROM import_turn t JOIN import_row r USING (line) JOIN import_place p USING (line)
      JOIN import_town town ON town.id = p.territory_id
      WHERE t.seq > :above AND t.seq <= :upto ORDER BY t.seq
    ) b
"""
_REAL_IDS = (
    "nextval(pg_get_serial_sequence('contribution', 'id')) AS id, "
    "b.prefix || '-' || nextval(('reference_' || b.territory_id)::regclass) AS reference"
)
_TRIAL_IDS = "b.seq::bigint AS id, '' AS reference"
_TICKET_IDS = text("SELECT nextval(pg_get_serial_sequence('ticket', 'id')) FROM generate_series(1, :n)")

TICKET_COLUMNS = (
    "id, reference, territory_id, category_id, service_id, kind, state, anchor, zone_ids, title, opened_at, last_at, "
    "updated_at, due_at, closed_at, contributions, routing"
)

_GROWN = text(
    """
    WITH mine AS (
      SELECT t.id, g.more, g.last_at
      FROM unnest(CAST(:ids AS bigint[]), CAST(:more AS int[]), CAST(:last AS timestamptz[])) AS g(id, more, last_at)
      JOIN ticket t USING (id) ORDER BY t.id FOR UPDATE OF t
    )
    UPDATE ticket SET contributions = contributions + mine.more, last_at = greatest(ticket.last_at, mine.last_at),
                      updated_at = now()
    FROM mine WHERE ticket.id = mine.id
    RETURNING ticket.id, ticket.state
    """
)

_ENDS = """
    CREATE TEMP TABLE IF NOT EXISTS import_end (
      seq int, id bigint, reference text, category_id int, ticket_id bigint, ticket_state text, leads bool,
      distance_m float8, opens text) ON COMMIT DELETE ROWS
"""
_KEEP = text(
    """
    INSERT INTO contribution (id, reference, territory_id, category_id, kind, channel, language, title, body, geom,
                              address, h3, zone_ids, visibility, state, created_at, ticket_id, source, source_id)
    OVERRIDING SYSTEM VALUE
    SELECT e.id, e.reference, p.territory_id, e.category_id, r.kind, r.channel, :language, r.title, r.body, p.geom,
           r.address, r.h3, p.zone_ids, CASE WHEN r.hidden THEN 'hidden' ELSE 'public' END, e.ticket_state,
           r.created_at, e.ticket_id, :source, r.source_id
    FROM import_end e JOIN import_turn t USING (seq) JOIN import_row r USING (line) JOIN import_place p USING (line)
    ORDER BY e.seq
    """
)
_HISTORY = text(
    """
    INSERT INTO event (ticket_id, contribution_id, type, at, state_from, state_to, data)
    SELECT h.ticket_id, h.contribution_id, h.type, h.at, h.state_from, h.state_to, h.data
    FROM import_end e JOIN import_turn t USING (seq) JOIN import_row r USING (line)
    CROSS JOIN LATERAL (VALUES
      (1, NULL::bigint, e.id, 'imported', r.created_at, NULL, 'new', jsonb_strip_nulls(jsonb_build_object(
        'source', CAST(:source AS text), 'source_id', r.source_id, 'channel', r.channel, 'status', r.status,
        'closed_at', r.closed_at))),
      (2, e.ticket_id, e.id, 'grouped', r.created_at, NULL, NULL,
        jsonb_build_object('distance_m', round(e.distance_m::numeric, 1))),
      (3, e.ticket_id, NULL, 'routed', r.created_at, NULL, 'new', CAST(e.opens AS jsonb)),
      (4, e.ticket_id, NULL, 'imported', coalesce(r.closed_at, r.created_at), 'new', e.ticket_state,
        jsonb_strip_nulls(jsonb_build_object('source', CAST(:source AS text), 'status', r.status)))
    ) AS h(rank, ticket_id, contribution_id, type, at, state_from, state_to, data)
    WHERE h.rank = 1 OR (h.rank = 2 AND NOT e.leads) OR (h.rank = 3 AND e.leads)
       OR (h.rank = 4 AND e.leads AND e.ticket_state <> 'new')
    ORDER BY e.seq, h.rank
    """
)


@dataclass(frozen=True, slots=True)
class Born:
    """A ticket to write, as `new_ticket` says it, with its id and its state."""

    id: int
    facts: dict[str, Any]
    routing: str
    state: str
    closed_at: datetime | None


@dataclass
class Plan:
    """What a batch will write. Nothing in it depends on the transaction, so that it can be written again."""

    rows: list[Any]
    items: dict[int, Waiting] = field(default_factory=dict)
    ends: dict[int, Joined] = field(default_factory=dict)
    born: dict[int, Born] = field(default_factory=dict)
    """By the id of the contribution that opens it."""
    grown: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    """Tickets of before: how many join, and when the last did."""


def plan_batch(
    connection: Connection, history: History, towns: Mapping[int, Town], *, above: int, upto: int, trial: bool = False
) -> Plan:
    """Read the rows after `above` up to `upto`, and decide where each ends. A `trial` takes no number."""
    taken = _TAKE.format(ids=_TRIAL_IDS if trial else _REAL_IDS)
    plan = Plan(list(connection.execute(text(taken), {"above": above, "upto": upto})))
    history.move(plan.rows[0].created_at, plan.rows[-1].created_at, towns)
    spots = []
    for row in plan.rows:
        item = plan.items[row.id] = _item(row, towns[row.territory_id])
        spot = spot_of(item, towns[row.territory_id], closed_at=row.closed_at)
        if spot is not None:
            spots.append(spot)
    plan.ends = group(spots, {}, history.anchors)
    for key in plan.items:
        plan.ends.setdefault(key, Joined(None, key, 0.0))
    leaders = [row for row in plan.rows if plan.ends[row.id].leader == row.id]
    ids = range(1, len(leaders) + 1) if trial else connection.scalars(_TICKET_IDS, {"n": len(leaders)})
    for row, ticket_id in zip(leaders, ids, strict=True):
        facts = {} if trial else new_ticket(plan.items[row.id], towns[row.territory_id])
        routing = json.dumps(facts["routing"]) if facts else ""
        plan.born[row.id] = Born(ticket_id, facts, routing, row.state, row.closed_at)
    history.anchors.settle({key: born.id for key, born in plan.born.items()})
    if not trial:
        _join(plan)
    return plan


def _item(row: Any, home: Town) -> Waiting:
    return Waiting(
        id=row.id,
        reference=row.reference,
        territory_id=row.territory_id,
        version=home.version,
        category_id=home.categories[row.category].id,
        kind=row.kind,
        channel=row.channel,
        lon=row.lon,
        lat=row.lat,
        zone_ids=_ids(row.zones),
        answers={},
        title=row.title or row.body[:90],
        text=row.body,
        visibility="hidden" if row.hidden else "public",
        created_at=row.created_at,
    )


@lru_cache(maxsize=10_000)
def _ids(array: str) -> list[int]:
    """PostgreSQL's `{1,2}`; the list is shared, not to be changed."""
    return [int(part) for part in array[1:-1].split(",") if part]


def _join(plan: Plan) -> None:
    """Count those that join, in the ticket born in this batch or in one of before."""
    for key, end in plan.ends.items():
        at = plan.items[key].created_at
        if end.ticket_id is not None:
            more, last = plan.grown.get(end.ticket_id, (0, at))
            plan.grown[end.ticket_id] = (more + 1, max(last, at))
        elif end.leader is not None and end.leader != key:
            facts = plan.born[end.leader].facts
            facts["contributions"] += 1
            facts["last_at"] = max(facts["last_at"], at.isoformat())


def write_batch(connection: Connection, plan: Plan, *, source: str, language: str, count: bool) -> None:
    """Keep a plan; the caller commits. Without `count`, the caller counts the map's cells in the end."""
    states = _grow(connection, plan)
    _bear(connection, plan)
    ends = {key: _end(plan, key, states) for key in plan.items}
    connection.exec_driver_sql(_ENDS)
    with copying(connection, "import_end") as copy:
        for row in plan.rows:
            copy.write(copy_line(row.seq, row.id, row.reference, plan.items[row.id].category_id, *ends[row.id]))
    connection.execute(_KEEP, {"source": source, "language": language})
    connection.execute(_HISTORY, {"source": source})
    if count:
        with Session(connection, join_transaction_mode="conditional_savepoint") as session:
            change_cells(session, [_cell(item, ends[key][1]) for key, item in plan.items.items() if _shown(item)])


def _grow(connection: Connection, plan: Plan) -> dict[int, str]:
    """Count the new ones in the tickets of before; returns the states these stand in now."""
    if not plan.grown:
        return {}
    rows = connection.execute(
        _GROWN,
        {
            "ids": list(plan.grown),
            "more": [more for more, _ in plan.grown.values()],
            "last": [last for _, last in plan.grown.values()],
        },
    )
    return {row.id: row.state for row in rows}


def _bear(connection: Connection, plan: Plan) -> None:
    with copying(connection, f"ticket ({TICKET_COLUMNS})") as copy:
        for born in plan.born.values():
            copy.write(_ticket_line(born))


def _ticket_line(born: Born) -> str:
    facts = born.facts
    closed = born.closed_at.isoformat() if born.closed_at else None
    return copy_line(
        born.id,
        facts["reference"],
        facts["territory_id"],
        facts["category_id"],
        facts["service_id"],
        facts["kind"],
        born.state,
        f"SRID=4326;POINT({facts['lon']!r} {facts['lat']!r})",
        f"{{{','.join(map(str, facts['zone_ids']))}}}",
        facts["title"],
        facts["opened_at"],
        facts["last_at"],
        max(closed or "", facts["last_at"]),
        facts["due_at"],
        closed,
        facts["contributions"],
        born.routing,
    )


def _end(plan: Plan, key: int, states: Mapping[int, str]) -> tuple[int, str, bool, float, str | None]:
    """Ticket id, its state, whether this row opened it, metres from its first place, why it was routed there."""
    end = plan.ends[key]
    if end.ticket_id is not None:
        return end.ticket_id, states[end.ticket_id], False, end.distance_m, None
    born = plan.born[end.leader if end.leader is not None else key]
    leads = end.leader == key
    return born.id, born.state, leads, end.distance_m, born.routing if leads else None


def _shown(item: Waiting) -> bool:
    return item.visibility == "public"


def _cell(item: Waiting, state: str) -> CellChange:
    return CellChange(
        contribution_id=item.id,
        territory_id=item.territory_id,
        category_id=item.category_id,
        kind=item.kind,
        state=state,
        lon=item.lon,
        lat=item.lat,
        created_at=item.created_at,
    )


def promise_count(connection: Connection, territory_ids: Iterable[int]) -> None:
    """Leave a job that counts the map's cells again, should this import die before it does so itself."""
    for territory_id in territory_ids:
        connection.execute(
            text(
                "INSERT INTO outbox (topic, subject_id, due_at) SELECT :topic, :id, now() + interval '1 hour' "
                "WHERE NOT EXISTS (SELECT FROM outbox WHERE topic = :topic AND subject_id = :id)"
            ),
            {"topic": COUNT_AGAIN, "id": territory_id},
        )


def promised_counts(connection: Connection, territory_ids: Iterable[int]) -> bool:
    """Whether an import that died left cells of these territories uncounted."""
    asked = text("SELECT EXISTS (SELECT FROM outbox WHERE topic = :topic AND subject_id = ANY(:ids))")
    return bool(connection.scalar(asked, {"topic": COUNT_AGAIN, "ids": list(territory_ids)}))


def keep_promise(connection: Connection, territory_ids: Iterable[int]) -> None:
    """Count the cells of these territories, and take the jobs back that would do it later."""
    with Session(connection, join_transaction_mode="conditional_savepoint") as session:
        for territory_id in sorted(territory_ids):
            rebuild_cells(session, territory_id)
    connection.execute(
        text("DELETE FROM outbox WHERE topic = :topic AND subject_id = ANY(:ids)"),
        {"topic": COUNT_AGAIN, "ids": list(territory_ids)},
    )


def mark_hotspots(connection: Connection, partitions: Sequence[tuple[int, int, str]]) -> None:
    """Ask, once, that the hotspots of these (territory, category, kind) be counted again."""
    payload = json.dumps({"partitions": [list(partition) for partition in partitions]})
    connection.execute(
        text("INSERT INTO outbox (topic, payload) VALUES ('hotspots', CAST(:payload AS jsonb))"), {"payload": payload}
    )
