"""The contract of the desk's API."""

import threading

import pytest
from sqlalchemy import text

from tests.support.desk import PASSWORD


@pytest.fixture
def agent(app, world):
    account = world.account("agent", services=("bidache/voirie",))
    world.session.commit()
    client = app.test_client()
    token = client.post("/api/v1/session", json={"email": account.email, "password": PASSWORD}).json["token"]

    class Agent:
        headers = {"Authorization": f"Bearer {token}"}

        def get(self, path):
            return app.test_client().get(path, headers=self.headers)

        def post(self, reference, body, **kwargs):
            return app.test_client().post(
                f"/api/v1/tickets/{reference}/events", headers=self.headers, json=body, **kwargs
            )

    return Agent()


def made(world, *args, **facts):
    reference = world.ticket(*args, **facts)
    world.session.commit()
    return reference


def test_a_queue_in_the_order_of_its_days(world, agent):
    never = made(world, "bidache/voirie", kind="praise")
    late = made(world, "bidache/voirie", due_in_days=-2, title="Nid-de-poule")
    soon = made(world, "bidache/voirie", due_in_days=1)
    made(world, "bidache/voirie", state="done")
    answer = agent.get("/api/v1/services/voirie/tickets")
    assert [line["reference"] for line in answer.json["tickets"]] == [late, soon, never]
    first = answer.json["tickets"][0]
    assert first["title"] == "Nid-de-poule"
    assert first["service"] == {"slug": "voirie", "name": "Voirie"}
    assert (first["state"], first["version"], first["territory"]) == ("new", 1, "bidache")


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("", {"new", "planned", "praise"}),
        ("?state=open", {"new", "planned", "praise"}),
        ("?state=closed", {"done"}),
        ("?state=all", {"new", "planned", "praise", "done"}),
        ("?state=planned", {"planned"}),
        ("?kind=praise", {"praise"}),
        ("?q=pavé", {"planned"}),
        ("?q=100%25", set()),
        ("?late=1", set()),
        ("?mine=1", set()),
    ],
)
def test_filters(world, agent, query, found):
    names = {
        made(world, "bidache/voirie"): "new",
        made(world, "bidache/voirie", state="planned", title="Le pavé de la place"): "planned",
        made(world, "bidache/voirie", state="done"): "done",
        made(world, "bidache/voirie", kind="praise"): "praise",
    }
    answer = agent.get(f"/api/v1/services/voirie/tickets{query}")
    assert {names[line["reference"]] for line in answer.json["tickets"]} == found


@pytest.mark.parametrize(
    ("query", "pointer"),
    [("?state=asleep", "/state"), ("?cursor=zzz", "/cursor"), ("?limit=0", "/limit"), ("?limit=x", "/limit")],
)
def test_a_wrong_filter_is_pointed_at(world, agent, query, pointer):
    answer = agent.get(f"/api/v1/services/voirie/tickets{query}")
    assert answer.status_code == 400
    assert answer.mimetype == "application/problem+json"
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]


def test_pages_join_without_a_gap_nor_a_repeat(world, agent):
    everything = [world.ticket("bidache/voirie", due_in_days=n % 3 if n % 4 else None) for n in range(11)]
    world.session.commit()
    address, found = "/api/v1/services/voirie/tickets?limit=3&state=all", []
    while address:
        page = agent.get(address).json
        found += [line["reference"] for line in page["tickets"]]
        address = page["next_url"]
    assert len(found) == 11
    assert set(found) == set(everything)


def test_a_change_of_state_of_the_contract(world, agent):
    reference = made(world, "bidache/voirie", n=2)
    answer = agent.post(reference, {"state": "done", "text": "Réparé ce matin.", "version": 1})
    assert answer.status_code == 200
    assert (answer.json["state"], answer.json["version"]) == ("done", 2)
    assert len(answer.json["contributions"]) == 2
    assert answer.json["history"][0]["text"] == "Réparé ce matin."


def test_an_old_version_is_a_conflict_with_the_fresh_state(world, agent):
    reference = made(world, "bidache/voirie")
    agent.post(reference, {"state": "accepted", "text": "", "version": 1})
    answer = agent.post(reference, {"state": "done", "text": "Réparé.", "version": 1})
    assert answer.status_code == 409
    assert answer.mimetype == "application/problem+json"
    assert answer.json["ticket"]["state"] == "accepted"
    assert answer.json["ticket"]["version"] == 2


