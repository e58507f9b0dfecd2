"""What a reader of the map or of the list asks for: one object, read from a query string, the same for both.

`MapFilters` says it in words (slugs); `resolve` turns the words into ids, remembered for a few seconds per process.
"""

from __future__ import annotations

import math
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.features.contributions.pyramid import KIND_CODES, OPEN, STANDINGS
from app.features.contributions.words import MOST_CHARACTERS, readings, reference_in
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
        if name in PARAMETERS and value.strip():
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


@dataclass(frozen=True)
class Scope:
    """What the words of the filters stand for: ids, and where the territories lie."""

    territory_ids: tuple[int, ...]
    bounds: Bounds
    subtrees: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """For each category's slug, its id and those of everything under it."""
    names: dict[int, tuple[str, str]] = field(default_factory=dict)
    """Category id to slug and icon."""
    zones: dict[str, tuple[int, ...]] = field(default_factory=dict)
    """A zone's slug to the ids of those that bear it: two communes may both have a centre."""
    zone_names: dict[str, tuple[str, str]] = field(default_factory=dict)
    """The same slugs to the name and the commune ("" where several have one)."""
    prefixes: frozenset[str] = frozenset()
    """With which the references of these territories begin."""
    read_at: float = 0.0


@dataclass(frozen=True)
class Resolved:
    """Filters as ids; `category_ids` and `zone_ids` are None where any will do."""

    filters: MapFilters
    scope: Scope
    category_ids: tuple[int, ...] | None
    zone_ids: tuple[int, ...] | None = None
    words: str | None = None
    """The words asked for, and those that must be absent, as the text of a `tsquery`."""
    without: str = ""

    @property
    def standings(self) -> tuple[int, ...] | None:
        """The pyramid's standings that hold exactly the states asked for, or None if some state is finer."""
        states = set(self.filters.states)
        if not states:
            return (OPEN, *STANDINGS.values())
        is_open = set(OPEN_STATES)
        if states & is_open and not is_open <= states:
            return None
        closed = tuple(code for state, code in STANDINGS.items() if state in states)
        return (OPEN, *closed) if is_open <= states else closed


_TERRITORIES = text(
    """
    WITH RECURSIVE down AS (
      SELECT id, parent_id FROM territory WHERE active AND (slug = :slug OR CAST(:slug AS text) IS NULL)
      UNION SELECT t.id, t.parent_id FROM territory t JOIN down ON t.parent_id = down.id WHERE t.active),
    up AS (
      SELECT id, parent_id FROM down
      UNION SELECT t.id, t.parent_id FROM territory t JOIN up ON t.id = up.parent_id)
    SELECT ARRAY(SELECT id FROM down ORDER BY id) AS ids, ARRAY(SELECT id FROM up) AS family,
           ARRAY(SELECT prefix FROM territory WHERE id IN (SELECT id FROM down)) AS prefixes,
           ST_XMin(box) AS west, ST_YMin(box) AS south, ST_XMax(box) AS east, ST_YMax(box) AS north
      FROM (SELECT ST_Extent(boundary) AS box FROM territory WHERE id IN (SELECT id FROM down)) AS e
    """
)
_CATEGORIES = text("SELECT id, parent_id, slug, icon FROM category WHERE territory_id = ANY(:family)")
_ZONES = text(
    """
    SELECT z.slug, min(z.name) AS name, array_agg(z.id) AS ids,
           CASE count(*) WHEN 1 THEN min(t.name) ELSE '' END AS town
      FROM zone z JOIN territory t ON t.id = z.territory_id WHERE z.territory_id = ANY(:ids) GROUP BY 1 ORDER BY 4, 2
    """
)
REMEMBER_S = 15.0
_scopes: WeakKeyDictionary[Engine, dict[str | None, Scope]] = WeakKeyDictionary()


