"""The OpenAPI document: true to OpenAPI 3.1, to the routes, to its own examples, and to what is answered."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask import Flask, jsonify
from jsonschema import Draft202012Validator
from openapi_spec_validator import OpenAPIV31SpecValidator
from werkzeug.datastructures import ImmutableMultiDict

from app.core.openapi import address_of
from tests.contract.house import good, part, post_form
from tests.support.conformance import Conformance
from tests.unit.core.photo_samples import phone_jpeg

DOCUMENT = "/api/v1/openapi.json"


@pytest.fixture
def document(client: Any) -> dict[str, Any]:
    read: dict[str, Any] = client.get(DOCUMENT).get_json()
    return read


def operations(document: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [(path, method, what) for path, methods in document["paths"].items() for method, what in methods.items()]


def test_it_is_openapi(client: Any, document: dict[str, Any]) -> None:
    assert document["openapi"].startswith("3.1")
    assert [error.message for error in OpenAPIV31SpecValidator(document).iter_errors()] == []
    answer = client.get(DOCUMENT)
    assert answer.mimetype == "application/json" and answer.headers["Access-Control-Allow-Origin"] == "*"
    assert client.get(DOCUMENT, headers={"If-None-Match": answer.headers["ETag"]}).status_code == 304


def test_every_route_is_in_it_and_the_reverse(app: Flask, document: dict[str, Any]) -> None:
    served = {
        (address_of(rule), method.lower())
        for rule in app.url_map.iter_rules()
        if rule.rule.startswith(("/api/v1", "/tiles/"))
        for method in (rule.methods or set()) - {"HEAD", "OPTIONS"}
    }
    assert served == {(path, method) for path, method, _ in operations(document)}
    assert ("/api/v1/contributions", "post") in served


def test_any_page_may_read_what_is_public_and_nothing_else(client: Any, house: Any, document: dict[str, Any]) -> None:
    headers = {"Origin": "https://other.example"}
    for path in ("/api/v1/territories", "/api/v1/contributions/BAY-1", "/api/v1/nearby", "/tiles/contributions.json"):
        assert client.get(path, headers=headers).headers["Access-Control-Allow-Origin"] == "*", path
    for path in ("/api/v1/session", "/api/v1/services", "/api/v1/tickets/BAY-1", "/", "/healthz"):
        answer = client.get(path, headers=headers | house.bearer())
        assert "Access-Control-Allow-Origin" not in answer.headers, path
    answer = client.post("/api/v1/contributions", json=good(), headers=headers)
    assert "Access-Control-Allow-Origin" not in answer.headers


def test_another_method_is_refused_in_words(client: Any, document: dict[str, Any]) -> None:
    for path, methods in document["paths"].items():
        for method in {"get", "post", "put", "patch", "delete"} - set(methods):
            answer = client.open(re.sub(r"{\w+}", "1", path), method=method)
            assert answer.status_code == 405 and answer.mimetype == "application/problem+json", (method, path)
            assert set(methods) <= {name.strip().lower() for name in answer.headers["Allow"].split(",")}


def test_it_says_who_may_call(document: dict[str, Any]) -> None:
    for path, method, operation in operations(document):
        private = path.startswith(("/api/v1/services", "/api/v1/tickets")) or (path, method) in (
            ("/api/v1/session", "get"),
            ("/api/v1/session", "delete"),
        )
        assert operation["security"] == ([{"bearer": []}, {"session": []}] if private else []), (path, method)
        assert ("401" in operation["responses"]) >= private


def test_everything_is_described(document: dict[str, Any]) -> None:
    tags = {tag["name"] for tag in document["tags"]}
    identifiers = [operation["operationId"] for _, _, operation in operations(document)]
    assert len(identifiers) == len(set(identifiers))
    for path, _, operation in operations(document):
        assert operation["summary"] and set(operation["tags"]) <= tags
        for parameter in operation["parameters"]:
            assert parameter.get("$ref") or parameter["description"], (path, parameter)
        if "requestBody" in operation:
            assert next(iter(operation["requestBody"]["content"].values()))["examples"]
        for status, answer in operation["responses"].items():
            assert answer["description"]
            schema = answer.get("content", {}).get("application/problem+json", {}).get("schema", {})
            assert status < "400" or schema["$ref"].endswith("Document"), (path, status)


def test_examples_are_true_to_their_schemas(app: Flask, document: dict[str, Any]) -> None:
    conformance: Conformance = app.extensions["conformance"]
    looked = 0
    for path, method, operation in operations(document):
        contents = [operation.get("requestBody", {}), *operation["responses"].values()]
        for content in (one for holder in contents for one in holder.get("content", {}).values()):
            examples = [example["value"] for example in content.get("examples", {}).values()]
            for example in [*examples, *([content["example"]] if "example" in content else [])]:
                errors = conformance.validator(content["schema"]).iter_errors(example)
                assert [error.message for error in errors] == [], (path, method)
                looked += 1
        for parameter in operation["parameters"]:
            if "example" in parameter:
                Draft202012Validator(parameter["schema"]).validate(parameter["example"])
    assert looked > 20


def test_each_success_was_seen_and_was_as_it_is_told(app: Flask, client: Any, house: Any) -> None:
    """A tour of every operation: the answers are compared with the document behind the client's back."""
    app.extensions["conformance"].seen.clear()
    sent = post_form(client, "/api/v1/contributions", good(photos=[part(phone_jpeg())])).get_json()
    reference = sent["reference"]
    client.post("/api/v1/contributions", json=good(contact={"email": "maite@secret.example"}))
    client.post("/api/v1/contributions", json=good(kind="praise", category="compliment"))
    house.place()
    house.develop()
    hotspot = concentrate(house)
    headers = house.bearer()
    ticket = client.get(f"/api/v1/tickets/{reference}", headers=headers).get_json()
    for path in (
        DOCUMENT, "/api/v1/contributions", f"/api/v1/contributions/{reference}", "/api/v1/territories",
        "/api/v1/territories/bayonne", "/api/v1/categories?territory=bayonne", "/api/v1/geocode?q=rue",
        "/api/v1/categories/suggest?text=lampadaire",
        "/api/v1/nearby?lon=-1.4748&lat=43.4929&category=pothole", "/api/v1/hotspots",
        f"/api/v1/hotspots/{hotspot}", "/tiles/contributions.json", "/tiles/contributions/14/8124/5984.mvt",
        "/api/v1/session", "/api/v1/services", "/api/v1/services/roads/tickets?limit=1",
    ):  # fmt: skip
        answer = client.get(path, headers=headers)
        assert answer.status_code == 200, (path, answer.text)
        etag = answer.headers.get("ETag", "")
        assert not etag or client.get(path, headers={"If-None-Match": etag}).status_code == 304, path
    event = {"state": "accepted", "text": "On vient.", "version": ticket["version"]}
    assert client.post(f"/api/v1/tickets/{reference}/events", json=event, headers=headers).status_code == 200
    assert client.post(f"/api/v1/tickets/{reference}/events", json=event, headers=headers).status_code == 409
    support = f"/api/v1/contributions/{reference}/support"
    assert client.post(support).status_code == client.delete(support).status_code == 200
    idea = client.post("/api/v1/contributions", json=good(kind="proposal", category="bench")).get_json()["reference"]
    vote, talk = (f"/api/v1/contributions/{idea}/{part}" for part in ("vote", "comments"))
    assert client.put(vote, json={"value": 1}).status_code == client.delete(vote).status_code == 200
    first = client.post(talk, json={"text": "Oui, à l’ombre.", "stance": "for"})
    assert first.status_code == 201
    shown = {"text": "Et l’hiver ?", "answer_to": first.get_json()["id"], "photos": part(phone_jpeg())}
    assert post_form(client, talk, shown).status_code == 201
    house.develop()
    assert client.get(talk).get_json()["comments"][1]["photos"]
    for path in (vote, talk, "/api/v1/processes", "/api/v1/ideas"):
        assert client.get(path).status_code == 200, path
    assert client.delete("/api/v1/session", headers=headers).status_code == 204
    conformance: Conformance = app.extensions["conformance"]
    expected = {
        (path, method, int(status))
        for path, method, operation in operations(conformance.document)
        for status in operation["responses"]
        if status < "400"
    }
    assert expected - conformance.seen == set()


