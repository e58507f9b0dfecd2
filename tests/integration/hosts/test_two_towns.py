"""Given city A and city B on one server, then nothing of A appears through B's host.

Both towns are drawn over the same streets, so that no map, list or search can tell them apart by place alone.
"""

from __future__ import annotations

import io
import json

import pytest
from click.testing import CliRunner
from PIL import Image
from sqlalchemy import text

from app.cli.territory import territory
from app.core.storage import derived_key, open_storage
from app.features.contributions import scope
from app.features.contributions.services import follow_hash
from app.features.territories.hosts import forget_hosts
from tests.support.desk import LAT, LON, PASSWORD, make_world

A, B, NOBODYS = "bidache.example", "nantes.example", "localhost"
TOKEN = "le-jeton-de-l-auteur"
PHOTOS = {"bidache": "a" * 32, "nantes": "b" * 32}
HOTSPOT = """
    INSERT INTO hotspot (territory_id, category_id, kind, name, hull, centre, n, peak, member_ids)
    SELECT territory_id, category_id, 'problem', :name,
           ST_Buffer(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), 0.001), ST_SetSRID(ST_MakePoint(:lon, :lat), 4326),
           9, 9, '{}' FROM contribution WHERE reference = :reference RETURNING id
"""


@pytest.fixture
def world(app, session):
    """Bidache and Nantes with a host each, a ticket, a photo, a hotspot, a category of their own."""
    forget_hosts()
    scope._scopes.clear()
    world = make_world(session)
    for town, host, only in (("bidache", A, "canal"), ("nantes", B, "tramway")):
        settings = json.dumps({"hosts": [host]})
        session.execute(text("UPDATE territory SET settings = :s WHERE slug = :t"), {"s": settings, "t": town})
        world.towns[town].category(only)
        reference = world.ticket(f"{town}/voirie", title=f"Secret de {town.capitalize()}", category="trou")
        world.contact(reference)
        world.photo(reference, PHOTOS[town])
        session.execute(
            text("UPDATE contribution SET follow_hash = :h WHERE reference = :r"),
            {"h": follow_hash(TOKEN), "r": reference},
        )
        place = {"name": f"Foyer de {town.capitalize()}", "lon": LON, "lat": LAT, "reference": reference}
        world.services[f"hotspot {town}"] = session.execute(text(HOTSPOT), place).scalar_one()
    world.ticket("anglet/voirie", title="Secret d'Anglet")
    session.commit()
    picture = io.BytesIO()
    Image.new("RGB", (4, 3)).save(picture, "JPEG")
    storage = open_storage(app.extensions["settings"].storage.location)
    for town in ("bidache", "nantes"):
        storage.put(derived_key(PHOTOS[town], "400.jpg"), picture.getvalue())
    yield world
    forget_hosts()


@pytest.fixture
def get(app, world):
    """An anonymous visitor of a host."""
    return lambda path, host: app.test_client().get(path, base_url=f"http://{host}")


LISTS = [
    "/",
    "/liste",
    "/list-fragment",
    "/liste?q=Secret",
    "/api/v1/territories",
    "/api/v1/contributions",
    "/api/v1/contributions?bbox=-1.6,43.4,-1.4,43.6",
    "/api/v1/hotspots",
    "/tiles/contributions/17/64998/47917.mvt",
    "/tiles/contributions.json",
    "/open311/v2/services.xml",
    "/open311/v2/requests.json",
    f"/contribuer/proches?lon={LON}&lat={LAT}&category=trou",
    "/contribuer/problem",
]


@pytest.mark.parametrize("path", LISTS)
def test_no_list_nor_tile_nor_form_of_b_holds_anything_of_a(get, path):
    for host, others in (
        (A, (b"nantes", b"nan-", b"tramway", b"anglet")),
        (B, (b"bidache", b"bid-", b"canal", b"anglet")),
    ):
        answer = get(path, host)
        assert answer.status_code == 200, (host, path)
        said = answer.data.lower().replace(host.encode(), b"")
        assert [word for word in others if word in said] == [], (host, path)


