"""*Me too*: one person counts once (R22, R23, P17), in the form, on the page and through the API."""

from __future__ import annotations

import re
from concurrent.futures import ThreadPoolExecutor

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.desk import PASSWORD, form_token, make_world
from tests.support.town import Town, make_town

LON, LAT = -1.475, 43.485
METRE = 1 / 111_100
API = "/api/v1/contributions/BID-1/support"


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    session.execute(
        text("INSERT INTO territory_part (territory_id, geom) SELECT id, ST_GeometryN(boundary, 1) FROM territory")
    )
    for slug in ("trous", "eclairage"):
        made.category(slug)
    session.execute(text("UPDATE category SET group_radius_m = 60"))
    made.add(LON, LAT, title="Un trou rue Maubec", state="accepted")
    session.commit()
    return made


def count(session: Session, reference: str = "BID-1") -> tuple[int, int]:
    """What the counter says, and how many rows there are."""
    session.rollback()
    row = session.execute(
        text(
            "SELECT supports, (SELECT count(*) FROM support s WHERE s.contribution_id = c.id) AS rows "
            "FROM contribution c WHERE reference = :r"
        ),
        {"r": reference},
    ).one()
    return row.supports, row.rows


def test_the_button_of_the_page_counts_once_and_gives_back(session: Session, town: Town, client: FlaskClient) -> None:
    page = client.get("/c/BID-1?lang=fr").text
    assert "Moi aussi" in page and 'aria-pressed="false"' in page
    assert client.get_cookie("auzolan_person") is None, "nothing is kept before one acts"
    form = {"csrf_token": form_token(page), "want": "1"}
    for _ in range(3):
        answer = client.post("/c/BID-1/soutenir", data=form)
        assert answer.status_code == 303 and answer.headers["Location"] == "/c/BID-1"
    assert count(session) == (1, 1)
    page = client.get("/c/BID-1").text
    assert 'aria-pressed="true"' in page and "Votre soutien est compté" in page
    for _ in range(2):
        client.post("/c/BID-1/soutenir", data=form | {"want": "0"})
    assert count(session) == (0, 0)


def test_a_form_without_its_token_is_refused(session: Session, town: Town, client: FlaskClient) -> None:
    assert client.post("/c/BID-1/soutenir", data={"want": "1"}).status_code == 400
    assert count(session) == (0, 0)


def test_two_clicks_before_the_first_answer_are_one_person(session: Session, town: Town, app: Flask) -> None:
    """Both leave with the same session and no secret yet; a replayed request is the same case."""
    browser = app.test_client()
    form = {"csrf_token": form_token(browser.get("/c/BID-1").text)}
    for _ in range(2):
        browser.delete_cookie("auzolan_person")
        assert browser.post("/c/BID-1/soutenir", data=form).status_code == 303
    assert count(session) == (1, 1)


def test_twenty_at_once_by_one_person_count_once(session: Session, town: Town, app: Flask) -> None:
    browser = app.test_client()
    assert browser.post(API).status_code == 200
    cookie = browser.get_cookie("auzolan_person")
    assert cookie is not None
    browser.delete(API)
    assert count(session) == (0, 0)

    def click(_: int) -> int:
        tab = app.test_client()
        tab.set_cookie("auzolan_person", cookie.value)
        return tab.post(API).status_code

    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(click, range(20))) == {200}
    assert count(session) == (1, 1)


def test_twenty_people_at_once_count_twenty(session: Session, town: Town, app: Flask) -> None:
    with ThreadPoolExecutor(10) as pool:
        assert set(pool.map(lambda _: app.test_client().post(API).status_code, range(20))) == {200}
    assert count(session) == (20, 20)


def test_the_api_answers_with_the_count(town: Town, client: FlaskClient) -> None:
    assert client.post(API).json == {"reference": "BID-1", "supports": 1, "supported": True}
    assert client.post("/api/v1/contributions/bid-1/support").json["supports"] == 1
    assert client.delete(API).json == {"reference": "BID-1", "supports": 0, "supported": False}
    assert client.delete(API).json["supports"] == 0
    cookie = client.get_cookie("auzolan_person")
    assert cookie is not None and cookie.http_only and cookie.same_site == "Lax"


def test_a_program_is_known_by_its_key(town: Town, app: Flask) -> None:
    for key, supports in (("one-program", 1), ("one-program", 1), ("another-program", 2)):
        answer = app.test_client().post(API, headers={"Idempotency-Key": key})
        assert answer.json["supports"] == supports