def concentrate(house: Any) -> int:
    """A hotspot with a history, as the analysis leaves it."""
    number: int = house.sql(
        """
        WITH h AS (
          INSERT INTO hotspot (territory_id, kind, category_id, name, n, peak, hull, centre, member_ids)
          SELECT t.id, 'problem', c.id, 'Nid-de-poule', 9, 11,
                 ST_GeomFromText('POLYGON((-1.476 43.492,-1.474 43.492,-1.475 43.494,-1.476 43.492))', 4326),
                 ST_SetSRID(ST_MakePoint(-1.475, 43.4925), 4326), '{}'
            FROM territory t JOIN category c ON c.territory_id = t.id AND c.slug = 'pothole' WHERE t.slug = 'bayonne'
          RETURNING id),
        e AS (INSERT INTO hotspot_event (hotspot_id, type, n, data)
              SELECT id, 'shrank', 9, '{"was": 11}'::jsonb FROM h)
        SELECT id FROM h
        """
    )
    return number


def test_a_lie_is_noticed(app: Flask) -> None:
    """The comparison itself: a field too many, one too few, another type, an unknown status and media type."""
    conformance: Conformance = app.extensions["conformance"]
    operation = conformance.document["paths"]["/api/v1/hotspots/{hotspot_id}"]["get"]
    told = operation["responses"]["200"]["content"]["application/geo+json"]["example"]

    def complaints(document: Any, status: int = 200, media: str = "application/geo+json") -> int:
        with app.app_context():
            answer = jsonify(document)
        answer.status_code, answer.mimetype = status, media
        return len(conformance._wrong(operation, "/api/v1/hotspots/{hotspot_id}", "get", answer))

    assert complaints(told) == 0
    assert complaints(told | {"colour": "red"}) == 1
    assert complaints(told | {"properties": told["properties"] | {"n": "nine"}}) == 1
    assert complaints({name: value for name, value in told.items() if name != "id"}) == 1
    assert complaints(told, status=201) == complaints(told, media="text/html") == 1


