"""Dates, distances and numbers as people write them."""

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from app.web import formats

PARIS = ZoneInfo("Europe/Paris")
NOW = datetime(2026, 11, 20, 17, 20, tzinfo=UTC)


@pytest.mark.parametrize(
    ("language", "expected"),
    [("fr", "vendredi 27 novembre"), ("en", "Friday 27 November"), ("eu", "azaroaren 27a, ostirala")],
)
def test_a_day_this_year_has_no_year(language: str, expected: str) -> None:
    assert formats.day(date(2026, 11, 27), today=NOW.date(), language=language) == expected


def test_a_day_of_another_year_says_it_and_the_first_is_ordinal_in_french() -> None:
    assert formats.day(date(2025, 12, 1), today=NOW.date(), language="fr") == "lundi 1er décembre 2025"


def test_a_moment_is_told_in_the_time_of_the_town() -> None:
    value = datetime(2026, 11, 16, 8, 3, tzinfo=UTC)
    told = formats.moment(value, now=NOW, zone=PARIS, language="fr")
    assert told.replace("\N{NO-BREAK SPACE}", " ") == "lundi 16 nov., 9 h 03"


@pytest.mark.parametrize(
    ("metres", "expected"), [(6.4, "6 m"), (123, "120 m"), (994, "990 m"), (996, "1 km"), (1440, "1,4 km")]
)
def test_distances(metres: float, expected: str) -> None:
    assert formats.metres(metres, language="fr").replace("\N{NO-BREAK SPACE}", " ") == expected


def test_ago_never_speaks_of_the_future() -> None:
    assert formats.ago(NOW - timedelta(days=5), now=NOW, language="fr") == "il y a 5 jours"
    assert "dans" not in formats.ago(NOW + timedelta(minutes=3), now=NOW, language="fr")


def test_ago_counts_no_seconds() -> None:
    said = {code: formats.ago(NOW - timedelta(seconds=44), now=NOW, language=code) for code in ("fr", "en", "eu")}
    assert said == {"fr": "à l’instant", "en": "just now", "eu": "oraintxe"}
    assert formats.ago(NOW - timedelta(seconds=61), now=NOW, language="fr") == "il y a 1 minute"


def test_coordinates_have_a_true_minus() -> None:
    assert formats.coordinates(43.49134, -1.47518, language="fr") == "43,4913 −1,4752"
