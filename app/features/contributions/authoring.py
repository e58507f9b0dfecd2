"""One's own contributions: those of a resident, of a browser, and those made with an address that was confirmed."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import invalid
from app.features.contributions.services import follow_hash

OWN = """
    SELECT contribution_id FROM authorship WHERE person = ANY(CAST(:persons AS bytea[]))
    UNION SELECT contribution_id FROM contribution_contact WHERE lower(email) = lower(CAST(:email AS text))
"""
"""SQL for the ids of one's own contributions; its parameters are those of `Mine.values`."""

_ROWS = """
    SELECT c.id, c.reference, c.kind, c.category_id, c.territory_id, coalesce(c.title, c.body) AS title, c.state,
           c.ticket_id, c.created_at, c.supports, c.zone_ids, c.visibility, p.public_key, 0 AS follows
    FROM contribution c
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo
      WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden ORDER BY position LIMIT 1
    ) AS p ON c.photo_count > 0 AND c.visibility = 'public'
    WHERE (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
"""
_OWN_ROWS = text(f"{_ROWS} AND c.id IN ({OWN}) ORDER BY c.created_at DESC, c.id DESC LIMIT :limit")
_SUPPORTED_ROWS = text(
    f"""{_ROWS} AND c.visibility = 'public'
    AND c.id IN (SELECT contribution_id FROM support WHERE person = ANY(CAST(:persons AS bytea[])))
    ORDER BY c.created_at DESC, c.id DESC LIMIT :limit"""  # noqa: S608 - constants
)
_BROWSERS = text(
    """
    SELECT (SELECT count(*) FROM authorship WHERE person = :browser)
         + (SELECT count(*) FROM support WHERE person = :browser)
         + (SELECT count(*) FROM follow WHERE person = :browser)
    """
)
# What the resident has already, under their own name, stays as it is.
_MOVE = (
    text("UPDATE authorship SET person = :person WHERE person = :browser"),
    text(
        "UPDATE support s SET person = :person WHERE person = :browser AND NOT EXISTS "
        "(SELECT FROM support o WHERE o.contribution_id = s.contribution_id AND o.person = :person)"
    ),
    text(
        "UPDATE follow f SET person = :person, reader = :reader WHERE person = :browser AND NOT EXISTS "
        "(SELECT FROM follow o WHERE o.subject = f.subject AND o.reader = :reader)"
    ),
    text("UPDATE push_subscription SET person = :person WHERE person = :browser"),
    text(
        "UPDATE notification n SET person = :person, reader = :reader WHERE person = :browser AND NOT EXISTS "
        "(SELECT FROM notification o WHERE o.event_id = n.event_id AND o.reader = :reader)"
    ),
)
_BY_LINK = text("SELECT id, territory_id, follow_hash FROM contribution WHERE reference = :reference")
_CLAIM = text(
    "INSERT INTO authorship (contribution_id, person) VALUES (:id, :person) "
    "ON CONFLICT (contribution_id) DO UPDATE SET person = excluded.person"
)
_LINK = re.compile(r"([A-Za-z][A-Za-z0-9-]*-[0-9]+)(?:/(?:suivi|recu)/|[\s:]+)([A-Za-z0-9_-]{16,64})\s*$")


@dataclass(frozen=True, slots=True)
class Mine:
    """Who one is: the keys of the person, the confirmed address (None: none), the host's territories (None: all)."""

    persons: Sequence[bytes]
    email: str | None = None
    within: Collection[int] | None = None

    @property
    def values(self) -> dict[str, Any]:
        """Parameters of `OWN`."""
        within = None if self.within is None else list(self.within)
        return {"persons": list(self.persons), "email": self.email, "within": within}


def own_contributions(session: Session, mine: Mine, *, limit: int = 50) -> Sequence[Any]:
    """One's own, the newest first, whatever became of them; rows as a list shows them, with their `visibility`."""
    return session.execute(_OWN_ROWS, mine.values | {"limit": limit}).all()


def supported_contributions(session: Session, mine: Mine, *, limit: int = 50) -> Sequence[Any]:
    """What one supports and the public sees, as the rows of a list."""
    return session.execute(_SUPPORTED_ROWS, mine.values | {"limit": limit}).all()


def left_in_browser(session: Session, browser: bytes | None) -> int:
    """How many things this browser did that are in nobody's space."""
    return int(session.scalar(_BROWSERS, {"browser": browser}) or 0) if browser else 0


def claim_browser(session: Session, *, person: bytes, reader: str, browser: bytes) -> None:
    """What this browser did becomes the resident's; the caller commits."""
    for statement in _MOVE:
        session.execute(statement, {"person": person, "reader": reader, "browser": browser})


def claim_by_link(session: Session, *, link: str, person: bytes, within: Collection[int] | None = None) -> str:
    """Take a contribution into one's space by its private link, or its number and code; returns its reference.

    The link is the key: whoever holds it may. Raises `Invalid` for what opens nothing.
    """
    found = _LINK.search(link.strip())
    row = session.execute(_BY_LINK, {"reference": found[1].upper()}).one_or_none() if found else None
    owns = found and row is not None and row.follow_hash is not None and bytes(row.follow_hash) == follow_hash(found[2])
    if not found or row is None or not owns or (within is not None and row.territory_id not in within):
        raise invalid("/link", "No contribution opens with this link. Copy the whole link of your receipt.")
    session.execute(_CLAIM, {"id": row.id, "person": person})
    return found[1].upper()
