"""A town chooses what its map is drawn on: its own pages may ask that host, no other page and no other town may."""

from __future__ import annotations

import re

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.territory import territory
from app.features.territories.adding import DEFAULT_PACK, add_commune
from app.features.territories.hosts import forget_hosts
from app.features.territories.models import Territory
from app.features.territories.packing import dump_pack, load_pack
from app.features.territories.packs.reader import read_pack
from app.features.territories.services import set_hosts
from tests.support.town import make_town

RASTER = ("raster", "https://tiles.example/{z}/{x}/{y}.png", "--attribution", "© Tuiles", "--attribution-url")


@pytest.fixture
def two_towns(app: Flask, session: Session) -> None:
    for slug in ("bidache", "anglet"):
        made = make_town(session, slug)
        made.category("divers")
        made.add(-1.48, 43.49, title=f"Un banc de {slug}")
        row = session.get_one(Territory, made.territory_id)
        set_hosts(session, territory=row, hosts=[f"{slug}.example"])
    session.commit()
    forget_hosts()


def policy(client: FlaskClient, path: str, town: str) -> dict[str, str]:
    answer = client.get(path, base_url=f"http://{town}.example")
    assert answer.status_code == 200, path
    said = answer.headers["Content-Security-Policy"].split("; ")
    return dict(part.split(" ", 1) for part in said)


def test_only_the_maps_of_that_town_may_ask_the_host_it_names(two_towns: None, client: FlaskClient) -> None:
    run = CliRunner().invoke(territory, ["basemap", "bidache", *RASTER, "https://tiles.example/licence"])
    assert run.exit_code == 0, run.output
    for path in ("/", "/integration", "/contribuer/problem", "/c/BID-1"):
        found = policy(client, path, "bidache")
        assert found["connect-src"] == "'self' https://tiles.example"
        assert found["img-src"].endswith(" https://tiles.example")
        assert "tiles.example" not in found["script-src"] + found["style-src"] + found["default-src"]
        assert "tiles.example" not in str(policy(client, path.replace("BID", "ANG"), "anglet"))
    for path in ("/liste", "/contribuer", "/vie-privee"):
        assert "tiles.example" not in str(policy(client, path, "bidache"))


def test_whose_map_it_is_stands_on_every_map_and_on_the_legal_pages(two_towns: None, client: FlaskClient) -> None:
    CliRunner().invoke(territory, ["basemap", "bidache", *RASTER, "https://tiles.example/licence"])

    def read(path: str, town: str = "bidache") -> str:
        return client.get(f"{path}?lang=fr", base_url=f"http://{town}.example").text

    for path in ("/", "/integration", "/mentions-legales"):
        assert re.search(r'<a href="https://tiles.example/licence"[^>]*>© Tuiles</a>', read(path)), path
    for path in ("/contribuer/problem", "/c/BID-1"):
        assert '"credits": [{"text": "\\u00a9 Tuiles", "url": "https://tiles.example/licence"}]' in read(path), path
    assert "votre navigateur demande à tiles.example" in read("/vie-privee")
    assert "votre navigateur demande" not in read("/vie-privee", "anglet")


def test_a_wrong_choice_is_refused_with_what_to_write(two_towns: None, session: Session) -> None:
    for asked, words in (
        (["raster", "https://t.example/a.png", "--attribution", "T"], "{TileMatrix}"),
        (["style", "https://t.example/a.json"], "whose map it is"),
        (["ign", "https://t.example/"], "brings its own"),
    ):
        run = CliRunner().invoke(territory, ["basemap", "bidache", *asked])
        assert run.exit_code == 2 and words in run.output, run.output
    assert session.scalar(select(Territory.settings["basemap"]).where(Territory.slug == "bidache")) is None


def test_a_town_that_says_nothing_has_the_map_of_the_one_above(
    session: Session, client: FlaskClient, app: Flask
) -> None:
    above = make_town(session, "pays")
    inner = session.get_one(Territory, make_town(session, "anglet", parent_id=above.territory_id).territory_id)
    session.get_one(Territory, above.territory_id).settings = {"basemap": {"kind": "ign"}}
    set_hosts(session, territory=inner, hosts=["anglet.example"])
    session.commit()
    forget_hosts()
    assert policy(client, "/", "anglet")["connect-src"] == "'self' https://data.geopf.fr"


def test_a_french_commune_with_the_default_pack_is_drawn_on_the_plan_of_the_ign(
    session: Session, client: FlaskClient
) -> None:
    town = add_commune(session, code="64102")
    load_pack(session, territory=town, pack=read_pack(DEFAULT_PACK))
    session.commit()
    answer = client.get("/")
    assert "connect-src 'self' https://data.geopf.fr;" in answer.headers["Content-Security-Policy"]
    assert "© IGN – Géoplateforme</a>" in answer.text
    assert dump_pack(session, territory=town).town.basemap == read_pack(DEFAULT_PACK).town.basemap
