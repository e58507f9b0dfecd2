"""A moderator hides and restores: every public place, the map's counts, the photos, the history, the author."""

from __future__ import annotations

from typing import Any

import pytest
from sqlalchemy import text
from sqlalchemy.exc import DBAPIError

from app.core.errors import Conflict, Denied, Gone, Invalid, NotFound
from app.features.contributions.public import public_face
from app.features.contributions.pyramid import cell_errors
from app.features.contributions.visibility import WITHDRAW_PHOTOS
from app.features.moderation import queries, services
from app.features.moderation.jobs import DECIDED
from app.features.tickets.services import change_state
from app.features.tickets.workflow import Change
from tests.support.desk import World, make_world


@pytest.fixture
def world(session: Any) -> World:
    return make_world(session)


@pytest.fixture
def moderator(world: World) -> Any:
    return world.actor("dispatcher", territory="bidache")


@pytest.fixture
def reference(world: World) -> str:
    said = world.ticket("bidache/voirie", n=2, title="Trou")
    world.contact(said)
    world.photo(said, "0" * 32)
    return said


def value(world: World, sql: str, **params: Any) -> Any:
    return world.session.scalar(text(sql), params)


def rows(world: World, topic: str) -> list[Any]:
    found = text("SELECT subject_id, payload FROM outbox WHERE topic = :t ORDER BY id")
    return list(world.session.execute(found, {"t": topic}))


def counted(world: World) -> int:
    sql = "SELECT coalesce(sum(n), 0) FROM map_cell WHERE category_id = 0 AND week = 0 AND tile < 400000"
    return int(value(world, sql))


def right(world: World) -> bool:
    return cell_errors(world.session, world.towns["bidache"].territory_id) == []


def test_hidden_is_gone_from_the_public_and_stays_with_the_service(
    world: World, moderator: Any, reference: str
) -> None:
    before = counted(world)
    version = world.version(reference)
    decided = services.hide(
        world.session, moderator, reference=reference, reason="personal_data", words=" Une plaque se lit. "
    )
    with pytest.raises(Gone):
        public_face(world.session, reference)
    assert counted(world) == before - 1 and right(world)
    assert world.version(reference) == version and world.row(reference).state == "new"
    event = world.events(reference)[-1]
    assert (event.type, event.public, event.body, event.account_id) == (
        "hidden",
        False,
        "Une plaque se lit.",
        moderator.id,
    )
    assert event.contribution_id == decided.contribution_id and event.data["reason"] == "personal_data"
    assert event.data["from"] == "public" and event.data["to"] == "hidden"
    assert [row.payload for row in rows(world, DECIDED)] == [{"event_id": event.id}]
    assert [row.payload["keys"] for row in rows(world, WITHDRAW_PHOTOS)] == [["0" * 32]]
    assert value(world, "SELECT public_key FROM photo") is None
    assert rows(world, "ticket.changed") == []


def test_hidden_its_pictures_are_made_again_for_who_decides(world: World, moderator: Any, reference: str) -> None:
    before = counted(world)
    services.hide(world.session, moderator, reference=reference, reason="insult")
    assert [row.subject_id for row in rows(world, "photo")] == [value(world, "SELECT id FROM photo")]
    world.session.execute(text("DELETE FROM outbox WHERE topic = 'photo'"))
    services.restore(world.session, moderator, reference=reference, words="Erreur")
    assert public_face(world.session, reference).row.visibility == "public"
    assert counted(world) == before and right(world)
    assert [row.subject_id for row in rows(world, "photo")] == [value(world, "SELECT id FROM photo")]
    assert [event.type for event in world.events(reference)][-2:] == ["hidden", "restored"]


def test_its_state_may_change_while_it_is_hidden(world: World, moderator: Any, reference: str) -> None:
    services.hide(world.session, moderator, reference=reference, reason="insult")
    change_state(
        world.session, moderator, reference=reference, state="done", version=world.version(reference),
        change=Change(text="Rebouché."),
    )  # fmt: skip
    assert right(world)
    services.restore(world.session, moderator, reference=reference)
    assert right(world)


def test_what_waits_is_published_and_counted_or_refused(world: World, moderator: Any) -> None:
    one = world.ticket("bidache/voirie", visibility="pending", title="un")
    two = world.ticket("bidache/voirie", visibility="pending", title="deux")
    with pytest.raises(NotFound):
        public_face(world.session, one)
    services.publish(world.session, moderator, reference=one)
    assert public_face(world.session, one) and right(world)
    services.hide(world.session, moderator, reference=two, reason="off_topic")
    with pytest.raises(Gone):
        public_face(world.session, two)
    assert right(world)
    assert queries.moderation_queue(world.session, moderator).items == []


