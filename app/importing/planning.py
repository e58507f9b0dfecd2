"""Where each row of a batch ends: which ticket it joins or opens, in whose queue, until when. Nothing is written here.

Who joins whom, who acts and until when is decided by the functions that decide it live.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import Connection, text

from app.features.territories.catalogue import Town
from app.features.territories.failing import RulesMet
from app.features.tickets.grouping import Joined, group
from app.features.tickets.placing import Waiting, new_ticket, spot_of
from app.importing.history import History

# References and ids are taken here, in the order in which things were said.
_TAKE = """
    SELECT b.*, {ids}
    FROM (
      SELECT t.seq, r.source_id, r.created_at, r.closed_at, r.state, r.status, r.kind, r.category, r.channel, r.title,
             r.body, r.address, r.lon, r.lat, r.h3, r.hidden, p.geom::text AS geom, p.territory_id,
             p.zone_ids::text AS zones, town.prefix
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

    rows: Sequence[Any]
    items: dict[int, Waiting] = field(default_factory=dict)
    ends: dict[int, Joined] = field(default_factory=dict)
    born: dict[int, Born] = field(default_factory=dict)
    """By the id of the contribution that opens it."""
    grown: dict[int, tuple[int, datetime]] = field(default_factory=dict)
    """Tickets of before: how many join, and when the last did."""


def plan_batch(
    connection: Connection,
    history: History,
    towns: Mapping[int, Town],
    met: RulesMet,
    *,
    above: int,
    upto: int,
    trial: bool = False,
) -> Plan:
    """Read the rows after `above` up to `upto`, and decide where each ends; `met` hears how the rules behaved.

    A `trial` takes no number, and asks no rule.
    """
    taken = _TAKE.format(ids=_TRIAL_IDS if trial else _REAL_IDS)
    plan = Plan(connection.execute(text(taken), {"above": above, "upto": upto}).all())
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
        facts = {} if trial else new_ticket(plan.items[row.id], towns[row.territory_id], met)
        routing = _routing_text(facts["routing"]) if facts else ""
        plan.born[row.id] = Born(ticket_id, facts, routing, row.state, row.closed_at)
    history.anchors.settle({key: born.id for key, born in plan.born.items()})
    if not trial:
        _join(plan)
    return plan


# A reason is put in words once for all the tickets that share it (`deciding`), and in JSON once.
_texts: dict[int, tuple[dict[str, Any], str]] = {}


def _routing_text(routing: dict[str, Any]) -> str:
    known = _texts.get(id(routing))
    if known is None or known[0] is not routing:
        known = _texts[id(routing)] = (routing, json.dumps(routing, ensure_ascii=False))
    return known[1]


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
