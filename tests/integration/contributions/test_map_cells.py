"""The pyramid in PostgreSQL: what is added one by one equals what is counted from scratch, exactly."""

import random
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import (
    CellChange,
    cell_errors,
    change_cells,
    drop_empty_cells,
    rebuild_cells,
)
from app.features.contributions.queries import common_categories
from geodata.pyramid import LEVELS, grid_position, tile_and_cell, week_number
from tests.support.town import EAST, NORTH, SOUTH, WEST, Town, make_town

NOW = datetime(2026, 3, 4, 12, tzinfo=UTC)


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("proprete")
    made.category("eclairage")
    return made


def _scatter(town: Town, count: int, seed: int = 7) -> list[CellChange]:
    dice = random.Random(seed)
    return [
        town.add(
            dice.uniform(WEST, EAST),
            dice.uniform(SOUTH, NORTH),
            category=dice.choice(("proprete", "eclairage")),
            kind=dice.choice(("problem", "praise", "proposal")),
            state=dice.choice(("new", "planned", "done", "declined", "duplicate")),
            created_at=NOW - timedelta(days=dice.uniform(0, 700)),
        )
        for _ in range(count)
    ]


def _rows(session: Session) -> list[tuple[object, ...]]:
    return [tuple(row) for row in session.execute(text("SELECT * FROM map_cell ORDER BY 1, 2, 3, 4, 5, 6, 7"))]


def test_one_contribution_has_three_rows_at_each_level(session: Session, town: Town) -> None:
    change = town.add(-1.4748, 43.4929, kind="praise", created_at=NOW)
    change_cells(session, [change])
    gx, gy = grid_position(-1.4748, 43.4929)
    expected = []
    for level in LEVELS:
        tile, cell = tile_and_cell(gx, gy, level)
        for category, week in ((0, 0), (0, week_number(NOW)), (change.category_id, 0)):
            expected.append((tile, category, week, town.territory_id, cell, 1, 0, 1, gx, gy, change.contribution_id))
    assert _rows(session) == sorted(expected)


def test_added_one_by_one_in_batches_or_counted_again_is_the_same(session: Session, town: Town) -> None:
    changes = _scatter(town, 300)
    for change in changes[:50]:
        change_cells(session, [change])
    change_cells(session, changes[50:])
    assert cell_errors(session, town.territory_id) == []
    added = _rows(session)
    assert rebuild_cells(session, town.territory_id) == len(added)
    assert _rows(session) == added


def test_the_form_offers_first_what_people_speak_of_most(session: Session, town: Town) -> None:
    said = [("proprete", "problem", "done")] * 2 + [("eclairage", "problem", "new")] * 3
    said += [("proprete", "praise", "new")] * 9
    change_cells(session, [town.add(-1.47, 43.49, category=c, kind=k, state=s, created_at=NOW) for c, k, s in said])
    clean, light = (town.categories[slug] for slug in ("proprete", "eclairage"))
    assert common_categories(session, town.slug, kind="problem", among=(clean, light)) == [light, clean]
    assert common_categories(session, town.slug, kind="problem", among=(clean, light), most=1) == [light]
    assert common_categories(session, town.slug, kind="praise", among=(clean, light)) == [clean]
    assert common_categories(session, town.slug, kind="problem", among=(clean,)) == [clean]
    assert common_categories(session, town.slug, kind="proposal", among=(clean, light)) == []


def test_a_change_of_state_moves_the_count(session: Session, town: Town) -> None:
    changes = _scatter(town, 40)
    change_cells(session, changes)
    old = next(change for change in changes if change.state == "new")
    session.execute(text("UPDATE contribution SET state = 'done' WHERE id = :id"), {"id": old.contribution_id})
    assert cell_errors(session, town.territory_id) != [], "the check must notice what nobody told the pyramid"
    change_cells(session, [replace(old, sign=-1), replace(old, state="done")])
    assert cell_errors(session, town.territory_id) == []


def test_open_states_share_a_row_and_cancel_out(session: Session, town: Town) -> None:
    change = town.add(-1.48, 43.49)
    change_cells(session, [change])
    before = _rows(session)
    change_cells(session, [replace(change, sign=-1), replace(change, state="in_progress")])
    assert _rows(session) == before


def test_what_is_taken_away_leaves_nothing(session: Session, town: Town) -> None:
    changes = _scatter(town, 30)
    change_cells(session, changes)
    change_cells(session, [replace(change, sign=-1) for change in changes])
    session.execute(text("UPDATE contribution SET visibility = 'hidden'"))
    assert cell_errors(session, town.territory_id) == []
    assert drop_empty_cells(session) > 0
    assert _rows(session) == []


def test_only_public_and_placed_ones_are_counted(session: Session, town: Town) -> None:
    town.add(-1.48, 43.49, visibility="pending")
    town.add(-1.48, 43.49, visibility="hidden")
    town.add(-1.48, 43.49, placed=False)
    assert rebuild_cells(session, town.territory_id) == 0


def test_rebuilding_one_town_leaves_the_other(session: Session, town: Town) -> None:
    other = make_town(session, "ustaritz")
    other.category("voirie")
    change_cells(session, [other.add(-1.48, 43.49)])
    before = _rows(session)
    assert rebuild_cells(session, town.territory_id) == 0
    assert _rows(session) == before


@pytest.mark.parametrize(("lon", "lat"), [(0, 0), (180, 85.06), (-180, -89.9), (179.9999999, 0), (2.8125, 0)])
def test_edges_fall_in_the_same_cell_in_python_and_in_sql(session: Session, town: Town, lon: float, lat: float) -> None:
    change_cells(session, [town.add(lon, lat)])
    assert cell_errors(session, town.territory_id) == []


def test_no_change_is_no_statement(session: Session, town: Town) -> None:
    change_cells(session, [])
    change = town.add(-1.48, 43.49)
    change_cells(session, [change, replace(change, sign=-1)])
    assert _rows(session) == []
