"""The verbs of the desk: what they change, what they write down, what they refuse."""

from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from sqlalchemy import text

from app.core.errors import Conflict, Denied, Invalid, NotFound
from app.features.contributions.pyramid import cell_errors
from app.features.tickets import services
from app.features.tickets.workflow import Change


@pytest.fixture
def agent(world):
    return world.actor("agent", services=("bidache/voirie",))


@pytest.fixture
def dispatcher(world):
    return world.actor("dispatcher", territory="bidache")


def pointers(refused):
    return [error.pointer for error in refused.value.errors]


def map_is_exact(world):
    for town in world.towns.values():
        assert cell_errors(world.session, town.territory_id) == []


def told(world):
    """Events that followers will hear of."""
    rows = world.session.execute(text("SELECT payload FROM outbox WHERE topic = 'ticket.changed' ORDER BY id"))
    return [row.payload for row in rows]


def test_a_state_is_written_on_the_ticket_its_contributions_the_map_the_history_and_the_outbox(world, agent):
    reference = world.ticket("bidache/voirie", n=3)
    done = services.change_state(
        world.session, agent, reference=reference, state="done", version=1, change=Change(text=" Trou rebouché. ")
    )
    ticket = world.row(reference)
    assert (ticket.state, ticket.version) == ("done", 2)
    assert ticket.closed_at is not None
    states = world.session.scalars(text("SELECT state FROM contribution WHERE ticket_id = :t"), {"t": ticket.id})
    assert set(states) == {"done"}
    event = world.events(reference)[-1]
    assert (event.type, event.state_from, event.state_to, event.body, event.public, event.account_id) == (
        "state",
        "new",
        "done",
        "Trou rebouché.",
        True,
        agent.id,
    )
    assert told(world) == [{"ticket_id": ticket.id, "event_id": done.event.id}]
    map_is_exact(world)


def test_the_second_of_two_writers_gets_the_fresh_state(world, agent):
    reference = world.ticket("bidache/voirie")
    services.change_state(world.session, agent, reference=reference, state="accepted", version=1)
    with pytest.raises(Conflict) as refused:
        services.change_state(world.session, agent, reference=reference, state="in_progress", version=1)
    assert refused.value.extra["ticket"]["state"] == "accepted"
    assert refused.value.extra["ticket"]["version"] == 2
    assert world.row(reference).state == "accepted"


@pytest.mark.parametrize("state", ["done", "declined", "waiting"])
@pytest.mark.parametrize("words", ["", " \n\t "])
def test_some_states_want_words(world, agent, state, words):
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid) as refused:
        services.change_state(
            world.session, agent, reference=reference, state=state, version=1, change=Change(text=words)
        )
    assert pointers(refused) == ["/text"]
    assert world.row(reference).version == 1


@pytest.mark.parametrize("words", ["x" * 4001, "nul\x00"])
def test_words_that_cannot_be_kept(world, agent, words):
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid) as refused:
        services.answer(world.session, agent, reference=reference, text=words, version=1)
    assert pointers(refused) == ["/text"]


def test_a_forbidden_move_names_both_states(world, agent):
    reference = world.ticket("bidache/voirie", state="done")
    with pytest.raises(Invalid) as refused:
        services.change_state(world.session, agent, reference=reference, state="planned", version=1)
    assert pointers(refused) == ["/state"]
    assert dict(refused.value.errors[0].params) == {"source": "done", "target": "planned"}


def test_reopening_clears_the_closing_and_promises_anew(world, agent):
    reference = world.ticket("bidache/voirie", state="done", due_in_days=-10)
    services.change_state(
        world.session, agent, reference=reference, state="reopened", version=1, change=Change(text="Le trou est revenu")
    )
    ticket = world.row(reference)
    assert ticket.closed_at is None
    assert ticket.due_at is None or ticket.due_at > datetime.now(ZoneInfo("UTC"))


def test_planning_a_day_moves_the_promise_to_its_evening_in_town(world, agent):
    reference = world.ticket("bidache/voirie")
    day = date.today() + timedelta(days=9)
    services.change_state(
        world.session, agent, reference=reference, state="planned", version=1, change=Change(planned_on=day)
    )
    due = world.row(reference).due_at.astimezone(ZoneInfo("Europe/Paris"))
    assert (due.date(), due.hour, due.minute) == (day, 18, 0)
    assert world.events(reference)[-1].data == {"planned_on": day.isoformat()}


