"""What the law asks a town to say: from its own data, with sensible words where it has said nothing."""

from __future__ import annotations

import json

from flask.testing import FlaskClient
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.town import make_town

HALL = {"name": "Mairie de Bidache", "postal_address": "1 place du Foirail", "email": "mairie@bidache.example"}


def _town(session: Session, texts: dict[str, dict[str, str]]) -> None:
    made = make_town(session)
    session.execute(
        text(
            "UPDATE territory SET town_hall = CAST(:hall AS jsonb), settings = CAST(:settings AS jsonb) WHERE id = :id"
        ),
        {"hall": json.dumps(HALL), "settings": json.dumps({"texts": texts}), "id": made.territory_id},
    )
    session.commit()


def test_every_page_says_who_answers_in_three_languages(session: Session, client: FlaskClient) -> None:
    _town(session, {})
    for path in ("/mentions-legales", "/vie-privee", "/accessibilite"):
        for language in ("fr", "en", "eu"):
            answer = client.get(f"{path}?lang={language}")
            assert answer.status_code == 200
            assert "Mairie de Bidache" in answer.text
            assert 'href="mailto:mairie@bidache.example"' in answer.text
    assert "Le représentant légal" in client.get("/mentions-legales?lang=fr").text


def test_a_town_completes_them_with_its_own_words(session: Session, client: FlaskClient) -> None:
    _town(
        session,
        {
            "director": {"fr": "Jean Etcheverry, maire"},
            "hosting": {"fr": "Hébergé par la commune, à Bidache."},
            "data_officer": {"fr": "Déléguée à la protection des données :"},
        },
    )
    notice = client.get("/mentions-legales?lang=fr").text
    assert "Jean Etcheverry, maire" in notice
    assert "Hébergé par la commune, à Bidache." in notice
    assert "Déléguée à la protection des données" in client.get("/vie-privee?lang=fr").text


def test_the_cookies_are_those_that_exist(session: Session, client: FlaskClient) -> None:
    from app.features.accounts import visiting
    from app.features.contributions import person

    _town(session, {})
    page = client.get("/vie-privee").text
    for name in (client.application.config["SESSION_COOKIE_NAME"], visiting.COOKIE, person.COOKIE, "theme"):
        assert f"<code>{name}</code>" in page


def test_every_page_leads_to_them(session: Session, client: FlaskClient) -> None:
    _town(session, {})
    page = client.get("/liste").text
    for path in ("/mentions-legales", "/vie-privee", "/accessibilite"):
        assert f'href="{path}"' in page


def test_the_delay_after_which_personal_data_goes_is_the_town_s(session: Session, client: FlaskClient) -> None:
    _town(session, {})
    said = {"fr": "jours après la clôture", "en": "days after your contribution is closed", "eu": "itxi eta"}
    for language, words in said.items():
        page = client.get(f"/vie-privee?lang={language}").text
        assert words in page
        assert "730" in page
    rule = json.dumps({"retention": {"days": 365, "text": "clear", "photos": "delete"}})
    session.execute(
        text("UPDATE territory SET settings = CAST(:rule AS jsonb), config_version = config_version + 1"),
        {"rule": rule},
    )
    session.commit()
    page = client.get("/vie-privee?lang=en").text
    assert "365 days after your contribution is closed" in page
    assert "The text is removed then too" in page
    assert "Your photos are deleted then too" in page


def test_a_theme_that_was_chosen_is_kept_and_any_other_word_forgets_it(session: Session, client: FlaskClient) -> None:
    _town(session, {})
    assert client.get("/theme/dark?next=/liste").headers["Location"] == "/liste"
    assert 'data-theme="dark"' in client.get("/liste").text
    assert client.get("/theme/neither").status_code == 303
    assert client.get_cookie("theme") is None
    assert 'data-theme="dark"' not in client.get("/liste").text
