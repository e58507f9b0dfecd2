"""The author's own page: opened by anybody it changes nothing; its buttons add, correct, withdraw (R2)."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.features.contributions.pyramid import cell_errors
from app.features.tickets.placing import drain_intake
from tests.integration.residents.conftest import Browser, Town, plain
from tests.integration.residents.test_own_space import picture, report
from tests.support.desk import form_token


def said(town: Town, **fields: object) -> tuple[Browser, str, str]:
    """A placed report; its author's browser, its reference and the path of its private page."""
    browser = town.browser()
    reference, token = report(browser, **fields)
    drain_intake(town.session, limit=5)
    town.session.commit()
    return browser, reference, f"/c/{reference}/suivi/{token}"


def state(town: Town) -> list[str]:
    tables = ("contribution", "event", "outbox", "contribution_contact", "follow", "authorship")
    found = [str(town.session.execute(text(f"SELECT * FROM {table} ORDER BY 1")).all()) for table in tables]
    town.session.commit()
    return found


def test_opened_by_a_scanner_it_changes_nothing(town: Town) -> None:
    _, _, page = said(town, email="maite@resident.example")
    before = state(town)
    scanner = town.browser()
    for path in (page, page + "/stop", page.replace("/suivi/", "/recu/")):
        assert scanner.open(path).status_code == 200
        assert scanner.client.head(path).status_code == 200
    assert scanner.client.get(page + "/retirer").status_code in (404, 405)
    assert state(town) == before


def test_who_said_it_is_not_asked_to_say_me_too(town: Town) -> None:
    browser, reference, page = said(town)
    assert "/soutenir" not in browser.open(page).text
    assert "/soutenir" in town.browser().open(f"/c/{reference}").text


def test_the_author_adds_something_and_followers_hear_of_it(town: Town) -> None:
    browser, reference, page = said(town, email="maite@resident.example")
    town.browser().follow(reference, "peio@resident.example")
    assert browser.press(page + "/ajouter", page=page, words="Il bascule quand on s'assied.").status_code == 303
    for path in (page, f"/c/{reference}"):
        assert "Il bascule quand on s'assied." in plain(browser.open(path).text)
    (mail,) = town.work()
    assert mail["To"] == "peio@resident.example", "who adds something need not be told"
    refused = browser.press(page + "/ajouter", page=page, words="  ")
    assert refused.status_code == 400 and "Écrivez une phrase" in plain(refused.text)


def test_the_author_corrects_and_the_former_words_are_kept(town: Town) -> None:
    browser, reference, page = said(town)
    assert browser.press(page + "/corriger", page=page, title="", text="Un banc bancal").status_code == 303
    shown = plain(browser.open(f"/c/{reference}").text)
    assert "Un banc bancal" in shown and "Un banc cassé" not in shown and "Corrigé par son auteur" in shown
    kept = town.session.scalar(text("SELECT data ->> 'text' FROM event WHERE type = 'corrected' AND NOT public"))
    assert kept == "Un banc cassé"
    api = browser.client.get(f"/api/v1/contributions/{reference}").text
    assert "Un banc cass" not in api
    long = browser.press(page + "/corriger", page=page, text="x" * 5000)
    assert long.status_code == 400 and "x" * 100 in long.text, "what was typed comes back"


def test_the_author_withdraws(town: Town) -> None:
    browser, reference, page = said(town, photos=picture())
    assert browser.press(page + "/retirer", page=page).status_code == 303
    assert browser.open(f"/c/{reference}").status_code == 410
    assert "Un banc cassé" not in browser.open("/liste").text
    assert "Vous l’avez retirée" in plain(browser.open(page).text)
    assert "Vous l’avez retirée" in plain(browser.open("/moi").text)
    assert cell_errors(town.session, town.towns["bidache"].territory_id) == []
    for act in ("retirer", "ajouter", "corriger"):
        answer = browser.client.post(
            f"{page}/{act}", data={"csrf_token": csrf(browser)}, base_url="http://127.0.0.1:8080"
        )
        assert answer.status_code == 409


def test_what_a_moderator_reads_first_is_not_rewritten_behind_their_back(town: Town) -> None:
    town.session.execute(text("UPDATE category SET moderation = 'before'"))
    town.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    town.session.commit()
    browser, reference, page = said(town)
    town.session.execute(text("UPDATE contribution SET visibility = 'public' WHERE reference = :r"), {"r": reference})
    town.session.commit()
    shown = plain(browser.open(page).text)
    assert "Le dire autrement" not in shown and "Ajouter quelque chose" in shown
    browser.press(page + "/ajouter", page=page, words="Pour le service seul")
    assert "Pour le service seul" not in browser.open(f"/c/{reference}").text
    assert town.session.scalar(text("SELECT count(*) FROM event WHERE type = 'added' AND NOT public")) == 1


def test_be_left_in_peace_and_be_told_again(town: Town) -> None:
    browser, _, page = said(town, email="maite@resident.example")
    browser.press(page + "/silence", page=page)
    assert "Nous ne vous écrivons pas à ce sujet" in plain(browser.open(page).text)
    assert town.session.scalar(text("SELECT type FROM event ORDER BY id DESC LIMIT 1")) == "silenced", "agents see it"
    town.session.commit()
    browser.press(page + "/entendre", page=page)
    assert town.session.scalar(text("SELECT silent FROM contribution_contact")) is False


@pytest.mark.parametrize("act", ["ajouter", "corriger", "retirer", "silence", "stop"])
def test_a_link_that_we_never_gave_does_nothing(town: Town, act: str) -> None:
    browser, reference, _ = said(town)
    wrong = f"/c/{reference}/suivi/{'x' * 22}"
    assert browser.open(wrong).status_code == 404
    answer = browser.client.post(f"{wrong}/{act}", data={"csrf_token": csrf(browser), "words": "non", "text": "non"},
                                 base_url="http://127.0.0.1:8080")  # fmt: skip
    assert answer.status_code == 404


def csrf(browser: Browser) -> str:
    return form_token(browser.open("/moi/entrer").text)
