"""Dates, times, distances and numbers as the people of each language write them. Pure functions: no
request, no clock.
"""

from dataclasses import dataclass
from datetime import date, datetime, timedelta, tzinfo
from typing import Final

from babel.dates import format_date as babel_date
from babel.dates import format_timedelta
from babel.numbers import format_decimal


@dataclass(frozen=True, slots=True)
class _Patterns:
    day: str
    short_day: str
    year: str
    time: str
    at: str


# CLDR would say "27(a)" in Basque and forget the weekday in French: the town speaks as people do.
_PATTERNS: Final = {
    "fr": _Patterns("EEEE d MMMM", "EEEE d MMM", "{} y", "{h} h {m:02}", "{day}, {time}"),
    "en": _Patterns("EEEE d MMMM", "EEE d MMM", "{} y", "{h:02}:{m:02}", "{day}, {time}"),
    "eu": _Patterns("MMMM'ren' d'a', EEEE", "MMM d'a', E", "y'ko' {}", "{h:02}:{m:02}", "{day}, {time}"),
}


def _patterns(language: str) -> _Patterns:
    return _PATTERNS.get(language, _PATTERNS["en"])


def day(value: date, *, today: date, language: str, short: bool = False) -> str:
    """A date in words, "vendredi 27 novembre"; the year is said only when it is not `today`'s."""
    chosen = _patterns(language)
    pattern = chosen.short_day if short else chosen.day
    if value.year != today.year:
        pattern = chosen.year.format(pattern)
    words = babel_date(value, pattern, locale=language)
    if language == "fr" and value.day == 1:
        words = words.replace(" 1 ", " 1er ", 1)
    return words


def clock(value: datetime, *, zone: tzinfo, language: str) -> str:
    """The time of day in the town's time zone, "9 h 43"."""
    local = value.astimezone(zone)
    return _patterns(language).time.format(h=local.hour, m=local.minute).replace(" ", "\N{NO-BREAK SPACE}")


def moment(value: datetime, *, now: datetime, zone: tzinfo, language: str) -> str:
    """Day and time, "lundi 16 nov., 9 h 43"."""
    words = day(value.astimezone(zone).date(), today=now.astimezone(zone).date(), language=language, short=True)
    return _patterns(language).at.format(day=words, time=clock(value, zone=zone, language=language))


_NOW: Final = {"fr": "à l’instant", "en": "just now", "eu": "oraintxe"}
_YESTERDAY: Final = {"fr": "hier", "en": "yesterday", "eu": "atzo"}


def ago(value: datetime, *, now: datetime, language: str) -> str:
    """How long since, in the largest unit that says something: "il y a 5 jours"; never in the future by
    clock drift, and no seconds, which nobody counts.
    """
    delta = min(value - now, timedelta(seconds=-1))
    if -delta < timedelta(minutes=1):
        return _NOW.get(language, _NOW["en"])
    if 0.9 <= -delta / timedelta(days=1) < 1.5:
        return _YESTERDAY.get(language, _YESTERDAY["en"])
    return format_timedelta(delta, locale=language, add_direction=True, threshold=0.9)


def metres(value: float, *, language: str) -> str:
    """A distance in metres to the ten, in kilometres above one: "120 m", "1,4 km"."""
    if value < 995:
        rounded = round(value) if value < 20 else round(value / 10) * 10
        return f"{rounded}\N{NO-BREAK SPACE}m"
    return f"{format_decimal(round(value / 1000, 1), locale=language)}\N{NO-BREAK SPACE}km"


def number(value: float, *, language: str) -> str:
    """A number with the language's separators: "1 284"."""
    return format_decimal(value, locale=language)


def coordinates(lat: float, lon: float, *, language: str) -> str:
    """Latitude and longitude in degrees, four decimals (about 10 m), with a true minus sign."""
    return " ".join(
        format_decimal(v, format="0.0000", locale=language).replace("-", "\N{MINUS SIGN}") for v in (lat, lon)
    )