def test_of_many_at_once_one_wins_and_the_others_are_told(world, agent):
    reference = made(world, "bidache/voirie")
    statuses = []
    gate = threading.Barrier(6, timeout=60)

    def send():
        gate.wait()
        statuses.append(agent.post(reference, {"state": "accepted", "text": "", "version": 1}).status_code)

    threads = [threading.Thread(target=send) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] + [409] * 5
    world.session.rollback()
    assert [event.type for event in world.events(reference)] == ["state"]


def test_two_crossed_duplicates_at_once_end_in_one(world, agent):
    a, b = made(world, "bidache/voirie"), made(world, "bidache/voirie", dx=0.001)
    statuses = []
    gate = threading.Barrier(2, timeout=60)

    def send(one, other):
        gate.wait()
        statuses.append(agent.post(one, {"type": "duplicate", "duplicate_of": other, "version": 1}).status_code)

    threads = [threading.Thread(target=send, args=pair) for pair in ((a, b), (b, a))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200, 400]
    world.session.rollback()
    assert sorted(world.row(t).state for t in (a, b)) == ["duplicate", "new"]


def test_a_forbidden_pair_names_both_states_in_words(world, agent):
    reference = made(world, "bidache/voirie", state="done")
    answer = agent.post(reference, {"state": "planned", "text": "Demain.", "version": 1})
    assert answer.status_code == 400
    assert answer.json["errors"][0]["pointer"] == "/state"
    assert "done" in answer.json["errors"][0]["message"]
    assert "planned" in answer.json["errors"][0]["message"]


@pytest.mark.parametrize(
    ("body", "content_type", "status"),
    [
        (b"{", "application/json", 400),
        (b"\xff", "application/json", 400),
        (b"[" * 100_000, "application/json", 400),
        (b"[]", "application/json", 400),
        (b"state=done", "application/x-www-form-urlencoded", 415),
        (b"", "text/plain", 415),
    ],
)
def test_broken_bodies(world, app, agent, body, content_type, status):
    reference = made(world, "bidache/voirie")
    answer = app.test_client().post(
        f"/api/v1/tickets/{reference}/events", data=body, content_type=content_type, headers=agent.headers
    )
    assert answer.status_code == status
    assert answer.mimetype == "application/problem+json"


def test_a_ticket_given_away_is_said_to_be_gone(world, agent):
    reference = made(world, "bidache/voirie")
    answer = agent.post(reference, {"type": "move", "service": "eclairage", "version": 1})
    assert answer.status_code == 200
    assert answer.json == {"reference": reference, "moved": True}
    assert agent.get(f"/api/v1/tickets/{reference}").status_code == 404


def test_a_slug_of_several_towns_is_the_callers_own_first(world, app, agent):
    here = made(world, "bidache/voirie")
    there = made(world, "anglet/voirie")
    account = world.account("dispatcher", territory="pays")
    world.session.commit()
    client = app.test_client()
    client.post("/api/v1/session", json={"email": account.email, "password": PASSWORD})
    lines = lambda query: {  # noqa: E731
        line["reference"] for line in client.get(f"/api/v1/services/voirie/tickets{query}").json["tickets"]
    }
    assert lines("") == set()  # the agglomeration's own
    assert lines("?territory=bidache") == {here}
    assert lines("?territory=anglet") == {there}


def test_references_are_read_as_people_type_them(world, agent):
    reference = made(world, "bidache/voirie")
    assert agent.get(f"/api/v1/tickets/{reference.lower()}").json["reference"] == reference


def test_what_is_public_never_carries_notes_nor_names(world, app, agent):
    reference = made(world, "bidache/voirie")
    agent.post(reference, {"type": "note", "text": "Le plaignant est pénible.", "version": 1})
    agent.post(reference, {"type": "assign", "assignee": "me", "version": 2})
    agent.post(reference, {"state": "accepted", "text": "Nous venons.", "version": 3})
    face = app.test_client().get(f"/api/v1/contributions/{reference}")
    assert face.status_code == 200
    assert "Nous venons." in face.text
    assert "pénible" not in face.text
    assert "Agent 1" not in face.text
    assert "desk.example" not in face.text
    assert "assigned" not in face.text


def test_events_are_history(world, agent):
    reference = made(world, "bidache/voirie")
    agent.post(reference, {"state": "accepted", "text": "Nous venons.", "version": 1})
    world.session.rollback()
    with pytest.raises(Exception, match="never changed nor deleted"):
        world.session.execute(text("DELETE FROM event"))
    world.session.rollback()
