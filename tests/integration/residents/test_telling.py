"""Who is told of what: once, in words, at the time they chose, and never of what is hidden (R5, R45, R56, R57)."""

from __future__ import annotations

from datetime import date
from typing import Any
from urllib.parse import urlsplit

import pytest
from sqlalchemy import text

from app.features.contributions import telling
from app.features.tickets import services
from app.features.tickets.placing import drain_intake
from tests.integration.residents.conftest import Browser, Town, plain, text_of
from tests.integration.residents.test_own_space import report
from tests.support.desk import LAT, LON


def placed(town: Town) -> None:
    """What was sent has a ticket, as a worker would have given it."""
    drain_intake(town.session, limit=50)
    town.session.commit()


def follow_place(browser: Browser, radius: int, **more: str) -> str:
    """Follow what is around the place of the tests; returns the follower's page."""
    fields = {"what": "place", "lon": str(LON), "lat": str(LAT), "radius": str(radius), "frequency": "now",
              "email": "maite@resident.example"} | more  # fmt: skip
    assert browser.press("/suivre", **fields).status_code == 303
    (mail,) = browser.town.work()
    path = urlsplit(next(word for word in text_of(mail).split() if "/suivi/" in word)).path
    browser.press(path)
    return path


def test_an_area_tells_of_what_is_inside_after_it_was_asked_and_never_of_one_s_own(town: Town) -> None:
    browser, neighbour = town.browser(), town.browser()
    report(neighbour, "Avant", lon=LON, lat=LAT)
    placed(town)
    page = follow_place(browser, 200)
    report(neighbour, "Un banc cassé", lon=LON + 0.001, lat=LAT)
    report(neighbour, "Trop loin", lon=LON + 0.004, lat=LAT)
    report(neighbour, "Le mien", lon=LON, lat=LAT, email="Maite@resident.example")
    placed(town)
    (mail,) = town.work()
    assert "Un banc cassé" in text_of(mail) and "Vous suivez : 200 m autour d’un lieu" in text_of(mail)
    assert mail["List-Unsubscribe"].endswith("/stop>")
    placed(town)
    assert town.work() == [], "once"
    town.app.test_client().post(page + "/stop", data={"List-Unsubscribe": "One-Click"})
    report(neighbour, "Encore un", lon=LON, lat=LAT)
    placed(town)
    assert town.work() == [], "one click ends it, without a login"


def test_a_zone_and_a_theme_are_followed_too(town: Town) -> None:
    pays, bidache = town.towns["pays"], town.towns["bidache"]
    zone = pays.zone("petit-bayonne", (LON - 0.01, LAT - 0.01, LON + 0.01, LAT + 0.01))
    town.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    town.session.commit()
    browser = town.browser().sign_in()
    assert browser.press("/suivre", what="zone", zone="petit-bayonne").status_code == 303
    other = town.browser().sign_in("peio@resident.example")
    assert other.press("/suivre", what="category", category="lampadaire").status_code == 303
    town.session.execute(text("UPDATE follow SET category_id = :c WHERE category_id IS NOT NULL"),
                         {"c": bidache.categories["lampadaire"]})  # fmt: skip
    town.session.commit()
    mine = plain(browser.open("/moi").text)
    assert "petit-bayonne" in mine and "lampadaire" in plain(other.open("/moi").text)
    report(town.browser(), "Lampe éteinte", category="lampadaire")
    town.session.execute(text("UPDATE contribution SET zone_ids = ARRAY[CAST(:z AS int)] WHERE body = 'Lampe éteinte'"),
                         {"z": zone})  # fmt: skip
    town.session.commit()
    placed(town)
    assert [mail["To"] for mail in town.work()] == ["maite@resident.example", "peio@resident.example"]


def test_what_waits_for_a_moderator_is_told_when_it_is_shown(town: Town) -> None:
    from app.features.moderation import services as moderation

    follow_place(town.browser(), 200)
    town.session.execute(text("UPDATE category SET moderation = 'before'"))
    town.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    town.session.commit()
    reference, _ = report(town.browser(), "Un banc cassé")
    placed(town)
    assert town.work() == []
    moderator = town.actor("administrator", territory="pays")
    moderation.publish(town.session, moderator, reference=reference)
    (mail,) = town.work()
    assert mail["To"] == "maite@resident.example" and reference in text_of(mail)


