"""What programs read: territories, categories, the list by pages, hotspots; and what nobody may read there."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote, urlsplit

import pytest

from tests.contract.house import HERE, good, part, pointers, post_form
from tests.unit.core.photo_samples import phone_jpeg

LIST = "/api/v1/contributions"


def every_page(client: Any, address: str, between: Any = lambda: None) -> list[str]:
    """The references of all pages, as a program that follows `next` gets them; `between` runs after each page."""
    found = []
    while address:
        answer = client.get(address)
        assert answer.status_code == 200 and answer.mimetype == "application/geo+json", answer.text
        page = answer.get_json()
        assert page["type"] == "FeatureCollection"
        found += [feature["properties"]["reference"] for feature in page["features"]]
        following = page["next"]
        assert (following is None) == ("Link" not in answer.headers)
        address = following and f"{urlsplit(following).path}?{urlsplit(following).query}"
        between()
    return found


def test_territories_and_their_boundaries(client: Any) -> None:
    listed = client.get("/api/v1/territories").get_json()["territories"]
    assert {territory["slug"] for territory in listed} == {"bayonne", "anglet"}
    town = client.get("/api/v1/territories/bayonne").get_json()
    assert town["slug"] == "bayonne" and town["name"] == "Bayonne"
    assert town["type"] == "Feature" and town["geometry"]["type"] in ("Polygon", "MultiPolygon")
    assert client.get("/api/v1/territories/atlantis").status_code == 404


def test_the_categories_of_a_town(client: Any) -> None:
    answer = client.get("/api/v1/categories?territory=bayonne").get_json()
    categories = {category["slug"]: category for category in answer["categories"]}
    assert len(categories) >= 40 and "shared-scooter" not in categories and "sports-ground" not in categories
    pothole = categories["pothole"]
    assert set(pothole) >= {"slug", "kinds", "labels", "questions", "group_radius_m", "group_window_days"}
    assert set(pothole["labels"]) == {"fr", "en", "eu"} and "problem" in pothole["kinds"]
    assert categories["graffiti"]["questions"][0]["slug"] == "hateful"
    assert pointers(client.get("/api/v1/categories")) == ["/territory"]
    assert client.get("/api/v1/categories?territory=atlantis").status_code == 404


def test_following_the_cursor_meets_each_once_while_others_arrive(send: Any, client: Any, house: Any) -> None:
    before = {send(lon=HERE["lon"] + step / 10_000).get_json()["reference"] for step in range(23)}
    late: list[str] = []

    def arrive() -> None:
        late.append(send(kind="praise").get_json()["reference"])

    found = every_page(client, f"{LIST}?limit=5", arrive)
    assert len(found) == len(set(found)) and before <= set(found)
    assert late and set(found) - before <= set(late)


def test_the_filters_of_the_list(send: Any, client: Any, house: Any) -> None:
    hole = send().get_json()["reference"]
    idea = send(kind="proposal", category="bench", lon=-1.46, lat=43.5).get_json()["reference"]
    house.place()
    for query, expected in {
        "": {hole, idea},
        "kind=problem": {hole},
        "kind=problem,proposal": {hole, idea},
        "category=roads": {hole},
        "category=bench": {idea},
        "bbox=-1.48,43.49,-1.47,43.495": {hole},
        "state=new": {hole, idea},
        "state=done": set(),
        "since=2020-01-01": {hole, idea},
        "since=2100-01-01T00:00:00Z": set(),
        "changed_since=2020-01-01": {hole, idea},
        "changed_since=2100-01-01T00:00:00Z": set(),
        "changed_since=2020-01-01&sort=changed": {hole, idea},
        "kind=problem&kind=proposal": {hole, idea},
        "territory=anglet": set(),
    }.items():
        assert set(every_page(client, f"{LIST}?{query}")) == expected, query
    point = client.get(f"{LIST}?kind=problem").get_json()["features"][0]
    assert point["geometry"]["coordinates"] == pytest.approx([HERE["lon"], HERE["lat"]], abs=1e-6)
    assert set(point["properties"]) >= {"reference", "kind", "category", "state", "url"}


NONSENSE = {
    "bbox=1,2,3": "/bbox", "bbox=a,b,c,d": "/bbox", "bbox=nan,0,1,1": "/bbox", "bbox=-1,43,-2,44": "/bbox",
    "bbox=43,-2,44,-1": "/bbox", "bbox=0,0,1,95": "/bbox", "bbox=-1e999,0,1,1": "/bbox", "bbox=0,0,1,1,": "/bbox",
    "limit=0": "/limit", "limit=-1": "/limit", "limit=501": "/limit", "limit=x": "/limit", "limit=1e2": "/limit",
    "limit=" + "9" * 5000: "/limit",
    "cursor=%27%20OR%201=1": "/cursor", "cursor=AAAA": "/cursor", "cursor=////////////////////": "/cursor",
    "kind=complaint": "/kind", "kind=problem'--": "/kind", "state=lost": "/state", "state=%25": "/state",
    "category=unicorn": "/category", "category=%25": "/category", "category='%3B--": "/category",
    "since=yesterday": "/since", "changed_since=yesterday": "/changed_since",
    "since=2026-13-01": "/since", "period=3w": "/period",
    "kind=%00": "/kind", "category=a%00": "/category", "%00=1": "/", "x=%00": "/x", "cursor=%00": "/cursor",
}  # fmt: skip


def test_nonsense_in_the_filters_is_said(client: Any, subtests: pytest.Subtests) -> None:
    for query, pointer in NONSENSE.items():
        with subtests.test(query[:60]):
            answer = client.get(f"{LIST}?{query}")
            assert answer.status_code == 400 and answer.mimetype == "application/problem+json", answer.text
            assert pointers(answer) == [pointer]
            assert answer.get_json()["errors"][0]["message"]


ODD = (
    "cursor=f____________________w", "since=0001-01-01", "since=9999-12-31T23:59:59-23:59", "since=9999-12-31",
    "since=0001-01-01T00:00:00%2B23:59", "bbox=-180,-90,180,90", "bbox=0,0,0,0", "kind=", "state=all", "kind=,,", "x=1",
    "category=roads,pothole", "period=all", "lang=tlh", "lang=%27", "limit=500",
)  # fmt: skip


def test_odd_but_possible_questions_are_answered(send: Any, client: Any, subtests: pytest.Subtests) -> None:
    send()
    for query in ODD:
        with subtests.test(query):
            assert client.get(f"{LIST}?{query}").status_code in (200, 400)
            assert client.get(f"/tiles/contributions/14/8124/5984.mvt?{query}").status_code in (200, 400)
            assert client.get(f"/tiles/contributions.json?{query}").status_code in (200, 400)
            for page in ("/", "/liste", "/list-fragment"):
                assert client.get(f"{page}?{query}").status_code == 200


ADDRESSES = (
    "/api/v1/contributions/%00", "/api/v1/contributions/" + "9" * 300, "/api/v1/contributions/%27%3B--",
    "/api/v1/contributions/..%2f..%2fetc", "/api/v1/territories/%00", "/api/v1/territories/%F0%9F%98%80",
    "/api/v1/categories?territory=%00", "/api/v1/tickets/%00", "/api/v1/services/%00/tickets", "/api/v1/hotspots/%00",
    "/c/%00", "/c/%0d%0aSet-Cookie:%20a=1", "/c/BAY-1/suivi/%00", "/c/BAY-1/recu/x", "/photos/%00/400.jpg",
    "/photos/..%2f..%2foriginals/400.jpg", "/photos/" + "0" * 32 + "/1600.jpg", "/photos/x/401.jpg",
    "/photos/x/" + "9" * 400 + ".jpg", "/photos/%2e%2e/400.jpg", "/static/../settings.py", "/static/%2e%2e/settings.py",
    "/static/%00", "/tiles/contributions/25/0/0.mvt", "/tiles/contributions/14/99999/0.mvt",
    f"/tiles/contributions/{10**30}/0/0.mvt", f"/tiles/contributions/3/{10**30}/{10**30}.mvt", "/recherche?q=%00",
    "/recherche?q=" + quote("a\r\nSet-Cookie: b=1"), "/liste?q=%00", "/liste?q=%25%27%22%5C_", "/liste?offset=-1",
    "/liste?offset=" + "9" * 5000, "/liste?period=" + "9" * 5000, "/contribuer/proches?lon=nan&lat=inf",
    "/contribuer/proches?lon=-1.47&lat=43.49&category=%27%25&kind=%27", "/contribuer/proches?lon=-1.47&lat=90",
    "/contribuer/problem?lon=%22%3E%3Cscript%3E&category=%27", "/contribuer/complaint",
    "/api/v1/geocode?q=%00", "/api/v1/geocode?q=%25&limit=-5", "/api/v1/geocode?lon=nan&lat=1",
    "/api/v1/geocode?lon=1&lat=1",
    "/api/v1/geocode?q=a&limit=" + "9" * 5000, "/api/v1/hotspots?bbox=1", "/api/v1/hotspots?kind=x",
    "/connexion?next=//evil.example", "/connexion?next=%00", "/theme/dark?next=https://evil.example/x",
)  # fmt: skip


def test_an_address_is_not_looked_up_for_nonsense(client: Any, subtests: pytest.Subtests) -> None:
    for query, pointer in {
        "": "/q", "q=%20": "/q", "q=rue&limit=0": "/limit", "q=rue&limit=1.5": "/limit", "q=rue&limit=11": "/limit",
        "lon=1": "/lat", "lat=1": "/lon", "lon=1&lat=x": "/lat", "q=rue&lon=181&lat=1": "/lon", "lon=nan&lat=1": "/lon",
    }.items():  # fmt: skip
        with subtests.test(query):
            answer = client.get(f"/api/v1/geocode?{query}")
            assert answer.status_code == 400 and pointers(answer) == [pointer], answer.text
    assert client.get("/api/v1/geocode?q=rue&lon=&lat=&limit=").status_code == 200


def test_no_address_breaks_the_house(client: Any, subtests: pytest.Subtests) -> None:
    for address in ADDRESSES:
        with subtests.test(address[:70]):
            answer = client.get(address)
            assert answer.status_code < 500, answer.text
            assert "Set-Cookie: b" not in str(answer.headers) and "evil.example" not in answer.headers.get(
                "Location", ""
            )
            if address.startswith("/api/") and answer.status_code >= 400:
                assert answer.mimetype == "application/problem+json"


def test_a_moderated_contribution_is_nowhere_before_its_time(client: Any, house: Any) -> None:
    sent = post_form(
        client,
        LIST,
        good(category="abandoned-vehicle", text="Épave secrète", photos=[part(phone_jpeg())])
        | {"answers.vehicle": "car", "answers.plate": "present"},
    ).get_json()
    house.place()
    house.develop()
    key = house.sql("SELECT public_key FROM photo")
    absent_everywhere(client, sent["reference"], key, "secrète", 404)
    # Its author reads it all the same, and so does the service.
    assert "secrète" in client.get(urlsplit(sent["follow_url"]).path).text
    ticket = client.get(f"/api/v1/tickets/{sent['reference']}", headers=house.bearer())
    assert "secrète" in ticket.get_json()["contributions"][0]["text"]


def test_a_hidden_contribution_and_its_photos_are_gone(client: Any, house: Any) -> None:
    sent = post_form(client, LIST, good(text="Nom secret", photos=[part(phone_jpeg())])).get_json()
    house.place()
    house.develop()
    key = house.sql("SELECT public_key FROM photo")
    for size in (1600, 400):
        assert client.get(f"/photos/{key}/{size}.jpg").status_code == 200
    house.sql("UPDATE contribution SET visibility = 'hidden'")
    absent_everywhere(client, sent["reference"], key, "Nom secret", 410)


def test_a_hidden_photo_is_gone_and_the_rest_stays(client: Any, house: Any) -> None:
    photos = [part(phone_jpeg()), part(phone_jpeg(300, 200))]
    reference = post_form(client, LIST, good(photos=photos)).get_json()["reference"]
    house.develop()
    house.sql("UPDATE photo SET hidden = true WHERE position = 0")
    key = house.sql("SELECT public_key FROM photo WHERE hidden")
    assert client.get(f"/photos/{key}/400.jpg").status_code == 404
    face = client.get(f"{LIST}/{reference}")
    assert len(face.get_json()["photos"]) == 1 and key not in face.text + client.get(f"/c/{reference}").text


def absent_everywhere(client: Any, reference: str, key: str, secret: str, status: int) -> None:
    for path in (f"{LIST}/{reference}", f"/c/{reference}"):
        answer = client.get(path)
        assert answer.status_code == status and secret not in answer.text
    for path in (
        LIST,
        "/",
        "/liste",
        "/list-fragment",
        f"/liste?q={quote(secret)}",
        f"{LIST}?q={quote(secret)}",
        "/contribuer/proches?lon=-1.4748&lat=43.4929",
    ):
        answer = client.get(path)
        # What was asked is repeated: in its field, and in the sentence that nobody wrote it.
        said = answer.text.replace(f'value="{secret}"', "").replace(f"«\u00a0{secret}\u00a0»", "")
        assert answer.status_code == 200 and secret not in said and f"/c/{reference}" not in said, path
    for zoom, x, y in ((14, 8124, 5984), (17, 64998, 47877), (18, 129997, 95755)):
        tile = client.get(f"/tiles/contributions/{zoom}/{x}/{y}.mvt")
        assert reference.encode() not in tile.data and secret.encode() not in tile.data
    for size in (1600, 400):
        assert client.get(f"/photos/{key}/{size}.jpg").status_code == 404


def test_no_contact_nor_answer_nor_metadata_is_public(client: Any, house: Any) -> None:
    secrets = {"contact.name": "Zorion Bihotz", "contact.email": "zorion@secret.example", "contact.phone": "0612345678"}
    data = good(category="graffiti", photos=[part(phone_jpeg(orientation=6), "IMG_secretname.jpg")]) | secrets
    sent = post_form(client, LIST, data | {"answers.owner": "private"}).get_json()
    house.place()
    house.develop()
    reference = sent["reference"]
    face = client.get(f"{LIST}/{reference}")
    photo = urlsplit(face.get_json()["photos"][0]["url_1600"]).path
    answers = [face, *(client.get(path) for path in (
        LIST, f"/c/{reference}", "/", "/liste", photo, photo.replace("1600", "400"),
        "/tiles/contributions/17/64998/47877.mvt", "/api/v1/hotspots",
    ))]  # fmt: skip
    for answer in answers:
        assert answer.status_code == 200
        for secret in (*secrets.values(), "secretname", "43.4933", "-1.475,", "SecretPhone", "2026:05:12", '"private"'):
            assert secret.encode() not in answer.data, (answer.request.path, secret)
        assert "answers" not in answer.text if answer.is_json else True
    assert sent["follow_url"].rsplit("/", 1)[1] not in "".join(answer.text for answer in answers if answer.is_json)
