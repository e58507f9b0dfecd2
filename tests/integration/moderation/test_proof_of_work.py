"""When one source, or a whole town, sends unusually fast: a program works for it, a form without scripts waits."""

from __future__ import annotations

import base64
import json
import time
from typing import Any

import pytest
import redis
from altcha import Challenge, Payload, solve_challenge
from sqlalchemy import event, text

from app import create_app
from app.core.db import db
from app.features.moderation.pace import Pace
from app.features.tickets.placing import drain_intake
from tests.support.desk import LAT, LON, World, form_token

API = "/api/v1/contributions"
BODY = {"kind": "problem", "category": "trou", "text": "Un trou", "lon": LON, "lat": LAT}
WINDOW_S = 1e9
"""Seconds over which a pace is measured here: none ends in the middle of a test."""


@pytest.fixture
def town(environment: dict[str, str], world: World, monkeypatch: pytest.MonkeyPatch) -> Any:
    """The application in a town whose own machine is none of its readers, after three usual contributions."""
    monkeypatch.setenv("AUZOLAN_BASE_URL", "http://town.example")
    monkeypatch.setattr("app.features.moderation.pace.WINDOW_S", WINDOW_S)
    usual = {"proof_of_work": {"source": 3, "town": 0}}
    world.session.execute(text("UPDATE territory SET settings = CAST(:s AS jsonb)"), {"s": json.dumps(usual)})
    world.session.commit()
    application = create_app(TESTING=True)
    yield application
    with application.app_context():
        for engine in db.engines.values():
            engine.dispose()


def said(client: Any, source: str = "192.0.2.1", **headers: str) -> Any:
    return client.post(API, json=BODY, headers=headers, environ_base={"REMOTE_ADDR": source})


def solved(answer: Any) -> str:
    challenge = Challenge.from_dict(answer.json["challenge"])
    solution = solve_challenge(challenge)
    assert solution is not None
    return Payload(challenge, solution).to_base64()


def test_a_source_that_is_too_fast_works_once_for_each(town: Any, world: World) -> None:
    client = town.test_client()
    assert [said(client).status_code for _ in range(3)] == [201, 201, 201]
    asked = said(client)
    assert (asked.status_code, asked.mimetype) == (429, "application/problem+json")
    assert asked.json["type"] == "urn:auzolan:problem:proof-needed" and asked.headers["Retry-After"]
    assert asked.json["challenge"]["parameters"]["algorithm"] == "PBKDF2/SHA-256"
    proof = solved(asked)
    wrong = json.loads(base64.b64decode(proof))
    wrong["solution"]["counter"] += 1
    cheap = json.loads(base64.b64decode(proof))
    cheap["challenge"]["parameters"]["cost"] = 1
    for bad in ("", "x" * 5000, *(base64.b64encode(json.dumps(each).encode()).decode() for each in (wrong, cheap))):
        assert said(client, **{"Proof-Of-Work": bad}).status_code == 429
    key = {"Idempotency-Key": "one-and-the-same"}
    kept = said(client, **{"Proof-Of-Work": proof}, **key)
    assert kept.status_code == 201
    # The same sending again is the same one, with or without a proof; another one needs its own.
    again = said(client, **{"Proof-Of-Work": proof}, **key)
    assert (again.status_code, again.json["reference"]) == (201, kept.json["reference"])
    assert said(client, **{"Proof-Of-Work": proof}).status_code == 429
    # Other sources, and who is the town's own, are not asked.
    assert said(client, "192.0.2.2").status_code == 201
    world.session.rollback()
    assert world.session.scalar(text("SELECT count(*) FROM contribution WHERE visibility = 'public'")) == 5
    held = text("SELECT count(*) FROM contribution_hold")
    assert world.session.scalar(held) == 0


