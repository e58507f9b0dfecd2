"""Tiles and hotspots over a large town: latency of one client, and rate of eight against a bare Flask view.

The bare view is Flask, a SQLAlchemy pool and the same SQL statement, with the same gunicorn: no filters to read, no
problem documents, no ETag, no compression. It is the reference of the rate; bars in milliseconds stand alone.

    python -m tests.performance.tiles postgresql+psycopg://…   (a database filled by tests.performance.seed)
"""

from __future__ import annotations

import http.client
import json
import os
import random
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Any

from flask import Flask
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app.features.contributions.filters import parse_filters
from app.features.contributions.scope import resolve
from app.features.contributions.tiles import MAX_ZOOM, tile_statement
from app.features.planning.hotspots import mark_changed, recompute_changed
from geodata.pyramid import Tile, grid_position
from tests.performance.seed import SLUG

ZOOMS = range(11, 18)
CLIENTS = 8
SECONDS = 8.0
LATENCY_REQUESTS = 600
FILTER = "&kind=problem&category=categorie-3"


def measure(url: str) -> list[dict[str, Any]]:
    """Rows `{name, value, unit, reference, ratio, bar, ok}` for a database filled by `seed`."""
    paths = sample_paths(url, 3000)
    rows = []
    with served("app:create_app()", url) as port:
        for name, query, bar in (("tiles", "", 20.0), ("tiles, a kind and a category", FILTER, 40.0)):
            warm(port, [path + query for path in paths[:200]])
            times = latencies(port, [path + query for path in paths[:LATENCY_REQUESTS]])
            rows.append(_row(f"{name}: p95 of one client", p95(times), "ms", None, bar, at_most=True))
        ours = rate(port, paths)
    with served("tests.performance.tiles:create_bare()", url) as port:
        warm(port, paths[:200])
        bare = rate(port, paths)
    rows.append(_row("tiles: rate at 8 clients", ours, "requests/s", bare, 0.5, at_most=False))
    rows.append(hotspots(url))
    return rows


def hotspots(url: str, rounds: int = 15) -> dict[str, Any]:
    """Milliseconds to find again the hotspots of one category of middling size, where one contribution changed."""
    engine = create_engine(url, connect_args={"options": "-c jit=off -c max_parallel_workers_per_gather=0"})
    try:
        with Session(engine) as session:
            place = session.execute(
                text(
                    "SELECT c.territory_id, c.id FROM category c JOIN contribution k ON k.category_id = c.id "
                    "WHERE k.kind = 'problem' AND k.created_at > now() - interval '60 days' "
                    "GROUP BY 1, 2 ORDER BY count(*) OFFSET 15 LIMIT 1"
                )
            ).one()
            key = (place.territory_id, place.id, "problem")
            times = []
            for _ in range(rounds):
                session.execute(
                    text(
                        "UPDATE contribution SET visibility = 'hidden' WHERE id = (SELECT id FROM contribution "
                        "WHERE category_id = :c AND kind = 'problem' AND visibility = 'public' "
                        "ORDER BY created_at DESC LIMIT 1)"
                    ),
                    {"c": place.id},
                )
                mark_changed(session, [key])
                begun = time.perf_counter()
                recompute_changed(session, limit=1)
                times.append((time.perf_counter() - begun) * 1000)
            session.rollback()
    finally:
        engine.dispose()
    return _row("hotspots: one changed category", statistics.median(times[1:]), "ms", None, 100.0, at_most=True)


def _row(name: str, value: float, unit: str, reference: float | None, bar: float, *, at_most: bool) -> dict[str, Any]:
    """`bar` is compared with the ratio to the reference if there is one, else with the value."""
    ratio = round(value / reference, 3) if reference else None
    compared = value if ratio is None else ratio
    return {
        "name": name,
        "value": round(value, 2),
        "unit": unit,
        "reference": round(reference, 2) if reference else None,
        "ratio": ratio,
        "bar": bar,
        "ok": compared <= bar if at_most else compared >= bar,
    }


