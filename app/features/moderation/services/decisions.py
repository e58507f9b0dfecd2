"""What a moderator decides: one transaction changes what the public sees, the map's counts, and writes down why."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from sqlalchemy import text
from sqlalchemy.orm import Session

from app.core import outbox
from app.core.errors import Conflict, Denied, NotFound, invalid
from app.core.texts import clean, impossible_text
from app.features.accounts.policies import Actor
from app.features.contributions.pyramid import COUNT_AGAIN, CellChange, change_cells
from app.features.moderation import policies
from app.features.moderation.jobs import DECIDED, WITHDRAW_PHOTOS
from app.features.moderation.policies import Standing
from app.features.moderation.reasons import HIDDEN, KEPT, MAX_WORDS, PUBLISHED, REASONS, RESTORED
from app.features.tickets.models import Event

SETTLED_S = 15
"""After so many seconds a contribution that was being placed while a moderator decided is placed."""


@dataclass(frozen=True, slots=True)
class Decided:
    """What was decided: the event that says it, and whom it concerns."""

    event: Event
    contribution_id: int
    reference: str


_WHICH = text("SELECT ticket_id FROM contribution WHERE reference = :reference")
_LOCK_TICKET = text("SELECT id FROM ticket WHERE id = :id FOR UPDATE")
_LOCKED = text(
    """
    SELECT c.id, c.reference, c.territory_id, c.category_id, c.kind, c.state, c.visibility, c.created_at, c.ticket_id,
           ST_X(c.geom) AS lon, ST_Y(c.geom) AS lat, t.service_id, s.territory_id AS service_territory_id
    FROM contribution c LEFT JOIN ticket t ON t.id = c.ticket_id LEFT JOIN service s ON s.id = t.service_id
    WHERE c.reference = :reference FOR UPDATE OF c
    """
)
_SHOW = text("UPDATE contribution SET visibility = :visibility WHERE id = :id")
_CLOSE_CASE = text(
    "UPDATE abuse_case SET closed_at = now(), ended = :ended "
    "WHERE contribution_id = :id AND comment_id IS NULL AND closed_at IS NULL RETURNING id"
)
_FORGET_PICTURES = text(
    """
    WITH shown AS (
      SELECT id, public_key FROM photo WHERE contribution_id = :id AND state = 'ready' FOR UPDATE)
    UPDATE photo SET state = 'pending', public_key = NULL, placeholder = NULL FROM shown WHERE photo.id = shown.id
    RETURNING shown.public_key
    """
)
_MAKE_PICTURES = text(
    "INSERT INTO outbox (topic, subject_id) "
    "SELECT 'photo', id FROM photo WHERE contribution_id = :id AND state = 'pending' AND NOT hidden"
)


def hide(session: Session, actor: Actor, *, reference: str, reason: str, words: str = "") -> Decided:
    """Take a contribution from every public eye, or refuse one that waits; the services' work goes on.

    Raises Invalid (no such reason; `other` without words), NotFound, Denied, Conflict (hidden or withdrawn already).
    """
    if reason not in REASONS:
        raise invalid("/reason", "Choose a reason.")
    words = checked_words(words)
    if reason == "other" and not words:
        raise invalid("/words", "Say why in a few words: the author will read them.")
    row = _moderated(session, actor, reference, while_in=("public", "pending"))
    keys = [key for key in session.scalars(_FORGET_PICTURES, {"id": row.id}) if key]
    if keys:
        outbox.add(session, topic=WITHDRAW_PHOTOS, subject_id=row.id, payload={"keys": keys})
    return _decide(session, actor, row, HIDDEN, visibility="hidden", reason=reason, words=words)


def restore(session: Session, actor: Actor, *, reference: str, words: str = "") -> Decided:
    """Show again what was hidden; its pictures are made again under new addresses."""
    words = checked_words(words)
    row = _moderated(session, actor, reference, while_in=("hidden",))
    session.execute(_MAKE_PICTURES, {"id": row.id})
    return _decide(session, actor, row, RESTORED, visibility="public", words=words)


def publish(session: Session, actor: Actor, *, reference: str) -> Decided:
    """Show what was waiting for a moderator."""
    row = _moderated(session, actor, reference, while_in=("pending",))
    return _decide(session, actor, row, PUBLISHED, visibility="public")


def keep(session: Session, actor: Actor, *, reference: str, words: str = "") -> Decided:
    """Close the case of what was reported, and leave the contribution as it is. Raises Conflict without a case."""
    words = checked_words(words)
    row = _moderated(session, actor, reference, while_in=("public", "pending", "hidden"))
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


def _moderated(session: Session, actor: Actor, reference: str, *, while_in: tuple[str, ...]) -> Any:
    """The contribution, locked after its ticket, as every verb of the desk does: nobody waits in a ring."""
    reference = reference.strip().upper()
    for _attempt in range(3):
        found = session.execute(_WHICH, {"reference": reference}).one_or_none()
        if found is None:
            raise NotFound("No contribution has this number.")
        if found.ticket_id is not None:
            session.execute(_LOCK_TICKET, {"id": found.ticket_id})
        row = session.execute(_LOCKED, {"reference": reference}).one()
        if row.ticket_id == found.ticket_id:
            break
    else:
        raise Conflict()
    if not policies.may_moderate(actor, Standing(row.territory_id, row.service_id, row.service_territory_id)):
        raise Denied("Your role does not allow this on this contribution.")
    if row.visibility not in while_in:
        raise Conflict("A colleague decided meanwhile. Look at it again.")
    return row


def _decide(
    session: Session, actor: Actor, row: Any, kind: str, *, visibility: str, reason: str = "", words: str = ""
) -> Decided:
    session.execute(_SHOW, {"id": row.id, "visibility": visibility})
    _tell_map(session, row, before=row.visibility, after=visibility)
    case_id = session.scalar(_CLOSE_CASE, {"id": row.id, "ended": kind})
    data: dict[str, Any] = {"from": row.visibility, "to": visibility}
    data |= {"reason": reason} if reason else {}
    data |= {"case": case_id} if case_id else {}
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
    if kind in (HIDDEN, RESTORED):
        outbox.add(session, topic=DECIDED, subject_id=row.id, payload={"event_id": event.id})
    return Decided(event, row.id, row.reference)


def _tell_map(session: Session, row: Any, *, before: str, after: str) -> None:
    """The map loses or gains one; the hotspots around are found again."""
    sign = (after == "public") - (before == "public")
    if not sign:
        return
    if row.ticket_id is None:
        # Whoever places it at this very moment may have read the old visibility: count again when that is over.
        outbox.add(session, topic=COUNT_AGAIN, subject_id=row.territory_id, delay_s=SETTLED_S)
        return
    change = CellChange(
        contribution_id=row.id,
        territory_id=row.territory_id,
        category_id=row.category_id,
        kind=row.kind,
        state=row.state,
        lon=row.lon,
        lat=row.lat,
        created_at=row.created_at,
        sign=sign,
    )
    change_cells(session, [change])
    partition = [row.territory_id, row.category_id, row.kind]
    outbox.add(session, topic="hotspots", payload={"partitions": [partition]}, delay_s=2)


def _has_case(session: Session, contribution_id: int) -> bool:
    found = session.scalar(
        text(
            "SELECT EXISTS (SELECT FROM abuse_case WHERE contribution_id = :id AND comment_id IS NULL "
            "AND closed_at IS NULL)"
        ),
        {"id": contribution_id},
    )
    return bool(found)
