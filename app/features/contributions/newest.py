"""Which contributions come first: the newest that the filters let through, by their ids alone."""

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
    """Ids of the newest, after `offset` of them or those that follow the moment and id of `after`.

    `few` is what `few_with_words` gave for the same filters.
    """
    if few is not None:
        left = [found.id for found in few if after is None or found[:2] < after]
        return left[offset : offset + limit]
    asked: dict[str, Any] = {"limit": limit, "offset": offset, "upto": offset + limit}
    if after is not None:
        asked |= {"after_at": after[0], "after_id": after[1]}
    session.execute(PLAN_EACH)
    return list(session.scalars(_walk(shape_of(resolved), after is not None), values(resolved) | asked))


@lru_cache(maxsize=64)
def _any(shape: Shape) -> TextClause:
    return text(
        f"""
        SELECT c.created_at, c.id, c.kind FROM contribution c
         WHERE c.territory_id = ANY(CAST(:territories AS int[])) AND {where(shape)} LIMIT :limit
        """  # noqa: S608 - constants
    )


@lru_cache(maxsize=64)
def _walk(shape: Shape, after: bool) -> TextClause:
    """One ordered walk per territory, so that each can stop early."""
    onward = "AND (c.created_at, c.id) < (CAST(:after_at AS timestamptz), :after_id)" if after else ""
    return text(
        f"""
        SELECT c.id FROM unnest(CAST(:territories AS int[])) AS t (id) CROSS JOIN LATERAL (
          SELECT c.id, c.created_at FROM contribution c
           WHERE c.territory_id = t.id AND {where(shape)} {onward}
           ORDER BY c.created_at DESC, c.id DESC LIMIT :upto) AS c
         ORDER BY c.created_at DESC, c.id DESC OFFSET :offset LIMIT :limit
        """  # noqa: S608 - constants
    )
