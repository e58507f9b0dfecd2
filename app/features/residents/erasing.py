"""Erasing oneself: what one said becomes nobody's, what was counted stays, the rest goes. The caller commits."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.accounts.residents import Visitor
from app.features.contributions.authoring import OWN, Mine

_SCOPE = f"""
    SELECT c.id, c.reference FROM contribution c
    WHERE c.id IN ({OWN}) AND (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
"""  # noqa: S608 - constants
# A follow of a host that shows other towns is another resident's: the same address may have a space at each.
_FOLLOWS = """
    SELECT f.id FROM follow f LEFT JOIN contribution c ON c.id = f.contribution_id LEFT JOIN zone z ON z.id = f.zone_id
    WHERE (f.person = ANY(CAST(:persons AS bytea[])) OR f.reader = lower(CAST(:email AS text)))
      AND (CAST(:within AS int[]) IS NULL
           OR coalesce(c.territory_id, z.territory_id, f.territory_id) = ANY(CAST(:within AS int[])))
"""
_NEWS = """
    SELECT n.id FROM notification n JOIN contribution c ON c.id = n.contribution_id
    WHERE (n.person = ANY(CAST(:persons AS bytea[])) OR n.reader = lower(CAST(:email AS text)))
      AND (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
"""
_COUNTS = text(
    f"""
    SELECT (SELECT count(*) FROM ({_SCOPE}) AS said) AS contributions,
           (SELECT count(*) FROM support WHERE person = ANY(CAST(:persons AS bytea[]))) AS supports,
           (SELECT count(*) FROM ({_FOLLOWS}) AS followed) AS follows,
           (SELECT count(*) FROM ({_NEWS}) AS told) AS news,
           (SELECT count(*) FROM push_subscription WHERE person = ANY(CAST(:persons AS bytea[]))) AS devices
    """  # noqa: S608 - constants
)
_ERASE = tuple(
    text(statement)
    for statement in (
        f"CREATE TEMPORARY TABLE erased ON COMMIT DROP AS {_SCOPE}",
        f"DELETE FROM notification WHERE id IN ({_NEWS})",  # noqa: S608
        f"DELETE FROM follow WHERE id IN ({_FOLLOWS})",  # noqa: S608
        "DELETE FROM push_subscription WHERE person = ANY(CAST(:persons AS bytea[]))",
        "DELETE FROM contribution_contact WHERE contribution_id IN (SELECT id FROM erased)",
        "DELETE FROM authorship WHERE contribution_id IN (SELECT id FROM erased)",
        # What was said in discussions stays, with nobody's name; what one was asked about unions is asked no more.
        "UPDATE comment SET person = NULL, email = NULL "
        "WHERE person = ANY(CAST(:persons AS bytea[])) OR lower(email) = lower(CAST(:email AS text))",
        "DELETE FROM idea_invitation WHERE person = ANY(CAST(:persons AS bytea[]))",
        # The tokens of private links, and the answers that would say them again.
        "UPDATE contribution SET follow_hash = NULL WHERE id IN (SELECT id FROM erased)",
        "DELETE FROM idempotency WHERE response ->> 'reference' IN (SELECT reference FROM erased)",
        "DELETE FROM sign_in WHERE lower(email) = lower(CAST(:email AS text)) "
        "AND coalesce(territory_id, 0) = coalesce(CAST(:site AS int), 0)",
        "DELETE FROM resident WHERE id = :resident",
    )
)
_ADDRESSES = text(
    f"SELECT DISTINCT email FROM contribution_contact JOIN ({_SCOPE}) AS said ON said.id = contribution_id "  # noqa: S608
    "WHERE email IS NOT NULL"
)
_LEDGER = text("INSERT INTO ledger (act, data) VALUES ('resident.erased', CAST(:data AS jsonb))")


def what_erasing_does(session: Session, mine: Mine) -> dict[str, int]:
    """How many of each: contributions, supports, follows, news, devices."""
    return dict(session.execute(_COUNTS, mine.values).one()._mapping)


@dataclass(frozen=True)
class Left:
    """What is still to be deleted once it is committed: keys of stored files, and whom mails were written to."""

    keys: Sequence[str]
    addresses: Sequence[str]


def erase_resident(session: Session, *, resident: Visitor, mine: Mine) -> Left:
    """Erase them, and write in the ledger how much, of nobody.

    Their support keys stay in the counts and lead nowhere: the row that said whose they were is gone.
    """
    counts = what_erasing_does(session, mine)
    files = text("SELECT key FROM export WHERE resident_id = :id AND key IS NOT NULL")
    keys = list(session.scalars(files, {"id": resident.id}))
    # Also an address that they only typed beside what they said.
    addresses = {resident.email, *session.scalars(_ADDRESSES, mine.values)}
    values: dict[str, Any] = mine.values | {"resident": resident.id, "site": resident.territory_id}
    for statement in _ERASE:
        session.execute(statement, values)
    session.execute(_LEDGER, {"data": json.dumps(counts)})
    return Left(keys, sorted(addresses))
