"""A parent gathers several tickets of work: who may, how many, what closes with it, who hears of it."""

import threading

import pytest
from sqlalchemy import create_engine, text
from sqlalchemy.orm import Session

from app import migrate
from app.core.errors import Conflict, Denied, Invalid, NotFound
from app.features.contributions.pyramid import cell_errors
from app.features.tickets import queries, services
from app.features.tickets.workflow import Change
from tests.support import servers
from tests.support.desk import PASSWORD, make_world
from tests.support.letters import mails_of_event


@pytest.fixture
def dispatcher(world):
    return world.actor("dispatcher", territory="bidache")


@pytest.fixture
def street(world):
    """The flooded street, in the queue of the roads."""
    return world.ticket("bidache/voirie", title="Rue inondée")


@pytest.fixture
def gather(world, dispatcher):
    def gather(parent, child, actor=dispatcher):
        return services.attach(world.session, actor, reference=child, parent=parent, version=world.version(child))

    return gather


def child_of(world, number=1, service="bidache/eclairage", **facts):
    return world.ticket(service, dx=number / 1000, **facts)


def refused(act):
    with pytest.raises(Invalid) as problem:
        act()
    (error,) = problem.value.errors
    return error.pointer, error.message % dict(error.params)


def told(world):
    """The tickets of which somebody will hear."""
    rows = world.session.execute(
        text("SELECT reference FROM outbox JOIN ticket ON ticket.id = subject_id WHERE topic = 'ticket.changed'")
    )
    return [row.reference for row in rows]


def test_given_ten_children_an_eleventh_is_refused(world, street, gather):
    children = [child_of(world, number) for number in range(1, 12)]
    for child in children[:10]:
        gather(street, child)
    assert refused(lambda: gather(street, children[10])) == ("/parent", f"{street} already has 10 children.")
    services.detach(
        world.session, world.actor("dispatcher", territory="bidache"), reference=children[0],
        version=world.version(children[0]),
    )  # fmt: skip
    gather(street, children[10])
    assert world.row(children[10]).parent_id == world.row(street).id


def test_a_child_of_a_child_a_ring_and_a_second_parent_are_refused(world, street, gather):
    child, grandchild, other = child_of(world, 1), child_of(world, 2), child_of(world, 3)
    gather(street, child)
    assert refused(lambda: gather(child, grandchild)) == ("/parent", f"{child} is itself a child: choose its parent.")
    assert refused(lambda: gather(child, street)) == ("/parent", f"{child} is itself a child: choose its parent.")
    assert refused(lambda: gather(other, street)) == ("/parent", f"{street} has children: it cannot become one.")
    assert refused(lambda: gather(other, child)) == ("/parent", f"{child} already has a parent: detach it first.")
    assert refused(lambda: gather(street, street)) == ("/parent", "A ticket cannot be its own parent.")


@pytest.mark.parametrize(
    ("facts", "sentence"),
    [
        ({"kind": "praise"}, "Only problems are gathered: {other} is not one."),
        ({"kind": "proposal"}, "Only problems are gathered: {other} is not one."),
        ({"state": "duplicate"}, "{other} is a duplicate: choose the ticket it was joined to."),
    ],
)
def test_what_is_no_work_neither_gathers_nor_is_gathered(world, street, gather, facts, sentence):
    other = child_of(world, **facts)
    for pair in ((street, other), (other, street)):
        assert refused(lambda pair=pair: gather(*pair)) == ("/parent", sentence.format(other=other))


@pytest.mark.parametrize("state", ["done", "declined"])
def test_a_closed_parent_gathers_nothing_more_and_a_closed_child_is_welcome(world, street, gather, state):
    closed = child_of(world, state=state)
    assert refused(lambda: gather(closed, street)) == ("/parent", f"{closed} is closed: reopen it first.")
    gather(street, closed)
    assert world.row(closed).state == state


def test_a_parent_of_another_town_is_refused(world, gather, street):
    beside = world.ticket("anglet/voirie", dx=0.002)
    above = world.actor("dispatcher", territory="pays")
    assert refused(lambda: gather(beside, street, above)) == ("/parent", "Both tickets must lie in the same town.")
    # The sewers of the agglomeration work in this town: their ticket lies here.
    sewers = world.ticket("pays/voirie", town="bidache", dx=0.003)
    gather(street, sewers, above)
    assert world.row(sewers).parent_id == world.row(street).id


def test_who_gathers_may_act_on_both_and_who_parts_on_one(world, street, gather):
    roads = world.actor("agent", services=("bidache/voirie",))
    lamps = world.actor("agent", services=("bidache/eclairage",))
    planner = world.actor("planner", territory="bidache")
    both = world.actor("manager", services=("bidache/voirie", "bidache/eclairage"))
    child = child_of(world)
    unseen = f"No ticket on which you may act has the number {street}."
    assert refused(lambda: gather(street, child, lamps)) == ("/parent", unseen)
    with pytest.raises(NotFound):
        gather(street, child, roads)
    with pytest.raises(Denied):
        gather(street, child, planner)
    gather(street, child, both)
    services.detach(world.session, lamps, reference=child, version=2)
    assert world.row(child).parent_id is None
    services.attach(world.session, both, reference=street, child=child, version=world.version(street))
    services.detach(world.session, roads, reference=street, child=child, version=world.version(street))
    assert world.row(child).parent_id is None
    assert refused(lambda: services.detach(world.session, lamps, reference=child, version=world.version(child))) == (
        "/parent", "This ticket has no parent.",
    )  # fmt: skip


