"""Taking in: our whole way against the bare composite, the one statement that does the least that must be done.

The bare composite finds the nearest open ticket, checks that the point lies in the town, inserts the contribution and
opens or grows its ticket; on the same tables with the same indexes, by raw psycopg, prepared. It validates nothing,
remembers no key, tells no history, leaves no work, counts no map cell, so every ratio to it is against us.
"""

from __future__ import annotations

import json
import multiprocessing
import socket
import threading
import time
import uuid
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.cli.stack.embedded import HOST
from app.core.db import at_once, engine_options
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.contributions.drafts import Draft
from app.features.contributions.services import Promise, submit_contribution
from app.features.tickets.placing import drain_intake
from app.settings import DatabaseSettings
from tests.performance.ground import Ground, percentile, points, row
from tests.support import servers

Point = tuple[float, float, int, str]
CLIENTS = 8
SECONDS = 6.0
RADIUS_M = 30

COMPOSITE = """
WITH home AS (
  SELECT p.territory_id FROM territory_part p
  WHERE ST_Covers(p.geom, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)) LIMIT 1
),
near AS (
  SELECT t.id FROM ticket t
  WHERE t.category_id = %(category)s AND t.kind = 'problem' AND t.closed_at IS NULL
    AND ST_DWithin(t.anchor::geography, ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography, 30)
  ORDER BY t.anchor::geography <-> ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326)::geography LIMIT 1
),
named AS (SELECT 'BARE-' || nextval('bare_reference') AS reference),
born AS (
  INSERT INTO ticket (reference, territory_id, category_id, service_id, kind, anchor, title)
  SELECT reference, territory_id, %(category)s, %(service)s, 'problem',
         ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 'Un trou'
  FROM home, named WHERE NOT EXISTS (SELECT FROM near) RETURNING id
),
grown AS (
  UPDATE ticket SET contributions = contributions + 1, last_at = now() FROM near WHERE ticket.id = near.id
  RETURNING ticket.id
)
INSERT INTO contribution (reference, territory_id, category_id, kind, channel, body, geom, h3, ticket_id)
SELECT reference, territory_id, %(category)s, 'problem', 'api', 'Un trou dans la chaussée devant le numéro 12',
       ST_SetSRID(ST_MakePoint(%(lon)s, %(lat)s), 4326), 0, coalesce((SELECT id FROM grown), (SELECT id FROM born))
FROM home, named
"""


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """Ours against the bare composite, alternating, so that a busy moment of the machine touches both."""
    url = ground.town()
    places = points(url, 6000)
    bare, ours = alternating(url, places)
    reference, value = percentile(bare, 0.95), percentile(ours, 0.95)
    yield row(
        "group + route + insert, one connection, p95",
        value,
        "ms",
        reference=reference,
        ratio=value / reference,
        bar=3,
        ok=value <= 3 * reference,
    )
    with ground.running("web", "relay") as port:
        _warm(port, places)
        rates, posts, bare_times, latencies = [], [], [], []
        for turn in range(3):
            rate, times = bare_rate(url, places[turn * 2000 :])
            rates.append(rate)
            bare_times += times
            rate, times = post_rate(port, places[turn * 2000 :])
            posts.append(rate)
            latencies += times
    reference, value = sorted(rates)[1], sorted(posts)[1]
    yield row(
        "POST without photo, 8 clients",
        value,
        "requests/s",
        reference=reference,
        ratio=value / reference,
        bar=0.1,
        ok=value >= 0.1 * reference,
    )
    # The reference says what the disk and the processors of this machine give to eight at once; the bar is absolute.
    slow, bare_slow = percentile(latencies, 0.99), percentile(bare_times, 0.99)
    yield row(
        "POST without photo, 8 clients, p99",
        slow,
        "ms",
        reference=bare_slow,
        ratio=slow / bare_slow,
        bar=60,
        ok=slow <= 60,
    )
    settle(url)


def alternating(url: str, places: Sequence[Point], *, rounds: int = 600) -> tuple[list[float], list[float]]:
    """Milliseconds of each: the composite, and our way (kept, grouped, routed: two transactions), in turns."""
    engine = create_engine(**engine_options(DatabaseSettings(url=url)))
    bare, ours = [], []
    with psycopg.connect(servers.plain(url), autocommit=True, options="-c jit=off") as link, Session(engine) as session:
        service = _prepare(link)
        for number, place in enumerate(places[: rounds + 50]):
            began = time.perf_counter()
            link.execute(COMPOSITE, _values(place, service))
            middle = time.perf_counter()
            one_way(session, place)
            end = time.perf_counter()
            if number >= 50:
                bare.append((middle - began) * 1000)
                ours.append((end - middle) * 1000)
    engine.dispose()
    return bare, ours


def one_way(session: Session, place: Point) -> None:
    """One contribution, all the way: kept with its promise, then grouped, routed and counted."""
    lon, lat, _, slug = place
    draft = Draft(kind="problem", category=slug, text="Un trou dans la chaussée devant le numéro 12", lon=lon, lat=lat)
    promise = Promise(uuid.uuid4().hex, b"0" * 32)
    submit_contribution(at_once(session), draft=draft, promise=promise, request_id="bench")
    session.commit()
    drain_intake(session, limit=1)
    session.commit()


