"""A town without a basemap has a background all the same: its edge, its parts, and whose data they are."""

from __future__ import annotations

from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.features.territories.adding import add_commune
from app.features.territories.outlines import attribution, short
from geodata import france
from tests.support.town import EAST, NORTH, SOUTH, WEST, make_town


def classes(answer: object) -> list[str]:
    return [feature["properties"]["class"] for feature in answer.get_json()["features"]]  # type: ignore[attr-defined]


def test_paris_is_drawn_with_its_twenty_parts_under_short_names(client: FlaskClient, session: Session) -> None:
    add_commune(session, code="75056")
    session.commit()
    answer = client.get("/basemap/paris.geojson")
    assert answer.mimetype == "application/geo+json"
    assert classes(answer).count("part") == 20 and classes(answer).count("town") == 1
    names = {f["properties"]["name"] for f in answer.get_json()["features"] if f["properties"]["class"] == "name"}
    assert "12e" in names and len(names) == 20
    again = client.get("/basemap/paris.geojson", headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304


def test_quarters_are_drawn_and_parks_are_not(client: FlaskClient, session: Session) -> None:
    town = make_town(session)
    middle = (WEST + EAST) / 2
    town.zone("ouest", (WEST, SOUTH, middle, NORTH), kind="quarter")
    for number in range(3):
        town.zone(f"parc-{number}", (middle, SOUTH, EAST, NORTH), kind="park")
    session.commit()
    assert classes(client.get("/basemap/bidache.geojson")) == ["town", "part", "name"]
    assert client.get("/basemap/nowhere.geojson").status_code == 404


def test_the_page_says_where_the_outlines_come_from(client: FlaskClient, session: Session) -> None:
    add_commune(session, code="64102")
    session.commit()
    page = client.get("/").text
    assert "/basemap/bayonne.geojson" in page
    assert france.CREDIT in page


def test_words() -> None:
    assert short("Paris 12e Arrondissement", "Paris") == "12e"
    assert short("Saint-Esprit", "Bayonne") == "Saint-Esprit"
    given = {"a": {"attribution": "© Ville"}, "b": {"publisher": "Town"}}
    assert attribution(code=None, sources=given) == "© Ville · Town"
    assert attribution(code="64102", sources={}) == france.CREDIT
