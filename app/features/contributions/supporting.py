"""Support: *me too*, and a vote on an idea. One person counts once, may change their mind, and may take it back.

A vote is two statements: the first locks the contribution and reads what rules it, the second, which sees all that was
committed before, writes the vote with its totals. The server's clock decides in the second one.
"""

from __future__ import annotations

import math
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Gone, NotFound, invalid
from app.features.territories.processes import HIDES, VALUES

CLOSED = ("done", "declined", "duplicate")

BUBBLE_MIN, BUBBLE_MAX, BUBBLE_GROWTH = 44, 88, 2.0
"""Pixels: what a thumb meets, what hides no street; and how fast the disc grows (its area follows the score)."""


@dataclass(frozen=True)
class Supported:
    """How many carry it now (None: its process tells no count yet), and what this person said."""

    reference: str
    supports: int | None
    value: int | None

    @property
    def supported(self) -> bool:
        return self.value is not None and self.value > 0


def bubble_size(score: int) -> int:
    """Pixels across of an idea's disc: `min(88, 44 + 2 √score)`, rounded; a score below 0 counts as 0.

    The score is the sum of the votes: supports, those for less those against, or the sum of the scale.
    """
    return min(BUBBLE_MAX, round(BUBBLE_MIN + BUBBLE_GROWTH * math.sqrt(max(0, score))))


BUBBLE = f"least({BUBBLE_MAX}, round({BUBBLE_MIN} + {BUBBLE_GROWTH} * sqrt(greatest(0, {{score}}))))::smallint"
"""The same formula in SQL; `format(score=…)`."""
SCORE = "(y.carried + y.plus1 + 2 * y.plus2 - y.minus1 - 2 * y.minus2)"
FAVOURABLE = "(y.carried + y.plus1 + y.plus2)"
"""Of a row `y` of `tally`."""
DISC = f"""CASE WHEN c.kind = 'proposal' THEN
  coalesce(c.bubble, CASE WHEN c.supports > 0 THEN {BUBBLE.format(score="c.supports")} END) END"""
"""The disc of a contribution `c` as everybody reads it. What came with an idea counts before its first vote; a problem
has none, nor an idea whose count is hidden: both its numbers are null."""

# Whoever votes on the same idea waits here; what they all read below is then the last word.
_FIND = text(
    """
    SELECT c.id, c.territory_id, c.kind, c.state, c.visibility, c.supports, c.process_id,
           coalesce(p.mode, 'support') AS mode,
           CASE WHEN c.kind = 'proposal' THEN (
             SELECT r.reference FROM idea_union_part ip JOIN idea_union u ON u.id = ip.union_id
             JOIN contribution r ON r.id = u.result_id
             WHERE ip.contribution_id = c.id AND u.undone_at IS NULL LIMIT 1) END AS now_in
    FROM contribution c LEFT JOIN process p ON p.id = c.process_id
    WHERE c.reference = :reference FOR NO KEY UPDATE OF c
    """
)

