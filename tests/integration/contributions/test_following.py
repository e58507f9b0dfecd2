"""Following by e-mail: confirmed by a button, told once with the reason, ended by one click (R2, R45, R57)."""

from __future__ import annotations

import email
import re
from datetime import date
from email.message import EmailMessage
from email.policy import default
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import text

from app.core import outbox
from app.core.security import limiter
from app.features.accounts.policies import Actor
from app.features.contributions.following import forget_unconfirmed
from app.features.tickets import services
from app.features.tickets.workflow import Change
from tests.support.desk import World, form_token, make_world
from workers.handlers import run


class Town(World):
    """The world with its letter box."""

    box: Path
    reference: str
    agent: Actor
    app: Flask

    def work(self) -> list[EmailMessage]:
        """Do all the mail work that waits; returns what was sent meanwhile, by address."""
        self.session.commit()
        before = set(self.box.glob("*.eml"))
        asked = text("SELECT id FROM outbox WHERE topic = ANY(:topics) ORDER BY id")
        while ids := self.session.scalars(
            asked, {"topics": ["ticket.changed", "follow.asked", "follow.news", "follow.area"]}
        ).all():
            self.session.commit()
            for number in ids:
                run(number)
        self.session.commit()
        sent = [email.message_from_bytes(p.read_bytes(), policy=default) for p in set(self.box.glob("*.eml")) - before]
        return sorted(sent, key=lambda mail: str(mail["To"]))  # type: ignore[return-value, arg-type]

    def change(self, state: str, **change: str) -> None:
        self.session.rollback()
        services.change_state(
            self.session,
            self.agent,
            reference=self.reference,
            state=state,
            change=Change(**change),
            version=self.version(self.reference),
        )

    def follow(self, client: FlaskClient, address: str = "maite@resident.example") -> str:
        """Ask, and return the path of the link in the mail."""
        ask(client, self.reference, address)
        (mail,) = self.work()
        return path_in(mail)


@pytest.fixture
def town(app: Flask, session: Any, environment: dict[str, str], worker_here: None) -> Any:
    world = make_world(session)
    made = Town(session, world.towns, world.services, world.made)
    made.app = app
    made.box = Path(environment["AUZOLAN_DATA"]) / "mail"
    made.reference = made.ticket("bidache/voirie", title="Trou devant l'école")
    made.agent = made.actor("agent", services=("bidache/voirie",))
    session.commit()
    return made


def ask(client: FlaskClient, reference: str, address: str) -> Any:
    path = f"/c/{reference}/suivre?lang=fr"
    return client.post(path, data={"csrf_token": form_token(client.get(path).text), "email": address})


def plain(words: str) -> str:
    """With ordinary spaces where French has its own."""
    return words.replace("\u202f", " ").replace("\u00a0", " ")


def text_of(mail: EmailMessage) -> str:
    return plain(mail.get_body(("plain",)).get_content())  # type: ignore[union-attr]


def path_in(mail: EmailMessage) -> str:
    found = re.search(r"https?://\S+/suivi/\S+", text_of(mail))
    assert found
    return urlsplit(found[0]).path


def press(client: FlaskClient, path: str) -> Any:
    return client.post(path, data={"csrf_token": form_token(client.get(path).text)})


def test_nothing_is_told_before_the_button_is_pressed(town: Town, client: FlaskClient) -> None:
    """A mail scanner opens the link: nothing changes. The person presses the button: it does."""
    page = town.follow(client)
    for _ in range(3):
        assert "Suivre cette contribution ?" in plain(client.get(page + "?lang=fr").text)
    town.change("accepted")
    assert town.work() == []
    assert press(client, page).status_code == 303
    assert "Vous suivez cette contribution" in client.get(page).text
    town.change("planned", text="Lundi matin.", planned_on=date(2030, 1, 7))
    (mail,) = town.work()
    assert mail["To"] == "maite@resident.example" and plain(mail["Subject"]) == f"{town.reference} : Prévu"
    assert "Le service a prévu d’intervenir." in text_of(mail) and "Voirie :\r\nLundi matin." in text_of(mail)
    assert f"/c/{town.reference}" in text_of(mail)
    html = mail.get_body(("html",)).get_content()
    assert '<html lang="fr">' in html and "Lundi matin." in html and f"{page}/stop" in html


