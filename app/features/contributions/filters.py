"""What a reader of the map or of the list asks for: one object, read from a query string, the same for both.

`MapFilters` says it in words (slugs); `scope.resolve` turns the words into ids.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta

from app.core.errors import FieldError, Invalid
from app.core.texts import is_blank
from app.features.contributions.pyramid import KIND_CODES, STANDINGS
from app.features.contributions.words import MOST_CHARACTERS, reference_in
from geodata.pyramid import WEEK_ZERO

OPEN_STATES = ("new", "accepted", "planned", "in_progress", "waiting", "reopened")
STATES = (*OPEN_STATES, *STANDINGS)
GROUPS = {
    "open": OPEN_STATES,
    "closed": tuple(STANDINGS),
    "received": ("new",),
    "routed": ("new", "accepted"),
    "active": ("in_progress",),
    "joined": ("duplicate",),
}
"""Words for one or several states, the public's among them; a state's own name stands for itself."""
PERIODS = {"7d": 7, "30d": 30, "90d": 90, "1y": 365, "7": 7, "30": 30, "90": 90, "365": 365}
"""Days of each period, as programs write them and as our own pages do."""
SORTS = ("newest", "oldest", "supported", "changed", "nearest")
"""Orders of a list, the usual one first; `orders.py` says what each is."""
PARAMETERS = frozenset(
    (
        "territory",
        "kind",
        "category",
        "state",
        "period",
        "since",
        "changed_since",
        "bbox",
        "zone",
        "q",
        "mine",
        "supported",
    )
)

Bounds = tuple[float, float, float, float]
"""West, south, east, north, in degrees."""


@dataclass(frozen=True)
class MapFilters:
    """Which public contributions are asked for; an empty field asks for all."""

    territory: str | None = None
    kinds: tuple[str, ...] = ()
    categories: tuple[str, ...] = ()
    states: tuple[str, ...] = ()
    since: datetime | None = None
    changed_since: datetime | None = None
    """What was said, or what the town did of it, since then."""
    bbox: Bounds | None = None
    zones: tuple[str, ...] = ()
    words: str | None = None
    reference: str | None = None
    """The question was the reference of a contribution."""
    asked: str | None = None
    """That question as it was written: words, where no town numbers its contributions so."""
    mine: bool = False
    """Only what `person` wrote."""
    supported: bool = False
    """Only what `person` supports."""
    sort: str = SORTS[0]
    """In which order a list tells them (`SORTS`); what is let through is the same."""
    near: tuple[float, float] | None = None
    """Longitude and latitude (degrees) from where "nearest" counts."""
    person: tuple[bytes, ...] = ()
    """The keys by which the asking person may be known (`person.py`)."""

    @property
    def personal(self) -> bool:
        """Whether another person would get another answer."""
        return self.mine or self.supported

    def asking(self, question: str) -> MapFilters:
        """The same filters for a question typed by a person: a reference, or words."""
        reference = reference_in(question)
        return replace(
            self, reference=reference, asked=question if reference else None, words=None if reference else question
        )


def parse_filters(pairs: Iterable[tuple[str, str]], *, now: datetime | None = None) -> MapFilters:
    """Read filters from the pairs of a query string; several values come repeated or separated by commas.

    `since` and `changed_since` are an ISO date or moment; `period` is 7d, 30d, 90d, 1y or all, counted back
    from today, 00:00 UTC.
    Raises `Invalid` with a sentence for each parameter that does not pass; ignores names it does not know.
    """
    values: dict[str, list[str]] = {}
    for name, value in pairs:
        if name in PARAMETERS and not is_blank(value):
            values.setdefault(name, []).append(value.strip())
    errors: list[FieldError] = []
    filters = MapFilters(
        territory=values["territory"][0] if "territory" in values else None,
        kinds=_among("kind", values, tuple(KIND_CODES), errors),
        categories=_listed(values.get("category", ())),
        states=_states(values, errors),
        since=_since(values, now or datetime.now(UTC), errors),
        changed_since=_moment("changed_since", values, errors),
        bbox=_bbox(values, errors),
        zones=_listed(values.get("zone", ())),
    )
    question = values["q"][0] if "q" in values else ""
    if len(question) > MOST_CHARACTERS:
        errors.append(FieldError("/q", "At most %(most)s characters.", {"most": MOST_CHARACTERS}))
    if errors:
        raise Invalid(errors=errors)
    return filters.asking(question) if question else filters


def _listed(values: Iterable[str]) -> tuple[str, ...]:
    return tuple(sorted({part.strip() for value in values for part in value.split(",") if part.strip()}))


def _among(
    name: str, values: dict[str, list[str]], known: tuple[str, ...], errors: list[FieldError]
) -> tuple[str, ...]:
    found = _listed(values.get(name, ()))
    unknown = [value for value in found if value not in known]
    if unknown:
        message = "“%(value)s” is not known here. Choose among: %(known)s."
        errors.append(FieldError(f"/{name}", message, {"value": unknown[0][:40], "known": ", ".join(known)}))
    return () if set(found) == set(known) else found


def _states(values: dict[str, list[str]], errors: list[FieldError]) -> tuple[str, ...]:
    words = {"state": [word for word in _listed(values.get("state", ())) if word != "all"]}
    chosen: set[str] = set()
    for word in _among("state", words, (*GROUPS, *STATES), errors):
        chosen.update(GROUPS.get(word, (word,)))
    return () if chosen == set(STATES) else tuple(state for state in STATES if state in chosen)


def _since(values: dict[str, list[str]], now: datetime, errors: list[FieldError]) -> datetime | None:
    if "since" in values:
        return _moment("since", values, errors)
    period = values.get("period", ["all"])[0]
    if period in ("all", "0"):
        return None
    if period not in PERIODS:
        known = "7d, 30d, 90d, 1y, all"
        errors.append(FieldError("/period", "Choose a period among: %(known)s.", {"known": known}))
        return None
    return period_start(PERIODS[period], now)


def _moment(name: str, values: dict[str, list[str]], errors: list[FieldError]) -> datetime | None:
    if name not in values:
        return None
    try:
        moment = datetime.fromisoformat(values[name][0])
    except ValueError:
        errors.append(FieldError(f"/{name}", "Write a date as 2026-03-31, or a moment as 2026-03-31T08:00:00Z."))
        return None
    moment = moment if moment.tzinfo else moment.replace(tzinfo=UTC)
    return None if moment <= WEEK_ZERO else moment


def period_start(days: int, now: datetime | None = None) -> datetime:
    """When a period of `days` begins: at 00:00 UTC, so that the map and its list count the same things."""
    today = (now or datetime.now(UTC)).astimezone(UTC).replace(hour=0, minute=0, second=0, microsecond=0)
    return today - timedelta(days=days)


def _bbox(values: dict[str, list[str]], errors: list[FieldError]) -> Bounds | None:
    if "bbox" not in values:
        return None
    try:
        west, south, east, north = (float(part) for part in values["bbox"][0].split(","))
    except ValueError:
        errors.append(FieldError("/bbox", "A box is four numbers: west,south,east,north, in degrees."))
        return None
    message = _bbox_error(west, south, east, north)
    if message:
        errors.append(FieldError("/bbox", message))
        return None
    return west, south, east, north


def _bbox_error(west: float, south: float, east: float, north: float) -> str | None:
    if not all(map(math.isfinite, (west, south, east, north))):
        return "A box is four numbers: west,south,east,north, in degrees."
    if abs(south) > 90 or abs(north) > 90:
        return "A latitude is between -90 and 90. The order is west,south,east,north: longitude first."
    if abs(west) > 180 or abs(east) > 180:
        return "A longitude is between -180 and 180."
    if west > east or south > north:
        return "The order is west,south,east,north: the second corner lies east and north of the first."
    return None


def everywhere(filters: MapFilters) -> MapFilters:
    """The same question for all kinds, anywhere."""
    return replace(filters, kinds=(), bbox=None)


def parse_point(words: str) -> tuple[float, float] | None:
    """Longitude and latitude (degrees) of `lon,lat`, or None."""
    try:
        lon, lat = (float(part) for part in words.split(","))
    except ValueError:
        return None
    return (lon, lat) if abs(lon) <= 180 and abs(lat) <= 90 else None


def middle(box: Bounds) -> tuple[float, float]:
    """Longitude and latitude of the middle of a box."""
    west, south, east, north = box
    return (west + east) / 2, (south + north) / 2


def without_bbox(filters: MapFilters) -> MapFilters:
    """The same question, anywhere."""
    return replace(filters, bbox=None)