def test_an_idea_is_planned_without_a_delay(world, dispatcher):
    reference = world.ticket("bidache/voirie", kind="proposal")
    day = date.today() + timedelta(days=9)
    change = Change(planned_on=day, text="Au budget de l’an prochain.")
    for version, state in ((1, "accepted"), (2, "planned")):
        services.change_state(
            world.session, dispatcher, reference=reference, state=state, version=version, change=change
        )
    assert world.row(reference).due_at is None
    assert world.events(reference)[-1].data == {"planned_on": day.isoformat()}


def test_planning_in_the_past_is_refused(world, agent):
    reference = world.ticket("bidache/voirie")
    change = Change(planned_on=date.today() - timedelta(days=2))
    with pytest.raises(Invalid) as refused:
        services.change_state(world.session, agent, reference=reference, state="planned", version=1, change=change)
    assert pointers(refused) == ["/planned_on"]


def test_whoever_accepts_holds_it_unless_somebody_does(world, agent):
    colleague = world.account("agent", services=("bidache/voirie",))
    free = world.ticket("bidache/voirie")
    held = world.ticket("bidache/voirie", assignee=colleague.id)
    for reference in (free, held):
        services.change_state(world.session, agent, reference=reference, state="accepted", version=1)
    assert world.row(free).assignee_id == agent.id
    assert world.row(held).assignee_id == colleague.id


def test_what_everybody_may_read_dates_the_contribution_and_a_note_does_not(world, agent):
    reference = world.ticket("bidache/voirie")

    def changed():
        return world.session.scalar(
            text("SELECT changed_at FROM contribution c JOIN ticket t ON t.id = c.ticket_id WHERE t.reference = :r"),
            {"r": reference},
        )

    services.answer(world.session, agent, reference=reference, text="Prendre l'enrobé.", version=1, public=False)
    assert changed() is None
    services.answer(world.session, agent, reference=reference, text="Nous passons lundi.", version=2)
    answered = changed()
    assert answered == world.row(reference).updated_at
    services.change_state(world.session, agent, reference=reference, state="accepted", version=3)
    assert changed() > answered


def test_a_public_answer_is_told_and_a_note_is_not(world, agent):
    reference = world.ticket("bidache/voirie")
    services.answer(world.session, agent, reference=reference, text="Nous passons lundi.", version=1)
    services.answer(world.session, agent, reference=reference, text="Prendre l'enrobé.", version=2, public=False)
    said = [(event.type, event.public, event.body) for event in world.events(reference)]
    assert said == [("answer", True, "Nous passons lundi."), ("note", False, "Prendre l'enrobé.")]
    assert len(told(world)) == 1


def test_an_agent_takes_and_leaves_a_manager_gives(world, agent):
    manager = world.actor("manager", services=("bidache/voirie",))
    colleague = world.account("agent", services=("bidache/voirie",))
    stranger = world.account("agent", services=("bidache/eclairage",))
    reference = world.ticket("bidache/voirie")
    assign = lambda actor, who: services.assign(  # noqa: E731
        world.session, actor, reference=reference, assignee_id=who, version=world.version(reference)
    )
    assign(agent, agent.id)
    assign(agent, None)
    with pytest.raises(Denied):
        assign(agent, colleague.id)
    assign(manager, colleague.id)
    with pytest.raises(Denied):
        assign(agent, None)
    with pytest.raises(Invalid):
        assign(manager, stranger.id)
    assert world.row(reference).assignee_id == colleague.id
    assert not any(event.public for event in world.events(reference))


def test_moving_clears_the_assignee_and_hides_the_reason(world, agent):
    reference = world.ticket("bidache/voirie", assignee=agent.id)
    services.move_to_service(
        world.session, agent, reference=reference, service="eclairage", version=1, text="C'est le câble."
    )
    ticket = world.row(reference)
    assert (ticket.service, ticket.assignee_id, ticket.version) == ("eclairage", None, 2)
    note, moved = world.events(reference)[-2:]
    assert (note.type, note.public, note.body) == ("note", False, "C'est le câble.")
    assert (moved.type, moved.public, moved.body) == ("moved", True, None)
    assert (moved.data["from"], moved.data["to"]) == ("voirie", "eclairage")


def test_a_ticket_moves_up_to_the_agglomeration_but_not_aside(world, dispatcher):
    world.service("pays/eau")
    world.service("anglet/plage")
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid):
        services.move_to_service(world.session, dispatcher, reference=reference, service="plage", version=1)
    services.move_to_service(world.session, dispatcher, reference=reference, service="eau", version=1)
    assert world.row(reference).service == "eau"


