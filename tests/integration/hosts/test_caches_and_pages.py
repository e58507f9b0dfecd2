"""What a shared cache may give to whom, and where the next page of a town's list is."""

from __future__ import annotations

import json

import pytest
from sqlalchemy import text

from app.features.territories.hosts import forget_hosts
from tests.support.desk import make_world

HOST = "bidache.example"


@pytest.fixture
def get(app, session):
    world = make_world(session)
    session.execute(
        text("UPDATE territory SET settings = :s WHERE slug = 'bidache'"), {"s": json.dumps({"hosts": [HOST]})}
    )
    # The API's list speaks by its labels alone.
    session.execute(text("UPDATE category SET label = :l"), {"l": json.dumps({"fr": "Trou", "eu": "Zuloa"})})
    for _ in range(3):
        world.ticket("bidache/voirie", category="trou")
    session.commit()
    forget_hosts()
    yield lambda path, wish="fr", host=HOST: app.test_client().get(
        path, base_url=f"http://{host}", headers={"Accept-Language": wish}
    )
    forget_hosts()


def varies(answer) -> set[str]:
    return {name.lower() for name in answer.vary}


@pytest.mark.parametrize("path", ["/", "/liste", "/flux.atom", "/c/NOWHERE-1", "/api/v1/contributions", "/api/v1/nope"])
def test_a_cache_is_told_that_the_wish_of_the_browser_chose_the_language(get, path):
    assert "accept-language" in varies(get(path, "eu")), path
    assert get(path, "eu").data != get(path, "fr").data, path


@pytest.mark.parametrize("path", ["/?lang=eu", "/api/v1/contributions?lang=eu"])
def test_an_address_that_names_its_language_is_the_same_for_everybody(get, path):
    assert "accept-language" not in varies(get(path))


def test_the_next_page_of_a_town_s_list_is_at_the_town_s_host(get):
    answer = get("/api/v1/contributions?limit=2")
    following = answer.json["next"]
    assert following.startswith(f"http://{HOST}"), following
    assert f"<{following}>" in answer.headers["Link"]
    path = following[following.index("/api/") :]
    assert [one["id"][:3] for one in get(path).json["features"]] == ["BID"]
