"""Everything that one gave, in one file: `data.json` and the photos as they were sent."""

from __future__ import annotations

import io
import json
import secrets
import zipfile
from datetime import datetime
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.storage import NotStored, Storage
from app.features.contributions.authoring import OWN, Mine

ASKED = "resident.export"
"""The topic that prepares an export; `subject_id` is its id."""
KEPT_DAYS = 7
_KEPT = "interval '7 days'"

_OF = text(
    """
    SELECT e.id, e.done_at, r.id AS resident, r.email, r.person, r.territory_id, r.language, r.quiet_from, r.quiet_to,
           r.created_at,
           CASE WHEN r.territory_id IS NOT NULL THEN ARRAY(
             WITH RECURSIVE down AS (
               SELECT r.territory_id AS id UNION SELECT t.id FROM territory t JOIN down ON t.parent_id = down.id)
             SELECT id FROM down) END AS within
    FROM export e JOIN resident r ON r.id = e.resident_id WHERE e.id = :id FOR UPDATE OF e
    """
)
_CONTRIBUTIONS = text(
    f"""
    SELECT c.id, c.reference, c.kind, c.channel, c.language, c.title, c.body AS text, c.answers, c.address,
           c.visibility, c.state, c.created_at, c.supports, ST_X(c.geom) AS lon,
           ST_Y(c.geom) AS lat, category.slug AS category,
           contact.name, contact.email, contact.phone, contact.silent AS do_not_contact
    FROM contribution c JOIN category ON category.id = c.category_id
    LEFT JOIN contribution_contact contact ON contact.contribution_id = c.id
    WHERE c.id IN ({OWN}) AND (CAST(:within AS int[]) IS NULL OR c.territory_id = ANY(CAST(:within AS int[])))
    ORDER BY c.created_at
    """  # noqa: S608 - constants
)
_EVENTS = text(
    """
    SELECT type, at, state_to AS state, body AS text FROM event
    WHERE public AND (contribution_id = :id
      OR (contribution_id IS NULL AND ticket_id = (SELECT ticket_id FROM contribution WHERE id = :id)))
    ORDER BY at, id
    """
)
_PHOTOS = text("SELECT position, original_key, content_type, taken_at, created_at FROM photo "
               "WHERE contribution_id = :id ORDER BY position")  # fmt: skip
_FORMER = text("SELECT title, body AS text, address, lon, lat, reason AS edited_because, at AS edited_at "
               "FROM contribution_version WHERE contribution_id = :id ORDER BY number")  # fmt: skip
_COMMENT_PHOTOS = text("SELECT position, original_key, content_type, taken_at, created_at FROM photo "
                       "WHERE comment_id = :id ORDER BY position")  # fmt: skip
_COMMENTS = text(
    "SELECT c.reference, m.id AS number, m.parent_id AS answer_to, m.stance, m.body AS text, m.state, m.email, "
    "m.created_at AS at FROM comment m JOIN contribution c ON c.id = m.contribution_id "
    "WHERE m.person = ANY(CAST(:persons AS bytea[])) ORDER BY m.id"
)
_AGREED = text(
    "SELECT c.reference, m.id AS comment, a.created_at AS at FROM comment_agree a "
    "JOIN comment m ON m.id = a.comment_id JOIN contribution c ON c.id = m.contribution_id "
    "WHERE a.person = ANY(CAST(:persons AS bytea[])) ORDER BY a.created_at"
)
_SUPPORTS = text(
    "SELECT c.reference, c.kind, p.slug AS process, s.value, s.created_at AS at FROM support s "
    "JOIN contribution c ON c.id = s.contribution_id LEFT JOIN process p ON p.id = c.process_id "
    "WHERE s.person = ANY(CAST(:persons AS bytea[])) ORDER BY s.created_at"
)
_FOLLOWS = text(
    "SELECT subject, frequency, asked_at, confirmed_at, unsubscribed_at AS stopped_at FROM follow "
    "WHERE person = ANY(CAST(:persons AS bytea[])) OR reader = lower(CAST(:email AS text)) ORDER BY id"
)
_NEWS = text(
    "SELECT c.reference, n.at, n.mailed_at, n.read_at "
    "FROM notification n JOIN contribution c ON c.id = n.contribution_id "
    "WHERE n.person = ANY(CAST(:persons AS bytea[])) OR n.reader = lower(CAST(:email AS text)) ORDER BY n.id"
)
_EXTENSIONS = {
    "image/jpeg": "jpg",
    "image/png": "png",
    "image/webp": "webp",
    "image/heic": "heic",
    "image/heif": "heif",
}


