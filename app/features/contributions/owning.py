"""What an author does with what they said: add, correct (the former words are kept), withdraw, be left in peace.

They come by the private link, which is the key. The caller commits.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import Any, Literal

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, FieldError, Invalid
from app.core.texts import clean, impossible_text, is_blank, one_line
from app.features.contributions.drafts import BODY_MAX, TITLE_MAX
from app.features.contributions.visibility import change_visibility, forget_pictures, locked_contribution

CHANGED = "ticket.changed"
"""The topic that tells followers of an event; payload `{"event_id"}`."""
WORDS_MAX = 2_000
_CLOSED = ("done", "declined", "duplicate")

_EVENT = text(
    """
    INSERT INTO event (ticket_id, contribution_id, type, body, public, data)
    VALUES (:ticket_id, :id, :type, :body, :public, CAST(:data AS jsonb)) RETURNING id
    """
)
_SILENT = text(
    "UPDATE contribution_contact SET silent = :silent WHERE contribution_id = :id AND silent <> :silent "
    "RETURNING contribution_id"
)


@dataclass(frozen=True, slots=True)
class May:
    """What can be done with it now."""

    add: bool
    correct: bool
    withdraw: bool


def what_author_may(row: Any, *, moderated: bool) -> May:
    """What its author may do. `moderated`: its category is read by a moderator before the public; what was read and
    shown is not rewritten behind their back.
    """
    shown = row.visibility in ("public", "pending")
    read = moderated and row.visibility == "public"
    return May(add=shown, correct=shown and not read and row.state not in _CLOSED, withdraw=shown)


def author_reach(session: Session, *, contribution_id: int) -> Literal["none", "reached", "silent"]:
    """Whether the author left an address, and wishes to hear."""
    silent = session.scalar(
        text("SELECT silent FROM contribution_contact WHERE contribution_id = :id AND email IS NOT NULL"),
        {"id": contribution_id},
    )
    return "none" if silent is None else "silent" if silent else "reached"


def add_words(session: Session, *, reference: str, words: str, public: bool) -> None:
    """Say something more. `public` unless a moderator reads such things first: then the service alone reads it."""
    words = _checked("/words", words, WORDS_MAX)
    row = _mine(session, reference)
    shown = public and row.visibility == "public"
    event_id = _record(session, row, "added", body=words, public=shown)
    if shown:
        outbox.add(session, topic=CHANGED, subject_id=row.ticket_id, payload={"event_id": event_id})


def correct_words(session: Session, *, reference: str, title: str, words: str) -> None:
    """Say it otherwise; the former words stay in the history, for the services only."""
    words = _checked("/text", words, BODY_MAX)
    heading = _checked("/title", title, TITLE_MAX, needed=False)
    row = _mine(session, reference)
    if row.state in _CLOSED:
        raise Conflict("This contribution is closed: add something to it instead.", code="closed")
    if (row.title or "", row.body) == (heading, words):
        return
    session.execute(
        text("UPDATE contribution SET title = :title, body = :body WHERE id = :id"),
        {"title": one_line(heading) or None, "body": words, "id": row.id},
    )
    _record(session, row, "corrected", public=False, data={"title": row.title, "text": row.body})
    _record(session, row, "corrected", public=True)


def withdraw_contribution(session: Session, *, reference: str) -> None:
    """Take it back: nobody else sees it any more. The services keep their history, and what they began."""
    row = _mine(session, reference)
    forget_pictures(session, contribution_id=row.id)
    change_visibility(session, row, visibility="withdrawn")
    _record(session, row, "withdrawn", public=False)


def set_silent(session: Session, *, contribution_id: int, ticket_id: int | None, silent: bool) -> None:
    """Do not contact me about it, or do again; agents see it. Said twice, it is said once."""
    changed = session.execute(_SILENT, {"id": contribution_id, "silent": silent}).first()
    if changed is not None and silent:
        values = {"ticket_id": ticket_id, "id": contribution_id, "type": "silenced", "body": None, "public": False}
        session.execute(_EVENT, values | {"data": "{}"})


def _mine(session: Session, reference: str) -> Any:
    row = locked_contribution(session, reference)
    if row.visibility not in ("public", "pending"):
        raise Conflict("This contribution is no longer shown.")
    return row


def _record(
    session: Session, row: Any, kind: str, *, public: bool, body: str | None = None, data: dict[str, Any] | None = None
) -> int:
    values = {"ticket_id": row.ticket_id, "id": row.id, "type": kind, "body": body, "public": public}
    return int(session.execute(_EVENT, values | {"data": json.dumps(data or {})}).scalar_one())


def _checked(pointer: str, words: str, most: int, *, needed: bool = True) -> str:
    problem = impossible_text(words)
    if problem:
        raise Invalid(errors=[FieldError(pointer, problem)])
    words = clean(words)
    if needed and is_blank(words):
        raise Invalid(errors=[FieldError(pointer, "Write a sentence, so that somebody can act.")])
    if len(words) > most:
        message = "%(length)s characters are too many: keep to %(limit)s."
        raise Invalid(errors=[FieldError(pointer, message, {"length": len(words), "limit": most})])
    return words
