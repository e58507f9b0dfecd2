"""What Open311 tells: the problems that the public may read, and the categories that take problems."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any

from sqlalchemy import TextClause, select, text
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound, invalid
from app.features.contributions.conditions import PLAN_EACH, Shape, shape_of, values, where
from app.features.contributions.filters import MapFilters
from app.features.contributions.scope import Resolved, resolve
from app.features.territories.catalogue import CategoryFacts, Town, current_town
from app.features.territories.models import Territory

MOST = 1_000
"""Requests of one answer, at most: the standard's own bound."""
KIND = "problem"
"""Praise and proposals are no service requests."""


def find_jurisdiction(session: Session, slug: str, *, home: int | None, within: Collection[int] | None) -> Town:
    """The territory of this slug; without one, the host's own (`home`), else the only one that nothing contains.

    Raises NotFound for a territory outside `within` (None: all) or unknown, Invalid when one has to be named.
    """
    if slug:
        number = session.scalar(select(Territory.id).where(Territory.slug == slug, Territory.active))
        if number is None or (within is not None and number not in within):
            raise NotFound("No territory has this name.")
        return current_town(session, number)
    if home is None:
        roots = session.scalars(select(Territory.id).where(Territory.parent_id.is_(None), Territory.active)).all()
        if len(roots) != 1:
            raise invalid("/jurisdiction_id", "This field is needed.")
        home = roots[0]
    return current_town(session, home)


def services_of(town: Town) -> list[CategoryFacts]:
    """The categories that take problems now, in the town's order; where two bear one slug, the nearest."""
    return [
        category
        for category in town.categories_by_id.values()
        if category.leaf and category.active and KIND in category.kinds and town.categories[category.slug] is category
    ]


def resolve_services(session: Session, filters: MapFilters) -> Resolved:
    """The filters as ids. Raises NotFound for a service that neither the town, nor what nests in it, nor what contains
    it knows.
    """
    try:
        return resolve(session, filters)
    except Invalid as refused:
        # Of all that these filters may hold, only a category can be unknown.
        first = refused.errors[0]
        raise NotFound(first.message, params=first.params) from None


def public_requests(
    session: Session, filters: MapFilters, *, until: datetime | None = None, references: Sequence[str] | None = None
) -> Sequence[Any]:
    """The public problems that the filters let through, newest first, at most `MOST`: rows with `lon`, `lat` in
    degrees, `answer` (the last public word of the town) and `photo_key` of the first photo that may be shown.

    `until` is the last moment of being sent; `references` are the only ones wanted (None: all).
    """
    resolved = resolve_services(session, filters)
    asked = {"until": until, "references": list(references or ()), "most": MOST}
    session.execute(PLAN_EACH)
    statement = _requests(shape_of(resolved), until is not None, references is not None)
    return session.execute(statement, values(resolved) | asked).all()


@lru_cache(maxsize=64)
def _requests(shape: Shape, until: bool, references: bool) -> TextClause:
    more = " AND c.created_at <= :until" if until else ""
    more += " AND c.reference = ANY(CAST(:references AS text[]))" if references else ""
    return text(
        f"""
        WITH found AS (
          SELECT c.* FROM contribution c
           WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)}{more}
           ORDER BY c.created_at DESC, c.id DESC LIMIT :most)
        SELECT c.reference, c.title, c.body, c.state, c.address, c.created_at, ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
               k.slug AS category, k.label AS category_label, t.due_at, t.closed_at, s.name AS service_name,
               greatest(c.created_at, told.at) AS updated_at, told.answer,
               CASE WHEN c.photo_count > 0 THEN (
                 SELECT p.public_key FROM photo p
                  WHERE p.contribution_id = c.id AND p.state = 'ready' AND NOT p.hidden ORDER BY p.position LIMIT 1)
               END AS photo_key
          FROM found c
          JOIN category k ON k.id = c.category_id
          LEFT JOIN ticket t ON t.id = c.ticket_id
          LEFT JOIN service s ON s.id = t.service_id
          CROSS JOIN LATERAL (
            SELECT max(e.at) AS at,
                   (array_agg(e.body ORDER BY e.at DESC, e.id DESC)
                      FILTER (WHERE e.body <> '' AND e.type <> 'added'))[1] AS answer
              FROM event e
             WHERE e.public AND (e.contribution_id = c.id
                                 OR (e.ticket_id = c.ticket_id AND e.contribution_id IS NULL))) AS told
         ORDER BY c.created_at DESC, c.id DESC
        """  # noqa: S608
    )