@pytest.mark.parametrize("path", [path for path in LISTS if path not in ("/tiles/contributions.json",)])
def test_each_host_shows_its_own(get, path):
    marks = {A: (b"bidache", b"bid-", b"canal"), B: (b"nantes", b"nan-", b"tramway")}
    for host, words in marks.items():
        assert any(word in get(path, host).data.lower() for word in words), (host, path)


ABOUT_A = [
    "/c/BID-1",
    f"/c/BID-1/suivi/{TOKEN}",
    f"/c/BID-1/recu/{TOKEN}",
    f"/photos/{PHOTOS['bidache']}/400.jpg",
    "/basemap/bidache.geojson",
    "/api/v1/contributions/BID-1",
    "/api/v1/contributions?territory=bidache",
    "/api/v1/contributions?territory=pays",
    "/api/v1/territories/bidache",
    "/api/v1/categories?territory=bidache",
    "/api/v1/hotspots?territory=bidache",
    "/api/v1/hotspots/{hotspot}",
    "/tiles/contributions/17/64998/47917.mvt?territory=bidache",
    "/tiles/contributions.json?territory=bidache",
    "/open311/v2/services.json?jurisdiction_id=bidache",
    "/open311/v2/requests.xml?jurisdiction_id=pays",
    "/open311/v2/requests/BID-1.xml?jurisdiction_id=bidache",
]


@pytest.mark.parametrize("path", ABOUT_A)
def test_what_is_asked_of_a_by_its_name_does_not_exist_at_b(world, get, path):
    path = path.format(hotspot=world.services["hotspot bidache"])
    answer = get(path, B)
    assert answer.status_code == 404
    assert b"Secret" not in answer.data
    if "pays" not in path:
        assert get(path, A).status_code == 200
    assert get(path, NOBODYS).status_code == 200


def test_a_place_in_a_is_outside_b(app, world):
    body = {"kind": "problem", "category": "trou", "text": "Un trou.", "lon": LON, "lat": LAT}
    post = lambda host, **more: app.test_client().post(  # noqa: E731
        "/api/v1/contributions", json=body | more, base_url=f"http://{host}"
    )
    for more in ({}, {"territory": "bidache"}):
        answer = post(B, **more)
        assert answer.status_code == 400
        assert [error["pointer"] for error in answer.json["errors"]] == ["/lat"]
        assert "Nantes" in answer.json["errors"][0]["message"]
        assert "Bidache" not in answer.text
    near = f"/api/v1/nearby?lon={LON}&lat={LAT}&category=trou"
    assert app.test_client().get(near, base_url=f"http://{B}").status_code == 400
    assert app.test_client().get(near, base_url=f"http://{A}").json["results"][0]["reference"] == "BID-1"
    # At home the place is known, and what is refused is something else.
    answer = post(A, category="licorne")
    assert [error["pointer"] for error in answer.json["errors"]] == ["/category"]


class Desk:
    """Somebody who signs in at a host, by program."""

    def __init__(self, app, email, host):
        self.app, self.base = app, f"http://{host}"
        answer = app.test_client().post(
            "/api/v1/session", json={"email": email, "password": PASSWORD}, base_url=self.base
        )
        self.status = answer.status_code
        self.headers = {"Authorization": f"Bearer {answer.json['token']}"} if answer.status_code == 201 else {}

    def get(self, path, host=None):
        base = f"http://{host}" if host else self.base
        return self.app.test_client().get(path, headers=self.headers, base_url=base)


@pytest.mark.parametrize("role", ["agent", "manager", "dispatcher", "planner", "administrator"])
def test_an_account_of_a_has_no_door_at_b_and_no_session_of_a_opens_it(app, world, role):
    services = ("bidache/voirie",) if role in ("agent", "manager") else ()
    account = world.account(role, territory="bidache", services=services)
    world.session.commit()
    assert Desk(app, account.email, B).status == 401
    at_home = Desk(app, account.email, A)
    assert at_home.status == 201
    assert at_home.get("/api/v1/tickets/BID-1").status_code == 200
    assert at_home.get("/api/v1/tickets/BID-1", host=B).status_code == 401
    assert at_home.get("/api/v1/session", host=B).status_code == 401
    assert at_home.get("/bureau", host=B).status_code == 401
    # A cookie carried over by hand opens nothing either.
    browser = app.test_client()
    body = {"email": account.email, "password": PASSWORD}
    browser.post("/api/v1/session", json=body, base_url=f"http://{A}")
    kept = next(iter(browser._cookies.values()))
    stolen = app.test_client()
    stolen.set_cookie(kept.key, kept.value, domain=B)
    answer = stolen.get("/bureau", base_url=f"http://{B}")
    assert (answer.status_code, "/connexion" in (answer.location or "")) == (302, True)
    assert b"BID-" not in answer.data


