"""The form of a page without scripts: what is refused is said beside its field, and nothing typed is lost."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest

from tests.contract.house import ABSENT, HERE, Page, part
from tests.unit.core.photo_samples import phone_jpeg

TYPED = "Un trou profond & large, « devant » le 12."

BAD: dict[str, tuple[dict[str, Any], str, str]] = {
    "outside every territory": ({"lon": "2.35", "lat": "48.85"}, "place", "hors du territoire (Bayonne)"),
    "on the sea": ({"lon": "-1.9", "lat": "43.6"}, "place", "hors du territoire (Anglet)"),
    "lat=91": ({"lat": "91"}, "place", "91"),
    "swapped axes": ({"lon": "43.4929", "lat": "-1.4748"}, "place", "inversées"),
    "NaN": ({"lat": "nan"}, "place", "fini"),
    "words for a number": ({"lat": "nord"}, "place", "nombre"),
    "no place": ({"lon": "", "lat": ""}, "place", "repère"),
    "no category": ({"category": ABSENT}, "category", "de quoi il s’agit"),
    "no text": ({"text": ""}, "text", "phrase"),
    "unknown category": ({"category": "unicorn'\"<b>"}, "category", "unicorn"),
    "inactive category": ({"category": "shared-scooter"}, "category", "fermée"),
    "a branch": ({"category": "roads"}, "category", "précise"),
    "only spaces": ({"text": " \n\u200b"}, "text", "phrase"),
    "4,001 characters": ({"text": "é" * 4001}, "text", "4001"),
    "NUL": ({"text": "a\x00b"}, "text", "NUL"),
    "half an e-mail": ({"email": "maite@"}, "email", "adresse"),
    "no contact where one is needed": ({"category": "pests", "email": ""}, "email", "joindre"),
    "a required answer": ({"category": "gas-smell"}, "answers.gas-smell.now", "Répondez"),
    "an emergency": (
        {"category": "gas-smell", "answers.gas-smell.now": "yes"}, "answers.gas-smell.now", "0 800 47 33 33",
    ),
    "an answer nobody offered": (
        {"category": "graffiti", "answers.graffiti.owner": "martian"}, "answers.graffiti.owner", "réponses",
    ),
    "an unknown field": ({"admin": "1"}, "admin", "champ"),
}  # fmt: skip


LEADS_TO = {"place-errors": "place", "photos-input": "photos", "category-first": "category"}
"""What takes the focus for a field that is made of several things."""


def problems(page: str) -> dict[str, str]:
    """The sentences at the top of the page, by the field that they lead to."""
    summary = re.search(r'<div class="problems".*?</div>', page, re.S)
    assert summary, "no summary of what to mend"
    links = re.findall(r'<a href="#([^"]+)">(.*?)</a>', summary.group(), re.S)
    for target in LEADS_TO.keys() & dict(links).keys():
        assert f'id="{target}"' in page, "a line that leads nowhere"
    return {LEADS_TO.get(target) or html.unescape(target): html.unescape(words) for target, words in links}


def test_what_is_refused_is_said_and_what_was_typed_stays(client: Any, house: Any, subtests: pytest.Subtests) -> None:
    for name, (typed, field, said) in BAD.items():
        with subtests.test(name):
            page = Page(client)
            answer = page.post(**{"text": TYPED, "email": "zorion@example.org", "address": "12 rue X"} | typed)
            assert answer.status_code == 400, name
            found = problems(answer.text)
            assert field in found and said.lower() in found[field].lower(), found
            assert house.empty()
            for value in (typed.get("text", TYPED).strip(), typed.get("email", "zorion@example.org"), "12 rue X"):
                assert value.replace("\x00", "") in html.unescape(answer.text).replace("\x00", ""), value
            assert "unicorn'\"<b>" not in answer.text


def test_all_that_is_not_there_is_said_at_once_from_the_top_of_the_page_down(client: Any, house: Any) -> None:
    for nowhere in ("", "une adresse que personne ne connaît"):
        answer = Page(client).post(text="", category="", lat="", lon="", address=nowhere)
        assert (answer.status_code, [*problems(answer.text)]) == (400, ["place", "category", "text"])
    assert house.empty()


def test_answers_without_a_question_are_refused(client: Any, house: Any) -> None:
    answer = Page(client).post(text=TYPED, answers="oui")
    assert answer.status_code == 400 and house.empty()
    assert TYPED in html.unescape(answer.text)


def test_a_question_of_several_answers_keeps_them_all(client: Any, house: Any) -> None:
    several = {"category": "blocked-path", "answers.blocked-path.obstacle": ["kerb", "slope"]}
    refused = Page(client).post(**several, text="")
    ticked = re.findall(r'name="answers.blocked-path.obstacle" value="([^"]+)" checked', refused.text)
    assert (refused.status_code, ticked) == (400, ["kerb", "slope"])
    assert Page(client).post(**several, text=TYPED).status_code == 303
    assert house.sql("SELECT answers FROM contribution") == {"obstacle": ["kerb", "slope"]}


def test_the_photos_of_a_refused_form_come_back_without_their_files(client: Any, house: Any) -> None:
    page = Page(client)
    answer = page.post(text=" ", photos=[part(phone_jpeg()), part(phone_jpeg(300, 200), "b.jpg")])
    assert answer.status_code == 400 and "2 photos" in answer.text
    assert page.hidden["kept_photos"] and len(house.files()) == 2 and not any(house.rows().values())
    assert page.post(text=TYPED).status_code == 303
    assert house.sql("SELECT photo_count FROM contribution") == 2 == house.rows()["photo"]
    assert len(house.files()) == 2


def test_one_bad_photo_does_not_lose_the_others(client: Any, house: Any) -> None:
    page = Page(client)
    photos = [part(phone_jpeg()), part(b"<html>", "fake.jpg"), part(phone_jpeg(300, 200), "b.jpg")]
    answer = page.post(photos=photos, text=TYPED)
    assert answer.status_code == 400 and "HTML" in problems(answer.text)["photos"]
    assert TYPED in html.unescape(answer.text) and len(house.files()) == 2
    assert page.post(text=TYPED).status_code == 303
    assert house.rows()["photo"] == 2


def test_six_photos_keep_five_and_say_so(client: Any, house: Any) -> None:
    page = Page(client)
    photos = [part(phone_jpeg(100 + number, 80), f"{number}.jpg") for number in range(6)]
    answer = page.post(photos=photos, text=TYPED)
    assert answer.status_code == 400 and "5" in problems(answer.text)["photos"] and len(house.files()) == 5
    assert page.post(text=TYPED, photos=[part(phone_jpeg())]).status_code == 400
    assert page.post(text=TYPED).status_code == 303
    assert house.rows()["photo"] == 5


@pytest.mark.parametrize("kept", ["", "nonsense", "e30.x.y", "\x00", "é" * 50])
def test_kept_photos_that_we_did_not_sign_are_none(client: Any, house: Any, kept: str) -> None:
    page = Page(client)
    answer = page.post(text=TYPED, kept_photos=kept)
    assert answer.status_code in (303, 400)
    assert house.rows()["photo"] == 0


def test_a_form_sent_twice_is_one(client: Any, house: Any) -> None:
    page = Page(client)
    first, again = page.post(text=TYPED), page.post(text=TYPED)
    assert first.status_code == again.status_code == 303 and first.location == again.location
    assert house.rows()["contribution"] == 1
    assert client.get(first.location).status_code == 200


def test_a_form_sent_again_with_other_words_comes_back_whole(client: Any, house: Any) -> None:
    """Sent, gone back to, and changed: what was received stays, what is new is not lost, and may follow."""
    page = Page(client)
    assert page.post(text=TYPED).status_code == 303
    key = page.hidden["key"]
    answer = page.post(text="Tout autre chose.", photos=[part(phone_jpeg())])
    assert answer.status_code == 400 and "déjà été reçu" in problems(answer.text)["send"]
    assert "Idempotency" not in answer.text and "Tout autre chose." in answer.text and "1 photo" in answer.text
    assert house.rows()["contribution"] == 1 and page.hidden["key"] != key
    assert page.post(text="Tout autre chose.").status_code == 303
    assert house.rows()["contribution"] == 2 and house.rows()["photo"] == 1


def test_coordinates_are_typed_with_the_decimal_comma_of_their_language(client: Any, house: Any) -> None:
    page = Page(client)
    typed = {axis: str(HERE[axis]).replace(".", ",") for axis in ("lon", "lat")}
    assert page.post(text=TYPED, **typed).status_code == 303
    assert house.sql("SELECT ST_X(geom) FROM contribution") == HERE["lon"]


def test_a_key_that_is_none_is_no_key(client: Any, house: Any) -> None:
    page = Page(client)
    for key in ("", "short", "x" * 500, "a'; DROP TABLE --", "clé de huit"):
        page.hidden["key"] = key
        assert page.post(text=TYPED).status_code == 303
    assert house.rows()["idempotency"] == 0 and house.rows()["contribution"] == 5


def test_without_its_token_a_form_is_refused(client: Any, house: Any) -> None:
    assert client.post("/contribuer/problem", data={"text": TYPED}).status_code in (201, 303, 400)
    assert house.empty()


def test_a_form_whose_session_was_lost_comes_back_whole(client: Any, house: Any) -> None:
    page = Page(client)
    client.delete_cookie("auzolan")
    answer = page.post(text=TYPED, address="12 rue X", photos=[part(phone_jpeg())])
    assert answer.status_code == 400 and "renvoyez" in problems(answer.text)["send"]
    assert TYPED in html.unescape(answer.text) and "12 rue X" in answer.text and not any(house.rows().values())
    assert page.post(text=TYPED, address="12 rue X").status_code == 303
    assert house.rows()["contribution"] == house.rows()["photo"] == 1


def test_any_other_form_whose_session_was_lost_gives_its_words_back(client: Any, house: Any) -> None:
    answer = client.post("/c/BAY-1/commentaires", data={"text": TYPED + "</textarea>", "argument": "for"})
    assert answer.status_code == 400 and TYPED in html.unescape(answer.text)
    assert "</textarea></textarea>" not in answer.text and "Ce que vous avez écrit" in answer.text


def test_hostile_words_are_words_on_every_page(client: Any, house: Any) -> None:
    hostile = "<script>alert(1)</script>\"'><img src=x onerror=alert(1)>{{7*7}}%s%(x)s"
    page = Page(client)
    answer = page.post(text=hostile, address=hostile)
    assert answer.status_code == 303, answer.text
    house.place()
    reference = house.sql("SELECT reference FROM contribution")
    for path in (answer.location, f"/c/{reference}", "/liste", "/", f"/liste?q={hostile}", "/list-fragment"):
        shown = client.get(path)
        assert shown.status_code == 200
        assert (
            "<script>alert(1)" not in shown.text
            and "<img src=x" not in shown.text
            and "49" not in re.findall(r"alert\(1\)&gt;(\d+)", shown.text)
        )
        assert "default-src 'none'" in shown.headers["Content-Security-Policy"]


def test_an_empty_house_after_a_full_disk(client: Any, house: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    from app.core.storage import LocalStorage, StorageFull

    def full(self: LocalStorage, key: str, data: bytes) -> None:
        raise StorageFull("no space left for files")

    monkeypatch.setattr(LocalStorage, "put", full)
    page = Page(client)
    answer = page.post(text=TYPED, photos=[part(phone_jpeg())])
    assert answer.status_code == 503 and TYPED in html.unescape(answer.text)
    assert "photos" in problems(answer.text) and not any(house.rows().values())
    page.read(answer.text)
    assert page.post(text=TYPED).status_code == 303
