"""Open311 GeoReport v2: services and requests in JSON and in XML, as the standard draws them; nothing that is not
public; a request that is sent becomes a contribution like any other.
"""

from __future__ import annotations

import json
import re
from datetime import datetime
from typing import Any
from xml.etree import ElementTree

import pytest

from tests.contract.house import ABSENT, HERE, good, part, post_form
from tests.unit.core.photo_samples import phone_jpeg

V2 = "/open311/v2"
TOWN = "jurisdiction_id=bayonne"
WIRES = ("json", "xml")

# The standard's fields of each document (wiki.open311.org/GeoReport_v2), and those that are never empty.
SERVICE = {"service_code", "service_name", "description", "metadata", "type", "keywords", "group"}
ATTRIBUTE = {"variable", "code", "datatype", "required", "datatype_description", "order", "description"}
REQUEST = {
    "service_request_id", "status", "status_notes", "service_name", "service_code", "description",
    "agency_responsible", "service_notice", "requested_datetime", "updated_datetime", "expected_datetime", "address",
    "address_id", "zipcode", "lat", "long", "media_url",
}  # fmt: skip
RECEIPT = {"service_request_id", "service_notice", "account_id"}
ERROR = {"code", "description"}
EMPTY = {"group", "keywords", "datatype_description"}
FILLED = (SERVICE | ATTRIBUTE | ERROR | {"service_request_id", "status", "requested_datetime", "lat", "long"}) - EMPTY
LISTS = {"services": "service", "service_requests": "request", "errors": "error", "attributes": "attribute",
         "values": "value", "endpoints": "endpoint", "formats": "format"}  # fmt: skip


def ask(client: Any, path: str, wire: str, query: str = TOWN, **more: Any) -> Any:
    return client.get(f"{V2}/{path}.{wire}?{query}", **more)


def read(answer: Any, root: str) -> Any:
    """The document, the same from either form: in XML each thing is a text, and a nothing is empty."""
    if answer.mimetype == "application/json":
        return plain(answer.get_json())
    assert answer.content_type == "text/xml; charset=utf-8"
    assert answer.data.startswith(b"<?xml version='1.0' encoding='utf-8'?>")
    tree = ElementTree.fromstring(answer.data)
    assert tree.tag == root
    return unfold(tree)


def unfold(element: Any) -> Any:
    if element.tag in LISTS:
        assert {child.tag for child in element} <= {LISTS[element.tag]}
        return [unfold(child) for child in element]
    return {child.tag: unfold(child) for child in element} if len(element) else element.text or ""


def plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {name: plain(inside) for name, inside in value.items()}
    if isinstance(value, list):
        return [plain(inside) for inside in value]
    return "" if value is None else str(value).lower() if isinstance(value, bool) else str(value)


def hold(documents: Any, fields: set[str]) -> None:
    for document in documents:
        assert set(document) - {"values"} == fields
        assert [name for name in FILLED & fields if not document[name]] == []


def refused(answer: Any, status: int) -> str:
    """What a refusal says, once it is seen to have the standard's shape."""
    assert answer.status_code == status, answer.text
    documents = read(answer, "errors")
    hold(documents, ERROR)
    assert {document["code"] for document in documents} == {str(status)}
    return " ".join(document["description"] for document in documents)


def numbers(client: Any, query: str = "", wire: str = "json") -> list[str]:
    answer = ask(client, "requests", wire, f"{TOWN}&{query}")
    assert answer.status_code == 200, answer.text
    return [document["service_request_id"] for document in read(answer, "service_requests")]


def form(**given: Any) -> dict[str, Any]:
    body = {
        "jurisdiction_id": "bayonne",
        "service_code": "pothole",
        "description": "Un trou devant le 12.",
        "lat": str(HERE["lat"]),
        "long": str(HERE["lon"]),
    }
    return {name: value for name, value in (body | given).items() if value is not ABSENT}


