"""Tiles, decoded: what a map reader sees must be what the contributions are."""

import gzip
import random
from datetime import UTC, datetime, timedelta
from typing import Any

import mapbox_vector_tile
import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import OPEN_STATES, parse_filters
from app.features.contributions.pyramid import CellChange, rebuild_cells
from app.features.contributions.scope import resolve
from app.features.contributions.tiles import CROWD, contribution_tile
from geodata.pyramid import Tile, degrees, grid_position
from tests.support.town import EAST, NORTH, SOUTH, WEST, Town, make_town

NOW = datetime.now(UTC).replace(hour=12)


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("proprete")
    made.category("depots", parent="proprete")
    made.category("eclairage")
    return made


def scatter(town: Town, count: int, seed: int = 3) -> list[tuple[CellChange, dict[str, Any]]]:
    dice = random.Random(seed)
    made = []
    for _ in range(count):
        facts = {
            "category": dice.choice(("depots", "eclairage")),
            "kind": dice.choice(("problem", "praise", "proposal")),
            "state": dice.choice(("new", "planned", "done", "declined", "duplicate")),
            "created_at": NOW - timedelta(days=dice.uniform(0, 400)),
        }
        made.append((town.add(dice.uniform(WEST, EAST), dice.uniform(SOUTH, NORTH), **facts), facts))
    rebuild_cells(town.session, town.territory_id)
    return made


def layers(session: Session, tile: Tile, **query: str) -> dict[str, list[dict[str, Any]]]:
    """Features of each layer: their properties, with `x` and `y` in tile units from the top-left."""
    pairs = [("territory", "bidache"), *query.items()]
    body = contribution_tile(session, resolve(session, parse_filters(pairs)), tile)
    if not body:
        return {"cells": [], "points": []}
    decoded = mapbox_vector_tile.decode(body, default_options={"y_coord_down": True})
    return {
        name: [
            feature["properties"] | dict(zip(("x", "y"), feature["geometry"]["coordinates"], strict=True))
            for feature in decoded.get(name, {"features": []})["features"]
        ]
        for name in ("cells", "points")
    }


def tiles_of_town(z: int) -> list[Tile]:
    left, top = grid_position(WEST, NORTH)
    right, bottom = grid_position(EAST, SOUTH)
    shift = 30 - z
    return [
        Tile(z, x, y)
        for x in range(left >> shift, (right >> shift) + 1)
        for y in range(top >> shift, (bottom >> shift) + 1)
    ]


def total(session: Session, z: int, **query: str) -> dict[str, int]:
    sums = dict.fromkeys(("n", "problem", "praise", "proposal", "done"), 0)
    for tile in tiles_of_town(z):
        for cell in layers(session, tile, **query)["cells"]:
            for name in sums:
                sums[name] += cell[name]
    return sums


def expected(made: list[tuple[CellChange, dict[str, Any]]], keep: Any = lambda _: True) -> dict[str, int]:
    kept = [facts for _, facts in made if keep(facts)]
    counts = {kind: sum(facts["kind"] == kind for facts in kept) for kind in ("problem", "praise", "proposal")}
    return {"n": len(kept), **counts, "done": sum(facts["state"] == "done" for facts in kept)}


def test_every_zoom_counts_everything_once(session: Session, town: Town) -> None:
    made = scatter(town, 200)
    for z in (0, 5, 8, 9, 10, 11, 12, 13, 14, 15):
        assert total(session, z) == expected(made), f"zoom {z}"


