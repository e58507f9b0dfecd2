"""Until when the town promised: due dates in working or calendar days. Pure.

A promise is made of whole days: the day of opening does not count, the last day counts to its end. Working mode
skips the days on which the town does not work, so what is opened on Friday with three days is due on Wednesday;
what arrives on a Sunday counts from Monday 00:00, so three days are Monday, Tuesday and Wednesday.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from typing import Any, Literal
from zoneinfo import ZoneInfo

import holidays

from app.features.territories.packs.schema import WEEKDAYS

Mode = Literal["working", "calendar"]

MAX_DAYS = 730
LONGEST_CLOSURE = 366
"""Days in a row without work after which a calendar is taken for wrong."""


@dataclass(frozen=True, slots=True)
class Delay:
    """`days` after the day of opening."""

    days: int
    mode: Mode = "working"

    def __post_init__(self) -> None:
        if not 0 <= self.days <= MAX_DAYS or self.mode not in ("working", "calendar"):
            raise ValueError(f"not a delay: {self.days} {self.mode} days")

    @classmethod
    def of(cls, stored: Mapping[str, Any] | None) -> Delay | None:
        """From `{"days": 3, "mode": "working"}` as a category keeps it. Raises KeyError or ValueError."""
        return None if not stored else cls(int(stored["days"]), stored.get("mode", "working"))


@dataclass(frozen=True)
class WorkCalendar:
    """When a town works. `working` holds weekday numbers (Monday is 0); `closed` its own closed days."""

    timezone: ZoneInfo
    working: frozenset[int] = frozenset(range(5))
    closed: frozenset[date] = frozenset()
    country: str | None = "FR"
    subdivision: str | None = None
    _public: Any = field(init=False, repr=False, compare=False)

    def __post_init__(self) -> None:
        if not self.working or not self.working <= frozenset(range(7)):
            raise ValueError("a town works at least one day a week")
        public = _public_holidays(self.country, self.subdivision) if self.country else ()
        object.__setattr__(self, "_public", public)

    def works_on(self, day: date) -> bool:
        """Whether the town works on that day."""
        return day.weekday() in self.working and day not in self.closed and day not in self._public


def work_calendar(settings: Mapping[str, Any] | None, *, timezone: ZoneInfo | str) -> WorkCalendar:
    """The calendar that a pack's `delays.yaml` describes, as plain data; defaults as in `packs.schema.Delays`.

    Raises ValueError when the country, the subdivision or a date is not known.
    """
    given = settings or {}
    chosen = given.get("holidays") or {}
    zone = timezone if isinstance(timezone, ZoneInfo) else ZoneInfo(timezone)
    return WorkCalendar(
        timezone=zone,
        working=frozenset(WEEKDAYS.index(day) for day in given.get("working_week") or WEEKDAYS[:5]),
        closed=frozenset(_dates(chosen.get("extra") or ())),
        country=chosen.get("country", "FR"),
        subdivision=chosen.get("subdivision"),
    )


def due_on(opened: datetime, delay: Delay, calendar: WorkCalendar) -> date:
    """The last day of the promise, in the town's time zone. `opened` is aware."""
    return _last_day(_local_day(opened, calendar), delay, calendar)


# An import asks for the same days by the thousand.
@lru_cache(maxsize=20_000)
def _last_day(day: date, delay: Delay, calendar: WorkCalendar) -> date:
    if delay.mode == "calendar":
        return day + timedelta(days=delay.days)
    if not calendar.works_on(day):
        # The clock starts at 00:00 of the next working day, which is then the first whole day.
        first = _next_working(day, calendar)
        return first if delay.days == 0 else _after(first, delay.days - 1, calendar)
    return _after(day, delay.days, calendar)


def due_at(opened: datetime, delay: Delay, calendar: WorkCalendar) -> datetime:
    """The last second of the promise's last day, in UTC: late begins when it is past."""
    return _end_of(due_on(opened, delay, calendar), calendar.timezone)


@lru_cache(maxsize=5_000)
def _end_of(day: date, timezone: ZoneInfo) -> datetime:
    return datetime.combine(day, time(23, 59, 59), timezone).astimezone(UTC)


def working_days_between(first: date, last: date, calendar: WorkCalendar) -> int:
    """Working days after `first` up to and with `last`; negative when `last` is before."""
    if last < first:
        return -working_days_between(last, first, calendar)
    return sum(calendar.works_on(first + timedelta(days=n)) for n in range(1, (last - first).days + 1))


def days_left(now: datetime, due: datetime, calendar: WorkCalendar) -> int:
    """Working days left before the end of the due day; negative when late, 0 on the last day."""
    return working_days_between(_local_day(now, calendar), _local_day(due, calendar), calendar)


def _local_day(moment: datetime, calendar: WorkCalendar) -> date:
    if moment.tzinfo is None:
        raise ValueError("a moment must carry its time zone")
    return moment.astimezone(calendar.timezone).date()


def _after(day: date, days: int, calendar: WorkCalendar) -> date:
    for _ in range(days):
        day = _next_working(day, calendar)
    return day


def _next_working(day: date, calendar: WorkCalendar) -> date:
    for _ in range(LONGEST_CLOSURE):
        day += timedelta(days=1)
        if calendar.works_on(day):
            return day
    raise ValueError(f"the town does not work for a year after {day}")


def _dates(extra: Iterable[Any]) -> Iterable[date]:
    for closure in extra:
        value = closure["date"] if isinstance(closure, Mapping) else closure
        yield value if isinstance(value, date) else date.fromisoformat(str(value))


@lru_cache(maxsize=200)
def _public_holidays(country: str, subdivision: str | None) -> Collection[date]:
    """Public holidays; years are filled as they are asked for."""
    try:
        found: Collection[date] = holidays.country_holidays(country, subdiv=subdivision)
    except NotImplementedError as error:
        raise ValueError(f"no public holidays are known for {country} {subdivision or ''}".strip()) from error
    return found
