"""The observatory: figures that are what the contributions are, for those who may see them."""

import csv
import io
import re
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import h3
import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.accounts import services
from app.features.contributions.filters import MapFilters
from app.features.planning.concentration import Observatory, Question, median
from geodata.hexagons import cell_of
from tests.support.town import EAST, NORTH, SOUTH, WEST, Town, make_town

NOW = datetime.now(UTC)
PASSWORD = "the long way up the hill"
MIDDLE = (WEST + EAST) / 2


@pytest.fixture
def town(session: Session) -> Town:
    """West holds 12 contributions (6 before), east 4 (none before); half of the west is done in 3 days."""
    made = make_town(session)
    made.category("depots")
    made.category("eclairage")
    west, east = made.zone("ouest", (WEST, SOUTH, MIDDLE, NORTH)), made.zone("est", (MIDDLE, SOUTH, EAST, NORTH))
    for i in range(12):
        made.add(-1.50, 43.49, zone_ids=[west], state="done" if i % 2 else "new", created_at=NOW - timedelta(days=i))
    for _ in range(6):
        made.add(-1.50, 43.49, zone_ids=[west], created_at=NOW - timedelta(days=45))
    for _ in range(4):
        made.add(-1.44, 43.49, zone_ids=[east], category="eclairage", kind="praise", created_at=NOW)
    session.execute(text("UPDATE ticket SET closed_at = opened_at + interval '3 days' WHERE state = 'done'"))
    session.commit()
    return made


@pytest.fixture
def as_role(app: Flask, session: Session) -> Callable[..., FlaskClient]:
    """A client signed in with a role, in a town or in all of them."""

    def signed(role: str, territory: str | None = None) -> FlaskClient:
        email = f"{role}@{territory or 'everywhere'}.fr"
        services.add_account(session, email=email, password=PASSWORD, role=role, territory=territory)
        session.commit()
        token = app.test_client().post("/api/v1/session", json={"email": email, "password": PASSWORD}).json["token"]
        client = app.test_client()
        client.environ_base["HTTP_AUTHORIZATION"] = f"Bearer {token}"
        return client

    return signed


def ask(session: Session, **filters: object) -> Observatory:
    since = (NOW - timedelta(days=30)).replace(hour=0, minute=0, second=0, microsecond=0)
    asked = MapFilters(territory="bidache", since=since, **filters)  # type: ignore[arg-type]
    return Observatory(session, Question(asked, now=NOW))


def test_zones_now_and_before(session: Session, town: Town) -> None:
    found = ask(session).answer()
    assert (found.total, found.before) == (16, 6)
    assert [(row.slug, row.n, row.before, row.per_thousand) for row in found.zones] == [
        ("ouest", 12, 6, 12.0),
        ("est", 4, 0, 4.0),
    ]
    assert found.zones[0].median_days == pytest.approx(3)
    assert found.zones[1].median_days is None
    assert (found.zones[0].change, found.zones[1].change) == (1.0, None)
    assert [row.slug for row in found.leading] == ["ouest"]
    assert sum(count for _, count in found.weeks) == 16
    assert all(monday.weekday() == 0 for monday, _ in found.weeks)


def test_a_median_from_counts() -> None:
    assert median({3: 1}) == 3
    assert median({1: 1, 2: 1, 9: 1}) == 2
    assert median({1: 2, 4: 2}) == 2.5
    assert median({1: 5, 4: 2}) == 1


def test_all_time_has_no_before(session: Session, town: Town) -> None:
    found = Observatory(session, Question(MapFilters("bidache"))).answer()
    assert (found.total, found.before, found.zones[0].before) == (22, None, None)


def test_filters_and_one_zone(session: Session, town: Town) -> None:
    assert ask(session, kinds=("praise",)).answer().total == 4
    assert ask(session, categories=("depots",)).answer().total == 12
    assert ask(session, states=("done",)).answer().total == 6
    question = Question(ask(session).question.filters, zone="est", now=NOW)
    found = Observatory(session, question).answer()
    assert (found.total, found.zone_name) == (4, "est")
    assert [row.n for row in found.zones] == [12, 4], "the table still compares all zones"


@pytest.mark.parametrize("resolution", [8, 9, 10, 11])
def test_hexagons_are_those_of_h3(session: Session, town: Town, resolution: int) -> None:
    def at(lon: float) -> int:
        return h3.str_to_int(h3.cell_to_parent(h3.int_to_str(cell_of(lon, 43.49)), resolution))

    assert ask(session).hexagons(resolution) == {at(-1.50): 12, at(-1.44): 4}


def test_hidden_ones_are_not_counted(session: Session, town: Town) -> None:
    session.execute(text("UPDATE contribution SET visibility = 'hidden' WHERE kind = 'praise'"))
    assert ask(session).answer().total == 12