def test_the_author_hears_every_public_change_in_words(town: Town) -> None:
    town.contact(town.reference, email="maite@resident.example")
    version = lambda: town.version(town.reference)  # noqa: E731
    agent = town.actor("dispatcher", territory="pays")
    town.session.commit()
    town.change("accepted")
    town.change("planned", planned_on=date(2030, 1, 7))
    services.answer(town.session, agent, reference=town.reference, text="Nous venons lundi.", version=version())
    services.change_category(town.session, agent, reference=town.reference, category="lampadaire", version=version())
    services.change_place(town.session, agent, reference=town.reference, lon=LON + 0.001, lat=LAT, version=version())
    services.move_to_service(town.session, agent, reference=town.reference, service="voirie", version=version())
    said = [text_of(mail) for mail in town.work()]
    assert len(said) == 6
    assert sum("Prévu pour le lundi 7 janvier 2030" in each.replace("\xa0", " ") for each in said) == 1
    for words in ("Elle a été transmise au service.", "Le service a prévu d’intervenir.", "Nous venons lundi.",
                  "Elle a été rangée dans un autre thème : lampadaire.", "Sa place sur la carte a été corrigée.",
                  "Elle a été transmise à un autre service : Voirie."):  # fmt: skip
        assert sum(words in each for each in said) == 1, (words, said)


def test_half_a_wish_for_silence_is_not_said_to_be_kept(town: Town) -> None:
    browser = town.browser()
    path = follow_place(browser, 300)
    for hours, said in ((("22", ""), "les deux heures"), (("", "7"), "les deux heures"), (("7", "7"), "différentes")):
        answer = browser.press(f"{path}/rythme", path, frequency="now", quiet_from=hours[0], quiet_to=hours[1])
        assert answer.status_code == 303 and said in browser.open(path).text
    browser.press(f"{path}/rythme", path, frequency="now", quiet_from="22", quiet_to="7")
    assert "C’est gardé" in browser.open(path).text
    assert town.session.execute(text("SELECT quiet_from, quiet_to FROM follow")).one() == (22, 7)


def test_why_something_is_declined_is_told_everywhere_that_it_is(town: Town) -> None:
    """A reason chosen from the list is a reason: whoever wrote no sentence gave it all the same."""
    town.contact(town.reference, email="maite@resident.example")
    town.session.commit()
    town.change("declined", reason="no_means")
    why = "Raison : La commune n’en a pas les moyens cette année"
    [mail] = town.work()
    assert why in text_of(mail).replace("\xa0", " ")
    browser = town.browser()
    for page in (f"/c/{town.reference}", f"/c/{town.reference}/flux.atom"):
        assert why in browser.open(page).get_data(as_text=True).replace("\xa0", " "), page
    history = browser.open(f"/api/v1/contributions/{town.reference}").json["history"]
    [told] = [each for each in history if each["state"] == "declined"]
    assert (told["reason"], told["planned_on"]) == ("no_means", None)


def test_an_idea_is_not_said_to_be_repaired(town: Town) -> None:
    reference, _ = report(town.browser(), kind="proposal", email="maite@resident.example")
    placed(town)
    town.agent = town.actor("dispatcher", territory="pays")
    town.session.commit()
    town.change("accepted", reference=reference)
    town.change("planned", reference=reference, planned_on=date(2030, 1, 7))
    told = {mail["Subject"].replace("\xa0", " "): text_of(mail) for mail in town.work()}
    assert set(told) == {f"{reference} : À l’étude", f"{reference} : Retenue"}
    kept = told[f"{reference} : Retenue"]
    assert "La ville retient cette idée." in kept and "7 janvier 2030" in kept and "intervenir" not in kept