def bare_rate(url: str, places: Sequence[Point], *, clients: int = CLIENTS) -> tuple[float, list[float]]:
    """Composites per second at that many connections, and their milliseconds."""
    with psycopg.connect(servers.plain(url), autocommit=True) as link:
        service = _prepare(link)

    def client(number: int, stop: Callable[[], bool], ready: threading.Barrier, times: list[float]) -> None:
        with psycopg.connect(servers.plain(url), autocommit=True, options="-c jit=off") as link:
            ready.wait()
            for place in _mine(places, number, clients):
                if stop():
                    break
                began = time.perf_counter()
                link.execute(COMPOSITE, _values(place, service))
                times.append((time.perf_counter() - began) * 1000)

    return _crowd(client, clients)


def post_rate(port: int, places: Sequence[Point], *, clients: int = CLIENTS) -> tuple[float, list[float]]:
    """Requests per second and their milliseconds; the clients live in a process of their own, on raw sockets."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    child = context.Process(target=_post_crowd, args=(port, list(places), clients, sender))
    child.start()
    rate, times = receiver.recv()
    child.join()
    return rate, times


def _post_crowd(port: int, places: list[Point], clients: int, sender: Any) -> None:
    def client(number: int, stop: Callable[[], bool], ready: threading.Barrier, times: list[float]) -> None:
        with connection(port) as link:
            ready.wait()
            for place in _mine(places, number, clients):
                if stop():
                    break
                began = time.perf_counter()
                status = link(place)
                if status != 201:
                    raise RuntimeError(f"the house answered {status}")
                times.append((time.perf_counter() - began) * 1000)

    sender.send(_crowd(client, clients))


@contextmanager
def connection(port: int) -> Iterator[Callable[[Point], int]]:
    """A connection that stays open; called with a place, it posts there and gives the status."""
    with socket.create_connection((HOST, port), timeout=30) as link:
        link.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

        def post(place: Point) -> int:
            lon, lat, _, slug = place
            body = json.dumps(
                {"kind": "problem", "category": slug, "text": "Un trou dans la chaussée devant le numéro 12",
                 "lon": lon, "lat": lat}
            ).encode()  # fmt: skip
            head = (
                f"POST /api/v1/contributions HTTP/1.1\r\nHost: {HOST}:{port}\r\nContent-Type: application/json\r\n"
                f"Idempotency-Key: {uuid.uuid4().hex}\r\nContent-Length: {len(body)}\r\n\r\n"
            )
            link.sendall(head.encode() + body)
            return _read_answer(link)

        yield post


def _read_answer(link: socket.socket) -> int:
    answer = b""
    while b"\r\n\r\n" not in answer:
        answer += link.recv(65536)
    head, _, body = answer.partition(b"\r\n\r\n")
    length = int(head.lower().split(b"content-length:")[1].split(b"\r\n")[0])
    while len(body) < length:
        body += link.recv(65536)
    return int(head.split()[1])


def _crowd(client: Callable[..., None], clients: int) -> tuple[float, list[float]]:
    """Let that many clients work for a while; returns what they did per second, and each one's milliseconds."""
    ends: list[float] = [float("inf")]
    ready = threading.Barrier(clients + 1)
    times: list[list[float]] = [[] for _ in range(clients)]
    threads = [
        threading.Thread(target=client, args=(number, lambda: time.monotonic() > ends[0], ready, times[number]))
        for number in range(clients)
    ]
    for thread in threads:
        thread.start()
    ready.wait()
    began = time.monotonic()
    ends[0] = began + SECONDS
    for thread in threads:
        thread.join()
    done = [one for each in times for one in each]
    return len(done) / (time.monotonic() - began), done


def _mine(places: Sequence[Point], number: int, clients: int) -> Iterator[Point]:
    while True:
        yield from places[number::clients]


def _prepare(link: psycopg.Connection) -> int:
    link.execute("CREATE SEQUENCE IF NOT EXISTS bare_reference")
    found = link.execute("SELECT min(id) FROM service WHERE NOT is_triage").fetchone()
    assert found
    return int(found[0])


def _values(place: Point, service: int) -> dict[str, Any]:
    return {"lon": place[0], "lat": place[1], "category": place[2], "service": service}


def _warm(port: int, places: Sequence[Point]) -> None:
    """Each of the web's processes reads the town and makes its connections before anything is measured."""
    threads = [threading.Thread(target=_some, args=(port, places[number::8])) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def _some(port: int, places: Sequence[Point]) -> None:
    with connection(port) as post:
        for place in places[:25]:
            post(place)


def settle(url: str) -> None:
    """Place all that waits, so that the next measure finds a quiet house."""
    engine = create_engine(**engine_options(DatabaseSettings(url=url)))
    with Session(engine) as session:
        while drain_intake(session, limit=500):
            session.commit()
        session.commit()
    with psycopg.connect(servers.plain(url), autocommit=True) as link:
        link.execute("DELETE FROM outbox")
        link.execute("VACUUM ANALYZE outbox")
    engine.dispose()
