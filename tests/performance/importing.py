"""Importing a file, rows a second, beside a plain COPY of the same rows into a bare indexed table.

The reference keeps the rows and nothing else: no check, no zone, no grouping, no routing, no ticket, no history, no
cells. Both are measured in the same run, on the same server, each in one go.
"""

from __future__ import annotations

import csv
import gzip
import json
import math
import random
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import psycopg
from shapely.geometry import MultiPolygon, Point, box, mapping
from sqlalchemy import Engine, create_engine
from sqlalchemy.orm import Session

from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.territories.adding import DEFAULT_PACK, add_drawn
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack
from app.features.territories.services import NewZone, replace_zones
from app.importing.mapping import Mapping
from app.importing.running import Options, run_import
from app.importing.staging import copying
from app.migrate import upgrade
from geodata.geojson import parse_boundary
from tests.performance.ground import Ground, row
from tests.support import servers

ROWS = 60_000
RATE_BAR = 3_000.0
SLUG = "import-bench"
LON, LAT, RADIUS = 2.34, 48.86, 0.06
CATEGORIES = ("fly-tipping", "graffiti", "dirty-street", "pavement", "pothole", "full-bin", "bad-parking", "lamp-out")
FIELDS = ("id", "at", "closed", "status", "category", "lon", "lat", "address", "words")

MAPPING = Mapping.model_validate(
    {
        "source": "import-bench",
        "name": "Benchmark",
        "publisher": "Benchmark",
        "licence": "CC0",
        "attribution": "Benchmark",
        "columns": {"id": "id", "created": "at", "closed": "closed", "place": {"lon": "lon", "lat": "lat"},
                    "address": "address"},
        "text": "{words}",
        "category": {"columns": ["category"], "map": {slug: slug for slug in CATEGORIES}},
        "state": {"column": "status", "map": {"Open": "new", "Closed": "done"}},
    }
)  # fmt: skip

_BARE = """
    CREATE TABLE import_bare (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, source_id text UNIQUE,
      created_at timestamptz, closed_at timestamptz, status text, category text, geom geometry(Point, 4326),
      address text, words text);
    CREATE INDEX ON import_bare USING gist (geom);
    CREATE INDEX ON import_bare (created_at);
    CREATE INDEX ON import_bare (category, created_at);
"""


def measure(ground: Ground) -> Iterator[dict[str, Any]]:
    """A file into a fresh database, then the same file again."""
    engine = create_engine(_fresh(ground), connect_args={"options": "-c timezone=UTC -c jit=off"})
    path = ground.folder / "rows.csv.gz"
    _add_town(engine)
    _write(path, ROWS)
    try:
        bare = ROWS / _copy_bare(engine, path)
        first = run_import(engine, path=path, territory=SLUG, mapping=MAPPING, options=Options(), report=_quiet)
        again = run_import(engine, path=path, territory=SLUG, mapping=MAPPING, options=Options(), report=_quiet)
    finally:
        engine.dispose()
        path.unlink()
    if first.imported != ROWS or again.known != ROWS:
        raise AssertionError(f"{first.imported} imported and {again.known} recognised of {ROWS}")
    for name, rate in (("import of {:,} rows", first.rate), ("the same {:,} rows again, recognised", again.rate)):
        yield row(
            f"{name.format(ROWS)} (at least {RATE_BAR:,.0f}; beside a bare COPY)",
            rate,
            "rows/s",
            reference=bare,
            ratio=rate / bare,
            bar=RATE_BAR,
            ok=rate >= RATE_BAR,
        )


def _fresh(ground: Ground) -> str:
    """URL of a migrated database without a town."""
    with psycopg.connect(servers.plain(ground.cluster.url), autocommit=True) as link:
        link.execute("DROP DATABASE IF EXISTS import_bench WITH (FORCE)")
        link.execute("CREATE DATABASE import_bench")
    url = ground.cluster.url.replace("/auzolan?", "/import_bench?")
    upgrade(url)
    return url


def _quiet(what: str, more: int, total: int | None) -> None:
    """Nobody watches a benchmark."""


def _add_town(engine: Engine) -> None:
    """A round town with twenty zones and the default pack."""
    shape = Point(LON, LAT).buffer(RADIUS)
    step = 2 * RADIUS / 20
    with Session(engine) as session:
        town = add_drawn(session, name=SLUG, boundary=parse_boundary(json.dumps(mapping(shape)).encode()))
        load_pack(session, territory=town, pack=read_pack(DEFAULT_PACK))
        zones = []
        for n in range(20):
            south = LAT - RADIUS + n * step
            strip = shape.intersection(box(LON - RADIUS, south, LON + RADIUS, south + step))
            zones.append(NewZone("strip", f"strip-{n}", f"Strip {n}", MultiPolygon([strip])))
        replace_zones(session, territory_id=town.id, kind="strip", zones=zones)
        session.commit()


def _write(path: Path, rows: int) -> None:
    chance = random.Random(7)
    start = datetime(2023, 1, 1, tzinfo=UTC)
    with gzip.open(path, "wt", encoding="utf-8", newline="", compresslevel=1) as file:
        writer = csv.writer(file)
        writer.writerow(FIELDS)
        for number in range(rows):
            at = start + timedelta(seconds=chance.randrange(540 * 86_400))
            closed = chance.random() < 0.6
            angle, away = chance.random() * 2 * math.pi, RADIUS * 0.95 * math.sqrt(chance.random())
            writer.writerow(
                (
                    f"B{number}",
                    at.isoformat(),
                    (at + timedelta(hours=chance.randrange(1, 900))).isoformat() if closed else "",
                    "Closed" if closed else "Open",
                    chance.choice(CATEGORIES),
                    round(LON + away * math.cos(angle), 7),
                    round(LAT + away * math.sin(angle), 7),
                    f"{chance.randrange(1, 200)} rue de l’Église, 75000 Grande Ville",
                    "Objets déposés sur le trottoir depuis plusieurs jours",
                )
            )


def _copy_bare(engine: Engine, path: Path) -> float:
    """Seconds that a plain COPY takes, the file's reading included."""
    with engine.begin() as connection:
        connection.exec_driver_sql(_BARE)
    started = time.perf_counter()
    columns = "source_id, created_at, closed_at, status, category, geom, address, words"
    with (
        engine.begin() as connection,
        copying(connection, f"import_bare ({columns})") as copy,
        gzip.open(path, "rt", encoding="utf-8", newline="") as file,
    ):
        for one in csv.DictReader(file):
            place = f"SRID=4326;POINT({one['lon']} {one['lat']})"
            copy.write_row(
                (one["id"], one["at"], one["closed"] or None, one["status"], one["category"], place,
                 one["address"], one["words"])
            )  # fmt: skip
    return time.perf_counter() - started
