"""The public face of one contribution: what anyone may read of it, and nothing else."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound

_FACE = text(
    """
    SELECT c.id, c.reference, c.kind, c.title, c.body, c.state, c.visibility, c.language, c.channel, c.address,
           c.created_at, c.supports, c.process_id, c.accuracy_m, c.answers, c.territory_id, c.category_id,
           c.zone_ids, c.follow_hash,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat,
           t.id AS ticket_id, t.reference AS ticket_reference, t.state AS ticket_state, t.due_at, t.closed_at,
           t.routing, t.contributions AS together, t.opened_at,
           s.slug AS service_slug, s.name AS service_name,
           CASE WHEN c.body = '' THEN (SELECT max(days) FROM retention_ledger l
              WHERE l.contribution_id = c.id AND l.text = 'clear') END AS text_removed_after,
           (SELECT count(*) FROM follow f WHERE f.contribution_id = c.id AND f.confirmed_at IS NOT NULL
              AND f.unsubscribed_at IS NULL) AS follows
    FROM contribution c
    LEFT JOIN ticket t ON t.id = c.ticket_id
    LEFT JOIN service s ON s.id = t.service_id
    WHERE c.reference = :reference
    """
)

_PHOTOS = text(
    """
    SELECT id, position, public_key, placeholder, state, width, height FROM photo
    WHERE contribution_id = :id AND NOT hidden ORDER BY position
    """
)

_HISTORY = text(
    """
    SELECT type, at, state_from, state_to, body, data, id FROM event
    WHERE public AND (contribution_id = :id OR (ticket_id = :ticket_id AND contribution_id IS NULL))
    ORDER BY at, id
    """
)

# Whoever opened a ticket may be held or hidden: then it is the first of those that are shown who stands for all.
_JOINED_TO = text(
    """
    WITH RECURSIVE up AS (
      SELECT id, reference, duplicate_of_id FROM ticket WHERE id = :ticket_id
      UNION SELECT t.id, t.reference, t.duplicate_of_id FROM ticket t JOIN up ON t.id = up.duplicate_of_id)
    SELECT c.reference FROM up JOIN contribution c ON c.ticket_id = up.id
    WHERE up.duplicate_of_id IS NULL AND c.visibility = 'public'
      AND (CAST(:within AS bigint[]) IS NULL OR c.territory_id = ANY(CAST(:within AS bigint[])))
    ORDER BY c.reference <> up.reference, c.id LIMIT 1
    """
)


@dataclass(frozen=True)
class PhotoFace:
    """A photo that may be shown: its derivatives exist."""

    key: str
    placeholder: str | None
    width: int
    height: int


@dataclass(frozen=True)
class EventFace:
    """A public fact of its history."""

    type: str
    at: datetime
    state_from: str | None
    state_to: str | None
    body: str | None
    data: dict[str, Any]
    id: int = 0


@dataclass(frozen=True)
class Face:
    """Everything public about a contribution; `row` holds its columns, `lon`, `lat` in degrees."""

    row: Any
    photos: Sequence[PhotoFace]
    photos_pending: int
    history: Sequence[EventFace]
    joined_to: str | None = None
    """The reference of another one, shown too, whose news are this one's."""


def public_face(
    session: Session,
    reference: str,
    *,
    follow_hash: bytes | None = None,
    own_id: int | None = None,
    within: Collection[int] | None = None,
) -> Face:
    """What may be shown of a contribution; its author, by the follow link, also sees it before moderation.

    `own_id` is the contribution that a signed link was made for: it opens what the follow link opens, and dies with it.

    `within` are the territories of which the host may speak (None: all); what lies elsewhere does not exist.
    Raises `NotFound` for what never was or is not yet public, `Gone` for what is no longer shown.
    """
    row = session.execute(_FACE, {"reference": reference.upper()}).one_or_none()
    if row is None or (within is not None and row.territory_id not in within):
        raise NotFound("No contribution has this number.")
    is_author = row.follow_hash is not None and (bytes(row.follow_hash) == follow_hash or row.id == own_id)
    if (follow_hash is not None or own_id is not None) and not is_author:
        raise NotFound("This private link is not complete, or no longer valid.")
    if not is_author:
        if row.visibility == "pending":
            raise NotFound("This contribution has not been published yet.", code="not-yet-public")
        if row.visibility != "public":
            raise Gone()
    photos = session.execute(_PHOTOS, {"id": row.id}).all()
    events = session.execute(_HISTORY, {"id": row.id, "ticket_id": row.ticket_id}).all()
    first = session.scalar(_JOINED_TO, {"ticket_id": row.ticket_id, "within": None if within is None else list(within)})
    return Face(
        row=row,
        photos=[
            PhotoFace(photo.public_key, photo.placeholder, photo.width, photo.height)
            for photo in photos
            if photo.state == "ready" and photo.public_key
        ],
        photos_pending=sum(photo.state == "pending" for photo in photos),
        history=[EventFace(*event) for event in events],
        joined_to=None if first == row.reference else first,
    )