# The totals change in the statement that writes the vote, so that they never say more, or less, than there is.
# A null `supports` stays null: while the counts are hidden, nobody's row tells them.
_VOTE = text(
    f"""
    WITH open AS (
      SELECT 1 WHERE NOT EXISTS (
        SELECT FROM process p WHERE p.id = :process
        AND (p.opens_at > statement_timestamp() OR p.closes_at <= statement_timestamp()))),
    before AS (
      SELECT value FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[]))),
    added AS (
      INSERT INTO support (contribution_id, person, value)
      SELECT :id, :person, :value FROM open WHERE CAST(:value AS smallint) IS NOT NULL
      ON CONFLICT (contribution_id, person) DO UPDATE SET value = excluded.value, created_at =
        CASE WHEN support.value = excluded.value THEN support.created_at ELSE now() END),
    gone AS (
      DELETE FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[]))
      AND (CAST(:value AS smallint) IS NULL OR person <> :person) AND EXISTS (SELECT FROM open)),
    change AS (
      SELECT v, (v IS NOT DISTINCT FROM CAST(:value AS smallint))::int
                - (SELECT count(*)::int FROM before WHERE value = v) AS n
      FROM open, unnest(ARRAY[-2, -1, 0, 1, 2]) AS v),
    counted AS (
      INSERT INTO tally AS y (contribution_id, carried, minus2, minus1, zero, plus1, plus2)
      SELECT :id, :carried, coalesce(sum(n) FILTER (WHERE v = -2), 0), coalesce(sum(n) FILTER (WHERE v = -1), 0),
             coalesce(sum(n) FILTER (WHERE v = 0), 0), coalesce(sum(n) FILTER (WHERE v = 1), 0),
             coalesce(sum(n) FILTER (WHERE v = 2), 0)
      FROM change WHERE CAST(:idea AS bool) HAVING count(*) > 0
      ON CONFLICT (contribution_id) DO UPDATE SET minus2 = y.minus2 + excluded.minus2,
        minus1 = y.minus1 + excluded.minus1, zero = y.zero + excluded.zero, plus1 = y.plus1 + excluded.plus1,
        plus2 = y.plus2 + excluded.plus2
      RETURNING {SCORE} AS score)
    UPDATE contribution SET supports = supports + (SELECT coalesce(sum(n), 0) FROM change WHERE v > 0),
      bubble = CASE WHEN CAST(:idea AS bool) AND supports IS NOT NULL
               THEN {BUBBLE.format(score="(SELECT score FROM counted)")} END
    WHERE id = :id AND EXISTS (SELECT FROM open) RETURNING supports
    """  # noqa: S608 - constants
)
_UNITED = text(
    "SELECT EXISTS (SELECT FROM idea_union_part ip JOIN idea_union u ON u.id = ip.union_id "
    "WHERE ip.contribution_id = :id AND u.undone_at IS NULL AND u.result_id IS NOT NULL)"
)
_VALUE = text(
    """
    SELECT value FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[]))
    ORDER BY created_at DESC LIMIT 1
    """
)


def may_support(*, kind: str, state: str) -> bool:
    """Whether support still says something: a closed matter is not carried further, thanks are never too late."""
    return kind == "praise" or state not in CLOSED


def support_contribution(
    session: Session, *, reference: str, person: Sequence[bytes], within: Collection[int] | None = None
) -> Supported:
    """Count this person in, once; the caller commits. On an idea it is a vote for it. Raises like `cast_vote`."""
    return cast_vote(session, reference=reference, value=1, person=person, within=within)


def cast_vote(
    session: Session, *, reference: str, value: int, person: Sequence[bytes], within: Collection[int] | None = None
) -> Supported:
    """Count what this person says, in the place of what they said before; the caller commits.

    `person` holds the keys by which the person may be known: the first one is written, any of them counts. `within`
    are the territories of which the host may speak (None: all). Raises `NotFound`, `Gone`, `Invalid` for a value that
    the idea's process does not take, or `Conflict` for what is closed or stands in another idea.
    """
    row = _public(session, reference, within)
    if value not in VALUES[row.mode if row.kind == "proposal" else "support"]:
        raise invalid("/value", "This is not one of the answers that one may give here.")
    if not may_support(kind=row.kind, state=row.state):
        raise Conflict("This contribution is closed: it can no longer be supported.", code="closed")
    if row.now_in is not None:
        message = "This idea now stands in %(reference)s: say there what you think of it."
        raise Conflict(message, params={"reference": row.now_in}, code="united", extra={"united_in": row.now_in})
    return Supported(reference.upper(), _write(session, row, person, value), value)


def withdraw_support(
    session: Session, *, reference: str, person: Sequence[bytes], within: Collection[int] | None = None
) -> Supported:
    """Take back what this person said, if they did; the caller commits. Raises `NotFound`, `Gone`, `Conflict`."""
    row = _public(session, reference, within)
    supports = _write(session, row, person, None) if person else row.supports
    return Supported(reference.upper(), supports, None)


def voice_of(session: Session, *, contribution_id: int, person: Sequence[bytes]) -> int | None:
    """What this person said of it; nobody known said nothing."""
    if not person:
        return None
    found = session.scalar(_VALUE, {"id": contribution_id, "persons": list(person)})
    return None if found is None else int(found)


def is_united(session: Session, contribution_id: int) -> bool:
    """Whether an idea now stands in another, where one votes in its place."""
    return bool(session.scalar(_UNITED, {"id": contribution_id}))


def is_supported(session: Session, *, contribution_id: int, person: Sequence[bytes]) -> bool:
    """Whether this person carries it; nobody known carries nothing."""
    return (voice_of(session, contribution_id=contribution_id, person=person) or 0) > 0