class Asked(ImmutableMultiDict[str, str]):
    """The parameters of a query, which remembers those that were looked for."""

    looked: set[str] = set()

    def get(self, key: Any, *given: Any, **named: Any) -> Any:
        self.looked.add(key)
        return super().get(key, *given, **named)

    def __contains__(self, key: object) -> bool:
        self.looked.add(str(key))
        return super().__contains__(key)

    def __getitem__(self, key: Any) -> Any:
        self.looked.add(key)
        return super().__getitem__(key)


def test_no_parameter_is_read_that_is_not_told(
    app: Flask, client: Any, house: Any, document: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(app.request_class, "parameter_storage_class", Asked)
    headers = house.bearer()
    examples = {"slug": "bayonne", "reference": "BAY-1", "hotspot_id": "1", "z": "14", "x": "8124", "y": "5984"}
    for path, method, operation in operations(document):
        if method != "get":
            continue
        told = {one["name"] for one in operation["parameters"] if one.get("in") == "query"} | {"lang"}
        address = re.sub(r"{(\w+)}", lambda found: examples[found[1]], path).replace("bayonne/tickets", "roads/tickets")
        asked = "&".join(f"{name}=1" for name in ("lon", "lat") if name in told)
        Asked.looked = set()
        client.get(f"{address}?{asked}", headers=headers)
        assert Asked.looked <= told, address


@pytest.mark.parametrize(
    ("language", "title", "needed"),
    [("fr", "API pour les programmes", "obligatoire"), ("en", "API for programs", "needed"),
     ("eu", "Programentzako APIa", "beharrezkoa")],
)  # fmt: skip
def test_the_page_tells_every_operation(
    client: Any, document: dict[str, Any], language: str, title: str, needed: str
) -> None:
    page = client.get(f"/donnees/api?lang={language}")
    assert page.status_code == 200 and page.mimetype == "text/html"
    assert f"<h1>{title}</h1>" in page.text and f">{needed}</b>" in page.text
    for _, _, operation in operations(document):
        assert f'id="{operation["operationId"]}"' in page.text and operation["summary"] in page.text
    for field in ("Idempotency-Key", "group_radius_m", "transitions", "absorbed", "town_hall"):
        assert f"<code>{field}</code>" in page.text, field


def test_the_page_is_found(client: Any) -> None:
    assert client.get("/api").headers["Location"] == "/donnees/api"
    assert 'href="/donnees/api"' in client.get("/liste").text
    assert 'href="/api/v1/openapi.json"' in client.get("/donnees/api").text


def test_filters_are_those_of_the_document() -> None:
    from app.features.contributions.api_reference import FILTERS
    from app.features.contributions.filters import PARAMETERS

    assert {parameter.name for parameter in FILTERS} == PARAMETERS
