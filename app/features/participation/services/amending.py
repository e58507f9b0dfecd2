"""An author amends their idea: what it said before is kept and shown, and whoever carried it is told."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Gone, Invalid, NotFound, invalid
from app.core.texts import clean, one_line
from app.features.contributions.checks import check_words
from app.features.contributions.drafts import Draft
from app.features.contributions.supporting import CLOSED
from app.features.moderation.hints import personal_data
from app.features.moderation.services import report_abuse
from app.features.participation.jobs import AMENDED
from app.features.territories.catalogue import current_town
from app.features.territories.processes import process
from app.features.tickets.models import Event

WHY_MAX = 300

_OWN = text(
    """
    SELECT id, reference, territory_id, category_id, process_id, ticket_id, kind, state, visibility, title, body,
           follow_hash FROM contribution WHERE reference = :reference FOR NO KEY UPDATE
    """
)
_KEEP_VERSION = text(
    """
    INSERT INTO idea_version (contribution_id, number, title, body, why)
    SELECT :id, coalesce(max(number), 0) + 1, :title, :body, :why FROM idea_version WHERE contribution_id = :id
    RETURNING number
    """
)
_AMEND = text("UPDATE contribution SET title = :title, body = :body WHERE id = :id")
_NAME_TICKET = text("UPDATE ticket SET title = :title WHERE id = :ticket AND reference = :reference")


def amend_idea(
    session: Session,
    *,
    reference: str,
    follow_hash: bytes,
    title: str,
    body: str,
    why: str = "",
    within: Collection[int] | None = None,
) -> int:
    """Replace the words of an idea, keep the former ones; returns the number of the version that was replaced.

    The caller commits. Raises `NotFound` for whoever does not hold its link, `Gone`, `Conflict` once its vote is over
    or it is decided, `Invalid` with one sentence a field.
    """
    row = own_idea(session, reference, follow_hash, within)
    if not may_amend(session, row):
        raise Conflict("The vote is over: what people voted on stays as it was.", code="vote-closed")
    draft = Draft(kind="proposal", category="", text=body, title=title, lon=0, lat=0)
    errors = check_words(draft)
    if errors:
        raise Invalid(errors=errors)
    why = clean(why)
    if len(why) > WHY_MAX:
        raise invalid("/why", "At most %(most)s characters.", most=WHY_MAX)
    new = {"id": row.id, "title": one_line(title), "body": clean(body)}
    if (new["title"], new["body"]) == (row.title, row.body):
        raise invalid("/text", "Nothing is changed yet.")
    kept = {"id": row.id, "title": row.title, "body": row.body, "why": why}
    number = int(session.execute(_KEEP_VERSION, kept).scalar_one())
    session.execute(_AMEND, new)
    called = new["title"] or str(new["body"])[:90]
    session.execute(_NAME_TICKET, {"ticket": row.ticket_id, "reference": row.reference, "title": called})
    data = {"number": number, "why": why}
    session.add(Event(contribution_id=row.id, ticket_id=row.ticket_id, type="amended", data=data))
    session.flush()
    _let_moderators_know(session, row, number, f"{new['title'] or ''} {new['body']}")
    if row.visibility == "public":
        outbox.add(session, topic=AMENDED, subject_id=row.id, payload={"number": number})
    return number


def may_amend(session: Session, row: Any) -> bool:
    """Until its vote is over or the town has decided."""
    return process(session, row.process_id).standing != "closed" and row.state not in (*CLOSED, "planned")


def own_idea(session: Session, reference: str, follow_hash: bytes, within: Collection[int] | None) -> Any:
    """The idea of whoever holds its private link, locked. Raises `NotFound`, `Gone`."""
    row = session.execute(_OWN, {"reference": reference.strip().upper()}).one_or_none()
    owns = row is not None and row.follow_hash is not None and bytes(row.follow_hash) == follow_hash
    if row is None or not owns or row.kind != "proposal" or (within is not None and row.territory_id not in within):
        raise NotFound("This private link is not complete, or no longer valid.")
    if row.visibility not in ("public", "pending"):
        raise Gone()
    return row


def _let_moderators_know(session: Session, row: Any, number: int, words: str) -> None:
    """New words pass no door: where the town reads first, or when they point at somebody, a moderator looks again."""
    category = current_town(session, row.territory_id).categories_by_id.get(row.category_id)
    reads_first = category is not None and category.moderation == "before"
    if row.visibility == "public" and (reads_first or personal_data(words)):
        said = "Amended by its author: to be read again."
        report_abuse(session, reference=row.reference, reporter=f"amended {number}", reason="other", words=said)