def test_the_page_asks_answers_and_offers(town: Town, as_role: Callable[..., FlaskClient]) -> None:
    client = as_role("planner", town.slug)
    page = client.get("/observatoire?period=30d&kind=problem&lang=fr")
    assert page.status_code == 200
    words = re.sub(r"[\s\u00a0\u202f]+", " ", re.sub(r"<[^>]+>", " ", page.text))
    assert "Où se concentrent les problèmes depuis le" in words
    assert "ouest réunit à lui seul 12 des 12 contributions (100 %)." in words
    assert "C’est 100 % de plus que sur la même durée auparavant (6)." in words
    assert "/observatoire/carte?period=30d&amp;kind=problem" in page.text
    assert "style=" not in page.text, "the policy forbids inline styles"


def test_an_empty_period_says_so(town: Town, as_role: Callable[..., FlaskClient]) -> None:
    page = as_role("planner", town.slug).get("/observatoire?kind=proposal&lang=fr")
    assert "Choisissez-en une plus longue" in page.text


def test_the_map_in_a_frame(town: Town, as_role: Callable[..., FlaskClient]) -> None:
    answer = as_role("planner", town.slug).get("/observatoire/carte?period=30d")
    policy = dict(part.strip().partition(" ")[::2] for part in answer.headers["Content-Security-Policy"].split(";"))
    assert policy["default-src"] == policy["object-src"] == "'none'" and policy["img-src"] == "'self' data: blob:"
    assert policy["frame-ancestors"] == "'self'", "it stands in our own page, and in nobody else's"
    assert "unsafe" not in policy["script-src"]
    nonce = re.search(r"script-src 'self' 'nonce-([^']+)'", answer.headers["Content-Security-Policy"])
    assert nonce is not None
    opened = re.findall(r"<(?:script|style)\b[^>]*>", answer.text)
    assert len(opened) > 5
    assert all(f'nonce="{nonce[1]}"' in tag for tag in opened)
    assert "/static/vendor/leaflet/leaflet.js?v=" in answer.text
    assert re.findall(r'"count": "(\d+)"', answer.text) == ["4", "12"]


def test_the_public_version_hides_fewer_than_five(town: Town, as_role: Callable[..., FlaskClient]) -> None:
    client = as_role("planner", town.slug)
    for path in ("/observatoire/carte", "/observatoire/carte.html"):
        page = client.get(f"{path}?period=30d&public=1&lang=fr").text
        few, shown = re.findall(r'"count": "([^"]+)"', page)
        assert few.startswith("Moins de 5")
        assert shown == "12"
        assert '"count": "4"' not in page


def test_the_map_as_one_file(town: Town, as_role: Callable[..., FlaskClient]) -> None:
    answer = as_role("planner", town.slug).get("/observatoire/carte.html?download=1&period=30d")
    assert answer.headers["Content-Disposition"].startswith('attachment; filename="auzolan-bidache-')
    assert answer.headers["Content-Security-Policy"].startswith("sandbox")
    assert 'src="' not in answer.text
    assert "<link" not in answer.text


def test_tables_to_download(town: Town, session: Session, as_role: Callable[..., FlaskClient]) -> None:
    session.execute(text("UPDATE zone SET name = '=HYPERLINK(0)' WHERE slug = 'est'"))
    session.commit()
    client = as_role("planner", town.slug)
    zones = list(csv.reader(io.StringIO(client.get("/observatoire/zones.csv?period=30d").data.decode("utf-8-sig"))))
    assert zones == [
        ["slug", "name", "contributions", "before", "per_1000_inhabitants", "median_days_to_close"],
        ["ouest", "ouest", "12", "6", "12.0", "3.0"],
        ["est", "'=HYPERLINK(0)", "4", "0", "4.0", ""],
    ]
    weeks = list(csv.reader(io.StringIO(client.get("/observatoire/semaines.csv?period=30d").data.decode("utf-8-sig"))))
    assert sum(int(row[1]) for row in weeks[1:]) == 16


PAGES = ("/observatoire", "/observatoire/carte", "/observatoire/carte.html", "/observatoire/zones.csv",
         "/observatoire/semaines.csv")  # fmt: skip


def test_who_may_look(session: Session, town: Town, app: Flask, as_role: Callable[..., FlaskClient]) -> None:
    make_town(session, "ustaritz")
    session.commit()
    expected = {
        as_role("agent", "bidache"): 403,
        as_role("planner", "bidache"): 200,
        as_role("dispatcher", "bidache"): 200,
        as_role("planner", "ustaritz"): 403,
        as_role("planner"): 200,
    }
    for path in PAGES:
        assert app.test_client().get(path).status_code == 302, "who is not signed in is led to the door"
        assert [client.get(f"{path}?territory=bidache").status_code for client in expected] == [*expected.values()]
        assert next(reversed(expected)).get(f"{path}?territory=nowhere").status_code == 404
