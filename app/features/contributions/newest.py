"""Which contributions come first among those that the filters let through, by their ids alone."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from functools import lru_cache
from typing import Any, NamedTuple

from sqlalchemy import TextClause, text
from sqlalchemy.orm import Session

from app.features.contributions.conditions import PLAN_EACH, Shape, shape_of, values, where
from app.features.contributions.filters import Resolved

FEW = 500
"""As many contributions with some words are gathered before the newest are looked for in another way."""


class Found(NamedTuple):
    """A contribution that the filters let through; ordered as lists are."""

    created_at: datetime
    id: int
    kind: str
    supports: int = 0
    """How many carry it; 0 where its process hides the count."""


def few_with_words(session: Session, resolved: Resolved) -> Sequence[Found] | None:
    """All that have the words asked for, newest first, where they are at most `FEW`; else None.

    Whether a word is rare is what the planner knows least of, and a walk from the newest to find a rare one is long.
    """
    shape = shape_of(resolved)
    if "words" not in shape:
        return None
    session.execute(PLAN_EACH)
    rows = session.execute(_any(shape), values(resolved) | {"limit": FEW + 1}).all()
    return None if len(rows) > FEW else sorted((Found(*row) for row in rows), reverse=True)


def newest(
    session: Session,
    resolved: Resolved,
    few: Sequence[Found] | None,
    *,
    limit: int,
    offset: int = 0,
    after: tuple[datetime, int] | None = None,
) -> Sequence[int]:
    """Ids of the first ones, after `offset` of them or those that follow the moment and id of `after`.

    The newest first, or the oldest where the filters ask for these. `few` is what `few_with_words` gave for the same
    filters.
    """
    oldest = resolved.filters.sort == "oldest"
    if few is not None:
        ranked = few[::-1] if oldest else few
        left = [one.id for one in ranked if after is None or (one[:2] > after if oldest else one[:2] < after)]
        return left[offset : offset + limit]
    asked: dict[str, Any] = {"limit": limit, "offset": offset, "upto": offset + limit}
    if after is not None:
        asked |= {"after_at": after[0], "after_id": after[1]}
    session.execute(PLAN_EACH)
    return list(session.scalars(_walk(shape_of(resolved), after is not None, oldest), values(resolved) | asked))


def most_supported(
    session: Session, resolved: Resolved, few: Sequence[Found] | None, *, limit: int, offset: int = 0
) -> Sequence[int]:
    """Ids of those that most people carry, the newest first among equals, after `offset` of them.

    Where a process hides its counts, they stand with what nobody carries yet: the order tells nothing of them.
    """
    if few is not None:
        ranked = sorted(few, key=lambda found: (found.supports, found.created_at, found.id), reverse=True)
        return [found.id for found in ranked[offset : offset + limit]]
    session.execute(PLAN_EACH)
    shape, asked = shape_of(resolved), values(resolved)
    carried = list(session.scalars(_carried(shape), asked | {"upto": offset + limit}))
    found = carried[offset:]
    if len(found) < limit:
        skipped = max(0, offset - len(carried))
        rest = {"limit": limit - len(found), "offset": skipped, "upto": skipped + limit - len(found)}
        found += session.scalars(_walk(shape, after=False, oldest=False, uncarried=True), asked | rest)
    return found


@lru_cache(maxsize=64)
def _any(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT c.created_at, c.id, c.kind, greatest(coalesce(c.supports, 0), 0) AS supports FROM contribution c
         WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)} LIMIT :limit
        """  # noqa: S608 - constants
    )


@lru_cache(maxsize=64)
def _walk(shape: Shape, after: bool, oldest: bool, uncarried: bool = False) -> TextClause:
    """One ordered walk per territory, so that each can stop early."""
    way, past = ("ASC", ">") if oldest else ("DESC", "<")
    onward = f"AND (c.created_at, c.id) {past} (CAST(:after_at AS timestamptz), :after_id)" if after else ""
    onward += " AND (c.supports > 0) IS NOT TRUE" if uncarried else ""
    return text(
        f"""
        SELECT c.id FROM unnest(CAST(:territories AS int[])) AS t (id) CROSS JOIN LATERAL (
          SELECT c.id, c.created_at FROM contribution c
           WHERE c.territory_id = t.id AND {where(shape)} {onward}
           ORDER BY c.created_at {way}, c.id {way} LIMIT :upto) AS c
         ORDER BY c.created_at {way}, c.id {way} OFFSET :offset LIMIT :limit
        """  # noqa: S608 - constants
    )


@lru_cache(maxsize=64)
def _carried(shape: Shape) -> TextClause:
    """The same among those that somebody carries, along `ix_contribution_carried`."""
    order = "ORDER BY c.supports DESC, c.created_at DESC, c.id DESC LIMIT :upto"
    return text(
        f"""
        SELECT c.id FROM unnest(CAST(:territories AS int[])) AS t (id) CROSS JOIN LATERAL (
          SELECT c.id, c.created_at, c.supports FROM contribution c
           WHERE c.territory_id = t.id AND c.supports > 0 AND {where(shape)} {order}) AS c {order}
        """  # noqa: S608 - constants
    )
