from __future__ import annotations

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.desk import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    """Four towns where people may send something: their references have numbers, their categories names."""
    world = make_world(session)
    session.execute(text("SELECT add_reference_sequence(id), setval('reference_' || id, 5000) FROM territory"))
    session.execute(text('UPDATE category SET label = \'{"fr": "Trou"}\''))
    session.commit()
    return world
