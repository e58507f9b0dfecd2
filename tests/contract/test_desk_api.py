"""Agents by program: the session, a service's tickets, a ticket, its events; and what each refuses."""

from __future__ import annotations

from typing import Any

import pytest

from tests.contract.house import PASSWORD, good, pointers


@pytest.fixture
def ticket(send: Any, house: Any) -> str:
    """A pothole in the queue of the roads."""
    reference: str = send(contact={"email": "maite@secret.example"}).get_json()["reference"]
    house.place()
    return reference


def test_the_session_and_the_bearer(client: Any, app: Any) -> None:
    email = "agent@bayonne.example"
    opened = client.post("/api/v1/session", json={"email": email, "password": PASSWORD})
    assert opened.status_code == 201 and opened.get_json()["token_type"] == "Bearer"
    # The cookie speaks for the same browser, the token for anybody who holds it.
    assert client.get("/api/v1/session").get_json()["account"]["email"] == email
    other = app.test_client()
    assert other.get("/api/v1/session").status_code == 401
    bearer = {"Authorization": f"Bearer {opened.get_json()['token']}"}
    assert other.get("/api/v1/session", headers=bearer).get_json()["account"]["role"] == "agent"
    assert other.delete("/api/v1/session", headers=bearer).status_code == 204
    assert other.get("/api/v1/session", headers=bearer).status_code == 401


BAD_SESSIONS: dict[str, tuple[dict[str, Any], int, list[str]]] = {
    "a wrong password": ({"json": {"email": "agent@bayonne.example", "password": "wrong"}}, 401, []),
    "nobody": ({"json": {"email": "nobody@bayonne.example", "password": PASSWORD}}, 401, []),
    "no password": ({"json": {"email": "a@b.fr"}}, 400, ["/password"]),
    "an unknown field": ({"json": {"email": "a", "password": "b", "admin": True}}, 400, ["/admin"]),
    "a number": ({"json": {"email": 1, "password": ["x"]}}, 400, ["/email", "/password"]),
    "broken JSON": ({"data": b"{", "content_type": "application/json"}, 400, [""]),
    "a list": ({"json": []}, 400, [""]),
    "NUL": ({"json": {"email": "a\x00", "password": "b"}}, 400, ["/email"]),
    "NUL in a form": ({"data": {"email": "a\x00@b.fr", "password": "b\x00"}}, 401, []),
    "a surrogate": (
        {"data": b'{"email": "a", "password": "\\ud800"}', "content_type": "application/json"}, 400, ["/password"],
    ),
    "a megabyte": ({"json": {"email": "a", "password": "b" * 1_000_000}}, 413, []),
}  # fmt: skip


def test_bad_sessions(client: Any, subtests: pytest.Subtests) -> None:
    for name, (request, status, expected) in BAD_SESSIONS.items():
        with subtests.test(name):
            answer = client.post("/api/v1/session", **request)
            assert answer.status_code == status, answer.text
            assert answer.mimetype == "application/problem+json" and pointers(answer) == expected


def test_who_is_at_the_desk_writes_down_what_was_said_on_the_phone(client: Any, house: Any) -> None:
    agent = house.bearer("agent")
    for channel in ("phone", "desk"):
        sent = client.post("/api/v1/contributions", json=good(channel=channel), headers=agent)
        assert sent.status_code == 201, sent.text
        shown = client.get(f"/api/v1/contributions/{sent.get_json()['reference']}").get_json()
        assert shown["channel"] == channel


def test_a_service_reads_its_queue_and_the_ticket(ticket: str, client: Any, house: Any) -> None:
    agent = house.bearer("agent")
    for query in ("", "?state=new", "?state=open", "?state=all", "?sort=recent", "?limit=1"):
        tickets = client.get(f"/api/v1/services/roads/tickets{query}", headers=agent).get_json()["tickets"]
        assert [line["reference"] for line in tickets] == [ticket], query
    assert client.get("/api/v1/services/roads/tickets?state=done", headers=agent).get_json()["tickets"] == []
    document = client.get(f"/api/v1/tickets/{ticket}", headers=agent).get_json()
    assert document["reference"] == ticket and document["state"] == "new" and document["version"] >= 1
    assert document["service"]["slug"] == "roads" and document["contributions"][0]["reference"] == ticket
    assert document["contributions"][0]["contact"]["email"] == "maite@secret.example"


