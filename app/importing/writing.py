"""A planned batch kept in one transaction: tickets, contributions, their history, the map's cells.

The live way keeps a contribution first and gives it a ticket later; here both are known at once, so that each row is
copied in once.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from sqlalchemy import Connection, text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import COUNT_AGAIN, CellChange, change_cells, rebuild_cells
from app.features.tickets.placing import Waiting
from app.importing.errors import ImportStopped
from app.importing.planning import Born, Plan
from app.importing.staging import copying, field

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


@dataclass(frozen=True)
class Lines:
    """A batch as COPY takes it, but for contributions whose ticket was there before: its state is not known yet."""

    tickets: str
    contributions: str
    events: str


def compose(plan: Plan, *, source: str, language: str) -> Lines:
    """Put a plan in lines; done while the batch before is being written, so that PostgreSQL never waits for it."""
    born = [row for row in plan.rows if row.id in plan.born]
    here = [(row, opened) for row in plan.rows if (opened := _opened(plan, row.id)) is not None]
    return Lines(
        tickets="".join(_ticket(plan, row) for row in born),
        contributions="".join(
            _contribution(plan.items[row.id], row, opened.id, opened.state, source, language) for row, opened in here
        ),
        events="".join(_events(plan, row, source) for row in plan.rows),
    )


def write_batch(connection: Connection, plan: Plan, lines: Lines, *, source: str, language: str, count: bool) -> None:
    """Keep a plan; the caller commits. Without `count`, the caller counts the map's cells in the end."""
    known = _grow(connection, plan)
    states = {key: known[end.ticket_id] for key, end in plan.ends.items() if end.ticket_id is not None}
    joining = "".join(
        _contribution(plan.items[row.id], row, plan.ends[row.id].ticket_id, states[row.id], source, language)
        for row in plan.rows
        if row.id in states
    )
    with _vouched(connection, plan):
        _copy(connection, f"ticket ({TICKET})", lines.tickets)
        _copy(connection, f"contribution ({CONTRIBUTION})", lines.contributions + joining)
        _copy(connection, f"event ({EVENT})", lines.events)
    if count:
        states |= {key: opened.state for key in plan.items if (opened := _opened(plan, key)) is not None}
        shown = [item for item in plan.items.values() if item.visibility == "public"]
        with Session(connection, join_transaction_mode="conditional_savepoint") as session:
            change_cells(session, [_cell(item, states[item.id]) for item in shown])


def _copy(connection: Connection, target: str, lines: str) -> None:
    with copying(connection, target) as copy:
        copy.write(lines)


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


def _opened(plan: Plan, key: int) -> Born | None:
    """The ticket of this batch that a row ends in, if it is not one of before."""
    end = plan.ends[key]
    return None if end.leader is None else plan.born[end.leader]


def _ticket(plan: Plan, row: Any) -> str:
    born: Born = plan.born[row.id]
    facts = born.facts
    changed = max(born.closed_at.isoformat() if born.closed_at else "", facts["last_at"])
    return (
        f"{born.id}\t{facts['reference']}\t{facts['territory_id']}\t{facts['category_id']}\t{facts['service_id']}\t"
        f"{facts['kind']}\t{born.state}\t{row.geom}\t{row.zones}\t{field(facts['title'])}\t{facts['opened_at']}\t"
        f"{facts['last_at']}\t{changed}\t{field(facts['due_at'])}\t{field(born.closed_at)}\t"
        f"{facts['contributions']}\t{field(born.routing)}\n"
    )


def _contribution(item: Waiting, row: Any, ticket_id: int | None, state: str, source: str, language: str) -> str:
    return (
        f"{row.id}\t{row.reference}\t{row.territory_id}\t{item.category_id}\t{row.kind}\t{row.channel}\t{language}\t"
        f"{field(row.title)}\t{field(row.body)}\t{row.geom}\t{field(row.address)}\t{row.h3}\t{row.zones}\t"
        f"{item.visibility}\t{state}\t{row.created_at.isoformat()}\t{ticket_id}\t{source}\t{field(row.source_id)}\n"
    )


def _events(plan: Plan, row: Any, source: str) -> str:
    """Said then; joined then, or routed then and closed when it was."""
    at = row.created_at.isoformat()
    facts = {"source": source, "source_id": row.source_id, "channel": row.channel}
    if row.status is not None:
        facts["status"] = row.status
    if row.closed_at is not None:
        facts["closed_at"] = row.closed_at.isoformat()
    said = f"\\N\t{row.id}\timported\t{at}\t\\N\tnew\t{field(_json(facts))}\n"
    born = plan.born.get(row.id)
    if born is None:
        end, opened = plan.ends[row.id], _opened(plan, row.id)
        distance = f'{{"distance_m": {end.distance_m:.1f}}}'
        return f"{said}{opened.id if opened else end.ticket_id}\t{row.id}\tgrouped\t{at}\t\\N\t\\N\t{distance}\n"
    said += f"{born.id}\t\\N\trouted\t{at}\t\\N\tnew\t{field(born.routing)}\n"
    if born.state != "new":
        facts.pop("channel")
        when = facts.pop("closed_at", at)
        said += f"{born.id}\t\\N\tstate\t{when}\tnew\t{born.state}\t{field(_json(facts))}\n"
    return said


_json = json.JSONEncoder(ensure_ascii=False).encode


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
