"""A planned batch kept in one transaction: tickets, contributions, their history, the map's cells.

The live way keeps a contribution first and gives it a ticket later; here both are known at once, so that each row is
copied in once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import COUNT_AGAIN, CellChange, change_cells, rebuild_cells
from app.features.tickets.placing import Waiting
from app.importing.errors import ImportStopped
from app.importing.planning import Born, Plan
from app.importing.staging import copy_line, copying

TICKET = (
    "id, reference, territory_id, category_id, service_id, kind, state, anchor, zone_ids, title, opened_at, last_at, "
    "updated_at, due_at, closed_at, contributions, routing"
)
CONTRIBUTION = (
    "id, reference, territory_id, category_id, kind, channel, language, title, body, geom, address, h3, zone_ids, "
    "visibility, state, created_at, ticket_id, source, source_id"
)
EVENT = "ticket_id, contribution_id, type, at, state_from, state_to, data"

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


# A foreign key asks, row by row, for what is asked here once a batch: that the row it names is there, and stays until
# this transaction ends. Tickets are written by the batch itself, or held since `_GROWN`.
_NAMED = """
    SELECT (SELECT count(*) FROM (SELECT id FROM territory WHERE id = ANY(:territories) FOR KEY SHARE) t),
           (SELECT count(*) FROM (SELECT id FROM category WHERE id = ANY(:categories) FOR KEY SHARE) c),
           (SELECT count(*) FROM (SELECT id FROM service WHERE id = ANY(:services) FOR KEY SHARE) s)
"""
_MAY_VOUCH = (
    "SELECT current_setting('server_version_num')::int >= 150000 "
    "AND has_parameter_privilege('session_replication_role', 'SET')"
)


@contextmanager
def _vouched(connection: Connection, plan: Plan) -> Iterator[None]:
    """Check what the rows name all at once, and spare PostgreSQL asking a dozen times a row, half of its work.

    Where this account may not say so (PostgreSQL before 15, a managed server), foreign keys are checked one by one.
    """
    if not connection.scalar(text(_MAY_VOUCH)):
        yield
        return
    named = {
        "territories": sorted({item.territory_id for item in plan.items.values()}),
        "categories": sorted({item.category_id for item in plan.items.values()}),
        "services": sorted({born.facts["service_id"] for born in plan.born.values()}),
    }
    found = connection.execute(text(_NAMED), named).one()
    if tuple(found) != tuple(map(len, named.values())):
        raise ImportStopped("The town's categories or services changed meanwhile; run the same command again.")
    connection.exec_driver_sql("SET LOCAL session_replication_role = replica")
    yield
    connection.exec_driver_sql("SET LOCAL session_replication_role = origin")


def write_batch(connection: Connection, plan: Plan, *, source: str, language: str, count: bool) -> None:
    """Keep a plan; the caller commits. Without `count`, the caller counts the map's cells in the end."""
    states = _grow(connection, plan)
    with _vouched(connection, plan):
        _copy(connection, f"ticket ({TICKET})", (_ticket(plan, row) for row in plan.rows if row.id in plan.born))
        ends = {key: _end(plan, key, states) for key in plan.items}
        _copy(
            connection,
            f"contribution ({CONTRIBUTION})",
            (_contribution(plan.items[row.id], row, *ends[row.id], source, language) for row in plan.rows),
        )
        _copy(connection, f"event ({EVENT})", (_events(plan, row, *ends[row.id], source) for row in plan.rows))
    if count:
        with Session(connection, join_transaction_mode="conditional_savepoint") as session:
            change_cells(session, [_cell(item, ends[key][1]) for key, item in plan.items.items() if _shown(item)])


def _copy(connection: Connection, target: str, lines: Iterable[str]) -> None:
    with copying(connection, target) as copy:
        copy.write("".join(lines))


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


def _end(plan: Plan, key: int, states: Mapping[int, str]) -> tuple[int, str]:
    """The ticket that a row ends in, and its state."""
    end = plan.ends[key]
    if end.ticket_id is not None:
        return end.ticket_id, states[end.ticket_id]
    born = plan.born[end.leader if end.leader is not None else key]
    return born.id, born.state


def _ticket(plan: Plan, row: Any) -> str:
    born: Born = plan.born[row.id]
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
        row.geom,
        row.zones,
        facts["title"],
        facts["opened_at"],
        facts["last_at"],
        max(closed or "", facts["last_at"]),
        facts["due_at"],
        closed,
        facts["contributions"],
        born.routing,
    )


def _contribution(item: Waiting, row: Any, ticket_id: int, state: str, source: str, language: str) -> str:
    return copy_line(
        row.id,
        row.reference,
        row.territory_id,
        item.category_id,
        row.kind,
        row.channel,
        language,
        row.title,
        row.body,
        row.geom,
        row.address,
        row.h3,
        row.zones,
        item.visibility,
        state,
        row.created_at.isoformat(),
        ticket_id,
        source,
        row.source_id,
    )


def _events(plan: Plan, row: Any, ticket_id: int, state: str, source: str) -> str:
    """Said then; joined then, or routed then and closed when it was."""
    at = row.created_at.isoformat()
    facts = {"source": source, "source_id": row.source_id, "channel": row.channel}
    if row.status is not None:
        facts["status"] = row.status
    if row.closed_at is not None:
        facts["closed_at"] = row.closed_at.isoformat()
    said = copy_line(None, row.id, "imported", at, None, "new", _json(facts))
    born = plan.born.get(row.id)
    if born is None:
        distance = f'{{"distance_m": {plan.ends[row.id].distance_m:.1f}}}'
        return said + copy_line(ticket_id, row.id, "grouped", at, None, None, distance)
    said += copy_line(ticket_id, None, "routed", at, None, "new", born.routing)
    if state != "new":
        facts.pop("channel")
        when = facts.pop("closed_at", at)
        said += copy_line(ticket_id, None, "state", when, "new", state, _json(facts))
    return said


_json = json.JSONEncoder(ensure_ascii=False).encode


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
