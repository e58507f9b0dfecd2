"""Forgetting, N days after closing: contacts go, words and photos as the town decided, a line of the ledger stays.

Work is done by batches, each one transaction: killed anywhere, what was committed is whole and the rest is found again.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.features.contributions.share_pictures import DRAW
from app.features.retention.jobs import DUE, FILES
from app.features.territories.catalogue import settings_of
from app.features.territories.models import Territory
from app.features.territories.packs.schema import Retention
from app.features.territories.retention import retention_of

AT_ONCE = 500
_FIGURES = ("contributions", "contacts", "texts", "versions", "photos")

# A duplicate waits for its original: whoever said it still hears of what becomes of that one. What was done under a
# rule that took as much is done; a stricter rule takes the rest.
_DUE = """
    SELECT c.id, c.reference, t.closed_at,
           (SELECT count(*) FROM contribution_contact WHERE contribution_id = c.id) AS contacts,
           CASE WHEN :text <> 'keep' AND (c.body <> '' OR c.title <> '') THEN 1 ELSE 0 END AS texts,
           CASE WHEN :text <> 'clear' THEN 0 ELSE
             (SELECT count(*) FROM contribution_version WHERE contribution_id = c.id)
             + (SELECT count(*) FROM idea_version WHERE contribution_id = c.id) END AS versions,
           CASE WHEN :photos <> 'delete' THEN 0 ELSE
             (SELECT count(*) FROM photo WHERE contribution_id = c.id)
             + (SELECT count(*) FROM photo p JOIN comment m ON m.id = p.comment_id WHERE m.contribution_id = c.id)
           END AS photos
    FROM contribution c JOIN ticket t ON t.id = c.ticket_id
    WHERE c.territory_id = :territory AND c.id > :after
      AND t.closed_at < now() - make_interval(days => :days)
      AND NOT EXISTS (
        WITH RECURSIVE up AS (
          SELECT o.duplicate_of_id, o.closed_at FROM ticket o WHERE o.id = t.duplicate_of_id
          UNION SELECT o.duplicate_of_id, o.closed_at FROM ticket o JOIN up ON o.id = up.duplicate_of_id)
        SELECT FROM up WHERE closed_at IS NULL OR closed_at >= now() - make_interval(days => :days))
      AND NOT EXISTS (
        SELECT FROM retention_ledger l WHERE l.contribution_id = c.id AND l.closed_at = t.closed_at
        AND (l.text = :text OR l.text = 'clear' OR :text = 'keep') AND (l.photos = :photos OR l.photos = 'delete'))