SINCE = (NOW - timedelta(days=45)).replace(microsecond=0)
QUESTIONS = {
    "kind": ({"kind": "problem,praise"}, lambda f: f["kind"] != "proposal"),
    "leaf": ({"category": "eclairage"}, lambda f: f["category"] == "eclairage"),
    "subtree": ({"category": "proprete"}, lambda f: f["category"] == "depots"),
    "two categories": ({"category": "proprete,eclairage"}, lambda f: True),
    "open": ({"state": "open"}, lambda f: f["state"] in OPEN_STATES),
    "done": ({"state": "done", "kind": "problem"}, lambda f: f["state"] == "done" and f["kind"] == "problem"),
    "declined": ({"state": "declined"}, lambda f: f["state"] == "declined"),
    "exact state": ({"state": "planned"}, lambda f: f["state"] == "planned"),
    "since": ({"since": SINCE.isoformat()}, lambda f: f["created_at"] >= SINCE),
    "changed since": ({"changed_since": SINCE.isoformat()}, lambda f: f["created_at"] >= SINCE),
    "since, done": (
        {"since": SINCE.isoformat(), "state": "done"},
        lambda f: f["created_at"] >= SINCE and f["state"] == "done",
    ),
    "period and category": (
        {"period": "90d", "category": "depots", "kind": "problem"},
        lambda f: (
            f["created_at"] >= NOW.replace(hour=0, minute=0, second=0, microsecond=0) - timedelta(days=90)
            and f["category"] == "depots"
            and f["kind"] == "problem"
        ),
    ),
}


def test_filters_count_exactly_what_they_say(session: Session, town: Town) -> None:
    made = scatter(town, 200)
    for question, (query, keep) in QUESTIONS.items():
        for z in (8, 11, 12, 15):
            assert total(session, z, **query) == expected(made, keep), f"{question} at zoom {z}"


@pytest.mark.parametrize("z", [16, 17])
def test_near_tiles_show_the_same_ones(session: Session, town: Town, z: int) -> None:
    made = scatter(town, 60)
    references = {row.id: row.reference for row in session.execute(text("SELECT id, reference FROM contribution"))}
    for question, (query, keep) in QUESTIONS.items():
        seen = set()
        for change, _ in made:
            gx, gy = grid_position(change.lon, change.lat)
            seen |= {p["ref"] for p in layers(session, Tile(z, gx >> 30 - z, gy >> 30 - z), **query)["points"]}
        wanted = {references[change.contribution_id] for change, facts in made if keep(facts)}
        assert seen == wanted, question


def test_a_lone_contribution_says_who_it_is_and_where(session: Session, town: Town) -> None:
    lon, lat = -1.4748, 43.4929
    town.add(lon, lat, kind="praise", state="planned", category="depots", title="Un beau massif")
    rebuild_cells(session, town.territory_id)
    gx, gy = grid_position(lon, lat)
    (cell,) = layers(session, Tile(13, gx >> 17, gy >> 17))["cells"]
    assert (cell["n"], cell["praise"], cell["done"]) == (1, 1, 0)
    assert (cell["ref"], cell["kind"], cell["state"]) == ("BID-1", "praise", "planned")
    (point,) = layers(session, Tile(18, gx >> 12, gy >> 12))["points"]
    assert point["ref"] == "BID-1"
    assert (point["kind"], point["state"], point["title"]) == ("praise", "planned", "Un beau massif")
    assert (point["category"], point["icon"]) == ("depots", "icon-depots")
    for z, feature in ((13, cell), (18, point)):
        side = 1 << 30 - z
        back = degrees(
            (gx >> 30 - z) * side + feature["x"] * side / 4096, (gy >> 30 - z) * side + feature["y"] * side / 4096
        )
        assert back == pytest.approx((lon, lat), abs=360 / 2**z / 4096)


def test_discs_of_neighbouring_cells_never_collide(session: Session, town: Town) -> None:
    scatter(town, 400)
    for tile in tiles_of_town(12):
        discs = [(cell["x"], cell["y"]) for cell in layers(session, tile)["cells"] if cell["n"] > 1]
        near = [max(abs(ax - bx), abs(ay - by)) for i, (ax, ay) in enumerate(discs) for bx, by in discs[:i]]
        assert not near or min(near) >= 512 - 171, "44 px discs on a 512 px tile are 352 units wide"


def test_a_crowd_stays_a_cell_until_a_nearer_zoom(session: Session, town: Town) -> None:
    lon, lat = -1.4748, 43.4929
    for i in range(CROWD + 5):
        town.add(lon + i * 1e-6, lat)
    rebuild_cells(session, town.territory_id)
    gx, gy = grid_position(lon, lat)
    far, near = (layers(session, Tile(z, gx >> 30 - z, gy >> 30 - z)) for z in (16, 17))
    assert [cell["n"] for cell in far["cells"]] == [CROWD + 5]
    assert far["points"] == []
    assert near["cells"] == []
    assert len(near["points"]) == CROWD + 5
    same = layers(session, Tile(16, gx >> 14, gy >> 14), since="2020-01-01", category="proprete")
    assert same["cells"] == far["cells"], "the same from the points as from the pyramid"


