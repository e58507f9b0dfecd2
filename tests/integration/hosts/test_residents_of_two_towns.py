"""Towns A and B on one server: a resident of A is nobody at B, and mails lead to the town's own host (R62)."""

from __future__ import annotations

import json
from collections.abc import Iterator

import pytest
from sqlalchemy import text

from app.features.contributions.urls import public_url
from app.features.territories.hosts import base_of, forget_hosts
from tests.integration.residents.conftest import Browser, Town, text_of, town  # noqa: F401 - a fixture

A, B = "bidache.example", "nantes.example"


@pytest.fixture
def towns(town: Town) -> Iterator[Town]:  # noqa: F811
    for slug, host in (("bidache", A), ("nantes", B)):
        settings = json.dumps({"hosts": [host, f"www.{host}"]})
        town.session.execute(text("UPDATE territory SET settings = :s WHERE slug = :t"), {"s": settings, "t": slug})
    town.session.commit()
    forget_hosts()
    yield town
    forget_hosts()


def test_each_town_has_its_own_residents(towns: Town) -> None:
    here = Browser(towns, A)
    here.press("/moi/entrer", email="maite@resident.example")
    (mail,) = towns.work()
    assert f"http://{A}:8080/moi/entrer/" in text_of(mail), "the link leads to the town's own host"
    path = "/moi/entrer/" + text_of(mail).split("/moi/entrer/")[1].split()[0]
    there = Browser(towns, B)
    assert there.open(path).status_code == 404
    assert here.press(path).status_code == 303
    cookie = here.client.get_cookie("auzolan_resident", domain=A)
    assert cookie is not None and "maite@resident.example" in here.open("/moi").text
    there.client.set_cookie("auzolan_resident", cookie.value, domain=B)
    assert "maite@resident.example" not in there.open("/moi").text


def test_news_of_one_town_are_not_shown_at_another_s_host(towns: Town) -> None:
    here, there = Browser(towns, A), Browser(towns, B)
    here.press(f"/c/{towns.reference}/suivre", here="1")
    towns.change("accepted")
    towns.work()
    assert "Trou devant" in here.open("/moi").text
    waits = "1 nouvelle à lire"
    assert waits in here.open("/liste").text and waits not in Browser(towns, A).open("/liste").text
    cookie = here.client.get_cookie("auzolan_person", domain=A)
    assert cookie is not None
    there.client.set_cookie("auzolan_person", cookie.value, domain=B)
    assert "Trou devant" not in there.open("/moi").text and waits not in there.open("/liste").text
    number = towns.session.scalar(text("SELECT id FROM notification"))
    assert there.open(f"/moi/nouvelles/{number}").status_code == 404
    here.open(f"/moi/nouvelles/{number}")
    assert waits not in here.open("/liste").text


def test_mails_lead_to_the_first_host_of_the_town(towns: Town) -> None:
    towns.contact(towns.reference, email="maite@resident.example")
    towns.session.execute(text("UPDATE contribution SET follow_hash = 'x'"))
    towns.session.commit()
    towns.change("accepted")
    (mail,) = towns.work()
    assert f"http://{A}:8080/c/{towns.reference}" in text_of(mail)
    assert "127.0.0.1" not in text_of(mail)
    with towns.app.app_context():
        pays = towns.towns["pays"].territory_id
        assert base_of(pays) == "http://127.0.0.1:8080", "a town without a host has the installation's"
        assert public_url("BID-1", pays) == "http://127.0.0.1:8080/c/BID-1"
