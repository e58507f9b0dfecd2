"""Arguments, replies and the town's answers under an idea; agreeing with one; taking one's own back."""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, FieldError, Gone, Invalid, NotFound
from app.core.texts import clean, impossible_text, is_blank
from app.features.accounts.policies import ANONYMOUS, Actor
from app.features.contributions.checks import email_errors
from app.features.contributions.drafts import PhotoDraft
from app.features.contributions.services import picture_row
from app.features.contributions.visibility import forget_comment_pictures
from app.features.moderation.hints import personal_data
from app.features.participation.jobs import COMMENTED
from app.features.participation.models import STANCES
from app.features.participation.policies import MAX_DEPTH, may_answer_for_town, may_comment
from app.features.territories.catalogue import current_town
from app.features.territories.processes import process

BODY_MAX = 2_000
"""Characters of a comment."""


@dataclass(frozen=True)
class NewComment:
    """What somebody writes. `sending`: digest of what makes this sending one and the same; None: each is another."""

    body: str
    stance: str = "neutral"
    parent_id: int | None = None
    email: str = ""
    for_town: bool = False
    language: str = "fr"
    sending: bytes | None = None
    photos: tuple[PhotoDraft, ...] = ()


@dataclass(frozen=True)
class Kept:
    """The comment that was kept, or had been by the same sending; `waits`: a moderator reads it first."""

    id: int
    waits: bool


_IDEA = text(
    """
    SELECT c.id, c.territory_id, c.category_id, c.kind, c.visibility, c.process_id, t.service_id,
           s.territory_id AS service_territory_id
    FROM contribution c LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id
    WHERE c.reference = :reference
    """
)
_PARENT = text("SELECT id, path, state FROM comment WHERE id = :id AND contribution_id = :idea")
_SENT = text("SELECT id, state FROM comment WHERE sending = :sending")
# Its number is part of its place in the thread, so it is drawn before.
_KEEP = text(
    """
    WITH drawn AS (SELECT nextval(pg_get_serial_sequence('comment', 'id')) AS id)
    INSERT INTO comment (id, contribution_id, parent_id, path, stance, body, language, person, account_id, service_id,
                         state, email, sending)
    OVERRIDING SYSTEM VALUE
    SELECT id, :idea, :parent, CAST(:path AS bigint[]) || id, :stance, :body, :language, :person, :account, :service,
           :state, :email, :sending FROM drawn
    ON CONFLICT (sending) DO NOTHING RETURNING id, state
    """
)


_KEEP_PHOTOS = text(
    """
    WITH pictures AS (
      INSERT INTO photo (comment_id, position, original_key, content_type, width, height, size, taken_at)
      SELECT :comment, p.position, p.original_key, p.content_type, p.width, p.height, p.size, p.taken_at
      FROM jsonb_to_recordset(CAST(:photos AS jsonb)) AS p(
        position int, original_key text, content_type text, width int, height int, size int,
        taken_at timestamptz)
      RETURNING id)
    INSERT INTO outbox (topic, subject_id) SELECT 'photo', id FROM pictures
    """
)


def post_comment(
    session: Session,
    *,
    reference: str,
    comment: NewComment,
    person: Sequence[bytes],
    actor: Actor = ANONYMOUS,
    within: Collection[int] | None = None,
    store: Callable[[], None] | None = None,
) -> Kept:
    """Write a comment, or an answer of the town, at its place; the caller commits. `store` keeps the files that its
    photos name, once all is checked.

    Raises `NotFound`, `Gone`, `Denied`, `Conflict` when the debate is over, `Invalid` with one sentence a field.
    """
    idea = public_idea(session, reference, within)
    if comment.for_town:
        where = {"service_id": idea.service_id, "service_territory_id": idea.service_territory_id}
        if not may_answer_for_town(actor, **where):
            raise Denied("Your role does not allow this on this contribution.")
    elif not may_comment(process(session, idea.process_id)):
        raise Conflict("The debate is over: what was said stays readable.", code="debate-closed")
    body = checked_comment(comment)
    parent = _parent(session, idea.id, comment.parent_id)
    waits = not comment.for_town and _waits(session, idea, body)
    values = {
        "idea": idea.id,
        "parent": parent.id if parent else None,
        "path": list(parent.path) if parent else [],
        "stance": "neutral" if comment.for_town else comment.stance,
        "body": body,
        "language": comment.language,
        "person": person[0] if person and not comment.for_town else None,
        "account": actor.id if comment.for_town else None,
        "service": idea.service_id if comment.for_town else None,
        "state": "pending" if waits else "public",
        "email": comment.email.strip() or None,
        "sending": comment.sending,
    }
    row = session.execute(_KEEP, values).one_or_none()
    if row is None:
        row = session.execute(_SENT, {"sending": comment.sending}).one()
        return Kept(row.id, row.state == "pending")
    if comment.photos:
        if store is not None:
            store()
        photos = [picture_row(position, photo) for position, photo in enumerate(comment.photos)]
        session.execute(_KEEP_PHOTOS, {"comment": row.id, "photos": json.dumps(photos)})
    if not waits:
        outbox.add(session, topic=COMMENTED, subject_id=row.id)
    return Kept(row.id, row.state == "pending")