def test_only_public_contributions_of_the_territory_and_those_nested_in_it(session: Session, town: Town) -> None:
    inside = make_town(session, "sames", parent_id=town.territory_id)
    inside.category("voirie")
    beside = make_town(session, "autre")
    beside.category("voirie")
    town.add(-1.48, 43.49)
    inside.add(-1.48, 43.49)
    beside.add(-1.48, 43.49)
    town.add(-1.48, 43.49, visibility="hidden")
    town.add(-1.48, 43.49, visibility="pending")
    for one in (town, inside, beside):
        rebuild_cells(session, one.territory_id)
    assert total(session, 12)["n"] == 2
    gx, gy = grid_position(-1.48, 43.49)
    for query in ({}, {"since": "2020-01-01"}):
        points = layers(session, Tile(17, gx >> 13, gy >> 13), **query)["points"]
        assert sorted(point["ref"] for point in points) == ["BID-1", "SAM-1"]
    assert total(session, 12, category="voirie")["n"] == 1, "a nested town's own category"


def test_over_http(session: Session, town: Town, client: FlaskClient) -> None:
    scatter(town, 150)
    session.commit()
    z, x, y = tiles_of_town(11)[0]
    address = f"/tiles/contributions/{z}/{x}/{y}.mvt?territory=bidache"
    plain = client.get(address)
    assert plain.status_code == 200
    assert plain.mimetype == "application/vnd.mapbox-vector-tile"
    assert "stale-while-revalidate" in plain.headers["Cache-Control"]
    assert "Set-Cookie" not in plain.headers
    assert len(mapbox_vector_tile.decode(plain.data)["cells"]["features"]) > 3
    pressed = client.get(address, headers={"Accept-Encoding": "gzip"})
    assert pressed.headers["Content-Encoding"] == "gzip"
    assert gzip.decompress(pressed.data) == plain.data
    assert len(pressed.data) < len(plain.data)
    again = client.get(address, headers={"If-None-Match": plain.headers["ETag"]})
    assert (again.status_code, again.data) == (304, b"")
    assert client.get(f"/tiles/contributions/11/{x + 3}/{y}.mvt?territory=bidache").data == b""


@pytest.mark.parametrize(
    ("address", "status", "pointer"),
    [
        ("/tiles/contributions/25/0/0.mvt", 404, None),
        ("/tiles/contributions/3/9/0.mvt", 404, None),
        ("/tiles/contributions/3/1/1.mvt?territory=nowhere", 404, None),
        ("/tiles/contributions/3/1/1.mvt?territory=bidache&category=nothing", 400, "/category"),
        ("/tiles/contributions/3/1/1.mvt?territory=bidache&kind=rant", 400, "/kind"),
        ("/tiles/contributions/-1/1/1.mvt", 404, None),
    ],
)
def test_bad_addresses_are_explained(
    session: Session, town: Town, client: FlaskClient, address: str, status: int, pointer: str | None
) -> None:
    session.commit()
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert [error["pointer"] for error in answer.json["errors"]] == ([pointer] if pointer else [])


def test_tilejson(session: Session, town: Town, client: FlaskClient) -> None:
    session.commit()
    answer = client.get("/tiles/contributions.json?territory=bidache&kind=praise").json
    assert answer["tilejson"] == "3.0.0"
    assert answer["tiles"] == [
        "http://127.0.0.1:8080/tiles/contributions/{z}/{x}/{y}.mvt?kind=praise&territory=bidache"
    ]
    assert answer["bounds"] == pytest.approx([WEST, SOUTH, EAST, NORTH])
    assert [layer["id"] for layer in answer["vector_layers"]] == ["cells", "points"]


def test_a_town_without_contributions_has_empty_tiles(session: Session, town: Town) -> None:
    assert total(session, 12)["n"] == 0
    assert layers(session, tiles_of_town(17)[0])["points"] == []
