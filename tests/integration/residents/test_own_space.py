"""What a browser did is found without signing in, claimed by whoever signs in, taken away, erased."""

from __future__ import annotations

import io
import json
import re
import zipfile

from PIL import Image
from sqlalchemy import text

from tests.integration.residents.conftest import Browser, Town, plain, text_of
from tests.support.desk import LAT, LON, form_token


def report(browser: Browser, words: str = "Un banc cassé", kind: str = "problem", **fields: object) -> tuple[str, str]:
    """Send a report by the form; returns its reference and the token of its private link."""
    page = browser.open(f"/contribuer/{kind}").text
    data = {"csrf_token": form_token(page), "key": re.search(r'name="key" value="([^"]+)"', page)[1],  # type: ignore[index]
            "lon": LON, "lat": LAT, "category": "trou", "text": words, **fields}  # fmt: skip
    answer = browser.client.post(f"/contribuer/{kind}", data=data, base_url=f"http://{browser.host}",
                                 content_type="multipart/form-data")  # fmt: skip
    assert answer.status_code == 303, plain(answer.text)[:3000]
    reference, token = answer.headers["Location"].removeprefix("/c/").split("/recu/")
    return reference, token


def picture() -> tuple[io.BytesIO, str]:
    made = io.BytesIO()
    Image.new("RGB", (40, 30), "green").save(made, "JPEG")
    made.seek(0)
    return made, "banc.jpg"


def test_what_a_browser_did_is_found_without_signing_in_and_nowhere_else(town: Town) -> None:
    browser = town.browser()
    reference, _ = report(browser)
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    mine = browser.open("/moi").text
    assert "Un banc cassé" in mine and "Trou devant" in mine and reference in mine
    assert "Un banc cassé" not in town.browser().open("/moi").text
    assert "Un banc cassé" not in town.browser().sign_in().open("/moi").text


def test_who_signs_in_is_offered_what_the_browser_did(town: Town) -> None:
    browser = town.browser()
    report(browser)
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    browser.sign_in()
    assert "a fait 2 choses avant que vous n’entriez" in plain(browser.open("/moi").text)
    browser.press("/moi/reprendre", page="/moi", browser="1")
    assert "avant que vous n’entriez" not in plain(browser.open("/moi").text)
    elsewhere = town.browser().sign_in().open("/moi").text
    assert "Un banc cassé" in elsewhere and "Trou devant" in elsewhere
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    counted = town.session.scalar(text("SELECT supports FROM contribution WHERE reference = :r"), {"r": town.reference})
    assert counted == 1, "one person, one support, before and after signing in"


def test_what_is_sent_while_signed_in_is_in_the_space_everywhere(town: Town) -> None:
    report(town.browser().sign_in(), "Une lampe qui clignote")
    assert "Une lampe qui clignote" in town.browser().sign_in().open("/moi").text


def test_what_was_said_with_the_same_address_is_one_s_own(town: Town) -> None:
    town.contact(town.reference, email="Maite@resident.example")
    assert "Trou devant" in town.browser().sign_in().open("/moi").text
    assert "Trou devant" not in town.browser().sign_in("other@resident.example").open("/moi").text


def test_a_contribution_made_before_is_claimed_by_its_private_link_or_code(town: Town) -> None:
    first, second = (report(town.browser(), words) for words in ("Un banc cassé", "Une lampe éteinte"))
    browser = town.browser().sign_in()
    for given in (f"http://127.0.0.1:8080/c/{first[0]}/suivi/{first[1]}", f"{second[0].lower()} {second[1]}"):
        assert browser.press("/moi/reprendre", page="/moi", link=given).status_code == 303
    mine = browser.open("/moi").text
    assert "Un banc cassé" in mine and "Une lampe éteinte" in mine
    for wrong in ("", "bonjour", f"{first[0]} {second[1]}", f"{first[0]} {first[1][:-1]}x", "BID-1"):
        answer = browser.press("/moi/reprendre", page="/moi", link=wrong)
        assert answer.status_code == 400 and "Aucune contribution ne s’ouvre" in plain(answer.text)


