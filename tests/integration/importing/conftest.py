"""A square town with the default pack, and files to import into it."""

from __future__ import annotations

import csv
import json
import os
import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from sqlalchemy import Engine, create_engine, text
from sqlalchemy.orm import Session

from app.features import tables  # noqa: F401  (foreign keys need every table to be known)
from app.features.territories.adding import DEFAULT_PACK, add_drawn
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack
from app.importing.mapping import Mapping
from app.importing.running import Options, Summary, run_import
from geodata.geojson import parse_boundary

WEST, SOUTH, EAST, NORTH = -1.53, 43.45, -1.42, 43.52
FIELDS = ("id", "at", "closed", "status", "category", "lon", "lat", "address", "via", "words")

MAPPING = {
    "source": "a-town",
    "name": "A tool",
    "publisher": "A town",
    "licence": "CC0",
    "attribution": "A town (CC0)",
    "columns": {"id": "id", "created": "at", "closed": "closed", "place": {"lon": "lon", "lat": "lat"},
                "address": "address"},
    "text": "{words}",
    "category": {"columns": ["category"], "map": {"Hole": "pothole", "Tag": "graffiti", "Bin": "full-bin",
                                                  "Scooter": "shared-scooter", "Light": "traffic-light"}},
    "channel": {"column": "via", "map": {"Phone": "phone"}, "default": "web"},
    "state": {"column": "status", "map": {"Open": "new", "Closed": "done", "Refused": "declined"}},
}  # fmt: skip


def made_rows(count: int, *, seed: int = 1, closing: float = 0.0) -> list[dict[str, str]]:
    """Rows over four months, dense enough that many meet; `closing` is the share of those that were closed."""
    chance = random.Random(seed)
    rows = []
    for number in range(count):
        at = datetime(2024, 3, 1, tzinfo=UTC) + timedelta(seconds=chance.randrange(120 * 86_400))
        closed = chance.random() < closing
        rows.append(
            {
                "id": f"R{number}",
                "at": at.isoformat(),
                "closed": (at + timedelta(hours=chance.randrange(1, 500))).isoformat() if closed else "",
                "status": chance.choice(("Closed", "Closed", "Refused")) if closed else "Open",
                "category": chance.choice(("Hole", "Tag", "Bin", "Scooter", "Light")),
                "lon": repr(round(-1.48 + chance.random() * 0.002, 7)),
                "lat": repr(round(43.48 + chance.random() * 0.0015, 7)),
                "address": f"{chance.randrange(1, 90)} rue des Tests",
                "via": chance.choice(("Phone", "Web")),
                "words": chance.choice(("Un trou", "Un trou sur la piste cyclable", "Encore là, depuis hier")),
            }
        )
    return rows


def write_csv(path: Path, rows: Sequence[dict[str, str]], *, fields: Sequence[str] = FIELDS) -> Path:
    with path.open("w", encoding="utf-8", newline="") as file:
        writer = csv.DictWriter(file, fields)
        writer.writeheader()
        writer.writerows(rows)
    return path


@pytest.fixture
def mapping() -> Mapping:
    return Mapping.model_validate(MAPPING)


@pytest.fixture
def engine(database_url: str) -> Iterator[Engine]:
    made = create_engine(database_url, connect_args={"options": "-c timezone=UTC -c jit=off"})
    yield made
    made.dispose()


def square(west: float, south: float, east: float, north: float) -> bytes:
    ring = [[west, south], [east, south], [east, north], [west, north], [west, south]]
    return json.dumps({"type": "Polygon", "coordinates": [ring]}).encode()


def add_town(engine: Engine, name: str, boundary: bytes, **given: Any) -> int:
    """A drawn town with the default pack; its slug is its name in small letters."""
    with Session(engine) as session:
        row = add_drawn(session, name=name, boundary=parse_boundary(boundary), **given)
        load_pack(session, territory=row, pack=read_pack(DEFAULT_PACK))
        session.commit()
        return row.id


@pytest.fixture
def town_id(engine: Engine) -> int:
    return add_town(engine, "Bidache", square(WEST, SOUTH, EAST, NORTH))


@dataclass
class Importer:
    """Imports into the town; what came out is asked of the database."""

    engine: Engine
    mapping: Mapping
    folder: Path

    def __call__(self, path: Path, mapping: Mapping | None = None, territory: str = "bidache", **given: Any) -> Summary:
        options = Options(**{"rejects": self.folder / "rejects.csv"} | given)
        return run_import(
            self.engine,
            path=path,
            territory=territory,
            mapping=mapping or self.mapping,
            options=options,
            report=lambda what, more, total: None,
        )

    def rejected(self) -> list[dict[str, str]]:
        with (self.folder / "rejects.csv").open(encoding="utf-8", newline="") as file:
            return list(csv.DictReader(file))

    def ask(self, question: str, **values: Any) -> list[Any]:
        with self.engine.connect() as connection:
            return list(connection.execute(text(question), values))

    def partition(self) -> set[tuple[frozenset[str], str, str | None]]:
        """Who is with whom, in which service's queue, until when."""
        rows = self.ask(
            "SELECT array_agg(c.source_id) AS ids, s.slug, t.due_at FROM ticket t JOIN service s ON s.id = "
            "t.service_id JOIN contribution c ON c.ticket_id = t.id GROUP BY t.id, s.slug"
        )
        return {(frozenset(row.ids), row.slug, str(row.due_at)) for row in rows}


@pytest.fixture
def importer(engine: Engine, mapping: Mapping, town_id: int, tmp_path: Path) -> Importer:
    return Importer(engine, mapping, tmp_path)


@pytest.fixture(scope="session")
def real_data() -> Callable[[str], Path]:
    """Give the path of a real data file, or skip: such files are not part of the repository."""
    beside = Path(__file__).resolve().parents[4] / "shared" / "data"
    folder = Path(os.environ.get("AUZOLAN_TEST_DATA", beside))

    def find(name: str) -> Path:
        if not (folder / name).exists():
            pytest.skip(f"{name} is not in {folder}: real data are not part of the repository")
        return folder / name

    return find
