"""Residents: a mail's link opens their space, for an hour and once. The caller commits."""

from __future__ import annotations

import secrets
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound, TooManyAttempts
from app.features.accounts.credentials import digest

ASKED = "resident.asked"
"""The topic that mails the link of a wish to sign in; `subject_id` is the wish's id."""
WINDOW_MIN, MOST = 15, 5
"""A sixth wish for one address within so many minutes is refused, whoever the address belongs to."""
LINK_MIN = 60
SESSION_DAYS = 90

# The address is not looked for among the residents: known or not, the same statement does the same work.
_ASK = text(
    """
    WITH recent AS (
      SELECT count(*) AS n FROM sign_in
      WHERE lower(email) = lower(:email) AND coalesce(territory_id, 0) = coalesce(CAST(:site AS int), 0)
        AND asked_at > now() - make_interval(mins => :window)),
    wished AS (
      INSERT INTO sign_in (territory_id, email, language)
      SELECT CAST(:site AS int), :email, :language FROM recent WHERE n < :most RETURNING id)
    INSERT INTO outbox (topic, subject_id) SELECT :topic, id FROM wished RETURNING id
    """
)
_WISH = text(
    """
    SELECT id, territory_id, email, language, used_at,
           asked_at <= now() - make_interval(mins => :minutes) AS late
    FROM sign_in WHERE id = :id
    """
)
_USE = text(
    """
    UPDATE sign_in SET used_at = now()
    WHERE id = :id AND used_at IS NULL AND asked_at > now() - make_interval(mins => :minutes)
    RETURNING territory_id, email, language
    """
)
_RESIDENT = text(
    """
    INSERT INTO resident (territory_id, email, person, language) VALUES (:site, :email, :person, :language)
    ON CONFLICT (coalesce(territory_id, 0), lower(email)) DO UPDATE SET email = resident.email RETURNING id
    """
)
_OPEN = text(
    """
    INSERT INTO resident_session (resident_id, secret_hash, expires_at)
    VALUES (:resident, :hash, now() + make_interval(days => :days))
    """
)
_WHO = text(
    """
    SELECT r.id, r.territory_id, r.email, r.person, r.language, r.quiet_from, r.quiet_to, r.created_at
    FROM resident_session s JOIN resident r ON r.id = s.resident_id
    WHERE s.secret_hash = :hash AND s.expires_at > now()
      AND coalesce(r.territory_id, 0) = coalesce(CAST(:site AS int), 0)
    """
)


@dataclass(frozen=True, slots=True)
class Visitor:
    """A resident who is signed in."""

    id: int
    territory_id: int | None
    email: str
    person: bytes
    language: str
    quiet: tuple[int, int] | None
    since: Any

    @property
    def reader(self) -> str:
        """The name under which news are kept for them (`app.features.notifications`)."""
        return self.email.lower()


@dataclass(frozen=True, slots=True)
class Wish:
    """A wish to sign in, as its page shows it."""

    email: str
    state: Literal["open", "used", "late"]


def ask_to_sign_in(session: Session, *, email: str, language: str, site: int | None) -> None:
    """Leave word to mail a link. `site` is the town whose own host was asked (None: the installation's).

    Raises `TooManyAttempts` for the sixth wish of an address in a quarter of an hour.
    """
    values = {"email": email, "language": language, "site": site, "window": WINDOW_MIN, "most": MOST, "topic": ASKED}
    # Six at the same instant count each other.
    session.execute(text("SELECT pg_advisory_xact_lock(hashtextextended(lower(:email), 0))"), {"email": email})
    if session.execute(_ASK, values).first() is None:
        raise TooManyAttempts("Too many links were asked for this address. Wait a quarter of an hour, then try again.")


def wish(session: Session, *, wish_id: int, site: int | None) -> Wish:
    """What a link is worth; looking at it changes nothing. Raises `NotFound`."""
    row = session.execute(_WISH, {"id": wish_id, "minutes": LINK_MIN}).one_or_none()
    if row is None or row.territory_id != site:
        raise NotFound("This link is not complete, or no longer valid.")
    return Wish(row.email, "used" if row.used_at else "late" if row.late else "open")


def use_sign_in(session: Session, *, wish_id: int, site: int | None) -> str:
    """Sign in with a link, once; returns the secret of the new session. Raises `NotFound`, `Gone` (used, late)."""
    found = wish(session, wish_id=wish_id, site=site)
    used = session.execute(_USE, {"id": wish_id, "minutes": LINK_MIN}).one_or_none()
    if used is None:
        raise Gone(SPENT[found.state] if found.state != "open" else SPENT["used"])
    values = {"site": site, "email": used.email, "language": used.language, "person": secrets.token_bytes(32)}
    return open_session(session, resident_id=session.execute(_RESIDENT, values).scalar_one())


SPENT = {
    "used": "This link has been used. Ask for a new one.",
    "late": "This link was good for an hour. Ask for a new one.",
}


def open_session(session: Session, *, resident_id: int) -> str:
    """A new session of three months; its secret is said once and only its digest is kept."""
    secret = secrets.token_urlsafe(32)
    session.execute(_OPEN, {"resident": resident_id, "hash": digest(secret), "days": SESSION_DAYS})
    return secret


def close_session(session: Session, *, secret: str) -> None:
    """End one session; an unknown one is already ended."""
    session.execute(text("DELETE FROM resident_session WHERE secret_hash = :hash"), {"hash": digest(secret)})


def resident_of(session: Session, *, secret: str, site: int | None) -> Visitor | None:
    """Who holds a living session of this site."""
    row = session.execute(_WHO, {"hash": digest(secret), "site": site}).one_or_none()
    if row is None:
        return None
    quiet = None if row.quiet_from is None or row.quiet_to is None else (row.quiet_from, row.quiet_to)
    return Visitor(row.id, row.territory_id, row.email, bytes(row.person), row.language, quiet, row.created_at)


def set_preferences(session: Session, *, resident_id: int, language: str, quiet: tuple[int, int] | None) -> None:
    """Keep the language of mails and the quiet hours (from, to; hours of the town's clock)."""
    begin, end = quiet or (None, None)
    session.execute(
        text("UPDATE resident SET language = :language, quiet_from = :begin, quiet_to = :end WHERE id = :id"),
        {"id": resident_id, "language": language, "begin": begin, "end": end},
    )


def forget_ended(session: Session) -> int:
    """Delete the wishes of yesterday and the sessions that have ended; returns how many."""
    wishes: Any = session.execute(text("DELETE FROM sign_in WHERE asked_at < now() - interval '1 day'"))
    ended: Any = session.execute(text("DELETE FROM resident_session WHERE expires_at < now()"))
    return int(wishes.rowcount) + int(ended.rowcount)