def test_who_is_not_signed_in_or_not_of_the_service_sees_nothing(ticket: str, client: Any, house: Any) -> None:
    for path in ("/api/v1/services/roads/tickets", f"/api/v1/tickets/{ticket}"):
        answer = client.get(path)
        assert answer.status_code == 401 and "Bearer" in answer.headers["WWW-Authenticate"]
        assert client.get(path, headers={"Authorization": "Bearer nonsense"}).status_code == 401
    assert client.post(f"/api/v1/tickets/{ticket}/events", json={"state": "done"}).status_code == 401
    agent = house.bearer("agent")
    assert client.get("/api/v1/services/lighting/tickets", headers=agent).status_code == 404
    house.sql("UPDATE ticket SET service_id = (SELECT min(id) FROM service WHERE slug = 'lighting')")
    assert client.get(f"/api/v1/tickets/{ticket}", headers=agent).status_code == 404
    assert client.post(
        f"/api/v1/tickets/{ticket}/events", json={"state": "accepted", "version": 1}, headers=agent
    ).status_code == 404  # fmt: skip


def test_an_answer_reaches_the_public_and_an_old_version_does_not(ticket: str, client: Any, house: Any) -> None:
    agent, path = house.bearer("agent"), f"/api/v1/tickets/{ticket}/events"
    version = client.get(f"/api/v1/tickets/{ticket}", headers=agent).get_json()["version"]
    done = client.post(path, json={"state": "accepted", "text": "On vient.", "version": version}, headers=agent)
    assert done.status_code == 200 and done.get_json()["state"] == "accepted"
    assert done.get_json()["version"] > version
    old = client.post(path, json={"state": "done", "text": "Fait.", "version": version}, headers=agent)
    assert old.status_code == 409 and old.mimetype == "application/problem+json"
    assert old.get_json()["ticket"]["state"] == "accepted"
    assert old.get_json()["ticket"]["version"] == done.get_json()["version"]
    face = client.get(f"/api/v1/contributions/{ticket}").get_json()
    assert face["state"] == face["ticket"]["state"] == "accepted"
    assert "On vient." in [event["text"] for event in face["history"]]
    note = {"type": "note", "text": "Entre nous : secret.", "version": done.get_json()["version"]}
    assert client.post(path, json=note, headers=agent).status_code == 200
    assert "secret" not in client.get(f"/api/v1/contributions/{ticket}").text + client.get(f"/c/{ticket}").text


BAD_EVENTS: dict[str, tuple[Any, str]] = {
    "no version": ({"state": "accepted"}, "/version"),
    "version as text": ({"state": "accepted", "version": "1"}, "/version"),
    "version of 30 digits": ({"state": "accepted", "version": 10**30}, "/version"),
    "version 0": ({"state": "accepted", "version": 0}, "/version"),
    "no state": ({"version": 1}, "/state"),
    "an unknown state": ({"state": "lost", "version": 1}, "/state"),
    "done without a word": ({"state": "done", "text": " \u200b", "version": 1}, "/text"),
    "declined without a reason": ({"state": "declined", "version": 1}, "/text"),
    "waiting for whom": ({"state": "waiting", "text": "a", "waiting_for": "godot", "version": 1}, "/waiting_for"),
    "NUL": ({"state": "accepted", "text": "\x00", "version": 1}, "/text"),
    "4,001 characters": ({"state": "accepted", "text": "a" * 4001, "version": 1}, "/text"),
    "an unknown field": ({"state": "accepted", "version": 1, "silent": True}, "/silent"),
    "an unknown type": ({"type": "explode", "version": 1}, "/type"),
    "type as a list": ({"type": ["note"], "version": 1}, "/type"),
    "a service that is not there": ({"type": "move", "service": "atlantis", "text": "a", "version": 1}, "/service"),
    "a category that is not there": ({"type": "category", "category": "unicorn", "version": 1}, "/category"),
    "outside": ({"type": "place", "lon": 2.35, "lat": 48.85, "version": 1}, "/lat"),
    "lat=91": ({"type": "place", "lon": 2.35, "lat": 91, "version": 1}, "/lat"),
    "lat between quotes": ({"type": "place", "lon": 2.35, "lat": "48.85", "version": 1}, "/lat"),
    "an unknown colleague": ({"type": "assign", "assignee": "x@y.fr", "version": 1}, "/assignee"),
    "a date that is none": ({"state": "planned", "planned_on": "2026-02-30", "version": 1}, "/planned_on"),
    "a list": ([], ""),
}