def sample_paths(url: str, count: int) -> list[str]:
    """Addresses of tiles where contributions are: zooms 11 to 17 in equal parts, places drawn like contributions."""
    engine = create_engine(url)
    try:
        with engine.connect() as connection:
            places = connection.execute(
                text("SELECT ST_X(geom), ST_Y(geom) FROM contribution TABLESAMPLE SYSTEM (1) REPEATABLE (7) LIMIT 9000")
            ).all()
    finally:
        engine.dispose()
    dice = random.Random(7)
    paths = []
    for number in range(count):
        z = ZOOMS[number % len(ZOOMS)]
        gx, gy = grid_position(*dice.choice(places))
        paths.append(f"/tiles/contributions/{z}/{gx >> 30 - z}/{gy >> 30 - z}.mvt?territory={SLUG}")
    return paths


def create_bare() -> Flask:
    """A view that only runs the statement."""
    engine = create_engine(
        os.environ["AUZOLAN_DATABASE_URL"],
        pool_size=CLIENTS,
        connect_args={"options": "-c jit=off -c max_parallel_workers_per_gather=0"},
    )
    with Session(engine) as session:
        everything = resolve(session, parse_filters([("territory", SLUG)]))
    bare = Flask(__name__)

    @bare.get("/tiles/contributions/<int:z>/<int:x>/<int:y>.mvt")
    def tile(z: int, x: int, y: int) -> tuple[bytes, dict[str, str]]:
        statement, parameters = tile_statement(everything, Tile(min(z, MAX_ZOOM), x, y))
        with engine.connect() as connection:
            body = connection.execute(statement, parameters).scalar()
        return bytes(body or b""), {"Content-Type": "application/vnd.mapbox-vector-tile"}

    return bare


@contextmanager
def served(application: str, url: str) -> Iterator[int]:
    """The application under gunicorn as in production: two processes of four threads, on a free port."""
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    with tempfile.TemporaryDirectory() as data:
        environment = os.environ | {
            "AUZOLAN_DATABASE_URL": url,
            "AUZOLAN_DATA": data,
            "AUZOLAN_SECRET_KEY": "for this measure only, and long enough",
            "AUZOLAN_BASE_URL": f"http://127.0.0.1:{port}",
        }
        command = [
            sys.executable,
            "-m",
            "gunicorn",
            "-k",
            "app.web.threads.FairThreadWorker",
            "-w",
            "2",
            "--threads",
            "4",
            "--log-level",
            "error",
        ]
        server = subprocess.Popen(
            [*command, "-b", f"127.0.0.1:{port}", application], env=environment, stdout=subprocess.DEVNULL
        )
        try:
            _until_open(port, server)
            yield port
        finally:
            server.terminate()
            server.wait(15)


def _until_open(port: int, server: subprocess.Popen[bytes]) -> None:
    deadline = time.monotonic() + 60
    while time.monotonic() < deadline and server.poll() is None:
        try:
            socket.create_connection(("127.0.0.1", port), 1).close()
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server under measure did not start")


def _getter(port: int) -> Callable[[str], int]:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)

    def get(path: str) -> int:
        connection.request("GET", path, headers={"Accept-Encoding": "gzip"})
        answer = connection.getresponse()
        size = len(answer.read())
        if answer.status != 200:
            raise RuntimeError(f"{answer.status} for {path}")
        return size

    return get


def warm(port: int, paths: Sequence[str]) -> None:
    """Let each process meet each shape of question before it is measured."""
    threads = [threading.Thread(target=lambda: [*map(_getter(port), paths)]) for _ in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()


def latencies(port: int, paths: Sequence[str]) -> list[float]:
    """Milliseconds of each request of one client, one after the other."""
    get = _getter(port)
    times = []
    for path in paths:
        begun = time.perf_counter()
        get(path)
        times.append((time.perf_counter() - begun) * 1000)
    return times


def rate(port: int, paths: Sequence[str], clients: int = CLIENTS, seconds: float = SECONDS) -> float:
    """Requests a second answered to `clients` at once."""
    counts = [0] * clients
    stop = time.perf_counter() + seconds

    def run(client: int) -> None:
        get = _getter(port)
        step = client * 371
        while time.perf_counter() < stop:
            get(paths[step % len(paths)])
            step += 1
            counts[client] += 1

    threads = [threading.Thread(target=run, args=(client,)) for client in range(clients)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return sum(counts) / seconds


def p95(times: Sequence[float]) -> float:
    """The 95th percentile."""
    return statistics.quantiles(times, n=20)[-1]


if __name__ == "__main__":
    print(json.dumps(measure(sys.argv[1]), indent=1))