def test_without_scripts_it_waits_for_a_moderator(town: Any, world: World) -> None:
    client, page = town.test_client(), "/contribuer/problem"
    for _ in range(4):
        token = form_token(client.get(page, environ_base={"REMOTE_ADDR": "192.0.2.9"}).text)
        fields = {"category": "trou", "text": "Un trou", "lon": str(LON), "lat": str(LAT), "csrf_token": token}
        answer = client.post(page, data=fields, environ_base={"REMOTE_ADDR": "192.0.2.9"})
        assert answer.status_code == 303 and "/recu/" in answer.location
    world.session.rollback()
    drain_intake(world.session, limit=10)
    found = world.session.execute(text("SELECT visibility, ticket_id IS NULL FROM contribution ORDER BY id")).all()
    assert [tuple(row) for row in found] == [("public", False)] * 3 + [("pending", True)]
    assert world.session.scalar(text("SELECT why FROM contribution_hold")) == "unproved"


def test_a_program_of_another_standard_waits_too(town: Any, world: World) -> None:
    client = town.test_client()
    fields = {"jurisdiction_id": "pays", "service_code": "trou", "description": "Un trou", "lat": LAT, "long": LON}
    for _ in range(4):
        answer = client.post("/open311/v2/requests.json", data=fields, environ_base={"REMOTE_ADDR": "192.0.2.8"})
        assert answer.status_code == 201, answer.text
    world.session.rollback()
    assert world.session.scalar(text("SELECT why FROM contribution_hold")) == "unproved"
    listed = client.get("/open311/v2/requests.json?jurisdiction_id=pays")
    assert len(listed.json) == 3


def test_a_town_as_a_whole_may_be_too_much(town: Any, world: World) -> None:
    usual = {"proof_of_work": {"source": 0, "town": 2}}
    world.session.execute(
        text("UPDATE territory SET settings = CAST(:s AS jsonb), config_version = config_version + 1"),
        {"s": json.dumps(usual)},
    )
    world.session.commit()
    client = town.test_client()
    assert [said(client, f"192.0.2.{n}").status_code for n in range(3)] == [201, 201, 429]


def test_the_usual_path_asks_nothing_more(town: Any, world: World) -> None:
    client, statements = town.test_client(), list[str]()
    assert said(client).status_code == 201
    with town.app_context():
        engine = db.engine
    event.listen(engine, "before_cursor_execute", lambda *given: statements.append(given[2]))
    assert said(client).status_code == 201
    assert len(statements) == 2, statements


def test_processes_count_together_and_each_alone_without_redis(town: Any, redis_url: str) -> None:
    other = create_app(TESTING=True)
    assert [said(town.test_client()).status_code for _ in range(3)] == [201, 201, 201]
    town.extensions["auzolan.pace"].share()
    # The other learns it a moment after the first that it receives itself.
    assert said(other.test_client()).status_code == 201
    link = redis.Redis.from_url(redis_url)
    (key,), late = link.keys("auzolan:pace:*"), time.monotonic() + 60
    while b"4" not in link.hvals(key) and time.monotonic() < late:
        time.sleep(0.05)
    assert b"192.0.2.1" not in b" ".join(link.hkeys(key)) and 0 < link.ttl(key) <= 2 * WINDOW_S
    link.close()
    other.extensions["auzolan.pace"].share()
    assert said(other.test_client()).status_code == 429
    alone = create_app(TESTING=True)
    alone.extensions["auzolan.pace"]._url = "unix:///nowhere/redis.sock"
    for expected in (201, 201, 201, 429):
        assert said(alone.test_client(), "192.0.2.7").status_code == expected
        alone.extensions["auzolan.pace"].share()
    for application in (other, alone):
        with application.app_context():
            for engine in db.engines.values():
                engine.dispose()


def test_what_comes_while_one_shares_is_told_next_time() -> None:
    pace = Pace()
    pace.hit("a", now=1)
    window, told = pace.untold()
    pace.hit("a", now=2)
    pace.learn(window, told, {"a": (8, 5)})
    assert (pace.untold(), pace.hit("a", now=300)) == ((0, {"a": 1}), 8 / 2 + 7)
    pace.hit("a", now=700)
    pace.learn(window, told, {"a": (0, 90)})
    assert pace.hit("a", now=900) == pytest.approx(7 / 2 + 2)


def test_a_pace_slides() -> None:
    pace = Pace()
    assert [pace.hit("a", now=now) for now in (0, 1, 599)] == [1, 2, 3]
    assert pace.hit("b", now=599) == 1
    assert pace.hit("a", now=900) == pytest.approx(3 / 2 + 1)
    assert pace.hit("a", now=5000) == 1