@pytest.mark.parametrize("service", ["voirie", "dragons", ""])
def test_where_a_ticket_cannot_move(world, agent, service):
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid) as refused:
        services.move_to_service(world.session, agent, reference=reference, service=service, version=1)
    assert pointers(refused) == ["/service"]


def test_changing_the_category_routes_again_exactly_once(world, agent):
    reference = world.ticket("bidache/voirie", n=2, assignee=agent.id, category="trou")
    services.change_category(world.session, agent, reference=reference, category="lampadaire", version=1)
    ticket = world.row(reference)
    assert (ticket.service, ticket.assignee_id, ticket.version) == ("eclairage", None, 2)
    assert [event.type for event in world.events(reference)] == ["category", "routed"]
    assert world.events(reference)[0].data == {"from": "trou", "to": "lampadaire"}
    assert world.events(reference)[1].data == ticket.routing != {}
    categories = world.session.scalars(
        text("SELECT DISTINCT category.slug FROM contribution JOIN category ON category.id = category_id "
             "WHERE ticket_id = :t"), {"t": ticket.id},
    ).all()  # fmt: skip
    assert categories == ["lampadaire"]
    map_is_exact(world)


def test_changing_the_category_within_a_service_keeps_who_holds_it(world, agent):
    world.session.execute(
        text("UPDATE category SET service_id = :s WHERE slug = 'lampadaire'"), {"s": world.services["bidache/voirie"]}
    )
    reference = world.ticket("bidache/voirie", assignee=agent.id, category="trou")
    services.change_category(world.session, agent, reference=reference, category="lampadaire", version=1)
    assert world.row(reference).assignee_id == agent.id
    assert [event.type for event in world.events(reference)] == ["category", "routed"]


@pytest.mark.parametrize("category", ["trou", "dragons"])
def test_categories_that_are_refused(world, agent, category):
    reference = world.ticket("bidache/voirie", category="trou")
    with pytest.raises(Invalid) as refused:
        services.change_category(world.session, agent, reference=reference, category=category, version=1)
    assert pointers(refused) == ["/category"]


def test_a_category_of_another_kind_or_closed_is_refused(world, agent):
    reference = world.ticket("bidache/voirie", category="trou")
    for change in ("kinds = '{praise}'", "active = false"):
        world.session.execute(text(f"UPDATE category SET {change} WHERE slug = 'lampadaire'"))
        world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
        with pytest.raises(Invalid):
            services.change_category(world.session, agent, reference=reference, category="lampadaire", version=1)


def test_changing_the_place_moves_ticket_first_contribution_zones_and_map_and_routes_once(world, agent):
    town = world.towns["bidache"]
    zone = town.zone("port", (-1.46, 43.48, -1.45, 43.50))
    world.session.execute(text("UPDATE territory SET config_version = config_version + 1"))
    reference = world.ticket("bidache/voirie", n=2)
    before = world.session.scalar(text("SELECT h3 FROM contribution WHERE reference = :r"), {"r": reference})
    services.change_place(world.session, agent, reference=reference, lon=-1.455, lat=43.49, version=1)
    ticket = world.row(reference)
    rows = world.session.execute(
        text("SELECT reference, ST_X(geom) AS lon, zone_ids, h3 FROM contribution WHERE ticket_id = :t ORDER BY id"),
        {"t": ticket.id},
    ).all()
    assert ticket.zone_ids == [zone]
    assert (rows[0].lon, rows[0].zone_ids) == (-1.455, [zone])
    assert rows[0].h3 != before
    assert rows[1].lon != -1.455
    assert [event.type for event in world.events(reference)] == ["place", "routed"]
    map_is_exact(world)


@pytest.mark.parametrize(("lon", "lat"), [(0.0, 0.0), (-1.475, 91.0), (43.49, -1.475), (181.0, 0.0)])
def test_places_that_are_refused(world, agent, lon, lat):
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid) as refused:
        services.change_place(world.session, agent, reference=reference, lon=lon, lat=lat, version=1)
    assert pointers(refused) == ["/lat"]


def test_a_duplicate_closes_and_the_other_lists_it_until_undone(world, agent):
    a, b = world.ticket("bidache/voirie", n=2), world.ticket("bidache/voirie", dx=0.001, due_in_days=3)
    services.change_state(world.session, agent, reference=b, state="in_progress", version=1)
    before = world.row(b)
    services.mark_duplicate(world.session, agent, reference=b, of=a, version=2)
    joined = world.row(b)
    assert (joined.state, joined.duplicate_of_id) == ("duplicate", world.row(a).id)
    assert joined.closed_at is not None
    map_is_exact(world)
    services.unmark_duplicate(world.session, agent, reference=b, version=3)
    after = world.row(b)
    assert (after.state, after.closed_at, after.duplicate_of_id) == ("in_progress", None, None)
    assert after.due_at == before.due_at
    assert world.row(a).state == "new"
    assert [event.type for event in world.events(a)] == ["joined", "parted"]
    map_is_exact(world)


