"""Which contributions are about the same problem: compact around a ticket's first place, never chained.

A contribution joins the nearest open ticket of its category and territory whose anchor lies within the category's
radius and which was opened within its window; else it opens one. A batch is treated in the order in which things
were said, so that a batch and the same rows one by one end in the same tickets.
"""

from __future__ import annotations

import json
import math
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import NamedTuple

from pyproj import Geod
from sqlalchemy.orm import Session

from app.core.db import array_text, statement

GEOD = Geod(ellps="WGS84")
"""The ellipsoid on which PostGIS measures `geography`: both sides agree to the millimetre."""

METRES_PER_DEGREE = 110_000
"""A little less than any degree of latitude, so that a cell is never too small."""


class Spot(NamedTuple):
    """A problem to group: WGS84 degrees, metres, and the moment it was said."""

    key: int
    territory_id: int
    category_id: int
    lon: float
    lat: float
    radius_m: float
    window_days: int
    at: datetime
    closed_at: datetime | None = None
    """When what it opens was closed; only an import knows that beforehand."""

    @property
    def since(self) -> datetime:
        """Tickets opened before are too old to join."""
        return self.at - timedelta(days=self.window_days)


class Near(NamedTuple):
    """An existing ticket that a spot may join; metres."""

    ticket_id: int
    distance_m: float


class Joined(NamedTuple):
    """Where a spot ends: in ticket `ticket_id`, or with the spot `leader` that opens a ticket (itself, if it leads)."""

    ticket_id: int | None
    leader: int | None
    distance_m: float


# Spots come as one document: of its length the planner guesses alike for any, so that it plans once and not each time.
_NEAREST = statement(
    """
    SELECT q.key, near.id, near.distance_m
    FROM jsonb_to_recordset(CAST(:spots AS jsonb))
         AS q(key bigint, territory_id int, category_id int, lon float8, lat float8, radius_m float8,
              since timestamptz)
    CROSS JOIN LATERAL (SELECT ST_SetSRID(ST_MakePoint(q.lon, q.lat), 4326)::geography AS geog) AS place
    CROSS JOIN LATERAL (
      SELECT t.id, ST_Distance(t.anchor::geography, place.geog) AS distance_m
      FROM ticket t
      WHERE t.category_id = q.category_id AND t.kind = 'problem' AND t.closed_at IS NULL
        AND t.territory_id = q.territory_id AND t.opened_at >= q.since
        AND ST_DWithin(t.anchor::geography, place.geog, q.radius_m)
      ORDER BY t.anchor::geography <-> place.geog, t.id LIMIT 1
      FOR UPDATE OF t
    ) AS near
    """,
    "key",
    "id",
    "distance_m",
)

_LOCK = statement(
    "SELECT pg_advisory_xact_lock(c, k) FROM unnest(CAST(:c AS int[]), CAST(:k AS int[])) AS l(c, k)", "nothing"
)


def lock_places(session: Session, spots: Sequence[Spot]) -> None:
    """Hold, until the transaction ends, the cells that each spot's circle touches, per category.

    Two spots closer than the radius touch a common cell, so that of two transactions one waits for the other; the
    locks are taken in one order everywhere, so that nobody waits in a ring.
    """
    wanted = sorted({lock for spot in spots if spot.radius_m > 0 for lock in _locks(spot)})
    if wanted:
        session.execute(_LOCK, {"c": array_text(c for c, _ in wanted), "k": array_text(k for _, k in wanted)})


def _locks(spot: Spot) -> Iterable[tuple[int, int]]:
    return ((spot.category_id, _lock_key(x, y)) for x, y in _cells_around(spot.lon, spot.lat, spot.radius_m))


def _lock_key(x: int, y: int) -> int:
    return ((x * 73_856_093) ^ (y * 19_349_663)) % 2**31


def _cells_around(lon: float, lat: float, radius_m: float) -> list[tuple[int, int]]:
    """Cells of side 2 × radius, in degrees, that the circle's box touches.

    The side is the same number of degrees everywhere (cells narrow towards the poles, circles touch more of them), so
    that any two neighbours count cells alike.
    """
    side = 2 * radius_m / METRES_PER_DEGREE
    dy = radius_m / METRES_PER_DEGREE
    dx = dy / max(math.cos(math.radians(min(abs(lat) + dy, 89.9))), 0.001)
    xs = range(math.floor((lon - dx) / side), math.floor((lon + dx) / side) + 1)
    ys = range(math.floor((lat - dy) / side), math.floor((lat + dy) / side) + 1)
    return [(x, y) for x in xs for y in ys]