def ask_export(session: Session, *, resident_id: int) -> None:
    """Leave word to prepare the file, unless one is being prepared; the caller commits."""
    session.execute(
        text(
            """
            WITH asked AS (
              INSERT INTO export (resident_id) SELECT :id
              WHERE NOT EXISTS (SELECT FROM export WHERE resident_id = :id AND done_at IS NULL) RETURNING id)
            INSERT INTO outbox (topic, subject_id) SELECT :topic, id FROM asked
            """
        ),
        {"id": resident_id, "topic": ASKED},
    )


def prepare_export(session: Session, storage: Storage, *, export_id: int) -> None:
    """Write the file; run again, it changes nothing. An export whose resident is gone is none."""
    row = session.execute(_OF, {"id": export_id}).one_or_none()
    if row is None or row.done_at is not None:
        return
    mine = Mine((bytes(row.person),), row.email, row.within)
    key = f"exports/{secrets.token_hex(16)}.zip"
    storage.put(key, _packed(session, storage, row, mine))
    session.execute(text("UPDATE export SET done_at = now(), key = :key WHERE id = :id"), {"id": row.id, "key": key})


def forget_exports(session: Session, storage: Storage) -> int:
    """Delete the files that have waited for a week; returns how many."""
    old = text(f"DELETE FROM export WHERE asked_at < now() - {_KEPT} RETURNING key")  # noqa: S608 - a constant
    keys = [key for key in session.scalars(old) if key]
    for key in keys:
        storage.delete(key)
    return len(keys)


def _packed(session: Session, storage: Storage, row: Any, mine: Mine) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as packed:
        contributions = [
            _contribution(session, storage, packed, dict(each._mapping))
            for each in session.execute(_CONTRIBUTIONS, mine.values)
        ]
        document = {
            "me": {
                "email": row.email,
                "language": row.language,
                "quiet_hours": None if row.quiet_from is None else [row.quiet_from, row.quiet_to],
                "since": row.created_at,
            },
            "contributions": contributions,
            "supports": _rows(session, _SUPPORTS, mine),
            "comments": [
                each
                | {
                    "photos": _photos(
                        session, storage, packed, _COMMENT_PHOTOS, each["number"], f"comment-{each['number']}"
                    )
                }
                for each in _rows(session, _COMMENTS, mine)
            ],
            "agreed": _rows(session, _AGREED, mine),
            "follows": _rows(session, _FOLLOWS, mine),
            "news": _rows(session, _NEWS, mine),
        }
        packed.writestr("data.json", json.dumps(document, ensure_ascii=False, indent=2, default=_plain))
    return out.getvalue()


def _contribution(session: Session, storage: Storage, packed: zipfile.ZipFile, facts: dict[str, Any]) -> dict[str, Any]:
    number = facts.pop("id")
    facts["history"] = [dict(event._mapping) for event in session.execute(_EVENTS, {"id": number})]
    facts["before_the_town_edited_it"] = [dict(row._mapping) for row in session.execute(_FORMER, {"id": number})]
    facts["photos"] = _photos(session, storage, packed, _PHOTOS, number, facts["reference"])
    return facts


def _photos(
    session: Session, storage: Storage, packed: zipfile.ZipFile, statement: Any, number: int, called: str
) -> list[dict[str, Any]]:
    """Put the originals into the file; returns what `data.json` says of them."""
    found = []
    for photo in session.execute(statement, {"id": number}):
        extension = _EXTENSIONS.get(photo.content_type, "bin")
        name = f"photos/{called}-{photo.position + 1}.{extension}"
        try:
            packed.writestr(name, storage.get(photo.original_key), zipfile.ZIP_STORED)
        except NotStored:
            continue
        found.append({"file": name, "taken_at": photo.taken_at, "sent_at": photo.created_at})
    return found


def _rows(session: Session, statement: Any, mine: Mine) -> list[dict[str, Any]]:
    return [dict(row._mapping) for row in session.execute(statement, mine.values)]


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else str(value)