def _write(session: Session, row: Any, person: Sequence[bytes], value: int | None) -> int | None:
    values = {
        "id": row.id,
        "idea": row.kind == "proposal",
        "process": row.process_id,
        "person": person[0],
        "persons": list(person),
        "value": value,
        # Before its first vote, what an idea counts came with it.
        "carried": row.supports or 0,
    }
    written = session.execute(_VOTE, values).one_or_none()
    if written is None:
        raise Conflict("The vote is not open: it has not begun, or it is over.", code="vote-closed")
    return None if written.supports is None else int(written.supports)


def _public(session: Session, reference: str, within: Collection[int] | None) -> Any:
    row = session.execute(_FIND, {"reference": reference.upper()}).one_or_none()
    if row is None or (within is not None and row.territory_id not in within):
        raise NotFound("No contribution has this number.")
    if row.visibility == "pending":
        raise NotFound("This contribution has not been published yet.", code="not-yet-public")
    if row.visibility != "public":
        raise Gone()
    return row


# Before its first vote an idea has no row in `tally`: what it counts is what came with it.
_KEEP_CARRIED = text(
    """
    INSERT INTO tally (contribution_id, carried) SELECT id, supports FROM contribution
    WHERE process_id = :process AND supports > 0 ORDER BY id ON CONFLICT DO NOTHING
    """
)
_CONCEAL = text(
    "UPDATE contribution SET supports = NULL, bubble = NULL WHERE process_id = :process AND supports IS NOT NULL"
)
_LOCK = text("SELECT id FROM contribution WHERE process_id = :process ORDER BY id FOR NO KEY UPDATE")
_TELL = text(
    f"""
    UPDATE contribution c SET supports = coalesce((SELECT {FAVOURABLE} FROM tally y WHERE y.contribution_id = c.id), 0),
      bubble = (SELECT {BUBBLE.format(score=SCORE)} FROM tally y WHERE y.contribution_id = c.id)
    WHERE c.process_id = :process AND c.supports IS NULL
    """  # noqa: S608 - constants
)
_SETTLE = text(
    """
    UPDATE process SET revealed_at = CASE WHEN closes_at <= statement_timestamp() THEN coalesce(revealed_at, now()) END
    WHERE id = :process RETURNING hide_counts AND revealed_at IS NULL AS hides
    """
)
_OVER = text(
    "SELECT id FROM process WHERE hide_counts AND revealed_at IS NULL AND closes_at <= now() ORDER BY id FOR UPDATE"
)


def settle_counts(session: Session, *, process_id: int) -> bool:
    """Hide the counts of a process's ideas, or tell them, as it now says; returns whether they are hidden.

    Votes that are being written are waited for; the caller commits.
    """
    session.execute(_LOCK, {"process": process_id})
    hides = bool(session.scalar(_SETTLE, {"process": process_id}))
    for statement in (_KEEP_CARRIED, _CONCEAL) if hides else (_TELL,):
        session.execute(statement, {"process": process_id})
    return hides


def tell_counts_of_closed(session: Session) -> int:
    """Tell the counts of the processes that are over; returns how many there were. The caller commits."""
    over = list(session.scalars(_OVER))
    for process_id in over:
        settle_counts(session, process_id=process_id)
    return len(over)


_ERRORS = text(
    f"""
    SELECT c.reference FROM contribution c
    LEFT JOIN tally y ON y.contribution_id = c.id LEFT JOIN process p ON p.id = c.process_id
    LEFT JOIN LATERAL (
      SELECT count(*) FILTER (WHERE value = -2) AS minus2, count(*) FILTER (WHERE value = -1) AS minus1,
             count(*) FILTER (WHERE value = 0) AS zero, count(*) FILTER (WHERE value = 1) AS plus1,
             count(*) FILTER (WHERE value = 2) AS plus2, count(*) AS n
      FROM support s WHERE s.contribution_id = c.id) AS s ON true
    WHERE c.kind = 'proposal' AND (
      (y.contribution_id IS NULL AND s.n > 0)
      OR (y.minus2, y.minus1, y.zero, y.plus1, y.plus2) <> (s.minus2, s.minus1, s.zero, s.plus1, s.plus2)
      OR (coalesce({HIDES}, false) AND (c.supports IS NOT NULL OR c.bubble IS NOT NULL))
      OR (NOT coalesce({HIDES}, false) AND c.supports IS DISTINCT FROM coalesce({FAVOURABLE}, c.supports, -1)))
    ORDER BY c.id
    """  # noqa: S608 - constants
)


def count_errors(session: Session) -> list[str]:
    """The ideas whose totals are not what their votes add up to; none, always."""
    return list(session.scalars(_ERRORS))
