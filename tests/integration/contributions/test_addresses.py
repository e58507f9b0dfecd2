"""A pin needs no address; a worker finds it later, and the point stays where its author put it."""

from __future__ import annotations

import json
from collections.abc import Callable

import pytest
from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.addresses import NAME_PLACES, name_places
from app.features.contributions.drafts import Draft
from app.features.contributions.services import submit_contribution
from app.features.tickets.placing import drain_intake
from geodata.geocoding import Geocoder, GeocoderUnavailable, Proposal
from tests.support.desk import LAT, LON, make_world
from workers.handlers import drain_rows

PLACE = (LON + 0.0001234, LAT + 0.0001234)


class Told:
    """A geocoder that answers what it was told to, for as many questions as it has answers."""

    def __init__(self, *answers: Proposal | None) -> None:
        self.answers = list(answers)

    def search(self, text: str, *, near: tuple[float, float] | None = None, limit: int = 5) -> tuple[Proposal, ...]:
        raise AssertionError("a pin was placed")

    def reverse(self, lon: float, lat: float, *, limit: int = 1) -> tuple[Proposal, ...]:
        if not self.answers:
            raise GeocoderUnavailable("nobody there")
        found = self.answers.pop(0)
        return (found,) if found else ()


def street(away: float, name: str = "Rue des Basques, 64520 Bidache") -> Proposal:
    return Proposal(name, "street", PLACE[0], PLACE[1] + away / 111_200, away, 0.9)


@pytest.fixture
def send(app, session) -> Callable[..., str]:
    make_world(session)
    session.execute(text("SELECT add_reference_sequence(id), setval('reference_' || id, 5000) FROM territory"))
    session.execute(text("UPDATE territory SET settings = :s, config_version = config_version + 1"),
                    {"s": json.dumps({"geocoder": "geopf"})})  # fmt: skip
    session.commit()

    def said(words: str = "Un trou", **facts) -> str:
        draft = Draft(kind="problem", category="trou", text=words, lon=PLACE[0], lat=PLACE[1], **facts)
        reference = submit_contribution(session, draft=draft).reference
        drain_intake(session, limit=10)
        session.commit()
        return reference

    return said


def asked(session: Session) -> list[list[int]]:
    rows = session.execute(text("SELECT payload FROM outbox WHERE topic = :t ORDER BY id"), {"t": NAME_PLACES})
    return [row.payload["contribution_ids"] for row in rows]


def look(session: Session, geocoder: Geocoder) -> int:
    numbers = [number for ids in asked(session) for number in ids]
    session.execute(text("DELETE FROM outbox WHERE topic = :t"), {"t": NAME_PLACES})
    return name_places(session, contribution_ids=numbers, open_named={"geopf": geocoder}.get)


def kept(session: Session, reference: str) -> tuple[str | None, float, float]:
    row = session.execute(
        text("SELECT address, ST_X(geom) AS lon, ST_Y(geom) AS lat FROM contribution WHERE reference = :r"),
        {"r": reference},
    ).one()
    return row.address, row.lon, row.lat


def test_a_street_80_m_away_is_near_and_the_point_does_not_move(send, session, client) -> None:
    reference = send()
    assert look(session, Told(street(80))) == 1
    session.commit()
    assert kept(session, reference) == ("≈ Rue des Basques, 64520 Bidache", *PLACE)
    page = client.get(f"/c/{reference}", headers={"Accept-Language": "fr"}).text
    assert "Près de Rue des Basques" in page
    assert "≈" not in page


def test_what_stands_there_gives_its_name(send, session) -> None:
    reference = send()
    assert look(session, Told(street(6, "3 Rue des Basques, 64520 Bidache"))) == 1
    assert kept(session, reference)[0] == "3 Rue des Basques, 64520 Bidache"


def test_an_address_that_somebody_wrote_is_left_alone(send, session) -> None:
    reference = send(address="Devant l'école")
    assert asked(session) == []
    other = send("Un autre trou")
    session.execute(text("UPDATE contribution SET address = 'Le pont' WHERE reference = :r"), {"r": other})
    assert look(session, Told(street(5))) == 0
    assert kept(session, reference)[0] == "Devant l'école"
    assert kept(session, other)[0] == "Le pont"


def test_a_dead_geocoder_fails_the_job_and_nothing_else(send, session) -> None:
    reference = send()
    assert reference
    with pytest.raises(GeocoderUnavailable):
        look(session, Told())


def test_what_was_found_before_it_died_is_kept_and_the_rest_ordered_again(send, session) -> None:
    first, second = send(), send("Un deuxième trou")
    assert look(session, Told(street(5))) == 1
    assert kept(session, first)[0] is not None
    assert kept(session, second)[0] is None
    assert [len(ids) for ids in asked(session)] == [1]
    assert look(session, Told(street(5))) == 1
    assert kept(session, second)[0] is not None


def test_where_nothing_is_known_nothing_is_said(send, session) -> None:
    reference = send()
    assert look(session, Told(None)) == 0
    assert kept(session, reference)[0] is None
    assert asked(session) == []


def test_a_town_without_a_geocoder_orders_nothing(send, session) -> None:
    session.execute(text("UPDATE territory SET settings = '{}', config_version = config_version + 1"))
    session.commit()
    send()
    assert asked(session) == []


def test_one_job_names_the_places_of_a_burst(send, session, worker_here, monkeypatch) -> None:
    first, second, later = [send(f"Trou {number}") for number in range(3)]
    last = session.scalar(text("SELECT max(id) FROM outbox WHERE topic = :t"), {"t": NAME_PLACES})
    session.execute(text("UPDATE outbox SET due_at = now() + interval '1 minute' WHERE id = :id"), {"id": last})
    session.commit()
    geocoder = Told(*[street(5)] * 3)
    monkeypatch.setattr("app.features.territories.geocoders.open_geocoder", lambda name, settings: geocoder)
    assert drain_rows(NAME_PLACES) == 2
    session.commit()
    assert [kept(session, reference)[0] is not None for reference in (first, second, later)] == [True, True, False]
    assert len(asked(session)) == 1


def test_a_dead_geocoder_is_asked_later_for_each(send, session, worker_here, monkeypatch) -> None:
    send()
    send("Un autre trou")
    monkeypatch.setattr("app.features.territories.geocoders.open_geocoder", lambda name, settings: Told())
    assert drain_rows(NAME_PLACES) == 2
    session.commit()
    rows = session.execute(
        text("SELECT attempts, last_error, due_at > now() AS later FROM outbox WHERE topic = :t"), {"t": NAME_PLACES}
    ).all()
    assert [(row.attempts, row.later) for row in rows] == [(1, True)] * 2
    assert all("nobody there" in row.last_error for row in rows)