def test_one_click_ends_it_without_a_login_and_it_can_be_undone(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    press(client, page)
    town.change("accepted")
    (mail,) = town.work()
    assert "Elle a été transmise au service." in text_of(mail), "a change without a word tells the new state (R57)"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = urlsplit(mail["List-Unsubscribe"].strip("<>")).path
    assert "Ne plus suivre" in client.get(address).text, "opening the link ends nothing"
    program = town.app.test_client()
    answer = program.post(address, data={"List-Unsubscribe": "One-Click"})
    assert answer.status_code == 200 and "suivre de nouveau" in answer.text
    town.change("in_progress")
    assert town.work() == []
    press(client, page)
    town.change("planned", planned_on=date(2030, 1, 7))
    assert len(town.work()) == 1


def test_running_a_job_twice_tells_once(town: Town, client: FlaskClient) -> None:
    press(client, town.follow(client))
    town.change("accepted")
    town.session.commit()
    event = town.session.scalar(text("SELECT max(id) FROM event"))
    assert len(town.work()) == 1
    outbox.add(town.session, topic="ticket.changed", payload={"event_id": event})
    assert town.work() == []


def test_hidden_things_are_told_to_nobody(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    press(client, page)
    for visibility in ("hidden", "withdrawn", "pending"):
        town.session.execute(text("UPDATE contribution SET visibility = :v"), {"v": visibility})
        town.session.commit()
        town.change("accepted" if visibility != "withdrawn" else "in_progress")
        assert town.work() == []
        shown = client.get(page).text
        assert "Trou devant" not in shown and "Ne plus suivre" in shown
        assert client.get(f"/c/{town.reference}/suivre").status_code in (404, 410)


def test_an_author_who_follows_hears_once(town: Town, client: FlaskClient) -> None:
    town.contact(town.reference, email="Maite@resident.example")
    press(client, town.follow(client))
    town.change("accepted")
    (mail,) = town.work()
    assert mail["To"] == "Maite@resident.example" and "pour votre contribution" in text_of(mail)


def test_do_not_contact_me_is_stronger_than_any_wish(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    press(client, page)
    town.contact(town.reference, email="MAITE@resident.example", silent=True)
    town.session.commit()
    town.change("accepted")
    assert town.work() == []
    ask(client, town.reference, "maite@resident.example")
    assert town.work() == []


def test_followers_of_a_duplicate_hear_of_what_it_was_joined_to(town: Town, client: FlaskClient) -> None:
    other = town.ticket("bidache/voirie", dx=0.001, title="Encore ce trou")
    town.session.commit()
    first, town.reference = town.reference, other
    press(client, town.follow(client))
    services.mark_duplicate(town.session, town.agent, reference=other, of=first, version=town.version(other))
    (mail,) = town.work()
    assert "réunie avec une autre" in text_of(mail)
    town.reference = first
    town.change("accepted")
    (mail,) = town.work()
    assert f"/c/{other}" in text_of(mail)


def test_known_or_not_the_answer_is_the_same(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    press(client, page)
    answers = [ask(client, town.reference, address) for address in ("maite@resident.example", "new@resident.example")]
    assert {(a.status_code, a.headers["Location"], a.data) for a in answers} == {
        (303, f"/c/{town.reference}/suivre?sent=1", answers[0].data)
    }
    assert [mail["To"] for mail in town.work()] == ["new@resident.example"], "nobody is written to twice in a row"
    town.session.execute(text("UPDATE follow SET asked_at = asked_at - interval '1 hour'"))
    town.session.commit()
    ask(client, town.reference, "MAITE@resident.example")
    (mail,) = town.work()
    assert "Vous suivez déjà" in text_of(mail)
    assert town.session.scalar(text("SELECT count(*) FROM follow")) == 2


def test_the_sixth_wish_in_a_quarter_of_an_hour_is_refused(town: Town, client: FlaskClient, monkeypatch: Any) -> None:
    limiter.reset()
    monkeypatch.setattr(limiter, "_request_filters", [])
    statuses = [ask(client, town.reference, f"one{n}@resident.example").status_code for n in range(6)]
    limiter.reset()
    assert statuses == [303] * 5 + [429]


@pytest.mark.parametrize(
    "address", ["", "maite", "maite@resident", "a@b.example\r\nBcc: c@d.example", "x\x00@b.example"]
)
def test_what_is_no_address_is_said_beside_the_field(town: Town, client: FlaskClient, address: str) -> None:
    answer = ask(client, town.reference, address)
    assert answer.status_code == 400 and "Il manque la fin de l’adresse" in plain(answer.text)
    assert town.work() == []


def test_a_link_that_we_never_gave_opens_nothing(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    for path in (page[:-2], "/suivi/1", "/suivi/x.y"):
        assert client.get(path).status_code == client.post(path + "/stop").status_code == 404


def test_mails_and_pages_speak_the_follower_s_language(town: Town, client: FlaskClient) -> None:
    path = f"/c/{town.reference}/suivre?lang=eu"
    client.post(path, data={"csrf_token": form_token(client.get(path).text), "email": "ane@resident.example"})
    (mail,) = town.work()
    assert mail["Content-Language"] == "eu" and "Bai, esan zer gertatzen den" in text_of(mail)


def test_followers_are_counted_on_the_list_and_the_page(town: Town, client: FlaskClient) -> None:
    page = town.follow(client)
    assert "personne suit" not in client.get("/liste?lang=fr").text
    press(client, page)
    assert "1 personne suit" in client.get("/liste?lang=fr").text
    assert 'Suivre<span class="count num">1</span>' in client.get(f"/c/{town.reference}").text


def test_an_address_that_nobody_confirms_is_forgotten_after_a_week(town: Town, client: FlaskClient) -> None:
    press(client, town.follow(client))
    ask(client, town.reference, "somebody.else@resident.example")
    session = town.session
    session.execute(text("UPDATE follow SET asked_at = now() - interval '6 days'"))
    assert forget_unconfirmed(session) == 0
    session.execute(text("UPDATE follow SET asked_at = now() - interval '8 days'"))
    assert forget_unconfirmed(session) == 1
    assert session.scalars(text("SELECT email FROM follow")).all() == ["maite@resident.example"]
    session.commit()
