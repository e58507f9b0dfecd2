"""Photos in comments: the same way in and out as a contribution's, and none of the contribution's own."""

from __future__ import annotations

import io
import re
from typing import Any

import pytest
from flask import Flask
from PIL import Image
from sqlalchemy import text
from werkzeug.datastructures import FileStorage
from werkzeug.test import encode_multipart

from app.features.accounts.policies import Actor
from app.features.contributions.photos import derive_photo
from app.features.participation.services.moderating import decide_comment
from tests.integration.participation.conftest import Ideas
from tests.support.desk import form_token
from tests.unit.core.photo_samples import phone_jpeg


def sends(app: Flask, client: Any, reference: str, words: str, *photos: bytes) -> Any:
    address = f"/c/{reference}/commentaires"
    page = client.get(address).text
    fields = {
        name: found[1]
        for name in ("csrf_token", "sending")
        if (found := re.search(rf'name="{name}" value="([^"]+)"', page))
    }
    files = [FileStorage(io.BytesIO(data), "rue.jpg", content_type="image/jpeg") for data in photos]
    boundary, body = encode_multipart(fields | {"text": words, "stance": "for", "photos": files})
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


def test_what_waits_shows_no_photo(app: Flask, ideas: Ideas, develop: Any) -> None:
    reference, client = ideas.idea(), app.test_client()
    assert sends(app, client, reference, "Appelez le 06 12 34 56 78", phone_jpeg()).status_code == 303
    [key] = develop()
    assert client.get(f"/photos/{key}/400.jpg").status_code == 404
    assert f"/photos/{key}" not in client.get(f"/c/{reference}/commentaires").text
