"""The whole matrix, through the doors people use: roles × place of the ticket × list, page, counts, verbs."""

import json

import pytest
from sqlalchemy import select, text

from app.features.accounts.models import ROLES
from app.features.accounts.policies import ANONYMOUS
from app.features.territories.models import Service
from app.features.tickets import policies, queries
from app.features.tickets.models import Ticket
from app.features.tickets.policies import Whereabouts
from app.features.tickets.queries.visible import queue_visible, visible
from tests.support.desk import PASSWORD

PLACES = {
    "own service": ("bidache/voirie", "bidache"),
    "other service": ("bidache/eclairage", "bidache"),
    "triage": ("bidache/a-trier", "bidache"),
    "above, lying here": ("pays/voirie", "bidache"),
    "above, lying beside": ("pays/voirie", "anglet"),
    "beside": ("anglet/voirie", "anglet"),
    "far": ("nantes/voirie", "nantes"),
}
TOWN = {"own service", "other service", "triage"}
SEEN = {
    "agent": {"own service"},
    "manager": {"own service"},
    "dispatcher": TOWN | {"above, lying here"},
    "planner": TOWN | {"above, lying here"},
    "administrator": TOWN | {"above, lying here"},
    # Who reads what moderators decided has no business with what people sent.
    "guarantor": set(),
}
WORKED = {
    "agent": {"own service"},
    "manager": {"own service"},
    "dispatcher": TOWN,
    "planner": set(),
    "administrator": TOWN,
    "guarantor": set(),
}
ASKED = [
    {"slug": "lit", "label": {"fr": "Éclairé ?"}, "type": "yes_no"},
    {"slug": "width", "label": {"fr": "Quelle largeur ?"}, "type": "number"},
    {"slug": "plate", "label": {"fr": "Quelle plaque ?"}, "type": "text"},
]
ANSWERED = {"lit": "no", "width": 40, "plate": "AB-123-CD", "elsewhere": "written for another category"}


@pytest.fixture
def tickets(world):
    """One ticket in each place, with a contact, a photo and a note, committed."""
    made = {}
    for number, (place, (service, town)) in enumerate(PLACES.items()):
        reference = made[place] = world.ticket(service, town=town, dx=number / 1000, due_in_days=-1)
        world.contact(reference)
        world.photo(reference, f"key{number}")
    world.session.execute(text("UPDATE category SET questions = CAST(:q AS jsonb)"), {"q": json.dumps(ASKED)})
    world.session.execute(text("UPDATE contribution SET answers = CAST(:a AS jsonb)"), {"a": json.dumps(ANSWERED)})
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    world.session.commit()
    return made


@pytest.fixture
def sign_in(app, world):
    """A client signed in as a fresh account of that role in Bidache, and the account."""

    def signed(role):
        services = ("bidache/voirie",) if role in ("agent", "manager") else ()
        account = world.account(role, territory="bidache", services=services)
        world.session.commit()
        client = app.test_client()
        token = client.post("/api/v1/session", json={"email": account.email, "password": PASSWORD}).json["token"]
        return app.test_client(), {"Authorization": f"Bearer {token}"}, account

    return signed


@pytest.mark.parametrize("role", ROLES)
def test_the_sql_condition_is_the_policy(world, tickets, role):
    services = ("bidache/voirie",) if role in ("agent", "manager") else ()
    rows = world.session.execute(
        select(Ticket, Service.territory_id).join(Service, Service.id == Ticket.service_id)
    ).all()
    actors = [world.actor(role, territory="bidache", services=services), world.actor(role), ANONYMOUS]
    actors.append(world.actor(role, territory="pays"))
    for actor in actors:
        by_policy = {
            ticket.id
            for ticket, territory_id in rows
            if policies.may_see(actor, Whereabouts(ticket.service_id, territory_id, ticket.territory_id))
        }
        by_sql = set(
            world.session.scalars(
                select(Ticket.id).join(Service, Service.id == Ticket.service_id).where(visible(actor))
            )
        )
        assert by_sql == by_policy
        queues = {
            service.id
            for service in world.session.scalars(select(Service))
            if policies.may_see_queue(actor, service_id=service.id, service_territory_id=service.territory_id)
        }
        assert set(world.session.scalars(select(Service.id).where(queue_visible(actor)))) == queues


@pytest.mark.parametrize("role", ROLES)
def test_page_photos_contact_and_notes(world, tickets, sign_in, role):
    client, headers, _ = sign_in(role)
    for place, reference in tickets.items():
        answer = client.get(f"/api/v1/tickets/{reference}", headers=headers)
        if place not in SEEN[role]:
            assert answer.status_code == 404, place
            assert reference not in answer.text
            assert "key" not in answer.text
            continue
        assert answer.status_code == 200, place
        said = answer.json["contributions"][0]
        assert len(said["photos"]) == 1
        if place in WORKED[role]:
            assert said["contact"]["email"] == "peio@resident.example"
            assert said["answers"] == ANSWERED
            assert answer.json["transitions"]
        else:
            assert said["answers"] == {"lit": "no", "width": 40, "plate": None, "elsewhere": None}
            assert said["contact"] == {"masked": True}
            assert "peio" not in answer.text.lower()
            assert "0559000000" not in answer.text
            assert answer.json["transitions"] == []
        near = {neighbour["reference"] for neighbour in answer.json["neighbours"]}
        assert near <= {tickets[other] for other in SEEN[role]} - {reference}


