"""Whatever is sent to the API: a clear sentence at the right pointer, the right status, and nothing kept."""

from __future__ import annotations

import json
import struct
import zlib
from typing import Any

import pytest

from tests.contract.house import ABSENT, HERE, good, part, pointers, post_form, words
from tests.unit.core.photo_samples import encoded, phone_jpeg, png_chunk, scene

PATH = "/api/v1/contributions"
FAMILY = "👩‍👩‍👧‍👦"


def huge_png() -> bytes:
    """A valid head that promises 30,000 × 30,000 pixels, and rows that compress to nothing."""
    head = struct.pack(">IIBBBBB", 30_000, 30_000, 8, 2, 0, 0, 0)
    rows = zlib.compress(bytes(200_000), 9)
    return b"\x89PNG\r\n\x1a\n" + png_chunk(b"IHDR", head) + png_chunk(b"IDAT", rows) + png_chunk(b"IEND", b"")


def animated_webp() -> bytes:
    return encoded(scene(), "WEBP", save_all=True, append_images=[scene().rotate(90), scene().rotate(180)], duration=80)


PLACES = {
    "outside every territory": ({"lon": 2.35, "lat": 48.85}, "/lat", "hors du territoire (Bayonne)"),
    "on the sea": ({"lon": -1.9, "lat": 43.6}, "/lat", "hors du territoire (Anglet)"),
    "lat=91": ({"lat": 91}, "/lat", "91"),
    "lon=-181": ({"lon": -181}, "/lon", "-181"),
    "swapped axes": ({"lon": HERE["lat"], "lat": HERE["lon"]}, "/lat", "inversées"),
    "no such territory": ({"territory": "atlantis"}, "/territory", "territoire"),
    "another territory": ({"territory": "anglet"}, "/lat", "anglet"),
    "lat as words": ({"lat": "north"}, "/lat", "nombre"),
    "lat between quotes": ({"lat": "43.49"}, "/lat", "nombre"),
    "lat as true": ({"lat": True}, "/lat", "nombre"),
    "accuracy between quotes": ({"accuracy": "4"}, "/accuracy", "nombre"),
    "lat as null": ({"lat": None}, "/lat", "nombre"),
    "lat as a list": ({"lat": [43.5]}, "/lat", "nombre"),
    "no lon": ({"lon": ABSENT}, "/lon", "nécessaire"),
    "negative accuracy": ({"accuracy": -1}, "/accuracy", "0"),
    "accuracy in words": ({"accuracy": "near"}, "/accuracy", "nombre"),
}
CATEGORIES = {
    "unknown kind": ({"kind": "complaint"}, "/kind", "problem, praise, proposal"),
    "no kind": ({"kind": ABSENT}, "/kind", "nécessaire"),
    "kind as number": ({"kind": 1}, "/kind", "problem"),
    "unknown category": ({"category": "unicorn"}, "/category", "unicorn"),
    "category of another town": ({"category": "sports-ground"}, "/category", "sports-ground"),
    "inactive category": ({"category": "shared-scooter"}, "/category", "fermée"),
    "a branch, not a leaf": ({"category": "roads"}, "/category", "précise"),
    "a kind it does not take": ({"category": "gas-smell", "kind": "praise"}, "/category", "contribution"),
    "category with quotes": ({"category": "a'; DROP TABLE contribution; --%s%%"}, "/category", "DROP"),
    "empty category": ({"category": ""}, "/category", "nécessaire"),
    "category of 121 characters": ({"category": "x" * 121}, "/category", "120"),
}
TEXTS = {
    "4,001 characters": ({"text": "é" * 4001}, "/text", "4001"),
    "only spaces": ({"text": " \t\n\u00a0\u3000"}, "/text", "phrase"),
    "only zero width": ({"text": "\u200b\u200d\ufeff\u2060\u00ad"}, "/text", "phrase"),
    "only overrides": ({"text": "\u202e\u2066"}, "/text", "phrase"),
    "only ink-less letters": ({"text": "\u3164\u2800"}, "/text", "phrase"),
    "empty": ({"text": ""}, "/text", "phrase"),
    "no text": ({"text": ABSENT}, "/text", "nécessaire"),
    "text as number": ({"text": 5}, "/text", "texte"),
    "NUL": ({"text": "a\x00b"}, "/text", "NUL"),
    "NUL in the address": ({"address": "1 rue\x00"}, "/address", "NUL"),
    "NUL in a name": ({"contact": {"name": "a\x00"}}, "/contact/name", "NUL"),
    "title of 141": ({"title": "t" * 141}, "/title", "140"),
    "address of 301": ({"address": "a" * 301}, "/address", "300"),
}
ANSWERS = {
    "a question nobody asks": ({"answers": {"colour": "red"}}, "/answers/colour", "question"),
    "its name with a slash": ({"answers": {"a/b~c": 1}}, "/answers/a~1b~0c", "question"),
    "not among the options": (
        {"category": "graffiti", "answers": {"owner": "martian"}}, "/answers/owner", "réponses",
    ),
    "an option as a list": ({"category": "graffiti", "answers": {"owner": ["public"]}}, "/answers/owner", "réponses"),
    "yes or no as 1": ({"category": "graffiti", "answers": {"hateful": 1}}, "/answers/hateful", "par oui ou par non"),
    "many, one unknown": (
        {"category": "blocked-path", "answers": {"obstacle": ["kerb", {"a": 1}]}}, "/answers/obstacle", "réponses",
    ),
    "a required answer missing": ({"category": "gas-smell"}, "/answers/now", "Répondez"),
    "NUL in an answer": ({"category": "graffiti", "answers": {"owner": "\x00"}}, "/answers/owner", "NUL"),
    "answers as a list": ({"answers": ["yes"]}, "/answers", "objet"),
    "answers as null": ({"answers": None}, "/answers", "objet"),
    "no contact where one is needed": ({"category": "pests"}, "/contact/email", "joindre"),
    "contact as words": ({"contact": "me"}, "/contact", "objet"),
    "half an e-mail": ({"contact": {"email": "maite@"}}, "/contact/email", "adresse"),
    "an e-mail with a header": (
        {"contact": {"email": "a@b.fr\r\nBcc: all@b.fr"}}, "/contact/email", "adresse",
    ),
    "a phone in words": ({"contact": {"phone": "call me"}}, "/contact/phone", "chiffres"),
    "unknown contact field": ({"contact": {"fax": "1"}}, "/contact/fax", "champ"),
    "unknown field": ({"colour": "red"}, "/colour", "champ"),
    "photos in JSON": ({"photos": []}, "/photos", "champ"),
    "by telephone, not signed in": ({"channel": "phone"}, "/channel", "bureau"),
    "at the counter, not signed in": ({"channel": "desk"}, "/channel", "bureau"),
    "yes as a text": ({"contact": {"silent": "yes"}}, "/contact/silent", "true"),
    "unknown channel": ({"channel": "pigeon"}, "/channel", "web"),
    "import is not for the public": ({"channel": "import"}, "/channel", "web"),
    "unknown language": ({"language": "tlh"}, "/language", "fr, en, eu"),
}  # fmt: skip


