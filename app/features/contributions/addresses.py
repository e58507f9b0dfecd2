"""The address of a place that came without one: a pin, a phone's or a photo's position. Found later, by a worker.

The point is what its author meant and never moves. What stands there gives its name; what is only close by is kept as
"near": a street 80 m away is not where it is.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.texts import NEAR, one_line
from app.features.territories.catalogue import town
from geodata.geocoding import Geocoder, GeocoderError, Proposal

NAME_PLACES = "contribution.address"
"""The topic that looks for addresses; payload `{"contribution_ids"}`."""
THERE_M = 15.0
"""So many metres from a door or a street, one is there; farther, near it. The form says the same (`place.js`)."""
MOST_S = 20.0
"""Seconds after which the rest is work of its own."""
AGAIN_S = 30
"""Seconds after which the rest is tried again when the geocoder stopped answering in the middle."""
LONGEST = 200

_NAMELESS = text(
    """
    SELECT c.id, c.territory_id, t.config_version AS version, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat
    FROM contribution c JOIN territory t ON t.id = c.territory_id
    WHERE c.id = ANY(:ids) AND coalesce(c.address, '') = '' AND c.visibility IN ('public', 'pending') ORDER BY c.id
    """
)
# Whoever wrote an address meanwhile, or moved the place, knows better.
_NAME = text(
    """
    UPDATE contribution SET address = :address
    WHERE id = :id AND coalesce(address, '') = '' AND ST_X(geom) = :lon AND ST_Y(geom) = :lat
    """
)


def name_places(
    session: Session, *, contribution_ids: Sequence[int], open_named: Callable[[str], Geocoder | None]
) -> int:
    """Find the addresses of those that have none; returns how many. `open_named` opens a town's geocoder by its name.

    What was found is kept and the rest ordered again when the geocoder stops answering or takes long. Raises
    `GeocoderError` when it does not answer at all: the job is tried later, and nobody waits for it.
    """
    rows, began, named = session.execute(_NAMELESS, {"ids": list(contribution_ids)}).all(), time.monotonic(), 0
    for done, row in enumerate(rows):
        try:
            named += _name(session, row, open_named(town(session, row.territory_id, version=row.version).geocoder))
        except GeocoderError:
            if not done:
                raise
            _rest(session, rows[done:], delay_s=AGAIN_S)
            break
        if time.monotonic() - began > MOST_S and done + 1 < len(rows):
            _rest(session, rows[done + 1 :])
            break
    return named


def address_of(place: Proposal) -> str | None:
    """What is kept of what a geocoder says of a point: the name, marked when it is only close by."""
    name = one_line(place.label)
    if name is None:
        return None
    there = place.distance_m is not None and place.distance_m <= THERE_M
    return (name if there else NEAR + name)[:LONGEST]


def _name(session: Session, row: Any, geocoder: Geocoder | None) -> int:
    found = geocoder.reverse(row.lon, row.lat, limit=1) if geocoder is not None else ()
    address = address_of(found[0]) if found else None
    if address is None:
        return 0
    session.execute(_NAME, {"id": row.id, "lon": row.lon, "lat": row.lat, "address": address})
    return 1


def _rest(session: Session, rows: Sequence[Any], *, delay_s: float = 0) -> None:
    ids = [row.id for row in rows]
    outbox.add(session, topic=NAME_PLACES, payload={"contribution_ids": ids}, delay_s=delay_s)
