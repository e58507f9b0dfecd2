"""The list twin of the map: the same contributions, in the order asked for, with their total and the counts by kind."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.filters import MapFilters, everywhere
from app.features.contributions.orders import FEW, few_with_words, first_ones, order_of
from app.features.contributions.pyramid import KIND_CODES
from app.features.contributions.queries import MANY, count_contributions, counts_by_kind
from app.features.contributions.scope import resolve
from app.features.contributions.words import corrected

PAGE = 30
"""Contributions on a page of the list."""


@dataclass(frozen=True)
class Listed:
    """A page of contributions as rows; how many there are, `many` if there are more than were counted; and how many of
    each kind these filters, but for the kind and the box, let through (empty if they were not counted)."""

    rows: Sequence[Any]
    total: int
    many: bool
    counts: Mapping[str, int]
    instead: str = ""
    """The words that were searched instead of those asked for, which nobody wrote."""
    metres: Mapping[int, float] = field(default_factory=dict)
    """By the id of a row, how far it is from where the nearest are counted; empty in the other orders."""


_ITEMS = text(
    """
    SELECT c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
           c.ticket_id, c.created_at, c.changed_at, c.supports, c.zone_ids, p.public_key,
           (SELECT count(*) FROM follow f WHERE f.contribution_id = c.id AND f.confirmed_at IS NOT NULL
              AND f.unsubscribed_at IS NULL) AS follows
      FROM contribution c
      LEFT JOIN LATERAL (
        SELECT public_key FROM photo
         WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
      ) AS p ON c.photo_count > 0
     WHERE c.id = ANY(CAST(:ids AS bigint[])) AND c.visibility = 'public'
     ORDER BY array_position(CAST(:ids AS bigint[]), c.id)
    """
)


def listed_contributions(session: Session, filters: MapFilters, *, offset: int = 0, limit: int = PAGE) -> Listed:
    """A page of the public contributions that the filters let through, and how many there are.

    Where nobody wrote the words asked for, the most alike words that somebody did write are tried.
    Raises `NotFound` for an unknown territory, `Invalid` for an unknown category or zone.
    """
    found = _listed(session, filters, offset, limit)
    if filters.words and not found.rows and not found.total:
        instead = corrected(session, filters.words)
        if instead:
            found = replace(_listed(session, replace(filters, words=instead), offset, limit), instead=instead)
    return found


def _listed(session: Session, filters: MapFilters, offset: int, limit: int) -> Listed:
    resolved = resolve(session, filters)
    filters = resolved.filters
    few = few_with_words(session, resolved)
    places = first_ones(session, resolved, few, limit=limit, offset=offset)
    rows = session.execute(_ITEMS, {"ids": [place[-1] for place in places]}).all() if places else []
    metres = {place[-1]: place[0] for place in places} if order_of(filters) == "nearest" else {}
    if filters.words:
        total = FEW if few is None else len(few)
        narrowed = resolved.filters.kinds or resolved.filters.bbox
        wide = few_with_words(session, resolve(session, everywhere(filters))) if narrowed else few
        counts: Mapping[str, int] = dict.fromkeys(KIND_CODES, 0) | Counter(found.kind for found in wide or ())
        return Listed(rows, total, few is None, counts if wide is not None else {}, metres=metres)
    counts = counts_by_kind(session, filters)
    if resolved.filters.bbox is None:
        total = sum(counts[kind] for kind in filters.kinds or KIND_CODES)
    else:
        total = count_contributions(session, resolved.filters, most=MANY)
    # What arrived a moment ago is listed before the map's sums know of it.
    return Listed(rows, max(total, offset + len(rows) if rows else 0), total == MANY, counts, metres=metres)