"""
_TAKE = text(f"{_DUE} ORDER BY c.id LIMIT :limit FOR NO KEY UPDATE OF t, c SKIP LOCKED")
_SUMS = ", ".join(f"coalesce(sum({name}), 0)::int AS {name}" for name in _FIGURES[1:])
_COUNT = text(f"SELECT count(*) AS contributions, {_SUMS} FROM ({_DUE}) AS due")  # noqa: S608 - constants
_FORGET_PERSON = tuple(
    text(statement)
    for statement in (
        "DELETE FROM notification WHERE contribution_id = ANY(:ids) AND follow_id IS NULL",
        # The author's own following only: whoever else follows asked for it themselves.
        "DELETE FROM follow f WHERE contribution_id = ANY(:ids) AND (EXISTS (SELECT FROM contribution_contact k "
        "WHERE k.contribution_id = f.contribution_id AND lower(k.email) = f.reader) OR EXISTS (SELECT FROM "
        "authorship a WHERE a.contribution_id = f.contribution_id AND a.person = f.person))",
        "DELETE FROM contribution_contact WHERE contribution_id = ANY(:ids)",
        "DELETE FROM authorship WHERE contribution_id = ANY(:ids)",
        "UPDATE contribution SET follow_hash = NULL WHERE id = ANY(:ids) AND follow_hash IS NOT NULL",
    )
)
# One may still comment on what is closed: each comment has its own days.
_FORGET_COMMENTERS = text(
    """
    UPDATE comment m SET email = NULL, person = NULL
    FROM contribution c JOIN ticket t ON t.id = c.ticket_id
    JOIN retention_ledger l ON l.contribution_id = c.id AND l.closed_at = t.closed_at
    WHERE m.contribution_id = c.id AND c.territory_id = :territory AND num_nonnulls(m.email, m.person) > 0
      AND m.created_at < now() - make_interval(days => :days)
    """
)
# The category's name stands where the title was, so that every list still says what it is about. Answers that were
# chosen are figures; those that were written are words.
_CLEAR_WORDS = tuple(
    text(statement)
    for statement in (
        """
        UPDATE contribution c SET body = '', title = coalesce(k.label ->> c.language, k.label ->> 'fr', k.slug),
          answers = (
            SELECT coalesce(jsonb_object_agg(a.key, a.value), '{}') FROM jsonb_each(c.answers) AS a
            WHERE EXISTS (SELECT FROM jsonb_array_elements(k.questions) AS q
                          WHERE q ->> 'slug' = a.key AND q ->> 'type' <> 'text'))
        FROM category k WHERE k.id = c.category_id AND c.id = ANY(:ids)
        """,
        "UPDATE ticket t SET title = c.title FROM contribution c WHERE c.id = ANY(:ids) AND t.reference = c.reference",
        "DELETE FROM contribution_version WHERE contribution_id = ANY(:ids)",
        "DELETE FROM idea_version WHERE contribution_id = ANY(:ids)",
        "UPDATE abuse_report SET words = '' WHERE contribution_id = ANY(:ids) AND words <> ''",
        "UPDATE event SET body = NULL, data = '{}' WHERE contribution_id = ANY(:ids) "
        "AND type IN ('added', 'corrected', 'amended') AND (body IS NOT NULL OR data <> '{}')",
    )
)
_DROP_PHOTOS = text(
    """
    WITH dropped AS (
      DELETE FROM photo WHERE contribution_id = ANY(:ids)
        OR comment_id IN (SELECT id FROM comment WHERE contribution_id = ANY(:ids))
      RETURNING original_key, public_key),
    gone AS (
      INSERT INTO former_picture (public_key) SELECT public_key FROM dropped WHERE public_key IS NOT NULL
      ON CONFLICT DO NOTHING),
    bare AS (UPDATE contribution SET photo_count = 0 WHERE id = ANY(:ids) AND photo_count > 0)
    SELECT original_key, public_key FROM dropped
    """
)
_DRAW_AGAIN = text(
    "INSERT INTO outbox (topic, payload) SELECT :topic, jsonb_build_object('subject', subject) FROM share_picture "
    "WHERE subject IN (SELECT 'contribution:' || id FROM unnest(CAST(:ids AS bigint[])) AS t(id))"
)
_WRITE_DOWN = text(
    """
    INSERT INTO retention_ledger (contribution_id, reference, closed_at, days, text, photos, removed)
    SELECT d.id, d.reference, d.closed_at, :days, :text, :photos, jsonb_build_object(
      'contacts', d.contacts, 'texts', d.texts, 'versions', d.versions, 'photos', d.photos)
    FROM unnest(CAST(:ids AS bigint[]), CAST(:references AS text[]), CAST(:closed AS timestamptz[]),
                CAST(:contacts AS int[]), CAST(:texts AS int[]), CAST(:versions AS int[]), CAST(:photo_counts AS int[]))
      AS d(id, reference, closed_at, contacts, texts, versions, photos)
    """
)
_ORDER = text(
    """
    INSERT INTO outbox (topic, subject_id) SELECT :topic, t.id FROM territory t
    WHERE NOT EXISTS (SELECT FROM outbox o WHERE o.topic = :topic AND o.subject_id = t.id AND o.failed_at IS NULL)
    """
)


@dataclass(frozen=True, slots=True)
class Forgotten:
    """How many of each; `last` is the id of the last contribution of a batch, None when nothing was left."""

    contributions: int = 0
    contacts: int = 0
    texts: int = 0
    versions: int = 0
    photos: int = 0
    last: int | None = None

    def plus(self, other: Forgotten) -> Forgotten:
        """Both together."""
        return Forgotten(**{name: getattr(self, name) + getattr(other, name) for name in _FIGURES}, last=other.last)


def order_all(session: Session) -> None:
    """Order the work of every territory that has none waiting; the caller commits."""
    session.execute(_ORDER, {"topic": DUE})


def what_is_due(session: Session, territory: Territory) -> Forgotten:
    """What `forget_batch` would take until nothing is left; reads only. Raises Invalid for a rule below the minimum."""
    rule = retention_of(settings_of(session, territory))
    row = session.execute(_COUNT, _values(territory, rule) | {"after": 0}).one()
    return Forgotten(**row._mapping)


def forget_batch(session: Session, territory: Territory, *, after: int = 0, limit: int = AT_ONCE) -> Forgotten:
    """Take one batch, of ids above `after`; the caller commits. Done again, it finds nothing.

    Files are only named in the outbox: a worker deletes them once this is committed. What somebody works on is left
    for the next day. Raises Invalid for a rule below the minimum.
    """
    rule = retention_of(settings_of(session, territory))
    values = _values(territory, rule)
    rows = session.execute(_TAKE, values | {"after": after, "limit": limit}).all()
    if not rows:
        session.execute(_FORGET_COMMENTERS, values)
        return Forgotten()
    ids = [row.id for row in rows]
    for statement in _FORGET_PERSON + (_CLEAR_WORDS if rule.text == "clear" else ()):
        session.execute(statement, {"ids": ids})
    if rule.photos == "delete":
        _drop_photos(session, ids)
    if rule.text == "clear" or rule.photos == "delete":
        session.execute(_DRAW_AGAIN, {"topic": DRAW, "ids": ids})
    _write_down(session, rows, values)
    sums = {name: sum(getattr(row, name) for row in rows) for name in _FIGURES[1:]}
    return Forgotten(contributions=len(rows), **sums, last=ids[-1])


def _values(territory: Territory, rule: Retention) -> dict[str, Any]:
    return {"territory": territory.id, "days": rule.days, "text": rule.text, "photos": rule.photos}


def _drop_photos(session: Session, ids: list[int]) -> None:
    dropped = session.execute(_DROP_PHOTOS, {"ids": ids}).all()
    if dropped:
        public = [row.public_key for row in dropped if row.public_key]
        originals = sorted({row.original_key for row in dropped})
        outbox.add(session, topic=FILES, payload={"public": public, "originals": originals})


def _write_down(session: Session, rows: Sequence[Any], values: dict[str, Any]) -> None:
    lines: dict[str, Any] = {name: [getattr(row, name) for row in rows] for name in ("contacts", "texts", "versions")}
    lines |= {
        "ids": [row.id for row in rows],
        "references": [row.reference for row in rows],
        "closed": [row.closed_at for row in rows],
        "photo_counts": [row.photos for row in rows],
    }
    session.execute(_WRITE_DOWN, lines | values)
