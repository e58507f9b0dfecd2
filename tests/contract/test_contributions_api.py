"""`/api/v1/contributions` as outside checks rely on it: fields, statuses, promises."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from datetime import date, datetime
from typing import Any
from urllib.parse import urlsplit

import pytest

from app.features.accounts import residents
from tests.contract.house import HERE, good, part, pointers, words
from tests.unit.core.photo_samples import phone_jpeg

PATH = "/api/v1/contributions"


def test_a_contribution_is_answered_with_its_number_and_its_receipt(send: Any, client: Any, house: Any) -> None:
    answer = send()
    assert answer.status_code == 201
    said = answer.get_json()
    assert set(said) >= {"reference", "url", "follow_url", "receipt"}
    assert said["reference"].startswith("BAY-") and said["reference"][4:].isdecimal()
    assert answer.headers["Location"].endswith(f"{PATH}/{said['reference']}")
    receipt = said["receipt"]
    assert datetime.fromisoformat(receipt["date"]).tzinfo
    assert set(receipt["service"]) >= {"slug", "name", "postal_address", "email", "phone"}
    assert "Bayonne" in receipt["service"]["postal_address"] and "@" in receipt["service"]["email"]
    assert receipt["service"]["phone"]
    assert receipt["delay"]["days"] > 0 and date.fromisoformat(receipt["due"])
    assert house.rows() | {"event": 0} == {
        "contribution": 1, "contribution_contact": 0, "photo": 0, "ticket": 0, "event": 0, "outbox": 1,
        "idempotency": 0, "map_cell": 0, "support": 0, "follow": 0,
    }  # fmt: skip
    for address in (said["url"], said["follow_url"]):
        assert client.get(urlsplit(address).path).status_code == 200


@pytest.mark.parametrize("kind", ["problem", "praise", "proposal"])
def test_the_public_face_of_the_three_kinds(send: Any, client: Any, house: Any, kind: str) -> None:
    sent = send(kind=kind, category="pavement", title="Trottoir", address="Rue d'Espagne", accuracy=12.5).get_json()
    before = client.get(f"{PATH}/{sent['reference']}").get_json()
    assert before["ticket"] is None and before["routing"] is None and before["state"] == "new"
    house.place()
    face = client.get(f"{PATH}/{sent['reference'].lower()}").get_json()
    assert face["reference"] == sent["reference"] and face["kind"] == kind and face["state"] == "new"
    assert face["ticket"]["reference"] == sent["reference"] and face["ticket"]["state"] == "new"
    assert set(face["ticket"]["service"]) >= {"slug", "name"}
    assert face["ticket"]["service"]["slug"] == sent["receipt"]["service"]["slug"]
    assert set(face["routing"]) >= {"rule", "reason"} and face["routing"]["reason"]
    assert (face["lon"], face["lat"]) == pytest.approx((HERE["lon"], HERE["lat"]), abs=1e-9)
    assert face["title"] == "Trottoir" and face["text"] == "Un trou devant le 12."
    assert face["photos"] == []
    due = house.sql("SELECT due_at FROM ticket")
    assert (due is not None) == (kind == "problem") == (sent["receipt"]["delay"] is not None)


def test_what_a_resident_says_is_kept_while_they_are_signed_in(
    send: Any, client: Any, house: Any, session: Any
) -> None:
    """Asking who is there opens a transaction: what is written after it must not be lost with it."""
    residents.ask_to_sign_in(session, email="maite@resident.example", language="fr", site=None)
    session.commit()
    secret = residents.use_sign_in(session, wish_id=house.sql("SELECT max(id) FROM sign_in"), site=None)
    session.commit()
    client.set_cookie("auzolan_resident", secret)
    assert client.get("/moi").status_code == 200 and "maite@resident.example" in client.get("/moi").text
    for headers in ({}, {"Sec-Fetch-Site": "same-origin"}):
        sent = send(headers=headers)
        assert sent.status_code == 201
        assert client.get(f"{PATH}/{sent.get_json()['reference']}").status_code == 200
    assert house.rows()["contribution"] == 2 == house.sql("SELECT count(*) FROM authorship")


def test_the_same_key_and_body_is_answered_alike(send: Any, house: Any) -> None:
    key = {"Idempotency-Key": "6f1ccf6e-5a7c-4d4f-8f9b-0d6f6e3f7a11"}
    first, again = send(headers=key), send(headers=key)
    assert (first.status_code, again.status_code) == (201, 201)
    assert first.get_json() == again.get_json()
    assert house.rows()["contribution"] == 1
    other = send(headers=key, text="Autre chose.")
    assert other.status_code == 422 and other.mimetype == "application/problem+json"
    assert house.rows()["contribution"] == 1


def test_a_refused_body_does_not_use_up_its_key(send: Any, house: Any) -> None:
    key = {"Idempotency-Key": "a-key-of-the-phone"}
    assert send(headers=key, text=" ").status_code == 400
    assert send(headers=key).status_code == 201
    assert house.rows()["contribution"] == 1


def test_a_form_with_photos_has_its_key_too(client: Any, house: Any) -> None:
    key = {"Idempotency-Key": "photos-sent-twice"}
    photo = phone_jpeg()

    def sent(**more: Any) -> Any:
        return client.post(PATH, data=good(photos=[part(photo)]) | more, headers=key)

    first, again = sent(), sent()
    assert first.status_code == 201 and first.get_json() == again.get_json()
    other = client.post(PATH, data=good(photos=[part(phone_jpeg(200, 200))]), headers=key)
    assert other.status_code == 422
    assert house.rows()["photo"] == 1 and len(house.files()) == 1


def test_twenty_at_once_with_one_key_are_one(app: Any, house: Any) -> None:
    key = {"Idempotency-Key": "twenty-taps-on-send"}

    def one(_: int) -> tuple[int, Any]:
        with app.test_client() as client:
            answer = client.post(PATH, json=good(), headers=key)
            return answer.status_code, answer.get_json()

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(one, range(20)))
    assert {status for status, _ in answers} == {201}
    assert len({repr(document) for _, document in answers}) == 1
    assert house.rows()["contribution"] == house.rows()["outbox"] == house.rows()["idempotency"] == 1


@pytest.mark.parametrize("key", ["short", "x" * 129, "with space", "é" * 10])
def test_a_bad_key_is_said(send: Any, house: Any, key: str) -> None:
    answer = send(headers={"Idempotency-Key": key.encode().decode("latin-1")})
    assert answer.status_code == 400 and "Idempotency-Key" in pointers(answer)[0]
    assert house.empty()


def test_a_form_with_photos_becomes_pictures_without_metadata(client: Any, house: Any) -> None:
    files = [part(phone_jpeg(800, 600, orientation=6)), part(phone_jpeg(640, 480), "b.jpeg")]
    answer = client.post(PATH, data=good(photos=files) | {"contact.email": "maite@example.org"})
    assert answer.status_code == 201, answer.text
    reference = answer.get_json()["reference"]
    assert client.get(f"{PATH}/{reference}").get_json()["photos"] == []
    house.place()
    house.develop()
    photos = client.get(f"{PATH}/{reference}").get_json()["photos"]
    assert len(photos) == 2
    for photo in photos:
        for size in (1600, 400):
            picture = client.get(urlsplit(photo[f"url_{size}"]).path)
            assert picture.status_code == 200 and picture.mimetype == "image/jpeg"
            for secret in (b"Exif", b"Secret", b"XMP", b"2026:05:12"):
                assert secret not in picture.data


def test_answers_and_contact_may_be_sent_as_form_fields(client: Any, house: Any) -> None:
    data = good(category="graffiti") | {
        "answers.hateful": "yes",
        "answers.owner": "public",
        "contact.phone": "0559460000",
    }
    assert client.post(PATH, data=data).status_code == 201
    assert house.sql("SELECT answers FROM contribution") == {"hateful": "yes", "owner": "public"}
    assert house.sql("SELECT phone FROM contribution_contact") == "0559460000"
    data = good(category="blocked-path") | {"answers.obstacle": ["kerb", "narrow"]}
    assert client.post(PATH, data=data).status_code == 201
    assert client.post(PATH, data=good(category="blocked-path") | {"answers.obstacle": "kerb"}).status_code == 201


def test_what_does_not_exist_and_what_is_no_longer_shown(send: Any, client: Any, house: Any) -> None:
    assert client.get(f"{PATH}/BAY-999999").status_code == 404
    reference = send().get_json()["reference"]
    for visibility, status in (("pending", 404), ("hidden", 410), ("withdrawn", 410)):
        house.sql("UPDATE contribution SET visibility = :v", v=visibility)
        answer = client.get(f"{PATH}/{reference}")
        assert answer.status_code == status and answer.mimetype == "application/problem+json"
        assert client.get(f"/c/{reference}").status_code == status
        assert "Un trou" not in answer.text + client.get(f"/c/{reference}").text


def test_words_of_another_language_are_said_in_it(client: Any) -> None:
    seen = set()
    for lang in ("fr", "en", "eu"):
        answer = client.post(f"{PATH}?lang={lang}", json=good(text=" "))
        seen.add(words(answer))
    assert len(seen) == 3
