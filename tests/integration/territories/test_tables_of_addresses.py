"""A town's own table of addresses: refused with a sentence when it is none, and no harm when it goes bad later."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy import select
from sqlalchemy.orm import Session

from app.cli.territory import territory
from app.features.territories.geocoders import _table
from app.features.territories.hosts import forget_hosts
from app.features.territories.models import Territory
from tests.support.town import make_town

GOOD = "number,name,town,lon,lat\n12,Rue des Basques,Bidache,-1.48,43.49\n"


@pytest.fixture
def addresses(app: Flask, session: Session, environment: dict[str, str]) -> Path:
    make_town(session, "bidache").category("divers")
    session.commit()
    forget_hosts()
    folder = Path(environment["AUZOLAN_DATA"]) / "addresses"
    folder.mkdir(exist_ok=True)
    return folder


@pytest.mark.parametrize(
    ("name", "data", "words"),
    [
        ("bare.csv", b"number,street,town,lon,lat\n", "has no column name or nom_voie"),
        ("cut.csv.gz", b"\x1f\x8b\x08", "not a whole gzip file"),
        ("missing.csv", None, "no usable table"),
    ],
)
def test_what_holds_no_addresses_is_refused_with_a_sentence(
    addresses: Path, session: Session, name: str, data: bytes | None, words: str
) -> None:
    if data is not None:
        (addresses / name).write_bytes(data)
    run = CliRunner().invoke(territory, ["geocoder", "bidache", name])
    assert run.exit_code == 2, run.output
    assert words in " ".join(run.output.split())
    assert session.scalar(select(Territory.settings["geocoder"]).where(Territory.slug == "bidache")) is None


def test_a_table_that_goes_bad_later_is_one_that_is_not_there(addresses: Path, client: FlaskClient) -> None:
    table = addresses / "town.csv"
    table.write_text(GOOD, "utf-8")
    run = CliRunner().invoke(territory, ["geocoder", "bidache", table.name])
    assert run.exit_code == 0, run.output
    forget_hosts()
    assert "Rue des Basques" in client.get("/api/v1/geocode?q=rue+des+basques").text
    table.write_text("nothing", "utf-8")
    _table.cache_clear()
    assert client.get("/contribuer/problem").status_code == 200
    answer = client.get("/api/v1/geocode?q=rue+des+basques")
    assert answer.status_code == 200
    assert "Rue des Basques" not in answer.text
