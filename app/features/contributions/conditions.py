"""What filters let through, as SQL: one builder for lists, counts and tiles, so that they never disagree.

A statement has one of a few shapes, which name the conditions that apply; what is asked for is always a parameter.
"""

from __future__ import annotations

from typing import Any

from sqlalchemy import text

from app.features.contributions.scope import Resolved
from app.features.contributions.words import HAS, LACKS

Shape = tuple[str, ...]
"""Names of the conditions that apply, in the order of `CONDITIONS`."""

CONDITIONS = {
    "kinds": "c.kind = ANY(CAST(:kinds AS text[]))",
    "categories": "c.category_id = ANY(CAST(:categories AS int[]))",
    "states": "c.state = ANY(CAST(:states AS text[]))",
    "since": "c.created_at >= CAST(:since AS timestamptz)",
    # What the town has not touched yet changed when it was said, as in the order `changed`.
    "changed": "(c.changed_at >= CAST(:changed_since AS timestamptz) "
    "OR (c.changed_at IS NULL AND c.created_at >= CAST(:changed_since AS timestamptz)))",
    "bbox": "c.geom && ST_MakeEnvelope(:west, :south, :east, :north, 4326)",
    "zones": "c.zone_ids && CAST(:zones AS int[])",
    "reference": "c.reference = :reference",
    "words": HAS,
    "without": LACKS,
    "mine": "c.id IN (SELECT a.contribution_id FROM authorship a WHERE a.person = ANY(CAST(:person AS bytea[])))",
    "supported": "c.id IN (SELECT s.contribution_id FROM support s WHERE s.person = ANY(CAST(:person AS bytea[])))",
}
FINE = frozenset(("changed", "zones", "reference", "words", "mine", "supported"))
"""Conditions that only the contributions themselves can answer, never their sums."""

# Whether a street or a town, a rare word or a common one is asked for decides which index is best.
PLAN_EACH = text(
    "SELECT set_config('plan_cache_mode', 'force_custom_plan', true), "
    "set_config('max_parallel_workers_per_gather', '0', true)"
)


def shape_of(resolved: Resolved) -> Shape:
    """Which conditions these filters need."""
    filters = resolved.filters
    wanted = {
        "kinds": bool(filters.kinds),
        "categories": resolved.category_ids is not None,
        "states": bool(filters.states),
        "since": filters.since is not None,
        "changed": filters.changed_since is not None,
        "bbox": filters.bbox is not None,
        "zones": resolved.zone_ids is not None,
        "reference": filters.reference is not None,
        "words": resolved.words is not None,
        "without": bool(resolved.without),
        "mine": filters.mine,
        "supported": filters.supported,
    }
    return tuple(name for name in CONDITIONS if wanted[name])


def where(shape: Shape) -> str:
    """The conditions on a contribution `c`, beginning with its being public; the territory is the caller's."""
    return " AND ".join(("c.visibility = 'public'", *(CONDITIONS[name] for name in shape)))


def values(resolved: Resolved) -> dict[str, Any]:
    """Every value that any shape may name, and `territories`."""
    filters = resolved.filters
    west, south, east, north = filters.bbox or (0.0, 0.0, 0.0, 0.0)
    return {
        "territories": list(resolved.scope.territory_ids),
        "kinds": list(filters.kinds),
        "categories": list(resolved.category_ids or ()),
        "states": list(filters.states),
        "since": filters.since,
        "changed_since": filters.changed_since,
        "west": west,
        "south": south,
        "east": east,
        "north": north,
        "zones": list(resolved.zone_ids or ()),
        "reference": filters.reference,
        "words": resolved.words,
        "without": resolved.without,
        "person": list(filters.person),
    }
