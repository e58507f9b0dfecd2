"""Of which towns a host may speak: the one whose setting `hosts` names it, with what nests in it, and nothing else.

A host that no town names speaks of the whole installation.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from flask import request
from sqlalchemy import Engine, text

from app.core.db import db

_HOSTS = text(
    """
    WITH RECURSIVE named AS (
      SELECT id, lower(host) AS host
      FROM territory, jsonb_array_elements_text(CASE WHEN jsonb_typeof(settings->'hosts') = 'array'
                                                THEN settings->'hosts' ELSE '[]' END) AS host
      WHERE active),
    reach AS (
      SELECT id, host FROM named
      UNION SELECT t.id, reach.host FROM territory t JOIN reach ON t.parent_id = reach.id WHERE t.active)
    SELECT host, array_agg(id) AS ids FROM reach GROUP BY host
    """
)

REMEMBER_S = 15.0
"""Seconds for which a process remembers whose host is whose: who gives a town its host waits that long."""

Hosts = Mapping[str, frozenset[int]]
_remembered: WeakKeyDictionary[Engine, tuple[float, Hosts]] = WeakKeyDictionary()


def host_reach() -> frozenset[int] | None:
    """The territories of which this request's host may speak; None for a host that no town names (all of them).

    The database is asked every 15 s, on a connection of its own: a request that writes has not begun by reading.
    """
    known = _remembered.get(db.engine)
    if known is None or time.monotonic() - known[0] > REMEMBER_S:
        known = _remembered[db.engine] = (time.monotonic(), _read(db.engine))
    return known[1].get(urlsplit(f"//{request.host}").hostname or "")


def spoken_of(territory_id: int) -> bool:
    """Whether this request's host may speak of that territory."""
    reach = host_reach()
    return reach is None or territory_id in reach


def forget_hosts() -> None:
    """Ask again at the next request."""
    _remembered.clear()


def _read(engine: Engine) -> Hosts:
    with engine.connect() as connection:
        return {row.host: frozenset(row.ids) for row in connection.execute(_HOSTS)}
