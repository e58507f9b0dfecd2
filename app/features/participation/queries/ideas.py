"""Lists of ideas in a fair order, what they add up to, and those that look like what somebody is writing."""

from __future__ import annotations

import base64
import binascii
import struct
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import FieldError, Invalid
from app.features.contributions.supporting import DISC
from app.features.territories.processes import HIDES

PAGE = 30
Order = Literal["fair", "newest", "supported", "discussed"]
ORDERS: Final[tuple[Order, ...]] = ("fair", "newest", "supported", "discussed")
STATES: Final[Mapping[str, tuple[str, ...]]] = {
    "debate": ("new",),
    "study": ("accepted", "in_progress", "waiting", "reopened"),
    "kept": ("planned",),
    "made": ("done",),
    "not-kept": ("declined",),
}
"""What becomes of an idea, and the states of its ticket that say so."""
PUBLIC_KEYS: Final[Mapping[str, str]] = {
    "debate": "received",
    "study": "routed",
    "kept": "planned",
    "made": "done",
    "not-kept": "declined",
}
"""The public word of each (`app.web.words.IDEA_STATES`)."""


@dataclass(frozen=True)
class IdeaFilters:
    """Which ideas; an empty field asks for all. `seed` turns the fair order, the same for all pages of a visit."""

    territories: Sequence[int]
    process_id: int | None = None
    categories: Sequence[int] | None = None
    zone: str = ""
    state: str = ""
    order: Order = "fair"
    seed: int = 0


@dataclass(frozen=True)
class IdeaPage:
    """Rows of a list, how many there are in all, and the cursor of the next page (None: this was the last)."""

    rows: Sequence[Any]
    total: int
    cursor: str | None = None


# What stands in another idea is found there; ideas that nobody may count come in the order of chance.
_WHERE = """
    c.kind = 'proposal' AND c.visibility = 'public' AND c.territory_id = ANY(CAST(:territories AS int[]))
    AND (CAST(:process AS int) IS NULL OR c.process_id = :process)
    AND (CAST(:categories AS int[]) IS NULL OR c.category_id = ANY(CAST(:categories AS int[])))
    AND (CAST(:zone AS text) IS NULL OR EXISTS (SELECT FROM zone z WHERE z.id = ANY(c.zone_ids) AND z.slug = :zone))
    AND (CAST(:states AS text[]) IS NULL OR c.state = ANY(CAST(:states AS text[])))
    AND NOT EXISTS (SELECT FROM idea_union_part ip JOIN idea_union u ON u.id = ip.union_id
                    WHERE ip.contribution_id = c.id AND u.undone_at IS NULL AND u.result_id IS NOT NULL)
"""
_KEYS: Final[Mapping[str, str]] = {
    "fair": "0::bigint",
    "newest": "(extract(epoch FROM c.created_at) * 1000000)::bigint",
    "supported": "coalesce(c.supports, -1)::bigint",
    "discussed": "(SELECT count(*) FROM comment m WHERE m.contribution_id = c.id AND m.state = 'public')",
}
_LISTS = {
    order: text(
        f"""
        WITH found AS (
          SELECT c.id, {key} AS key, hashint8extended(c.id, :seed) AS chance FROM contribution c WHERE {_WHERE}),
        page AS MATERIALIZED (
          SELECT * FROM found WHERE CAST(:after AS bool) IS NOT TRUE
            OR key < :key OR (key = :key AND (chance > :chance OR (chance = :chance AND id > :id)))
          ORDER BY key DESC, chance, id LIMIT :limit)
        SELECT c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
               c.ticket_id, c.created_at, c.supports, c.zone_ids, p.public_key, page.key, page.chance,
               ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, {DISC} AS bubble, c.process_id
        FROM page JOIN contribution c ON c.id = page.id
        LEFT JOIN LATERAL (
          SELECT public_key FROM photo WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden
          ORDER BY position LIMIT 1) AS p ON c.photo_count > 0
        ORDER BY page.key DESC, page.chance, page.id
        """  # noqa: S608 - constants
    )
    for order, key in _KEYS.items()
}
_COUNT = text(f"SELECT count(*) FROM contribution c WHERE {_WHERE}")  # noqa: S608 - constants


def ideas(session: Session, filters: IdeaFilters, *, cursor: str = "", limit: int = PAGE) -> IdeaPage:
    """A page of public ideas. Raises `Invalid` for a cursor that we never gave."""
    key, chance, last = _read_cursor(cursor) if cursor else (0, 0, 0)
    values = _values(filters) | {
        "seed": filters.seed,
        "after": bool(cursor),
        "key": key,
        "chance": chance,
        "id": last,
        "limit": limit + 1,
    }
    rows = session.execute(_LISTS[filters.order], values).all()
    more = rows[limit - 1] if len(rows) > limit else None
    total = int(session.scalar(_COUNT, _values(filters)) or 0)
    return IdeaPage(rows[:limit], total, _cursor(more) if more is not None else None)


def _values(filters: IdeaFilters) -> dict[str, Any]:
    return {
        "territories": list(filters.territories),
        "process": filters.process_id,
        "categories": None if filters.categories is None else list(filters.categories),
        "zone": filters.zone or None,
        "states": list(STATES[filters.state]) if filters.state in STATES else None,
    }


def _cursor(row: Any) -> str:
    return base64.urlsafe_b64encode(struct.pack(">qqq", row.key, row.chance, row.id)).decode().rstrip("=")


