"""The picture that a shared link shows, made by a worker and known by what it shows.

A picture is good as long as its digest is that of what it would show now: words corrected, a category changed, a photo
hidden or a town renamed make it stale by themselves, and a stale one is never shown. Whoever opens the page asks for
another.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Collection
from dataclasses import asdict, dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Gone, NotFound
from app.core.i18n import label
from app.core.storage import Storage, derived_key, new_derived_token
from app.features.territories.quarters import quarters_first
from app.web.share_card import VERSION, ShareCard, draw_card

DRAW = "share.draw"
"""The topic that makes a picture again, or forgets it; payload `{"subject"}`."""
FOLDER = "shared"
MOST_WAITING = 500
"""A robot that opens every page of the town asks for no more than so many at a time; a later visit asks again."""

_KEPT = "LEFT JOIN share_picture s ON s.subject ="
_OF_CONTRIBUTION = f"""
    SELECT c.id, c.kind, c.language, coalesce(nullif(c.title, ''), c.body) AS title, c.visibility, c.territory_id,
           k.label AS category, t.name AS town, p.public_key AS photo, s.digest, s.key,
           (SELECT z.name FROM zone z WHERE z.id = ANY(c.zone_ids) ORDER BY {quarters_first("z.kind")}, z.id LIMIT 1)
             AS zone
    FROM contribution c JOIN category k ON k.id = c.category_id JOIN territory t ON t.id = c.territory_id
    LEFT JOIN LATERAL (
      SELECT public_key FROM photo WHERE contribution_id = c.id AND state = 'ready' AND NOT hidden
      ORDER BY position LIMIT 1) AS p ON c.photo_count > 0
    {_KEPT} 'contribution:' || c.id
"""  # noqa: S608 - constants
_BY_REFERENCE = text(f"{_OF_CONTRIBUTION} WHERE c.reference = :reference")
_BY_ID = text(f"{_OF_CONTRIBUTION} WHERE c.id = :id")
_OF_TOWN = text(
    f"SELECT t.id, t.name, t.settings->'texts'->'tagline' AS tagline, s.digest, s.key FROM territory t "  # noqa: S608
    f"{_KEPT} 'town:' || t.id || ':' || :language WHERE t.id = :id"
)
_ASK = text(
    """
    WITH waiting AS (SELECT payload ->> 'subject' AS subject FROM outbox
                     WHERE topic = :topic AND failed_at IS NULL LIMIT :most)
    INSERT INTO outbox (topic, payload) SELECT :topic, jsonb_build_object('subject', CAST(:subject AS text))
    WHERE (SELECT count(*) < :most AND count(*) FILTER (WHERE subject = :subject) = 0 FROM waiting)
    """
)
_KEEP = text(
    """
    INSERT INTO share_picture (subject, digest, key) VALUES (:subject, :digest, :key)
    ON CONFLICT (subject) DO UPDATE SET digest = excluded.digest, key = excluded.key, made_at = now()
    """
)
_FORGET = text("DELETE FROM share_picture WHERE subject = :subject RETURNING key")
_HELD = text("SELECT key FROM share_picture WHERE subject = :subject FOR UPDATE")


@dataclass(frozen=True)
class Shared:
    """What a link's picture shows, and the file that shows it. `key` is empty while none is good."""

    subject: str
    card: ShareCard
    digest: str
    key: str
    photo: str | None = None
    territory_id: int | None = None


def shared_contribution(session: Session, reference: str, *, within: Collection[int] | None) -> Shared:
    """What the link of a contribution shows. Raises `NotFound` for what is not (or not yet) public, `Gone` after."""
    row = session.execute(_BY_REFERENCE, {"reference": reference.upper()}).one_or_none()
    if row is None or row.visibility == "pending" or (within is not None and row.territory_id not in within):
        raise NotFound("No contribution has this number.")
    if row.visibility != "public":
        raise Gone()
    return _contribution(row)


def shared_town(session: Session, *, territory_id: int, language: str) -> Shared:
    """What the link of a town's map or list shows."""
    return _town(session.execute(_OF_TOWN, {"id": territory_id, "language": language}).one(), language)


def ask_picture(session: Session, subject: str) -> None:
    """Leave word to make a picture again, unless somebody did or many wait; the caller commits."""
    session.execute(_ASK, {"topic": DRAW, "subject": subject, "most": MOST_WAITING})


def draw_picture(session: Session, storage: Storage, *, subject: str) -> None:
    """Make the picture of what is shown now, forget that of what is not; run again, it changes nothing."""
    wanted = _wanted(session, subject)
    old = session.scalar(_HELD, {"subject": subject})
    if wanted is None:
        session.execute(_FORGET, {"subject": subject})
    elif not wanted.key:
        photo = storage.get(derived_key(wanted.photo, "1600.jpg")) if wanted.photo else None
        token = new_derived_token()
        key = f"{FOLDER}/{token[:2]}/{token}.jpg"
        storage.put(key, draw_card(wanted.card, photo))
        session.execute(_KEEP, {"subject": subject, "digest": wanted.digest, "key": key})
    if old is not None and (wanted is None or not wanted.key):
        storage.delete(old)


def _wanted(session: Session, subject: str) -> Shared | None:
    kind, number, *rest = subject.split(":")
    if kind == "town":
        town = session.execute(_OF_TOWN, {"id": int(number), "language": rest[0]}).one_or_none()
        return _town(town, rest[0]) if town is not None else None
    row = session.execute(_BY_ID, {"id": int(number)}).one_or_none()
    return _contribution(row) if row is not None and row.visibility == "public" else None


def _contribution(row: Any) -> Shared:
    card = ShareCard(
        kind=row.kind,
        over=label(row.category, row.language),
        title=" ".join(row.title.split())[:200],
        place=f"{row.zone}, {row.town}" if row.zone else row.town,
    )
    return _shared(f"contribution:{row.id}", card, row, photo=row.photo, territory_id=row.territory_id)


def _town(row: Any, language: str) -> Shared:
    card = ShareCard(kind="", over=label(row.tagline, language), title=row.name, place="Auzolan")
    return _shared(f"town:{row.id}:{language}", card, row, territory_id=row.id)


def _shared(subject: str, card: ShareCard, row: Any, **more: Any) -> Shared:
    shows = json.dumps([VERSION, asdict(card), more.get("photo")], ensure_ascii=False)
    digest = hashlib.sha256(shows.encode()).hexdigest()
    return Shared(subject, card, digest, row.key if row.digest == digest else "", **more)
