"""Reporting, deciding and answering as a browser without scripts does it; and what the worker then tells."""

from __future__ import annotations

import io
import re
from pathlib import Path
from typing import Any

import pytest
from PIL import Image
from sqlalchemy import text

from app.core.storage import derived_key, open_storage
from app.features.contributions.photos import derive_photo
from app.features.contributions.services import follow_hash
from tests.support.desk import World, form_token, make_world, sign_in
from workers import runtime


@pytest.fixture
def world(session: Any) -> World:
    return make_world(session)


@pytest.fixture
def reference(world: World) -> str:
    said = world.ticket("bidache/voirie", title="Trou devant l'école")
    world.contact(said, name=None, phone=None)
    world.session.execute(
        text("UPDATE contribution SET follow_hash = :h, language = 'fr' WHERE reference = :r"),
        {"h": follow_hash("secret-link"), "r": said},
    )
    world.session.commit()
    return said


def post(client: Any, page: str, target: str | None = None, **fields: str) -> Any:
    token = form_token(client.get(page).text)
    return client.post(target or page, data={"csrf_token": token} | fields)


def moderator(app: Any, world: World, role: str = "dispatcher") -> Any:
    account = world.account(role, territory="bidache")
    world.session.commit()
    return sign_in(app, account.email)


@pytest.fixture(autouse=True)
def workers(app: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    """What the workers do, they do in this test's house, whoever made theirs before."""
    monkeypatch.setattr(runtime, "application", lambda: app)


def told(session: Any, app: Any) -> list[Path]:
    """Run what waits for the workers, then list the mails."""
    from workers.handlers import HANDLERS

    session.rollback()
    with app.app_context():
        rows = session.execute(text("DELETE FROM outbox WHERE topic = ANY(:t) RETURNING topic, subject_id, payload"),
                               {"t": [t for t in HANDLERS if t != "photo"]}).all()  # fmt: skip
        for row in rows:
            # A job may run twice.
            for _again in range(2):
                HANDLERS[row.topic](session, row.subject_id, row.payload)
        session.commit()
    folder = app.extensions["settings"].storage.mail_folder
    return sorted(folder.rglob("*.eml")) if folder.exists() else []


def test_anybody_reports_without_an_account_and_is_counted_once(app: Any, world: World, reference: str) -> None:
    client = app.test_client()
    assert f'href="/c/{reference}/abus"' in client.get(f"/c/{reference}").text
    refused = post(client, f"/c/{reference}/abus", words="gardé")
    assert refused.status_code == 400 and "gardé" in refused.text and 'id="problems"' in refused.text
    assert post(client, f"/c/{reference}/abus", reason="other").status_code == 400
    for reason in ("insult", "dangerous"):
        answer = post(client, f"/c/{reference}/abus", reason=reason)
        assert (answer.status_code, answer.location) == (303, f"/c/{reference}")
    assert "Merci" in client.get(f"/c/{reference}").text
    for other in ("off_topic", "personal_data"):
        assert post(app.test_client(), f"/c/{reference}/abus", reason=other).status_code == 303
    world.session.rollback()
    found = world.session.execute(text("SELECT case_id, reason FROM abuse_report ORDER BY id")).all()
    assert [row.reason for row in found] == ["insult", "off_topic", "personal_data"]
    assert len({row.case_id for row in found}) == 1
    page = moderator(app, world).get("/moderation").text
    assert page.count('class="mod card"') == 1 and "3 personnes" in page


def test_hidden_everywhere_the_author_told_once_then_restored(app: Any, world: World, reference: str) -> None:
    session, desk = world.session, moderator(app, world)
    client = app.test_client()
    post(app.test_client(), f"/c/{reference}/abus", reason="personal_data")
    key = "a" * 32
    world.photo(reference, key)
    session.commit()
    storage = open_storage(app.extensions["settings"].storage.location)
    for size in (1600, 400):
        storage.put(derived_key(key, f"{size}.jpg"), b"jpeg")
    assert client.get(f"/photos/{key}/400.jpg").status_code == 200
    assert desk.get(_picture(desk)).data == b"jpeg"

    said = {"reason": "personal_data", "words": "On lit la plaque."}
    answer = post(desk, "/moderation", f"/moderation/{reference}/masquer", **said)
    assert (answer.status_code, answer.location) == (303, "/moderation")
    assert client.get(f"/c/{reference}").status_code == 410
    assert client.get(f"/api/v1/contributions/{reference}").status_code == 410
    assert client.get(f"/photos/{key}/400.jpg").status_code == 410
    assert reference not in client.get("/liste").text + client.get("/api/v1/contributions").text
    assert client.get(f"/c/{reference}/abus").status_code == 410
    ticket = desk.get(f"/bureau/{reference}").text
    assert "non public" in ticket and "Masqué au public" in ticket and "On lit la plaque." in ticket

    [mail] = told(session, app)
    words = _read(mail)
    assert "On lit la plaque." in words and "on y voit ou on y nomme" in words
    assert not storage.exists(derived_key(key, "400.jpg")) and not storage.exists(derived_key(key, "1600.jpg"))
    link = re.search(r"http://127.0.0.1:8080(/c/\S+/moderation)", words)
    assert link
    for path in (link[1], f"/c/{reference}/suivi/secret-link/moderation"):
        page = client.get(path)
        assert page.status_code == 200 and "On lit la plaque." in page.text
        assert page.headers["Referrer-Policy"] == "no-referrer"
    assert f"/c/{reference}/suivi/secret-link/moderation" in client.get(f"/c/{reference}/suivi/secret-link").text
    assert client.get(f"/c/{reference}/suivi/wrong/moderation").status_code == 404
    assert post(client, link[1], words=" ").status_code == 400
    assert post(client, link[1], words="La plaque est floutée.").status_code == 303
    assert "La plaque est floutée." in desk.get("/moderation").text

    assert post(desk, "/moderation", f"/moderation/{reference}/retablir").status_code == 303
    assert client.get(f"/c/{reference}").status_code == 200
    assert client.get(link[1]).status_code == 404
    assert client.get(f"/photos/{key}/400.jpg").status_code == 410
    assert len(told(session, app)) == 2


def test_pictures_come_back_under_another_address(app: Any, world: World, reference: str) -> None:
    storage = open_storage(app.extensions["settings"].storage.location)
    world.photo(reference, "originals/aa/bb/" + "a" * 64, state="pending")
    storage.put("originals/aa/bb/" + "a" * 64, _jpeg())
    photo_id = world.session.scalar(text("SELECT id FROM photo"))
    keys = []
    desk = moderator(app, world)
    for _turn in range(2):
        derive_photo(world.session, photo_id=photo_id, location=str(app.extensions["settings"].storage.location))
        world.session.commit()
        keys.append(world.session.scalar(text("SELECT public_key FROM photo")))
        assert app.test_client().get(f"/photos/{keys[-1]}/400.jpg").status_code == 200
        post(desk, f"/moderation?ref={reference.lower()}", f"/moderation/{reference}/masquer", reason="insult")
        post(desk, f"/moderation?ref={reference.lower()}", f"/moderation/{reference}/retablir")
        told(world.session, app)
    assert keys[0] != keys[1]
    assert all(app.test_client().get(f"/photos/{key}/400.jpg").status_code == 410 for key in keys)


def test_a_silent_author_hears_nothing(app: Any, world: World, reference: str) -> None:
    world.session.execute(text("UPDATE contribution_contact SET silent = true"))
    world.session.commit()
    post(
        moderator(app, world),
        f"/moderation?ref={reference.lower()}",
        f"/moderation/{reference}/masquer",
        reason="insult",
    )
    assert app.test_client().get(f"/c/{reference}").status_code == 410
    assert told(world.session, app) == []


def test_what_waits_is_decided_from_the_queue(app: Any, world: World) -> None:
    one = world.ticket("bidache/voirie", visibility="pending", title="Voiture AB-123-CD")
    two = world.ticket("bidache/voirie", visibility="pending", title="Deux", kind="praise")
    desk = moderator(app, world)
    page = desk.get("/moderation").text
    assert "AB-123-CD</b>" in page and one in page and two in page
    assert two not in desk.get("/moderation?kind=problem").text
    assert "Rien n’attend" in desk.get("/moderation?vue=reported").text.replace("&#8217;", "’")
    refused = post(desk, "/moderation", f"/moderation/{one}/masquer", reason="other")
    assert refused.status_code == 400 and 'aria-invalid="true"' in refused.text
    assert post(desk, "/moderation", f"/moderation/{one}/publier").status_code == 303
    assert app.test_client().get(f"/c/{one}").status_code == 200
    assert post(desk, "/moderation", f"/moderation/{one}/publier").status_code == 409
    assert desk.get(f"/moderation/{one}/publier").location == "/moderation"


def test_what_was_found_by_its_number_comes_back_when_it_is_refused(app: Any, world: World, reference: str) -> None:
    """It stands in no queue: whoever forgot the words must not lose the card, nor be left without a reason."""
    page = f"/moderation?ref={reference}"
    refused = post(moderator(app, world), page, f"/moderation/{reference}/masquer", reason="other")
    assert refused.status_code == 400
    assert f'action="/moderation/{reference}/masquer' in refused.text and 'aria-invalid="true"' in refused.text


def test_the_journal_is_not_for_dispatchers(app: Any, world: World, reference: str) -> None:
    desk, above = moderator(app, world), moderator(app, world, "administrator")
    assert desk.get("/moderation/journal").status_code == 403
    assert "Aucune décision" in above.get("/moderation/journal").text
    post(
        desk,
        f"/moderation?ref={reference.lower()}",
        f"/moderation/{reference}/masquer",
        reason="insult",
        words="Mots durs",
    )
    page = above.get("/moderation/journal").text
    assert reference in page and "Mots durs" in page and "Dispatcher" in page
    assert reference not in above.get("/moderation/journal?decision=published").text
    assert above.get("/moderation/journal?avant=abc").status_code == 200


def test_agents_and_strangers_do_not_enter(app: Any, world: World) -> None:
    assert app.test_client().get("/moderation").status_code == 302
    account = world.account("agent", services=("bidache/voirie",))
    world.session.commit()
    assert sign_in(app, account.email).get("/moderation").status_code == 403


def test_a_town_may_make_personal_data_wait(app: Any, world: World) -> None:
    world.session.execute(text(f"CREATE SEQUENCE reference_{world.towns['bidache'].territory_id}"))
    question = '[{"slug": "plate", "type": "text", "label": {"fr": "Plaque"}, "options": []}]'
    world.session.execute(
        text('UPDATE category SET label = \'{"fr": "Trou"}\', questions = CAST(:q AS jsonb)'), {"q": question}
    )
    world.session.commit()
    body = {"kind": "problem", "category": "trou", "lon": -1.475, "lat": 43.49, "text": "La voiture AB-123-CD"}
    client = app.test_client()
    shown = client.post("/api/v1/contributions", json=body)
    assert shown.status_code == 201, shown.text
    world.session.execute(
        text('UPDATE territory SET settings = \'{"moderation_hints": "hold"}\', config_version = config_version + 1')
    )
    world.session.commit()
    held = client.post("/api/v1/contributions", json=body)
    plain = client.post("/api/v1/contributions", json=body | {"text": "Un trou"})
    # Only the service reads answers; everybody reads the address.
    answered = client.post("/api/v1/contributions", json=body | {"text": "Épave", "answers": {"plate": "AB-123-CD"}})
    beside = client.post("/api/v1/contributions", json=body | {"text": "Un trou", "address": "près de AB-123-CD"})
    rows = world.session.execute(text("SELECT reference, visibility FROM contribution"))
    found = {row.reference: row.visibility for row in rows}
    said = [found[answer.get_json()["reference"]] for answer in (shown, held, plain, answered, beside)]
    assert said == ["public", "pending", "public", "public", "pending"]


@pytest.mark.parametrize(("own", "seen"), [("{}", "pending"), ('{"moderation_hints": "show"}', "public")])
def test_a_commune_holds_what_its_agglomeration_holds_unless_it_says_otherwise(
    app: Any, world: World, own: str, seen: str
) -> None:
    world.session.execute(text(f"CREATE SEQUENCE reference_{world.towns['bidache'].territory_id}"))
    world.session.execute(text('UPDATE category SET label = \'{"fr": "Trou"}\''))
    for slug, settings in (("pays", '{"moderation_hints": "hold"}'), ("bidache", own)):
        world.session.execute(
            text("UPDATE territory SET settings = :s, config_version = config_version + 1 WHERE slug = :slug"),
            {"s": settings, "slug": slug},
        )
    world.session.commit()
    body = {"kind": "problem", "category": "trou", "lon": -1.475, "lat": 43.49, "text": "La voiture AB-123-CD"}
    reference = app.test_client().post("/api/v1/contributions", json=body).get_json()["reference"]
    said = world.session.execute(
        text("SELECT c.visibility, t.slug FROM contribution c JOIN territory t ON t.id = c.territory_id "
             "WHERE c.reference = :r"), {"r": reference}
    ).one()  # fmt: skip
    assert tuple(said) == (seen, "bidache")


def _picture(desk: Any) -> str:
    found = re.search(r"/moderation/photos/\d+\.jpg", desk.get("/moderation").text)
    assert found
    return found[0]


def _jpeg() -> bytes:
    out = io.BytesIO()
    Image.new("RGB", (640, 480), (90, 120, 60)).save(out, "JPEG")
    return out.getvalue()


def _read(path: Path) -> str:
    from email import message_from_bytes
    from email.policy import default

    body = message_from_bytes(path.read_bytes(), policy=default).get_body()
    assert body is not None
    return str(body.get_content())


def test_in_french_a_colon_stands_off_the_word(app: Any, world: World, reference: str) -> None:
    sent = post(app.test_client(), f"/c/{reference}/abus", reason="insult", words="Une plaque")
    assert sent.status_code < 400
    page = moderator(app, world).get("/moderation?lang=fr").text
    assert re.search(r"<b>[^<]+\u00a0:</b> Une plaque", page)
