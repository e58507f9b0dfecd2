"""The orders of the list: every contribution once in each, page by page, and no order tells a hidden count."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from html import unescape
from random import Random

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Invalid
from app.features.contributions.filters import SORTS, MapFilters
from app.features.contributions.listing import listed_contributions
from app.features.contributions.orders import ORDERS, cursor, parse_cursor
from app.features.contributions.queries import contributions_in_bbox, count_contributions
from geodata.crs import distance_m
from tests.support.town import Town, make_town

NOW = datetime.now(UTC).replace(microsecond=0)
HERE = (-1.48, 43.49)
SUPPORTS = (0, 3, None, 9, 3, 0)
CHANGED = {1: timedelta(minutes=150), 4: timedelta(minutes=5), 5: timedelta(minutes=90)}
EXPECTED = {"newest": "012345", "oldest": "543210", "supported": "314025", "changed": "045213", "nearest": "542130"}


@pytest.fixture
def town(session: Session) -> Town:
    """Six of them, the first one newest; carried by 0, 3, nobody may know how many, 9, 3 and 0.

    4 is farther than 2 in degrees and nearer in metres.
    """
    made = make_town(session)
    made.category("voirie")
    places = ((0.0, 0.0035), (0.0, -0.0017), (0.0, 0.0010), (0.0030, 0.0), (0.0012, 0.0), (0.0001, 0.0))
    for i, (supports, (east, north)) in enumerate(zip(SUPPORTS, places, strict=True)):
        kind = "proposal" if supports is None else "problem"
        lon, lat = HERE[0] + east, HERE[1] + north
        face = made.add(lon, lat, kind=kind, title=f"Banc {i}", created_at=NOW - timedelta(hours=i))
        session.execute(
            text("UPDATE contribution SET supports = :n, changed_at = :at WHERE id = :id"),
            {"n": supports, "at": NOW - CHANGED[i] if i in CHANGED else None, "id": face.contribution_id},
        )
    return made


def asked(sort: str, *, words: str | None = None) -> MapFilters:
    return MapFilters("bidache", sort=sort, words=words, near=HERE)


def order(session: Session, sort: str, *, words: str | None = None, page: int = 2) -> str:
    """The titles' numbers, page by page."""
    found: list[str] = []
    for offset in range(0, 6, page):
        rows = listed_contributions(session, asked(sort, words=words), offset=offset, limit=page).rows
        found += [row.title.removeprefix("Banc ") for row in rows]
    return "".join(found)


def by_cursor(session: Session, sort: str, *, words: str | None = None, page: int = 2) -> str:
    """The same as programs read them."""
    found, mark = [], None
    while True:
        one = contributions_in_bbox(session, asked(sort, words=words), cursor=mark, limit=page)
        found += [(item.title or "").removeprefix("Banc ") for item in one.items]
        mark = one.cursor
        if mark is None:
            return "".join(found)


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("words", [None, "banc"])
@pytest.mark.parametrize("page", [1, 2, 4, 6])
def test_each_order_tells_every_one_once(session: Session, town: Town, sort: str, words: str | None, page: int) -> None:
    assert order(session, sort, words=words, page=page) == EXPECTED[sort]
    assert by_cursor(session, sort, words=words, page=page) == EXPECTED[sort]


@pytest.mark.parametrize("sort", SORTS)
@pytest.mark.parametrize("words", [None, "banc"])
def test_what_changed_since_comes_in_every_order(session: Session, town: Town, sort: str, words: str | None) -> None:
    """Said since, or acted on since: 1 was answered 150 minutes ago, 2 was said two hours ago and never touched."""
    for minutes, numbers in ((125, "0245"), (60, "04"), (1000, "012345"), (0, "0")):
        wanted = replace(asked(sort, words=words), changed_since=NOW - timedelta(minutes=minutes))
        told = "".join(number for number in EXPECTED[sort] if number in numbers)
        items, mark = [], None
        while True:
            page = contributions_in_bbox(session, wanted, cursor=mark, limit=2)
            items += [(item.title or "").removeprefix("Banc ") for item in page.items]
            mark = page.cursor
            if mark is None:
                break
        assert "".join(items) == told
        assert count_contributions(session, wanted) == len(told)


def test_many_alike_are_told_once_each_in_every_order(session: Session, town: Town) -> None:
    """Same moments, same counts, same places: only the number tells them apart, and no page loses one."""
    dice = Random(7)
    for i in range(6, 60):
        lon, lat = HERE[0] + dice.choice((0, 0.001)), HERE[1] + dice.choice((0, 0.001))
        face = town.add(lon, lat, title=f"Banc {i}", created_at=NOW - timedelta(hours=dice.randrange(3)))
        session.execute(
            text("UPDATE contribution SET supports = :n, changed_at = :at WHERE id = :id"),
            {
                "n": dice.randrange(3),
                "at": dice.choice((None, NOW, NOW - timedelta(hours=1))),
                "id": face.contribution_id,
            },
        )
    for sort in SORTS:
        whole = [item.id for item in contributions_in_bbox(session, asked(sort), limit=100).items]
        assert len(set(whole)) == 60
        paged, mark = [], None
        while True:
            page = contributions_in_bbox(session, asked(sort), cursor=mark, limit=7)
            paged += [item.id for item in page.items]
            mark = page.cursor
            if mark is None:
                break
        assert paged == whole
        assert [
            row.id
            for o in range(0, 60, 7)
            for row in listed_contributions(session, asked(sort), offset=o, limit=7).rows
        ] == whole