def test_one_click_of_the_author_ends_it_and_agents_see_it(town: Town) -> None:
    """R45: "do not contact me" is also a button of each mail to the author."""
    reference, _ = report(town.browser(), email="maite@resident.example")
    placed(town)
    joined = "SELECT t.reference FROM contribution c JOIN ticket t ON t.id = c.ticket_id WHERE c.reference = :r"
    town.reference = town.session.scalar(text(joined), {"r": reference})
    town.change("accepted")
    (mail,) = town.work()
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    address = urlsplit(mail["List-Unsubscribe"].strip("<>")).path
    assert town.browser().open(address).status_code == 200
    assert town.session.scalar(text("SELECT count(*) FROM contribution_contact WHERE silent")) == 0
    assert town.app.test_client().post(address, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    town.change("planned", planned_on=date(2030, 1, 7))
    assert town.work() == []
    assert town.session.scalar(text("SELECT silent FROM contribution_contact")) is True


def test_the_anonymous_hear_nothing(town: Town) -> None:
    browser = town.browser()
    report(browser)
    placed(town)
    for state in ("accepted", "in_progress"):
        town.change(state)
    assert town.work() == []


def test_a_digest_tells_all_at_once_once_a_day(town: Town) -> None:
    browser = town.browser()
    browser.press(f"/c/{town.reference}/suivre", email="maite@resident.example", frequency="day")
    (mail,) = town.work()
    browser.press(urlsplit(next(word for word in text_of(mail).split() if "/suivi/" in word)).path)
    town.change("accepted")
    town.change("planned", planned_on=date(2030, 1, 7))
    assert town.work() == [], "not before its time"
    telling.order_digests(town.session)
    assert town.work() == []
    in_time(town)
    (mail,) = town.work()
    told = text_of(mail)
    assert "2 nouvelles" in plain(mail["Subject"]) and "Elle a été transmise" in told and "prévu d’intervenir" in told
    assert told.count("/c/") == 1, "each contribution has one link"
    town.change("in_progress")
    in_time(town)
    assert town.work() == [], "at most one a day"
    assert town.session.scalar(text("SELECT count(*) FROM notification WHERE mailed_at IS NULL")) == 1
    # Tomorrow.
    town.session.execute(text("DELETE FROM delivery"))
    for read in town.box.glob("digest-*.eml"):
        read.unlink()
    in_time(town)
    (mail,) = town.work()
    assert "Le service s’en occupe" in text_of(mail)


def test_each_town_sends_a_digest_of_its_own(town: Town) -> None:
    """Communes of one agglomeration are told together, unless one has a host of its own; other towns apart."""
    town.agent = town.actor("administrator")
    said = [town.reference, *(town.ticket(f"{name}/voirie", title="Un banc") for name in ("anglet", "nantes"))]
    town.session.commit()
    browser = town.browser()
    for reference in said:
        browser.follow(reference)
    town.session.execute(text("UPDATE follow SET frequency = 'day'"))
    town.session.commit()

    def told(state: str) -> list[set[str]]:
        for reference in said:
            town.change(state, reference=reference)
        town.session.execute(text("DELETE FROM delivery"))
        for read in town.box.glob("digest-*.eml"):
            read.unlink()
        in_time(town)
        mails = town.work()
        assert town.session.scalar(text("SELECT count(*) FROM notification WHERE mailed_at IS NULL")) == 0
        return sorted(({each for each in said if each in text_of(mail)} for mail in mails), key=sorted)

    bidache, anglet, nantes = said
    assert told("accepted") == sorted([{bidache, anglet}, {nantes}], key=sorted)
    town.session.execute(
        text("UPDATE territory SET settings = '{\"hosts\": [\"anglet.example\"]}' WHERE slug = 'anglet'")
    )
    town.session.commit()
    assert told("in_progress") == sorted([{bidache}, {anglet}, {nantes}], key=sorted)


def in_time(town: Town) -> None:
    """The digest's hour has come."""
    town.work()
    town.session.execute(text("UPDATE notification SET due_at = now() - interval '1 minute' WHERE mailed_at IS NULL"))
    telling.order_digests(town.session)


def test_what_is_hidden_after_a_digest_began_is_not_told(town: Town) -> None:
    browser = town.browser()
    browser.follow(town.reference)
    town.session.execute(text("UPDATE follow SET frequency = 'week'"))
    town.change("accepted")
    town.work()
    town.session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    in_time(town)
    assert town.work() == []
    in_time(town)
    assert town.session.scalar(text("SELECT count(*) FROM outbox WHERE topic = 'follow.digest'")) == 0


def test_quiet_hours_wait_for_the_morning(town: Town, monkeypatch: Any) -> None:
    from datetime import UTC, datetime

    browser = town.browser().sign_in()
    browser.press(f"/c/{town.reference}/suivre")
    browser.press("/moi/reglages", page="/moi", language="eu", quiet_from="22", quiet_to="7")

    class Night(datetime):
        @classmethod
        def now(cls, tz: Any = None) -> datetime:  # type: ignore[override]
            return datetime(2030, 1, 7, 23, 30, tzinfo=UTC)

    monkeypatch.setattr(telling, "datetime", Night)
    town.change("accepted")
    assert town.work() == []
    due = town.session.scalar(text("SELECT due_at FROM outbox WHERE topic = 'follow.news'"))
    assert due == datetime(2030, 1, 8, 6, 0, tzinfo=UTC), "7 o'clock in the town, in winter"
    town.session.execute(text("UPDATE outbox SET due_at = now()"))
    (mail,) = town.work()
    assert mail["Content-Language"] == "eu", "in the language of the settings"


def test_the_list_of_the_space_tells_the_same_and_forgets_what_is_hidden(town: Town) -> None:
    browser = town.browser()
    assert browser.press(f"/c/{town.reference}/suivre", here="1").headers["Location"] == "/moi#followed"
    assert "Trou devant" in browser.open("/moi").text
    town.change("planned", planned_on=date(2030, 1, 7), text="Lundi matin.")
    assert town.work() == [], "no address, no mail"
    mine = plain(browser.open("/moi").text)
    assert "Le service a prévu d’intervenir." in mine and "Voirie : Lundi matin." in mine and "Nouveau" in mine
    assert "prévu d’intervenir" not in plain(town.browser().open("/moi").text)
    number = town.session.scalar(text("SELECT id FROM notification"))
    assert town.browser().open(f"/moi/nouvelles/{number}").status_code == 404
    assert browser.open(f"/moi/nouvelles/{number}").headers["Location"] == f"/c/{town.reference}"
    assert "Nouveau" not in plain(browser.open("/moi").text)
    town.session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    town.session.commit()
    assert "prévu d’intervenir" not in plain(browser.open("/moi").text)


def test_who_is_signed_in_follows_without_a_mail_that_asks(town: Town) -> None:
    browser = town.browser().sign_in()
    browser.press(f"/c/{town.reference}/suivre")
    assert town.work() == []
    town.change("accepted")
    (mail,) = town.work()
    assert mail["To"] == "maite@resident.example"
    assert "Elle a été transmise au service." in plain(browser.open("/moi").text)


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"what": "place", "lon": "200", "lat": "43"}, "hors du territoire"),
        ({"what": "place", "lon": "2.35", "lat": "48.85"}, "hors du territoire"),
        ({"what": "place", "address": "rue du Néant"}, "adresse que nous puissions trouver"),
        ({"what": "place", "lon": str(LON), "lat": str(LAT), "radius": "7"}, "Choisissez une des distances"),
        ({"what": "zone", "zone": "nulle-part"}, "Choisissez un quartier"),
        ({"what": "category", "category": "nulle"}, "Choisissez un thème"),
        ({"what": "tout"}, "Choisissez ce que vous voulez suivre"),
        ({"what": "category", "category": "trou", "email": "maite"}, "Il manque la fin de l’adresse"),
        ({"what": "category", "category": "trou", "frequency": "hour"}, "Choisissez à quel rythme"),
    ],
)
def test_bad_input_is_said_beside_the_field(town: Town, fields: dict[str, str], words: str) -> None:
    answer = town.browser().press("/suivre", **({"email": "maite@resident.example", "radius": "200"} | fields))
    assert answer.status_code == 400 and words in plain(answer.text)
    assert town.count("follow") == 0


