"""Hotspots found by PostGIS, and their life."""

from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from flask.testing import FlaskClient
from shapely.geometry import Point, shape
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.pyramid import CellChange
from app.features.planning.hotspots import mark_alive, mark_changed, mark_territory, recompute_changed
from tests.support.town import Town, make_town

LON, LAT = -1.4748, 43.4929
METRE = 1 / 111_195


@pytest.fixture
def town(session: Session) -> Town:
    made = make_town(session)
    made.category("depots")
    made.category("eclairage")
    return made


def heap(town: Town, count: int, *, north_m: float = 0, step_m: float = 5, **facts: Any) -> list[CellChange]:
    """Contributions in a row to the north, `step_m` apart, marked."""
    made = [town.add(LON, LAT + (north_m + i * step_m) * METRE, **facts) for i in range(count)]
    mark_changed(town.session, {(c.territory_id, c.category_id, c.kind) for c in made})
    return made


def hide(town: Town, changes: list[CellChange]) -> None:
    town.session.execute(
        text("UPDATE contribution SET visibility = 'hidden' WHERE id = ANY(:ids)"),
        {"ids": [change.contribution_id for change in changes]},
    )
    mark_changed(town.session, {(c.territory_id, c.category_id, c.kind) for c in changes})


def run(session: Session) -> int:
    done = recompute_changed(session, limit=100)
    session.flush()
    return done


def hotspots(session: Session) -> list[Any]:
    return list(session.execute(text("SELECT * FROM hotspot ORDER BY id")).all())


def story(session: Session, hotspot_id: int) -> list[tuple[str, int]]:
    rows = session.execute(
        text("SELECT type, n FROM hotspot_event WHERE hotspot_id = :id ORDER BY id"), {"id": hotspot_id}
    )
    return [(row.type, row.n) for row in rows]


def test_five_together_are_a_hotspot_and_four_are_not(session: Session, town: Town) -> None:
    heap(town, 4)
    heap(town, 6, category="eclairage")
    assert run(session) == 2
    (spot,) = hotspots(session)
    assert (spot.n, spot.category_id, spot.kind) == (6, town.categories["eclairage"], "problem")
    assert story(session, spot.id) == [("appeared", 6)]
    assert run(session) == 0, "nothing is marked any more"


def test_far_old_hidden_and_reunited_ones_do_not_count(session: Session, town: Town) -> None:
    heap(town, 4)
    heap(town, 1, north_m=500)
    heap(town, 2, created_at=datetime.now(UTC) - timedelta(days=61))
    heap(town, 2, visibility="hidden")
    heap(town, 2, state="duplicate")
    heap(town, 2, kind="praise")
    run(session)
    assert hotspots(session) == []


def test_the_hull_holds_its_members_and_little_more(session: Session, town: Town, client: FlaskClient) -> None:
    made = heap(town, 8)
    run(session)
    session.commit()
    answer = client.get("/api/v1/hotspots?territory=bidache")
    assert answer.mimetype == "application/geo+json"
    (feature,) = answer.json["features"]
    hull = shape(feature["geometry"])
    assert hull.is_valid
    assert all(hull.contains(Point(change.lon, change.lat)) for change in made)
    assert not hull.contains(Point(LON, LAT + 70 * METRE))
    assert feature["properties"]["centre"] == pytest.approx([LON, LAT + 17.5 * METRE], abs=2 * METRE)
    assert (feature["properties"]["n"], feature["properties"]["trend"]) == (8, "appeared")


def test_its_name_is_its_street_and_its_quarter(session: Session, town: Town) -> None:
    town.zone("Marracq", (-1.48, 43.49, -1.47, 43.50))
    for number in ("12", "14 bis", "3"):
        heap(town, 2, address=f"{number} Avenue Raymond de Martres, 64100 Bayonne")
    run(session)
    assert hotspots(session)[0].name == "Avenue Raymond de Martres, Marracq"


def test_it_grows_and_keeps_its_number(session: Session, town: Town) -> None:
    heap(town, 6)
    run(session)
    heap(town, 1)
    run(session)
    heap(town, 3)
    run(session)
    (spot,) = hotspots(session)
    assert (spot.n, spot.peak) == (10, 10)
    assert story(session, spot.id) == [("appeared", 6), ("grew", 10)], "one more was not worth telling"


