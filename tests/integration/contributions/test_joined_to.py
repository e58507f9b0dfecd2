"""Whose news a contribution shares: its page leads to another one that everybody may read, or to none."""

from __future__ import annotations

import re
from typing import Any

import pytest
from flask.testing import FlaskClient
from sqlalchemy import text

from app.features.tickets import services
from tests.support.desk import World, make_world


@pytest.fixture
def world(session: Any) -> World:
    made = make_world(session)
    session.commit()
    return made


def _together(world: World, ticket: str) -> list[str]:
    asked = text(
        "SELECT c.reference FROM contribution c JOIN ticket t ON t.id = c.ticket_id "
        "WHERE t.reference = :t ORDER BY c.id"
    )
    return list(world.session.scalars(asked, {"t": ticket}))


def _show(world: World, visibility: str, *references: str) -> None:
    world.session.execute(
        text("UPDATE contribution SET visibility = :v WHERE reference = ANY(:r)"),
        {"v": visibility, "r": list(references)},
    )
    world.session.commit()


def _leads_to(client: FlaskClient, reference: str) -> str | None:
    found = re.search(r"Réuni à ([A-Z0-9-]+)", client.get(f"/c/{reference}?lang=fr").text)
    return found[1] if found else None


@pytest.mark.parametrize("visibility", ["pending", "hidden", "withdrawn"])
def test_it_leads_to_the_first_that_is_shown(world: World, client: FlaskClient, visibility: str) -> None:
    first, second, third = _together(world, world.ticket("bidache/voirie", n=3))
    world.session.commit()
    assert [_leads_to(client, each) for each in (first, second, third)] == [None, first, first]
    _show(world, visibility, first)
    assert [_leads_to(client, each) for each in (second, third)] == [None, second]
    _show(world, visibility, second)
    assert _leads_to(client, third) is None
    _show(world, "public", first)
    assert _leads_to(client, third) == first


def test_a_duplicate_leads_to_what_it_was_joined_to_in_the_end(world: World, client: FlaskClient) -> None:
    one, two, three = (world.ticket("bidache/voirie", dx=n * 0.001) for n in range(3))
    agent = world.actor("agent", services=("bidache/voirie",))
    world.session.commit()
    for duplicate, original in ((one, two), (two, three)):
        services.mark_duplicate(
            world.session, agent, reference=duplicate, of=original, version=world.version(duplicate)
        )
        world.session.commit()
    assert [_leads_to(client, each) for each in (one, two, three)] == [three, three, None]
    services.unmark_duplicate(world.session, agent, reference=two, version=world.version(two))
    world.session.commit()
    assert [_leads_to(client, each) for each in (one, two, three)] == [two, None, None]
