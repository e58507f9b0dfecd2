"""The block list: what it holds is answered like anything else, and nobody hears of it until a moderator lets it go."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text

from app.core.errors import Conflict, Denied, Invalid
from app.features.contributions.pyramid import cell_errors
from app.features.moderation import queries, services
from app.features.tickets.placing import drain_intake
from tests.support.desk import LAT, LON, World, form_token, sign_in


def blocked(world: World, kind: str, value: str, town: str = "bidache", **more: Any) -> int:
    actor = world.actor("administrator", territory=town)
    facts = {"kind": kind, "value": value, "reason": "Il inonde la mairie", **more}
    entry = services.block(world.session, actor, territory_id=world.towns[town].territory_id, **facts)
    world.session.commit()
    return int(entry.id)


def said(client: Any, **contact: str) -> Any:
    body = {"kind": "problem", "category": "trou", "text": "Un trou", "lon": LON, "lat": LAT, "contact": contact}
    return client.post("/api/v1/contributions", json=body)


def undated(answer: Any) -> dict[str, Any]:
    """The receipt without its second, which may be the next one."""
    return {**answer.json["receipt"], "date": ""}


def placed(world: World) -> dict[str, Any]:
    """What became of each contribution once the workers were there."""
    world.session.rollback()
    drain_intake(world.session, limit=100)
    world.session.commit()
    rows = world.session.execute(text("SELECT reference, ticket_id, visibility FROM contribution ORDER BY id"))
    return {row.reference: row for row in rows}


def test_what_it_holds_is_answered_alike_and_reaches_nobody(app: Any, client: Any, world: World) -> None:
    blocked(world, "email", "Jean@Example.org ")
    blocked(world, "domain", "@Spam.example")
    blocked(world, "phone", "06 12 34 56 78")
    free = said(client, email="marie@example.org", phone="0612345679")
    held = [
        said(client, email="jean+encore@EXAMPLE.org"),
        said(client, email="moi@sous.spam.example"),
        said(client, phone="+33 (0)6-12-34-56-78"),
    ]
    for answer in held:
        assert answer.status_code == free.status_code == 201
        assert answer.json.keys() == free.json.keys() and undated(answer) == undated(free)
    found = placed(world)
    assert found[free.json["reference"]].ticket_id is not None
    for answer in held:
        reference = answer.json["reference"]
        assert (found[reference].ticket_id, found[reference].visibility) == (None, "pending")
        assert client.get(f"/api/v1/contributions/{reference}").status_code == 404
        assert client.get(answer.json["follow_url"]).status_code == 200
    assert world.session.scalar(text("SELECT count(*) FROM ticket")) == 1
    assert world.session.scalar(text("SELECT count(*) FROM outbox WHERE topic NOT IN ('hotspots')")) == 0

    account = world.account("dispatcher", territory="bidache")
    world.session.commit()
    desk = sign_in(app, account.email)
    page = desk.get("/moderation").text
    assert page.count("Il inonde la mairie") == 3 and "+33612345678" in page
    # Read by those who moderate, written by a manager or an administrator only.
    assert "jean@example.org" in desk.get("/moderation/blocage").text
    assert (
        desk.post("/moderation/blocage", data={"csrf_token": form_token(desk.get("/moderation").text)}).status_code
        == 403
    )


def test_let_go_once_it_goes_its_way(client: Any, world: World) -> None:
    blocked(world, "email", "jean@example.org")
    first = said(client, email="marie@example.org").json["reference"]
    held, refused = (said(client, email="jean@example.org").json["reference"] for _ in range(2))
    placed(world)
    moderator = world.actor("dispatcher", territory="bidache")
    services.publish(world.session, moderator, reference=held)
    with pytest.raises(Conflict):
        services.publish(world.session, moderator, reference=held)
    # Refused in silence: no mail. Shown later after all, it goes the same way.
    services.hide(world.session, moderator, reference=refused, reason="advertising")
    assert world.session.scalar(text("SELECT count(*) FROM outbox WHERE topic = 'moderation.decided'")) == 0
    world.session.commit()
    assert placed(world)[refused].ticket_id is None
    services.restore(world.session, moderator, reference=refused)
    world.session.commit()
    found = placed(world)
    assert found[held].ticket_id == found[first].ticket_id == found[refused].ticket_id
    assert world.session.scalar(text("SELECT contributions FROM ticket")) == 3
    events = world.session.scalars(text("SELECT type FROM event ORDER BY id")).all()
    assert events.count("grouped") == 2 and events.count("routed") == 1
    assert cell_errors(world.session, world.towns["bidache"].territory_id) == []
    assert {item.row.reference for item in queries.moderation_queue(world.session, moderator).items} == set()


def test_the_form_and_a_resident_who_signed_in_are_held_too(app: Any, world: World) -> None:
    from app.features.accounts import residents
    from app.features.accounts.visiting import COOKIE

    blocked(world, "email", "jean@example.org")
    world.session.execute(
        text("INSERT INTO resident (email, person) VALUES ('Jean@example.org', sha256('jean'::bytea))")
    )
    resident_id = world.session.scalar(text("SELECT id FROM resident"))
    secret = residents.open_session(world.session, resident_id=resident_id)
    world.session.commit()
    for signed_in, contact in ((True, {}), (False, {"email": "jean@example.org"}), (False, {})):
        client = app.test_client()
        if signed_in:
            client.set_cookie(COOKIE, secret)
        page = "/contribuer/problem"
        fields = {"category": "trou", "text": "Un trou", "lon": str(LON), "lat": str(LAT), **contact}
        answer = client.post(page, data=fields | {"csrf_token": form_token(client.get(page).text)})
        assert answer.status_code == 303, answer.text
        assert client.get(answer.location).status_code == 200
    assert [row.visibility for row in placed(world).values()] == ["pending", "pending", "public"]


def test_who_may_write_it_and_for_which_town(client: Any, world: World) -> None:
    town = world.towns["bidache"].territory_id
    facts = {"territory_id": town, "kind": "email", "value": "jean@example.org", "reason": "Il inonde"}
    for role, where in (
        ("agent", {"services": ("bidache/voirie",)}),
        ("dispatcher", {"territory": "bidache"}),
        ("planner", {"territory": "bidache"}),
        ("manager", {"services": ("anglet/voirie",)}),
        ("administrator", {"territory": "nantes"}),
    ):
        with pytest.raises(Denied):
            services.block(world.session, world.actor(role, **where), **facts)
    manager = world.actor("manager", services=("bidache/voirie",))
    entry = services.block(world.session, manager, **facts)
    with pytest.raises(Invalid):
        services.block(world.session, manager, **facts | {"value": "JEAN@example.org"})
    for wrong in (
        {"value": "jean"},
        {"kind": "domain", "value": "nulle part"},
        {"reason": " "},
        {"until": "2020-01-01"},
    ):
        with pytest.raises(Invalid):
            services.block(world.session, manager, **facts | wrong)
    with pytest.raises(Denied):
        services.unblock(world.session, world.actor("dispatcher", territory="bidache"), entry_id=entry.id)
    world.session.commit()
    # Another town's list says nothing here; an entry taken off, or whose last day is over, holds nobody.
    blocked(world, "email", "autre@example.org", town="anglet")
    services.unblock(world.session, manager, entry_id=entry.id)
    late = blocked(world, "domain", "tard.example", until="2099-12-31")
    world.session.execute(text("UPDATE block_entry SET until = now() WHERE id = :id"), {"id": late})
    world.session.commit()
    for email in ("jean@example.org", "autre@example.org", "moi@tard.example"):
        assert said(client, email=email).status_code == 201
    assert {row.visibility for row in placed(world).values()} == {"public"}
    lines = {line.value: line for line in queries.block_list(world.session, territory_id=town)}
    assert lines["jean@example.org"].ended_by == manager.name and not lines["jean@example.org"].counts
