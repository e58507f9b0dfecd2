"""Given an agent marks B duplicate of A: what B becomes, who hears of A, and what comes back when it is undone."""

from __future__ import annotations

import pytest
from sqlalchemy import text

from app.core.errors import Invalid
from app.features.tickets import queries, services
from app.features.tickets.workflow import Change
from tests.support.letters import mails_of_event


@pytest.fixture
def agent(world):
    return world.actor("agent", services=("bidache/voirie",))


@pytest.fixture
def a(world):
    reference = world.ticket("bidache/voirie", title="Trou devant l'école")
    world.contact(reference, email="a@resident.example")
    return reference


@pytest.fixture
def b(world, a):
    reference = world.ticket("bidache/voirie", dx=0.001, state="in_progress", title="Encore ce trou")
    world.contact(reference, email="b@resident.example")
    return reference


@pytest.fixture
def mark(world, agent):
    return lambda one, of: services.mark_duplicate(
        world.session, agent, reference=one, of=of, version=world.version(one)
    )


@pytest.fixture
def told(app, world):
    """Who hears of an event, with the subjects of their mails."""

    def told(event):
        with app.app_context():
            return {mail.to: mail.subject for mail in mails_of_event(world.session, event.id)}

    return told


def test_b_is_closed_as_duplicate_and_a_lists_b(world, agent, a, b, mark):
    mark(b, a)
    row = world.row(b)
    assert (row.state, row.closed_at is not None, row.duplicate_of_id) == ("duplicate", True, world.row(a).id)
    assert queries.ticket_detail(world.session, agent, reference=a).duplicates == (b,)
    assert queries.ticket_detail(world.session, agent, reference=b).row.duplicate_of == a


def test_its_followers_get_the_updates_of_a(world, agent, a, b, mark, told):
    mark(b, a)
    assert queries.ticket_detail(world.session, agent, reference=a).told == 2
    done = services.change_state(
        world.session, agent, reference=a, state="done", version=world.version(a), change=Change(text="Rebouché.")
    )
    assert told(done.event) == {
        "a@resident.example": f"{a} : Résolu".replace(" :", "\N{NO-BREAK SPACE}:"),
        "b@resident.example": f"{b} : Résolu".replace(" :", "\N{NO-BREAK SPACE}:"),
    }
    # What is said of B alone stays with those who wrote to B.
    note = services.answer(world.session, agent, reference=b, text="Voir l'autre.", version=world.version(b))
    assert set(told(note.event)) == {"b@resident.example"}


def test_given_undo_both_return_to_the_former_state(world, agent, a, b, mark, told):
    before = (world.row(a).state, world.row(b).state, world.row(b).due_at)
    mark(b, a)
    services.unmark_duplicate(world.session, agent, reference=b, version=world.version(b))
    assert (world.row(a).state, world.row(b).state, world.row(b).due_at) == before
    assert (world.row(b).closed_at, world.row(b).duplicate_of_id) == (None, None)
    assert queries.ticket_detail(world.session, agent, reference=a).duplicates == ()
    done = services.answer(world.session, agent, reference=a, text="Nous venons.", version=world.version(a))
    assert set(told(done.event)) == {"a@resident.example"}


def test_given_a_equals_b_or_a_cycle_then_refused(world, a, b, mark):
    c = world.ticket("bidache/voirie", dx=0.002)
    with pytest.raises(Invalid):
        mark(a, a)
    mark(b, a)
    for one, of in ((a, b), (c, b)):
        with pytest.raises(Invalid):
            mark(one, of)
    mark(a, c)
    for one, of in ((c, a), (c, b)):
        with pytest.raises(Invalid):
            mark(one, of)
    links = world.session.execute(text("SELECT reference FROM ticket WHERE duplicate_of_id IS NOT NULL ORDER BY id"))
    assert list(links.scalars()) == [a, b]


def test_who_wrote_to_a_child_hears_nothing_of_what_it_repeats(world, agent, a, b, mark, told):
    parent = world.ticket("bidache/voirie", dx=0.003)
    services.attach(world.session, agent, reference=b, parent=parent, version=world.version(b))
    mark(b, a)
    done = services.answer(world.session, agent, reference=a, text="Nous venons.", version=world.version(a))
    assert set(told(done.event)) == {"a@resident.example"}
