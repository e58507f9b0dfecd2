"""From acknowledged to a ticket in a service's queue, by the real relay and one real worker."""

from __future__ import annotations

import multiprocessing
import time
import uuid
from collections.abc import Iterator, Sequence
from typing import Any

import psycopg
from sqlalchemy import create_engine
from sqlalchemy.orm import Session

from app.core.db import at_once, engine_options
from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.contributions.drafts import Draft
from app.features.contributions.services import Promise, submit_contribution
from app.settings import DatabaseSettings
from tests.performance.ground import Ground, percentile, points, row
from tests.performance.intake import Point, connection, settle
from tests.support import servers

RATE = 300
SECONDS = 10.0
WRITERS = 2


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """At 300 contributions a second, as fast as it goes, and one at a time in a quiet house."""
    url = ground.town()
    places = points(url, 6000)
    with ground.running("relay", "worker-intake"):
        _write(url, places[:200], RATE, 0.5)
        time.sleep(2)
        delays, rate = steady(url, places)
        slow = percentile(delays, 0.95)
        yield row(f"commit to ticket at {rate:.0f}/s, p95", slow, "ms", bar=100, ok=slow <= 100 and rate >= 0.95 * RATE)
        placed, written = sustained(url, places)
        yield row(
            "contributions placed, sustained",
            placed,
            "per second",
            reference=written,
            ratio=placed / written,
            bar=400,
            ok=placed >= 400,
        )
    settle(url)
    with ground.running("web", "relay", "worker-intake") as port:
        delays = idle(url, port, places)
        slow = percentile(delays, 0.95)
        yield row("POST to ticket, idle, p95", slow, "ms", bar=300, ok=slow <= 300)


def steady(url: str, places: Sequence[Point]) -> tuple[list[float], float]:
    """Milliseconds from each commit to its ticket, seen from outside every 2 ms, and the rate that was kept."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    writers = [
        context.Process(target=_written, args=(url, places[number::WRITERS], RATE / WRITERS, SECONDS, sender))
        for number in range(WRITERS)
    ]
    seen: dict[str, float] = {}
    with psycopg.connect(servers.plain(url), autocommit=True) as link:
        found = link.execute("SELECT max(id) FROM contribution").fetchone()
        last = int(found[0]) if found else 0
        for writer in writers:
            writer.start()
        ends = time.monotonic() + SECONDS + 3
        query = "SELECT id, reference FROM contribution WHERE id > %s AND ticket_id IS NOT NULL"
        known: set[int] = set()
        while time.monotonic() < ends:
            now = time.time()
            for key, reference in link.execute(query, [last]).fetchall():
                if key not in known:
                    known.add(key)
                    # Asked before the answer came: never earlier than what was measured.
                    seen[reference] = now
            # What was seen without a gap need not be read again.
            while last + 1 in known:
                last += 1
            time.sleep(0.002)
    committed = [each for _ in writers for each in receiver.recv()]
    for writer in writers:
        writer.join()
    delays = [max(0.0, seen[reference] - moment) * 1000 for reference, moment in committed if reference in seen]
    if len(delays) < len(committed):
        delays += [10_000.0] * (len(committed) - len(delays))
    return delays, len(committed) / SECONDS


def _written(url: str, places: Sequence[Point], rate: float, seconds: float, sender: Any) -> None:
    sender.send(_write(url, places, rate, seconds))


def _write(url: str, places: Sequence[Point], rate: float, seconds: float) -> list[tuple[str, float]]:
    """Write at that rate (0: as fast as it goes); each reference with the moment of its commit."""
    engine = create_engine(**engine_options(DatabaseSettings(url=url)))
    done = []
    with Session(engine) as session:
        began = time.monotonic()
        for number in range(10_000_000):
            due = began + number / rate if rate else 0
            if time.monotonic() > began + seconds:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            lon, lat, _, slug = places[number % len(places)]
            draft = Draft(kind="problem", category=slug, text="Un trou dans la chaussée", lon=lon, lat=lat)
            kept = submit_contribution(at_once(session), draft=draft, promise=Promise(uuid.uuid4().hex, b"0" * 32))
            session.commit()
            done.append((kept.reference, time.time()))
    engine.dispose()
    return done


def sustained(url: str, places: Sequence[Point]) -> tuple[float, float]:
    """Contributions placed per second while others write as fast as they can, and how many those write."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    writers = [
        context.Process(target=_written, args=(url, places[number::WRITERS], 0, SECONDS, sender))
        for number in range(WRITERS)
    ]
    with psycopg.connect(servers.plain(url), autocommit=True) as link:
        first = link.execute("SELECT max(id) FROM contribution").fetchone()
        assert first
        for writer in writers:
            writer.start()
        time.sleep(2)
        counts = [_placed(link, first[0])]
        began = time.monotonic()
        time.sleep(SECONDS - 3)
        counts.append(_placed(link, first[0]))
        took = time.monotonic() - began
    written = sum(len(receiver.recv()) for _ in writers)
    for writer in writers:
        writer.join()
    return (counts[1] - counts[0]) / took, written / SECONDS


def _placed(link: psycopg.Connection, first: int) -> int:
    found = link.execute(
        "SELECT count(*) FROM contribution WHERE id > %s AND ticket_id IS NOT NULL", [first]
    ).fetchone()
    return int(found[0]) if found else 0


def idle(url: str, port: int, places: Sequence[Point], *, times: int = 20) -> list[float]:
    """Milliseconds from sending a request to its ticket, each in a house that has gone to sleep."""
    delays = []
    with psycopg.connect(servers.plain(url), autocommit=True) as link, connection(port) as post:
        for number in range(times + 3):
            time.sleep(1.3)
            began = time.perf_counter()
            assert post(places[number]) == 201
            while link.execute("SELECT EXISTS (SELECT FROM outbox WHERE topic = 'intake')").fetchone() == (True,):
                time.sleep(0.001)
            if number >= 3:
                delays.append((time.perf_counter() - began) * 1000)
    return delays
