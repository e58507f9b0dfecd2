"""What the words of a question stand for: ids, remembered for a few seconds per process."""

from __future__ import annotations

import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any
from weakref import WeakKeyDictionary

from sqlalchemy import Engine, text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid, NotFound
from app.features.contributions.filters import OPEN_STATES, Bounds, MapFilters, without_bbox
from app.features.contributions.pyramid import OPEN, STANDINGS
from app.features.contributions.words import readings


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
