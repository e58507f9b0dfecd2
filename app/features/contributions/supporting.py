"""Support: *me too*. One person counts once for a contribution, and may take it back."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Conflict, Gone, NotFound

CLOSED = ("done", "declined", "duplicate")


@dataclass(frozen=True)
class Supported:
    """How many carry it now, and whether this person does."""

    reference: str
    supports: int
    supported: bool


_FIND = text(
    "SELECT id, territory_id, kind, state, visibility, supports FROM contribution WHERE reference = :reference"
)

# The count rises in the statement that writes the row, so that it never says more, or less, than there are.
_SUPPORT = text(
    """
    WITH added AS (
      INSERT INTO support (contribution_id, person)
      SELECT :id, :person
      WHERE NOT EXISTS (SELECT FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[])))
      ON CONFLICT DO NOTHING RETURNING person)
    UPDATE contribution SET supports = supports + 1 WHERE id = :id AND EXISTS (SELECT FROM added) RETURNING supports
    """
)
_WITHDRAW = text(
    """
    WITH gone AS (
      DELETE FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[])) RETURNING person)
    UPDATE contribution SET supports = greatest(0, supports - (SELECT count(*) FROM gone))
    WHERE id = :id AND EXISTS (SELECT FROM gone) RETURNING supports
    """
)
_IS_SUPPORTED = text(
    "SELECT EXISTS (SELECT FROM support WHERE contribution_id = :id AND person = ANY(CAST(:persons AS bytea[])))"
)


def may_support(*, kind: str, state: str) -> bool:
    """Whether support still says something: a closed matter is not carried further, thanks are never too late."""
    return kind == "praise" or state not in CLOSED


def support_contribution(
    session: Session, *, reference: str, person: Sequence[bytes], within: Collection[int] | None = None
) -> Supported:
    """Count this person in, once; the caller commits.

    `person` holds the keys by which the person may be known: the first one is written, any of them counts. `within`
    are the territories of which the host may speak (None: all). Raises `NotFound`, `Gone`, or `Conflict` for what is
    closed.
    """
    row = _public(session, reference, within)
    if not may_support(kind=row.kind, state=row.state):
        raise Conflict("This contribution is closed: it can no longer be supported.", code="closed")
    supports = session.scalar(_SUPPORT, {"id": row.id, "person": person[0], "persons": list(person)})
    return Supported(reference.upper(), _count(session, row, supports), supported=True)


def withdraw_support(
    session: Session, *, reference: str, person: Sequence[bytes], within: Collection[int] | None = None
) -> Supported:
    """Take this person's support back, if it was given; the caller commits. Raises `NotFound`, `Gone`."""
    row = _public(session, reference, within)
    supports = session.scalar(_WITHDRAW, {"id": row.id, "persons": list(person)}) if person else None
    return Supported(reference.upper(), _count(session, row, supports), supported=False)


def is_supported(session: Session, *, contribution_id: int, person: Sequence[bytes]) -> bool:
    """Whether this person carries it; nobody known carries nothing."""
    values = {"id": contribution_id, "persons": list(person)}
    return bool(person) and bool(session.scalar(_IS_SUPPORTED, values))


def _public(session: Session, reference: str, within: Collection[int] | None) -> Any:
    row = session.execute(_FIND, {"reference": reference.upper()}).one_or_none()
    if row is None or (within is not None and row.territory_id not in within):
        raise NotFound("No contribution has this number.")
    if row.visibility == "pending":
        raise NotFound("This contribution has not been published yet.", code="not-yet-public")
    if row.visibility != "public":
        raise Gone()
    return row


def _count(session: Session, row: Any, changed: int | None) -> int:
    if changed is not None:
        return changed
    return int(session.scalar(text("SELECT supports FROM contribution WHERE id = :id"), {"id": row.id}) or 0)
