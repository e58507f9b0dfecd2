"""What readers and authors say to the moderators; it decides nothing by itself."""

from __future__ import annotations

import hashlib
from collections.abc import Collection

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core.errors import Conflict, NotFound, invalid
from app.features.contributions.public import public_face
from app.features.moderation.reasons import ANSWER, REPORT_REASONS
from app.features.moderation.services.decisions import checked_words

# Two reports at once: the second waits for the first's case, then joins it.
_REPORT = text(
    """
    WITH opened AS (
      INSERT INTO abuse_case (contribution_id, comment_id) VALUES (:id, :comment)
      ON CONFLICT (contribution_id, coalesce(comment_id, 0)) WHERE closed_at IS NULL
      DO UPDATE SET opened_at = abuse_case.opened_at
      RETURNING id)
    INSERT INTO abuse_report (case_id, contribution_id, comment_id, reporter, reason, words)
    SELECT id, :id, :comment, :reporter, :reason, :words FROM opened
    ON CONFLICT (contribution_id, coalesce(comment_id, 0), reporter) DO NOTHING RETURNING id
    """
)
_SAID = text(
    "SELECT EXISTS (SELECT FROM abuse_report WHERE contribution_id = :id AND reporter = :reporter "
    "AND coalesce(comment_id, 0) = coalesce(CAST(:comment AS bigint), 0))"
)
_HAS = text("SELECT EXISTS (SELECT FROM comment WHERE id = :comment AND contribution_id = :id AND state = 'public')")


def report_abuse(
    session: Session,
    *,
    reference: str,
    reporter: str,
    reason: str,
    words: str = "",
    comment_id: int | None = None,
    within: Collection[int] | None = None,
) -> bool:
    """Add one person's report to the case of a contribution, or of a comment under it, which it opens if there is none.

    `reporter` tells the person's browser; only its digest with the contribution is kept, so that nobody can be
    followed from one to another. `within` are the territories of the host (None: all). Returns False when this person
    had reported it already. Raises Invalid; NotFound or Gone for what is not public.
    """
    if reason not in REPORT_REASONS:
        raise invalid("/reason", "Choose a reason.")
    words = checked_words(words)
    if reason == "other" and not words:
        raise invalid("/words", "Say in a few words what is wrong.")
    contribution_id = public_face(session, reference, within=within).row.id
    if comment_id is not None and not session.scalar(_HAS, {"id": contribution_id, "comment": comment_id}):
        raise NotFound("This comment is no longer shown.")
    return _add(session, contribution_id, _digest(contribution_id, reporter), reason, words, comment_id=comment_id)


def answer_decision(
    session: Session, *, contribution_id: int, event_id: int, words: str, comment_id: int | None = None
) -> None:
    """The author answers the decision about their contribution, or their comment under it, once for each: moderators
    find it in their queue.

    Raises Invalid without words, Conflict when this decision was answered.
    """
    words = checked_words(words)
    if not words:
        raise invalid("/words", "Write a sentence: a moderator will read it.")
    digest = _digest(contribution_id, f"author {event_id}")
    if not _add(session, contribution_id, digest, ANSWER, words, comment_id=comment_id):
        raise Conflict("Your answer has been sent. A moderator will read it.")


def _add(
    session: Session, contribution_id: int, reporter: bytes, reason: str, words: str, *, comment_id: int | None = None
) -> bool:
    said = {"id": contribution_id, "comment": comment_id, "reporter": reporter, "reason": reason, "words": words}
    # Looked at first, so that whoever says it twice does not open the case again.
    if session.scalar(_SAID, said):
        return False
    return session.execute(_REPORT, said).first() is not None


def _digest(contribution_id: int, reporter: str) -> bytes:
    return hashlib.sha256(f"{contribution_id} {reporter}".encode()).digest()
