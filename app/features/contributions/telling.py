"""Who hears of what: for each event, one notification for each reader, and the jobs that send it. The caller commits.

The authors hear of what they said, followers of what they follow; whoever is both hears once, as the author. Whether a
thing may still be told is asked again when it is sent (`mails`, `pushes`).
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from typing import Any
from zoneinfo import ZoneInfo

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.features.contributions.authoring import Mine
from app.features.notifications.timing import sending_moment

MAIL = "follow.news"
"""The topic that mails one notification; `subject_id` is its id."""
PUSH = "follow.push"
"""The topic that pushes one notification to one browser: `subject_id` and the payload `{"subscription"}`."""
DIGEST = "follow.digest"
"""The topic that mails a digest; payload `{"reader", "site"}`: a town's news are not mixed with another's."""
AREA = "follow.area"
"""The topic that tells those who follow an area of what is new there; payload `{"contribution_ids"}`."""

SITES = """
    sites AS (
      SELECT id, id AS site FROM territory WHERE parent_id IS NULL OR settings -> 'hosts' ->> 0 IS NOT NULL
      UNION ALL SELECT t.id, sites.site FROM territory t JOIN sites ON t.parent_id = sites.id
      WHERE settings -> 'hosts' ->> 0 IS NULL)
"""
"""Recursive: the territory as which each speaks. The nearest with a host of its own, else the outermost."""

# Whoever hears as an author does not hear twice, and "do not contact me" is stronger than any wish to follow. Whoever
# wrote to a duplicate hears of the ticket it was joined to; whoever wrote to a child hears nothing (its parent speaks).
_TOGETHER = """
    WITH RECURSIVE together AS (
      SELECT ticket_id AS id FROM event WHERE id = :event_id
      UNION SELECT d.id FROM ticket d JOIN together ON d.duplicate_of_id = together.id WHERE d.parent_id IS NULL),
    concerned AS (
      SELECT c.id, c.territory_id, c.language, c.visibility
      FROM event e JOIN contribution c ON c.ticket_id IN (SELECT id FROM together)
        AND (e.contribution_id IS NULL OR e.contribution_id = c.id)
      WHERE e.id = :event_id AND e.public),
    silent AS (
      SELECT lower(k.email) AS reader, a.person
      FROM contribution own JOIN contribution_contact k ON k.contribution_id = own.id AND k.silent
      LEFT JOIN authorship a ON a.contribution_id = own.id
      WHERE own.ticket_id IN (SELECT id FROM together)),
    wishes AS (
      SELECT 0 AS rank, c.id, c.territory_id, k.email, a.person, c.language, 'now' AS frequency,
             NULL::smallint AS quiet_from, NULL::smallint AS quiet_to, NULL::bigint AS follow_id
      FROM concerned c
      LEFT JOIN contribution_contact k ON k.contribution_id = c.id
      LEFT JOIN authorship a ON a.contribution_id = c.id
      WHERE coalesce(k.email, encode(a.person, 'hex')) IS NOT NULL
        AND NOT EXISTS (SELECT FROM event WHERE id = :event_id AND type = 'added')
      UNION ALL
      SELECT 1, c.id, c.territory_id, f.email, f.person, f.language, f.frequency, f.quiet_from, f.quiet_to, f.id
      FROM concerned c JOIN follow f ON f.contribution_id = c.id
      WHERE f.confirmed_at IS NOT NULL AND f.unsubscribed_at IS NULL AND c.visibility = 'public')
