"""A moderator decides about a comment: shown, hidden, shown again, or left; written in the log with a reason."""

from __future__ import annotations

from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, NotFound
from app.features.accounts.policies import Actor
from app.features.contributions.visibility import forget_comment_pictures, make_pictures_again
from app.features.moderation.policies import Standing, may_moderate
from app.features.moderation.reasons import HIDDEN, KEPT, PUBLISHED, RESTORED
from app.features.moderation.services.decisions import checked_reason, checked_words, record_of_comment
from app.features.participation.jobs import COMMENTED

MOVES = {
    HIDDEN: (("public", "pending"), "hidden"),
    RESTORED: (("hidden",), "public"),
    PUBLISHED: (("pending",), "public"),
    KEPT: (("public", "pending", "hidden"), ""),
}
"""What each decision may be taken from, and where it leads ("" changes nothing)."""

_LOCKED = text(
    """
    SELECT m.id AS comment_id, m.state, c.id, c.visibility, c.reference, c.ticket_id, c.territory_id, t.service_id,
           s.territory_id AS service_territory_id
    FROM comment m JOIN contribution c ON c.id = m.contribution_id
    LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id
    WHERE m.id = :id FOR UPDATE OF m
    """
)
_SHOW = text("UPDATE comment SET state = :state WHERE id = :id")
_CLOSE_CASE = text(
    "UPDATE abuse_case SET closed_at = now(), ended = :ended WHERE comment_id = :id AND closed_at IS NULL RETURNING id"
)


def decide_comment(
    session: Session, actor: Actor, *, comment_id: int, decision: str, reason: str = "", words: str = ""
) -> str:
    """Decide about one comment; returns the number of the idea. The caller commits.

    Raises `NotFound`, `Denied`, `Conflict` when a colleague decided meanwhile, `Invalid` for hiding without a reason.
    """
    words = checked_reason(reason, words) if decision == HIDDEN else checked_words(words)
    row: Any = session.execute(_LOCKED, {"id": comment_id}).one_or_none()
    if row is None or decision not in MOVES:
        raise NotFound("This comment is no longer shown.")
    if not may_moderate(actor, Standing(row.territory_id, row.service_id, row.service_territory_id)):
        raise Denied("Your role does not allow this on this contribution.")
    sources, target = MOVES[decision]
    case_id = session.scalar(_CLOSE_CASE, {"id": comment_id, "ended": decision})
    if row.state not in sources or (decision == KEPT and case_id is None):
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    if target:
        session.execute(_SHOW, {"id": comment_id, "state": target})
    if decision == HIDDEN:
        forget_comment_pictures(session, comment_id=comment_id)
    elif decision == RESTORED:
        make_pictures_again(session, contribution_id=row.id)
    if decision == PUBLISHED:
        outbox.add(session, topic=COMMENTED, subject_id=comment_id)
    data: dict[str, Any] = {"from": row.state, "to": target or row.state}
    data |= ({"reason": reason} if reason else {}) | ({"case": case_id} if case_id else {})
    data["told"] = decision in (HIDDEN, RESTORED) and row.visibility == "public"
    record_of_comment(session, actor, row, comment_id, decision, words=words, data=data)
    return str(row.reference)
