"""The tests' own ground: a migrated database per test process, empty at each test's start, with PostGIS."""

from __future__ import annotations

import urllib.request

import pytest
from flask.testing import FlaskClient
from pytest_socket import SocketConnectBlockedError
from redis import Redis
from sqlalchemy import text
from sqlalchemy.orm import Session


@pytest.mark.parametrize("visit", [1, 2])
def test_each_test_starts_with_an_empty_database(session: Session, visit: int) -> None:
    count = "SELECT count(*) FROM outbox"
    assert session.scalar(text(count)) == 0, f"visit {visit} found what an earlier test committed"
    session.execute(text("INSERT INTO outbox (topic) VALUES ('test')"))
    session.commit()
    assert session.scalar(text(count)) == 1


def test_postgis_does_what_the_product_asks_of_it(session: Session) -> None:
    tile = session.scalar(
        text("SELECT ST_AsMVT(t) FROM (SELECT ST_AsMVTGeom(ST_Point(0, 0), ST_MakeEnvelope(-1, -1, 1, 1)) AS g) t")
    )
    metres = session.scalar(
        text("SELECT ST_Distance(ST_Point(-1.47, 43.49)::geography, ST_Point(-1.47, 43.50)::geography)")
    )
    lambert = session.scalar(text("SELECT ST_X(ST_Transform(ST_SetSRID(ST_Point(-1.47, 43.49), 4326), 2154))"))
    assert bytes(tile)
    assert metres == pytest.approx(1111, abs=2)
    assert lambert == pytest.approx(338_000, abs=2_000)


@pytest.mark.parametrize("visit", [1, 2])
def test_each_test_starts_with_an_empty_redis(redis_url: str, visit: int) -> None:
    client = Redis.from_url(redis_url)
    assert client.dbsize() == 0, f"visit {visit} found what an earlier test wrote"
    client.set("left", "behind")
    client.close()


def test_the_application_is_ready_on_it(client: FlaskClient) -> None:
    answer = client.get("/readyz")
    assert answer.status_code == 200, answer.json


def test_a_test_reaches_this_machine_only() -> None:
    with pytest.warns(UserWarning, match="192.0.2.1"), pytest.raises(SocketConnectBlockedError):
        urllib.request.urlopen("http://192.0.2.1/", timeout=1)
