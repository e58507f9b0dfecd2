"""A resident enters by a link: one hour, one use, a button; the same for every address (R51)."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import event, text

from tests.integration.residents.conftest import Town, plain, text_of


def test_a_link_opens_the_space_once(town: Town) -> None:
    browser = town.browser()
    path = browser.link()
    for _ in range(3):
        assert "maite@resident.example" in browser.open(path).text, "a scanner that opens it changes nothing"
    assert town.count("resident") == 0
    answer = browser.press(path)
    assert answer.status_code == 303 and answer.headers["Location"] == "/moi"
    assert "maite@resident.example" in browser.open("/moi").text
    again = browser.open(path)
    assert again.status_code == 302 and again.headers["Location"] == "/moi", "whoever is in is not told to ask again"
    other = town.browser()
    spent = other.open(path)
    assert spent.status_code == 410 and "Ce lien a servi" in plain(spent.text)
    assert "maite@resident.example" not in other.open("/moi").text
    assert browser.client.post(path, data={"csrf_token": "x"}).status_code == 400, "without its token a form is refused"


def test_the_second_press_of_the_button_leads_to_the_space(town: Town) -> None:
    browser = town.browser()
    path = browser.link()
    token = browser.open(path).text.split('name="csrf_token" value="')[1].split('"')[0]
    answers = [browser.client.post(path, data={"csrf_token": token}, base_url="http://127.0.0.1:8080") for _ in "12"]
    assert [(a.status_code, a.headers["Location"]) for a in answers] == [(303, "/moi")] * 2


def test_a_link_is_good_for_an_hour(town: Town) -> None:
    browser = town.browser()
    path = browser.link()
    town.session.execute(text("UPDATE sign_in SET asked_at = now() - interval '61 minutes'"))
    town.session.commit()
    late = browser.open(path)
    assert late.status_code == 410 and "bon une heure" in plain(late.text)
    assert town.count("resident") == 0


def test_a_link_that_we_never_gave_opens_nothing(town: Town) -> None:
    browser = town.browser()
    path = browser.link()
    for wrong in (path[:-2], "/moi/entrer/1", "/moi/entrer/x.y"):
        assert browser.open(wrong).status_code == 404


def test_known_or_not_the_same_answer_by_the_same_statements(town: Town) -> None:
    """Not a stopwatch: what the database is asked is the same, word for word."""
    town.browser().sign_in("known@resident.example")
    seen: list[list[str]] = []
    answers = []
    engine = _engine(town)
    for address in ("known@resident.example", "unknown@resident.example"):
        browser = town.browser()
        browser.open("/moi/entrer")
        statements: list[str] = []
        listen = lambda *args, said=statements: said.append(str(args[2]))  # noqa: E731
        event.listen(engine, "before_cursor_execute", listen)
        answer = browser.press("/moi/entrer", email=address)
        event.remove(engine, "before_cursor_execute", listen)
        seen.append(statements)
        answers.append((answer.status_code, answer.headers["Location"], answer.data))
    assert answers[0] == answers[1]
    assert seen[0] == seen[1] and any("INSERT INTO sign_in" in said for said in seen[0])
    assert [mail["To"] for mail in town.work()] == ["known@resident.example", "unknown@resident.example"]


def test_the_sixth_link_in_a_quarter_of_an_hour_is_refused(town: Town) -> None:
    answers = [town.browser().press("/moi/entrer", email=f"maite@resident.{'EXAMPLE' if n % 2 else 'example'}")
               for n in range(6)]  # fmt: skip
    assert [a.status_code for a in answers] == [303] * 5 + [429]
    assert "Attendez un quart d’heure" in plain(answers[-1].text)
    assert len(town.work()) == 5
    assert town.browser().press("/moi/entrer", email="other@resident.example").status_code == 303
    town.session.execute(text("UPDATE sign_in SET asked_at = asked_at - interval '16 minutes'"))
    town.session.commit()
    assert town.browser().press("/moi/entrer", email="maite@resident.example").status_code == 303


@pytest.mark.parametrize("address", ["", "maite", "maite@resident", "a@b.example\r\nBcc: c@d.example"])
def test_what_is_no_address_is_said_beside_the_field(town: Town, address: str) -> None:
    answer = town.browser().press("/moi/entrer", email=address)
    assert answer.status_code == 400 and "Il manque la fin de l’adresse" in plain(answer.text)
    assert town.count("sign_in") == 0


def test_signing_out_ends_the_session_on_the_server(town: Town) -> None:
    browser = town.browser().sign_in()
    stolen = browser.client.get_cookie("auzolan_resident", domain="127.0.0.1").value  # type: ignore[union-attr]
    browser.press("/moi/sortir", page="/moi")
    assert town.count("resident_session") == 0
    thief = town.browser()
    thief.client.set_cookie("auzolan_resident", stolen, domain="127.0.0.1")
    assert "maite@resident.example" not in thief.open("/moi").text


def test_a_resident_opens_no_desk_even_with_the_address_of_an_agent(town: Town) -> None:
    """A mailbox alone never opens the desk: residents are not accounts."""
    agent = town.session.scalar(text("SELECT email FROM account WHERE id = :id"), {"id": town.agent.id})
    town.session.commit()
    browser = town.browser().sign_in(str(agent))
    assert browser.open("/bureau").status_code == 302
    assert browser.client.get("/api/v1/session").status_code == 401


def test_pages_of_a_resident_stay_out_of_caches(town: Town) -> None:
    browser = town.browser().sign_in()
    assert browser.open("/moi").headers["Cache-Control"] == "no-store"


def test_the_mail_and_the_page_speak_the_language_of_who_asked(town: Town) -> None:
    browser = town.browser()
    csrf = browser.open("/moi/entrer").text.split('name="csrf_token" value="')[1].split('"')[0]
    browser.client.post("/moi/entrer?lang=eu", data={"csrf_token": csrf, "email": "ane@resident.example"},
                        base_url="http://127.0.0.1:8080")  # fmt: skip
    (mail,) = town.work()
    assert mail["Content-Language"] == "eu" and "Esteka honek zure gunea irekitzen du" in text_of(mail)
    assert '<html lang="eu">' in mail.get_body(("html",)).get_content()  # type: ignore[union-attr]


def _engine(town: Town) -> Any:
    from app.core.db import db

    with town.app.app_context():
        return db.engine
