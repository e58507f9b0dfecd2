"""A row as text becomes what is staged, or a reason in words."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from app.importing.mapping import Mapping
from app.importing.rows import LeftOut, Refused, Row, RowReader
from app.importing.staging import field, reject_line

HEADER = ["id", "day", "type", "sub", "lon", "lat", "point", "status", "closed", "via", "words"]
GOOD = {
    "id": "A1",
    "day": "2024-07-01",
    "type": "Propreté",
    "sub": "Graffiti",
    "lon": "2.35",
    "lat": "48.85",
    "point": "48.85, 2.35",
    "status": "Open",
    "closed": "",
    "via": "App",
    "words": "",
}
NOW = datetime(2025, 1, 1, tzinfo=UTC)


def mapping(**changes: Any) -> Mapping:
    columns = {"id": "id", "created": "day", "closed": "closed", "place": {"lon": "lon", "lat": "lat"}}
    data: dict[str, Any] = {
        "source": "a-town",
        "name": "A tool",
        "publisher": "A town",
        "licence": "CC0",
        "attribution": "A town",
        "columns": columns | changes.pop("columns", {}),
        "category": {
            "columns": ["type", "sub"],
            "map": {"Propreté / Graffiti": "graffiti", "Propreté / *": "dirty-street", "* / [x]*": "other"},
        }
        | changes.pop("category", {}),
        "state": {"column": "status", "map": {"Open": "new", "Closed": "done"}},
    }
    return Mapping.model_validate(data | changes)


def read(_mapping: Mapping | None = None, **values: str) -> Row:
    reader = RowReader(_mapping or mapping(), HEADER, timezone=ZoneInfo("Europe/Paris"), now=NOW)
    return reader([(GOOD | values)[name] for name in HEADER])


def refused(_mapping: Mapping | None = None, **values: str) -> str:
    with pytest.raises(Refused) as said:
        read(_mapping, **values)
    return str(said.value)


def test_a_day_is_noon_where_the_town_is() -> None:
    assert read().created_at == datetime(2024, 7, 1, 10, tzinfo=UTC)
    assert read(day="2024-12-01").created_at == datetime(2024, 12, 1, 11, tzinfo=UTC)


def test_moments_keep_their_hour_and_their_zone() -> None:
    assert read(day="2024-07-01T08:30:00").created_at == datetime(2024, 7, 1, 6, 30, tzinfo=UTC)
    assert read(day="2024-07-01T08:30:00Z").created_at == datetime(2024, 7, 1, 8, 30, tzinfo=UTC)
    american = mapping(columns={"created": {"column": "day", "format": "%m/%d/%Y %I:%M %p", "timezone": "UTC"}})
    assert read(american, day="07/01/2024 08:30 PM").created_at == datetime(2024, 7, 1, 20, 30, tzinfo=UTC)


@pytest.mark.parametrize("day", ["2024-02-30", "01/02/2024", "yesterday", "2024-7-1 x"])
def test_a_bad_date_is_said(day: str) -> None:
    assert f"“{day}” in “day” is not a date like 2024-12-31" in refused(day=day)


def test_dates_that_cannot_be_right() -> None:
    assert "2031-01-01, cannot be right" in refused(day="2031-01-01")
    assert "1923-01-01, cannot be right" in refused(day="1923-01-01")
    assert "does not say when" in refused(day=" ")


@pytest.mark.parametrize(
    ("lon", "lat", "words"),
    [
        ("2.35", "91", "A latitude lies between −90 and 90 degrees; this one is 91. Longitude and latitude seem"),
        ("34.1", "-118.2", "seem to be swapped"),
        ("181", "48", "A longitude lies between −180 and 180"),
        ("nan", "48", "“nan” is not a longitude"),
        ("inf", "48", "“inf” is not a longitude"),
        ("", "48", "It has no longitude"),
        ("2.3", "north", "“north” is not a latitude"),
    ],
)
def test_a_bad_place_is_said(lon: str, lat: str, words: str) -> None:
    assert words in refused(lon=lon, lat=lat)


def test_decimal_commas_and_points_in_one_column() -> None:
    assert (read(lon="2,35", lat="48,85").lon, read(lon="2,35", lat="48,85").lat) == (2.35, 48.85)
    one = mapping(columns={"place": {"point": "point"}})
    assert (read(one).lon, read(one).lat) == (2.35, 48.85)
    assert read(one, point="48,85; 2,35").lon == 2.35
    other = mapping(columns={"place": {"point": "point", "order": "lon-lat"}})
    assert read(other, point="POINT (2.35 48.85)").lat == 48.85
    assert "two numbers are needed" in refused(one, point="48.85")


def test_a_projected_place_becomes_degrees() -> None:
    lambert = mapping(columns={"place": {"lon": "lon", "lat": "lat", "crs": 2154}})
    row = read(lambert, lon="652469.02", lat="6862035.26")
    assert (round(row.lon, 3), round(row.lat, 3)) == (2.352, 48.857)


def test_categories_from_the_most_precise_to_the_widest() -> None:
    assert read().category == "graffiti"
    assert read(sub="Autre").category == "dirty-street"
    assert read(type="Voirie", sub="[x] trou").category == "other"
    assert "no category for “Voirie / Trou”" in refused(type="Voirie", sub="Trou")


def test_rows_to_hide_to_ignore_to_leave_out() -> None:
    hiding = mapping(category={"hide": ["*[*]*"], "ignore": ["Propreté / Test"]})
    assert read(hiding, sub="[interne] Tag").hidden and not read(hiding).hidden
    for unwanted, changed in (
        (hiding, {"sub": "Test"}),
        (mapping(skip={"via": ["App"]}), {}),
        (mapping(only={"via": ["Desk"]}), {}),
    ):
        with pytest.raises(LeftOut):
            read(unwanted, **changed)


def test_states_and_when_they_ended() -> None:
    row = read(status="Closed", closed="2024-07-03T10:00:00")
    assert (row.state, row.closed_at) == ("done", datetime(2024, 7, 3, 8, tzinfo=UTC))
    assert read(closed="2024-07-03").closed_at is None
    assert "does not say when" in refused(status="Closed")
    assert "before it was sent" in refused(status="Closed", closed="2024-06-30")
    assert "“state” does not know “Lost”" in refused(status="Lost")


def test_words_are_cleaned_and_shortened() -> None:
    titled = mapping(title={"template": "{sub} : {words}", "remove": ["[*]"]}, text="{words}")
    row = read(titled, type="Propreté", sub="[] Tag", words="a\u202eb\x07 c")
    assert (row.title, row.body) == ("Tag : ab c", "ab c")
    assert len(read(titled, words="x" * 300).title or "") == 140
    assert "4000 are the most" in refused(titled, words="x" * 4001)


def test_copied_text_keeps_every_character() -> None:
    assert [field(value) for value in ("plain", None, 2.5)] == ["plain", "\\N", "2.5"]
    assert field("a\tb") == "a\\tb"
    assert field("c\\d\ne\r") == "c\\\\d\\ne\\r"
    assert field("\\N") == "\\\\N"
    assert field("a\x00b") == "a␀b"


def test_a_refused_row_stays_as_it_was() -> None:
    line = reject_line(7, 'He said "no".', 'a;"b;c"', ";")
    assert line == '7;"He said ""no"".";a;"b;c"\n'
