"""Which contributions come first among those that the filters let through, by their ids alone: the orders of a list.

A line's place in an order is a tuple of keys that ends with its id; no two lines share one, and a page may begin after
any of them.
"""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from typing import Any, Final, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.features.contributions.conditions import PLAN_EACH, Shape, shape_of, values, where
from app.features.contributions.filters import MapFilters
from app.features.contributions.scope import Resolved

FEW = 500
"""As many contributions with some words are gathered before the first ones are looked for in another way."""
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

Place = tuple[Any, ...]
"""Where a contribution stands in an order: the order's keys, then its id."""


class Found(NamedTuple):
    """A contribution that has the words asked for."""

    created_at: datetime
    id: int
    kind: str
    supports: int
    """How many carry it; 0 where its process hides the count."""
    changed_at: datetime | None


@dataclass(frozen=True)
class Walk:
    """A part of the contributions that an index tells in order: its keys, as SQL over a contribution `c`."""

    keys: tuple[str, ...]
    only: str = "true"
    first: int | None = None
    """The first key of all of these, before those of the index."""


@dataclass(frozen=True)
class Order:
    """One order of a list: the walks that are merged into it, and for its cursors what each key is.

    `packed` names the keys in the manner of `struct`, after a letter of its own that two orders share only if they may
    share a cursor: `t` a moment in microseconds, `q` a whole number, `d` metres.
    """

    packed: str
    walks: tuple[Walk, ...] = ()
    rising: bool = False


ORDERS: Final[Mapping[str, Order]] = {
    "newest": Order("-t", (Walk(("c.created_at",)),)),
    "oldest": Order("-t", (Walk(("c.created_at",)),), rising=True),
    # Where a process hides its counts, they stand with what nobody carries yet: the order tells nothing of them.
    "supported": Order(
        "sqt",
        (
            Walk(("c.supports", "c.created_at"), only="c.supports > 0"),
            Walk(("c.created_at",), only="(c.supports > 0) IS NOT TRUE", first=0),
        ),
    ),
    # What the town has not touched yet stands at the day when it was said.
    "changed": Order(
        "ct",
        (
            Walk(("c.changed_at",), only="c.changed_at IS NOT NULL"),
            Walk(("c.created_at",), only="c.changed_at IS NULL"),
        ),
    ),
    "nearest": Order("nd", rising=True),
}
_TYPES = {"t": "timestamptz", "q": "bigint", "d": "float8"}


def order_of(filters: MapFilters) -> str:
    """The name of the order that the filters ask for. Nothing is near to nowhere: without a place, the newest."""
    return "newest" if filters.sort == "nearest" and filters.near is None else filters.sort


def few_with_words(session: Session, resolved: Resolved) -> Sequence[Found] | None:
    """All that have the words asked for, where they are at most `FEW`; else None.

    Whether a word is rare is what the planner knows least of, and a walk from the newest to find a rare one is long.
    """
    shape = shape_of(resolved)
    if "words" not in shape:
        return None
    session.execute(PLAN_EACH)
    rows = session.execute(_any(shape), values(resolved) | {"limit": FEW + 1}).all()
    return None if len(rows) > FEW else [Found(*row) for row in rows]


def first_ones(
    session: Session,
    resolved: Resolved,
    few: Sequence[Found] | None,
    *,
    limit: int,
    offset: int = 0,
    after: Place | None = None,
) -> Sequence[Place]:
    """The places of the first ones in the order that the filters ask for: after `offset` of them, or after a place.

    `few` is what `few_with_words` gave for the same filters.
    """
    name = order_of(resolved.filters)
    order = ORDERS[name]
    if few is not None and order.walks:
        places = sorted((_place(name, found) for found in few), reverse=not order.rising)
        left = [place for place in places if after is None or (place > after if order.rising else place < after)]
        return left[offset : offset + limit]
    asked: dict[str, Any] = values(resolved) | {"limit": limit, "offset": offset, "upto": offset + limit}
    asked |= {f"after_{i}": key for i, key in enumerate(after or ())}
    shape = shape_of(resolved)
    session.execute(PLAN_EACH)
    if order.walks:
        past_first = tuple(
            walk.first is not None and after is not None and after[0] > walk.first for walk in order.walks
        )
        rows = session.execute(_merged(shape, name, after is not None, past_first), asked)
    else:
        asked |= dict(zip(("lon", "lat"), resolved.filters.near or (), strict=True))
        if few is not None:
            asked |= {"few": [found.id for found in few]}
        rows = session.execute(_nearest(shape, after is not None, few is not None), asked)
    return [tuple(row) for row in rows]


def cursor(name: str, place: Place) -> str:
    """A place of an order as a word that programs carry to the next page."""
    kinds = ORDERS[name].packed[1:] + "q"
    raw = [
        (key - _EPOCH) // timedelta(microseconds=1) if kind == "t" else key
        for kind, key in zip(kinds, place, strict=True)
    ]
    return base64.urlsafe_b64encode(_tag(name) + struct.pack(_format(kinds), *raw)).decode().rstrip("=")