def test_what_is_not_placed_yet_is_counted_again_later(world: World) -> None:
    town = world.towns["bidache"]
    town.add(-1.475, 43.49, placed=False)
    reference = value(world, "SELECT reference FROM contribution WHERE ticket_id IS NULL")
    actor = world.actor("administrator", territory="bidache")
    services.hide(world.session, actor, reference=reference, reason="insult")
    assert [row.subject_id for row in rows(world, "map.count")] == [town.territory_id]
    assert value(world, "SELECT visibility FROM contribution WHERE reference = :r", r=reference) == "hidden"


def test_a_decision_is_taken_once(world: World, moderator: Any, reference: str) -> None:
    services.hide(world.session, moderator, reference=reference.lower(), reason="insult")
    for act in (
        lambda: services.hide(world.session, moderator, reference=reference, reason="insult"),
        lambda: services.publish(world.session, moderator, reference=reference),
        lambda: services.keep(world.session, moderator, reference=reference),
    ):
        with pytest.raises(Conflict):
            act()
    services.restore(world.session, moderator, reference=reference)
    with pytest.raises(Conflict):
        services.restore(world.session, moderator, reference=reference)


@pytest.mark.parametrize(
    ("facts", "field"),
    [
        ({"reason": ""}, "reason"),
        ({"reason": "because"}, "reason"),
        ({"reason": "other"}, "words"),
        ({"reason": "other", "words": " \n"}, "words"),
        ({"reason": "insult", "words": "x" * 2001}, "words"),
        ({"reason": "insult", "words": "a\x00b"}, "words"),
    ],
)
def test_a_reason_is_needed(world: World, moderator: Any, reference: str, facts: Any, field: str) -> None:
    with pytest.raises(Invalid) as refused:
        services.hide(world.session, moderator, reference=reference, **facts)
    assert [error.field for error in refused.value.errors] == [field]
    assert public_face(world.session, reference)


def test_who_may_decide(world: World, reference: str) -> None:
    for role, where in (
        ("agent", {"services": ("bidache/voirie",)}),
        ("planner", {"territory": "bidache"}),
        ("manager", {"services": ("bidache/eclairage",)}),
        ("dispatcher", {"territory": "anglet"}),
        ("administrator", {"territory": "nantes"}),
    ):
        with pytest.raises(Denied):
            services.hide(world.session, world.actor(role, **where), reference=reference, reason="insult")
    for role, where in (
        ("manager", {"services": ("bidache/voirie",)}),
        ("dispatcher", {"territory": "pays"}),
        ("administrator", {}),
    ):
        actor = world.actor(role, **where)
        services.hide(world.session, actor, reference=reference, reason="insult")
        services.restore(world.session, actor, reference=reference)
    with pytest.raises(NotFound):
        services.hide(world.session, actor, reference="BID-999999", reason="insult")


def test_three_reports_make_one_case_with_three_reasons(world: World, moderator: Any, reference: str) -> None:
    said = (("a", "personal_data", ""), ("b", "insult", "Il m'insulte"), ("c", "off_topic", ""), ("a", "insult", ""))
    taken = [
        services.report_abuse(world.session, reference=reference, reporter=who, reason=reason, words=words)
        for who, reason, words in said
    ]
    assert taken == [True, True, True, False]
    queue = queries.moderation_queue(world.session, moderator, view="reported")
    assert [item.row.reference for item in queue.items] == [reference]
    assert [report.reason for report in queue.items[0].reports] == ["personal_data", "insult", "off_topic"]
    assert queue.counts == {"all": 1, "waiting": 0, "reported": 1, "hidden": 0}
    assert public_face(world.session, reference)

    services.keep(world.session, moderator, reference=reference)
    assert queries.moderation_queue(world.session, moderator).items == []
    # Who said it already does not open it again; somebody else does.
    assert not services.report_abuse(world.session, reference=reference, reporter="a", reason="insult")
    assert queries.moderation_queue(world.session, moderator).items == []
    assert services.report_abuse(world.session, reference=reference, reporter="d", reason="insult")
    assert [len(item.reports) for item in queries.moderation_queue(world.session, moderator).items] == [1]


