"""What is said under an idea, in the order of reading."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

THREADS = 50
"""First comments on a page, each with all that was answered to it."""


@dataclass(frozen=True)
class Said:
    """One comment at its place. `depth` 0 begins a thread; `body` is empty where it is no longer shown."""

    id: int
    parent_id: int | None
    depth: int
    stance: str
    body: str
    language: str
    state: str
    service: Mapping[str, str] | None
    agrees: int
    replies: int
    at: datetime
    own: bool
    agreed: bool
    photos: Sequence[Mapping[str, Any]] = ()
    """`{"key", "placeholder", "width", "height"}` of those that may be shown."""


@dataclass(frozen=True)
class Discussion:
    """A page of threads; `following` is the id after which the next page begins, None at the end."""

    comments: Sequence[Said]
    total: int
    following: int | None


_COLUMNS = """
    m.id, m.parent_id, cardinality(m.path) - 1 AS depth, m.stance,
    CASE WHEN m.state = 'public' OR (m.state = 'pending' AND m.person = ANY(CAST(:persons AS bytea[])))
      THEN m.body ELSE '' END AS body,
    m.language, m.state, s.name AS service, m.agrees,
    (SELECT count(*) FROM comment r WHERE r.parent_id = m.id AND r.state = 'public') AS replies,
    m.created_at AS at, coalesce(m.person = ANY(CAST(:persons AS bytea[])), false) AS own,
    EXISTS (SELECT FROM comment_agree a WHERE a.comment_id = m.id AND a.person = ANY(CAST(:persons AS bytea[])))
      AS agreed,
    (SELECT coalesce(jsonb_agg(jsonb_build_object('key', p.public_key, 'placeholder', p.placeholder, 'width', p.width,
                                                  'height', p.height) ORDER BY p.position), '[]')
     FROM photo p WHERE p.comment_id = m.id AND p.state = 'ready' AND NOT p.hidden AND m.state = 'public') AS photos
"""
# What waits is seen by its author alone; what was withdrawn keeps its place only while something hangs on it.
_SEEN = """
    (m.state = 'public' OR (m.state = 'pending' AND m.person = ANY(CAST(:persons AS bytea[])))
     OR (m.state IN ('removed', 'hidden')))
"""
_THREADS = text(
    f"""
    WITH roots AS (
      SELECT id FROM comment m WHERE contribution_id = :id AND parent_id IS NULL AND id > :after AND {_SEEN}
      ORDER BY id LIMIT :most)
    SELECT {_COLUMNS} FROM comment m LEFT JOIN service s ON s.id = m.service_id
    WHERE m.contribution_id = :id AND m.path[1] IN (SELECT id FROM roots) AND {_SEEN} ORDER BY m.path
    """  # noqa: S608 - constants
)
_BEST = text(
    f"""
    SELECT * FROM (
      SELECT {_COLUMNS}, row_number() OVER (PARTITION BY m.stance ORDER BY m.agrees DESC, m.id) AS rank
      FROM comment m LEFT JOIN service s ON s.id = m.service_id
      WHERE m.contribution_id = :id AND m.state = 'public' AND m.stance <> 'neutral') AS m
    WHERE rank <= :most ORDER BY rank
    """  # noqa: S608 - constants
)
_ANSWERS = text(
    f"""
    SELECT {_COLUMNS} FROM comment m JOIN service s ON s.id = m.service_id
    WHERE m.contribution_id = :id AND m.state = 'public' ORDER BY m.id DESC LIMIT 3
    """  # noqa: S608 - constants
)
_COUNTS = text(
    "SELECT stance, count(*) AS n FROM comment WHERE contribution_id = :id AND state = 'public' GROUP BY stance"
)


_ONE = text(
    f"""
    SELECT {_COLUMNS} FROM comment m LEFT JOIN service s ON s.id = m.service_id
    WHERE m.contribution_id = :id AND m.id = :comment AND m.state = 'public'
    """  # noqa: S608 - constants
)
_PAGE_OF = text(
    """
    SELECT max(r.id) FROM (
      SELECT id, row_number() OVER (ORDER BY id) AS place FROM comment
      WHERE parent_id IS NULL AND state <> 'pending'
        AND contribution_id = (SELECT contribution_id FROM comment WHERE id = :comment)) AS r
    WHERE r.place % :most = 0 AND r.id < (SELECT path[1] FROM comment WHERE id = :comment)
    """
)


def one_comment(session: Session, contribution_id: int, comment_id: int) -> Said | None:
    """A public comment under this idea."""
    row = session.execute(_ONE, {"id": contribution_id, "comment": comment_id, "persons": []}).one_or_none()
    return Said(**row._mapping) if row else None


def page_of(session: Session, comment_id: int) -> int | None:
    """After which first comment the page begins that holds this one; None for the first page."""
    found: int | None = session.scalar(_PAGE_OF, {"comment": comment_id, "most": THREADS})
    return found


def counts_by_stance(session: Session, contribution_id: int) -> dict[str, int]:
    """How many public comments speak for, against, or neither."""
    counts = dict.fromkeys(("for", "against", "neutral"), 0)
    return counts | {row.stance: row.n for row in session.execute(_COUNTS, {"id": contribution_id})}


def best_arguments(
    session: Session, contribution_id: int, *, person: Sequence[bytes] = (), most: int = 3
) -> dict[str, list[Said]]:
    """The arguments for and against with which most people agree."""
    found: dict[str, list[Said]] = {"for": [], "against": []}
    values = {"id": contribution_id, "persons": list(person), "most": most}
    for row in session.execute(_BEST, values):
        said = {name: value for name, value in row._mapping.items() if name != "rank"}
        found[row.stance].append(Said(**said))
    return found


def town_answers(session: Session, contribution_id: int) -> list[Said]:
    """The last words of the town under an idea."""
    rows = session.execute(_ANSWERS, {"id": contribution_id, "persons": []})
    return [Said(**row._mapping) for row in rows]


def discussion(
    session: Session, contribution_id: int, *, person: Sequence[bytes] = (), after: int = 0, most: int = THREADS
) -> Discussion:
    """A page of threads in the order in which they began; replies stand under what they answer."""
    values: dict[str, Any] = {"id": contribution_id, "persons": list(person), "after": after, "most": most + 1}
    comments = [Said(**row._mapping) for row in session.execute(_THREADS, values)]
    roots = [said.id for said in comments if said.depth == 0]
    following = roots[most - 1] if len(roots) > most else None
    if following is not None:
        cut = next(place for place, said in enumerate(comments) if said.id == roots[most])
        comments = comments[:cut]
    return Discussion(comments, sum(counts_by_stance(session, contribution_id).values()), following)
