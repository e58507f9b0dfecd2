from __future__ import annotations

import pytest
from sqlalchemy.orm import Session

from tests.support.desk import World, make_world


@pytest.fixture
def world(session: Session) -> World:
    """Four towns with services and categories, not committed."""
    return make_world(session)