def _read_cursor(word: str) -> tuple[int, int, int]:
    try:
        key, chance, last = struct.unpack(">qqq", base64.urlsafe_b64decode(word + "=" * (-len(word) % 4)))
    except (ValueError, struct.error, binascii.Error):
        message = "This cursor is not one that we gave. Begin again without it."
        raise Invalid(errors=[FieldError("/cursor", message)]) from None
    return key, chance, last


@dataclass(frozen=True)
class Summary:
    """Ideas of one zone or theme. `votes` and `score` are None while a process among them hides its counts."""

    key: str
    ideas: int
    states: Mapping[str, int] = field(default_factory=dict)
    votes: int | None = None
    score: int | None = None
    comments: int = 0


_STATE_COUNTS = ", ".join(
    f"count(*) FILTER (WHERE c.state IN ({', '.join(repr(state) for state in states)})) AS s{number}"
    for number, states in enumerate(STATES.values())
)
_SUMMARY = f"""
    WITH c AS (
      SELECT c.id, c.state, c.category_id, c.zone_ids, {HIDES} AS hides,
             coalesce(y.carried + y.minus2 + y.minus1 + y.zero + y.plus1 + y.plus2, c.supports, 0) AS votes,
             coalesce(y.carried + y.plus1 + 2 * y.plus2 - y.minus1 - 2 * y.minus2, c.supports, 0) AS score,
             (SELECT count(*) FROM comment m WHERE m.contribution_id = c.id AND m.state = 'public') AS comments
      FROM contribution c LEFT JOIN tally y ON y.contribution_id = c.id LEFT JOIN process p ON p.id = c.process_id
      WHERE {_WHERE})
    SELECT {{key}} AS key, count(*) AS ideas, {_STATE_COUNTS}, sum(c.comments)::int AS comments,
           CASE WHEN bool_or(coalesce(c.hides, false)) THEN NULL ELSE sum(c.votes)::int END AS votes,
           CASE WHEN bool_or(coalesce(c.hides, false)) THEN NULL ELSE sum(c.score)::int END AS score
    FROM c {{join}} GROUP BY 1 ORDER BY 2 DESC, 1
"""  # noqa: S608 - constants
_BY = {
    "theme": text(_SUMMARY.format(key="k.slug", join="JOIN category k ON k.id = c.category_id")),
    "zone": text(_SUMMARY.format(key="z.kind || '/' || z.slug", join="JOIN zone z ON z.id = ANY(c.zone_ids)")),
    "all": text(_SUMMARY.format(key="''::text", join="")),
}


def summaries(session: Session, filters: IdeaFilters, *, by: Literal["theme", "zone", "all"]) -> list[Summary]:
    """What the ideas add up to by theme (category), by zone, or in one line; the largest first."""
    return [
        Summary(
            key=row.key,
            ideas=row.ideas,
            states={state: getattr(row, f"s{number}") for number, state in enumerate(STATES)},
            votes=row.votes,
            score=row.score,
            comments=row.comments,
        )
        for row in session.execute(_BY[by], _values(filters))
    ]


SIMILAR_M = 500
"""Metres within which ideas are compared."""
# Near by distance first (the index), alike by their words then; a word in common is worth some metres.
_SIMILAR = text(
    f"""
    WITH near AS (
      SELECT c.*, ST_Distance(c.geom::geography, ST_SetSRID(ST_MakePoint(:lon, :lat), 4326)::geography) AS distance_m
      FROM contribution c
      WHERE {_WHERE} AND c.state NOT IN ('done', 'declined', 'duplicate')
        AND c.geom && ST_Expand(ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :degrees)),
    alike AS (
      SELECT near.*, greatest(similarity(lower(coalesce(title, '')), lower(:words)),
                              word_similarity(lower(:words), lower(coalesce(title, '') || ' ' || left(body, 300))))
               AS likeness
      FROM near WHERE distance_m <= :most_m)
    SELECT a.id, a.reference, a.kind, a.category_id, a.territory_id, coalesce(a.title, a.body) AS title, a.state,
           a.ticket_id, a.created_at, a.supports, a.zone_ids, p.public_key, a.distance_m, a.likeness
    FROM alike a LEFT JOIN LATERAL (
      SELECT public_key FROM photo WHERE contribution_id = a.id AND state = 'ready' AND NOT hidden
      ORDER BY position LIMIT 1) AS p ON a.photo_count > 0
    WHERE a.likeness >= :least ORDER BY a.likeness - a.distance_m / 2000 DESC, a.id LIMIT 5
    """  # noqa: S608 - constants
)
LIKE_ENOUGH = 0.35
"""Trigram likeness (0 to 1) from which two ideas may be the same."""


def similar_ideas(session: Session, *, territories: Sequence[int], lon: float, lat: float, words: str) -> Sequence[Any]:
    """At most five open ideas within 500 m whose words look like these, with `distance_m` (metres) and `likeness`."""
    said = " ".join(words.split())[:200]
    if len(said) < 4:
        return ()
    values = _values(IdeaFilters(territories)) | {
        "lon": lon,
        "lat": lat,
        "words": said,
        "most_m": SIMILAR_M,
        # A degree of longitude is shorter towards the poles: twice as wide is always enough where people live.
        "degrees": SIMILAR_M / 111_000 * 2.5,
        "least": LIKE_ENOUGH,
    }
    return session.execute(_SIMILAR, values).all()
