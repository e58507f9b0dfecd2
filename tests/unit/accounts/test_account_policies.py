import pytest

from app.features.accounts import policies
from app.features.accounts.models import ROLES
from app.features.accounts.policies import ANONYMOUS, Actor


def actor(role, *, territories=(1, 2), services=(), everywhere=False):
    return Actor(
        id=7,
        role=role,
        territory_id=1,
        territory_ids=frozenset(territories),
        service_ids=frozenset(services),
        everywhere=everywhere,
    )


def test_every_role_of_the_table_is_known_here():
    assert {*policies.DESK_ROLES, policies.GUARANTOR} == set(ROLES)


def test_nobody_may_do_nothing():
    assert ANONYMOUS.anonymous
    assert not policies.may_open_desk(ANONYMOUS)
    assert not policies.may_manage_accounts(ANONYMOUS, territory_id=1)
    assert not policies.may_edit_rules(ANONYMOUS, territory_id=1)
    assert not policies.may_see_figures(ANONYMOUS, territory_id=1)


@pytest.mark.parametrize("role", ROLES)
def test_reach_is_own_and_nested_territories(role):
    assert actor(role).reaches(2)
    assert not actor(role).reaches(3)
    assert actor(role, everywhere=True).reaches(3)


@pytest.mark.parametrize("role", ROLES)
def test_only_an_administrator_manages_accounts_and_rules_of_their_town(role):
    allowed = role == "administrator"
    assert policies.may_manage_accounts(actor(role), territory_id=2) is allowed
    assert policies.may_edit_rules(actor(role), territory_id=2) is allowed
    assert not policies.may_manage_accounts(actor(role), territory_id=3)
    assert not policies.may_edit_rules(actor(role), territory_id=3)
    assert not policies.may_manage_accounts(actor(role), territory_id=None)
    assert policies.may_manage_accounts(actor(role, everywhere=True), territory_id=None) is allowed


@pytest.mark.parametrize("role", ROLES)
def test_figures_are_for_those_who_plan_or_decide(role):
    assert policies.may_see_figures(actor(role), territory_id=1) is (role not in ("agent", "guarantor"))
    assert not policies.may_see_figures(actor(role), territory_id=9)