def test_an_account_is_one_person_in_all_its_browsers(session: Session, app: Flask) -> None:
    world = make_world(session)
    reference = world.ticket("bidache/voirie", title="Un trou")
    account = world.account("agent", services=("bidache/voirie",))
    session.commit()
    address = f"/api/v1/contributions/{reference}/support"
    for supports in (1, 1):
        opened = app.test_client().post("/api/v1/session", json={"email": account.email, "password": PASSWORD})
        headers = {"Authorization": f"Bearer {opened.json['token']}"}
        assert app.test_client().post(address, headers=headers).json["supports"] == supports
    browser = app.test_client()
    assert browser.post(address).json["supports"] == 2, "nobody can know yet who this is"
    assert browser.post(address, headers=headers).json["supports"] == 1, "whoever signs in was one person all along"


def test_another_site_cannot_make_a_browser_support(session: Session, town: Town, client: FlaskClient) -> None:
    assert client.post(API, headers={"Sec-Fetch-Site": "cross-site"}).status_code == 403
    assert count(session) == (0, 0)


@pytest.mark.parametrize(("facts", "status"), [
    ({"visibility": "hidden"}, 410),
    ({"visibility": "withdrawn"}, 410),
    ({"visibility": "pending"}, 404),
    ({"state": "done"}, 409),
])  # fmt: skip
def test_what_is_not_shown_or_not_open_is_not_supported(
    session: Session, town: Town, client: FlaskClient, facts: dict[str, str], status: int
) -> None:
    town.add(LON, LAT, **facts)
    session.commit()
    assert client.post("/api/v1/contributions/BID-2/support").status_code == status
    assert client.post("/api/v1/contributions/BID-999/support").status_code == 404
    assert count(session, "BID-2") == (0, 0)


def test_thanks_are_never_too_late(session: Session, town: Town, client: FlaskClient) -> None:
    town.add(LON, LAT, kind="praise", state="done", title="Belle place")
    session.commit()
    assert "Merci aussi" in client.get("/c/BID-2?lang=fr").text
    assert client.post("/api/v1/contributions/BID-2/support").json["supports"] == 1


def test_that_is_it_supports_and_offers_to_follow(session: Session, town: Town, client: FlaskClient) -> None:
    """R22 and R23: what is near is shown in the form, *C'est ça* makes no contribution."""
    town.add(LON, LAT + 50 * METRE, title="Lampe cassée", category="eclairage")
    session.commit()
    page = client.get(f"/contribuer/problem?lon={LON}&lat={LAT + 38 * METRE}&lang=fr").text
    assert page.index("Lampe cassée") < page.index("Un trou rue Maubec"), "nearest first"
    assert 'formaction="/c/BID-1/soutenir"' in page and "C’est ça" in page
    assert 'href="#photos-part">C’est autre chose, continuer' in page and 'id="photos-part"' in page
    form = {"csrf_token": form_token(page), "then": "follow"}
    answer = client.post("/c/BID-1/soutenir", data=form, follow_redirects=True)
    assert answer.request.path == "/c/BID-1/suivre"
    assert "Votre soutien est compté" in answer.text and 'name="email"' in answer.text
    assert count(session) == (1, 1)
    assert session.scalar(text("SELECT count(*) FROM contribution")) == 2


def near(client: FlaskClient, **asked: object) -> list[str]:
    query = {"lon": LON, "lat": LAT, "kind": "problem"} | asked
    return re.findall(r"/c/(BID-\d+)/soutenir", client.get("/contribuer/proches", query_string=query).text)


def test_the_form_and_the_api_give_one_answer(session: Session, town: Town, client: FlaskClient) -> None:
    for metres, category in ((50, "trous"), (5, "eclairage"), (30, "trous")):
        town.add(LON, LAT + metres * METRE, category=category)
    town.add(LON, LAT, visibility="hidden")
    session.commit()
    for category in ("", "trous", "eclairage"):
        query = {"lon": LON, "lat": LAT, "category": category}
        answer = client.get("/api/v1/nearby", query_string=query).json
        assert [one["reference"] for one in answer["results"]] == near(client, category=category)
        assert (answer["category"], answer["radius_m"]) == ((category, 60) if category else (None, 40))
    assert near(client) == ["BID-1", "BID-3", "BID-4"], "without a category: forty metres, any category"
    assert near(client, category="trous") == ["BID-1", "BID-4", "BID-2"], "with one: its own radius"
    assert near(client, kind="proposal") == []
    assert near(client, lon=2.3) == near(client, lon="x") == near(client, lat="nan") == []
    session.execute(text("UPDATE category SET group_radius_m = 0 WHERE slug = 'eclairage'"))
    session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    session.commit()
    assert near(client) == ["BID-1", "BID-4"]
    assert near(client, category="eclairage") == []
