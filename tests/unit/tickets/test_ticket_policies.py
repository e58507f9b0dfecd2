"""Roles × place of the ticket: the whole table, written out."""

import pytest

from app.features.accounts.models import ROLES
from app.features.accounts.policies import ANONYMOUS, Actor
from app.features.tickets import policies
from app.features.tickets.policies import Whereabouts

PAYS, BIDACHE, ANGLET, NANTES = 1, 2, 3, 4
OWN, OTHER = 20, 21

# Each ticket: queue, territory of the queue, territory where it lies.
PLACES = {
    "own service": Whereabouts(OWN, BIDACHE, BIDACHE),
    "other service, same town": Whereabouts(OTHER, BIDACHE, BIDACHE),
    "town above, lying here": Whereabouts(10, PAYS, BIDACHE),
    "town above, lying beside": Whereabouts(10, PAYS, ANGLET),
    "town beside": Whereabouts(30, ANGLET, ANGLET),
    "town far away": Whereabouts(40, NANTES, NANTES),
}
# By role, everyone in Bidache: what is seen, then what is worked on.
SEEN = {
    "agent": {"own service"},
    "manager": {"own service"},
    "dispatcher": {"own service", "other service, same town", "town above, lying here"},
    "planner": {"own service", "other service, same town", "town above, lying here"},
    "administrator": {"own service", "other service, same town", "town above, lying here"},
    "guarantor": set(),
}
WORKED = {
    "agent": {"own service"},
    "manager": {"own service"},
    "dispatcher": {"own service", "other service, same town"},
    "planner": set(),
    "administrator": {"own service", "other service, same town"},
    "guarantor": set(),
}


def actor(role, territories=(BIDACHE,), **more):
    services = frozenset({OWN}) if role in ("agent", "manager") else frozenset()
    return Actor(
        id=7, role=role, territory_id=BIDACHE, territory_ids=frozenset(territories), service_ids=services, **more
    )


@pytest.mark.parametrize("place", PLACES)
@pytest.mark.parametrize("role", ROLES)
def test_who_sees_and_who_works(role, place):
    who, where = actor(role), PLACES[place]
    assert policies.may_see(who, where) is (place in SEEN[role])
    works = place in WORKED[role]
    assert policies.may_work(who, where) is works
    assert policies.may_move(who, where) is works
    assert policies.may_read_contact(who, where) is works
    assert policies.may_read_notes(who, where) is works
    assert policies.may_assign_others(who, where) is (works and role != "agent")


@pytest.mark.parametrize("place", PLACES)
def test_nobody_sees_nothing(place):
    for predicate in (policies.may_see, policies.may_work, policies.may_read_contact, policies.may_read_notes):
        assert not predicate(ANONYMOUS, PLACES[place])


@pytest.mark.parametrize("role", ["dispatcher", "administrator"])
def test_the_agglomeration_works_in_its_communes_and_not_elsewhere(role):
    who = actor(role, territories=(PAYS, BIDACHE, ANGLET))
    worked = {place for place, where in PLACES.items() if policies.may_work(who, where)}
    assert worked == set(PLACES) - {"town far away"}


@pytest.mark.parametrize("role", ROLES)
def test_being_everywhere_is_for_those_who_oversee(role):
    who = actor(role, everywhere=True)
    assert policies.may_see(who, PLACES["town far away"]) is (role not in ("agent", "manager", "guarantor"))


def test_to_work_is_to_see():
    for role in ROLES:
        for where in PLACES.values():
            if policies.may_work(actor(role), where):
                assert policies.may_see(actor(role), where)


@pytest.mark.parametrize("role", ROLES)
def test_queues(role):
    who = actor(role)
    assert policies.may_see_queue(who, service_id=OWN, service_territory_id=BIDACHE) is (role != "guarantor")
    other = policies.may_see_queue(who, service_id=OTHER, service_territory_id=BIDACHE)
    assert other is (role not in ("agent", "manager", "guarantor"))
    assert not policies.may_see_queue(who, service_id=10, service_territory_id=PAYS)
    assert not policies.may_see_queue(who, service_id=40, service_territory_id=NANTES)