def test_both_sides_write_it_down_and_whoever_looked_before_looks_again(world, dispatcher, street, gather):
    child = child_of(world)
    gather(street, child)
    with pytest.raises(Conflict):
        services.change_state(
            world.session, dispatcher, reference=street, state="done", version=1, change=Change(text="Sec.")
        )
    services.detach(world.session, dispatcher, reference=street, child=child, version=2)
    facts = lambda reference: [(event.type, event.public, event.data) for event in world.events(reference)]  # noqa: E731
    assert facts(child) == [("attached", False, {"to": street}), ("detached", False, {"from": street})]
    assert facts(street) == [("gathered", False, {"reference": child}), ("released", False, {"reference": child})]
    assert (world.version(street), world.version(child)) == (3, 3)
    assert told(world) == []


@pytest.mark.parametrize(
    ("state", "change", "data"),
    [
        ("done", Change(text="La rue est sèche."), {}),
        ("declined", Change(reason="private"), {"reason": "private"}),
        ("declined", Change(text="La rue est privée."), {}),
    ],
)
def test_closing_the_parent_closes_its_open_children_with_its_reason(world, street, gather, state, change, data):
    roads = world.actor("agent", services=("bidache/voirie",))
    first, second, third = (child_of(world, number, n=2) for number in (1, 2, 3))
    already = child_of(world, 4, state="done")
    for child in (first, second, third, already):
        gather(street, child)
    services.change_state(
        world.session, world.actor("dispatcher", territory="bidache"), reference=second, state="waiting",
        version=2, change=Change(text="Nous attendons la régie.", waiting_for="third_party"),
    )  # fmt: skip
    services.change_state(
        world.session, roads, reference=street, state=state, version=world.version(street), change=change
    )
    for child, before in ((first, "new"), (second, "waiting"), (third, "new")):
        row, event = world.row(child), world.events(child)[-1]
        assert (row.state, row.closed_at is not None, row.waiting_for) == (state, True, None)
        assert (event.type, event.state_from, event.state_to, event.body) == (
            "state",
            before,
            state,
            change.text or None,
        )
        assert event.data == data | {"parent": street}
        assert (event.account_id, event.public) == (roads.id, True)
        states = world.session.scalars(text("SELECT state FROM contribution WHERE ticket_id = :t"), {"t": row.id}).all()
        assert states == [state, state]
    assert [event.type for event in world.events(already)] == ["attached"]
    assert cell_errors(world.session, world.towns["bidache"].territory_id) == []


def test_reopening_the_parent_leaves_its_children_closed(world, dispatcher, street, gather):
    child = child_of(world)
    gather(street, child)
    for state in ("done", "reopened"):
        services.change_state(
            world.session, dispatcher, reference=street, state=state, version=world.version(street),
            change=Change(text="Voilà."),
        )  # fmt: skip
    assert (world.row(street).state, world.row(child).state) == ("reopened", "done")
    services.change_state(
        world.session, dispatcher, reference=child, state="reopened", version=world.version(child),
        change=Change(text="Encore de l'eau."),
    )  # fmt: skip
    assert world.row(child).parent_id == world.row(street).id


def test_children_never_mail_the_reporter_and_the_parent_does(app, world, dispatcher, street, gather):
    child = child_of(world)
    world.contact(street, email="parent@resident.example")
    world.contact(child, email="enfant@resident.example")
    gather(street, child)
    assert queries.ticket_detail(world.session, dispatcher, reference=child).told == 0
    services.answer(world.session, dispatcher, reference=child, text="Le mât est sec.", version=world.version(child))
    services.change_state(world.session, dispatcher, reference=child, state="accepted", version=world.version(child))
    assert told(world) == []
    done = services.change_state(
        world.session, dispatcher, reference=street, state="done", version=world.version(street),
        change=Change(text="La rue est sèche."),
    )  # fmt: skip
    assert told(world) == [street]
    with app.app_context():
        assert [mail.to for mail in mails_of_event(world.session, done.event.id)] == ["parent@resident.example"]
    # Alone again, it speaks for itself.
    services.detach(world.session, dispatcher, reference=child, version=world.version(child))
    services.answer(world.session, dispatcher, reference=child, text="Merci.", version=world.version(child))
    assert told(world) == [street, child]


def test_a_ticket_with_children_is_no_duplicate(world, dispatcher, street, gather):
    other, child = child_of(world, 1), child_of(world, 2)
    gather(street, child)
    mark = lambda: services.mark_duplicate(  # noqa: E731
        world.session, dispatcher, reference=street, of=other, version=world.version(street)
    )
    assert refused(mark) == ("/duplicate_of", "This ticket has children: detach them first.")


