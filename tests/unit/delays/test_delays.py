"""Due dates: working and calendar days, holidays, time zones."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.territories.delays import (
    Delay,
    WorkCalendar,
    days_left,
    due_at,
    due_on,
    work_calendar,
    working_days_between,
)

PARIS = ZoneInfo("Europe/Paris")
FRANCE = WorkCalendar(PARIS)


def at(day: str, hour: int = 10, zone: ZoneInfo = PARIS) -> datetime:
    return datetime.combine(date.fromisoformat(day), datetime.min.time(), zone).replace(hour=hour)


def due(day: str, days: int, mode: Any = "working", calendar: WorkCalendar = FRANCE, hour: int = 10) -> str:
    return due_on(at(day, hour, calendar.timezone), Delay(days, mode), calendar).isoformat()


def test_friday_and_three_working_days_is_wednesday() -> None:
    assert due("2026-11-20", 3) == "2026-11-25"
    assert due("2026-11-20", 3, hour=23) == "2026-11-25"


def test_sunday_counts_from_monday_midnight() -> None:
    # Monday, Tuesday and Wednesday are the three days; they end when Thursday begins.
    assert due("2026-11-22", 3) == due("2026-11-21", 3) == "2026-11-25"
    end = due_at(at("2026-11-22", 15), Delay(3), FRANCE)
    assert end + timedelta(seconds=1) == at("2026-11-23", 0) + timedelta(days=3)
    assert due("2026-11-23", 3) == "2026-11-26"


def test_public_holidays_are_skipped() -> None:
    assert due("2026-05-07", 1) == "2026-05-11"  # Friday 8 May
    assert due("2026-11-11", 1) == "2026-11-12"  # opened on a holiday: the next day is the first
    assert due("2026-12-24", 2) == "2026-12-29"


def test_calendar_mode_counts_every_day() -> None:
    assert due("2026-11-20", 3, "calendar") == "2026-11-23"
    assert due("2026-12-24", 2, "calendar") == "2026-12-26"


@pytest.mark.parametrize(
    ("subdivision", "opened", "expected"),
    [
        (None, "2026-04-02", "2026-04-03"),  # Good Friday is worked…
        ("57", "2026-04-02", "2026-04-07"),  # …but not in Moselle, and Easter Monday nowhere
        ("6AE", "2025-12-24", "2025-12-29"),  # 26 December in Alsace
        ("974", "2027-12-17", "2027-12-21"),  # 20 December in La Réunion, a Monday
        ("972", "2026-05-21", "2026-05-26"),  # 22 May in Martinique, a Friday, then Whit Monday
    ],
)
def test_holidays_of_a_part_of_the_country(subdivision: str | None, opened: str, expected: str) -> None:
    calendar = WorkCalendar(PARIS, subdivision=subdivision)
    assert due(opened, 1, calendar=calendar) == expected


def test_the_towns_own_days_and_week() -> None:
    calendar = work_calendar(
        {
            "working_week": ["tue", "wed", "thu", "fri", "sat"],
            "holidays": {"country": "FR", "extra": [{"date": "2026-08-05", "name": "Fêtes"}]},
        },
        timezone="Europe/Paris",
    )
    assert due("2026-08-04", 1, calendar=calendar) == "2026-08-06"
    assert due("2026-08-07", 1, calendar=calendar) == "2026-08-08"
    assert due("2026-08-08", 1, calendar=calendar) == "2026-08-11"


def test_other_countries() -> None:
    monaco = work_calendar({"holidays": {"country": "MC"}}, timezone="Europe/Monaco")
    assert due("2026-11-18", 1, calendar=monaco) == "2026-11-20"  # the Prince's day, 19 November


@pytest.mark.parametrize(
    "settings",
    [
        {"holidays": {"country": "ZZ"}},
        {"holidays": {"country": "FR", "subdivision": "XX"}},
        {"working_week": ["someday"]},
        {"holidays": {"extra": ["2026-13-01"]}},
    ],
)
def test_unknown_calendars_are_refused(settings: dict[str, Any]) -> None:
    with pytest.raises(ValueError, match=r"holidays|tuple|month|someday"):
        work_calendar(settings, timezone="Europe/Paris")


def test_the_day_is_the_towns_own() -> None:
    # 23:30 UTC on Thursday is Friday in Paris, Thursday in Cayenne.
    late = datetime(2026, 11, 19, 23, 30, tzinfo=UTC)
    assert due_on(late, Delay(1), FRANCE).isoformat() == "2026-11-23"
    assert due_on(late, Delay(1), WorkCalendar(ZoneInfo("America/Cayenne"))).isoformat() == "2026-11-20"


def test_the_last_day_counts_to_its_end_across_a_clock_change() -> None:
    end = due_at(at("2026-10-23"), Delay(1, "calendar"), FRANCE)
    assert end == datetime(2026, 10, 24, 21, 59, 59, tzinfo=UTC)
    assert due_at(at("2026-10-23"), Delay(2, "calendar"), FRANCE) == datetime(2026, 10, 25, 22, 59, 59, tzinfo=UTC)


def test_days_left_is_negative_when_late() -> None:
    end = due_at(at("2026-11-20"), Delay(3), FRANCE)
    assert [days_left(at(day), end, FRANCE) for day in ("2026-11-20", "2026-11-22", "2026-11-25", "2026-11-27")] == [
        3, 3, 0, -2,
    ]  # fmt: skip


def test_no_delay_is_no_promise() -> None:
    assert Delay.of(None) is None
    assert Delay.of({}) is None
    assert Delay.of({"days": 3}) == Delay(3, "working")
    for wrong in ({"days": -1}, {"days": 3, "mode": "lunar"}, {"days": 9999}):
        with pytest.raises(ValueError, match="not a delay"):
            Delay.of(wrong)


def test_a_calendar_without_work_is_refused() -> None:
    with pytest.raises(ValueError, match="at least one day"):
        WorkCalendar(PARIS, working=frozenset())
    with pytest.raises(ValueError, match="time zone"):
        due_on(datetime(2026, 1, 1), Delay(1), FRANCE)


@given(st.datetimes(datetime(2020, 1, 1), datetime(2035, 12, 31)), st.integers(1, 60))
def test_between_opening_and_due_day_lie_just_the_days_promised(opened: datetime, days: int) -> None:
    moment = opened.replace(tzinfo=UTC)
    last = due_on(moment, Delay(days), FRANCE)
    day = moment.astimezone(PARIS).date()
    assert FRANCE.works_on(last)
    assert working_days_between(day, last, FRANCE) == days