def test_what_is_not_public_cannot_be_reported(world: World, moderator: Any, reference: str) -> None:
    waiting = world.ticket("bidache/voirie", visibility="pending")
    with pytest.raises(NotFound):
        services.report_abuse(world.session, reference=waiting, reporter="a", reason="insult")
    services.hide(world.session, moderator, reference=reference, reason="insult")
    with pytest.raises(Gone):
        services.report_abuse(world.session, reference=reference, reporter="a", reason="insult")
    with pytest.raises(Invalid):
        services.report_abuse(world.session, reference=reference, reporter="a", reason="author_answer")


def test_the_author_answers_once_and_the_case_comes_back(world: World, moderator: Any, reference: str) -> None:
    decided = services.hide(world.session, moderator, reference=reference, reason="insult")
    found = queries.verdict(world.session, contribution_id=decided.contribution_id)
    assert found is not None and not found.answered and found.reason == "insult"
    said = {"contribution_id": decided.contribution_id, "event_id": found.event_id}
    with pytest.raises(Invalid):
        services.answer_decision(world.session, **said, words=" ")
    services.answer_decision(world.session, **said, words="Je l'ai dit autrement.")
    with pytest.raises(Conflict):
        services.answer_decision(world.session, **said, words="Encore")
    [item] = queries.moderation_queue(world.session, moderator).items
    assert [(one.reason, one.words) for one in item.reports] == [("author_answer", "Je l'ai dit autrement.")]
    services.restore(world.session, moderator, reference=reference)
    assert queries.verdict(world.session, contribution_id=decided.contribution_id) is None
    assert queries.moderation_queue(world.session, moderator).items == []


def test_each_sees_the_queue_of_their_reach(world: World, reference: str) -> None:
    world.ticket("bidache/voirie", visibility="pending")
    world.ticket("anglet/eclairage", visibility="pending")
    for role, where, n in (
        ("dispatcher", {"territory": "bidache"}, 1),
        ("dispatcher", {"territory": "pays"}, 2),
        ("administrator", {}, 2),
        ("administrator", {"territory": "nantes"}, 0),
        ("manager", {"services": ("anglet/eclairage",)}, 1),
        ("manager", {"services": ("anglet/voirie",)}, 0),
        ("agent", {"services": ("bidache/voirie",)}, 0),
    ):
        queue = queries.moderation_queue(world.session, world.actor(role, **where))
        assert (len(queue.items), queue.counts["waiting"]) == (n, n), (role, where)


def test_hints_stand_beside_what_is_repeated_or_names_somebody(world: World, moderator: Any) -> None:
    for _ in range(3):
        reference = world.ticket("bidache/voirie", visibility="pending")
        world.session.execute(
            text("UPDATE contribution SET body = 'Voiture AB-123-CD' WHERE reference = :r"), {"r": reference}
        )
    items = queries.moderation_queue(world.session, moderator).items
    assert [{hint.kind for hint in item.hints} for item in items] == [{"plate", "repeated"}] * 3
    for n in range(5):
        world.contact(
            world.ticket("bidache/voirie", visibility="public" if n else "pending"), email="Peio@spam.example"
        )
    last = queries.moderation_queue(world.session, moderator).items[-1]
    assert [(hint.kind, hint.found) for hint in last.hints] == [("burst", "5")]


def test_the_log_tells_who_what_and_why_and_cannot_be_changed(world: World, moderator: Any, reference: str) -> None:
    services.hide(world.session, moderator, reference=reference, reason="insult", words="Mots durs")
    services.restore(world.session, moderator, reference=reference)
    administrator = world.actor("administrator", territory="bidache")
    lines = queries.journal(world.session, administrator)
    assert [(line.type, line.reference, line.account, line.reason, line.words) for line in lines] == [
        ("restored", reference, moderator.name, "", ""),
        ("hidden", reference, moderator.name, "insult", "Mots durs"),
    ]
    assert [line.type for line in queries.journal(world.session, administrator, before=lines[0].id)] == ["hidden"]
    assert [line.type for line in queries.journal(world.session, administrator, decision="restored")] == ["restored"]
    assert queries.journal(world.session, world.actor("administrator", territory="nantes")) == []
    world.session.flush()
    with pytest.raises(DBAPIError, match=r"append|event"):
        world.session.execute(text("DELETE FROM event WHERE type = 'hidden'"))
