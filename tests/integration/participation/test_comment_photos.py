"""Photos in comments: the same way in and out as a contribution's, and none of the contribution's own."""

from __future__ import annotations

import io
import re
from email import message_from_bytes
from email.policy import default
from html import unescape
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.core.images import FacesUnchecked, derive
from app.features.accounts import services as accounts
from app.features.accounts.policies import Actor
from app.features.contributions.photos import derive_photo
from app.features.participation.services.moderating import decide_comment
from tests.integration.participation.conftest import Ideas
from tests.support.desk import PASSWORD, form_token, sign_in
from tests.unit.core.photo_samples import phone_jpeg

PORTRAIT = (Path(__file__).parents[2] / "unit/core/portrait.jpg").read_bytes()


def sends(app: Flask, client: Any, reference: str, words: str, *photos: bytes, email: str = "") -> Any:
    address = f"/c/{reference}/commentaires"
    page = client.get(address).text
    fields = {
        name: found[1]
        for name in ("csrf_token", "sending")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', page))
    }
    files = [FileStorage(io.BytesIO(data), "rue.jpg", content_type="image/jpeg") for data in photos]
    boundary, body = encode_multipart(fields | {"text": words, "stance": "for", "email": email, "photos": files})
    return client.post(address, data=body, content_type=f"multipart/form-data; boundary={boundary}")


@pytest.fixture
def develop(app: Flask, ideas: Ideas) -> Any:
    """The workers make the pictures that were ordered; returns the public keys, in order."""

    def developed() -> list[str | None]:
        ideas.session.rollback()
        location = app.extensions["settings"].storage.location
        ordered = text("DELETE FROM outbox WHERE topic = 'photo' RETURNING subject_id")
        for photo_id in ideas.session.scalars(ordered).all():
            derive_photo(ideas.session, photo_id=photo_id, location=location)
        ideas.session.commit()
        return list(ideas.session.scalars(text("SELECT public_key FROM photo ORDER BY id")))

    return developed


def shown(client: Any, reference: str) -> list[list[str]]:
    found = client.get(f"/api/v1/contributions/{reference}/comments").json["comments"]
    return [[photo["url_400"] for photo in said["photos"]] for said in found]


def test_two_photos_come_and_go_with_their_comment(app: Flask, ideas: Ideas, develop: Any) -> None:
    reference, client, reader = ideas.idea(), app.test_client(), app.test_client()
    three = sends(app, client, reference, "Trois", *[phone_jpeg()] * 3)
    broken = sends(app, client, reference, "Pas une photo", b"GIF89a")
    assert (three.status_code, broken.status_code) == (400, 400) and 'id="photos-error"' in three.text
    assert sends(app, client, reference, "Voyez", phone_jpeg(), phone_jpeg(300, 200)).status_code == 303
    assert shown(reader, reference) == [[]], "nothing before its picture is made"
    keys = develop()
    assert len(keys) == 2 and shown(reader, reference)[0][0].endswith(f"/photos/{keys[0]}/400.jpg")
    page = reader.get(f"/c/{reference}/commentaires").text
    assert all(f"/photos/{key}/400.jpg" in page for key in keys)
    picture = reader.get(f"/photos/{keys[0]}/1600.jpg")
    with Image.open(io.BytesIO(picture.data)) as opened:
        assert not opened.getexif() and "exif" not in opened.info
    # They are the comment's: the idea has no photo.
    face = reader.get(f"/api/v1/contributions/{reference}").json
    assert face["photos"] == [] and face["photos_pending"] == 0

    actor = Actor(role="dispatcher", everywhere=True)
    comment_id = ideas.value("SELECT id FROM comment")
    decide_comment(ideas.session, actor, comment_id=comment_id, decision="hidden", reason="insult")
    ideas.session.commit()
    assert shown(reader, reference) == [[]]
    assert [reader.get(f"/photos/{key}/400.jpg").status_code for key in keys] == [410, 410]
    decide_comment(ideas.session, actor, comment_id=comment_id, decision="restored")
    ideas.session.commit()
    again = develop()
    assert not set(again) & set(keys) and reader.get(f"/photos/{again[0]}/400.jpg").status_code == 200

    token = form_token(client.get(f"/c/{reference}/commentaires").text)
    client.post(f"/c/{reference}/commentaires/{comment_id}/retirer", data={"csrf_token": token})
    assert ideas.value("SELECT count(*) FROM photo") == 0
    assert reader.get(f"/photos/{again[0]}/400.jpg").status_code == 410