@pytest.mark.parametrize("role", ROLES)
def test_lists_and_counts(world, tickets, sign_in, role):
    client, headers, account = sign_in(role)
    listed = client.get("/api/v1/services", headers=headers).json["services"]
    found = set()
    for service in listed:
        address = f"/api/v1/services/{service['slug']}/tickets?territory={service['territory']}"
        lines = client.get(address, headers=headers).json["tickets"]
        assert len(lines) == service["open_tickets"]
        found |= {line["reference"] for line in lines}
    # A queue of the town above is not theirs to open, even if one ticket in it lies here.
    assert found == {tickets[place] for place in SEEN[role] - {"above, lying here"}}
    actor = world.actor_of(account)
    figures = queries.counts(world.session, actor)
    assert (figures.mine, figures.team, figures.late) == (0, len(SEEN[role]), len(SEEN[role]))
    page = queries.tickets_in_queue(world.session, actor)
    assert {line.reference for line in page.lines} == {tickets[place] for place in SEEN[role]}


@pytest.mark.parametrize("role", ROLES)
@pytest.mark.parametrize(
    ("service", "territory"), [("eclairage", "bidache"), ("voirie", "pays"), ("voirie", "anglet"), ("voirie", "nantes")]
)
def test_a_queue_that_is_not_theirs_does_not_exist(tickets, sign_in, role, service, territory):
    client, headers, _ = sign_in(role)
    answer = client.get(f"/api/v1/services/{service}/tickets?territory={territory}", headers=headers)
    theirs = territory == "bidache" and role not in ("agent", "manager", "guarantor")
    assert answer.status_code == (200 if theirs else 404)


EVENTS = {
    "state": {"state": "accepted"},
    "answer": {"type": "answer", "text": "Bonjour."},
    "note": {"type": "note", "text": "Entre nous."},
    "take": {"type": "assign", "assignee": "me"},
    "move": {"type": "move", "service": "a-trier"},
    "category": {"type": "category", "category": "lampadaire"},
    "place": {"type": "place", "lon": -1.4751, "lat": 43.4901},
}


@pytest.mark.parametrize("verb", EVENTS)
@pytest.mark.parametrize("role", ROLES)
def test_verbs(world, tickets, sign_in, role, verb):
    client, headers, _ = sign_in(role)
    for place, reference in tickets.items():
        answer = client.post(f"/api/v1/tickets/{reference}/events", headers=headers, json=EVENTS[verb] | {"version": 1})
        if place not in SEEN[role]:
            assert answer.status_code == 404, place
        elif place not in WORKED[role]:
            assert answer.status_code == 403, place
        elif verb == "move" and place == "triage":
            assert answer.status_code == 400, place
        else:
            assert answer.status_code == 200, (place, answer.json)
        world.session.rollback()
        changed = answer.status_code == 200
        assert (world.version(reference) > 1) is changed
        assert bool(world.events(reference)) is changed


def test_nobody_gets_in(app, tickets):
    client = app.test_client()
    reference = tickets["own service"]
    for address in ("/api/v1/services", "/api/v1/services/voirie/tickets", f"/api/v1/tickets/{reference}"):
        assert client.get(address).status_code == 401
    answer = client.post(f"/api/v1/tickets/{reference}/events", json={"state": "done", "text": "x", "version": 1})
    assert answer.status_code == 401


def test_notes_stay_between_those_who_work(world, tickets, sign_in):
    agent, agent_headers, _ = sign_in("agent")
    planner, planner_headers, _ = sign_in("planner")
    address = f"/api/v1/tickets/{tickets['own service']}"
    agent.post(f"{address}/events", headers=agent_headers, json=EVENTS["note"] | {"version": 1})
    assert "Entre nous." in agent.get(address, headers=agent_headers).text
    assert "Entre nous." not in planner.get(address, headers=planner_headers).text


def test_a_hidden_contribution_is_for_those_who_work(world, sign_in):
    reference = world.ticket("bidache/voirie", visibility="hidden", title="caché")
    world.photo(reference, "hiddenkey")
    world.session.commit()
    for role, seen in (("agent", True), ("planner", False)):
        client, headers, _ = sign_in(role)
        answer = client.get(f"/api/v1/tickets/{reference}", headers=headers)
        assert (len(answer.json["contributions"]) == 1) is seen
        assert ("hiddenkey" in answer.text) is seen
