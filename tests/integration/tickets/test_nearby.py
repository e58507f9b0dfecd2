"""The question "is it already there?" (R22, R24, R25)."""

from datetime import UTC, datetime, timedelta

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from tests.support.town import make_town

LON, LAT = -1.475, 43.485
METRE = 1 / 111_100
"""A metre of latitude here, in degrees, within a centimetre in forty metres."""


@pytest.fixture
def town(session: Session):
    made = make_town(session)
    session.execute(
        text("INSERT INTO territory_part (territory_id, geom) SELECT id, ST_GeometryN(boundary, 1) FROM territory")
    )
    for slug in ("trous", "eclairage"):
        made.category(slug)
    session.execute(text("UPDATE category SET group_radius_m = 60"))
    return made


@pytest.fixture
def ask(client, session):
    def ask(**changes):
        session.commit()
        query = {"lon": LON, "lat": LAT, "category": "trous", "kind": "problem"} | changes
        return client.get("/api/v1/nearby", query_string=query)

    return ask


def titles(answer):
    assert answer.status_code == 200, answer.json
    return [found["sentence"] for found in answer.json["results"]]


def test_an_open_report_forty_metres_away_is_shown(town, ask):
    said = datetime.now(UTC) - timedelta(days=3, minutes=1)
    town.add(LON, LAT + 40 * METRE, title="Un trou rue Maubec", state="accepted", created_at=said)
    (found,) = ask().json["results"]
    assert found["reference"] == "BID-1"
    assert found["distance_m"] == pytest.approx(40, abs=0.2)
    assert (found["age_days"], found["state"], found["public_state"]) == (3, "accepted", "routed")
    assert found["url"].endswith("/c/BID-1")
    assert found["photo"] is None


def test_at_most_five_the_nearest_first(town, ask):
    for metres in (30, 5, 50, 20, 10, 40, 55):
        town.add(LON, LAT + metres * METRE, title=str(metres))
    assert titles(ask()) == ["5", "10", "20", "30", "40"]


@pytest.mark.parametrize("radius", [40, 60])
def test_the_radius_is_followed_exactly(town, ask, session, radius):
    session.execute(text("UPDATE category SET group_radius_m = :r"), {"r": radius})
    town.add(LON, LAT + (radius - 0.5) * METRE, title="inside")
    town.add(LON, LAT + (radius + 0.5) * METRE, title="outside")
    assert titles(ask()) == ["inside"]
    assert ask().json["radius_m"] == radius


def test_a_radius_of_zero_suggests_nothing(town, ask, session):
    session.execute(text("UPDATE category SET group_radius_m = 0"))
    town.add(LON, LAT, title="on the very spot")
    assert titles(ask()) == []


@pytest.mark.parametrize(
    "facts",
    [
        {"visibility": "hidden"},
        {"visibility": "pending"},
        {"visibility": "withdrawn"},
        {"state": "done"},
        {"state": "declined"},
        {"category": "eclairage"},
        {"kind": "proposal"},
    ],
)
def test_what_is_not_open_public_and_the_same_is_never_suggested(town, ask, facts):
    town.add(LON, LAT + 5 * METRE, title="no", **facts)
    assert titles(ask()) == []


@pytest.mark.parametrize("kind", ["proposal", "praise"])
def test_the_other_kinds_are_found_at_their_own_places(town, ask, kind):
    town.add(LON, LAT + 50 * METRE, title="further", kind=kind)
    town.add(LON, LAT + 10 * METRE, title="near", kind=kind)
    town.add(LON, LAT + 20 * METRE, title="hidden", kind=kind, visibility="hidden")
    town.add(LON, LAT + 70 * METRE, title="too far", kind=kind)
    town.add(LON, LAT + 5 * METRE, title="a problem")
    assert titles(ask(kind=kind)) == ["near", "further"]


def test_a_ticket_whose_first_contribution_is_hidden_shows_a_public_one(town, ask, session):
    hidden = town.add(LON, LAT + 5 * METRE, title="hidden", visibility="hidden")
    shown = town.add(LON, LAT + 6 * METRE, title="shown", placed=False)
    session.execute(
        text("UPDATE contribution SET ticket_id = (SELECT ticket_id FROM contribution WHERE id = :h) WHERE id = :s"),
        {"h": hidden.contribution_id, "s": shown.contribution_id},
    )
    assert titles(ask()) == ["shown"]


@pytest.mark.parametrize(
    ("changes", "pointer"),
    [
        ({"lat": "x"}, "/lat"),
        ({"lon": "nan"}, "/lon"),
        ({"lat": 91}, "/lat"),
        ({"lon": 2.3}, "/lat"),
        ({"kind": "complaint"}, "/kind"),
        ({"category": "nothing"}, "/category"),
    ],
)
def test_bad_questions_are_refused_beside_their_field(town, ask, changes, pointer):
    answer = ask(**changes)
    assert answer.status_code == 400
    assert [error["pointer"] for error in answer.json["errors"]] == [pointer]