def test_bad_events_change_nothing(ticket: str, client: Any, house: Any, subtests: pytest.Subtests) -> None:
    headers, before = house.bearer(), house.rows()
    for name, (event, pointer) in BAD_EVENTS.items():
        with subtests.test(name):
            answer = client.post(f"/api/v1/tickets/{ticket}/events", json=event, headers=headers)
            assert answer.status_code == 400 and answer.mimetype == "application/problem+json", answer.text
            assert pointer in pointers(answer), answer.text
            assert house.rows() == before
            assert client.get(f"/api/v1/tickets/{ticket}", headers=headers).get_json()["version"] == 1


QUEUE_NONSENSE = {
    "kind=complaint": "/kind", "mine=x": "/mine", "late=2": "/late",
    "state=lost": "/state", "sort=colour": "/sort", "limit=0": "/limit", "limit=9999": "/limit", "limit=x": "/limit",
    "cursor=AAAA": "/cursor", "cursor=%C3%A9": "/cursor", "cursor=ZHVlfHw5OTk5OTk5OTk5OTk5OTk5OTk5OTk5OTk5": "/cursor",
    "sort=recent&cursor=cmVjZW50fHwx": "/cursor", "cursor=ZHVlfHwtMQ": "/cursor",
    "cursor=ZHVlfDIwMjYtMDEtMDF8MQ%00": "/cursor",
}  # fmt: skip


def test_nonsense_for_a_queue(ticket: str, client: Any, house: Any, subtests: pytest.Subtests) -> None:
    headers = house.bearer()
    for query, pointer in QUEUE_NONSENSE.items():
        with subtests.test(query):
            answer = client.get(f"/api/v1/services/roads/tickets?{query}", headers=headers)
            assert answer.status_code == 400 and pointers(answer) == [pointer], answer.text
    for query in (
        "q=%25%27%5C",
        "territory=%27",
        "late=1",
        "kind=&mine=&late=false&state=&territory=&q=&sort=&limit=&cursor=",
        "cursor=ZHVlfHwx",
        "cursor=ZHVlfDAwMDEtMDEtMDF8MQ",
    ):
        with subtests.test(query):
            assert client.get(f"/api/v1/services/roads/tickets?{query}", headers=headers).status_code in (200, 400, 404)


def test_a_queue_by_pages_meets_each_once(send: Any, client: Any, house: Any) -> None:
    sent = {send(lon=-1.4748 + step / 500, category="pothole").get_json()["reference"] for step in range(7)}
    house.place()
    headers, found, address = house.bearer(), [], "/api/v1/services/roads/tickets?limit=3"
    while address:
        page = client.get(address, headers=headers).get_json()
        found += [line["reference"] for line in page["tickets"]]
        address = page["next_url"]
    assert len(found) == len(set(found)) and set(found) == sent


def test_a_cookie_from_another_site_does_nothing(ticket: str, client: Any) -> None:
    client.post("/api/v1/session", json={"email": "dispatcher@bayonne.example", "password": PASSWORD})
    for headers in ({"Origin": "https://evil.example"}, {"Sec-Fetch-Site": "cross-site"}):
        answer = client.post(
            f"/api/v1/tickets/{ticket}/events", json={"state": "accepted", "version": 1}, headers=headers
        )
        assert answer.status_code == 403
    assert client.post("/api/v1/contributions", json=good()).status_code == 201