@pytest.mark.parametrize("role", ["dispatcher", "planner", "administrator"])
def test_whoever_oversees_everything_sees_at_b_what_is_of_b(app, world, role):
    account = world.account(role)
    world.session.commit()
    desk = Desk(app, account.email, B)
    assert desk.status == 201
    services = desk.get("/api/v1/services").json["services"]
    assert {service["territory"] for service in services} == {"nantes"}
    assert desk.get("/api/v1/tickets/NAN-1").status_code == 200
    assert desk.get("/api/v1/tickets/BID-1").status_code == 404
    page = desk.get("/bureau?view=team").text
    assert "NAN-1" in page
    assert "BID-1" not in page
    assert "Anglet" not in page
    everywhere = Desk(app, account.email, NOBODYS)
    assert everywhere.get("/api/v1/tickets/BID-1").status_code == 200


def test_the_agglomeration_sees_one_commune_at_that_commune_s_host(app, world):
    account = world.account("dispatcher", territory="pays")
    world.session.commit()
    desk = Desk(app, account.email, A)
    assert {line["territory"] for line in desk.get("/api/v1/services").json["services"]} == {"bidache"}
    assert desk.get("/api/v1/tickets/ANG-1").status_code == 404
    assert Desk(app, account.email, B).status == 401


def test_the_operators_page_of_b_names_no_contribution_of_a(app, world):
    for town in ("bidache", "nantes"):
        world.session.execute(
            text(
                """
                INSERT INTO outbox (topic, subject_id, attempts, last_error)
                SELECT 'photo', p.id, 2, 'MemoryError' FROM photo p JOIN contribution c ON c.id = p.contribution_id
                JOIN territory t ON t.id = c.territory_id WHERE t.slug = :town
                """
            ),
            {"town": town},
        )
    account = world.account("administrator")
    world.session.commit()
    page = Desk(app, account.email, B).get("/exploitation").text
    assert "NAN-1" in page
    assert "BID-1" not in page


def test_the_host_s_letters_port_and_final_dot_do_not_matter(app, get):
    for host in ("NANTES.example", "nantes.example:8080", "nantes.example."):
        assert b"Bidache" not in get("/liste", host).data
        assert b"Nantes" in get("/liste", host).data
        # The test client writes names in small letters itself; a program need not.
        asked = app.test_client().get("/api/v1/contributions", environ_overrides={"HTTP_HOST": host})
        assert {one["id"][:3] for one in asked.json["features"]} == {"NAN"}, host


def test_a_town_is_given_its_hosts_by_a_command(app, world, get, environment):
    run = CliRunner().invoke(territory, ["hosts", "anglet", "Anglet.example", "www.anglet.example"])
    assert run.output == "anglet answers at anglet.example, www.anglet.example, and nothing else appears there.\n"
    forget_hosts()
    scope._scopes.clear()
    assert [town["slug"] for town in get("/api/v1/territories", "www.anglet.example").json["territories"]] == ["anglet"]
    assert CliRunner().invoke(territory, ["hosts", "nantes", "anglet.example"]).exit_code == 1
    assert CliRunner().invoke(territory, ["hosts", "nantes", "http://x/"]).exit_code == 2
    assert CliRunner().invoke(territory, ["hosts", "atlantis", "x.example"]).exit_code == 1
    assert CliRunner().invoke(territory, ["hosts", "anglet"]).output == "anglet has no host of its own any more.\n"
    forget_hosts()
    assert len(get("/api/v1/territories", "www.anglet.example").json["territories"]) == 4