@pytest.mark.parametrize("wire", WIRES)
def test_discovery_says_where_and_how(client: Any, wire: str) -> None:
    found = read(ask(client, "discovery", wire, ""), "discovery")
    assert set(found) == {"changeset", "contact", "key_service", "endpoints"}
    (endpoint,) = found["endpoints"]
    assert set(endpoint) == {"specification", "url", "changeset", "type", "formats"}
    assert endpoint["url"] == "http://127.0.0.1:8080/open311/v2"
    assert endpoint["formats"] == ["text/xml", "application/json"]
    assert datetime.fromisoformat(found["changeset"]).tzinfo


@pytest.mark.parametrize("wire", WIRES)
def test_services_are_the_categories_that_take_problems(client: Any, wire: str) -> None:
    found = read(ask(client, "services", wire), "services")
    hold(found, SERVICE)
    offered = client.get("/api/v1/categories?territory=bayonne").get_json()["categories"]
    expected = [each["slug"] for each in offered if each["leaf"] and "problem" in each["kinds"]]
    assert [each["service_code"] for each in found] == expected and "greening" not in expected
    hole = next(each for each in found if each["service_code"] == "pothole")
    assert hole["service_name"] == "Trou, chaussée abîmée" and hole["type"] == "realtime" and hole["group"]
    english = read(ask(client, "services", wire, f"{TOWN}&lang=en"), "services")
    assert {each["service_name"] for each in english} != {each["service_name"] for each in found}
    elsewhere = read(ask(client, "services", wire, "jurisdiction_id=anglet"), "services")
    assert "sports-ground" in {each["service_code"] for each in elsewhere} - {each["service_code"] for each in found}


@pytest.mark.parametrize("wire", WIRES)
def test_the_questions_of_a_service(client: Any, wire: str) -> None:
    found = read(ask(client, "services/graffiti", wire), "service_definition")
    assert found["service_code"] == "graffiti"
    hold(found["attributes"], ATTRIBUTE)
    hateful = found["attributes"][0]
    assert hateful["code"] == "hateful" and hateful["datatype"] == "singlevaluelist"
    assert {value["key"]: value["name"] for value in hateful["values"]} == {"yes": "Oui", "no": "Non"}
    assert refused(ask(client, "services/shared-scooter", wire), 404)


@pytest.mark.parametrize("wire", WIRES)
def test_requests_as_the_standard_has_them(client: Any, house: Any, wire: str) -> None:
    sent = post_form(client, "/api/v1/contributions", good(title="Trou", photos=[part(phone_jpeg())])).get_json()
    house.place()
    house.develop()
    headers = house.bearer()
    path = f"/api/v1/tickets/{sent['reference']}"
    for event in (
        {"state": "accepted", "text": "Reçu."},
        {"type": "answer", "text": "On vient <bientôt> & vite."},
        {"type": "note", "text": "Entre nous."},
    ):
        version = client.get(path, headers=headers).get_json()["version"]
        assert client.post(f"{path}/events", json=event | {"version": version}, headers=headers).status_code == 200
    (one,) = read(ask(client, f"requests/{sent['reference'].lower()}", wire), "service_requests")
    hold([one], REQUEST)
    assert read(ask(client, "requests", wire), "service_requests") == [one]
    public = client.get(f"/api/v1/contributions/{sent['reference']}").get_json()
    assert one["status"] == "open" and one["service_code"] == "pothole"
    assert one["description"] == f"Trou\n{public['text']}"
    assert one["status_notes"] == "On vient <bientôt> & vite."
    assert one["agency_responsible"] == public["ticket"]["service"]["name"]
    assert (float(one["lat"]), float(one["long"])) == pytest.approx((HERE["lat"], HERE["lon"]), abs=1e-6)
    assert one["media_url"] == public["photos"][0]["url_1600"]
    moments = [datetime.fromisoformat(one[f"{which}_datetime"]) for which in ("requested", "updated", "expected")]
    assert moments == sorted(moments) and all(moment.tzinfo for moment in moments)
    assert moments[2] == datetime.fromisoformat(public["ticket"]["due_at"]).replace(microsecond=0)
    event = {"state": "done", "text": "Rebouché.", "version": client.get(path, headers=headers).get_json()["version"]}
    done = client.post(f"{path}/events", json=event, headers=headers)
    assert done.status_code == 200, done.text
    answer = {"type": "answer", "text": "Merci encore.", "version": done.get_json()["version"]}
    assert client.post(f"{path}/events", json=answer, headers=headers).status_code == 200
    (one,) = read(ask(client, "requests", wire, f"{TOWN}&status=closed"), "service_requests")
    assert (one["status"], one["status_notes"]) == ("closed", "Merci encore.")
    assert datetime.fromisoformat(one["updated_datetime"]) == house.sql("SELECT closed_at FROM ticket").replace(
        microsecond=0
    )