def test_a_process_is_followed_and_nobody_hears_of_other_processes(town: Town) -> None:
    bidache = town.towns["bidache"].territory_id
    add = text("INSERT INTO process (territory_id, slug, label, position, categories) "
               "VALUES (:t, :s, CAST(:l AS jsonb), :p, :c)")  # fmt: skip
    for position, (slug, theme) in enumerate((("ombre", ["lampadaire"]), ("autre", []))):
        town.session.execute(
            add, {"t": bidache, "s": slug, "l": f'{{"fr": "Démarche {slug}"}}', "p": position, "c": theme}
        )
    town.session.commit()
    browser = town.browser().sign_in()
    assert "Démarche ombre" in browser.open("/suivre?process=ombre").text
    assert browser.press("/suivre", what="process", process="ombre").status_code == 303
    assert browser.press("/suivre", what="process", process="nulle-part").status_code == 400
    # Each town has a box of ideas: what one follows is named with its town.
    assert "Démarche ombre, Bidache" in plain(browser.open("/moi").text)
    report(town.browser(), "Planter des arbres", "proposal", title="Planter des arbres", category="lampadaire")
    report(town.browser(), "Un signalement", category="lampadaire")
    placed(town)
    (mail,) = town.work()
    assert mail["To"] == "maite@resident.example" and "Planter des arbres" in text_of(mail)