def test_a_program_sends_them_too(app: Flask, ideas: Ideas, develop: Any) -> None:
    reference, client = ideas.idea(), app.test_client()
    address = f"/api/v1/contributions/{reference}/comments"

    def says(*photos: bytes, name: str = "photos", **fields: Any) -> Any:
        files = [FileStorage(io.BytesIO(data), f"{n}.jpg", content_type="image/jpeg") for n, data in enumerate(photos)]
        headers = {"Idempotency-Key": "4b1f7c1e-one"}
        return client.post(address, data={"text": "Voyez", name: files} | fields, headers=headers)

    refused = {
        "/photos": says(*[phone_jpeg()] * 3),
        "/photos/1": says(phone_jpeg(), b"GIF89a"),
        "/image": says(phone_jpeg(), name="image"),
        "/stance": says(phone_jpeg(), stance="loud"),
        "/text": says(phone_jpeg(), text=""),
    }
    for pointer, answer in refused.items():
        assert answer.status_code == 400 and answer.mimetype == "application/problem+json"
        assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
    assert ideas.value("SELECT count(*) FROM photo") == 0
    assert client.post(address, data="Voyez", content_type="text/plain").status_code == 415

    first = says(phone_jpeg(), phone_jpeg(300, 200), stance="for")
    answer = says(phone_jpeg(), phone_jpeg(300, 200), stance="for")
    assert (first.status_code, answer.status_code) == (201, 201) and first.json == answer.json
    assert ideas.value("SELECT count(*) FROM photo") == 2
    keys = develop()
    assert [url.rsplit("/", 2)[1] for url in shown(app.test_client(), reference)[0]] == keys
    assert says(text="Sans photo", answer_to=str(first.json["id"])).json == first.json, "the same key, the same answer"
    without = client.post(address, data={"text": "Sans photo", "answer_to": str(first.json["id"])})
    assert without.status_code == 201 and len(shown(client, reference)) == 2


@pytest.fixture
def desk(app: Flask, ideas: Ideas) -> Any:
    """The browser of a moderator."""
    accounts.add_account(
        ideas.session,
        email="mod@example.org",
        name="Ana",
        password=PASSWORD,
        role="dispatcher",
        territory=ideas.value("SELECT slug FROM territory"),
    )
    ideas.session.commit()
    return sign_in(app, "mod@example.org")


@pytest.fixture
def told(app: Flask, ideas: Ideas, worker_here: None) -> Any:
    """Sends what was ordered about decisions; returns the mails since the last time, as `(to, subject, text)`."""
    seen: set[Path] = set()

    def sent() -> list[tuple[str, str, str]]:
        from workers.handlers import HANDLERS

        ideas.session.rollback()
        with app.app_context():
            ordered = text("DELETE FROM outbox WHERE topic = 'moderation.decided' RETURNING topic, subject_id, payload")
            for row in ideas.session.execute(ordered).all():
                HANDLERS[row.topic](ideas.session, row.subject_id, row.payload)
            ideas.session.commit()
        found = []
        for path in sorted(set(app.extensions["settings"].storage.mail_folder.rglob("*.eml")) - seen):
            seen.add(path)
            mail = message_from_bytes(path.read_bytes(), policy=default)
            found.append((mail["To"], mail["Subject"], mail.get_body(("plain",)).get_content()))
        return found

    return sent