@pytest.mark.parametrize("wire", WIRES)
def test_what_is_not_public_is_absent(client: Any, send: Any, house: Any, wire: str) -> None:
    contact = {"email": "maite@secret.example"}
    shown, hidden, pending = (send(contact=contact).get_json()["reference"] for _ in range(3))
    praise = send(kind="praise").get_json()["reference"]
    house.place()
    for reference, visibility in ((hidden, "hidden"), (pending, "pending")):
        house.sql("UPDATE contribution SET visibility = :v WHERE reference = :r", v=visibility, r=reference)
    assert numbers(client, wire=wire) == [shown]
    assert numbers(client, f"service_request_id={shown},{hidden},{pending},{praise}", wire) == [shown]
    for reference in (hidden, pending, praise, "BAY-999999"):
        assert refused(ask(client, f"requests/{reference}", wire), 404)
    assert "secret.example" not in ask(client, "requests", wire).text
    assert numbers(client, f"jurisdiction_id=anglet&service_request_id={shown}") == [shown]  # the first one counts
    other = ask(client, "requests", wire, f"jurisdiction_id=anglet&service_request_id={shown}")
    assert read(other, "service_requests") in ([], "")


def test_requests_are_filtered(client: Any, send: Any, house: Any) -> None:
    old, closed, lamp = (send(category=slug).get_json()["reference"] for slug in ("pothole", "graffiti", "lamp-out"))
    house.place()
    house.sql("UPDATE contribution SET created_at = '2026-01-31T12:00:00Z' WHERE reference = :r", r=old)
    house.sql("UPDATE contribution SET state = 'done' WHERE reference = :r", r=closed)
    for query, expected in {
        "": {closed, lamp},
        "status=open": {lamp},
        "status=closed": {closed},
        "status=open,closed": {closed, lamp},
        "service_code=graffiti": {closed},
        "service_code=graffiti,lamp-out&status=open": {lamp},
        "service_code=graffiti&service_code=lamp-out": {closed, lamp},
        "status=": {closed, lamp},
        "start_date=2026-01-01T00:00:00Z": {old},
        "start_date=2026-01-31T12:00:00Z&end_date=2026-01-31T12:00:00Z": {old},
        "start_date=2026-01-01&end_date=2026-01-31T12:59:59%2B01:00": set(),
        "end_date=2026-03-01": {old},
        f"service_request_id={old.lower()},{lamp}&status=closed": {old, lamp},
    }.items():
        assert set(numbers(client, query)) == expected, query


