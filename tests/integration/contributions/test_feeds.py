"""The list and each contribution as Atom feeds: what is public, once, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from xml.etree.ElementTree import Element, fromstring

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.desk import make_world
from tests.support.town import Town, make_town

ATOM, GEORSS = "{http://www.w3.org/2005/Atom}", "{http://www.georss.org/georss}"
LON, LAT = -1.475, 43.485


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("trous")
    made.category("eclairage")
    quarter = made.zone("maubec", (-1.48, 43.48, -1.47, 43.49))
    day = datetime.now(UTC) - timedelta(days=3)
    made.add(LON, LAT, title="Un trou & <b>gras</b>\x0b", created_at=day, zone_ids=[quarter])
    made.add(LON, LAT, title="Lampe", category="eclairage", state="done", created_at=day + timedelta(hours=1))
    made.add(LON, LAT, title="Merci", kind="praise", created_at=day + timedelta(hours=2))
    for visibility in ("hidden", "pending", "withdrawn"):
        made.add(LON, LAT, title=f"Secret {visibility}", visibility=visibility)
    session.commit()
    return made


def read(client: FlaskClient, address: str) -> Element:
    """The feed, once it was found to have all that RFC 4287 demands."""
    answer = client.get(address)
    assert answer.status_code == 200 and answer.mimetype == "application/atom+xml"
    feed = fromstring(answer.data)
    assert feed.tag == f"{ATOM}feed"
    for part in (feed, *feed.findall(f"{ATOM}entry")):
        for name in ("id", "title", "updated"):
            (found,) = part.findall(f"{ATOM}{name}")
            assert found.text
        moment = part.findtext(f"{ATOM}updated") or ""
        assert moment.endswith("Z") and datetime.fromisoformat(moment)
    assert feed.findtext(f"{ATOM}author/{ATOM}name")
    assert [link.get("rel") for link in feed.findall(f"{ATOM}link")] == ["self", "alternate"]
    ids = [entry.findtext(f"{ATOM}id") for entry in feed.findall(f"{ATOM}entry")]
    assert len(ids) == len(set(ids))
    return feed


def titles(feed: Element) -> list[str]:
    return [entry.findtext(f"{ATOM}title") or "" for entry in feed.findall(f"{ATOM}entry")]


@pytest.mark.parametrize(("query", "expected"), [
    ("", ["Merci", "Lampe", "Un trou & <b>gras</b>"]),
    ("?kind=problem", ["Lampe", "Un trou & <b>gras</b>"]),
    ("?category=eclairage", ["Lampe"]),
    ("?state=open", ["Merci", "Un trou & <b>gras</b>"]),
    ("?zone=maubec", ["Un trou & <b>gras</b>"]),
    ("?zone=nowhere", []),
    ("?q=merci", ["Merci"]),
    ("?bbox=2,48,3,49", []),
])  # fmt: skip
def test_the_feed_is_the_list_under_the_same_filters(
    town: Town, client: FlaskClient, query: str, expected: list[str]
) -> None:
    assert titles(read(client, f"/flux.atom{query}")) == expected
    page = client.get(f"/liste{query}").text
    assert page.count('data-ref="') == len(expected)
    assert 'rel="alternate" type="application/atom+xml"' in page


def test_places_are_latitude_then_longitude(town: Town, client: FlaskClient) -> None:
    entry = read(client, "/flux.atom").find(f"{ATOM}entry")
    assert entry is not None and entry.findtext(f"{GEORSS}point") == "43.485000 -1.475000"


def test_what_was_read_is_not_sent_again(session: Session, town: Town, client: FlaskClient) -> None:
    answer = client.get("/flux.atom?lang=fr")
    asked = {"If-None-Match": answer.headers["ETag"]}
    assert client.get("/flux.atom?lang=fr", headers=asked).status_code == 304
    session.execute(text("UPDATE contribution SET visibility = 'hidden' WHERE reference = 'BID-3'"))
    session.commit()
    again = client.get("/flux.atom?lang=fr", headers=asked)
    assert again.status_code == 200 and "Merci" not in again.text


def test_one_contribution_tells_its_story(session: Session, client: FlaskClient) -> None:
    world = make_world(session)
    reference = world.ticket("bidache/voirie", title="Un trou")
    world.contact(reference, name="Peio", email="peio@resident.example")
    for body, public in (("Lundi matin.", True), ("Entre nous.", False)):
        session.execute(
            text(
                "INSERT INTO event (ticket_id, type, state_to, body, public) "
                "SELECT id, 'state', 'planned', :body, :public FROM ticket WHERE reference = :r"
            ),
            {"body": body, "public": public, "r": reference},
        )
    session.commit()
    address = f"/c/{reference}/flux.atom"
    feed = read(client, address + "?lang=fr")
    assert titles(feed) == ["Prévu"]
    answer = client.get(address)
    assert "Lundi matin." in answer.text
    assert not any(secret in answer.text for secret in ("Entre nous", "Peio", "peio@"))
    assert f'href="{address}"' in client.get(f"/c/{reference}").text
    session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    session.commit()
    assert client.get(address).status_code == 410


def test_the_title_names_the_filter(town: Town, client: FlaskClient) -> None:
    def title(question: str) -> str:
        return read(client, f"/flux.atom?lang=fr{question}").findtext(f"{ATOM}title") or ""

    whole = title("")
    assert "·" not in whole
    assert title("&kind=praise") == f"{whole} · Bravos"
    assert title("&category=trous&zone=maubec") == f"{whole} · trous · maubec"
    assert title("&q=<lampe>") == f"{whole} · <lampe>"