def resolve(session: Session, filters: MapFilters) -> Resolved:
    """Turn slugs into ids. Raises `NotFound` for an unknown territory, `Invalid` for an unknown category or zone.

    Scopes are remembered for 15 s; a word they do not hold is looked up again at once.
    """
    scope = _scope(session, filters.territory, REMEMBER_S)
    if not (scope.subtrees.keys() >= set(filters.categories) and scope.zones.keys() >= set(filters.zones)):
        scope = _scope(session, filters.territory, 1.0)
    categories = _ids(filters.categories, scope.subtrees, "/category", "This town has no category “%(slug)s”.")
    zones = _ids(filters.zones, scope.zones, "/zone", "This town has no zone “%(slug)s”.")
    if filters.bbox is not None and _swapped(filters.bbox, scope.bounds):
        message = "The order is west,south,east,north: longitude first. Here the two seem exchanged."
        raise Invalid(errors=[FieldError("/bbox", message)])
    # A box around the whole town asks for the whole town, of which sums are kept.
    if filters.bbox is not None and _holds(filters.bbox, scope.bounds):
        filters = without_bbox(filters)
    if filters.reference and filters.reference.partition("-")[0] not in scope.prefixes:
        # "RN 10" and "bus 25" look like references, and are words.
        filters = replace(filters, reference=None, words=filters.asked)
    words, without = (None, "") if filters.words is None else readings(session, filters.words)
    return Resolved(filters, scope, categories, zones, words, without)


def scope_of(session: Session, territory: str) -> Scope:
    """What lies in a territory: its categories and zones by name. Raises `NotFound`."""
    return _scope(session, territory, REMEMBER_S)


def _ids(
    slugs: tuple[str, ...], known: Mapping[str, tuple[int, ...]], pointer: str, message: str
) -> tuple[int, ...] | None:
    """What the slugs stand for, or None where none is asked for. Raises `Invalid` for one that is not known."""
    found: set[int] = set()
    for slug in slugs:
        if slug not in known:
            raise Invalid(errors=[FieldError(pointer, message, {"slug": slug[:60]})])
        found.update(known[slug])
    return tuple(sorted(found)) if slugs else None


def meet(a: Bounds, b: Bounds) -> bool:
    """Whether two boxes share at least a point."""
    return a[0] <= b[2] and b[0] <= a[2] and a[1] <= b[3] and b[1] <= a[3]


def _holds(box: Bounds, bounds: Bounds) -> bool:
    """Whether a box has all of another in it."""
    return box[0] <= bounds[0] and box[1] <= bounds[1] and box[2] >= bounds[2] and box[3] >= bounds[3]


def _swapped(box: Bounds, bounds: Bounds) -> bool:
    """Whether a box misses the town, and would not if its latitudes were its longitudes."""
    west, south, east, north = box
    return not meet(box, bounds) and meet((south, west, north, east), bounds)


def _scope(session: Session, slug: str | None, at_most_s: float) -> Scope:
    scopes = _scopes.setdefault(session.get_bind().engine, {})
    known = scopes.get(slug)
    if known is not None and time.monotonic() - known.read_at < at_most_s:
        return known
    row = session.execute(_TERRITORIES, {"slug": slug}).one()
    if not row.ids:
        if slug is not None:
            scopes.pop(slug, None)
            raise NotFound("No territory has this name.")
        return Scope((), (0.0, 0.0, 0.0, 0.0))
    categories = session.execute(_CATEGORIES, {"family": row.family}).all()
    zones = session.execute(_ZONES, {"ids": row.ids}).all()
    scope = Scope(
        territory_ids=tuple(row.ids),
        bounds=(row.west, row.south, row.east, row.north),
        subtrees=_subtrees(categories),
        names={category.id: (category.slug, category.icon) for category in categories},
        zones={zone.slug: tuple(zone.ids) for zone in zones},
        zone_names={zone.slug: (zone.name, zone.town) for zone in zones},
        prefixes=frozenset(row.prefixes),
        read_at=time.monotonic(),
    )
    scopes[slug] = scope
    return scope


def _subtrees(categories: Iterable[Any]) -> dict[str, tuple[int, ...]]:
    rows = list(categories)
    children: dict[int, list[int]] = {}
    for row in rows:
        if row.parent_id is not None:
            children.setdefault(row.parent_id, []).append(row.id)
    found: dict[str, set[int]] = {}
    for row in rows:
        waiting, under = [row.id], found.setdefault(row.slug, set())
        while waiting:
            one = waiting.pop()
            if one not in under:
                under.add(one)
                waiting.extend(children.get(one, ()))
    return {slug: tuple(sorted(ids)) for slug, ids in found.items()}


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