def nearest_open(session: Session, spots: Sequence[Spot]) -> dict[int, Near]:
    """The ticket each spot may join, by its key, locked until the transaction ends."""
    asked = [
        {
            "key": spot.key,
            "territory_id": spot.territory_id,
            "category_id": spot.category_id,
            "lon": spot.lon,
            "lat": spot.lat,
            "radius_m": spot.radius_m,
            "since": spot.since.isoformat(),
        }
        for spot in spots
        if spot.radius_m > 0
    ]
    if not asked:
        return {}
    rows = session.execute(_NEAREST, {"spots": json.dumps(asked)})
    return {row.key: Near(row.id, row.distance_m) for row in rows}


@dataclass
class Anchor:
    """The first place of a ticket: the spot that opened it, its id once it has one, when it closed."""

    spot: Spot
    ticket_id: int | None = None
    closed_at: datetime | None = None

    def takes(self, spot: Spot) -> bool:
        """Whether the ticket was open, and young enough, when `spot` was said."""
        return spot.since <= self.spot.at <= spot.at and (self.closed_at is None or self.closed_at > spot.at)

    def may_take_later(self, moment: datetime) -> bool:
        """Whether it can still take anything that is said from `moment` on."""
        young = self.spot.at >= moment - timedelta(days=self.spot.window_days)
        return young and (self.closed_at is None or self.closed_at > moment)


@dataclass
class Anchors:
    """Anchors that the index of open tickets does not hold: a batch's new tickets, an import's past ones."""

    _cells: dict[tuple[int, int, int, int], list[Anchor]] = field(default_factory=lambda: defaultdict(list))
    _unborn: list[Anchor] = field(default_factory=list)
    size: int = 0
    """Anchors held."""

    def add(self, anchor: Anchor) -> None:
        """Remember an anchor in its cell."""
        spot = anchor.spot
        if anchor.ticket_id is None:
            self._unborn.append(anchor)
        side = 2 * spot.radius_m / METRES_PER_DEGREE
        cell = (spot.territory_id, spot.category_id, math.floor(spot.lon / side), math.floor(spot.lat / side))
        self._cells[cell].append(anchor)
        self.size += 1

    def settle(self, tickets: Mapping[int, int]) -> None:
        """Say which ticket each new anchor became, by the key of its spot: a later batch joins the ticket."""
        for anchor in self._unborn:
            anchor.ticket_id = tickets[anchor.spot.key]
        self._unborn.clear()

    def forget(self, moment: datetime) -> None:
        """Drop the anchors that can take nothing said from `moment` on."""
        kept = {key: [a for a in anchors if a.may_take_later(moment)] for key, anchors in self._cells.items()}
        self._cells = defaultdict(list, {key: anchors for key, anchors in kept.items() if anchors})
        self.size = sum(map(len, self._cells.values()))

    def nearest(self, spot: Spot) -> tuple[Anchor, float] | None:
        """The nearest anchor that this spot may join, with its distance in metres; the older of two equals."""
        found = [
            (distance, anchor.spot.key, anchor)
            for x, y in _cells_around(spot.lon, spot.lat, spot.radius_m)
            for anchor in self._cells.get((spot.territory_id, spot.category_id, x, y), ())
            if anchor.takes(spot)
            and (distance := GEOD.inv(spot.lon, spot.lat, anchor.spot.lon, anchor.spot.lat)[2]) <= spot.radius_m
        ]
        best = min(found, key=lambda item: item[:2], default=None)
        return (best[2], best[0]) if best else None


def group(spots: Sequence[Spot], existing: dict[int, Near], anchors: Anchors | None = None) -> dict[int, Joined]:
    """Where each spot ends, in the order given: an existing ticket, an earlier spot's new ticket, or its own."""
    anchors = Anchors() if anchors is None else anchors
    ends: dict[int, Joined] = {}
    for spot in spots:
        known = existing.get(spot.key)
        fresh = anchors.nearest(spot) if spot.radius_m > 0 else None
        if known is not None and (fresh is None or known.distance_m <= fresh[1]):
            ends[spot.key] = Joined(known.ticket_id, None, known.distance_m)
        elif fresh is not None:
            anchor, distance_m = fresh
            leader = None if anchor.ticket_id else anchor.spot.key
            ends[spot.key] = Joined(anchor.ticket_id, leader, distance_m)
        else:
            ends[spot.key] = Joined(None, spot.key, 0.0)
            if spot.radius_m > 0:
                anchors.add(Anchor(spot, closed_at=spot.closed_at))
    return ends