def checked_comment(comment: NewComment) -> str:
    """Its words as they are kept; raises `Invalid` with every complaint."""
    body, errors = clean(comment.body), list[FieldError]()
    if message := impossible_text(comment.body):
        errors.append(FieldError("/text", message))
    elif is_blank(body):
        errors.append(FieldError("/text", "Write a sentence."))
    elif len(body) > BODY_MAX:
        message = "%(length)s characters are too many: keep to %(limit)s."
        errors.append(FieldError("/text", message, {"length": len(body), "limit": BODY_MAX}))
    if comment.stance not in STANCES:
        errors.append(FieldError("/stance", "Say whether it speaks for, against, or neither."))
    if comment.email.strip():
        errors += email_errors("/email", comment.email.strip())
    if errors:
        raise Invalid(errors=errors)
    return body


def public_idea(session: Session, reference: str, within: Collection[int] | None) -> Any:
    """The public idea of this number. Raises `NotFound`, `Gone`."""
    row = session.execute(_IDEA, {"reference": reference.strip().upper()}).one_or_none()
    if row is None or (within is not None and row.territory_id not in within):
        raise NotFound("No contribution has this number.")
    if row.visibility == "pending":
        raise NotFound("This contribution has not been published yet.", code="not-yet-public")
    if row.visibility != "public":
        raise Gone()
    if row.kind != "proposal":
        raise NotFound("Only ideas are debated.")
    return row


def _parent(session: Session, idea_id: int, parent_id: int | None) -> Any:
    if parent_id is None:
        return None
    row = session.execute(_PARENT, {"id": parent_id, "idea": idea_id}).one_or_none()
    if row is None or row.state == "pending":
        raise NotFound("The comment that you answer is not there.")
    if row.state != "public":
        raise Conflict("The comment that you answer was withdrawn meanwhile.", code="withdrawn")
    if len(row.path) >= MAX_DEPTH:
        return session.execute(_PARENT, {"id": row.path[MAX_DEPTH - 2], "idea": idea_id}).one()
    return row


def _waits(session: Session, idea: Any, body: str) -> bool:
    """Whether a moderator reads it first: where the town reads before it shows, or when it points at somebody."""
    category = current_town(session, idea.territory_id).categories_by_id.get(idea.category_id)
    return (category is not None and category.moderation == "before") or bool(personal_data(body))


# One's own only; what it said is forgotten, its place and its answers stay.
_TAKE_BACK = text(
    """
    UPDATE comment SET state = 'removed', body = '', email = NULL, person = NULL
    WHERE id = :id AND person = ANY(CAST(:persons AS bytea[])) AND state IN ('public', 'pending') RETURNING id
    """
)
_AGREE = text(
    """
    WITH added AS (
      INSERT INTO comment_agree (comment_id, person)
      SELECT id, :person FROM comment WHERE id = :id AND contribution_id = :idea AND state = 'public'
        AND NOT EXISTS (SELECT FROM comment_agree a WHERE a.comment_id = :id
                        AND a.person = ANY(CAST(:persons AS bytea[])))
      ON CONFLICT DO NOTHING RETURNING comment_id)
    UPDATE comment SET agrees = agrees + 1 WHERE id IN (SELECT comment_id FROM added)
    """
)
_DISAGREE = text(
    """
    WITH gone AS (
      DELETE FROM comment_agree WHERE comment_id = :id AND person = ANY(CAST(:persons AS bytea[])) RETURNING person)
    UPDATE comment SET agrees = greatest(0, agrees - (SELECT count(*) FROM gone))
    WHERE id = :id AND contribution_id = :idea AND EXISTS (SELECT FROM gone)
    """
)


def take_comment_back(session: Session, *, comment_id: int, person: Sequence[bytes]) -> None:
    """Remove one's own words; the place stays. Raises `Denied` for anybody else's."""
    if not person or session.scalar(_TAKE_BACK, {"id": comment_id, "persons": list(person)}) is None:
        raise Denied("Only its author may take a comment back.")
    forget_comment_pictures(session, comment_id=comment_id)
    session.execute(text("DELETE FROM photo WHERE comment_id = :id"), {"id": comment_id})


def agree(
    session: Session,
    *,
    reference: str,
    comment_id: int,
    person: Sequence[bytes],
    agrees: bool = True,
    within: Collection[int] | None = None,
) -> None:
    """Find an argument right, once, or no longer; the caller commits."""
    idea = public_idea(session, reference, within)
    values = {"id": comment_id, "idea": idea.id, "person": person[0], "persons": list(person)}
    session.execute(_AGREE if agrees else _DISAGREE, values)


def mute_answers(session: Session, *, comment_id: int) -> None:
    """Tell the author of this comment of no more answers."""
    session.execute(
        text("UPDATE comment SET muted_at = coalesce(muted_at, now()), email = NULL WHERE id = :id"), {"id": comment_id}
    )