def parse_cursor(name: str, word: str) -> Place:
    """Read a cursor that this house gave for this order; raises `Invalid` for any other."""
    kinds, tag = ORDERS[name].packed[1:] + "q", _tag(name)
    try:
        data = base64.urlsafe_b64decode(word + "=" * (-len(word) % 4))
        if not data.startswith(tag):
            raise ValueError(word)
        raw = struct.unpack(_format(kinds), data[len(tag) :])
        return tuple(
            _EPOCH + timedelta(microseconds=key) if kind == "t" else key for kind, key in zip(kinds, raw, strict=True)
        )
    except (ValueError, struct.error, binascii.Error, OverflowError):
        message = "This cursor is not one that we gave. Begin again without it."
        raise Invalid(errors=[FieldError("/cursor", message)]) from None


def _tag(name: str) -> bytes:
    letter = ORDERS[name].packed[0]
    return b"" if letter == "-" else letter.encode()


def _format(kinds: str) -> str:
    return ">" + kinds.replace("t", "q")


def _place(name: str, found: Found) -> Place:
    """The same place that the statements give."""
    if name == "supported":
        return found.supports, found.created_at, found.id
    return (found.changed_at or found.created_at if name == "changed" else found.created_at), found.id


@lru_cache(maxsize=64)
def _any(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT c.created_at, c.id, c.kind, greatest(coalesce(c.supports, 0), 0) AS supports, c.changed_at
          FROM contribution c
         WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)} LIMIT :limit
        """  # noqa: S608 - constants
    )


@lru_cache(maxsize=64)
def _merged(shape: Shape, name: str, after: bool, past_first: tuple[bool, ...]) -> TextClause:
    """Each walk of an order, one per territory, so that each can stop early; then the first ones of them all.

    `past_first`: for each walk, whether the page begins before its whole first key.
    """
    order = ORDERS[name]
    way, past = ("ASC", ">") if order.rising else ("DESC", "<")
    kinds = order.packed[1:] + "q"
    marks = [f"CAST(:after_{i} AS {_TYPES[kind]})" for i, kind in enumerate(kinds)]
    parts = []
    for walk, whole in zip(order.walks, past_first, strict=True):
        keys = (*walk.keys, "c.id")
        onward = f"AND ({', '.join(keys)}) {past} ({', '.join(marks[-len(keys) :])})" if after and not whole else ""
        if name == "changed" and "changed" in shape:
            # Where the walk may end: a program that asks for the last hour walks no further.
            onward += f" AND {walk.keys[0]} >= CAST(:changed_since AS timestamptz)"
        given = ", ".join((*([f"{walk.first} AS k"] if walk.first is not None else []), *keys))
        parts.append(
            f"""
            SELECT c.* FROM unnest(CAST(:territories AS int[])) AS t (id) CROSS JOIN LATERAL (
              SELECT {given} FROM contribution c
               WHERE c.territory_id = t.id AND {walk.only} AND {where(shape)} {onward}
               ORDER BY {", ".join(f"{key} {way}" for key in keys)} LIMIT :upto) AS c
            """  # noqa: S608 - constants
        )
    last = ", ".join(f"{i} {way}" for i in range(1, len(kinds) + 1))
    return text(f"{'UNION ALL'.join(parts)} ORDER BY {last} OFFSET :offset LIMIT :limit")


# The index finds the nearest in degrees, of which a metre holds more towards the east than towards the north. As many
# as are asked for are taken from it; the farthest of them says how far to look; what lies there is ordered by metres.
@lru_cache(maxsize=64)
def _nearest(shape: Shape, after: bool, few: bool) -> TextClause:
    here = "ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)"
    metres = f"ST_Distance(c.geom::geography, {here}::geography)"
    let_through = f"c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)}"
    if few:
        let_through += " AND c.id = ANY(CAST(:few AS bigint[]))"
    if after:
        let_through += f" AND ({metres}, c.id) > (CAST(:after_0 AS float8), CAST(:after_1 AS bigint))"
    return text(
        f"""
        WITH taken AS MATERIALIZED (
          SELECT {metres} AS metres FROM contribution c WHERE {let_through} ORDER BY c.geom <-> {here} LIMIT :upto),
        reach AS MATERIALIZED (
          SELECT ST_Buffer({here}::geography, max(metres) * 1.05 + 1)::geometry AS box FROM taken)
        SELECT {metres} AS metres, c.id FROM reach CROSS JOIN contribution c
         WHERE c.geom && reach.box AND {let_through} ORDER BY 1, 2 OFFSET :offset LIMIT :limit
        """  # noqa: S608 - constants
    )