def test_who_holds_a_child_reads_the_parent_and_no_contact(world, street, gather):
    lamps = world.actor("agent", services=("bidache/eclairage",))
    child, elsewhere = child_of(world), world.ticket("bidache/a-trier", title="À trier", dx=0.002)
    world.contact(street)
    services.answer(
        world.session, world.actor("dispatcher", territory="bidache"), reference=street, text="Entre nous", version=1,
        public=False,
    )  # fmt: skip
    with pytest.raises(NotFound):
        queries.ticket_detail(world.session, lamps, reference=street)
    gather(street, child)
    gather(street, elsewhere)
    seen = queries.ticket_detail(world.session, lamps, reference=street)
    assert (seen.may_work, seen.next_states, seen.contributions[0].contact.masked) == (False, (), True)
    assert [event.body for event in seen.history if event.type == "note"] == []
    assert [(one.reference, one.seen, one.title) for one in seen.children] == [
        (child, True, ""),
        (elsewhere, False, ""),
    ]
    assert queries.ticket_detail(world.session, lamps, reference=child).parent.reference == street
    with pytest.raises(NotFound):
        services.answer(world.session, lamps, reference=street, text="Bonjour", version=world.version(street))
    assert street not in [line.reference for line in queries.tickets_in_queue(world.session, lamps).lines]


@pytest.fixture
def api(app, world):
    account = world.account("dispatcher", territory="bidache")
    world.session.commit()
    body = {"email": account.email, "password": PASSWORD}
    headers = {"Authorization": f"Bearer {app.test_client().post('/api/v1/session', json=body).json['token']}"}

    class Api:
        def get(self, reference):
            return app.test_client().get(f"/api/v1/tickets/{reference}", headers=headers).json

        def post(self, reference, **event):
            event.setdefault("version", self.get(reference)["version"])
            return app.test_client().post(f"/api/v1/tickets/{reference}/events", headers=headers, json=event)

    return Api()


def test_by_program(world, street, api):
    child = child_of(world, title="Mât dans l'eau")
    world.session.commit()
    answer = api.post(street, type="attach", child=child)
    assert answer.status_code == 200
    assert answer.json["children"] == [
        {
            "reference": child,
            "state": "new",
            "title": "Mât dans l'eau",
            "service": {"slug": "eclairage", "name": "Eclairage"},
        }
    ]
    assert api.get(child)["parent"] == street
    assert api.post(child, type="detach").json["parent"] is None
    assert api.post(child, type="attach", parent=street).json["parent"] == street
    assert api.post(street, type="detach", child=child).json["children"] == []
    for event, pointer in (
        ({"type": "attach"}, "/parent"),
        ({"type": "attach", "parent": street, "child": street}, "/parent"),
        ({"type": "attach", "parent": "BID-999"}, "/parent"),
        ({"type": "detach"}, "/parent"),
        ({"type": "detach", "child": street}, "/child"),
    ):
        answer = api.post(child, **event)
        assert (answer.status_code, [error["pointer"] for error in answer.json["errors"]]) == (400, [pointer]), event
    assert api.post(child, type="attach", parent=street, version=1).status_code == 409


def test_two_crossed_attachments_at_once_end_in_one(world, street, api):
    other = child_of(world)
    world.session.commit()
    statuses, gate = [], threading.Barrier(2, timeout=60)

    def send(one, parent):
        gate.wait()
        statuses.append(api.post(one, type="attach", parent=parent, version=1).status_code)

    threads = [threading.Thread(target=send, args=pair) for pair in ((street, other), (other, street))]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    # Whoever comes second finds a newer version.
    assert sorted(statuses) == [200, 409]
    world.session.rollback()
    assert sorted(world.row(one).parent_id is None for one in (street, other)) == [False, True]


def test_eleven_at_once_end_in_ten(world, street, api):
    children = [child_of(world, number) for number in range(11)]
    world.session.commit()
    statuses = []
    threads = [
        threading.Thread(
            target=lambda one: statuses.append(api.post(one, type="attach", parent=street, version=1).status_code),
            args=(child,),
        )
        for child in children
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert sorted(statuses) == [200] * 10 + [400]


def test_the_migration_goes_both_ways_with_rows(worker_name):
    url = servers.clone(servers.shared_template(), f"parents_{worker_name}")
    engine = create_engine(url)
    with Session(engine, expire_on_commit=False) as session, session.begin():
        world = make_world(session)
        parent, child = world.ticket("bidache/voirie"), child_of(world)
        actor = world.actor("dispatcher", territory="bidache")
        services.attach(session, actor, reference=child, parent=parent, version=1)
    engine.dispose()
    migrate.downgrade(url, "0003")
    migrate.upgrade(url, "0004")
    with engine.connect() as connection:
        assert connection.execute(text("SELECT count(*), count(parent_id) FROM ticket")).one() == (2, 0)
    engine.dispose()
