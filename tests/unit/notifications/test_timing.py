"""When somebody may be told."""

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from app.features.notifications.timing import sending_moment

PARIS = ZoneInfo("Europe/Paris")


def at(words: str) -> datetime:
    return datetime.fromisoformat(words).replace(tzinfo=PARIS)


@pytest.mark.parametrize(
    ("now", "frequency", "quiet", "expected"),
    [
        ("2026-11-18 10:30", "now", None, "2026-11-18 10:30"),
        ("2026-11-18 21:59", "now", (22, 7), "2026-11-18 21:59"),
        ("2026-11-18 22:00", "now", (22, 7), "2026-11-19 07:00"),
        ("2026-11-19 06:59", "now", (22, 7), "2026-11-19 07:00"),
        ("2026-11-18 13:00", "now", (12, 14), "2026-11-18 14:00"),
        ("2026-11-18 07:00", "day", None, "2026-11-18 08:00"),
        ("2026-11-18 08:00", "day", None, "2026-11-19 08:00"),
        ("2026-11-18 12:00", "day", (22, 9), "2026-11-19 09:00"),
        ("2026-11-18 12:00", "week", None, "2026-11-23 08:00"),
        ("2026-11-23 07:00", "week", None, "2026-11-23 08:00"),
        ("2026-11-23 08:01", "week", None, "2026-11-30 08:00"),
        ("2026-11-22 12:00", "week", None, "2026-11-23 08:00"),
        # The night of the change to winter time lasts an hour more; the clock's 8 o'clock stays 8 o'clock.
        ("2026-10-24 23:00", "now", (22, 8), "2026-10-25 08:00"),
    ],
)
def test_when_somebody_is_told(now, frequency, quiet, expected):
    told = sending_moment(at(now), zone=PARIS, frequency=frequency, quiet=quiet)
    assert told == at(expected)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)),
    st.sampled_from(["now", "day", "week"]),
    st.tuples(st.integers(0, 23), st.integers(0, 23)).filter(lambda q: q[0] != q[1]),
)
def test_never_before_now_nor_in_the_quiet_hours_nor_late(moment, frequency, quiet):
    now = moment.replace(tzinfo=UTC)
    told = sending_moment(now, zone=PARIS, frequency=frequency, quiet=quiet)
    hour = told.astimezone(PARIS).hour
    begin, end = quiet
    assert told >= now
    assert not (begin <= hour < end if begin < end else hour >= begin or hour < end)
    assert told - now <= timedelta(days={"now": 1, "day": 2, "week": 8}[frequency], hours=2)
