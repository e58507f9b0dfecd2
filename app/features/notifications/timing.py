"""When somebody may be told: at once, with the next digest, never in their quiet hours. Pure: no clock of its own."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta, tzinfo

DIGEST_HOUR = 8
"""Digests leave at this hour of the town's clock: every day, or on Mondays."""

Quiet = tuple[int, int]
"""Hours of the town's clock, from and to; (22, 7) goes over midnight."""


def sending_moment(now: datetime, *, zone: tzinfo, frequency: str = "now", quiet: Quiet | None = None) -> datetime:
    """The first moment, `now` or later, at which this may be sent; UTC. `frequency` is now, day or week."""
    local = now.astimezone(zone)
    if frequency != "now":
        days = 0 if local.hour < DIGEST_HOUR else 1
        if frequency == "week":
            days = (-local.weekday()) % 7 or (7 if days else 0)
        local = _at(local + timedelta(days=days), DIGEST_HOUR, zone)
    return _after_quiet(local, quiet, zone).astimezone(UTC)


def _after_quiet(local: datetime, quiet: Quiet | None, zone: tzinfo) -> datetime:
    if quiet is None or not _is_quiet(local.hour, quiet):
        return local
    end = quiet[1]
    return _at(local if local.hour < end else local + timedelta(days=1), end, zone)


def _is_quiet(hour: int, quiet: Quiet) -> bool:
    begin, end = quiet
    return begin <= hour < end if begin < end else hour >= begin or hour < end


def _at(day: datetime, hour: int, zone: tzinfo) -> datetime:
    """That hour of that day on the town's clock, whatever summer time does in between."""
    return datetime.combine(day.date(), time(hour), zone)
