"""The one statement that keeps a contribution with its work, its history, its contact, its photos and its promise."""

from __future__ import annotations

from functools import cache

from sqlalchemy import TextualSelect

from app.core.db import statement

# One statement is one round trip and one plan; a part that is not needed is not sent.
_HEAD = """
WITH named AS (SELECT :prefix || '-' || nextval(CAST(:sequence AS regclass)) AS reference),
kept AS (
  INSERT INTO contribution (reference, territory_id, category_id, kind, channel, language, title, body, answers,
                            geom, accuracy_m, address, h3, zone_ids, visibility, created_at, received_at,
                            photo_count, follow_hash)
  SELECT reference, :territory_id, :category_id, :kind, :channel, :language, :title, :body, CAST(:answers AS jsonb),
         ST_SetSRID(ST_MakePoint(:lon, :lat), 4326), :accuracy_m, :address, :h3, CAST(:zone_ids AS int[]),
         :visibility, :now, :now, :photo_count, :follow_hash
  FROM named RETURNING id, reference
),
history AS (
  INSERT INTO event (contribution_id, type, state_to, data)
  SELECT id, 'received', 'new', jsonb_build_object('channel', CAST(:channel AS text)) FROM kept
)"""

_WORK = """,
work AS (INSERT INTO outbox (topic, subject_id, payload) SELECT 'intake', id, CAST(:trace AS jsonb) FROM kept)"""

# No work is ordered: no service hears of it before a moderator lets it go.
_HELD = """,
held AS (INSERT INTO contribution_hold (contribution_id, why, entry_id) SELECT id, :held, :entry_id FROM kept)"""

_CONTACT = """,
reach AS (
  INSERT INTO contribution_contact (contribution_id, name, email, phone, silent)
  SELECT id, :contact_name, :contact_email, :contact_phone, :contact_silent FROM kept
)"""

_PHOTOS = """,
pictures AS (
  INSERT INTO photo (contribution_id, position, original_key, content_type, width, height, size, taken_at)
  SELECT kept.id, p.position, p.original_key, p.content_type, p.width, p.height, p.size, p.taken_at
  FROM kept, jsonb_to_recordset(CAST(:photos AS jsonb)) AS p(
    position int, original_key text, content_type text, width int, height int, size int, taken_at timestamptz)
  RETURNING id
),
picture_work AS (
  INSERT INTO outbox (topic, subject_id, payload) SELECT 'photo', id, CAST(:trace AS jsonb) FROM pictures
)"""

_PROMISE = """,
promise AS (
  INSERT INTO idempotency (key, body_hash, response)
  SELECT :key, :body_hash, CAST(:response AS jsonb) || jsonb_build_object('reference', reference) FROM kept
)"""

_AUTHOR = """,
wrote AS (INSERT INTO authorship (contribution_id, person) SELECT id, :author FROM kept)"""

_TAIL = "\nSELECT reference FROM kept"


@cache
def keep_statement(
    *, contact: bool, photos: bool, promise: bool, author: bool = False, held: bool = False
) -> TextualSelect:
    """The statement with the parts that are needed; it returns the new reference."""
    parts = (
        _HELD if held else _WORK,
        _CONTACT if contact else "",
        _PHOTOS if photos else "",
        _PROMISE if promise else "",
        _AUTHOR if author else "",
    )
    return statement(_HEAD + "".join(parts) + _TAIL, "reference")