"""
# `wishes` in, readers out. A resident's settings are stronger than those of one follow.
_READERS = """
    SELECT DISTINCT ON (lower(coalesce(w.email, encode(w.person, 'hex'))))
           lower(coalesce(w.email, encode(w.person, 'hex'))) AS reader, w.email, coalesce(w.person, r.person) AS person,
           coalesce(r.language, w.language) AS language, w.frequency, w.follow_id, w.id AS contribution_id,
           coalesce(r.quiet_from, w.quiet_from) AS quiet_from, coalesce(r.quiet_to, w.quiet_to) AS quiet_to,
           t.timezone
    FROM wishes w
    JOIN territory t ON t.id = w.territory_id
    JOIN contribution c ON c.id = w.id AND c.visibility = 'public'
    LEFT JOIN LATERAL (
      SELECT * FROM resident r
      WHERE (r.person = w.person OR lower(r.email) = lower(w.email))
        -- The same address may have another space in another town.
        AND (r.territory_id IS NULL OR r.territory_id IN (t.id, t.parent_id))
      ORDER BY r.person = w.person DESC NULLS LAST, r.territory_id NULLS LAST LIMIT 1) AS r ON true
    WHERE NOT EXISTS (SELECT FROM silent s WHERE s.reader = lower(w.email) OR s.person = w.person)
    ORDER BY lower(coalesce(w.email, encode(w.person, 'hex'))), w.rank, w.id
"""
_OF_EVENT = text(_TOGETHER + _READERS)

# What lies in an area since somebody asked to hear of it; nobody hears of their own.
_AREA = """
    WITH RECURSIVE above AS (
      SELECT territory_id AS id FROM contribution WHERE id = :contribution_id
      UNION SELECT t.parent_id FROM territory t JOIN above ON t.id = above.id WHERE t.parent_id IS NOT NULL),
    themes AS (
      SELECT category_id AS id FROM contribution WHERE id = :contribution_id
      UNION SELECT k.parent_id FROM category k JOIN themes ON k.id = themes.id WHERE k.parent_id IS NOT NULL),
    silent AS (
      SELECT lower(k.email) AS reader, a.person FROM contribution own
      LEFT JOIN contribution_contact k ON k.contribution_id = own.id
      LEFT JOIN authorship a ON a.contribution_id = own.id WHERE own.id = :contribution_id),
    wishes AS (
      SELECT 1 AS rank, c.id, c.territory_id, f.email, f.person, f.language, f.frequency, f.quiet_from, f.quiet_to,
             f.id AS follow_id
      FROM contribution c JOIN follow f ON f.contribution_id IS NULL
        AND f.confirmed_at <= c.received_at AND f.unsubscribed_at IS NULL
        AND (f.zone_id = ANY(c.zone_ids) OR f.process_id = c.process_id
          OR (f.territory_id IN (SELECT id FROM above) AND (f.category_id IN (SELECT id FROM themes)
            OR ST_DWithin(f.place::geography, c.geom::geography, f.radius_m))))
      WHERE c.id = :contribution_id)
