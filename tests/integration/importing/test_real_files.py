"""The first thousand rows of real files, with the mappings that come with the house."""

from __future__ import annotations

import csv
import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest
from shapely import MultiPoint
from shapely.geometry import mapping as as_geojson
from sqlalchemy import Engine
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import cell_errors
from app.features.territories.adding import DEFAULT_PACK, add_commune
from app.features.territories.packing import load_pack
from app.features.territories.packs.reader import read_pack
from app.importing.mapping import read_mapping
from tests.integration.importing.conftest import Importer, add_town

Find = Callable[[str], Path]
ROWS = 1_000


def hull(path: Path) -> bytes:
    """The convex hull of all the file's points, with a margin of about a kilometre."""
    with gzip.open(path, "rt", encoding="utf-8", newline="") as file:
        points = [(float(row["lon"]), float(row["lat"])) for row in csv.DictReader(file)]
    return json.dumps(as_geojson(MultiPoint(points).convex_hull.buffer(0.01))).encode()


def check(importer: Importer, path: Path, territory: str, name: str) -> None:
    done = importer(path, read_mapping(name), territory=territory, limit=ROWS, batch=300)
    assert done.read == ROWS == done.imported + done.rejected
    assert done.imported >= 0.99 * ROWS
    assert 0 < done.joined < done.imported
    again = importer(path, read_mapping(name), territory=territory, limit=ROWS)
    assert (again.imported, again.known, again.rejected) == (0, done.imported, done.rejected)
    (facts,) = importer.ask(
        "SELECT count(*) AS n, count(DISTINCT reference) AS references, bool_and(h3 > 0) AS cells, "
        "bool_and(ticket_id IS NOT NULL) AS placed FROM contribution"
    )
    assert tuple(facts) == (done.imported, done.imported, True, True)
    assert importer.ask("SELECT count(*) FROM ticket") == [(done.opened,)]
    with Session(importer.engine) as session:
        assert cell_errors(session, 1) == []


def test_paris(engine: Engine, real_data: Find, tmp_path: Path) -> None:
    path = real_data("reports/paris_dansmarue_2023-07_2024-12.csv.gz")
    with Session(engine) as session:
        load_pack(session, territory=add_commune(session, code="75056"), pack=read_pack(DEFAULT_PACK))
        session.commit()
    importer = Importer(engine, read_mapping("paris"), tmp_path)
    check(importer, path, "paris", "paris")
    assert importer.ask("SELECT count(*) FROM contribution WHERE cardinality(zone_ids) <> 1") == [(0,)]
    assert importer.ask("SELECT count(*) FROM contribution WHERE visibility = 'hidden'")[0][0] > 0
    assert importer.ask("SELECT count(*) FROM contribution WHERE title LIKE '%[%'") == [(0,)]


@pytest.mark.parametrize(
    ("file", "name", "timezone"),
    [
        ("reports/zurich_zueriwieneu.csv.gz", "zurich", "Europe/Zurich"),
        ("reports/losangeles_myla311_2017-2020.csv.gz", "losangeles", "America/Los_Angeles"),
    ],
)
def test_a_town_drawn_around_its_data(
    engine: Engine, real_data: Find, tmp_path: Path, file: str, name: str, timezone: str
) -> None:
    path = real_data(file)
    add_town(engine, name.capitalize(), hull(path), timezone=timezone)
    importer = Importer(engine, read_mapping(name), tmp_path)
    check(importer, path, name, name)
    if name == "losangeles":
        states = dict(importer.ask("SELECT state, count(*) FROM ticket GROUP BY 1"))
        assert states["done"] > 700 and states["declined"] > 5
        assert importer.ask("SELECT count(*) FROM ticket WHERE closed_at < opened_at") == [(0,)]