def test_the_nearest_are_so_in_metres(session: Session, town: Town) -> None:
    """Of a crowd in which degrees mislead, as a library that knows no database puts them in order."""
    dice = Random(11)
    for i in range(6, 200):
        lon, lat = HERE[0] + dice.uniform(-0.01, 0.01), HERE[1] + dice.uniform(-0.01, 0.01)
        town.add(lon, lat, title=f"Banc {i}", created_at=NOW)
    everything = contributions_in_bbox(session, asked("newest"), limit=500).items
    true = sorted(everything, key=lambda item: distance_m(*HERE, item.lon, item.lat))
    for count in (1, 10, 40, 200):
        found = contributions_in_bbox(session, asked("nearest"), limit=count).items
        assert [item.id for item in found] == [item.id for item in true[:count]]


def test_the_distance_is_told_where_it_decides(session: Session, town: Town) -> None:
    page = contributions_in_bbox(session, asked("nearest"))
    for item in page.items:
        metres = distance_m(*HERE, item.lon, item.lat)
        assert item.distance_m == pytest.approx(metres, abs=0.01)
    assert all(item.distance_m is None for item in contributions_in_bbox(session, asked("newest")).items)


def test_a_hidden_count_stands_among_those_that_nobody_carries(session: Session, town: Town) -> None:
    """By its day: neither the first nor the last of them."""
    assert order(session, "supported")[3:] == "025"


def test_what_is_hidden_comes_in_no_order(session: Session, town: Town) -> None:
    session.execute(text("UPDATE contribution SET visibility = 'hidden' WHERE supports = 9"))
    for sort in SORTS:
        assert "3" not in order(session, sort)


def test_a_cursor_survives_its_writing() -> None:
    moment = datetime(2026, 11, 21, 10, 59, 59, 999999, tzinfo=UTC)
    places = {"supported": (3, moment, 2**40), "nearest": (12.000000000000002, 2**40)}
    for sort in ORDERS:
        place = places.get(sort, (moment, 2**40))
        assert parse_cursor(sort, cursor(sort, place)) == place


def test_a_cursor_of_another_order_is_refused() -> None:
    word = cursor("supported", (3, NOW, 7))
    for sort in ("newest", "oldest", "changed", "nearest"):
        with pytest.raises(Invalid):
            parse_cursor(sort, word)


def test_the_address_keeps_the_order_without_scripts(session: Session, town: Town, client: FlaskClient) -> None:
    session.commit()
    page = unescape(client.get("/liste?sort=supported&lang=fr").text)
    assert '<option value="supported" selected>Les plus soutenues' in page
    assert page.index("Banc 3") < page.index("Banc 1") < page.index("Banc 4") < page.index("Banc 0")
    assert "/?sort=supported" in page
    assert client.get("/liste?sort=nonsense").status_code == 200
    piece = client.get("/list-fragment?sort=oldest").text
    assert piece.index("Banc 5") < piece.index("Banc 0")


def test_the_list_tells_by_what_it_is_in_order(session: Session, town: Town, client: FlaskClient) -> None:
    session.commit()
    piece = client.get("/list-fragment?sort=changed&lang=fr").text
    assert piece.index("Banc 0") < piece.index("Banc 4") < piece.index("Banc 5")
    assert piece.count("modifiée il y a") == 3
    near = f"near={HERE[0]},{HERE[1]}"
    piece = client.get(f"/list-fragment?sort=nearest&{near}&lang=fr").text
    assert piece.index("Banc 5") < piece.index("Banc 4") < piece.index("Banc 2")
    assert "à 8 m" in unescape(piece).replace("\u202f", " ").replace("\u00a0", " ")
    box = f"bbox={HERE[0] - 0.01},{HERE[1] - 0.01},{HERE[0] + 0.01},{HERE[1] + 0.01}"
    assert client.get(f"/list-fragment?sort=nearest&{box}&lang=fr").text.index("Banc 5") < piece.index("Banc 0")
    nowhere = client.get("/liste?sort=nearest&near=ici").text
    assert nowhere.index("Banc 0") < nowhere.index("Banc 1")


@pytest.mark.parametrize(
    ("query", "pointer"),
    [
        ("sort=best", "/sort"),
        ("sort=nearest", "/near"),
        ("sort=nearest&near=43", "/near"),
        ("sort=nearest&near=0,91", "/near"),
    ],
)
def test_an_order_that_cannot_be_is_explained(town: Town, client: FlaskClient, query: str, pointer: str) -> None:
    answer = client.get(f"/api/v1/contributions?{query}")
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_programs_walk_an_order_by_its_next_page(session: Session, town: Town, client: FlaskClient) -> None:
    session.commit()
    address, found = f"/api/v1/contributions?sort=nearest&near={HERE[0]},{HERE[1]}&limit=4", []
    while address:
        page = client.get(address).json
        found += [(f["properties"]["title"], f["properties"]["distance_m"]) for f in page["features"]]
        address = (page["next"] or "").partition("://")[2].partition("/")[2]
        address = f"/{address}" if address else ""
    assert "".join(title[-1] for title, _ in found) == EXPECTED["nearest"]
    assert [metres for _, metres in found] == sorted(metres for _, metres in found)
