"""Following by e-mail, without an account: asked for, confirmed by a button, ended by one click."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Invalid, NotFound
from app.features.contributions.checks import email_errors

ASKED = "follow.asked"
"""The topic that asks an address whether it really wishes to follow; `subject_id` is the follow's id."""
NEWS = "follow.news"
"""The topic that tells one follower of one event: `subject_id` is the follow's id, the payload `{"event_id"}`."""

# One statement, the same whether the address is known or not: the answer takes as long and tells nothing.
_ASK = text(
    """
    WITH wanted AS (
      INSERT INTO follow (contribution_id, subject, email, reader, language)
      VALUES (:id, 'contribution:' || CAST(:id AS bigint), :email, lower(:email), :language)
      ON CONFLICT (subject, reader) DO UPDATE SET language = excluded.language,
        asked_at = CASE WHEN follow.asked_at < now() - interval '15 minutes' THEN now() ELSE follow.asked_at END
      RETURNING id)
    INSERT INTO outbox (topic, subject_id) SELECT :topic, id FROM wanted
    """
)
_SUBSCRIPTION = text(
    """
    SELECT f.id, f.email, f.confirmed_at, f.unsubscribed_at, c.reference, c.kind, c.visibility,
           coalesce(c.title, left(c.body, 90)) AS title
    FROM follow f JOIN contribution c ON c.id = f.contribution_id WHERE f.id = :id
    """
)
_CONFIRM = text("UPDATE follow SET confirmed_at = now(), unsubscribed_at = NULL WHERE id = :id")
_STOP = text("UPDATE follow SET unsubscribed_at = coalesce(unsubscribed_at, now()) WHERE id = :id")

# Whoever hears as an author does not hear twice, and "do not contact me" is stronger than any wish to follow.
_ORDER_NEWS = text(
    """
    WITH RECURSIVE together AS (
      SELECT ticket_id AS id FROM event WHERE id = :event_id
      UNION SELECT d.id FROM ticket d JOIN together ON d.duplicate_of_id = together.id WHERE d.parent_id IS NULL)
    INSERT INTO outbox (topic, subject_id, payload)
    SELECT :topic, min(f.id), jsonb_build_object('event_id', e.id)
    FROM event e
    JOIN contribution c ON c.ticket_id IN (SELECT id FROM together)
      AND (e.contribution_id IS NULL OR e.contribution_id = c.id)
    JOIN follow f ON f.contribution_id = c.id
    WHERE e.id = :event_id AND e.public AND c.visibility = 'public'
      AND f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL
      AND NOT EXISTS (
        SELECT FROM contribution own JOIN contribution_contact k ON k.contribution_id = own.id
        WHERE own.ticket_id IN (SELECT id FROM together) AND lower(k.email) = lower(f.email)
          AND (k.silent OR (own.visibility = 'public' AND (e.contribution_id IS NULL OR own.id = e.contribution_id))))
    GROUP BY lower(f.email), e.id
    """
)


@dataclass(frozen=True)
class Subscription:
    """A wish to follow as its own page shows it; `row` holds its address and the contribution's public columns."""

    row: Any
    state: Literal["asked", "following", "stopped"]


def ask_to_follow(session: Session, *, contribution_id: int, email: str, language: str) -> None:
    """Keep the wish and leave word to ask the address; the caller commits. Raises `Invalid` for what is no address."""
    email = email.strip()
    errors = email_errors("/email", email)
    if errors:
        raise Invalid(errors=errors)
    session.execute(_ASK, {"id": contribution_id, "email": email, "language": language, "topic": ASKED})


def subscription(session: Session, *, follow_id: int) -> Subscription:
    """What became of a wish. Raises `NotFound` when the contribution, and the wish with it, is no longer there."""
    row = session.execute(_SUBSCRIPTION, {"id": follow_id}).one_or_none()
    if row is None:
        raise NotFound("This link is not complete, or no longer valid.")
    state: Literal["asked", "following", "stopped"] = "following" if row.confirmed_at else "asked"
    return Subscription(row, "stopped" if row.unsubscribed_at else state)


def confirm_follow(session: Session, *, follow_id: int) -> None:
    """Yes, tell me; also after having stopped."""
    session.execute(_CONFIRM, {"id": follow_id})


def stop_following(session: Session, *, follow_id: int) -> None:
    """Tell me nothing more about it."""
    session.execute(_STOP, {"id": follow_id})


def forget_unconfirmed(session: Session) -> int:
    """Delete the addresses that nobody confirmed within a week: they may be anybody's. Returns how many."""
    result: Any = session.execute(
        text("DELETE FROM follow WHERE confirmed_at IS NULL AND asked_at < now() - interval '7 days'")
    )
    return int(result.rowcount)


def order_news(session: Session, *, event_id: int) -> None:
    """One job for each follower that an event concerns: an address that refuses mail holds up nobody else's."""
    session.execute(_ORDER_NEWS, {"event_id": event_id, "topic": NEWS})