def refused(answer: Any, house: Any, pointer: str, said: str, status: int = 400) -> None:
    assert answer.status_code == status, answer.text
    assert answer.mimetype == "application/problem+json"
    document = answer.get_json()
    assert set(document) >= {"type", "title", "status", "detail", "errors"} and document["status"] == status
    assert pointer in pointers(answer), document
    assert said.lower() in words(answer).lower(), document
    assert all(error["message"] and "%(" not in error["message"] for error in document["errors"])
    assert house.empty()


def test_bad_places(send: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (given, pointer, said) in PLACES.items():
        with subtests.test(name):
            refused(send(**given), house, pointer, said)


def test_bad_categories(send: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (given, pointer, said) in CATEGORIES.items():
        with subtests.test(name):
            refused(send(**given), house, pointer, said)


def test_bad_texts(send: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (given, pointer, said) in TEXTS.items():
        with subtests.test(name):
            refused(send(**given), house, pointer, said)


def test_bad_answers(send: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (given, pointer, said) in ANSWERS.items():
        with subtests.test(name):
            refused(send(**given), house, pointer, said)


BODIES = {
    "NaN": (b'{"lat": NaN}', "/lat", "fini"),
    "Infinity": (b'{"lat": -Infinity}', "/lat", "fini"),
    "1e400": (b'{"lat": 1e400}', "/lat", "fini"),
    "an integer of 400 digits": (b'{"lat": 1' + b"0" * 400 + b"}", "/lat", "trop grand"),
    "an integer of 5,000 digits": (b'{"lat": 1' + b"0" * 5000 + b"}", "", "trop grand"),
    "a lone surrogate": (b'{"text": "a\\ud83d"}', "/text", "Unicode"),
    "a lone surrogate in an answer": (b'{"answers": {"owner": "\\ude00"}}', "/answers/owner", "Unicode"),
    "a lone surrogate in a name": (b'{"answers": {"\\ude00": 1}}', "/answers", "Unicode"),
    "broken off": (b'{"kind": "problem",\n "text": "', "", "ligne 2"),
    "not JSON": (b"kind=problem", "", "ligne 1"),
    "nothing": (b"", "", "ligne 1"),
    "a list": (b"[]", "", "objet"),
    "a word": (b'"problem"', "", "objet"),
    "null": (b"null", "", "objet"),
    "not UTF-8": (b'{"text": "\xe9"}', "", "UTF-8"),
    "nested 30 deep": (b'{"answers": {"a": ' + b"[" * 30 + b"]" * 30 + b"}}", "", "imbriqué"),
    "nested 100,000 deep": (b"[" * 100_000 + b"]" * 100_000, "", "imbriqué"),
    "a field twice": (b'{"kind": "problem", "kind": "praise"}', "/kind", "deux fois"),
    "an answer twice": (b'{"answers": {"owner": "a", "owner": "b"}}', "/answers/owner", "deux fois"),
    "a comment": (b"{/* */}", "", "ligne 1"),
}


def test_bad_json(client: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (body, pointer, said) in BODIES.items():
        with subtests.test(name):
            refused(client.post(PATH, data=body, content_type="application/json"), house, pointer, said)


@pytest.mark.parametrize("kind", ["text/plain", "application/xml", "", "application/octet-stream", "image/jpeg"])
def test_a_wrong_content_type_is_said(client: Any, house: Any, kind: str) -> None:
    answer = client.post(PATH, data=json.dumps(good()).encode(), content_type=kind)
    assert answer.status_code == 415 and answer.mimetype == "application/problem+json"
    assert "JSON" in words(answer) and house.empty()


def test_a_json_body_of_a_megabyte_is_too_large(client: Any, house: Any) -> None:
    answer = client.post(PATH, json=good(text="x" * 1_000_000))
    assert answer.status_code == 413 and answer.mimetype == "application/problem+json" and house.empty()
    assert "256" in answer.json["title"]


def test_a_method_that_is_not_there(client: Any) -> None:
    answer = client.delete(PATH)
    assert (
        answer.status_code == 405 and answer.mimetype == "application/problem+json" and "GET" in answer.headers["Allow"]
    )
    assert client.get("/api/v1/nothing").mimetype == "application/problem+json"


PHOTOS = {
    "0 bytes": (b"", "vide.jpg", "image/jpeg", "vide"),
    "a truncated JPEG": (phone_jpeg(640, 480)[:5000], "rue.jpg", "image/jpeg", ""),
    "only the start of a JPEG": (b"\xff\xd8\xff\xe0", "rue.jpg", "image/jpeg", ""),
    "a PNG of 30,000 × 30,000": (huge_png(), "rue.png", "image/png", "mégapixel"),
    "HTML named .jpg": (b"<!doctype html><script>alert(1)</script>", "rue.jpg", "image/jpeg", "HTML"),
    "SVG": (b'<svg xmlns="http://www.w3.org/2000/svg" onload="alert(1)"/>', "rue.svg", "image/svg+xml", "SVG"),
    "SVG named .png": (b'<?xml version="1.0"?><svg/>', "rue.png", "image/png", "SVG"),
    "an animated WebP": (animated_webp(), "rue.webp", "image/webp", "anim"),
    "a GIF": (encoded(scene(), "GIF"), "rue.gif", "image/gif", "GIF"),
    "a PDF": (b"%PDF-1.7\n", "rue.pdf", "application/pdf", "PDF"),
    "a PNG named .jpg": (encoded(scene(), "PNG"), "rue.jpg", "image/jpeg", "PNG"),
    "words": (b"hello, world", "rue.jpg", "image/jpeg", "photo"),
    "16 MB": (b"\xff\xd8\xff" + bytes(16 * 1024 * 1024), "rue.jpg", "image/jpeg", "15"),
    "a path as its name": (b"no photo", "../../../etc/passwd", "image/jpeg", "photo"),
}


def test_bad_photos(client: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (data, filename, kind, said) in PHOTOS.items():
        with subtests.test(name):
            answer = post_form(client, PATH, good(photos=[part(phone_jpeg()), part(data, filename, kind)]))
            refused(answer, house, "/photos/1", said)


def test_six_photos(client: Any, house: Any) -> None:
    photos = [part(phone_jpeg(100 + number, 80), f"{number}.jpg") for number in range(6)]
    refused(client.post(PATH, data=good(photos=photos)), house, "/photos", "5")


def test_good_photos_of_a_refused_contribution_are_not_kept(client: Any, house: Any) -> None:
    for given, pointer in (
        ({"lat": 48.85, "lon": 2.35}, "/lat"),
        ({"text": " "}, "/text"),
        ({"category": "no"}, "/category"),
    ):
        refused(client.post(PATH, data=good(photos=[part(phone_jpeg())], **given)), house, pointer, "")


FORMS: dict[str, tuple[dict[str, Any], str]] = {
    "a file under another name": ({"picture": part(phone_jpeg())}, "/picture"),
    "photos as words": ({"photos": "rue.jpg"}, "/photos"),
    "a field twice": ({"text": ["one", "two"]}, "/text"),
    "contact both ways": ({"contact": "me", "contact.email": "a@b.fr"}, "/contact"),
    "answers both ways": ({"answers": "x", "answers.owner": "public"}, "/answers"),
    "answers as broken JSON": ({"answers": '{"owner": '}, ""),
    "NUL": ({"text": "a\x00"}, "/text"),
    "NUL in an answer": ({"answers.owner": "\x00"}, "/answers/owner"),
    "lat=nan": ({"lat": "nan"}, "/lat"),
    "lat=1e999": ({"lat": "1e999"}, "/lat"),
    "a comma in a number": ({"lat": "43,49"}, "/lat"),
    "an unknown field": ({"admin": "1"}, "/admin"),
    "nothing": (dict.fromkeys(good(), ABSENT), "/kind"),
}


def test_bad_forms(client: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (given, pointer) in FORMS.items():
        with subtests.test(name):
            answer = client.post(PATH, data=good(**given), content_type="multipart/form-data")
            refused(answer, house, pointer, "")


def test_a_form_without_its_boundary(client: Any, house: Any) -> None:
    answer = client.post(PATH, data=b"--x\r\n", headers={"Content-Type": "multipart/form-data"})
    assert answer.status_code == 400 and house.empty()


@pytest.mark.parametrize("value", [True, "yes"])
def test_an_emergency_is_stopped_with_the_number(send: Any, client: Any, house: Any, value: Any) -> None:
    answer = send(category="gas-smell", answers={"now": value})
    refused(answer, house, "/answers/now", "0 800 47 33 33")
    english = client.post(f"{PATH}?lang=en", json=good(category="gas-smell", answers={"now": value}, language="en"))
    assert "Move away" in words(english) and "call" in words(english)
    form = client.post(PATH, data=good(category="gas-smell") | {"answers.now": "yes"})
    refused(form, house, "/answers/now", "0 800 47 33 33")
    assert send(category="gas-smell", answers={"now": False}).status_code == 201


KEPT = {
    "emoji with joiners": (f"Merci {FAMILY} !", f"Merci {FAMILY} !"),
    "a flag and a skin tone": ("🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽", "🏴󠁧󠁢󠁥󠁮󠁧󠁿 👍🏽"),
    "right-to-left words and marks": ("مرحبا \u200f123\u200e", "مرحبا \u200f123\u200e"),
    "right-to-left overrides": ("a\u202eb\u2066c", "abc"),
    "control characters": ("a\x07b\x1bc", "abc"),
    "combining accents": ("cafe\u0301", "café"),
    "4,000 characters": ("é" * 4000, "é" * 4000),
    "4,000 with the line ends of a browser": ("a\r\n" * 1999 + "b", "a\n" * 1999 + "b"),
    "SQL and quotes": (
        "'; DROP TABLE contribution; -- %s %(a)s {0} \\",
        "'; DROP TABLE contribution; -- %s %(a)s {0} \\",
    ),
    "HTML": ("<script>alert(1)</script>", "<script>alert(1)</script>"),
    "joiners of Persian": ("می\u200cخواهم", "می\u200cخواهم"),
}


def test_what_is_kept_as_it_was_written(send: Any, client: Any, subtests: pytest.Subtests) -> None:
    for name, (sent, kept) in KEPT.items():
        with subtests.test(name):
            answer = send(text=sent)
            assert answer.status_code == 201, answer.text
            reference = answer.get_json()["reference"]
            assert client.get(f"{PATH}/{reference}").get_json()["text"] == kept
            page = client.get(f"/c/{reference}")
            assert page.status_code == 200 and "<script>alert" not in page.text


def test_short_fields_are_kept_on_one_line(send: Any, client: Any, house: Any) -> None:
    contact = {"name": "Maite\r\nBcc: all@example.org", "email": "maite@example.org"}
    answer = send(title="Un\ntrou\u202e", address="1\r\nrue d'Espagne", contact=contact)
    face = client.get(f"{PATH}/{answer.get_json()['reference']}").get_json()
    assert (face["title"], face["address"]) == ("Un trou", "1 rue d'Espagne")
    assert house.sql("SELECT name FROM contribution_contact") == "Maite Bcc: all@example.org"
    blank = send(title="\u200b", text="Une vraie phrase.").get_json()["reference"]
    assert client.get(f"{PATH}/{blank}").get_json()["title"] is None