@pytest.mark.parametrize("wire", WIRES)
def test_a_question_that_cannot_be_answered(client: Any, wire: str) -> None:
    for path in ("services", "services/pothole", "requests", "requests/BAY-1"):
        assert refused(ask(client, path, wire, "jurisdiction_id=atlantis"), 404)
        # Two towns live here: which one is meant has to be said.
        assert "jurisdiction_id" in refused(ask(client, path, wire, ""), 400)
    for query, status, name in (
        ("status=perhaps", 400, "status"),
        ("start_date=yesterday", 400, "start_date"),
        ("start_date=2026-01-01&end_date=2026-06-01", 400, "start_date"),
        ("start_date=2026-02-01&end_date=2026-01-01", 400, "start_date"),
        ("end_date=0001-01-01", 400, "start_date"),
        ("start_date=9999-12-31", 400, "start_date"),
        ("service_code=unicorn", 404, "unicorn"),
        ("status=%00", 400, ""),
    ):
        assert name in refused(ask(client, "requests", wire, f"{TOWN}&{query}"), status), query
    assert refused(client.post(f"{V2}/services.{wire}"), 405)
    assert refused(client.get(f"{V2}/unicorns.{wire}"), 404)


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_that_is_sent_is_a_contribution_like_any_other(client: Any, house: Any, wire: str) -> None:
    sent = form(
        address_string="12 rue <Thiers>", email="maite@secret.example", first_name="Maite", last_name="Etxeberri",
        service_code="graffiti", description="Un tag\x0b & deux",
    ) | {"attribute[hateful]": "no"}  # fmt: skip
    answer = client.post(f"{V2}/requests.{wire}", data=sent)
    assert answer.status_code == 201, answer.text
    (receipt,) = read(answer, "service_requests")
    hold([receipt], RECEIPT)
    assert "Set-Cookie" not in answer.headers
    rows = house.rows()
    assert (rows["contribution"], rows["contribution_contact"], rows["photo"]) == (1, 1, 0)
    assert house.place() == 1
    number = receipt["service_request_id"]
    public = client.get(f"/api/v1/contributions/{number}").get_json()
    assert public["kind"] == "problem" and public["channel"] == "api" and public["category"]["slug"] == "graffiti"
    assert public["address"] == "12 rue <Thiers>" and public["text"] == "Un tag & deux"
    assert public["ticket"]["service"]["name"] in receipt["service_notice"]
    assert house.sql("SELECT answers->>'hateful' FROM contribution") == "no"
    assert house.sql("SELECT name FROM contribution_contact") == "Maite Etxeberri"
    assert numbers(client, wire=wire) == [number]
    assert "secret.example" not in ask(client, "requests", wire).text


@pytest.mark.parametrize("field", ["attribute[obstacle]", "attribute[obstacle][]"])
def test_several_answers_to_one_question(client: Any, house: Any, field: str) -> None:
    sent = form(service_code="blocked-path") | {field: ["kerb", "slope"]}
    assert client.post(f"{V2}/requests.json", data=sent).status_code == 201
    assert house.sql("SELECT answers->'obstacle' FROM contribution") == ["kerb", "slope"]


REFUSED = {
    "service_code": [{"service_code": ABSENT}, {"service_code": "roads"}, {"service_code": "shared-scooter"}],
    "description": [{"description": ABSENT}, {"description": " "}, {"description": "x" * 4001}],
    "lat": [{"lat": ABSENT}, {"lat": "north"}, {"lat": "91"}, {"lat": "48.85", "long": "2.35"}, {"lat": "nan"}],
    "long": [{"long": ABSENT}, {"long": ""}],
    "email": [{"email": "maite"}, {"service_code": "pests"}],
    "phone": [{"phone": "dring"}],
    "media_url": [{"media_url": "http://photos.example/1.jpg"}],
    "attribute[hateful]": [{"service_code": "graffiti", "attribute[hateful]": "perhaps"}, {"attribute[hateful]": "no"}],
    "NUL": [{"address_string": "\x00"}],
}


@pytest.mark.parametrize("wire", WIRES)
def test_a_request_that_does_not_pass_leaves_nothing(client: Any, house: Any, wire: str) -> None:
    path = f"{V2}/requests.{wire}"
    for name, bodies in REFUSED.items():
        for given in bodies:
            words = refused(client.post(path, data=form(**given)), 400)
            assert re.search(rf"(^|[ .]){re.escape(name)}\b|{re.escape(name)}:", words), (given, words)
    assert refused(client.post(path, data=form(service_code="unicorn")), 404)
    assert refused(client.post(path, data=form(service_code="sports-ground")), 404)
    assert refused(client.post(path, data=form(jurisdiction_id="atlantis")), 404)
    assert refused(client.post(path, data=form(jurisdiction_id="\x00")), 404)
    assert refused(client.post(path, data=form(jurisdiction_id=ABSENT)), 400)
    assert refused(client.post(path, data=form(jurisdiction_id="anglet")), 400)
    assert refused(client.post(path, data=json.dumps(form()), content_type="application/json"), 400)
    assert refused(post_form(client, path, form(media=part(phone_jpeg()))), 400)
    assert house.empty()


def test_any_page_may_read_it_and_none_is_told_more(client: Any) -> None:
    answer = ask(client, "services", "json", headers={"Origin": "https://other.example"})
    assert answer.headers["Access-Control-Allow-Origin"] == "*" and "Set-Cookie" not in answer.headers
