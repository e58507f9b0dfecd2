"""Of which towns a host may speak: the one whose setting `hosts` names it, with what nests in it, and nothing else.

A host that no town names speaks of the whole installation.
"""

from __future__ import annotations

import time
from collections.abc import Mapping
from dataclasses import dataclass
from urllib.parse import urlsplit
from weakref import WeakKeyDictionary

from flask import current_app, request
from sqlalchemy import Engine, text

from app.core.db import db

_HOSTS = text(
    """
    WITH RECURSIVE named AS (
      SELECT id, lower(host) AS host, nth
      FROM territory, jsonb_array_elements_text(CASE WHEN jsonb_typeof(settings->'hosts') = 'array'
                                                THEN settings->'hosts' ELSE '[]' END) WITH ORDINALITY AS h(host, nth)
      WHERE active),
    reach AS (
      SELECT id, host, id AS home, nth FROM named
      UNION SELECT t.id, reach.host, home, nth FROM territory t JOIN reach ON t.parent_id = reach.id WHERE t.active)
    SELECT host, array_agg(id) AS ids, min(home) AS home FROM reach GROUP BY host ORDER BY min(nth), host
    """
)

REMEMBER_S = 15.0
"""Seconds for which a process remembers whose host is whose: who gives a town its host waits that long."""


@dataclass(frozen=True, slots=True)
class Host:
    """The town that names a host, and the territories of which it speaks: the town and what nests in it."""

    home: int
    reach: frozenset[int]


Hosts = Mapping[str, Host]
"""By name, a town's first host before its others."""
_ASKED = "auzolan.host"
_remembered: WeakKeyDictionary[Engine, tuple[float, Hosts]] = WeakKeyDictionary()


def host_reach() -> frozenset[int] | None:
    """The territories of which this request's host may speak; None for a host that no town names (all of them).

    The database is asked every 15 s, on a connection of its own: a request that writes has not begun by reading.
    """
    host = _this_host()
    return host.reach if host else None


def host_site() -> int | None:
    """The town whose own host this is; None for a host that no town names."""
    host = _this_host()
    return host.home if host else None


def base_of(territory_id: int | None) -> str:
    """Where the links of a mail lead: the own host of the territory, or of the nearest one around it, else the
    installation's address. Without a slash at its end; needs no request.
    """
    base: str = current_app.extensions["settings"].web.base_url.rstrip("/")
    near = [(len(host.reach), name) for name, host in _hosts().items() if territory_id in host.reach]
    if not near:
        return base
    smallest = min(size for size, _ in near)
    name = next(name for size, name in near if size == smallest)
    address = urlsplit(base)
    return f"{address.scheme}://{name}{f':{address.port}' if address.port else ''}"


def spoken_of(territory_id: int) -> bool:
    """Whether this request's host may speak of that territory."""
    reach = host_reach()
    return reach is None or territory_id in reach


def forget_hosts() -> None:
    """Ask again at the next request."""
    _remembered.clear()


def asked_host() -> str:
    """The name by which this request came: in small letters, without its port or a final dot."""
    return (urlsplit(f"//{request.host}").hostname or "").removesuffix(".")


def _this_host() -> Host | None:
    # Asked several times a request, by whoever makes a link.
    if _ASKED not in request.environ:
        request.environ[_ASKED] = _hosts().get(asked_host())
    host: Host | None = request.environ[_ASKED]
    return host


def _hosts() -> Hosts:
    known = _remembered.get(db.engine)
    if known is None or time.monotonic() - known[0] > REMEMBER_S:
        known = _remembered[db.engine] = (time.monotonic(), _read(db.engine))
    return known[1]


def _read(engine: Engine) -> Hosts:
    with engine.connect() as connection:
        return {row.host: Host(row.home, frozenset(row.ids)) for row in connection.execute(_HOSTS)}
