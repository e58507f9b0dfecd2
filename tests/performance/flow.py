"""From acknowledged to a ticket in a service's queue, by the real relay and one real worker."""

from __future__ import annotations

import multiprocessing
import time
import uuid
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import Any

import psycopg
from sqlalchemy import create_engine, event
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
STEPS = (420, 500, 600, 800, 1000)
STEP_S = 8.0

Said = tuple[str, list[dict[str, Any]]]
"""A statement, and the values of some contributions."""
WRITERS = 2


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """At 300 contributions a second, as fast as it goes, and one at a time in a quiet house."""
    url = ground.town()
    places = points(url, 6000)
    with ground.running("relay", "worker-intake"):
        said = _said(url, places[:100])
        time.sleep(2)
        delays, rate = steady(url, said, places)
        slow = percentile(delays, 0.95)
        yield row(f"commit to ticket at {rate:.0f}/s, p95", slow, "ms", bar=100, ok=slow <= 100 and rate >= 0.95 * RATE)
        placed, written = sustained(url, said, places)
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


def steady(url: str, said: Said, places: Sequence[Point]) -> tuple[list[float], float]:
    """Milliseconds from each commit to its ticket, seen from outside every 2 ms, and the rate that was kept."""
    context = multiprocessing.get_context("fork")
    receiver, sender = context.Pipe(duplex=False)
    writers = [
        context.Process(target=_written, args=(url, said, places[number::WRITERS], RATE / WRITERS, SECONDS, sender))
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


def _written(url: str, said: Said, places: Sequence[Point], rate: float, seconds: float, sender: Any) -> None:
    sender.send(_write(url, said, places, rate, seconds))


def _write(url: str, said: Said, places: Sequence[Point], rate: float, seconds: float) -> list[tuple[str, float]]:
    """Write at that rate; each reference with the moment of its commit.

    What it costs to take a contribution in is measured elsewhere (`intake`): here the writers send the statement that
    `submit_contribution` sends, with the same values and a new key, and leave the processors to what is measured.
    """
    statement, values = said
    done = []
    with psycopg.connect(servers.plain(url), autocommit=True, options="-c jit=off") as link:
        began = time.monotonic()
        for number in range(int(rate * seconds)):
            due = began + number / rate
            if time.monotonic() > began + seconds:
                break
            time.sleep(max(0.0, due - time.monotonic()))
            lon, lat, category, _ = places[number % len(places)]
            fresh = {"lon": lon, "lat": lat, "category_id": category, "key": uuid.uuid4().hex, "now": datetime.now(UTC)}
            found = link.execute(statement, values[number % len(values)] | fresh, prepare=True).fetchone()
            assert found
            done.append((found[0], time.time()))
    return done


def _said(url: str, places: Sequence[Point]) -> Said:
    """The statement that keeps a contribution, and the values of some, as they were sent for these places."""
    engine = create_engine(**engine_options(DatabaseSettings(url=url)))
    sent: list[tuple[str, dict[str, Any]]] = []

    @event.listens_for(engine, "before_cursor_execute")
    def listen(_: Any, __: Any, statement: str, values: dict[str, Any], *___: Any) -> None:
        if "INSERT INTO contribution" in statement:
            sent.append((statement, dict(values)))

    with Session(engine) as session:
        for lon, lat, _, slug in places:
            draft = Draft(kind="problem", category=slug, text="Un trou dans la chaussée", lon=lon, lat=lat)
            submit_contribution(at_once(session), draft=draft, promise=Promise(uuid.uuid4().hex, b"0" * 32))
            session.commit()
    engine.dispose()
    return sent[0][0], [values for _, values in sent]


def sustained(url: str, said: Said, places: Sequence[Point]) -> tuple[float, float]:
    """The most contributions a second that were placed as they came, and how many came; asked for more step by step."""
    best = (0.0, 1.0)
    for rate in STEPS:
        placed, written = _kept_up(url, said, places, rate)
        if placed > best[0]:
            best = (placed, written)
        if placed < 0.95 * rate:
            break
    return best


def _kept_up(url: str, said: Said, places: Sequence[Point], rate: float) -> tuple[float, float]:
    """Contributions placed, and written, per second, while they come at that rate."""
    context = multiprocessing.get_context("fork")
    # A pipe each: what two send at once into one is read as one.
    pipes = [context.Pipe(duplex=False) for _ in range(WRITERS)]
    writers = [
        context.Process(target=_written, args=(url, said, places[number::WRITERS], rate / WRITERS, STEP_S, sender))
        for number, (_, sender) in enumerate(pipes)
    ]
    with psycopg.connect(servers.plain(url), autocommit=True) as link:
        for writer in writers:
            writer.start()
        time.sleep(2)
        first, began = _counts(link), time.monotonic()
        time.sleep(STEP_S - 3)
        last, took = _counts(link), time.monotonic() - began
    for receiver, _ in pipes:
        receiver.recv()
    for writer in writers:
        writer.join()
    time.sleep(2)
    written, placed = ((after - before) / took for before, after in zip(first, last, strict=True))
    return placed, written


def _counts(link: psycopg.Connection) -> tuple[int, int]:
    """How many were ever written, and how many of them have a ticket."""
    found = link.execute(
        "SELECT max(id), max(id) - (SELECT count(*) FROM outbox WHERE topic = 'intake') FROM contribution"
    ).fetchone()
    assert found
    return found


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
