"""The classifier of a town: built by a worker, read by the form, and missed by nobody."""

from __future__ import annotations

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from app.core.storage import open_storage
from app.features.contributions import api_suggest
from app.features.contributions.suggesting import learn_everywhere, learnt
from app.features.territories.models import Territory
from app.features.territories.packing import dump_pack, load_pack
from app.features.territories.packs.schema import Pack
from tests.support.town import Town, make_town

ADDRESS = "/api/v1/categories/suggest"


@pytest.fixture(autouse=True)
def _nothing_remembered() -> None:
    api_suggest._read.clear()


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    for slug in ("lampes", "bancs"):
        made.category(slug)
    for _ in range(3):
        made.add(-1.48, 43.49, category="lampes", title="La loupiote ne marche plus")
        made.add(-1.48, 43.49, category="bancs", title="Une latte manque")
    made.add(-1.48, 43.49, category="bancs", title="loupiote secrète", visibility="hidden")
    session.commit()
    return made


def teach(app: Flask, session: Session) -> None:
    learn_everywhere(session, open_storage(app.extensions["settings"].storage.location))


def test_until_a_worker_has_built_it_nothing_is_suggested(town: Town, client: FlaskClient) -> None:
    assert client.get(f"{ADDRESS}?text=loupiote").json == {"suggestions": []}


def test_the_town_s_own_words_are_known(town: Town, app: Flask, session: Session, client: FlaskClient) -> None:
    teach(app, session)
    answer = client.get(f"{ADDRESS}?text=Encore une loupiote&kind=problem&territory=bidache")
    found = answer.json["suggestions"][0]
    assert (found["category"], found["because"]) == ("lampes", ["loupiote"])
    assert client.get("/contribuer/problem").status_code == 200


def test_what_is_hidden_teaches_nothing(town: Town, app: Flask, session: Session) -> None:
    teach(app, session)
    model = learnt(open_storage(app.extensions["settings"].storage.location), town.territory_id)
    assert model is not None
    assert "secret" not in model.words["bancs"]


def test_a_town_s_pack_says_with_which_words_people_speak(app: Flask, session: Session, client: FlaskClient) -> None:
    """From the pack to the form; a commune inside another territory has words of its own, and its own model."""
    around = make_town(session, "agglo")
    town = make_town(session, "bidache", parent_id=around.territory_id)
    row = session.get_one(Territory, town.territory_id)
    plain = {"labels": {"fr": "Divers", "en": "Other", "eu": "Besteak"}, "icon": "other", "kinds": ["problem"]}
    words = {"fr": ["candélabre bleu", "loupiote"], "eu": ["farola"]}
    pack = Pack.model_validate({"categories": [{**plain, "slug": "a"}, {**plain, "slug": "b", "words": words}]})
    load_pack(session, territory=row, pack=pack)
    session.commit()
    assert dump_pack(session, territory=row).categories == pack.categories
    teach(app, session)
    for said in ("Loupiotes !", "un candélabre", "farolak"):
        found = client.get(ADDRESS, query_string={"text": said, "territory": "bidache"}).json["suggestions"]
        assert found[0]["category"] == "b", said
    assert client.get(f"{ADDRESS}?text=loupiote&territory=agglo").json == {"suggestions": []}


def test_bad_questions_are_explained(town: Town, client: FlaskClient) -> None:
    assert client.get(f"{ADDRESS}?kind=rant").status_code == 400
    assert client.get(f"{ADDRESS}?territory=nowhere").status_code == 404
    long = client.get(ADDRESS, query_string={"text": "a" * 401, "lang": "en"})
    assert long.json["errors"] == [{"pointer": "/text", "message": "At most 400 characters."}]
