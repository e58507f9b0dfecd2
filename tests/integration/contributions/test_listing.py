"""`GET /api/v1/contributions`: every one once, in order, whatever arrives meanwhile."""

from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.features.contributions.filters import MapFilters, parse_filters
from app.features.contributions.pyramid import rebuild_cells
from app.features.contributions.queries import contributions_in_bbox, count_contributions, counts_by_kind
from tests.integration.contributions.test_tiles import layers, tiles_of_town
from tests.support.town import Town, make_town

NOW = datetime.now(UTC)
ADDRESS = "/api/v1/contributions"


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("proprete")
    made.category("depots", parent="proprete")
    made.category("eclairage")
    return made


def walk(client: FlaskClient, address: str) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200, answer.data
        found += answer.json["features"]
        following = answer.json["next"]
        address = "" if not following else f"{urlsplit(following).path}?{urlsplit(following).query}"
    return found


def test_pages_hold_every_one_once_newest_first(session: Session, town: Town, client: FlaskClient) -> None:
    same_moment = NOW - timedelta(days=3)
    for i in range(23):
        town.add(-1.48, 43.49, created_at=same_moment if i % 3 else NOW - timedelta(hours=i))
    session.commit()
    found = walk(client, f"{ADDRESS}?territory=bidache&limit=4")
    keys = [(feature["properties"]["created_at"], int(feature["id"][4:])) for feature in found]
    assert len(set(keys)) == 23
    assert keys == sorted(keys, reverse=True)


def test_what_arrives_while_reading_moves_no_page(session: Session, town: Town) -> None:
    for i in range(6):
        town.add(-1.48, 43.49, created_at=NOW - timedelta(hours=i))
    first = contributions_in_bbox(session, MapFilters("bidache"), limit=3)
    town.add(-1.48, 43.49, created_at=NOW + timedelta(hours=1))
    second = contributions_in_bbox(session, MapFilters("bidache"), cursor=first.cursor, limit=3)
    assert [item.reference for item in (*first.items, *second.items)] == [f"BID-{i}" for i in range(1, 7)]
    assert second.cursor is None


def test_nested_territories_are_merged_in_one_order(session: Session, town: Town) -> None:
    inside = make_town(session, "sames", parent_id=town.territory_id)
    inside.category("voirie")
    for i in range(6):
        (town if i % 2 else inside).add(-1.48, 43.49, created_at=NOW - timedelta(hours=i))
    first = contributions_in_bbox(session, MapFilters("bidache"), limit=4)
    second = contributions_in_bbox(session, MapFilters("bidache"), cursor=first.cursor, limit=4)
    ages = [item.created_at for item in (*first.items, *second.items)]
    assert len(ages) == 6
    assert ages == sorted(ages, reverse=True)
    assert [item.territory for item in contributions_in_bbox(session, MapFilters("sames")).items] == ["sames"] * 3


def test_a_feature_says_what_is_public_and_nothing_else(session: Session, town: Town, client: FlaskClient) -> None:
    town.add(-1.4748, 43.4929, category="depots", kind="proposal", state="planned", title="Un banc", created_at=NOW)
    session.commit()
    answer = client.get(f"{ADDRESS}?territory=bidache")
    assert answer.mimetype == "application/geo+json"
    (feature,) = answer.json["features"]
    assert feature["geometry"] == {"type": "Point", "coordinates": [-1.4748, 43.4929]}
    assert feature["properties"] == {
        "reference": "BID-1",
        "kind": "proposal",
        "category": "depots",
        "category_label": "depots",
        "icon": "icon-depots",
        "title": "Un banc",
        "text": "",
        "state": "planned",
        "address": None,
        "created_at": NOW.isoformat(),
        "changed_at": None,
        "distance_m": None,
        "supports": 0,
        "photo_count": 0,
        "photo": None,
        "territory": "bidache",
        "url": "http://127.0.0.1:8080/c/BID-1",
    }


def test_hidden_and_pending_ones_are_absent(session: Session, town: Town, client: FlaskClient) -> None:
    town.add(-1.48, 43.49, visibility="hidden")
    town.add(-1.48, 43.49, visibility="pending")
    town.add(-1.48, 43.49, visibility="withdrawn")
    session.commit()
    assert client.get(f"{ADDRESS}?territory=bidache").json["features"] == []


def test_the_list_is_the_twin_of_the_map(session: Session, town: Town) -> None:
    """Same filters, same contributions: by their numbers on near tiles, by their count on far ones."""
    for i in range(24):
        town.add(
            -1.48 + i * 2e-6,
            43.49,
            category=("depots", "eclairage")[i % 2],
            kind=("problem", "praise", "proposal")[i % 3],
            state=("new", "planned", "done")[i % 4 % 3],
            created_at=NOW - timedelta(days=10 * i),
        )
    rebuild_cells(session, town.territory_id)
    (near,) = [tile for tile in tiles_of_town(17) if layers(session, tile)["points"]]
    for query in (
        {},
        {"kind": "praise"},
        {"category": "proprete", "state": "open"},
        {"period": "30d"},
        {"period": "90", "category": "eclairage"},
        {"state": "planned"},
        {"since": (NOW - timedelta(days=45)).isoformat(), "kind": "problem,proposal"},
    ):
        filters = parse_filters([("territory", "bidache"), *query.items()])
        listed = {item.reference for item in contributions_in_bbox(session, filters, limit=100).items}
        assert {point["ref"] for point in layers(session, near, **query)["points"]} == listed, query
        assert count_contributions(session, filters) == len(listed)
        counts = counts_by_kind(session, filters)
        assert sum(counts[kind] for kind in filters.kinds or counts) == len(listed), query


def test_a_box(session: Session, town: Town, client: FlaskClient) -> None:
    town.add(-1.50, 43.46)
    town.add(-1.44, 43.50)
    session.commit()
    inside = client.get(f"{ADDRESS}?territory=bidache&bbox=-1.45,43.49,-1.43,43.51").json["features"]
    assert [feature["id"] for feature in inside] == ["BID-2"]


def test_counting_stops_where_asked(session: Session, town: Town) -> None:
    for _ in range(5):
        town.add(-1.48, 43.49)
    assert count_contributions(session, MapFilters("bidache"), most=3) == 3


@pytest.mark.parametrize(
    ("query", "status", "pointer"),
    [
        ("bbox=43.46,-1.50,43.50,-1.44", 400, "/bbox"),
        ("bbox=NaN,0,0,0", 400, "/bbox"),
        ("bbox=1,2,3", 400, "/bbox"),
        ("limit=0", 400, "/limit"),
        ("limit=501", 400, "/limit"),
        ("limit=-3", 400, "/limit"),
        ("cursor=hello", 400, "/cursor"),
        ("cursor=%F0%9F%98%80", 400, "/cursor"),
        ("since=31/03/2026", 400, "/since"),
        ("category=inconnue", 400, "/category"),
        ("territory=nowhere", 404, None),
    ],
)
def test_bad_questions_are_explained(
    session: Session, town: Town, client: FlaskClient, query: str, status: int, pointer: str | None
) -> None:
    session.commit()
    address = f"{ADDRESS}?{query}" if "territory=" in query else f"{ADDRESS}?territory=bidache&{query}"
    answer = client.get(address)
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"
    assert [error["pointer"] for error in answer.json["errors"]] == ([pointer] if pointer else [])