def post(client: Any, page: str, action: str, **fields: str) -> Any:
    """Send the form of a page whose address holds `action`."""
    shown = client.get(page).text
    found = re.search(rf'action="([^"]*{action}[^"]*)"', shown)
    assert found, action
    return client.post(unescape(found[1]), data={"csrf_token": form_token(shown)} | fields)


def test_one_photo_dies_and_its_author_answers(app: Flask, ideas: Ideas, develop: Any, desk: Any, told: Any) -> None:
    reference, client, reader = ideas.idea(), app.test_client(), app.test_client()
    sends(app, client, reference, "Voyez donc", phone_jpeg(), phone_jpeg(300, 200), email="jo@example.org")
    one, two = develop()
    report = reader.get(f"/c/{reference}/abus").text
    comment = str(ideas.value("SELECT id FROM comment"))
    abuse = {"csrf_token": form_token(report), "reason": "personal_data", "comment": comment}
    reader.post(f"/c/{reference}/abus", data=abuse)
    queue = "/moderation/commentaires"

    refused = post(desk, queue, "photos/[0-9]+/masquer", reason="other")
    assert refused.headers["Location"].startswith(queue) and told() == []
    hidden = post(desk, queue, "photos/[0-9]+/masquer", reason="personal_data", words="On lit la plaque.")
    assert hidden.headers["Location"] == f"{queue}?vue=hidden#m{comment}"
    assert [reader.get(f"/photos/{key}/400.jpg").status_code for key in (one, two)] == [410, 200]
    [left] = shown(reader, reference)
    assert len(left) == 1 and two in left[0]
    page = reader.get(f"/c/{reference}/commentaires").text
    assert one not in page and two in page
    assert "Modifié par la mairie" not in reader.get(f"/c/{reference}").text, "the idea itself is as it was"
    log = "SELECT data - 'case' FROM event WHERE type = 'photo_hidden'"
    assert ideas.value(log) == {"reason": "personal_data", "photo": 1, "comment": int(comment), "told": True}

    [(to, subject, words)] = told()
    assert (to, subject) == ("jo@example.org", f"Une photo sous {reference} n’est plus affichée")
    assert "«\xa0Voyez donc\xa0»" in words and "On lit la plaque." in words
    link = urlsplit(re.search(r"http\S+/decision/\S+", words)[0]).path  # type: ignore[index]
    assert reader.get(link[:-2]).status_code == 404
    assert "On lit la plaque." in reader.get(link).text
    assert post_here(reader, link, words="").status_code == 400
    assert post_here(reader, link, words="C’est la mienne.").status_code == 303
    assert 'name="words"' not in reader.get(link).text, "once"
    assert "C’est la mienne." in desk.get(queue).text

    post(desk, f"{queue}?vue=hidden", "photos/[0-9]+/montrer")
    again = develop()
    assert again[1] == two and again[0] not in (None, one)
    assert reader.get(f"/photos/{again[0]}/400.jpg").status_code == 200
    [(to, subject, _)] = told()
    assert (to, subject) == ("jo@example.org", f"Une photo sous {reference} est de nouveau affichée")
    assert reader.get(link).status_code == 404, "nothing is hidden now"


def post_here(client: Any, page: str, **fields: str) -> Any:
    return client.post(page, data={"csrf_token": form_token(client.get(page).text)} | fields)