"""
_OF_AREA = text(_AREA + _READERS)
_RECEIVED = text("SELECT min(id) FROM event WHERE contribution_id = :contribution_id AND type = 'received' AND public")

_NOTE = text(
    """
    WITH noted AS (
      INSERT INTO notification (event_id, contribution_id, follow_id, reader, email, person, language, frequency,
                                due_at)
      SELECT :event_id, n.contribution_id, n.follow_id, n.reader, n.email, decode(n.person, 'hex'), n.language,
             n.frequency, n.due_at
      FROM jsonb_to_recordset(CAST(:rows AS jsonb)) AS n(contribution_id bigint, follow_id bigint, reader text,
        email text, person text, language text, frequency text, due_at timestamptz)
      ON CONFLICT (event_id, reader) DO NOTHING
      RETURNING id, email, person, frequency, due_at),
    mailed AS (
      INSERT INTO outbox (topic, subject_id, due_at)
      SELECT :mail, id, due_at FROM noted WHERE email IS NOT NULL AND frequency = 'now')
    INSERT INTO outbox (topic, subject_id, payload, due_at)
    SELECT :push, noted.id, jsonb_build_object('subscription', p.id), noted.due_at
    FROM noted JOIN push_subscription p ON p.person = noted.person WHERE noted.frequency = 'now'
    """
)


def tell_of_event(session: Session, *, event_id: int) -> None:
    """Note who hears of a public event of a ticket. Run again, it changes nothing."""
    note(session, event_id=event_id, readers=session.execute(_OF_EVENT, {"event_id": event_id}).all())


def tell_of_new(session: Session, *, contribution_ids: Iterable[int]) -> None:
    """Note who hears that these are there, among those who follow an area, a category, a zone or a process."""
    for number in contribution_ids:
        event_id = session.scalar(_RECEIVED, {"contribution_id": number})
        if event_id is not None:
            note(session, event_id=event_id, readers=session.execute(_OF_AREA, {"contribution_id": number}).all())


def note(session: Session, *, event_id: int, readers: Sequence[Any]) -> None:
    """Write a notification for each reader that has none of this event, with the jobs that send it when it is time."""
    now = datetime.now(UTC)
    rows = [
        {
            "contribution_id": row.contribution_id,
            "follow_id": row.follow_id,
            "reader": row.reader,
            "email": row.email,
            "person": row.person.hex() if row.person else None,
            "language": row.language,
            "frequency": row.frequency,
            "due_at": _due(row, now).isoformat(),
        }
        for row in readers
    ]
    if rows:
        session.execute(_NOTE, {"event_id": event_id, "rows": json.dumps(rows), "mail": MAIL, "push": PUSH})


def _due(row: Any, now: datetime) -> datetime:
    quiet = None if row.quiet_from is None or row.quiet_to is None else (row.quiet_from, row.quiet_to)
    return sending_moment(now, zone=ZoneInfo(row.timezone), frequency=row.frequency, quiet=quiet)


_DUE_DIGESTS = text(
    f"""
    WITH RECURSIVE {SITES},
    due AS (
      SELECT DISTINCT n.reader, sites.site FROM notification n
      JOIN contribution c ON c.id = n.contribution_id JOIN sites ON sites.id = c.territory_id
      WHERE n.mailed_at IS NULL AND n.email IS NOT NULL AND n.frequency <> 'now' AND n.due_at <= now())
    INSERT INTO outbox (topic, payload) SELECT :topic, jsonb_build_object('reader', reader, 'site', site) FROM due
    WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.topic = :topic AND o.payload ->> 'reader' = due.reader
                      AND CAST(o.payload ->> 'site' AS int) = due.site)
    """  # noqa: S608 - constants
)


def order_digests(session: Session) -> None:
    """One job for each reader whose digest is due, and for each town that it tells of."""
    session.execute(_DUE_DIGESTS, {"topic": DIGEST})


def close_digest(session: Session, *, reader: str, site: int, sent: bool) -> None:
    """What was due is told, or was hidden meanwhile and is told no more; a reader who had today's waits a day."""
    what = "mailed_at = now()" if sent else "due_at = due_at + interval '1 day'"
    session.execute(
        text(
            f"WITH RECURSIVE {SITES} UPDATE notification n SET {what} FROM contribution c, sites "  # noqa: S608 - constants
            "WHERE n.reader = :reader AND n.email IS NOT NULL AND n.frequency <> 'now' AND n.mailed_at IS NULL "
            "AND n.due_at <= now() AND c.id = n.contribution_id AND sites.id = c.territory_id AND sites.site = :site"
        ),
        {"reader": reader, "site": site},
    )


def mark_mailed(session: Session, *, notification_id: int) -> None:
    """It has left."""
    session.execute(text("UPDATE notification SET mailed_at = now() WHERE id = :id"), {"id": notification_id})


def mark_read(session: Session, *, mine: Mine, notification_id: int | None = None) -> None:
    """One of somebody's news, or all of them, are read."""
    session.execute(
        text(
            """
            UPDATE notification SET read_at = now()
            WHERE read_at IS NULL AND (CAST(:id AS bigint) IS NULL OR id = :id)
              AND (person = ANY(CAST(:persons AS bytea[])) OR reader = lower(CAST(:email AS text)))
            """
        ),
        mine.values | {"id": notification_id},
    )