def test_a_ticket_is_never_its_own_duplicate_nor_in_a_ring(world, agent):
    a, b, c = (world.ticket("bidache/voirie", dx=n / 1000) for n in range(3))
    mark = lambda one, of: services.mark_duplicate(  # noqa: E731
        world.session, agent, reference=one, of=of, version=world.version(one)
    )
    with pytest.raises(Invalid):
        mark(a, a.lower())
    mark(b, a)
    with pytest.raises(Invalid):
        mark(a, b)
    with pytest.raises(Invalid):
        mark(c, b)
    mark(a, c)
    with pytest.raises(Invalid):
        mark(c, b)
    with pytest.raises(Invalid):
        mark(c, a)
    assert [world.row(t).state for t in (a, b, c)] == ["duplicate", "duplicate", "new"]


def test_a_duplicate_of_what_one_may_not_see_does_not_exist(world, agent):
    mine, theirs = world.ticket("bidache/voirie"), world.ticket("bidache/eclairage")
    with pytest.raises(NotFound):
        services.mark_duplicate(world.session, agent, reference=mine, of=theirs, version=1)


def test_only_the_former_state_comes_back(world, agent):
    a, b = world.ticket("bidache/voirie"), world.ticket("bidache/voirie", dx=0.001)
    services.mark_duplicate(world.session, agent, reference=b, of=a, version=1)
    with pytest.raises(Invalid):
        services.change_state(world.session, agent, reference=b, state="in_progress", version=2)
    services.change_state(world.session, agent, reference=b, state="new", version=2)
    assert world.row(b).duplicate_of_id is None


def test_a_contribution_leaves_its_group_for_a_ticket_of_its_own(world, agent):
    reference = world.ticket("bidache/voirie", n=3, state="in_progress")
    members = world.session.scalars(
        text("SELECT reference FROM contribution WHERE ticket_id = (SELECT id FROM ticket WHERE reference = :r) "
             "ORDER BY id"), {"r": reference},
    ).all()  # fmt: skip
    done, fresh = services.split_contribution(
        world.session, agent, reference=reference, contribution=members[1], version=1
    )
    assert fresh.reference == members[1]
    assert (fresh.state, fresh.contributions, world.row(reference).contributions) == ("new", 1, 2)
    assert fresh.routing
    assert world.session.scalar(text("SELECT state FROM contribution WHERE reference = :r"), {"r": members[1]}) == "new"
    assert done.event.type == "split"
    assert [event.type for event in world.events(fresh.reference)] == ["routed"]
    map_is_exact(world)
    for wrong in (reference, "BID-999", members[1]):
        with pytest.raises(Invalid):
            services.split_contribution(world.session, agent, reference=reference, contribution=wrong, version=2)


def test_hidden_contributions_do_not_touch_the_map(world, agent):
    reference = world.ticket("bidache/voirie", visibility="hidden")
    services.change_state(world.session, agent, reference=reference, state="accepted", version=1)
    map_is_exact(world)


def test_a_refused_verb_leaves_no_trace(world, agent):
    reference = world.ticket("bidache/voirie")
    with pytest.raises(Invalid), world.session.begin_nested():
        services.move_to_service(
            world.session, agent, reference=reference, service="dragons", version=1, text="vers ailleurs"
        )
    assert world.events(reference) == []
    assert told(world) == []


@pytest.mark.parametrize("kind", ["praise", "proposal"])
def test_praise_and_proposals_follow_their_own_table(world, agent, dispatcher, kind):
    reference = world.ticket("bidache/voirie", kind=kind)
    if kind == "praise":
        services.change_state(world.session, agent, reference=reference, state="done", version=1)
        assert world.row(reference).state == "done"
    else:
        services.change_state(world.session, agent, reference=reference, state="accepted", version=1)
        with pytest.raises(Denied):
            services.change_state(
                world.session, agent, reference=reference, state="planned", version=2, change=Change(text="2027")
            )
        services.change_state(
            world.session, dispatcher, reference=reference, state="planned", version=2, change=Change(text="2027")
        )
        assert world.row(reference).state == "planned"