def test_taking_everything_away(town: Town) -> None:
    browser = town.browser().sign_in()
    reference, _ = report(browser, "Un banc cassé", photos=picture())
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    edited = (
        "INSERT INTO contribution_version (contribution_id, number, body, lon, lat, photos, reason) "
        "SELECT id, 1, 'Un banc fichu', 0, 0, '[]', 'Grossier' FROM contribution WHERE reference = :r"
    )
    town.session.execute(text(edited), {"r": reference})
    town.session.commit()
    browser.press("/moi/donnees")
    assert "Il se prépare" in plain(browser.open("/moi/donnees").text)
    (mail,) = town.work()
    assert mail["To"] == "maite@resident.example" and "/moi/donnees" in text_of(mail)
    address = re.search(r"/moi/donnees/\d+\.zip", browser.open("/moi/donnees").text)[0]  # type: ignore[index]
    with zipfile.ZipFile(io.BytesIO(browser.open(address).data)) as packed:
        told = json.loads(packed.read("data.json"))
        assert packed.read(f"photos/{reference}-1.jpg").startswith(b"\xff\xd8")
    assert told["me"]["email"] == "maite@resident.example"
    assert [(one["reference"], one["text"]) for one in told["contributions"]] == [(reference, "Un banc cassé")]
    former = told["contributions"][0]["before_the_town_edited_it"]
    assert [(one["text"], one["edited_because"]) for one in former] == [("Un banc fichu", "Grossier")]
    assert [one["reference"] for one in told["supports"]] == [town.reference]
    for stranger in (town.browser(), town.browser().sign_in("other@resident.example")):
        assert stranger.open(address).status_code == 404


def test_what_is_taken_away_holds_votes_and_comments(town: Town) -> None:
    browser, other = town.browser().sign_in(), town.browser()
    idea, _ = report(other, "Un arbre", "proposal", title="Un arbre")
    town.session.execute(text("UPDATE contribution SET visibility = 'public'"))
    town.session.commit()
    api = f"/api/v1/contributions/{idea}"
    base = {"base_url": f"http://{browser.host}"}
    assert browser.client.put(f"{api}/vote", json={"value": 1}, **base).status_code == 200
    said = browser.client.post(f"{api}/comments", json={"text": "À l’ombre, oui.", "stance": "for"}, **base)
    reply = {"text": "Et la racine ?", "answer_to": said.json["id"]}
    assert other.client.post(f"{api}/comments", json=reply, **base).status_code == 201
    browser.press("/moi/donnees")
    town.work()
    address = re.search(r"/moi/donnees/\d+\.zip", browser.open("/moi/donnees").text)[0]  # type: ignore[index]
    with zipfile.ZipFile(io.BytesIO(browser.open(address).data)) as packed:
        told = json.loads(packed.read("data.json"))
    assert [(one["reference"], one["kind"], one["value"]) for one in told["supports"]] == [(idea, "proposal", 1)]
    assert [(one["stance"], one["text"]) for one in told["comments"]] == [("for", "À l’ombre, oui.")]
    assert told["agreed"] == []


def test_erasing_oneself(town: Town) -> None:
    """P79: contributions become anonymous, what was counted stays; follows, tokens, news and sessions go."""
    browser = town.browser().sign_in()
    reference, token = report(browser, "Un banc cassé", email="maite@resident.example", name="Maite")
    browser.press(f"/c/{town.reference}/soutenir", page=f"/c/{town.reference}")
    browser.press(f"/c/{town.reference}/suivre")
    assert town.count("follow") == 1
    browser.press("/moi/donnees")
    town.work()
    warned = plain(browser.open("/moi/effacer").text)
    assert "1 contribution : elle devient anonyme" in warned and "1 soutien ou vote : il reste compté" in warned
    assert browser.press("/moi/effacer").status_code == 400, "the box must be ticked"
    assert town.count("resident") == 1
    answer = browser.press("/moi/effacer", sure="1")
    assert answer.status_code == 303 and answer.headers["Clear-Site-Data"] == '"storage"'
    left = ("resident", "resident_session", "sign_in", "follow", "authorship", "contribution_contact", "notification",
            "export", "push_subscription")  # fmt: skip
    assert {table: town.count(table) for table in left} == dict.fromkeys(left, 0)
    assert "Un banc cassé" in browser.open(f"/c/{reference}").text
    assert browser.open(f"/c/{reference}/suivi/{token}").status_code == 404, "the private link has died"
    assert "Un banc cassé" not in browser.open("/moi").text
    supports = text("SELECT supports FROM contribution WHERE reference = :r")
    assert town.session.scalar(supports, {"r": town.reference}) == 1 and town.count("support") == 1
    line = town.session.execute(text("SELECT act, data FROM ledger")).one()
    assert line.act == "resident.erased" and line.data["contributions"] == 1 and "maite" not in str(line).lower()
    stored = list((town.box.parent / "storage" / "exports").glob("*"))
    assert stored == [], "the files of their data are deleted"
