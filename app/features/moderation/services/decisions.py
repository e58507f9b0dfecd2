"""What a moderator decides: one transaction changes what the public sees, the map's counts, and writes down why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, invalid
from app.core.texts import clean, impossible_text
from app.features.accounts.policies import Actor
from app.features.contributions.telling import AREA
from app.features.contributions.visibility import (
    change_visibility,
    forget_pictures,
    locked_contribution,
    make_pictures_again,
)
from app.features.moderation import policies
from app.features.moderation.jobs import DECIDED
from app.features.moderation.policies import Standing
from app.features.moderation.reasons import HIDDEN, KEPT, MAX_WORDS, PUBLISHED, REASONS, RESTORED
from app.features.tickets.models import Event


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided: the event that says it, and whom it concerns."""

    event: Event
    contribution_id: int
    reference: str


_CLOSE_CASE = text(
    "UPDATE abuse_case SET closed_at = now(), ended = :ended "
    "WHERE contribution_id = :id AND comment_id IS NULL AND closed_at IS NULL RETURNING id"
)


# Whoever takes the row orders the work: once, however often it is asked.
_LET_GO = text(
    """
    WITH gone AS (DELETE FROM contribution_hold WHERE contribution_id = :id RETURNING contribution_id)
    INSERT INTO outbox (topic, subject_id) SELECT 'intake', contribution_id FROM gone RETURNING subject_id
    """
)
_HELD = text("SELECT EXISTS (SELECT FROM contribution_hold WHERE contribution_id = :id)")


def hide(session: Session, actor: Actor, *, reference: str, reason: str, words: str = "") -> Decided:
    """Take a contribution from every public eye, or refuse one that waits; the services' work goes on.

    Raises Invalid (no such reason; `other` without words), NotFound, Denied, Conflict (hidden or withdrawn already).
    """
    words = checked_reason(reason, words)
    row = moderated(session, actor, reference, while_in=("public", "pending"))
    forget_pictures(session, contribution_id=row.id)
    # For who decides about it again, and who works on it: under addresses that nobody else learns.
    make_pictures_again(session, contribution_id=row.id)
    # Whoever is held is told nothing: not that, and not why.
    silent = is_held(session, row.id)
    return _decide(session, actor, row, HIDDEN, visibility="hidden", reason=reason, words=words, tell=not silent)


def restore(session: Session, actor: Actor, *, reference: str, words: str = "") -> Decided:
    """Show again what was hidden; its pictures have had new addresses since."""
    words = checked_words(words)
    row = moderated(session, actor, reference, while_in=("hidden",))
    _let_go(session, row)
    make_pictures_again(session, contribution_id=row.id)
    return _decide(session, actor, row, RESTORED, visibility="public", words=words)


def publish(session: Session, actor: Actor, *, reference: str) -> Decided:
    """Show what was waiting for a moderator; whoever follows the area hears of it now.

    What was held is let go: it is grouped, routed and announced as if it came now.
    """
    row = moderated(session, actor, reference, while_in=("pending",))
    if not _let_go(session, row):
        outbox.add(session, topic=AREA, payload={"contribution_ids": [row.id]})
    return _decide(session, actor, row, PUBLISHED, visibility="public")


def keep(session: Session, actor: Actor, *, reference: str, words: str = "") -> Decided:
    """Close the case of what was reported, and leave the contribution as it is. Raises Conflict without a case."""
    words = checked_words(words)
    row = moderated(session, actor, reference, while_in=("public", "pending", "hidden"))
    if not _has_case(session, row.id):
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    return _decide(session, actor, row, KEPT, visibility=row.visibility, words=words)


def checked_words(words: str) -> str:
    """The words as they are kept; raises Invalid for too many, or for what cannot be kept."""
    problem = impossible_text(words)
    if problem:
        raise invalid("/words", problem)
    words = clean(words)
    if len(words) > MAX_WORDS:
        raise invalid("/words", "At most %(most)s characters.", most=MAX_WORDS)
    return words


def checked_reason(reason: str, words: str) -> str:
    """The words of a decision that hides, as they are kept. Raises Invalid: no such reason; `other` without words."""
    if reason not in REASONS:
        raise invalid("/reason", "Choose a reason.")
    words = checked_words(words)
    if reason == "other" and not words:
        raise invalid("/words", "Say why in a few words: the author will read them.")
    return words


def record_of_comment(
    session: Session, actor: Actor, row: Any, comment_id: int, kind: str, *, words: str, data: dict[str, Any]
) -> Decided:
    """Write down, for colleagues only, what was decided about a comment under `row`; its author is told if
    `data["told"]`.
    """
    return _write_down(session, actor, row, kind, words, data | {"comment": comment_id}, told=bool(data.get("told")))


def is_held(session: Session, contribution_id: int) -> bool:
    """Whether nobody has heard of it yet but the moderators."""
    return bool(session.scalar(_HELD, {"id": contribution_id}))


def moderated(session: Session, actor: Actor, reference: str, *, while_in: tuple[str, ...]) -> Any:
    """The contribution, locked, for who may decide about it. Raises NotFound, Denied, Conflict."""
    row = locked_contribution(session, reference)
    if not policies.may_moderate(actor, Standing(row.territory_id, row.service_id, row.service_territory_id)):
        raise Denied("Your role does not allow this on this contribution.")
    if row.visibility not in while_in:
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    return row


def _decide(
    session: Session,
    actor: Actor,
    row: Any,
    kind: str,
    *,
    visibility: str,
    reason: str = "",
    words: str = "",
    tell: bool = True,
) -> Decided:
    change_visibility(session, row, visibility=visibility)
    case_id = session.scalar(_CLOSE_CASE, {"id": row.id, "ended": kind})
    data: dict[str, Any] = {"from": row.visibility, "to": visibility}
    data |= {"reason": reason} if reason else {}
    data |= {"case": case_id} if case_id else {}
    return _write_down(session, actor, row, kind, words, data, told=kind in (HIDDEN, RESTORED) and tell)


def _write_down(
    session: Session, actor: Actor, row: Any, kind: str, words: str, data: dict[str, Any], *, told: bool
) -> Decided:
    event = Event(
        ticket_id=row.ticket_id,
        contribution_id=row.id,
        account_id=actor.id,
        type=kind,
        body=words or None,
        public=False,
        data=data,
    )
    session.add(event)
    session.flush()
    if told:
        outbox.add(session, topic=DECIDED, subject_id=row.id, payload={"event_id": event.id})
    return Decided(event, row.id, row.reference)


def _let_go(session: Session, row: Any) -> bool:
    """Order the work of a contribution that was held; False when it was not."""
    return session.execute(_LET_GO, {"id": row.id}).first() is not None


def _has_case(session: Session, contribution_id: int) -> bool:
    found = session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM abuse_case WHERE contribution_id = :id AND comment_id IS NULL "
            "AND closed_at IS NULL)"
        ),
        {"id": contribution_id},
    )
    return bool(found)