def test_it_shrinks_then_ends(session: Session, town: Town) -> None:
    made = heap(town, 9)
    run(session)
    hide(town, made[6:])
    run(session)
    hide(town, made[3:6])
    run(session)
    (spot,) = hotspots(session)
    assert story(session, spot.id) == [("appeared", 9), ("shrank", 6), ("ended", 0)]
    assert spot.ended_at is not None
    assert spot.successor_id is None
    assert spot.peak == 9


def test_it_splits_and_the_larger_part_goes_on(session: Session, town: Town) -> None:
    heap(town, 7)
    bridge = heap(town, 8, north_m=60, step_m=20)
    heap(town, 5, north_m=240)
    run(session)
    (whole,) = hotspots(session)
    assert whole.n == 20
    hide(town, bridge)
    run(session)
    heir, part = hotspots(session)
    assert (heir.id, heir.n, part.n) == (whole.id, 7, 5)
    assert story(session, heir.id) == [("appeared", 20), ("split", 7)]
    data = session.execute(text("SELECT data FROM hotspot_event WHERE hotspot_id = :id"), {"id": part.id}).scalar_one()
    assert data == {"split_from": whole.id}


def test_two_merge_and_the_lesser_points_to_the_other(session: Session, town: Town, client: FlaskClient) -> None:
    heap(town, 5)
    heap(town, 7, north_m=240)
    run(session)
    small, large = hotspots(session)
    heap(town, 9, north_m=45, step_m=22)
    run(session)
    small, large = hotspots(session)
    assert (large.n, large.ended_at) == (21, None)
    assert small.ended_at is not None
    assert small.successor_id == large.id
    assert story(session, large.id) == [("appeared", 7), ("merged", 21)]
    session.commit()
    old = client.get(f"/api/v1/hotspots/{small.id}").json["properties"]
    assert old["successor"] == large.id
    assert [event["type"] for event in old["history"]] == ["appeared", "merged"]
    assert len(client.get("/api/v1/hotspots?territory=bidache").json["features"]) == 1


def test_running_again_changes_nothing(session: Session, town: Town) -> None:
    heap(town, 8)
    run(session)
    before = [hotspots(session), story(session, hotspots(session)[0].id)]
    mark_alive(session)
    assert run(session) == 1
    assert [hotspots(session), story(session, hotspots(session)[0].id)] == before


def test_the_window_slides(session: Session, town: Town) -> None:
    heap(town, 6, created_at=datetime.now(UTC) - timedelta(days=59))
    mark_territory(session, town.territory_id)
    run(session)
    session.execute(text("UPDATE contribution SET created_at = created_at - interval '2 days'"))
    mark_alive(session)
    run(session)
    assert [spot.ended_at is None for spot in hotspots(session)] == [False]


def test_a_town_sets_its_own_measure(session: Session, town: Town) -> None:
    session.execute(
        text('UPDATE territory SET settings = \'{"hotspots": {"categories": {"depots": {"min_points": 3}}}}\'')
    )
    heap(town, 3)
    heap(town, 3, category="eclairage")
    run(session)
    assert [spot.category_id for spot in hotspots(session)] == [town.categories["depots"]]


def test_public_answers_hide_what_is_too_small_and_filter(session: Session, town: Town, client: FlaskClient) -> None:
    session.execute(text('UPDATE territory SET settings = \'{"hotspots": {"min_points": 3}}\''))
    heap(town, 4)
    heap(town, 6, category="eclairage")
    heap(town, 7, kind="praise", north_m=900)
    run(session)
    session.commit()

    def sizes(query: str) -> list[int]:
        features = client.get(f"/api/v1/hotspots?territory=bidache&{query}").json["features"]
        return [feature["properties"]["n"] for feature in features]

    assert sizes("") == [7, 6]
    assert sizes("kind=praise") == [7]
    assert sizes("category=eclairage") == [6]
    assert sizes(f"bbox={LON - 0.001},{LAT - 0.001},{LON + 0.001},{LAT + 0.001}") == [6]
    assert client.get("/api/v1/hotspots?territory=bidache&kind=x").status_code == 400
    assert client.get("/api/v1/hotspots/999999").status_code == 404


def test_marking_twice_is_marking_once(session: Session, town: Town) -> None:
    mark_changed(session, [])
    key = (town.territory_id, town.categories["depots"], "problem")
    mark_changed(session, [key, list(key)])
    mark_changed(session, [key])
    assert run(session) == 1