def test_the_author_of_a_hidden_comment_hears_why(app: Flask, ideas: Ideas, desk: Any, told: Any) -> None:
    reference, client = ideas.idea(), app.test_client()
    owner = text(
        "INSERT INTO contribution_contact (contribution_id, email) SELECT id, 'own@example.org' FROM contribution"
    )
    ideas.session.execute(owner)
    ideas.session.commit()
    sends(app, client, reference, "Appelez le 06 12 34 56 78", email="jo@example.org")
    sends(app, client, reference, "Appelez le 06 12 34 56 79")
    ours, theirs = ideas.session.scalars(text("SELECT id FROM comment ORDER BY id")).all()
    queue = "/moderation/commentaires"
    for comment in (ours, theirs):
        assert post(desk, queue, f"/{comment}/masquer", reason="other").status_code == 303
        assert ideas.value("SELECT state FROM comment WHERE id = :id", id=comment) == "pending", "other asks for words"
        post(desk, queue, f"/{comment}/masquer", reason="other", words="Un numéro privé.")
    [(to, subject, words)] = told()
    assert (to, subject) == ("jo@example.org", f"Votre commentaire sous {reference} n’est plus affiché")
    link = urlsplit(re.search(r"http\S+/decision/\S+", words)[0]).path  # type: ignore[index]
    post_here(client, link, words="C’est le mien.")
    assert "C’est le mien." in desk.get(queue).text, "the answer opens its case again"
    own = f"SELECT id FROM contribution WHERE reference = '{reference}'"
    assert ideas.value(f"SELECT count(*) FROM abuse_case WHERE contribution_id = ({own}) AND comment_id IS NULL") == 0

    # What was undone before the mail left is not told; nor is anybody who mutes.
    post(desk, queue, f"/{ours}/retablir")
    post(desk, f"{queue}?vue=hidden", f"/{theirs}/retablir")
    [(to, subject, words)] = told()
    assert (to, subject) == ("jo@example.org", f"Votre commentaire sous {reference} est de nouveau affiché")
    mute = urlsplit(re.search(r"http\S+/muet/\S+", words)[0]).path  # type: ignore[index]
    assert client.post(mute).status_code == 200
    actor = Actor(role="dispatcher", everywhere=True)
    decide_comment(ideas.session, actor, comment_id=ours, decision="hidden", reason="insult")
    ideas.session.commit()
    assert told() == []


def test_a_town_that_blurs_faces_shows_none(
    app: Flask, ideas: Ideas, develop: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    reference, client = ideas.idea(), app.test_client()
    hint = "Les visages trouvés sont flout"
    page = f"/c/{reference}/commentaires"

    def wishes(faces: str) -> None:
        ideas.session.execute(
            text(
                "UPDATE territory SET settings = jsonb_build_object('faces', CAST(:wish AS text)), "
                "config_version = config_version + 1"
            ),
            {"wish": faces},
        )
        ideas.session.commit()

    def made(key: str | None) -> bytes:
        return bytes(client.get(f"/photos/{key}/1600.jpg").data)

    wishes("leave")
    assert hint not in client.get(page).text
    sends(app, client, reference, "Voyez", PORTRAIT)
    [plain] = develop()
    wishes("auto")
    assert hint in client.get(page).text
    sends(app, client, reference, "Voyez encore", PORTRAIT)
    _, blurred = develop()
    assert made(plain) == derive(PORTRAIT).jpeg_1600 and made(blurred) == derive(PORTRAIT, faces=True).jpeg_1600
    assert made(plain) != made(blurred)

    # Where they cannot be looked for: a town that says "blur" shows nothing, one that says nothing shows all.
    monkeypatch.setattr("app.core.images.faces.can_find_faces", lambda: False)
    monkeypatch.setattr("app.features.contributions.photos.can_find_faces", lambda: False)
    wishes("blur")
    sends(app, client, reference, "Et là", PORTRAIT)
    with pytest.raises(FacesUnchecked, match="EXTRAS=faces"):
        develop()
    assert ideas.value("SELECT state FROM photo ORDER BY id DESC LIMIT 1") == "pending"
    wishes("auto")
    assert hint not in client.get(page).text
    assert made(develop()[2]) == made(plain)


def test_what_waits_shows_no_photo(app: Flask, ideas: Ideas, develop: Any) -> None:
    reference, client = ideas.idea(), app.test_client()
    assert sends(app, client, reference, "Appelez le 06 12 34 56 78", phone_jpeg()).status_code == 303
    [key] = develop()
    assert client.get(f"/photos/{key}/400.jpg").status_code == 404
    assert f"/photos/{key}" not in client.get(f"/c/{reference}/commentaires").text
